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

/// Derivatives of the leaves by parameters and inputs.
class LeafJacobian {
 public:
  /// @param p  after allometry
  LeafJacobian(const model::Parameters<double>& p, const model::Inputs<double>& u);

  /// In the order of kernels::leaf_jacobian.
  [[nodiscard]] const double* entries() const { return entries_.data(); }
  /// arguments += G' leaves
  void add_transposed(const double* leaves, double* arguments) const;

 private:
  std::array<double, kernels::n_argument_entries> entries_{};
};

/// Slopes of the leaves (kernels::n_leaves,).
void write_leaf_slopes(const LeafJacobian& G, const model::Parameters<D>& p,
                       const model::Inputs<D>& u, Directions* to);

/// A state with its slopes.
[[nodiscard]] model::State<D> with_slopes(const double* y, const Directions* S);

/// When the deadline is over, the schedule is not complete.
/// @throws ParameterError if the state before treatment cannot be differentiated
[[nodiscard]] SlopedProblem prepare(const Scenario& scenario, const Problem& problem,
                                    const VariedScenario& varied, Deadline& deadline);

}  // namespace ketasim::gradient
