/// A problem whose numbers carry the slopes of one block of directions.
#pragma once

#include <array>

#include "gradient/directions.hpp"
#include "ketasim/problem.hpp"

namespace ketasim::gradient {

/// As Problem, with slopes.
struct SlopedProblem {
  model::Parameters<D> parameters;  ///< after allometry
  model::Derived<D> derived;
  std::array<Directions, model::n_states> start;
  dosing::BasicSchedule<D> schedule;
};

/// Slopes of parameters and inputs, in the order of the kernels' arguments.
void write_arguments(const model::Parameters<D>& p, const model::Inputs<D>& u, Directions* to);

/// A state with its slopes.
[[nodiscard]] model::State<D> with_slopes(const double* y, const Directions* S);

/// When the deadline is over, the schedule is not complete.
/// @throws ParameterError if the state before treatment cannot be differentiated
[[nodiscard]] SlopedProblem prepare(const Scenario& scenario, const Problem& problem,
                                    const VariedScenario& varied, Deadline& deadline);

}  // namespace ketasim::gradient
