/// A checked scenario with everything that the solver needs.
#pragma once

#include <optional>

#include "ketasim/cascade_system.hpp"
#include "ketasim/dosing/schedule.hpp"
#include "ketasim/generated/cascade_kernels.hpp"
#include "ketasim/scenario.hpp"

namespace ketasim {

/// A MADRS rating on the logit scale of the symptoms.
template <class T>
[[nodiscard]] T logit_of_rating(const T& madrs) {
  return model::logit(T(madrs / scalar::quantity<T>(model::symptoms::madrs_max, "points")));
}

/// Inputs of a subject before treatment: the reference values of readouts, and what is constant in a
/// run.
template <class T>
[[nodiscard]] model::Inputs<T> inputs_at_rest(const model::Parameters<T>& p,
                                              const model::Derived<T>& d,
                                              const model::State<T>& rest, const T& severity,
                                              const std::optional<T>& baseline_madrs,
                                              dosing::Context context) {
  model::Inputs<T> held{};
  held.stress = severity;
  held.unblinding = dosing::trial_effects(context, p.trial).unblinding;
  held.strength_ref = strength(rest.synaptogenesis, p.synaptogenesis, d.synaptogenesis);
  held.density_ref = rest.synaptogenesis.N + rest.synaptogenesis.M;
  const T no_drug = scalar::quantity<T>(0.0, "uM");
  held.translation_deficit = 1.0 - model::mtor::translation(rest.mtor, held, p.mtor, no_drug);
  held.z0 = baseline_madrs ? logit_of_rating(*baseline_madrs)
                           : model::symptoms::baseline(p.symptoms, severity);
  return held;
}

/// Parameters after allometry, the state before treatment, and the dose records compiled to stops.
struct Problem {
  model::Parameters<double> parameters;
  model::Derived<double> derived;
  StateVector<double> start;
  dosing::Schedule schedule;
  kernels::Blocks needed = kernels::all_blocks;  ///< what is computed, see SolverOptions::only_for
  /// Interrupted or wall_time_exceeded, if the deadline of the preparation was over: then the
  /// schedule is not complete.
  solve::Status prepared = solve::Status::success;
  double seconds_spent = 0.0;  ///< on the preparation, which max_wall_seconds includes
};

/// @throws ScenarioError for an impossible scenario
/// @throws ParameterError for a parameter out of its range
[[nodiscard]] Problem prepare(const Scenario& scenario, Deadline deadline = {});

}  // namespace ketasim
