/// What a stepper must offer: one step of a method, its error estimate and its continuous extension.
#pragma once

#include <cmath>
#include <concepts>

#include "ketasim/scalar/concept.hpp"
#include "ketasim/solve/system.hpp"
#include "ketasim/solve/vector.hpp"

namespace ketasim::solve {

enum class Attempt { done, singular };

/// Work since integrate() last reset it.
struct Cost {
  long nfev = 0;  ///< right-hand sides
  long njev = 0;  ///< Jacobians
  long nlu = 0;   ///< factorisations
};

/// The first component of a step that is not finite.
struct NonFinite {
  int component = -1;     ///< -1: only sums of finite numbers overflowed
  bool in_rhs = false;    ///< in the right-hand side, else in the state
  bool at_start = false;  ///< at the start of the step, so that a smaller step cannot help
};

/// Index of the first NaN or infinity, -1 if there is none.
template <class State>
[[nodiscard]] int first_non_finite(const State& values) {
  using scalar::value;
  for (int i = 0; i < static_cast<int>(values.size()); ++i)
    if (!std::isfinite(value(values[i]))) return i;
  return -1;
}

/// Members of a stepper that do not depend on the system: State is Vector<value_type, size>, `order`
/// the order of the method, `error_order` that of its error estimate.
template <class S>
concept Stepper = requires(S& stepper, const S& after, typename S::value_type theta,
                           const typename S::State& y, typename S::State& at) {
  requires std::same_as<typename S::State, Vector<typename S::value_type, S::size>>;
  { S::order } -> std::convertible_to<int>;
  { S::error_order } -> std::convertible_to<int>;
  // dy/dt at the start of the step, and the error estimate of the last attempt.
  { after.derivative() } -> std::convertible_to<const typename S::State&>;
  { after.error() } -> std::convertible_to<const typename S::State&>;
  // The solution at t + theta h inside the last attempt, which led from y to y1.
  stepper.interpolate(theta, y, y, at);
  { stepper.cost() } -> std::same_as<Cost&>;
};

/// A stepper for this system. It may also have accepted(system, y, h), which is called when the last
/// attempt, made from y, becomes a step.
template <class S, class Sys>
concept StepperFor = Stepper<S> && System<Sys, typename S::value_type, S::size> &&
    requires(S& stepper, const S& after, Sys& system, typename S::value_type t,
             const typename S::State& y, typename S::State& y1) {
  // Evaluates the derivatives where a segment or, after an accepted step, the next step starts.
  stepper.begin(system, t, y);
  stepper.advance(system, t, y);
  // y1 = the solution at t + h.
  { stepper.attempt(system, t, y, t, y1) } -> std::same_as<Attempt>;
  { after.find_non_finite(system, t, y, t) } -> std::same_as<NonFinite>;
};

}  // namespace ketasim::solve
