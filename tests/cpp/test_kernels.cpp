/// The generated kernels against the equations they were generated from, evaluated without them.
#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>
#include <utility>
#include <vector>

// Differences are taken in long double; the model's own numbers are double.
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wfloat-conversion"

#include "codegen/recorded_derivative.hpp"
#include "ketasim/generated/derivative_kernels.hpp"
#include "ketasim/kernel_system.hpp"
#include "ketasim/parameters/species.hpp"
#include "ketasim/solve/dense_lu.hpp"

using namespace ketasim;

namespace {

constexpr int n = model::n_states;

/// A random point: states, parameters and inputs off their defaults, so that no term is hidden by
/// a zero weight.
template <class T>
struct Point {
  model::Parameters<T> p;
  model::Inputs<T> u;
  StateVector<T> y;
};

template <class T>
Point<T> point(unsigned seed, model::Species species) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> part(0.0, 1.0);
  Point<T> at;
  at.p = parameters::of<T>(species);
  model::Parameters<T>::each(at.p, [&](std::string_view, T& value, const model::Parameter&) {
    value = value == T(0) ? T(0.2 + part(random)) : value * T(0.9 + 0.2 * part(random));
  });
  model::Inputs<T>::each(at.u,
                         [&](T& value, const model::Input&) { value = T(0.5 * part(random)); });
  model::pack(model::healthy_state(at.p, model::derived(at.p)), at.y);
  for (int i = 0; i < n; ++i)
    at.y[i] = at.y[i] * T(0.7 + 0.6 * part(random)) + T(0.1 * part(random));
  return at;
}

template <class T>
StateVector<T> equations(const Point<T>& at) {
  StateVector<T> f;
  model::pack(model::derivative(model::unpack<T>(at.y), at.u, at.p, model::derived(at.p)), f);
  return f;
}

/// Parameters and inputs side by side.
template <class T>
std::pair<std::vector<T>, std::vector<T>> arguments(const Point<T>& at) {
  std::vector<T> p, u;
  model::Parameters<T>::each(
      at.p, [&](std::string_view, const T& value, const model::Parameter&) { p.push_back(value); });
  model::Inputs<T>::each(at.u, [&](const T& value, const model::Input&) { u.push_back(value); });
  REQUIRE(p.size() == kernels::n_parameters);
  REQUIRE(u.size() == kernels::n_inputs);
  return {p, u};
}

template <class T>
std::array<T, kernels::n_constants> constants(const Point<T>& at) {
  const auto [p, u] = arguments(at);
  std::array<T, kernels::n_constants> c;
  kernels::constants(p.data(), u.data(), c.data());
  return c;
}

}  // namespace

TEST_CASE("kernels: made from the equations as they are now; if not, build the target `kernels`",
          "[kernels]") {
  const codegen::RecordedDerivative record = codegen::recorded_derivative();
  CHECK(codegen::fingerprint(record) == kernels::fingerprint);
  codegen::RecordedDerivative other = record;
  other.lines += ' ';
  CHECK(codegen::fingerprint(other) != kernels::fingerprint);
  other = record;
  std::swap(other.symbols.parameters.front(), other.symbols.parameters.back());
  CHECK(codegen::fingerprint(other) != kernels::fingerprint);
}

TEST_CASE("kernels: the right-hand side is that of the model headers", "[kernels]") {
  for (unsigned seed = 0; seed < 50; ++seed) {
    const auto at =
        point<long double>(seed, seed % 2 ? model::Species::rat : model::Species::human);
    const auto c = constants(at);
    StateVector<long double> f;
    kernels::rhs(at.y.data(), c.data(), f.data());
    const StateVector<long double> expected = equations(at);
    const long double largest = expected.cwiseAbs().maxCoeff();
    for (int i = 0; i < n; ++i)
      // Products with reciprocals round once more than quotients; sums of terms up to 1e6 times the
      // result cancel.
      CHECK(std::abs(f[i] - expected[i]) <= 1e-17L * largest + 1e-15L * std::abs(expected[i]));
  }
}

TEST_CASE("kernels: the Jacobian has the model's structure and its values", "[kernels]") {
  const model::JacobianStructure& s = model::jacobian_structure();
  REQUIRE(std::equal(s.row_start.begin(), s.row_start.end(), kernels::row_start.begin()));
  REQUIRE(
      std::equal(s.column.begin(), s.column.end(), kernels::column.begin(), kernels::column.end()));
  for (unsigned seed = 0; seed < 20; ++seed) {
    const auto at = point<double>(seed, model::Species::human);
    const auto c = constants(at);
    std::array<double, kernels::n_entries> J;
    kernels::jacobian(at.y.data(), c.data(), J.data());
    std::vector<double> expected(kernels::n_entries);
    model::jacobian(at.y, at.u, at.p, model::derived(at.p), expected);
    for (std::size_t e = 0; e < J.size(); ++e)
      // Two orders of the same few operations.
      CHECK(J[e] == Approx(expected[e]).epsilon(1e-11).margin(1e-13));
  }
}

namespace {

/// df/da (n, n_arguments) row-major: df/dleaves times dleaves/da.
template <class T>
std::vector<T> by_arguments(const Point<T>& at, const std::array<T, kernels::n_leaf_entries>& L) {
  std::array<T, kernels::n_argument_entries> G;
  const auto [p, u] = arguments(at);
  kernels::leaf_jacobian(p.data(), u.data(), G.data());
  std::vector<T> Ja(static_cast<std::size_t>(n * kernels::n_arguments), T(0));
  for (int row = 0; row < n; ++row)
    for (int e = kernels::leaf_row_start[row]; e < kernels::leaf_row_start[row + 1]; ++e) {
      const int leaf = kernels::leaf_column[e];
      for (int g = kernels::argument_row_start[leaf]; g < kernels::argument_row_start[leaf + 1];
           ++g)
        Ja[static_cast<std::size_t>(row * kernels::n_arguments + kernels::argument_column[g])] +=
            L[e] * G[g];
    }
  return Ja;
}

}  // namespace

TEST_CASE("kernels: derivatives by parameters and inputs equal central differences", "[kernels]") {
  using T = long double;
  for (unsigned seed = 0; seed < 4; ++seed) {
    Point<T> at = point<T>(seed, model::Species::human);
    std::array<T, kernels::n_entries> J, alone;
    std::array<T, kernels::n_leaf_entries> L;
    kernels::jacobians(at.y.data(), constants(at).data(), J.data(), L.data());
    kernels::jacobian(at.y.data(), constants(at).data(), alone.data());
    CHECK(J == alone);
    const auto Ja = by_arguments(at, L);
    int column = 0;
    const auto compare = [&](T& value, std::string_view name) {
      const T middle = value, h = 1e-6L * std::abs(middle);
      value = middle + h;
      const StateVector<T> above = equations(at);
      value = middle - h;
      const StateVector<T> below = equations(at);
      value = middle;
      for (int i = 0; i < n; ++i) {
        const T exact = Ja[static_cast<std::size_t>(i * kernels::n_arguments + column)];
        const T difference = (above[i] - below[i]) / (2 * h);
        // Truncation is of order h^2 = 1e-12 times the third derivative, which the smooth corners
        // of width delta make large; rounding is 1e-19/1e-6 of the largest term of the sum.
        const T scale = std::max(std::abs(exact), T(1e-4) * std::abs(above[i]) / std::abs(middle));
        INFO(name << " in equation " << i);
        CHECK(std::abs(exact - difference) <= 1e-7L * scale + 1e-9L);
      }
      ++column;
    };
    model::Parameters<T>::each(at.p, [&](std::string_view, T& value, const model::Parameter& row) {
      compare(value, row.name);
    });
    model::Inputs<T>::each(at.u,
                           [&](T& value, const model::Input& row) { compare(value, row.name); });
    CHECK(column == kernels::n_arguments);
  }
}

namespace {

/// Numbers between -1 and 1.
template <class T, std::size_t N>
std::array<T, N> random_numbers(unsigned seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> part(-1.0, 1.0);
  std::array<T, N> numbers;
  for (T& number : numbers) number = T(part(random));
  return numbers;
}

}  // namespace

TEST_CASE("kernels: curvatures equal central differences of both Jacobians", "[kernels]") {
  using T = long double;
  for (unsigned seed = 0; seed < 4; ++seed) {
    const Point<T> at = point<T>(seed, model::Species::human);
    const auto c = constants(at);
    auto k = random_numbers<T, n>(seed);
    for (int i = 0; i < n; ++i) k[static_cast<std::size_t>(i)] *= std::abs(at.y[i]);
    std::array<T, kernels::n_varying> M;
    std::array<T, kernels::n_leaf_entries> N;
    kernels::curvatures(at.y.data(), c.data(), k.data(), M.data(), N.data());
    const T h = 1e-6L;
    std::array<std::array<T, kernels::n_entries>, 2> J;
    std::array<std::array<T, kernels::n_leaf_entries>, 2> L;
    for (std::size_t side = 0; side < 2; ++side) {
      StateVector<T> y = at.y;
      for (int i = 0; i < n; ++i) y[i] += (side ? h : -h) * k[static_cast<std::size_t>(i)];
      kernels::jacobians(y.data(), c.data(), J[side].data(), L[side].data());
    }
    // Truncation is of order h^2 = 1e-12 times the third derivative, large at smooth corners; rounding is
    // 1e-19/h of the entry.
    const auto compare = [&](T exact, T below, T above) {
      const T difference = (above - below) / (2 * h);
      CHECK(std::abs(exact - difference) <=
            1e-7L * std::abs(exact) + 1e-11L * std::max(std::abs(above), T(1)));
    };
    std::vector<T> by_entry(kernels::n_entries, T(0));
    for (std::size_t v = 0; v < M.size(); ++v)
      by_entry[static_cast<std::size_t>(kernels::varying[v])] = M[v];
    for (std::size_t e = 0; e < by_entry.size(); ++e) compare(by_entry[e], J[0][e], J[1][e]);
    for (std::size_t e = 0; e < N.size(); ++e) compare(N[e], L[0][e], L[1][e]);
  }
}

TEST_CASE("kernels: backward sums are those of the Jacobians", "[kernels]") {
  using T = long double;
  for (unsigned seed = 0; seed < 4; ++seed) {
    const Point<T> at = point<T>(seed, model::Species::human);
    const auto c = constants(at);
    const auto v = random_numbers<T, n>(seed), k = random_numbers<T, n>(seed + 100);
    std::array<T, kernels::n_entries> J;
    std::array<T, kernels::n_leaf_entries> L, N;
    std::array<T, kernels::n_varying> M;
    kernels::jacobians(at.y.data(), c.data(), J.data(), L.data());
    kernels::curvatures(at.y.data(), c.data(), k.data(), M.data(), N.data());

    std::array<T, kernels::n_leaves> first{}, second{}, of_L{}, of_N{}, size_of_leaf{};
    std::array<T, n> by_state{}, of_M{}, product{}, of_J{};
    kernels::add_gradient(at.y.data(), c.data(), v.data(), first.data());
    kernels::add_curvature(at.y.data(), c.data(), k.data(), v.data(), by_state.data(),
                           second.data());
    kernels::add_transposed_products<1>(J.data(), v.data(), product.data());
    std::vector<T> by_entry(kernels::n_entries, T(0));
    for (std::size_t i = 0; i < M.size(); ++i)
      by_entry[static_cast<std::size_t>(kernels::varying[i])] = M[i];
    std::array<T, n> size_of_state{};
    for (std::size_t row = 0; row < n; ++row) {
      for (auto e = static_cast<std::size_t>(kernels::row_start[row]);
           e < static_cast<std::size_t>(kernels::row_start[row + 1]); ++e) {
        const auto column = static_cast<std::size_t>(kernels::column[e]);
        of_J[column] += J[e] * v[row];
        of_M[column] += by_entry[e] * v[row];
        size_of_state[column] += std::abs(by_entry[e] * v[row]) + std::abs(J[e] * v[row]);
      }
      for (auto e = static_cast<std::size_t>(kernels::leaf_row_start[row]);
           e < static_cast<std::size_t>(kernels::leaf_row_start[row + 1]); ++e) {
        const auto column = static_cast<std::size_t>(kernels::leaf_column[e]);
        of_L[column] += L[e] * v[row];
        of_N[column] += N[e] * v[row];
        size_of_leaf[column] += std::abs(L[e] * v[row]) + std::abs(N[e] * v[row]);
      }
    }
    // Leaves may be made of each other, and share a derivative in another way: compared by arguments.
    const auto [p, u] = arguments(at);
    std::array<T, kernels::n_argument_entries> G;
    kernels::leaf_jacobian(p.data(), u.data(), G.data());
    std::array<T, kernels::n_arguments> error_of_first{}, error_of_second{}, size{};
    for (std::size_t leaf = 0; leaf < first.size(); ++leaf)
      for (auto g = static_cast<std::size_t>(kernels::argument_row_start[leaf]);
           g < static_cast<std::size_t>(kernels::argument_row_start[leaf + 1]); ++g) {
        const auto a = static_cast<std::size_t>(kernels::argument_column[g]);
        error_of_first[a] += G[g] * (first[leaf] - of_L[leaf]);
        error_of_second[a] += G[g] * (second[leaf] - of_N[leaf]);
        size[a] += std::abs(G[g]) * (size_of_leaf[leaf] + 1e-2L);
      }
    // Two orders of sums whose terms cancel in part: 1e-19 times some hundred terms.
    for (std::size_t a = 0; a < size.size(); ++a) {
      CHECK(std::abs(error_of_first[a]) <= 1e-15L * size[a]);
      CHECK(std::abs(error_of_second[a]) <= 1e-15L * size[a]);
    }
    for (std::size_t s = 0; s < by_state.size(); ++s) {
      CHECK(std::abs(product[s] - of_J[s]) <= 1e-15L * size_of_state[s] + 1e-17L);
      CHECK(std::abs(by_state[s] - of_M[s]) <= 1e-15L * size_of_state[s] + 1e-17L);
    }

    // (W' x) . b = x . (W b), with x = W'^-1 v and b = W^-1 k: v . b = x . k
    std::array<T, kernels::n_stored> lu{};
    REQUIRE(kernels::factorize(J.data(), T(3), lu.data()));
    auto x = v, b = k;
    kernels::solve_transposed(lu.data(), x.data());
    kernels::solve(lu.data(), b.data());
    T left = 0, right = 0;
    for (std::size_t s = 0; s < x.size(); ++s) {
      left += v[s] * b[s];
      right += x[s] * k[s];
    }
    CHECK(std::abs(left - right) <= 1e-14L * std::abs(left));
  }
}

TEST_CASE("kernels: the LU solves what a dense LU solves", "[kernels]") {
  for (unsigned seed = 0; seed < 20; ++seed) {
    const auto at = point<double>(seed, model::Species::human);
    KernelLU sparse;
    KernelLU::Jacobian J = sparse.make_jacobian();
    kernels::jacobian(at.y.data(), constants(at).data(), J.data());
    Eigen::MatrixXd dense = Eigen::MatrixXd::Zero(n, n);
    for (int i = 0; i < n; ++i)
      for (int e = kernels::row_start[i]; e < kernels::row_start[i + 1]; ++e)
        dense(i, kernels::column[e]) = -J[e];
    const double s = std::pow(10.0, seed % 7);
    dense.diagonal().array() += s;
    StateVector<double> b = at.y;
    REQUIRE(sparse.factorize(J, s));
    sparse.solve(b);
    const Eigen::VectorXd expected = dense.partialPivLu().solve(Eigen::VectorXd(at.y));
    // The condition number is about the spread of rates, 1e6.
    CHECK((b - expected).norm() <= 1e-9 * expected.norm());
  }
}

TEST_CASE("kernels: a pivot that cancels or is not a number is reported", "[kernels]") {
  KernelLU linear;
  KernelLU::Jacobian J = linear.make_jacobian();
  CHECK_FALSE(linear.factorize(J, 0.0));
  CHECK(linear.factorize(J, 1.0));
  J.fill(std::numeric_limits<double>::quiet_NaN());
  CHECK_FALSE(linear.factorize(J, 1.0));
}
