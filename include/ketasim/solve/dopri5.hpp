/// The explicit method of Dormand and Prince, order 5(4), with a continuous extension of order 4.
/// @cite Dormand and Prince 1980, A family of embedded Runge-Kutta formulae, J. Comput. Appl. Math.
///       6:19; continuous extension of Hairer, Norsett and Wanner 1993, Solving Ordinary
///       Differential Equations I, section II.6. The order of operations is that of Boost.Odeint's
///       runge_kutta_dopri5, whose bits tests/cpp/solve/test_odeint.cpp expects.
#pragma once

#include "ketasim/solve/stepper.hpp"
#include "ketasim/solve/vector.hpp"

namespace ketasim::solve {

/// For non-stiff systems; needs no Jacobian. Not thread-safe: one stepper per thread.
template <int N, class Real = double>
class Dopri5 {
 public:
  using State = Vector<Real, N>;
  using value_type = Real;
  static constexpr int size = N;
  static constexpr int order = 5;
  static constexpr int error_order = 4;

  template <class System>
  void begin(System& system, Real t, const State& y) {
    system.rhs(t, y, k1_);
    ++cost_.nfev;
  }

  /// The last stage of an accepted step is the first of the next one.
  template <class System>
  void advance(System&, Real, const State&) {
    k1_ = k7_;
  }

  template <class System>
  Attempt attempt(System& system, Real t, const State& y, Real h, State& y1) {
    u_ = y + (h * a21) * k1_;
    system.rhs(t + h * c2, u_, k2_);
    u_ = y + (h * a31) * k1_ + (h * a32) * k2_;
    system.rhs(t + h * c3, u_, k3_);
    u_ = y + (h * a41) * k1_ + (h * a42) * k2_ + (h * a43) * k3_;
    system.rhs(t + h * c4, u_, k4_);
    u_ = y + (h * a51) * k1_ + (h * a52) * k2_ + (h * a53) * k3_ + (h * a54) * k4_;
    system.rhs(t + h * c5, u_, k5_);
    u_ =
        y + (h * a61) * k1_ + (h * a62) * k2_ + (h * a63) * k3_ + (h * a64) * k4_ + (h * a65) * k5_;
    system.rhs(t + h, u_, k6_);
    y1 = y + (h * b1) * k1_ + (h * b3) * k3_ + (h * b4) * k4_ + (h * b5) * k5_ + (h * b6) * k6_;
    system.rhs(t + h, y1, k7_);
    error_ = (h * e1) * k1_ + (h * e3) * k3_ + (h * e4) * k4_ + (h * e5) * k5_ + (h * e6) * k6_ +
             (h * e7) * k7_;
    cost_.nfev += 6;
    h_ = h;
    return Attempt::done;
  }

  [[nodiscard]] const State& derivative() const { return k1_; }
  [[nodiscard]] const State& error() const { return error_; }

  void interpolate(Real fraction, const State& y, const State&, State& at) {
    const Real theta = (fraction * h_) / h_;
    const Real X1 = Real(5) * (Real(2558722523) - Real(31403016) * theta) / Real(11282082432);
    const Real X3 = Real(100) * (Real(882725551) - Real(15701508) * theta) / Real(32700410799);
    const Real X4 = Real(25) * (Real(443332067) - Real(31403016) * theta) / Real(1880347072);
    const Real X5 = Real(32805) * (Real(23143187) - Real(3489224) * theta) / Real(199316789632);
    const Real X6 = Real(55) * (Real(29972135) - Real(7076736) * theta) / Real(822651844);
    const Real X7 = Real(10) * (Real(7414447) - Real(829305) * theta) / Real(29380423);

    const Real theta_1 = theta - Real(1);
    const Real A = theta * theta * (Real(3) - Real(2) * theta);
    const Real B = theta * theta * theta_1;
    const Real C = theta * theta * theta_1 * theta_1;
    const Real D = theta * theta_1 * theta_1;
    at = y + (h_ * (A * b1 - C * X1 + D)) * k1_ + (h_ * (A * b3 + C * X3)) * k3_ +
         (h_ * (A * b4 - C * X4)) * k4_ + (h_ * (A * b5 + C * X5)) * k5_ +
         (h_ * (A * b6 - C * X6)) * k6_ + (h_ * (B + C * X7)) * k7_;
  }

  /// A failure between the first and the last stage is found from its trace in the error estimate.
  template <class System>
  [[nodiscard]] NonFinite find_non_finite(System& system, Real t, const State& y, Real h) const {
    if (const int i = first_non_finite(k1_); i >= 0) return {i, true, true};
    const State u = y + h * k1_;
    if (const int i = first_non_finite(u); i >= 0) return {i, false, false};
    State f;
    system.rhs(t + h, u, f);
    if (const int i = first_non_finite(f); i >= 0) return {i, true, false};
    return {first_non_finite(error_), true, false};
  }

  [[nodiscard]] Cost& cost() { return cost_; }

 private:
  static constexpr Real ratio(double numerator, double denominator) {
    return static_cast<Real>(numerator) / static_cast<Real>(denominator);
  }
  static constexpr Real c2 = ratio(1, 5), c3 = ratio(3, 10), c4 = ratio(4, 5), c5 = ratio(8, 9);
  static constexpr Real a21 = ratio(1, 5);
  static constexpr Real a31 = ratio(3, 40), a32 = ratio(9, 40);
  static constexpr Real a41 = ratio(44, 45), a42 = ratio(-56, 15), a43 = ratio(32, 9);
  static constexpr Real a51 = ratio(19372, 6561), a52 = ratio(-25360, 2187),
                        a53 = ratio(64448, 6561), a54 = ratio(-212, 729);
  static constexpr Real a61 = ratio(9017, 3168), a62 = ratio(-355, 33), a63 = ratio(46732, 5247),
                        a64 = ratio(49, 176), a65 = ratio(-5103, 18656);
  static constexpr Real b1 = ratio(35, 384), b3 = ratio(500, 1113), b4 = ratio(125, 192),
                        b5 = ratio(-2187, 6784), b6 = ratio(11, 84);
  /// b minus the weights of the embedded method of order 4.
  static constexpr Real e1 = b1 - ratio(5179, 57600), e3 = b3 - ratio(7571, 16695),
                        e4 = b4 - ratio(393, 640), e5 = b5 - ratio(-92097, 339200),
                        e6 = b6 - ratio(187, 2100), e7 = ratio(-1, 40);

  State k1_ = State::Zero(), k2_ = State::Zero(), k3_ = State::Zero(), k4_ = State::Zero(),
        k5_ = State::Zero(), k6_ = State::Zero(), k7_ = State::Zero();
  State u_ = State::Zero(), error_ = State::Zero();
  Real h_ = 0;
  Cost cost_;
};

}  // namespace ketasim::solve
