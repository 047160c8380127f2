#include <pybind11/stl.h>

#include <optional>

#include "bindings.hpp"

namespace ketasim::bindings {

namespace {

dosing::SteadyState steady_state_from(int ss) {
  using enum dosing::SteadyState;
  for (const dosing::SteadyState known : {none, replace, add})
    if (ss == static_cast<int>(known)) return known;
  throw ScenarioError("steady_state = " + std::to_string(ss) + " must be 0, 1 or 2");
}

}  // namespace

std::vector<dosing::Dose> doses_from(const std::vector<Record>& records) {
  std::vector<dosing::Dose> doses;
  doses.reserve(records.size());
  for (const auto& [drug, amount, unit, route, start, duration, interval, additional, lag, f, ss] :
       records)
    doses.push_back({.drug = dosing::from_name(drug, dosing::drugs, "drug"),
                     .amount = amount,
                     .unit = dosing::from_name(unit, dosing::units, "unit"),
                     .route = dosing::from_name(route, dosing::routes, "route"),
                     .start_h = start,
                     .duration_h = duration,
                     .interval_h = interval,
                     .additional = additional,
                     .lag_h = lag,
                     .bioavailability = f,
                     .steady_state = steady_state_from(ss)});
  return doses;
}

namespace {

/// @throws UnknownName for a name that is not in its table.
Scenario scenario_from(const std::vector<Record>& records, const std::vector<double>& resets,
                       const std::string& context, const std::string& species,
                       const std::string& variant, const py::dict& parameters, double weight_kg,
                       double severity, const std::optional<double>& baseline_madrs) {
  Scenario s{.subject = {.species = ketasim::parameters::species_row(species).value,
                         .weight_kg = weight_kg,
                         .severity = severity,
                         .baseline_madrs = baseline_madrs},
             .doses = doses_from(records),
             .resets = resets,
             .context = dosing::from_name(context, dosing::contexts, "context")};
  if (!variant.empty())
    ketasim::parameters::apply_variant(s.parameters, variant, s.parameters.species);
  for (const auto& [name, value] : parameters)
    ketasim::parameters::find(s.parameters, name.cast<std::string>()) = value.cast<double>();
  return s;
}

/// Steady state without drug of a scenario, with what a report of it needs.
py::dict steady_state_report(const Scenario& s) {
  check(s);
  const model::Parameters<double> p = model::scaled_to_weight(s.parameters, s.subject.weight_kg);
  const SteadyState rest = steady_state(p, s.subject.severity);
  py::dict d;
  d["y"] = to_array(std::vector<double>(rest.y.data(), rest.y.data() + rest.y.size()),
                    {model::n_states});
  d["method"] = rest.method;
  d["newton_steps"] = rest.newton_steps;
  d["residual"] = rest.residual;
  d["converged"] = rest.converged;
  d["largest_eigenvalue"] = largest_eigenvalue_real_part(p, s.subject.severity, rest.y);
  return d;
}

}  // namespace

void add_scenario(py::module_& m) {
  py::class_<Scenario, py::smart_holder>(m, "Scenario")
      .def(py::init(&scenario_from), py::kw_only(), py::arg("records"), py::arg("resets"),
           py::arg("context"), py::arg("species"), py::arg("variant"), py::arg("parameters"),
           py::arg("weight_kg"), py::arg("severity"), py::arg("baseline_madrs"));
  py::dict limits;
  limits["most_doses"] = dosing::most_doses;
  limits["most_at_once"] = dosing::most_at_once;
  limits["shortest_duration_h"] = dosing::shortest_duration_h;
  limits["longest_h"] = dosing::longest_h;
  m.attr("LIMITS") = limits;
  m.def("steady_state", &steady_state_report, py::arg("scenario"));
}

}  // namespace ketasim::bindings
