#include <utility>

#include "bindings.hpp"

#ifndef KETASIM_VERSION
#define KETASIM_VERSION "0"
#endif

namespace {

/// Whether this is the interpreter with which the process began. pybind11 keeps its state there: in a
/// further one before Python 3.12 it would wait for a lock forever.
bool in_main_interpreter() { return PyInterpreterState_Get() == PyInterpreterState_Main(); }

constexpr const char* main_interpreter_only =
    "ketasim cannot be imported in a second interpreter of a process (a subinterpreter): import it "
    "in "
    "the main one, or run each application in a process of its own; with mod_wsgi set "
    "'WSGIApplicationGroup %{GLOBAL}'";

}  // namespace

// The module is made by PyInit__core below, after a check that pybind11 cannot make.
PYBIND11_MODULE(_core_of_main_interpreter, m, pybind11::mod_gil_not_used()) {
  namespace py = pybind11;
  // Since Python 3.13 a subinterpreter calls PyInit__core in the main one.
  if (!in_main_interpreter()) throw py::import_error(main_interpreter_only);
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
  ketasim::bindings::add_verification(m);
}

PYBIND11_PLUGIN_IMPL(_core) {
  if (in_main_interpreter()) return PyInit__core_of_main_interpreter();
  PyErr_SetString(PyExc_ImportError, main_interpreter_only);
  return nullptr;
}
