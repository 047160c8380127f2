/// The equations as a list of assignments with states, parameters and inputs as symbols: what the
/// kernel generator differentiates and orders, and what is exported to other tools together with
/// the compiled doses of a scenario.
#include <pybind11/stl.h>

#include "bindings.hpp"
#include "codegen/recorded_derivative.hpp"
#include "ketasim/model/cascade.hpp"
#include "ketasim/problem.hpp"
#include "ketasim/scalar/recorded.hpp"

namespace ketasim::bindings {
namespace {

using scalar::Recorded;

/// Records the constants of the equations that have a unit as quantity(60, "min/h").
struct Written : Recorded {
  using Recorded::Recorded;
  Written(const Recorded& recorded) : Recorded(recorded) {}  // NOLINT: what operations return

  /// The readouts ask whether there is stress; what holds under stress is recorded.
  friend double value(const Written&) { return 1.0; }
  friend bool operator>(const Written&, double) { return true; }
};

/// x where the condition is positive, else 0.
Written where_positive(const Written& condition, const Written& x) {
  return Recorded::of("where_positive(" + condition.name() + ", " + x.name() + ")");
}

}  // namespace
}  // namespace ketasim::bindings

template <>
struct ketasim::scalar::Quantity<ketasim::bindings::Written> {
  static bindings::Written of(double value, const char* unit) {
    return Recorded::of("quantity(" + Recorded(value).name() + ", \"" + unit + "\")");
  }
};

namespace ketasim::bindings {
namespace {

void add_names(py::dict& d, const codegen::SymbolNames& names) {
  d["states"] = names.states;
  d["parameters"] = names.parameters;
  d["inputs"] = names.inputs;
}

py::dict recorded_derivative() {
  const codegen::RecordedDerivative record = codegen::recorded_derivative();
  py::dict d;
  add_names(d, record.symbols);
  d["results"] = record.results;
  d["fingerprint"] = codegen::fingerprint(record);
  d["lines"] = record.lines;
  return d;
}

/// Everything between a subject and what is measured, with the weight and a given MADRS before
/// treatment as further symbols. Constants with a unit are written as quantity(60, "min/h").
py::dict recorded_model() {
  using T = Written;
  (void)Recorded::restart();
  py::dict d;
  const codegen::Symbols<T> s;
  add_names(d, s.names);
  const T weight = Recorded::input("weight"), rating = Recorded::input("rating");
  const model::Parameters<T> p = model::scaled_to_weight(s.p, weight);
  const model::Derived<T> k = model::derived(p);
  d["results"] = codegen::names_of(model::derivative(s.y, s.u, p, k));

  py::dict readouts, at_rest, parts;
  model::Readouts<T> measured = model::readouts(s.y, s.u, p, k);
  measured.synaptogenesis.spine_restored =
      where_positive(s.u.stress, measured.synaptogenesis.spine_restored);
  const auto measured_rows = model::readout_rows();
  for (std::size_t i = 0; i < measured_rows.size(); ++i)
    readouts[py::str(std::string(measured_rows[i].name))] = model::numbers(measured)[i].name();
  d["readouts"] = readouts;

  const model::Inputs<T> held =
      inputs_at_rest<T>(p, k, s.y, s.u.stress, std::nullopt, dosing::Context::none);
  at_rest["strength_ref"] = held.strength_ref.name();
  at_rest["density_ref"] = held.density_ref.name();
  at_rest["translation_deficit"] = held.translation_deficit.name();
  at_rest["z0"] = held.z0.name();
  at_rest["z0_of_rating"] = logit_of_rating(rating).name();
  d["at_rest"] = at_rest;

  const auto parameter_rows = model::parameter_rows();
  for (std::size_t i = 0; i < parameter_rows.size(); ++i)
    if (const T& value = model::numbers(p)[i];
        value.name() != std::string("p").append(std::to_string(i)))
      parts[py::str(full_name_of(parameter_rows[i]) + "_of_subject")] = value.name();
  const model::Signals<T> a = model::signals(s.y, s.u, p, k);
  const std::pair<const char*, const T*> signals[] = {
      {"brain_S_ketamine", &a.brain.S},
      {"brain_R_ketamine", &a.brain.R},
      {"ketamine_equivalents", &a.C_eq},
      {"block_interneuron", &a.beta.I},
      {"block_pyramidal", &a.beta.E},
      {"block_extrasynaptic", &a.beta.X},
      {"release_probability", &a.release},
      {"release_throughput", &a.x},
      {"ampa_throughput_signal", &a.A},
      {"active_trkb", &a.trkb},
      {"translation", &a.translation},
      {"growth_commitment", &a.flux},
      {"strength", &a.Phi},
      {"serotonin_excess", &a.xs},
      {"intensity", &a.intensity},
      {"session_gain", &a.window_gain},
  };
  for (const auto& [name, value] : signals) parts[name] = value->name();
  d["parts"] = parts;
  d["lines"] = Recorded::restart();
  return d;
}

/// The doses of a scenario as jumps of states and values of inputs at known times, with the state
/// and the inputs before the first of them.
py::dict compiled_schedule(const Scenario& s) {
  const Problem problem = prepare(s);

  py::list stops;
  for (const dosing::Stop& stop : problem.schedule.stops) {
    py::list jumps;
    for (const dosing::Jump& jump : stop.jumps)
      jumps.append(py::make_tuple(jump.state, jump.scale, jump.add));
    stops.append(py::make_tuple(stop.time, stop.reset, jumps, inputs_dict(stop.inputs)));
  }
  const model::Parameters<double>& parameters = s.parameters;
  const auto values = model::numbers(parameters);
  py::dict d;
  d["parameters"] = std::vector<double>(values.begin(), values.end());
  d["start"] =
      std::vector<double>(problem.start.data(), problem.start.data() + problem.start.size());
  d["before"] = inputs_dict(problem.schedule.before);
  d["stops"] = stops;
  return d;
}

}  // namespace

void add_recording(py::module_& m) {
  m.def("recorded_derivative", &recorded_derivative);
  m.def("recorded_model", &recorded_model);
  m.def("compiled_schedule", &compiled_schedule, py::arg("scenario"));
}

}  // namespace ketasim::bindings
