/// How to integrate: tolerances, limits, and what to do at events.
#pragma once

#include <Eigen/Core>
#include <array>
#include <atomic>
#include <cstddef>

namespace ketasim::solve {

template <class Real, int N>
using Vector = Eigen::Matrix<Real, N, 1>;

/// The value reported for a sample that falls on an event: ahead of the jump, behind it, or one row each.
enum class AtEvent { before, after, both };

/// What a component does when it falls below minus its absolute tolerance. Never clipped.
enum class Positivity { ignore, warn, reject_step, error };

template <class Real, int N>
struct Options {
  Real rtol = Real(1e-6);
  Vector<Real, N> atol = Vector<Real, N>::Constant(Real(1e-6));
  Real max_step = 0;    ///< 0 = no limit
  Real first_step = 0;  ///< 0 = automatic, at the start and after every stop
  long max_steps = 1'000'000;
  long max_rejections = 100'000;
  double max_wall_seconds = 0;  ///< 0 = no limit
  AtEvent at_event = AtEvent::before;
  std::array<Positivity, static_cast<std::size_t>(N)> positivity{};  ///< all ignore
  const std::atomic<bool>* interrupt = nullptr;                      ///< read before every step
  bool (*poll)(void*) = nullptr;                                     ///< asked every 64 steps; true = stop
  void* poll_data = nullptr;
};

}  // namespace ketasim::solve
