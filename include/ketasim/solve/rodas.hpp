/// One step of a Rosenbrock method given by its tableau.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>

#include "ketasim/solve/stepper.hpp"
#include "ketasim/solve/tableau.hpp"
#include "ketasim/solve/vector.hpp"

namespace ketasim::solve {
namespace detail {

template <class Tableau, std::size_t I>
struct StageRow {
  [[nodiscard]] static constexpr long double at(std::size_t j) { return Tableau::A[I][j]; }
};
template <class Tableau, std::size_t I>
struct CorrectionRow {
  [[nodiscard]] static constexpr long double at(std::size_t j) { return Tableau::C[I][j]; }
};
template <class Tableau, std::size_t I>
struct DenseRow {
  [[nodiscard]] static constexpr long double at(std::size_t j) { return Tableau::H[I][j]; }
};

/// Component i of Row[0] k[0] + ... + Row[J] k[J] without the terms that are zero.
template <class Row, std::size_t J, class Real, int N, std::size_t S>
[[nodiscard]] inline Real weighted(const std::array<Vector<Real, N>, S>& k, int i) {
  const Real weight = static_cast<Real>(Row::at(J));
  if constexpr (J == 0)
    return weight * k[0][i];
  else if constexpr (Row::at(J) == 0.0L)
    return weighted<Row, J - 1>(k, i);
  else
    return weighted<Row, J - 1>(k, i) + weight * k[J][i];
}

/// True if the point of stage I is that of stage I - 1 plus k_{I-1}, as in the last stages of stiffly
/// accurate methods.
template <class Tableau, std::size_t I>
[[nodiscard]] constexpr bool continues() {
  if (I < 2 || Tableau::A[I][I - 1] != 1.0L) return false;
  for (std::size_t j = 0; j + 1 < I; ++j)
    if (Tableau::A[I][j] != Tableau::A[I - 1][j]) return false;
  return true;
}

}  // namespace detail

/// A linearly implicit method for stiff systems.
/// @tparam Tableau  Rodas5P or Rodas4
/// @tparam Linear   DenseLU, SparseLU or, with generated code, KernelLU
/// @tparam Real     the number type: double, long double, scalar::Pack or scalar::Dual
/// Not thread-safe: one stepper per thread. Allocates only in its constructor.
template <class Tableau, int N, class Linear, class Real = double>
class Rodas {
 public:
  using State = Vector<Real, N>;
  using value_type = Real;
  static constexpr int size = N;
  static constexpr int order = Tableau::order;
  static constexpr int error_order = Tableau::error_order;
  static constexpr int n_stages = static_cast<int>(Tableau::stages);

  /// @param arguments  of the linear solver: nothing for DenseLU, the SparsityPattern for SparseLU
  template <class... Arguments>
  explicit Rodas(const Arguments&... arguments)
      : linear_(arguments...), J_(linear_.make_jacobian()) {
    k_.fill(State::Zero());
    dense_.fill(State::Zero());
  }

  /// Evaluates f, J and df/dt where the next step starts; repeated attempts from there use them
  /// again.
  ///
  /// A system whose moving() names the ranges of components that can move is computed in these only;
  /// its right-hand side is zero elsewhere, and set_moving() of the linear solver is told. If it has
  /// find_moving(y), this is called where a segment starts.
  template <class System>
  void begin(System& system, Real t, const State& y) {
    if constexpr (requires { system.find_moving(y); }) system.find_moving(y);
    advance(system, t, y);
  }

  /// As begin(), inside a segment.
  template <class System>
  void advance(System& system, Real t, const State& y) {
    static_assert(
        SystemWithJacobian<System, Real, N, typename Linear::Jacobian>,
        "ketasim: a Rosenbrock method needs jacobian(t, y, J, dfdt) of the system; "
        "ketasim::solve::DualJacobian computes it from rhs(), or use the explicit method Dopri5");
    if constexpr (has_moving<System>()) take_moving(system);
    system.rhs(t, y, f0_);
    system.jacobian(t, y, J_, dfdt_);
    ++cost_.nfev;
    ++cost_.njev;
  }

  /// y1 = the solution at t + h. Needs begin() at (t, y).
  template <class System>
  Attempt attempt(System& system, Real t, const State& y, Real h, State& y1) {
    dense_ready_ = false;
    ++cost_.nlu;
    const Real per_h = Real(1) / h;
    if (!linear_.factorize(J_, per_h / static_cast<Real>(Tableau::gamma))) return Attempt::singular;
    k_[0] = f0_;
    if constexpr (!is_autonomous<System>()) k_[0] += (h * static_cast<Real>(Tableau::d[0])) * dfdt_;
    linear_.solve(k_[0]);
    if constexpr (has_moving<System>()) u_ = y;
    stage<1>(system, t, y, h, per_h);
    cost_.nfev += static_cast<long>(Tableau::stages) - 1;
    y1 = u_ + k_.back();
    return Attempt::done;
  }

  /// dy/dt at the start of the step.
  [[nodiscard]] const State& derivative() const { return f0_; }

  /// Error estimate of the last attempt.
  [[nodiscard]] const State& error() const { return k_.back(); }

  /// k_1 to k_s of the last attempt, and the factorised matrix they were solved with.
  [[nodiscard]] const std::array<State, Tableau::stages>& stages() const { return k_; }
  [[nodiscard]] const Linear& linear() const { return linear_; }

  /// The solution at t + theta h inside the last attempt, which led from y to y1; 0 <= theta <= 1.
  void interpolate(Real theta, const State& y, const State& y1, State& at) {
    if (!dense_ready_) {
      form_dense(std::make_index_sequence<Tableau::H.size()>{});
      dense_ready_ = true;
    }
    const Real left = Real(1) - theta;
    const auto line = [&](int i, const Real& above) {
      at[i] = left * y[i] + theta * (y1[i] + above);
    };
    int next = 0;
    for (const Range& range : moving_ranges()) {
      KETASIM_INDEPENDENT
      for (int i = next; i < range.first; ++i) line(i, Real(0));
      KETASIM_INDEPENDENT
      for (int i = range.first; i < range.last; ++i) {
        Real sum = dense_.back()[i];
        for (std::size_t r = dense_.size() - 1; r-- > 0;) sum = dense_[r][i] + theta * sum;
        line(i, left * sum);
      }
      next = range.last;
    }
    KETASIM_INDEPENDENT
    for (int i = next; i < N; ++i) line(i, Real(0));
  }

  /// Ranges of components that contain all that move; the others have stages of zero.
  [[nodiscard]] std::span<const Range> moving_ranges() const { return {ranges_.data(), n_ranges_}; }

  /// First component that is not finite in the right-hand sides of a failed attempt, and whether it
  /// appeared in f or in the state. Evaluates the step again: call it only after a failed attempt.
  template <class System>
  [[nodiscard]] NonFinite find_non_finite(System& system, Real t, const State& y, Real h) const {
    if (const int i = first_non_finite(f0_); i >= 0) return {i, true, true};
    NonFinite found;
    search<1>(system, t, y, h, found);
    return found;
  }

  [[nodiscard]] Cost& cost() { return cost_; }

 private:
  template <class System>
  [[nodiscard]] static constexpr bool has_moving() {
    return requires(const System& system) { system.moving(); };
  }

  /// Follows the system when other components begin to move.
  template <class System>
  void take_moving(const System& system) {
    const auto& moving = system.moving();
    if (moving.blocks() == blocks_) return;
    blocks_ = moving.blocks();
    linear_.set_moving(moving);
    n_ranges_ = 0;
    for (const Range& range : moving.ranges()) ranges_[n_ranges_++] = range;
    k_.fill(State::Zero());
    dense_.fill(State::Zero());
    f0_ = f_ = State::Zero();
  }

  /// Calls body(i) for the components that can move.
  template <class Body>
  void for_each_moving(Body body) {
    for (const Range& range : moving_ranges()) {
      KETASIM_INDEPENDENT
      for (int i = range.first; i < range.last; ++i) body(i);
    }
  }

  template <std::size_t I, class System>
  void stage(System& system, Real t, const State& y, Real h, Real per_h) {
    // Both sums in one pass, because reading the stages from memory is most of the work.
    State& correction = k_[I];
    if constexpr (detail::continues<Tableau, I>()) {
      for_each_moving([&](int i) {
        u_[i] += k_[I - 1][i];
        correction[i] = detail::weighted<detail::CorrectionRow<Tableau, I>, I - 1>(k_, i);
      });
    } else {
      for_each_moving([&](int i) {
        u_[i] = y[i] + detail::weighted<detail::StageRow<Tableau, I>, I - 1>(k_, i);
        correction[i] = detail::weighted<detail::CorrectionRow<Tableau, I>, I - 1>(k_, i);
      });
    }
    system.rhs(t + static_cast<Real>(Tableau::c[I]) * h, u_, f_);
    for_each_moving([&](int i) { k_[I][i] = f_[i] + per_h * correction[i]; });
    if constexpr (Tableau::d[I] != 0.0L && !is_autonomous<System>())
      k_[I] += (h * static_cast<Real>(Tableau::d[I])) * dfdt_;
    linear_.solve(k_[I]);
    if constexpr (I + 1 < Tableau::stages) stage<I + 1>(system, t, y, h, per_h);
  }

  template <std::size_t I, class System>
  void search(System& system, Real t, const State& y, Real h, NonFinite& found) const {
    State u;
    for (int i = 0; i < N; ++i)
      u[i] = y[i] + detail::weighted<detail::StageRow<Tableau, I>, I - 1>(k_, i);
    if (const int i = first_non_finite(u); i >= 0) {
      found = {i, false, false};
      return;
    }
    State f;
    system.rhs(t + static_cast<Real>(Tableau::c[I]) * h, u, f);
    if (const int i = first_non_finite(f); i >= 0) {
      found = {i, true, false};
      return;
    }
    if constexpr (I + 1 < Tableau::stages) search<I + 1>(system, t, y, h, found);
  }

  template <std::size_t... R>
  void form_dense(std::index_sequence<R...>) {
    for_each_moving([&](int i) {
      ((dense_[R][i] = detail::weighted<detail::DenseRow<Tableau, R>, Tableau::stages - 1>(k_, i)),
       ...);
    });
  }

  Linear linear_;
  typename Linear::Jacobian J_;
  State f0_ = State::Zero(), dfdt_ = State::Zero(), f_ = State::Zero(), u_ = State::Zero();
  std::array<State, Tableau::stages> k_;
  std::array<State, Tableau::H.size()> dense_;
  bool dense_ready_ = false;
  unsigned blocks_ = ~0u;  ///< those that moved when the zeros were written
  std::array<Range, (N + 1) / 2> ranges_{Range{0, N}};  ///< that do not touch
  std::size_t n_ranges_ = 1;
  Cost cost_;
};

}  // namespace ketasim::solve
