/// One file per noun; each adds its part to the module `_core`. Arrays, ints and plain structures
/// cross this border; names, units and wording live in the Python facade.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <string>
#include <tuple>
#include <vector>

#include "ketasim/ketasim.hpp"

namespace ketasim::bindings {

namespace py = pybind11;

/// A dose record: drug, amount, unit, route, start_h, duration_h, interval_h, additional, lag_h,
/// bioavailability, steady_state.
using Record = std::tuple<std::string, double, std::string, std::string, double, double, double,
                          int, double, double, int>;

/// Numbers side by side: a column of a table or a list is copied together first.
using Numbers = py::array_t<double, py::array::c_style | py::array::forcecast>;

/// Numbers of an array with one axis.
/// @throws ScenarioError for another shape
[[nodiscard]] inline std::vector<double> column_of(const Numbers& array, const char* name) {
  if (array.ndim() != 1)
    throw ScenarioError(std::string(name) + " has " + std::to_string(array.ndim()) +
                        " axes: give an array with one");
  return {array.data(), array.data() + array.size()};
}

/// @throws UnknownName for a drug, unit or route that is not in its table.
[[nodiscard]] std::vector<dosing::Dose> doses_from(const std::vector<Record>& records);

/// Solver options from a dict of SolverOptions fields; unknown keys are a programming error of the
/// facade.
[[nodiscard]] SolverOptions options_from(const py::dict& options);

/// A NumPy array that owns a copy of the values.
template <class T>
[[nodiscard]] py::array_t<T> to_array(const std::vector<T>& values,
                                      std::vector<py::ssize_t> shape) {
  py::array_t<T> array(std::move(shape));
  std::copy(values.begin(), values.end(), array.mutable_data());
  return array;
}

/// Inputs by their names.
[[nodiscard]] py::dict inputs_dict(const model::Inputs<double>& inputs);

/// Status, time, step, worst state by name, counters: everything known about how a run ended.
[[nodiscard]] py::dict outcome_dict(const solve::Outcome& outcome);

void add_tables(py::module_& m);
void add_scenario(py::module_& m);
void add_simulate(py::module_& m);
void add_ensemble(py::module_& m);
void add_recording(py::module_& m);
void add_sensitivity(py::module_& m);
void add_observation(py::module_& m);
void add_verification(py::module_& m);

}  // namespace ketasim::bindings
