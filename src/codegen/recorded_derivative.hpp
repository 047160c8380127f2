/// The right-hand side of the model as a list of assignments, with states, parameters and inputs as
/// symbols: what the kernel generator differentiates and orders.
///
/// Compiled from the model headers alone, so that it works before the kernels of a changed model
/// exist.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ketasim/model/cascade.hpp"
#include "ketasim/scalar/recorded.hpp"

namespace ketasim::codegen {

/// Names of the symbols y0 ..., p0 ... and u0 ..., in their order.
struct SymbolNames {
  std::vector<std::string> states, parameters, inputs;
};

/// What the equations are written in: every value a symbol.
template <class T = scalar::Recorded>
struct Symbols {
  model::State<T> y;
  model::Parameters<T> p;
  model::Inputs<T> u;
  SymbolNames names;

  Symbols() {
    model::State<T>::each(y, [&](std::string_view module, T& value, const model::Variable& row) {
      add(value, 'y', names.states,
          std::string(module) + "." + std::string(row.name) + std::string(row.suffix));
    });
    model::Parameters<T>::each(
        p, [&](std::string_view module, T& value, const model::Parameter& row) {
          add(value, 'p', names.parameters, std::string(module) + "." + std::string(row.name));
        });
    model::Inputs<T>::each(u, [&](T& value, const model::Input& row) {
      add(value, 'u', names.inputs, std::string(row.name));
    });
  }

 private:
  static void add(T& value, char letter, std::vector<std::string>& to, std::string name) {
    value = scalar::Recorded::input(letter + std::to_string(to.size()));
    to.push_back(std::move(name));
  }
};

/// How the values of a state are called in the record.
template <class T>
[[nodiscard]] std::vector<std::string> names_of(const model::State<T>& f) {
  std::vector<std::string> names;
  model::State<T>::each(f, [&](std::string_view, const T& value, const model::Variable&) {
    names.push_back(value.name());
  });
  return names;
}

struct RecordedDerivative {
  SymbolNames symbols;
  std::vector<std::string> results;
  std::string lines;
};

[[nodiscard]] inline RecordedDerivative recorded_derivative() {
  (void)scalar::Recorded::restart();
  const Symbols<> s;
  std::vector<std::string> results =
      names_of(model::derivative(s.y, s.u, s.p, model::derived(s.p)));
  return {s.names, std::move(results), scalar::Recorded::restart()};
}

/// A number that is another one when the equations or their names have changed: 64-bit FNV-1a
/// [Fowler, Noll and Vo, draft-eastlake-fnv].
[[nodiscard]] inline std::uint64_t fingerprint(const RecordedDerivative& record) {
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&](std::string_view text) {
    for (const char c : text) {
      hash ^= static_cast<unsigned char>(c);
      hash *= 0x100000001b3;
    }
    hash ^= '\n';
    hash *= 0x100000001b3;
  };
  for (const auto* names : {&record.symbols.states, &record.symbols.parameters,
                            &record.symbols.inputs, &record.results})
    for (const std::string& name : *names) add(name);
  add(record.lines);
  return hash;
}

}  // namespace ketasim::codegen
