/// The tableaus satisfy the order conditions of Rosenbrock methods (Hairer and Wanner II, section
/// IV.7).
///
/// The transformed coefficients are turned back: Gamma = (I/gamma - C)^-1, alpha = A Gamma, b = m
/// Gamma with m = the last row of A and 1. A rooted tree gives one condition sum b_i Phi_i =
/// 1/gamma(tree); along a single branch the weights are beta = alpha + Gamma, at a fork they are
/// alpha.
#include <Eigen/Dense>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "ketasim/solve/tableau.hpp"

using namespace ketasim::solve;

namespace {

using Real = long double;
using Matrix = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic>;
using Column = Eigen::Matrix<Real, Eigen::Dynamic, 1>;

/// A rooted tree: the trees that hang on its root.
struct Tree {
  std::vector<Tree> branches;

  [[nodiscard]] int order() const {
    int n = 1;
    for (const Tree& branch : branches) n += branch.order();
    return n;
  }
  [[nodiscard]] int density() const {
    int product = order();
    for (const Tree& branch : branches) product *= branch.density();
    return product;
  }
};

/// Every rooted tree of the given order; the branches are taken in a fixed sequence, so that none
/// comes twice.
std::vector<Tree> trees(int order) {
  std::vector<Tree> smaller, found;
  for (int n = 1; n < order; ++n)
    for (const Tree& tree : trees(n)) smaller.push_back(tree);
  const auto extend = [&](auto&& self, const Tree& partial, std::size_t first, int left) -> void {
    if (left == 0) found.push_back(partial);
    for (std::size_t k = first; k < smaller.size(); ++k)
      if (const int size = smaller[k].order(); size <= left) {
        Tree next = partial;
        next.branches.push_back(smaller[k]);
        self(self, next, k, left - size);
      }
  };
  extend(extend, {}, 0, order - 1);
  return found;
}

struct Method {
  Matrix alpha, gamma, beta;
  Column b, b_embedded, c, d;
  Matrix dense;  ///< rows D_r Gamma
};

template <class Tableau>
Method untransformed() {
  constexpr auto s = static_cast<Eigen::Index>(Tableau::stages);
  constexpr auto rows = static_cast<Eigen::Index>(Tableau::H.size());
  Matrix A(s, s), C(s, s), H(rows, s);
  Method method;
  method.c.resize(s);
  method.d.resize(s);
  for (Eigen::Index i = 0; i < s; ++i) {
    const auto row = static_cast<std::size_t>(i);
    method.c[i] = Tableau::c[row];
    method.d[i] = Tableau::d[row];
    for (Eigen::Index j = 0; j < s; ++j) {
      A(i, j) = Tableau::A[row][static_cast<std::size_t>(j)];
      C(i, j) = Tableau::C[row][static_cast<std::size_t>(j)];
      if (i < rows) H(i, j) = Tableau::H[row][static_cast<std::size_t>(j)];
    }
  }
  const Matrix inverse = Matrix::Identity(s, s) / Tableau::gamma - C;
  method.gamma = inverse.inverse();
  method.alpha = A * method.gamma;
  method.beta = method.alpha + method.gamma;
  Column m = A.row(s - 1).transpose();
  method.b_embedded = method.gamma.transpose() * m;
  m[s - 1] += 1;
  method.b = method.gamma.transpose() * m;
  method.dense = H * method.gamma;
  return method;
}

Column elementary_weights(const Tree& tree, const Method& method) {
  Column weights = Column::Ones(method.b.size());
  const Matrix& through = tree.branches.size() == 1 ? method.beta : method.alpha;
  for (const Tree& branch : tree.branches)
    weights = weights.cwiseProduct(through * elementary_weights(branch, method)).eval();
  return weights;
}

/// Largest |sum b_i Phi_i - theta^order / density| over the trees of one order.
Real defect(const Column& b, const Method& method, int order, Real theta = 1) {
  Real largest = 0;
  for (const Tree& tree : trees(order)) {
    const Real expected =
        std::pow(theta, static_cast<Real>(order)) / static_cast<Real>(tree.density());
    largest = std::max(largest, std::abs(b.dot(elementary_weights(tree, method)) - expected));
  }
  return largest;
}

// 16 published digits of coefficients up to 150.
constexpr Real rounding = 2e-13L;

template <class Tableau>
void check_tableau() {
  const Method method = untransformed<Tableau>();
  for (int order = 1; order <= Tableau::order; ++order) {
    CAPTURE(order);
    CHECK(static_cast<double>(defect(method.b, method, order)) < static_cast<double>(rounding));
    if (order <= Tableau::error_order)
      CHECK(static_cast<double>(defect(method.b_embedded, method, order)) <
            static_cast<double>(rounding));
  }
  // One order more fails: neither is better than it claims, so the error estimate estimates
  // something.
  CHECK(static_cast<double>(defect(method.b, method, Tableau::order + 1)) > 1e-6);
  CHECK(static_cast<double>(defect(method.b_embedded, method, Tableau::error_order + 1)) > 1e-6);

  // Non-autonomous consistency: c_i = sum alpha_ij, d_i = sum gamma_ij.
  CHECK(static_cast<double>((method.alpha.rowwise().sum() - method.c).cwiseAbs().maxCoeff()) <
        2e-13);
  CHECK(static_cast<double>((method.gamma.rowwise().sum() - method.d).cwiseAbs().maxCoeff()) <
        2e-13);

  // R(z) = 1 + z b (I - z beta)^-1 1 vanishes at infinity: b beta^-1 1 = 1. With stiff accuracy, b
  // = last row of beta.
  const Column ones = Column::Ones(method.b.size());
  CHECK(static_cast<double>(std::abs(method.b.dot(method.beta.inverse() * ones) - 1)) < 1e-11);
  CHECK(static_cast<double>(
            (method.beta.row(method.b.size() - 1).transpose() - method.b).cwiseAbs().maxCoeff()) <
        2e-13);

  for (const Real theta : {0.1L, 0.25L, 0.5L, 0.8L, 1.0L}) {
    Column inside = Column::Zero(method.b.size());
    for (Eigen::Index r = method.dense.rows(); r-- > 0;)
      inside = method.dense.row(r).transpose() + theta * inside;
    inside = theta * (method.b + (1 - theta) * inside);
    for (int order = 1; order <= Tableau::dense_order; ++order) {
      CAPTURE(static_cast<double>(theta), order);
      CHECK(static_cast<double>(defect(inside, method, order, theta)) <
            static_cast<double>(rounding));
    }
  }
}

}  // namespace

TEST_CASE("tableau: there are 1, 1, 2, 4, 9, 20 rooted trees", "[solve][tableau]") {
  const std::vector<std::size_t> expected{1, 1, 2, 4, 9, 20};
  for (int order = 1; order <= 6; ++order)
    CHECK(trees(order).size() == expected[static_cast<std::size_t>(order - 1)]);
}

TEST_CASE("tableau: Rodas5P has order 5(4), dense order 4, stiff accuracy and R(infinity) = 0",
          "[solve][tableau]") {
  check_tableau<Rodas5P>();
}

TEST_CASE("tableau: Rodas4 has order 4(3), dense order 3, stiff accuracy and R(infinity) = 0",
          "[solve][tableau]") {
  check_tableau<Rodas4>();
}
