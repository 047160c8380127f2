/// 21-point Gauss-Hermite rule for averages over a standard normal variable (weights sum to 1).
#pragma once

#include <Eigen/Eigenvalues>
#include <array>
#include <cmath>
#include <numbers>

namespace ketasim::model {

struct QuadratureNode {
  double node, weight;
};

/// Nodes are the eigenvalues of the Jacobi matrix of the Hermite polynomials, weights the squared
/// first components of its eigenvectors (Golub and Welsch 1969, doi:10.1090/S0025-5718-69-99647-1).
/// Computed once.
[[nodiscard]] inline const std::array<QuadratureNode, 21>& gauss_hermite() {
  static const auto rule = [] {
    constexpr int n = 21;
    Eigen::Matrix<double, n, n> jacobi = Eigen::Matrix<double, n, n>::Zero();
    for (int k = 1; k < n; ++k)
      jacobi(k, k - 1) = jacobi(k - 1, k) = std::sqrt(static_cast<double>(k));
    const Eigen::SelfAdjointEigenSolver<Eigen::Matrix<double, n, n>> solver(jacobi);
    std::array<QuadratureNode, n> nodes{};
    for (int k = 0; k < n; ++k) {
      const double first = solver.eigenvectors()(0, k);
      nodes[static_cast<std::size_t>(k)] = {solver.eigenvalues()(k), first * first};
    }
    return nodes;
  }();
  return rule;
}

}  // namespace ketasim::model
