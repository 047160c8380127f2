#include <pybind11/stl.h>

#include "bindings.hpp"

namespace ketasim::bindings {

std::vector<dosing::Dose> doses_from(const std::vector<Record>& records) {
  std::vector<dosing::Dose> doses;
  for (const auto& [drug, amount, unit, route, start, duration, interval, additional, lag, f, ss] :
       records)
    doses.push_back({.drug = dosing::from_name(drug, dosing::drug_names, "drug"),
                     .amount = amount,
                     .unit = dosing::from_name(unit, dosing::unit_names, "unit"),
                     .route = dosing::from_name(route, dosing::route_names, "route"),
                     .start_h = start,
                     .duration_h = duration,
                     .interval_h = interval,
                     .additional = additional,
                     .lag_h = lag,
                     .bioavailability = f,
                     .steady_state = static_cast<dosing::SteadyState>(ss)});
  return doses;
}

Scenario scenario_from(const std::vector<Record>& records, const std::vector<double>& resets,
                       const std::string& context, const std::string& species,
                       const std::string& variant, const py::dict& parameters, double weight_kg,
                       double severity, const py::object& baseline_madrs) {
  Scenario s;
  s.subject.weight_kg = weight_kg;
  s.subject.severity = severity;
  if (!baseline_madrs.is_none()) s.subject.baseline_madrs = baseline_madrs.cast<double>();
  s.doses = doses_from(records);
  s.resets = resets;
  s.context = dosing::from_name(context, dosing::context_names, "context");
  const model::Species which = species_from(species);
  s.parameters = ketasim::parameters::of(which);
  if (!variant.empty()) ketasim::parameters::apply_variant(s.parameters, variant, which);
  for (const auto& [name, value] : parameters)
    ketasim::parameters::find(s.parameters, name.cast<std::string>()) = value.cast<double>();
  return s;
}

/// Steady state without drug of a scenario, with what a report of it needs.
static py::dict steady_state_report(const std::string& species, const std::string& variant,
                                    const py::dict& parameters, double weight_kg, double severity) {
  const Scenario s =
      scenario_from({}, {}, "none", species, variant, parameters, weight_kg, severity, py::none());
  check(s);
  const model::Parameters<double> p = model::scaled_to_weight(s.parameters, weight_kg);
  const SteadyState rest = steady_state(p, severity);
  py::dict d;
  d["y"] = to_array(std::vector<double>(rest.y.data(), rest.y.data() + rest.y.size()),
                    {model::n_states});
  d["method"] = rest.method;
  d["newton_steps"] = rest.newton_steps;
  d["residual"] = rest.residual;
  d["converged"] = rest.converged;
  d["largest_eigenvalue"] = largest_eigenvalue_real_part(p, severity, rest.y);
  return d;
}

void add_scenario(py::module_& m) {
  m.def("steady_state", &steady_state_report, py::arg("species"), py::arg("variant"),
        py::arg("parameters"), py::arg("weight_kg"), py::arg("severity"));
}

}  // namespace ketasim::bindings
