#include "bindings.hpp"

#ifndef KETASIM_VERSION
#define KETASIM_VERSION "0"
#endif

PYBIND11_MODULE(_core, m, pybind11::mod_gil_not_used()) {
  namespace py = pybind11;
  m.doc() = "The compiled core of ketasim. Private: use the names of the package.";
  m.attr("__version__") = KETASIM_VERSION;
  static const py::object scenario_error =
      py::exception<ketasim::ScenarioError>(m, "ScenarioError", PyExc_ValueError);
  static const py::object parameter_error =
      py::exception<ketasim::ParameterError>(m, "ParameterError", PyExc_ValueError);
  static const py::object unknown_name =
      py::exception<ketasim::UnknownName>(m, "UnknownName", PyExc_ValueError);
  py::register_exception_translator([](std::exception_ptr p) {
    try {
      if (p) std::rethrow_exception(p);
    } catch (const ketasim::ScenarioError& e) {
      PyErr_SetString(scenario_error.ptr(), e.what());
    } catch (const ketasim::ParameterError& e) {
      PyErr_SetString(parameter_error.ptr(), e.what());
    } catch (const ketasim::UnknownName& e) {
      PyErr_SetString(unknown_name.ptr(), e.what());
    }
  });
  ketasim::bindings::add_tables(m);
  ketasim::bindings::add_scenario(m);
  ketasim::bindings::add_simulate(m);
  ketasim::bindings::add_ensemble(m);
  ketasim::bindings::add_recording(m);
  ketasim::bindings::add_sensitivity(m);
}
