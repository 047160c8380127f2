/// The sparse factorisation against the dense one with pivoting.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "run.hpp"
#include "verification/problems.hpp"

using namespace test;

namespace {

constexpr int n = 40;

/// Random rows of about `per_row` entries, shuffled, with a dense row and a dense column as hubs.
SparsityPattern random_pattern(std::mt19937_64& random, int per_row, bool with_diagonal) {
  SparsityPattern pattern;
  pattern.n = n;
  std::uniform_int_distribution<int> pick(0, n - 1);
  for (int i = 0; i < n; ++i) {
    pattern.row_start.push_back(static_cast<int>(pattern.column.size()));
    std::vector<char> taken(n, 0);
    if (with_diagonal) taken[static_cast<std::size_t>(i)] = 1;
    for (int e = 0; e < per_row; ++e) taken[static_cast<std::size_t>(pick(random))] = 1;
    taken[3] = 1;
    if (i == 7) taken.assign(n, 1);
    if (!with_diagonal) taken[static_cast<std::size_t>(i)] = 0;
    for (int j = n; j-- > 0;)  // any order within a row is allowed
      if (taken[static_cast<std::size_t>(j)]) pattern.column.push_back(j);
  }
  pattern.row_start.push_back(static_cast<int>(pattern.column.size()));
  return pattern;
}

}  // namespace

TEST_CASE("sparse lu: solves like a dense LU with pivoting", "[solve][linear]") {
  std::mt19937_64 random(5);
  std::normal_distribution<double> value;
  for (int trial = 0; trial < 200; ++trial) {
    const SparsityPattern pattern = random_pattern(random, 3, trial % 2 == 0);
    SparseLU<double, n> sparse(pattern);
    DenseLU<double, n> dense;
    auto values = sparse.make_jacobian();
    auto matrix = dense.make_jacobian();
    REQUIRE(values.size() == pattern.column.size());
    for (int i = 0; i < n; ++i)
      for (int e = pattern.row_start[static_cast<std::size_t>(i)];
           e < pattern.row_start[static_cast<std::size_t>(i) + 1]; ++e) {
        const auto at = static_cast<std::size_t>(e);
        values[at] = value(random);
        matrix(i, pattern.column[at]) = values[at];
      }
    for (const double s :
         {30.0, 100.0, 1e6}) {  // rows sum to about 30 at the hub: dominant, as 1/(h gamma) is
      REQUIRE(sparse.factorize(values, s));
      REQUIRE(dense.factorize(matrix, s));
      Vector<double, n> b;
      for (double& x : b) x = value(random);
      Vector<double, n> x = b, y = b;
      sparse.solve(x);
      dense.solve(y);
      CHECK((x - y).norm() <= 1e-11 * y.norm());
      const Vector<double, n> residual = s * x - matrix * x - b;
      CHECK(residual.norm() <= 1e-12 * s * x.norm());
    }
  }
}

TEST_CASE("sparse lu: an arrow costs no fill", "[solve][linear]") {
  // Hub first: the natural order would fill the whole matrix.
  SparsityPattern arrow;
  arrow.n = n;
  for (int i = 0; i < n; ++i) {
    arrow.row_start.push_back(static_cast<int>(arrow.column.size()));
    for (int j = 0; j < n; ++j)
      if (i == 0 || j == 0 || i == j) arrow.column.push_back(j);
  }
  arrow.row_start.push_back(static_cast<int>(arrow.column.size()));
  CHECK(SparseLU<double, n>(arrow).stored_entries() == arrow.column.size());
}

TEST_CASE("sparse lu: zero, cancelled and non-finite pivots are refused", "[solve][linear]") {
  SparsityPattern full{2, {0, 2, 4}, {0, 1, 0, 1}};
  SparseLU<double, 2> lu(full);
  auto J = lu.make_jacobian();
  CHECK_FALSE(lu.factorize(J, 0.0));
  CHECK(lu.factorize(J, 1.0));
  J = {1, 1, 1, 1};
  CHECK_FALSE(lu.factorize(J, 0.0));  // rank 1
  CHECK(lu.factorize(J, 5.0));
  CHECK_FALSE(lu.factorize(J, 2.0));  // an eigenvalue of J
  for (const double sick :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
    for (std::size_t e = 0; e < 4; ++e) {
      J = {0, 0.1, 0.1, 0};
      J[e] = sick;
      CHECK_FALSE(lu.factorize(J, 1.0));
    }
}

TEST_CASE("dense lu: singular and non-finite matrices are refused", "[solve][linear]") {
  DenseLU<double, 2> lu;
  Eigen::Matrix2d J = Eigen::Matrix2d::Ones();
  CHECK_FALSE(lu.factorize(J, 0.0));
  CHECK(lu.factorize(J, 5.0));
  J(0, 1) = std::numeric_limits<double>::quiet_NaN();
  CHECK_FALSE(lu.factorize(J, 5.0));
}

TEST_CASE("sparse lu: a whole run agrees with the dense one", "[solve][linear]") {
  const problems::SparsePollu sparse_problem;
  const problems::Pollu dense_problem;
  Rodas<Rodas5P, 20, SparseLU<double, 20>> sparse(sparse_problem.pattern);
  DenseRodas5P<20> dense;
  const auto options = tolerances<double, 20>(1e-6, 1e-14);
  Vector<double, 20> a = problems::Pollu::start(), b = a;
  const Outcome first = run(sparse, sparse_problem, a, 0.0, 60.0, options);
  const Outcome second = run(dense, dense_problem, b, 0.0, 60.0, options);
  REQUIRE(first.status == Status::success);
  REQUIRE(second.status == Status::success);
  CHECK(first.steps == second.steps);
  // Round-off alone, multiplied by the condition of a problem with rates over 14 decades.
  CHECK(((a - b).array() / b.array()).abs().maxCoeff() < 1e-8);
}
