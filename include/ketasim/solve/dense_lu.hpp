/// W = s I - J by a dense LU with partial pivoting: for small systems, and to check the sparse one.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <type_traits>
#include <utility>

#include <Eigen/Core>

#include "ketasim/scalar/pack.hpp"
#include "ketasim/solve/vector.hpp"

namespace ketasim::solve {

/// @tparam Real  double, long double or scalar::Pack. Each lane of a pack has its own pivots and the
///               bits of a double.
template <class Real, int N>
class DenseLU {
 public:
  using Jacobian = Matrix<Real, N>;

  [[nodiscard]] static Jacobian make_jacobian() { return Jacobian::Zero(); }

  /// Factorises s I - J with s = 1/(h gamma).
  /// @return false if a pivot is zero or not finite; solve() must then not be called. Always true
  ///         for packs, see usable().
  bool factorize(const Jacobian& J, const Real& s) {
    lu_ = -J;
    for (int i = 0; i < N; ++i) lu_(i, i) += s;
    std::size_t exchange = 0;
    for (int k = 0; k < N; ++k) {
      using std::abs;
      // Exchanges rows until the largest entry of the column is the pivot.
      for (int i = k + 1; i < N; ++i, ++exchange) {
        exchanged_[exchange] = abs(lu_(i, k)) > abs(lu_(k, k));
        for (int j = 0; j < N; ++j) exchange_if(exchanged_[exchange], lu_(i, j), lu_(k, j));
      }
      const Real pivot = lu_(k, k), size = abs(pivot);
      const Mask good = (size > Real(0)) & (size <= Real(std::numeric_limits<Number>::max()));
      usable_ = k == 0 ? good : usable_ & good;
      inverse_pivot_[k] = Real(1) / pivot;
      for (int i = k + 1; i < N; ++i) lu_(i, k) *= inverse_pivot_[k];
      for (int j = k + 1; j < N; ++j)
        for (int i = k + 1; i < N; ++i) lu_(i, j) -= lu_(i, k) * lu_(k, j);
    }
    if constexpr (std::is_floating_point_v<Real>)
      return usable_;
    else
      return true;
  }

  /// Whether this lane was factorised.
  [[nodiscard]] bool usable(int lane) const {
    if constexpr (std::is_same_v<Mask, bool>)
      return usable_;
    else
      return usable_[lane] != 0;
  }

  /// b becomes W^-1 b.
  void solve(Vector<Real, N>& b) const {
    std::size_t exchange = 0;
    for (int k = 0; k < N; ++k) {
      for (int i = k + 1; i < N; ++i, ++exchange) exchange_if(exchanged_[exchange], b[i], b[k]);
    }
    for (int k = 0; k < N; ++k)
      for (int i = k + 1; i < N; ++i) b[i] -= lu_(i, k) * b[k];
    for (int k = N; k-- > 0;) {
      b[k] *= inverse_pivot_[k];
      for (int i = 0; i < k; ++i) b[i] -= lu_(i, k) * b[k];
    }
  }

 private:
  template <class T>
  struct Lanes {
    using Mask = bool;
    using Number = T;
  };
  template <int W>
  struct Lanes<scalar::Pack<W>> {
    using Mask = typename scalar::Pack<W>::Mask;
    using Number = double;
  };
  using Mask = typename Lanes<Real>::Mask;
  using Number = typename Lanes<Real>::Number;

  static void exchange_if(const Mask& condition, Real& a, Real& b) {
    if constexpr (std::is_same_v<Mask, bool>) {
      if (condition) std::swap(a, b);
    } else {
      const Real old = a;
      a = select(condition, b, a);
      b = select(condition, old, b);
    }
  }

  Jacobian lu_ = Jacobian::Identity();
  Vector<Real, N> inverse_pivot_ = Vector<Real, N>::Ones();
  std::array<Mask, static_cast<std::size_t>(N*(N - 1) / 2)> exchanged_{};
  Mask usable_{};
};

}  // namespace ketasim::solve
