/// One step of a Rosenbrock method for the cascade, compiled once for every instruction set.
///
/// Its interface consists of plain numbers and virtual functions, for the reason that
/// lanes/lane_member.hpp gives.
#pragma once

#include <memory>

#include "ketasim/moving_states.hpp"
#include "ketasim/solve/stepper.hpp"

namespace ketasim::lanes {

/// Vectors have kernels::n_states numbers, `constants` kernels::n_constants.
class Step {
 public:
  virtual ~Step();  // defined in baseline.cpp, so that it is not compiled for a newer processor

  /// See solve::Rodas.
  virtual void begin(const double* constants, const MovingStates& moving, const double* y) = 0;
  [[nodiscard]] virtual solve::Attempt attempt(const double* constants, const double* y, double h,
                                               double* y1) = 0;
  virtual void interpolate(double theta, const double* y, const double* y1, double* at) = 0;

  [[nodiscard]] virtual const double* derivative() const = 0;
  [[nodiscard]] virtual const double* error() const = 0;
  [[nodiscard]] virtual const double* stage(std::size_t i) const = 0;
  [[nodiscard]] virtual const double* factors() const = 0;  ///< (kernels::n_stored,)
};

template <class Tableau>
[[nodiscard]] std::unique_ptr<Step> step_for_baseline();
template <class Tableau>
[[nodiscard]] std::unique_ptr<Step> step_for_avx2();
template <class Tableau>
[[nodiscard]] std::unique_ptr<Step> step_for_avx512();

/// For the newest instruction set of the processor and of this build.
template <class Tableau>
[[nodiscard]] std::unique_ptr<Step> step_for_this_processor();

}  // namespace ketasim::lanes
