/// What may vary, by name: the numbers of a scenario, each with its slopes or its place on a tape.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "gradient/tangent_stepper.hpp"
#include "gradient/taped.hpp"
#include "ketasim/scalar/dual.hpp"
#include "ketasim/scenario.hpp"

namespace ketasim::gradient {

using D = scalar::Dual<double, directions_per_block>;
using scalar::Taped;

/// The numbers of a scenario.
/// @tparam T  D, with the slopes of one block of directions, or Taped
template <class T>
struct BasicVariedScenario {
  model::Parameters<T> parameters;
  T weight_kg, severity;
  std::optional<T> baseline_madrs;
  std::vector<dosing::BasicDose<T>> doses;
  std::array<T, model::n_states> initial{};  ///< added to the state before treatment
};
using VariedScenario = BasicVariedScenario<D>;
using TapedScenario = BasicVariedScenario<Taped>;

/// The scenario in which nothing varies yet.
template <class T>
[[nodiscard]] BasicVariedScenario<T> not_varied(const Scenario& scenario);
extern template VariedScenario not_varied<D>(const Scenario&);
extern template TapedScenario not_varied<Taped>(const Scenario&);

/// The number called `name`: see sensitivity().
/// @throws UnknownName, ScenarioError
template <class T>
[[nodiscard]] T& find(BasicVariedScenario<T>& varied, const std::string& name);
extern template D& find<D>(VariedScenario&, const std::string&);
extern template Taped& find<Taped>(TapedScenario&, const std::string&);

/// The change of `number`, found by `name`, that the tolerances of slopes refer to: see sensitivity().
[[nodiscard]] double size_of(const VariedScenario& varied, const D& number, const std::string& name,
                             const StateVector<double>& typical);

[[nodiscard]] inline Directions slopes_of(const D& x) { return {x.slope}; }

}  // namespace ketasim::gradient
