/// The equations as a list of assignments with states, parameters and inputs as symbols: what the
/// kernel generator differentiates and orders.
#include <pybind11/stl.h>

#include "bindings.hpp"
#include "ketasim/model/cascade.hpp"
#include "ketasim/scalar/recorded.hpp"

namespace ketasim::bindings {
namespace {

using scalar::Recorded;

/// Names every value "<letter><position>" and returns what the table calls it.
template <class Each>
std::vector<std::string> symbols(const char* letter, Each&& each) {
  std::vector<std::string> names;
  each([&](const std::string& name, Recorded& value) {
    value = Recorded::input(letter + std::to_string(names.size()));
    names.push_back(name);
  });
  return names;
}

py::dict recorded_derivative() {
  (void)Recorded::restart();
  model::State<Recorded> y;
  model::Parameters<Recorded> p;
  model::Inputs<Recorded> u;
  py::dict d;
  d["states"] = symbols("y", [&](auto&& name) {
    model::State<Recorded>::each(
        y, [&](std::string_view module, Recorded& value, const model::Variable& row) {
          name(std::string(module) + "." + std::string(row.name) + std::string(row.suffix), value);
        });
  });
  d["parameters"] = symbols("p", [&](auto&& name) {
    model::Parameters<Recorded>::each(
        p, [&](std::string_view module, Recorded& value, const model::Parameter& row) {
          name(std::string(module) + "." + std::string(row.name), value);
        });
  });
  d["inputs"] = symbols("u", [&](auto&& name) {
    model::Inputs<Recorded>::each(
        u, [&](Recorded& value, const model::Readout& row) { name(std::string(row.name), value); });
  });
  const model::State<Recorded> f = model::derivative(y, u, p, model::derived(p));
  std::vector<std::string> results;
  model::State<Recorded>::each(f, [&](std::string_view, const Recorded& value,
                                      const model::Variable&) { results.push_back(value.name()); });
  d["results"] = results;
  d["lines"] = Recorded::restart();
  return d;
}

}  // namespace

void add_recording(py::module_& m) { m.def("recorded_derivative", &recorded_derivative); }

}  // namespace ketasim::bindings
