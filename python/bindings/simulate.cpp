#include <pybind11/stl.h>

#include "bindings.hpp"
#include "ketasim/scalar/recorded.hpp"
#include "signal_watch.hpp"

namespace ketasim::bindings {
namespace {

std::string name_of_state(int index) {
  return index < 0 ? "" : state_names().at(static_cast<std::size_t>(index));
}

/// Numbers from the front of `from`, which moves on. @throws std::out_of_range if they are too few
void take(std::span<const double>& from, std::span<double> to) {
  if (from.size() < to.size()) throw std::out_of_range("a stored run has too few numbers");
  std::ranges::copy(from.first(to.size()), to.begin());
  from = from.subspan(to.size());
}

Trajectory simulate_scenario(const Scenario& scenario, const Numbers& t_eval,
                             const py::dict& options) {
  SolverOptions solver = options_from(options);
  SignalWatch watch(solver);
  const std::vector<double> times(t_eval.data(), t_eval.data() + t_eval.size());
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
                     o.steps, o.rejected, o.nfev, o.njev, o.nlu, o.warnings));
}

Trajectory set_state(const py::tuple& s) {
  Trajectory r{};
  r.t = s[0].cast<std::vector<double>>();
  r.y = s[1].cast<std::vector<double>>();
  r.inputs = s[2].cast<std::vector<int>>();
  const auto held = s[3].cast<std::vector<double>>();
  r.stop_times = s[4].cast<std::vector<double>>();
  const auto parameters = s[5].cast<std::vector<double>>();
  const auto start = s[6].cast<std::vector<double>>();
  std::span<const double> numbers = parameters;
  take(numbers, model::numbers(r.parameters));
  r.derived = model::derived(r.parameters);
  for (numbers = held; !numbers.empty();)
    take(numbers, model::numbers(r.held_inputs.emplace_back()));
  for (int i = 0; i < model::n_states; ++i) r.start[i] = start.at(static_cast<std::size_t>(i));
  const auto o = s[7].cast<py::tuple>();
  r.outcome = {.status = static_cast<solve::Status>(o[0].cast<int>()),
               .t = o[1].cast<double>(),
               .step_size = o[2].cast<double>(),
               .worst_component = o[3].cast<int>(),
               .last_stop = o[4].cast<long>(),
               .steps = o[5].cast<long>(),
               .rejected = o[6].cast<long>(),
               .nfev = o[7].cast<long>(),
               .njev = o[8].cast<long>(),
               .nlu = o[9].cast<long>(),
               .warnings = o[10].cast<long>()};
  return r;
}

/// The right-hand side and Jacobian of a run at its inputs number `segment`, for other solvers and
/// for tests.
StateVector<double> checked_state(const Numbers& y) {
  if (y.size() != model::n_states) throw ScenarioError("y needs one value per state");
  return Eigen::Map<const StateVector<double>>(y.data());
}

py::array_t<double> rhs(const Trajectory& r, const Numbers& y, std::size_t segment) {
  const CascadeSystem<double> system{r.parameters, r.derived, r.held_inputs.at(segment)};
  const StateVector<double> state = checked_state(y);
  py::array_t<double> result(model::n_states);
  Eigen::Map<StateVector<double>> dydt(result.mutable_data());
  StateVector<double> f;
  system.rhs(0.0, state, f);
  dydt = f;
  return result;
}

py::array_t<double> jacobian(const Trajectory& r, const Numbers& y, std::size_t segment) {
  const CascadeSystem<double> system{r.parameters, r.derived, r.held_inputs.at(segment)};
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
      model::derivative(y, r.held_inputs.at(segment), r.parameters, r.derived);
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
      throw py::key_error("unknown solver option " + name);
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
  d["worst_state"] = name_of_state(o.worst_component);
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
                        std::size_t segment) { return inputs_dict(r.held_inputs.at(segment)); })
      .def("rhs", &rhs, py::arg("y"), py::arg("segment"))
      .def("jacobian", &jacobian, py::arg("y"), py::arg("segment"))
      .def("rhs_source", &rhs_source, py::arg("segment"))
      .def(py::pickle(&get_state, &set_state));
  m.def("simulate", &simulate_scenario, py::arg("scenario"), py::arg("t_eval"), py::arg("options"));
}

}  // namespace ketasim::bindings
