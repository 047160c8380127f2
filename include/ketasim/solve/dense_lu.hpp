/// W = s I - J by Eigen's LU with partial pivoting: for small systems, and as a check of the sparse
/// one.
#pragma once

#include <Eigen/LU>
#include <cmath>

#include "ketasim/solve/vector.hpp"

namespace ketasim::solve {

template <class Real, int N>
class DenseLU {
 public:
  using Jacobian = Eigen::Matrix<Real, N, N>;

  [[nodiscard]] static Jacobian make_jacobian() { return Jacobian::Zero(); }

  /// Factorises s I - J with s = 1/(h gamma).
  /// @return false if a pivot is zero or not finite; solve() must then not be called
  bool factorize(const Jacobian& J, Real s) {
    matrix_ = -J;
    matrix_.diagonal().array() += s;
    lu_.compute(matrix_);
    bool usable = true;
    for (int i = 0; i < N; ++i) {
      const Real pivot = std::abs(lu_.matrixLU()(i, i));
      usable = usable && pivot > Real(0) && std::isfinite(pivot);
    }
    return usable;
  }

  /// b becomes W^-1 b.
  void solve(Vector<Real, N>& b) const { b = lu_.solve(b).eval(); }

 private:
  Jacobian matrix_ = Jacobian::Identity();
  Eigen::PartialPivLU<Jacobian> lu_{matrix_};
};

}  // namespace ketasim::solve
