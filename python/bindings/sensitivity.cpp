#include "ketasim/sensitivity.hpp"

#include <pybind11/stl.h>

#include <memory>

#include "bindings.hpp"
#include "ketasim/adjoint.hpp"
#include "needed_blocks.hpp"
#include "signal_watch.hpp"

namespace ketasim::bindings {
namespace {

[[nodiscard]] std::vector<std::size_t> indices_of(const std::vector<std::string>& readouts) {
  std::vector<std::size_t> indices;
  indices.reserve(readouts.size());
  for (const std::string& name : readouts) indices.push_back(readout_index(name));
  return indices;
}

std::unique_ptr<Adjoint> record(const Scenario& scenario, const Numbers& t_eval,
                                const std::vector<std::string>& readouts,
                                const std::vector<std::string>& wrt, const py::dict& options) {
  SolverOptions solver = options_from(options);
  SignalWatch watch(solver);
  const std::vector<std::size_t> indices = indices_of(readouts);
  const std::vector<double> times = column_of(t_eval, "t_eval");
  std::unique_ptr<Adjoint> result;
  {
    const py::gil_scoped_release release;
    result = std::make_unique<Adjoint>(scenario, times, indices, wrt, solver);
  }
  if (PyErr_Occurred()) throw py::error_already_set();
  return result;
}

/// @param weights  (n_rows, n_readouts)
py::array_t<double> gradient_of(const Adjoint& adjoint, const Numbers& weights) {
  const auto rows = static_cast<py::ssize_t>(adjoint.run().t.size());
  const auto columns = static_cast<py::ssize_t>(adjoint.readouts().size());
  if (weights.ndim() != 2 || weights.shape(0) != rows || weights.shape(1) != columns)
    throw ScenarioError("weights: give an array of shape (" + std::to_string(rows) + ", " +
                        std::to_string(columns) + "), one weight for each row and readout");
  std::vector<double> gradient;
  {
    const py::gil_scoped_release release;
    gradient = adjoint.gradient({weights.data(), static_cast<std::size_t>(weights.size())});
  }
  return to_array(gradient, {static_cast<py::ssize_t>(gradient.size())});
}

/// The trajectory and the gradient (n_rows, n_readouts, n_wrt).
std::pair<Trajectory, py::array_t<double>> differentiate(
    const Scenario& scenario, const Numbers& t_eval, const std::vector<std::string>& readouts,
    const std::vector<std::string>& wrt, const py::dict& options, bool gradient_in_error_test) {
  SolverOptions solver = options_from(options);
  SignalWatch watch(solver);
  const std::vector<std::size_t> indices = indices_of(readouts);
  const std::vector<double> times = column_of(t_eval, "t_eval");
  Sensitivity result;
  {
    const py::gil_scoped_release release;
    result =
        sensitivity(scenario, times, indices, wrt, solver,
                    gradient_in_error_test ? ErrorTest::states_and_gradient : ErrorTest::states);
  }
  if (PyErr_Occurred()) throw py::error_already_set();
  const auto rows = static_cast<py::ssize_t>(result.run.t.size());
  py::array_t<double> gradient = to_array(
      result.gradient,
      {rows, static_cast<py::ssize_t>(readouts.size()), static_cast<py::ssize_t>(wrt.size())});
  return {std::move(result.run), std::move(gradient)};
}

}  // namespace

void add_sensitivity(py::module_& m) {
  m.def("sensitivity", &differentiate, py::arg("scenario"), py::arg("t_eval"), py::arg("readouts"),
        py::arg("wrt"), py::arg("options"), py::arg("gradient_in_error_test") = false);
  m.def("share_computed", [](const std::vector<std::string>& readouts) {
    return share_computed(indices_of(readouts));
  });
  py::class_<Adjoint>(m, "Adjoint")
      .def(py::init(&record), py::arg("scenario"), py::arg("t_eval"), py::arg("readouts"),
           py::arg("wrt"), py::arg("options"))
      .def_property_readonly("run", &Adjoint::run, py::return_value_policy::copy)
      .def("gradient", &gradient_of, py::arg("weights"));
}

}  // namespace ketasim::bindings
