/// The order that a stepper reaches on a problem with a known solution and df/dt != 0. An autonomous
/// problem would not notice a wrong d_i; a forced one does (this is how a wrong sign in a well-known
/// Rosenbrock code was found).
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "ketasim/solve/stepper.hpp"
#include "ketasim/solve/vector.hpp"

namespace ketasim::verification {

/// Two coupled equations solved by y = (2 + cos t, e^(-t) + sin t), with a Jacobian that depends on
/// y and t.
struct Forced {
  using State = solve::Vector<double, 2>;

  static State exact(double t) { return {2 + std::cos(t), std::exp(-t) + std::sin(t)}; }

  void rhs(double t, const State& y, State& f) const {
    const State e = exact(t);
    f[0] = -std::sin(t) + y[0] * y[1] - e[0] * e[1] - 3 * (y[0] - e[0]);
    f[1] = -std::exp(-t) + std::cos(t) - y[1] * y[1] + e[1] * e[1] + (1 + t) * (y[0] - e[0]);
  }

  template <class Jacobian>
  void jacobian(double t, const State& y, Jacobian& J, State& dfdt) const {
    const State e = exact(t);
    const double e0 = -std::sin(t), e1 = -std::exp(-t) + std::cos(t);
    J << y[1] - 3, y[0], 1 + t, -2 * y[1];
    dfdt[0] = -std::cos(t) - e0 * e[1] - e[0] * e1 + 3 * e0;
    dfdt[1] = std::exp(-t) - std::sin(t) + 2 * e[1] * e1 + (y[0] - e[0]) - (1 + t) * e0;
  }
};

/// Largest errors: of the method at the end, and of its continuous extension inside a step. NaN
/// where an attempt failed.
struct Errors {
  double at_end = 0, inside = 0;
};

/// n steps of equal size over [0, 2]; `inside` is the local error of the continuous extension, over
/// all steps.
template <class Stepper>
[[nodiscard]] Errors equal_steps(int n) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  Forced system;
  Stepper stepper;
  const double h = 2.0 / n;
  Forced::State y = Forced::exact(0), y1 = y, at = y;
  Errors errors;
  for (int i = 0; i < n; ++i) {
    const double t = h * i;
    // The extension is judged from an exact start, so that errors of earlier steps do not cover its
    // own.
    const Forced::State start = Forced::exact(t);
    stepper.begin(system, t, start);
    if (stepper.attempt(system, t, start, h, y1) != solve::Attempt::done) return {nan, nan};
    for (const double theta : {0.15, 0.4, 0.5, 0.7, 0.9}) {
      stepper.interpolate(theta, start, y1, at);
      errors.inside =
          std::max(errors.inside, (at - Forced::exact(t + theta * h)).cwiseAbs().maxCoeff());
    }
    stepper.begin(system, t, y);
    if (stepper.attempt(system, t, y, h, y1) != solve::Attempt::done) return {nan, nan};
    y = y1;
  }
  errors.at_end = (y - Forced::exact(2)).cwiseAbs().maxCoeff();
  return errors;
}

}  // namespace ketasim::verification
