/// Step-size control: Gustafsson's predictive controller (Hairer and Wanner II, IV.8).
#pragma once

#include <algorithm>
#include <cmath>

namespace ketasim::solve {

/// A policy: proposes the next step from the scaled error of the last (1 = exactly at tolerance).
template <class Real>
class PredictiveController {
 public:
  /// @param error_order  order of the error estimate
  explicit PredictiveController(int error_order) : exponent_(Real(1) / Real(error_order + 1)) {}

  /// Forget the past: a step after an event has none.
  void restart() {
    previous_step_ = Real(0);
    rejected_ = false;
  }

  [[nodiscard]] Real after_accepted(Real step, Real error) {
    error = std::max(error, smallest_error);
    Real divisor = std::clamp(std::pow(error, exponent_) / safety, Real(1) / most_growth, most_shrinkage);
    if (previous_step_ > Real(0)) {
      const Real predicted =
          previous_step_ / step * std::pow(error * error / previous_error_, exponent_) / safety;
      divisor = std::max(divisor, std::clamp(predicted, Real(1) / most_growth, most_shrinkage));
    }
    if (rejected_) divisor = std::max(divisor, Real(1));
    rejected_ = false;
    previous_step_ = step;
    previous_error_ = std::max(error, Real(0.01));
    return step / divisor;
  }

  [[nodiscard]] Real after_rejected(Real step, Real error) {
    rejected_ = true;
    return step / std::clamp(std::pow(error, exponent_) / safety, Real(1.05), most_shrinkage);
  }

  /// The trial was not a number: much smaller.
  [[nodiscard]] Real after_failed(Real step) {
    rejected_ = true;
    return step / Real(4);
  }

 private:
  static constexpr Real safety = Real(0.9), most_growth = Real(5), most_shrinkage = Real(6);
  static constexpr Real smallest_error = Real(1e-10);
  Real exponent_;
  Real previous_step_ = Real(0), previous_error_ = Real(1);
  bool rejected_ = false;
};

}  // namespace ketasim::solve
