#include <utility>

#include "bindings.hpp"

#ifndef KETASIM_VERSION
#define KETASIM_VERSION "0"
#endif

PYBIND11_MODULE(_core, m, pybind11::mod_gil_not_used()) {
  namespace py = pybind11;
  m.doc() = "The compiled core of ketasim. Private: use the names of the package.";
  m.attr("__version__") = KETASIM_VERSION;
  // A refusal of the core is one of the package's own errors.
  py::register_exception_translator([](std::exception_ptr p) {
    const auto raise = [](const char* name, const std::exception& e) {
      PyErr_SetString(py::module_::import("ketasim.errors").attr(name).ptr(), e.what());
    };
    try {
      if (p) std::rethrow_exception(std::move(p));
    } catch (const ketasim::ScenarioError& e) {
      raise("ScenarioError", e);
    } catch (const ketasim::ParameterError& e) {
      raise("ParameterError", e);
    } catch (const ketasim::UnknownName& e) {
      raise("UnknownNameError", e);
    }
  });
  ketasim::bindings::add_tables(m);
  ketasim::bindings::add_scenario(m);
  ketasim::bindings::add_simulate(m);
  ketasim::bindings::add_ensemble(m);
  ketasim::bindings::add_recording(m);
  ketasim::bindings::add_sensitivity(m);
  ketasim::bindings::add_observation(m);
}
