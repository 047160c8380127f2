#include "ketasim/sensitivity.hpp"

#include <pybind11/stl.h>

#include "bindings.hpp"
#include "signal_watch.hpp"

namespace ketasim::bindings {
namespace {

/// The trajectory and the gradient (n_rows, n_readouts, n_wrt).
std::pair<Trajectory, py::array_t<double>> differentiate(
    const Scenario& scenario, const Numbers& t_eval, const std::vector<std::string>& readouts,
    const std::vector<std::string>& wrt, const py::dict& options, bool gradient_in_error_test) {
  SolverOptions solver = options_from(options);
  SignalWatch watch(solver);
  std::vector<std::size_t> indices;
  indices.reserve(readouts.size());
  for (const std::string& name : readouts) indices.push_back(readout_index(name));
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
}

}  // namespace ketasim::bindings
