/// What a caller may ask of an integration.
#pragma once

#include <array>
#include <atomic>

#include "ketasim/solve/vector.hpp"

namespace ketasim::solve {

/// Which state a sample at a stop time shows: the one before the stop is applied, the one after, or
/// first one, then the other.
enum class AtEvent { before, after, both };

/// What to do with a component that falls below -atol. No policy ever changes the value.
enum class Positivity {
  ignore,
  warn,         ///< accept the step and count it
  reject_step,  ///< repeat with a quarter of the step
  error         ///< end with Status::negative_state
};

namespace detail {
template <int N>
[[nodiscard]] constexpr std::array<Positivity, static_cast<std::size_t>(N)> all_ignored() {
  std::array<Positivity, static_cast<std::size_t>(N)> policies{};
  policies.fill(Positivity::ignore);
  return policies;
}
}  // namespace detail

/// A step is accepted if the weighted RMS of its error estimate is at most 1, with the weight of
/// component i 1 / (rtol max(|y0_i|, |y1_i|) + atol_i).
template <class Real, int N>
struct Options {
  Real rtol = Real(1e-6);
  Vector<Real, N> atol =
      Vector<Real, N>::Constant(Real(1e-9));  ///< per component, in its unit, > 0
  Real max_step = 0;                          ///< 0 = no limit
  Real first_step = 0;         ///< at the beginning and after every stop; 0 = automatic
  long max_steps = 1'000'000;  ///< accepted, over the whole run
  long max_rejections = 100'000;
  double max_wall_seconds = 0;  ///< 0 = no limit; looked at every 16 attempts
  AtEvent at_event = AtEvent::before;
  std::array<Positivity, static_cast<std::size_t>(N)> positivity = detail::all_ignored<N>();
  const std::atomic<bool>* interrupt =
      nullptr;                    ///< looked at before every step; true stops the run
  bool (*poll)(void*) = nullptr;  ///< called before every 64th attempt; true stops the run
  void* poll_data = nullptr;
};

}  // namespace ketasim::solve
