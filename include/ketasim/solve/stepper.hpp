/// What every stepper reports to the loop.
///
/// A stepper has: State, value_type, size, order, error_order; begin(system, t, y); advance(system,
/// t, y); attempt(system, t, y, h, y1) -> Attempt; derivative(); error(); interpolate(theta, y, y1,
/// at); find_non_finite(system, t, y, h); cost(). It may have accepted(system, y, h), called when
/// the last attempt, from y, becomes a step.
#pragma once

#include <cmath>

namespace ketasim::solve {

enum class Attempt { done, singular };

/// Work done since the loop last reset it.
struct Cost {
  long nfev = 0;
  long njev = 0;
  long nlu = 0;
};

/// Where a step stopped being a number.
struct NonFinite {
  int component = -1;     ///< -1: only sums of finite numbers overflowed
  bool in_rhs = false;    ///< else in the state
  bool at_start = false;  ///< before any step was tried, so that no smaller step can help
};

/// Index of the first NaN or infinity, -1 if there is none.
template <class State>
[[nodiscard]] int first_non_finite(const State& values) {
  for (int i = 0; i < static_cast<int>(values.size()); ++i)
    if (!std::isfinite(values[i])) return i;
  return -1;
}

}  // namespace ketasim::solve
