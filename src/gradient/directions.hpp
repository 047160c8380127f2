/// What may vary, by name: the numbers of a scenario with their slopes in one block of directions.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "gradient/tangent_stepper.hpp"
#include "ketasim/scalar/dual.hpp"
#include "ketasim/scenario.hpp"

namespace ketasim::gradient {

using D = scalar::Dual<double, directions_per_block>;

/// A scenario whose numbers carry the slopes of one block of directions.
struct VariedScenario {
  model::Parameters<D> parameters;
  D weight_kg, severity;
  std::optional<D> baseline_madrs;
  std::vector<dosing::BasicDose<D>> doses;
  std::array<D, model::n_states> initial{};  ///< added to the state before treatment
};

/// The scenario with all slopes 0.
[[nodiscard]] VariedScenario without_slopes(const Scenario& scenario);

/// The number called `name`: see sensitivity().
/// @throws UnknownName, ScenarioError
[[nodiscard]] D& find(VariedScenario& varied, const std::string& name);

/// The change of `number`, found by `name`, that the tolerances of slopes refer to: see sensitivity().
[[nodiscard]] double size_of(const VariedScenario& varied, const D& number, const std::string& name,
                             const StateVector<double>& typical);

[[nodiscard]] inline Directions slopes_of(const D& x) { return {x.slope}; }

}  // namespace ketasim::gradient
