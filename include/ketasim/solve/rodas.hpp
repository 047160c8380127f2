/// Rosenbrock methods on fixed-size states, with exact Jacobian, exact df/dt and dense output.
#pragma once

#include <array>
#include <cmath>
#include <utility>

#include "ketasim/solve/options.hpp"
#include "ketasim/solve/status.hpp"
#include "ketasim/solve/tableau.hpp"

namespace ketasim::solve {

/// Result of a trial step.
enum class Trial { done, non_finite, singular };

/// One-step method of the family in tableau.hpp. Holds its own workspace; one stepper serves one run at a time.
///   Linear: DenseLU or SparseLU.  System: rhs(t, y, dydt) and jacobian(t, y, J, dfdt).
template <class Tableau, int N, class Linear, class Real = double>
class Rodas {
 public:
  using State = Vector<Real, N>;
  static constexpr int order = Tableau::order, error_order = Tableau::error_order;

  explicit Rodas(Linear linear = Linear()) : linear_(std::move(linear)), J_(linear_.make_jacobian()) {}
  template <class Pattern>
    requires std::constructible_from<Linear, const Pattern&>
  explicit Rodas(const Pattern& pattern) : Rodas(Linear(pattern)) {}

  /// Derivative at a new point: the start of a segment or the end of an accepted step.
  /// @return false if it is not finite; `f()` then shows where
  template <class System>
  [[nodiscard]] bool evaluate(const System& system, Real t, const State& y, Counters& count) {
    system.rhs(t, y, f0_);
    ++count.nfev;
    fresh_ = false;
    return f0_.allFinite();
  }
  [[nodiscard]] const State& f() const { return f0_; }

  /// Tries a step of size h from (t, y), at which evaluate() was called last. J is computed once per point.
  template <class System>
  [[nodiscard]] Trial attempt(const System& system, Real t, const State& y, Real h, State& y1, State& error,
                              Counters& count) {
    if (!fresh_) {
      system.jacobian(t, y, J_, dfdt_);
      ++count.njev;
      fresh_ = true;
      autonomous_ = (dfdt_.array() == Real(0)).all();
    }
    ++count.nlu;
    if (!linear_.factorize(J_, Real(1) / (h * Real(Tableau::gamma)))) return Trial::singular;
    stages(system, t, y, h, y1, count, std::make_integer_sequence<int, Tableau::stages>());
    error = k_[Tableau::stages - 1];
    y1 += error;
    return y1.allFinite() ? Trial::done : Trial::non_finite;
  }

  /// The last accepted step as a polynomial: y at t + theta h, theta in [0, 1].
  void interpolate(Real theta, const State& y0, const State& y1, State& out) {
    if (!dense_ready_) {
      for (int r = 0; r < Tableau::dense_rows; ++r) {
        dense_[static_cast<std::size_t>(r)].setZero();
        for (int j = 0; j < Tableau::stages; ++j)
          dense_[static_cast<std::size_t>(r)] += Real(Tableau::H[r][j]) * k_[static_cast<std::size_t>(j)];
      }
      dense_ready_ = true;
    }
    State sum = dense_[Tableau::dense_rows - 1];
    for (int r = Tableau::dense_rows - 2; r >= 0; --r) sum = theta * sum + dense_[static_cast<std::size_t>(r)];
    out = (Real(1) - theta) * y0 + theta * (y1 + (Real(1) - theta) * sum);
  }

 private:
  template <class System, int... I>
  void stages(const System& system, Real t, const State& y, Real h, State& u, Counters& count,
              std::integer_sequence<int, I...>) {
    dense_ready_ = false;
    (stage<I>(system, t, y, h, u, count), ...);
  }

  /// Row i of a equals row i-1 plus a one: u only needs the stage before.
  template <int I>
  static constexpr bool continues = [] {
    if (I < 2 || Tableau::a[I][I - 1] != 1.0) return false;
    for (int j = 0; j < I - 1; ++j)
      if (Tableau::a[I][j] != Tableau::a[I - 1][j]) return false;
    return true;
  }();

  template <int I, class System>
  void stage(const System& system, Real t, const State& y, Real h, State& u, Counters& count) {
    State& k = k_[I];
    if constexpr (I == 0) {
      k = f0_;
    } else {
      if constexpr (continues<I>) {
        u += k_[I - 1];
      } else {
        u = y;
        add<I, 0>(Tableau::a[I], Real(1), u);
      }
      system.rhs(t + Real(Tableau::c[I]) * h, u, k);
      ++count.nfev;
      add<I, 0>(Tableau::C[I], Real(1) / h, k);
    }
    if (Tableau::d[I] != 0.0 && !autonomous_) k += h * Real(Tableau::d[I]) * dfdt_;
    linear_.solve(k);
  }

  /// sum += scale (w_0 k_0 + ... + w_(I-1) k_(I-1)), two stages per pass over memory.
  template <int I, int J>
  void add(const double (&w)[Tableau::stages], Real scale, State& sum) const {
    if constexpr (J + 1 < I) {
      sum += (scale * Real(w[J])) * k_[J] + (scale * Real(w[J + 1])) * k_[J + 1];
      add<I, J + 2>(w, scale, sum);
    } else if constexpr (J < I) {
      sum += (scale * Real(w[J])) * k_[J];
    }
  }

  Linear linear_;
  typename Linear::Jacobian J_;
  State f0_, dfdt_;
  std::array<State, Tableau::stages> k_;
  std::array<State, Tableau::dense_rows> dense_;
  bool fresh_ = false, autonomous_ = false, dense_ready_ = false;
};

}  // namespace ketasim::solve
