/// One step of a Rosenbrock method for the cascade, compiled once for every instruction set.
///
/// As between lanes and their members there are plain numbers and virtual functions between it and
/// the rest: see lanes/lane_member.hpp.
#pragma once

#include <memory>

#include "ketasim/generated/cascade_kernels.hpp"
#include "ketasim/solve/stepper.hpp"

namespace ketasim::lanes {

/// Vectors have kernels::n_states numbers, `constants` kernels::n_constants.
class Step {
 public:
  virtual ~Step();  // elsewhere: what comes with it must not be compiled for a newer processor

  /// See solve::Rodas.
  virtual void begin(const double* constants, const double* y) = 0;
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

/// For the newest instructions that the processor and this build have.
template <class Tableau>
[[nodiscard]] std::unique_ptr<Step> step_for_this_processor();

}  // namespace ketasim::lanes
