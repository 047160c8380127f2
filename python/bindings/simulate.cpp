#include <pybind11/stl.h>

#include "bindings.hpp"
#include "ketasim/scalar/recorded.hpp"
#include "signal_watch.hpp"

namespace ketasim::bindings {
namespace {

std::string name_of_state(int index) {
  return index < 0 ? "" : state_names().at(static_cast<std::size_t>(index));
}

/// What the failed state says about the cause: a state beyond its bounds, or the rhythm of excitation
/// and inhibition, whose cycles of 40 to 60 ms no run of hours can follow.
py::str words_of_state_beyond(const solve::Outcome& o) {
  const std::string worst = name_of_state(o.worst_component);
  const auto follows_rates = [](const std::string& state) {
    return state == "disinhibition.e" || state == "disinhibition.i" || state == "glutamate.G";
  };
  if (o.beyond < 0 && follows_rates(worst) && o.status == solve::Status::too_many_rejections)
    return "Excitation and inhibition probably oscillate many times a second: nothing damps them "
           "with "
           "these parameters and inputs, and steps follow each cycle. ";
  if (o.beyond < 0) return "";
  const model::StateRow& row = model::state_rows()[static_cast<std::size_t>(o.beyond)];
  const std::string beyond = name_of_state(o.beyond);
  py::str grown = py::str("The state {} had grown to {:.3g} {}, beyond its bound of {:g}. ")
                      .format(beyond, o.reached, std::string(row.unit), row.bounds().high);
  const bool overflowed =
      o.status == solve::Status::non_finite_rhs || o.status == solve::Status::non_finite_state;
  if (!(overflowed && follows_rates(beyond))) return grown;
  return grown + py::str(
                     "Excitation grows without bound: with these parameters and inputs the "
                     "recurrent excitation of pyramidal neurones (disinhibition.w_EA) outweighs "
                     "inhibition and the mGlu2/3 autoreceptors. ");
}

/// Refuses a stored run that does not fit this version, or was changed.
void require(bool fits, const char* what) {
  if (!fits) throw ScenarioError(std::string("a stored run cannot be read: ") + what);
}

/// Numbers from the front of `from`, which moves on. @throws ScenarioError if they are too few
void take(std::span<const double>& from, std::span<double> to) {
  require(from.size() >= to.size(), "it has too few numbers");
  std::ranges::copy(from.first(to.size()), to.begin());
  from = from.subspan(to.size());
}

Trajectory simulate_scenario(const Scenario& scenario, const Numbers& t_eval,
                             const py::dict& options) {
  SolverOptions solver = options_from(options);
  SignalWatch watch(solver);
  const std::vector<double> times = column_of(t_eval, "t_eval");
  Trajectory result = [&] {
    const py::gil_scoped_release release;
    return simulate(scenario, times, solver);
  }();
  if (PyErr_Occurred()) throw py::error_already_set();
  return result;
}

/// Everything that defines a trajectory as plain values, for pickle.
py::tuple get_state(const Trajectory& r) {
  std::vector<double> held;
  for (const auto& u : r.held_inputs)
    std::ranges::copy(model::numbers(u), std::back_inserter(held));
  const auto parameters = model::numbers(r.parameters);
  const solve::Outcome& o = r.outcome;
  return py::make_tuple(
      r.t, r.y, r.inputs, held, r.stop_times,
      std::vector<double>(parameters.begin(), parameters.end()),
      std::vector<double>(r.start.data(), r.start.data() + r.start.size()),
      py::make_tuple(static_cast<int>(o.status), o.t, o.step_size, o.worst_component, o.last_stop,
                     o.steps, o.rejected, o.nfev, o.njev, o.nlu, o.warnings, o.beyond, o.reached));
}

/// A part of a stored run. @throws ScenarioError if it has another type
template <class T>
T part(const py::tuple& of, std::size_t k) {
  try {
    return of[k].cast<T>();
  } catch (const py::cast_error&) {
  } catch (const py::error_already_set&) {
  }
  throw ScenarioError("a stored run cannot be read: part " + std::to_string(k) +
                      " has another type");
}

/// Do the parts of a stored run fit each other? Everything that reads a trajectory relies on it.
void check_parts(const Trajectory& r) {
  const auto n_states = static_cast<std::size_t>(model::n_states);
  require(r.y.size() == r.t.size() * n_states, "states and times differ in number");
  require(r.inputs.size() == r.t.size(), "inputs and times differ in number");
  require(r.held_inputs.size() == r.stop_times.size() + 1, "inputs and stops differ in number");
  const auto in = [](long index, std::size_t size) {
    return 0 <= index && index < static_cast<long>(size);
  };
  for (const int index : r.inputs) require(in(index, r.held_inputs.size()), "unknown inputs");
  const solve::Outcome& o = r.outcome;
  require(std::ranges::count(solve::all_statuses, o.status) == 1, "unknown status");
  const bool of_readout = o.status == solve::Status::readout_out_of_range;
  require(in(o.worst_component, of_readout ? readout_table().size() : n_states) ||
              (o.worst_component == -1 && !of_readout),
          "unknown state");
  require(o.beyond == -1 || in(o.beyond, n_states), "unknown state beyond its bounds");
  require(o.last_stop == -1 || in(o.last_stop, r.stop_times.size()), "unknown stop");
}

Trajectory set_state(const py::tuple& s) {
  require(s.size() == 8, "it does not have 8 parts");
  Trajectory r{};
  r.t = part<std::vector<double>>(s, 0);
  r.y = part<std::vector<double>>(s, 1);
  r.inputs = part<std::vector<int>>(s, 2);
  const auto held = part<std::vector<double>>(s, 3);
  r.stop_times = part<std::vector<double>>(s, 4);
  const auto stored = part<std::vector<double>>(s, 5);
  const auto start = part<std::vector<double>>(s, 6);
  std::span<const double> numbers = stored;
  take(numbers, model::numbers(r.parameters));
  require(numbers.empty(), "it has too many parameters");
  parameters::check(r.parameters);
  r.derived = model::derived(r.parameters);
  for (numbers = held; !numbers.empty();)
    take(numbers, model::numbers(r.held_inputs.emplace_back()));
  require(start.size() == static_cast<std::size_t>(model::n_states),
          "the state before treatment has another size");
  std::copy(start.begin(), start.end(), r.start.data());
  const auto o = part<py::tuple>(s, 7);
  require(o.size() == 13, "its outcome does not have 13 parts");
  r.outcome = {.status = static_cast<solve::Status>(part<int>(o, 0)),
               .t = part<double>(o, 1),
               .step_size = part<double>(o, 2),
               .worst_component = part<int>(o, 3),
               .last_stop = part<long>(o, 4),
               .beyond = part<int>(o, 11),
               .reached = part<double>(o, 12),
               .steps = part<long>(o, 5),
               .rejected = part<long>(o, 6),
               .nfev = part<long>(o, 7),
               .njev = part<long>(o, 8),
               .nlu = part<long>(o, 9),
               .warnings = part<long>(o, 10)};
  check_parts(r);
  return r;
}

/// @throws ScenarioError for a segment that the run does not have
const model::Inputs<double>& inputs_of(const Trajectory& r, std::size_t segment) {
  if (segment >= r.held_inputs.size())
    throw ScenarioError("segment = " + std::to_string(segment) + ": this run has segments 0 to " +
                        std::to_string(r.held_inputs.size() - 1));
  return r.held_inputs[segment];
}

/// The right-hand side and Jacobian of a run at its inputs number `segment`, for other solvers and
/// for tests.
StateVector<double> checked_state(const Numbers& y) {
  if (y.size() != model::n_states)
    throw ScenarioError("y has " + std::to_string(y.size()) + " values: give one per state, " +
                        std::to_string(model::n_states));
  return Eigen::Map<const StateVector<double>>(y.data());
}

py::array_t<double> rhs(const Trajectory& r, const Numbers& y, std::size_t segment) {
  const CascadeSystem<double> system{r.parameters, r.derived, inputs_of(r, segment)};
  const StateVector<double> state = checked_state(y);
  py::array_t<double> result(model::n_states);
  Eigen::Map<StateVector<double>> dydt(result.mutable_data());
  StateVector<double> f;
  system.rhs(0.0, state, f);
  dydt = f;
  return result;
}

py::array_t<double> jacobian(const Trajectory& r, const Numbers& y, std::size_t segment) {
  const CascadeSystem<double> system{r.parameters, r.derived, inputs_of(r, segment)};
  std::vector<double> values(model::jacobian_structure().column.size());
  StateVector<double> dfdt;
  system.jacobian(0.0, checked_state(y), values, dfdt);
  return to_array(values, {static_cast<py::ssize_t>(values.size())});
}

/// The right-hand side at the inputs number `segment` as the source of a Python function rhs(t, y).
std::string rhs_source(const Trajectory& r, std::size_t segment) {
  using scalar::Recorded;
  (void)Recorded::restart();
  model::State<Recorded> y;
  int k = 0;
  for (Recorded& value : model::numbers(y))
    value = Recorded::input(std::string("y").append(std::to_string(k++)));
  const model::State<Recorded> f =
      model::derivative(y, inputs_of(r, segment), r.parameters, r.derived);
  std::string names, results;
  for (int i = 0; i < model::n_states; ++i) names += "y" + std::to_string(i) + ", ";
  for (const Recorded& value : model::numbers(f)) results += value.name() + ", ";
  return "from math import exp, log, log1p, sqrt\n\n\ndef rhs(t, y):\n    " + names + "= y\n" +
         Recorded::restart() + "    return [" + results + "]\n";
}

}  // namespace

SolverOptions options_from(const py::dict& options) {
  SolverOptions o;
  for (const auto& [key, value] : options) {
    const auto name = key.cast<std::string>();
    if (name == "method") {
      o.method = from_name(value.cast<std::string>(), methods, "method");
    } else if (name == "rtol") {
      o.rtol = value.cast<double>();
    } else if (name == "atol_factor") {
      o.atol_factor = value.cast<double>();
    } else if (name == "atol") {
      o.atol = value.cast<std::vector<double>>();
    } else if (name == "max_step") {
      o.max_step = value.cast<double>();
    } else if (name == "first_step") {
      o.first_step = value.cast<double>();
    } else if (name == "only_for") {  // names of readouts
      for (const auto& readout : value.cast<std::vector<std::string>>())
        o.only_for.push_back(readout_index(readout));
    } else if (name == "max_steps") {
      o.max_steps = value.cast<long>();
    } else if (name == "max_rejections") {
      o.max_rejections = value.cast<long>();
    } else if (name == "max_wall_seconds") {
      o.max_wall_seconds = value.cast<double>();
    } else if (name == "at_event") {
      o.at_event = from_name(value.cast<std::string>(), at_event_rules, "at_event rule");
    } else if (name == "positivity") {  // one policy per state
      for (const std::string& policy : value.cast<std::vector<std::string>>())
        o.positivity.push_back(from_name(policy, positivity_policies, "positivity policy"));
    } else {
      throw UnknownName("unknown solver option '" + name + "'");
    }
  }
  return o;
}

py::dict inputs_dict(const model::Inputs<double>& u) {
  py::dict d;
  const auto rows = model::input_rows();
  for (std::size_t k = 0; k < rows.size(); ++k)
    d[py::str(std::string(rows[k].name))] = model::numbers(u)[k];
  return d;
}

py::dict outcome_dict(const solve::Outcome& o) {
  py::dict d;
  d["status"] = std::string(solve::name(o.status));
  d["remedy"] = std::string(solve::remedy(o.status));
  d["t"] = o.t;
  d["step"] = o.step_size;
  const bool of_readout = o.status == solve::Status::readout_out_of_range;
  d["worst_state"] = of_readout ? "" : name_of_state(o.worst_component);
  d["worst_readout"] =
      of_readout ? std::string(readout_table().at(static_cast<std::size_t>(o.worst_component)).name)
                 : "";
  d["beyond_words"] = words_of_state_beyond(o);
  d["last_stop"] = o.last_stop;
  d["warnings"] = o.warnings;
  d["n_steps"] = o.steps;
  d["n_rejected"] = o.rejected;
  d["nfev"] = o.nfev;
  d["njev"] = o.njev;
  d["nlu"] = o.nlu;
  return d;
}

void add_simulate(py::module_& m) {
  py::class_<Trajectory, py::smart_holder>(m, "Trajectory")
      .def_property_readonly(
          "t",
          [](const Trajectory& r) { return to_array(r.t, {static_cast<py::ssize_t>(r.t.size())}); })
      .def_property_readonly(
          "y",
          [](const Trajectory& r) {
            return to_array(r.y, {static_cast<py::ssize_t>(r.t.size()), model::n_states});
          })
      .def_property_readonly("segment",
                             [](const Trajectory& r) {
                               return to_array(r.inputs,
                                               {static_cast<py::ssize_t>(r.inputs.size())});
                             })
      .def_property_readonly("stop_times",
                             [](const Trajectory& r) {
                               return to_array(r.stop_times,
                                               {static_cast<py::ssize_t>(r.stop_times.size())});
                             })
      .def_property_readonly(
          "start",
          [](const Trajectory& r) {
            return to_array(std::vector<double>(r.start.data(), r.start.data() + r.start.size()),
                            {model::n_states});
          })
      .def_property_readonly("outcome", [](const Trajectory& r) { return outcome_dict(r.outcome); })
      .def("readout",
           [](const Trajectory& r, const std::string& name) {
             const std::size_t index = readout_index(name);
             std::vector<double> values;
             {
               const py::gil_scoped_release release;
               values = r.readout(index);
             }
             return to_array(values, {static_cast<py::ssize_t>(values.size())});
           })
      .def("before", [](const Trajectory& r,
                        const std::string& name) { return r.before(readout_index(name)); })
      .def("inputs", [](const Trajectory& r,
                        std::size_t segment) { return inputs_dict(inputs_of(r, segment)); })
      .def("rhs", &rhs, py::arg("y"), py::arg("segment"))
      .def("jacobian", &jacobian, py::arg("y"), py::arg("segment"))
      .def("rhs_source", &rhs_source, py::arg("segment"))
      .def(py::pickle(&get_state, &set_state));
  m.def("simulate", &simulate_scenario, py::arg("scenario"), py::arg("t_eval"), py::arg("options"));
}

}  // namespace ketasim::bindings
