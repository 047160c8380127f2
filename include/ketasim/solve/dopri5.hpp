/// Boost.Odeint's explicit runge_kutta_dopri5 (Dormand and Prince 1980, order 5(4)) as a stepper of
/// our loop.
///
/// Only its step and its continuous extension (order 4) are used; step size, stops and failure are
/// ours, because odeint's integrate functions can hang on a constant right-hand side and return
/// normally on NaN.
#pragma once

#include <boost/numeric/odeint/algebra/vector_space_algebra.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_dopri5.hpp>

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
    system.rhs(t, y, f0_);
    ++cost_.nfev;
  }

  /// The last stage of an accepted step is the first of the next one.
  template <class System>
  void advance(System&, Real, const State&) {
    f0_ = f1_;
  }

  template <class System>
  Attempt attempt(System& system, Real t, const State& y, Real h, State& y1) {
    const auto f = [&system](const State& at, State& dydt, Real time) {
      system.rhs(time, at, dydt);
    };
    method_.do_step(f, y, f0_, t, y1, f1_, h, error_);
    cost_.nfev += 6;
    h_ = h;
    return Attempt::done;
  }

  [[nodiscard]] const State& derivative() const { return f0_; }
  [[nodiscard]] const State& error() const { return error_; }

  void interpolate(Real theta, const State& y, const State& y1, State& at) {
    method_.calc_state(theta * h_, at, y, f0_, Real(0), y1, f1_, h_);
  }

  /// Only the first and the last stage are kept: a failure in between is named by its trace in the
  /// error estimate.
  template <class System>
  [[nodiscard]] NonFinite find_non_finite(System& system, Real t, const State& y, Real h) const {
    if (const int i = first_non_finite(f0_); i >= 0) return {i, true, true};
    const State u = y + h * f0_;
    if (const int i = first_non_finite(u); i >= 0) return {i, false, false};
    State f;
    system.rhs(t + h, u, f);
    if (const int i = first_non_finite(f); i >= 0) return {i, true, false};
    return {first_non_finite(error_), true, false};
  }

  [[nodiscard]] Cost& cost() { return cost_; }

 private:
  using Method =
      boost::numeric::odeint::runge_kutta_dopri5<State, Real, State, Real,
                                                 boost::numeric::odeint::vector_space_algebra>;
  Method method_;
  State f0_ = State::Zero(), f1_ = State::Zero(), error_ = State::Zero();
  Real h_ = 0;
  Cost cost_;
};

}  // namespace ketasim::solve
