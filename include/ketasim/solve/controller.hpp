/// Chooses the next step from the error of the last one.
#pragma once

#include <algorithm>
#include <cmath>

namespace ketasim::solve {

/// Predictive controller of Gustafsson (1994) with the constants of Hairer and Wanner's RODAS: it
/// uses the errors of two steps, does not enlarge the step after a rejection, and changes a step by a
/// factor of 1/5 to 6.
template <class Real>
class Gustafsson {
 public:
  /// Forgets earlier steps: at the beginning and after every stop.
  void restart() {
    has_history_ = false;
    after_rejection_ = false;
  }

  /// @param error        weighted RMS of the accepted step, <= 1
  /// @param error_order  of the embedded method
  [[nodiscard]] Real accepted(Real step, Real error, int error_order) {
    const Real exponent = Real(1) / Real(error_order + 1);
    Real divisor = limited(std::pow(error, exponent) / safety);
    if (has_history_) {
      const Real predicted =
          (last_step_ / step) * std::pow(error * error / last_error_, exponent) / safety;
      divisor = std::max(divisor, limited(predicted));
    }
    if (after_rejection_) divisor = std::max(divisor, Real(1));
    has_history_ = true;
    after_rejection_ = false;
    last_step_ = step;
    last_error_ = std::max(Real(0.01), error);
    return step / divisor;
  }

  /// @param error  > 1
  [[nodiscard]] Real rejected(Real step, Real error, int error_order) {
    after_rejection_ = true;
    return step / limited(std::pow(error, Real(1) / Real(error_order + 1)) / safety);
  }

  /// After a step without a usable error: not finite, singular, or refused for its sign.
  [[nodiscard]] Real refused(Real step) {
    after_rejection_ = true;
    return step / Real(4);
  }

 private:
  static constexpr Real safety = Real(0.9);
  [[nodiscard]] static Real limited(Real divisor) {
    return std::clamp(divisor, Real(1) / Real(6), Real(5));
  }

  bool has_history_ = false;
  bool after_rejection_ = false;
  Real last_step_ = 0;
  Real last_error_ = 1;
};

}  // namespace ketasim::solve
