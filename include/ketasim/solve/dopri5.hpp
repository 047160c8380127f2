/// Boost.Odeint's Dormand-Prince 5(4) as the explicit method of our loop. Only the stepper is used, never odeint's
/// integrate functions (a dense run can hang on a constant right-hand side, and NaN returns normally).
#pragma once

#include <boost/numeric/odeint/algebra/vector_space_algebra.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_dopri5.hpp>

#include "ketasim/solve/options.hpp"
#include "ketasim/solve/rodas.hpp"
#include "ketasim/solve/status.hpp"

namespace ketasim::solve {

template <int N, class Real = double>
class Dopri5 {
 public:
  using State = Vector<Real, N>;
  static constexpr int order = 5, error_order = 4;

  /// Derivative at a new point; the last stage of the step that led there is reused.
  template <class System>
  [[nodiscard]] bool evaluate(const System& system, Real t, const State& y, Counters& count) {
    if (stepped_ && t == t1_ && y == y1_) {
      f0_ = f1_;
    } else {
      system.rhs(t, y, f0_);
      ++count.nfev;
    }
    stepped_ = false;
    return f0_.allFinite();
  }
  [[nodiscard]] const State& f() const { return f0_; }

  template <class System>
  [[nodiscard]] Trial attempt(const System& system, Real t, const State& y, Real h, State& y1, State& error,
                              Counters& count) {
    const auto rhs = [&](const State& x, State& dxdt, Real at) {
      system.rhs(at, x, dxdt);
      ++count.nfev;
    };
    method_.do_step(rhs, y, f0_, t, y1, f1_, h, error);
    t0_ = t;
    t1_ = t + h;
    y1_ = y1;
    stepped_ = true;
    old_f0_ = f0_;
    return y1.allFinite() && f1_.allFinite() ? Trial::done : Trial::non_finite;
  }

  void interpolate(Real theta, const State& y0, const State& y1, State& out) {
    method_.calc_state(t0_ + theta * (t1_ - t0_), out, y0, old_f0_, t0_, y1, f1_, t1_);
  }

 private:
  boost::numeric::odeint::runge_kutta_dopri5<State, Real, State, Real,
                                             boost::numeric::odeint::vector_space_algebra>
      method_;
  State f0_, f1_, old_f0_, y1_;
  Real t0_ = 0, t1_ = 0;
  bool stepped_ = false;
};

}  // namespace ketasim::solve
