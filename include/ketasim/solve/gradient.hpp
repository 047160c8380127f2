/// solve() with exact derivatives: the numbers are scalar::Dual.
///
/// A Rosenbrock step solves W k = r with W = s I - J. Its derivative in a direction solves
///   W k' = r' + J' k
/// with the same W, so that one LU of plain numbers serves all directions. The result is the
/// derivative of the computed solution for the steps it took, which are those of the solution alone.
#pragma once

#include <cstddef>
#include <limits>
#include <stdexcept>
#include <vector>

#include "ketasim/scalar/dual.hpp"
#include "ketasim/solve/solve.hpp"

namespace ketasim::solve {

/// A linear solver for duals: the LU of the values, used for values and slopes.
template <int N, std::size_t K>
class DualLU {
 public:
  using D = scalar::Dual<double, K>;
  using Jacobian = Matrix<D, N>;

  [[nodiscard]] static Jacobian make_jacobian() { return Jacobian::Zero(); }

  /// Factorises s I - J. The slopes of s must be 0.
  [[nodiscard]] bool factorize(const Jacobian& J, const D& s) {
    J_ = J;
    Matrix<double, N> values;
    for (int j = 0; j < N; ++j)
      for (int i = 0; i < N; ++i) values(i, j) = J(i, j).value;
    return lu_.factorize(values, s.value);
  }

  /// b becomes W^-1 b, with W' = -J'.
  void solve(Vector<D, N>& b) const {
    Vector<double, N> x;
    for (int i = 0; i < N; ++i) x[i] = b[i].value;
    lu_.solve(x);
    for (int i = 0; i < N; ++i) b[i].value = x[i];
    for (std::size_t k = 0; k < K; ++k) {
      Vector<double, N> slopes;
      for (int i = 0; i < N; ++i) {
        slopes[i] = b[i].slope[k];
        for (int j = 0; j < N; ++j) slopes[i] += J_(i, j).slope[k] * x[j];
      }
      lu_.solve(slopes);
      for (int i = 0; i < N; ++i) b[i].slope[k] = slopes[i];
    }
  }

 private:
  Jacobian J_ = Jacobian::Zero();
  DenseLU<double, N> lu_;
};

namespace detail {

/// A system of duals that is also evaluated with plain numbers.
template <int N, std::size_t K, class Equations>
class PlainAndDual {
 public:
  static constexpr bool autonomous = is_autonomous<Equations>();
  using D = scalar::Dual<double, K>;

  explicit PlainAndDual(Equations& system) : system_(system) {}

  void rhs(double t, const Vector<double, N>& y, Vector<double, N>& dydt) const {
    Vector<D, N> at, f;
    for (int i = 0; i < N; ++i) at[i] = D(y[i]);
    system_.rhs(D(t), at, f);
    for (int i = 0; i < N; ++i) dydt[i] = f[i].value;
  }
  void rhs(const D& t, const Vector<D, N>& y, Vector<D, N>& dydt) const { system_.rhs(t, y, dydt); }
  void jacobian(const D& t, const Vector<D, N>& y, Matrix<D, N>& J, Vector<D, N>& dfdt) const {
    system_.jacobian(t, y, J, dfdt);
  }

 private:
  Equations& system_;
};

/// Rodas for values whose slopes it keeps beside them.
template <class Tableau, int N, std::size_t K>
class DualRodas {
 public:
  using D = scalar::Dual<double, K>;
  using State = Vector<double, N>;
  using DualState = Vector<D, N>;
  using value_type = double;
  static constexpr int size = N, order = Tableau::order, error_order = Tableau::error_order;

  explicit DualRodas(const DualState& y0) : y_(y0), y1_(y0), at_(y0) {}

  template <class Equations>
  void begin(Equations& system, double t, const State&) {
    commit_step();
    inner_.begin(system, D(t), y_);
    derivative_ = values(inner_.derivative());
  }
  template <class Equations>
  void advance(Equations& system, double t, const State& y) {
    begin(system, t, y);
  }
  template <class Equations>
  Attempt attempt(Equations& system, double t, const State&, double h, State& y1) {
    const Attempt attempt = inner_.attempt(system, D(t), y_, D(h), y1_);
    y1 = values(y1_);
    error_ = values(inner_.error());
    return attempt;
  }
  template <class Equations>
  void accepted(Equations&, const State&, double) {
    pending_ = true;
  }
  void interpolate(double theta, const State&, const State&, State& at) {
    inner_.interpolate(D(theta), y_, y1_, at_);
    at = values(at_);
    interpolated_ = true;
  }
  [[nodiscard]] const State& derivative() const { return derivative_; }
  [[nodiscard]] const State& error() const { return error_; }
  template <class Equations>
  [[nodiscard]] NonFinite find_non_finite(Equations& system, double t, const State&,
                                          double h) const {
    return inner_.find_non_finite(system, D(t), y_, D(h));
  }
  [[nodiscard]] Cost& cost() { return inner_.cost(); }

  /// The state with its slopes; events may change both.
  [[nodiscard]] DualState& state() {
    commit_step();
    return y_;
  }
  /// The state with its slopes at the last point of interpolate(), else at the end of the last step.
  [[nodiscard]] const DualState& sample() {
    if (!interpolated_) return state();
    interpolated_ = false;
    return at_;
  }

  [[nodiscard]] static State values(const DualState& duals) {
    State plain;
    for (int i = 0; i < N; ++i) plain[i] = duals[i].value;
    return plain;
  }

 private:
  void commit_step() {
    if (pending_) y_ = y1_;
    pending_ = false;
  }

  Rodas<Tableau, N, DualLU<N, K>, D> inner_;
  DualState y_, y1_, at_;
  State derivative_ = State::Zero(), error_ = State::Zero();
  bool pending_ = false, interpolated_ = false;
};

}  // namespace detail

/// Solves and differentiates: the slopes of y0 and of the duals among the parameters of the system
/// say in which directions. The values have the bits of the solution without slopes. Times of stops
/// do not vary.
/// @param on_stop  called at span.stops with (k, t, y); may change y, slopes included, and the system
/// @throws std::invalid_argument for times or tolerances that make no sense
template <class Equations, std::size_t K, int N>
[[nodiscard]] Solution<scalar::Dual<double, K>, N> solve(
    Equations&& system, const Vector<scalar::Dual<double, K>, N>& y0, const TimeSpan<double>& span,
    const std::type_identity_t<Options<double, N>>& options = {},
    std::type_identity_t<
        FunctionRef<void(std::size_t, double, Vector<scalar::Dual<double, K>, N>&)>>
        on_stop = {}) {
  using D = scalar::Dual<double, K>;
  detail::check(span, options);
  auto&& differentiable = detail::with_jacobian<D, N>(system);
  using Differentiable = std::remove_reference_t<decltype(differentiable)>;
  const detail::PlainAndDual<N, K, Differentiable> both(differentiable);
  detail::DualRodas<Rodas5P, N, K> stepper(y0);
  Vector<double, N> y = stepper.values(y0);
  Solution<D, N> solution{.t = {}, .y = {}, .end = y0, .outcome = {}};
  std::size_t reached = 0;
  const auto apply_stop = [&](std::size_t k, double t, Vector<double, N>& plain) {
    on_stop(k, t, stepper.state());
    plain = stepper.values(stepper.state());
  };
  const auto on_sample = [&](std::size_t i, double t, const Vector<double, N>&) {
    solution.t.push_back(t);
    solution.y.push_back(stepper.sample());
    reached = i + 1;
  };
  solution.outcome =
      integrate(stepper, both, y, span, options, {.on_stop = apply_stop, .on_sample = on_sample});
  solution.end = stepper.state();
  D unknown(std::numeric_limits<double>::quiet_NaN());
  unknown.slope.fill(std::numeric_limits<double>::quiet_NaN());
  for (; reached < span.samples.size(); ++reached) {
    solution.t.push_back(span.samples[reached]);
    solution.y.push_back(Vector<D, N>::Constant(unknown));
  }
  return solution;
}

}  // namespace ketasim::solve
