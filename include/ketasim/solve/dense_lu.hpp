/// Linear solver of the implicit step for dense Jacobians: Eigen's LU with partial pivoting.
#pragma once

#include <Eigen/LU>
#include <cmath>

#include "ketasim/solve/options.hpp"

namespace ketasim::solve {

template <class Real, int N>
class DenseLU {
 public:
  using Jacobian = Eigen::Matrix<Real, N, N>;

  [[nodiscard]] Jacobian make_jacobian() const { return Jacobian::Zero(); }

  /// Factorises shift I - J. @return false if a pivot is zero or not finite.
  [[nodiscard]] bool factorize(const Jacobian& J, Real shift) {
    matrix_ = -J;
    matrix_.diagonal().array() += shift;
    lu_.compute(matrix_);
    const auto pivots = lu_.matrixLU().diagonal().array().abs();
    return pivots.isFinite().all() && pivots.minCoeff() > Real(0);
  }

  /// b <- (shift I - J)^-1 b.
  void solve(Vector<Real, N>& b) const { b = lu_.solve(b).eval(); }

 private:
  Jacobian matrix_;
  Eigen::PartialPivLU<Jacobian> lu_;
};

}  // namespace ketasim::solve
