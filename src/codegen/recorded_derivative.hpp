/// The right-hand side of the model as a list of assignments, with states, parameters and inputs as
/// symbols: what the kernel generator differentiates and orders.
///
/// Compiled from the model headers and their tables alone, so that it works before the kernels of a
/// changed model exist.
#pragma once

#include <cstdint>
#include <span>
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
    for (const model::StateRow& row : model::state_rows())
      names.states.push_back(full_name_of(row));
    for (const model::ParameterRow& row : model::parameter_rows())
      names.parameters.push_back(full_name_of(row));
    for (const model::Input& row : model::input_rows()) names.inputs.emplace_back(row.name);
    call('y', model::numbers(y));
    call('p', model::numbers(p));
    call('u', model::numbers(u));
  }

 private:
  static void call(char letter, std::span<T> values) {
    for (std::size_t k = 0; k < values.size(); ++k)
      values[k] = scalar::Recorded::input(std::string(1, letter).append(std::to_string(k)));
  }
};

/// How the values of a state are called in the record.
template <class T>
[[nodiscard]] std::vector<std::string> names_of(const model::State<T>& f) {
  std::vector<std::string> names;
  for (const T& value : model::numbers(f)) names.push_back(value.name());
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
