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

template <class T>
std::array<T, kernels::n_constants> constants(const Point<T>& at) {
  std::vector<T> p, u;
  model::Parameters<T>::each(
      at.p, [&](std::string_view, const T& value, const model::Parameter&) { p.push_back(value); });
  model::Inputs<T>::each(at.u, [&](const T& value, const model::Input&) { u.push_back(value); });
  REQUIRE(p.size() == kernels::n_parameters);
  REQUIRE(u.size() == kernels::n_inputs);
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

TEST_CASE("kernels: derivatives by parameters and inputs equal central differences", "[kernels]") {
  using T = long double;
  for (unsigned seed = 0; seed < 4; ++seed) {
    Point<T> at = point<T>(seed, model::Species::human);
    std::array<T, kernels::n_entries> J, alone;
    std::array<T, kernels::n_argument_entries> Ja;
    kernels::jacobians(at.y.data(), constants(at).data(), J.data(), Ja.data());
    kernels::jacobian(at.y.data(), constants(at).data(), alone.data());
    CHECK(J == alone);
    int column = 0;
    const auto compare = [&](T& value, std::string_view name) {
      const T middle = value, h = 1e-6L * std::abs(middle);
      value = middle + h;
      const StateVector<T> above = equations(at);
      value = middle - h;
      const StateVector<T> below = equations(at);
      value = middle;
      for (int i = 0; i < n; ++i) {
        const auto first = kernels::argument_column.begin() + kernels::argument_row_start[i],
                   last = kernels::argument_column.begin() + kernels::argument_row_start[i + 1];
        const auto found = std::find(first, last, column);
        const T exact = found == last ? T(0) : Ja[found - kernels::argument_column.begin()];
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
