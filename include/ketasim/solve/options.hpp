/// What a caller may ask of an integration: the times, the tolerances and limits, and the functions
/// that are called at stops and samples.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <span>

#include "ketasim/solve/function_ref.hpp"
#include "ketasim/solve/vector.hpp"

namespace ketasim::solve {

/// From where to where, and the times in between that matter. The arrays must outlive the call.
template <class Real = double>
struct TimeSpan {
  Real from = 0;
  Real to = 0;
  /// Where the system or the state changes; ascending, >= from. Stops at `from` are applied before
  /// the first step, those at `to` after the last one, those after `to` not at all.
  std::span<const Real> stops = {};
  /// Where the solution is wanted; ascending, >= from. Samples after `to` are not delivered.
  std::span<const Real> samples = {};
};

/// Called at stops and samples: references to function objects, which must outlive the call.
template <class Real, int N>
struct Observers {
  /// At stop k, at time t. May change y and the system; the method restarts after it.
  FunctionRef<void(std::size_t k, Real t, Vector<Real, N>& y)> on_stop = {};
  /// At sample i; t has the bits of samples[i]. Called twice for a sample at a stop under
  /// AtEvent::both.
  FunctionRef<void(std::size_t i, Real t, const Vector<Real, N>& y)> on_sample = {};
};

/// Which state a sample at a stop shows: the one before the stop is applied, the one after, or first
/// one, then the other.
enum class AtEvent { before, after, both };

/// What happens when a component falls below -atol. No policy ever changes the value.
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

/// A step is accepted if the root mean square over the components i of
///   error_i / (rtol max(|y0_i|, |y1_i|) + atol_i)
/// is at most 1.
template <class Real, int N>
struct Options {
  Real rtol = Real(1e-6);
  Vector<Real, N> atol =
      Vector<Real, N>::Constant(Real(1e-9));  ///< per component, in its unit, > 0
  Real max_step = 0;                          ///< 0 = no limit
  Real first_step = 0;         ///< at the beginning and after every stop; 0 = automatic
  long max_steps = 1'000'000;  ///< accepted, over the whole run
  long max_rejections = 100'000;
  double max_wall_seconds = 0;  ///< 0 = no limit; tested every 16 attempts
  AtEvent at_event = AtEvent::before;
  std::array<Positivity, static_cast<std::size_t>(N)> positivity = detail::all_ignored<N>();
  const std::atomic<bool>* interrupt = nullptr;  ///< read before every step; true stops the run
  bool (*poll)(void*) = nullptr;  ///< called before every 64th attempt; true stops the run
  void* poll_data = nullptr;
};

}  // namespace ketasim::solve
