/// What a trial sees: shares of patients in closed form, and patients one by one.
#include "ketasim/observation/clinical.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <vector>

#include "ketasim/parameters/species.hpp"
#include "ketasim/scalar/dual.hpp"

using namespace ketasim;
using observation::gauss_hermite;
using observation::Relief;
using observation::Spread;

namespace {

const model::symptoms::Parameters<double> p = parameters::human().symptoms;
const double z0 = model::symptoms::baseline(p, 1.0);

/// No relief, one infusion on day 1 and on day 7 (masked and openly), a large relief, a relapse.
const std::vector<Relief<double>> reliefs = {{0.0, 0.0},   {0.39, 0.0}, {0.39, 0.63},
                                             {0.14, 0.34}, {1.2, 0.1},  {-0.1, 0.6}};

/// Average over two standard normals by the trapezoidal rule on [-9, 9], which converges faster
/// than any power of the step for smooth integrands.
double average(auto&& f) {
  constexpr double h = 0.1;
  double sum = 0.0;
  for (int i = -90; i <= 90; ++i)
    for (int j = -90; j <= 90; ++j)
      sum += std::exp(-0.5 * h * h * (i * i + j * j)) * f(h * i, h * j);
  return sum * h * h / (2.0 * std::numbers::pi);
}

/// He_n(x) and He_{n-1}(x), from the recurrence He_{k+1} = x He_k - k He_{k-1}.
std::pair<long double, long double> hermite(int n, long double x) {
  long double before = 1.0L, here = x;
  for (int k = 1; k < n; ++k) {
    const long double next = x * here - k * before;
    before = here;
    here = next;
  }
  return {here, before};
}

}  // namespace

TEST_CASE("gauss_hermite: nodes are the roots of He_21, weights follow from them",
          "[observation][gauss_hermite]") {
  constexpr int n = 21;
  long double factorial = 1.0L, sum = 0.0L;
  for (int k = 2; k <= n; ++k) factorial *= k;
  double last = -std::numeric_limits<double>::infinity();
  for (const auto& [node, weight] : gauss_hermite) {
    CAPTURE(node);
    CHECK(node > last);  // 21 different roots are all of them
    last = node;
    // Newton from the number in the table, He_n' = n He_{n-1}: the table is rounded to a double.
    long double x = node;
    for (int k = 0; k < 3; ++k) {
      const auto [value, lower] = hermite(n, x);
      x -= value / (n * lower);
    }
    CHECK(std::abs(static_cast<double>(x - node)) <= 4e-16 * std::max(1.0, std::abs(node)));
    const long double lower = hermite(n, x).second;
    const auto exact = static_cast<double>(factorial / (n * n * lower * lower));
    CHECK(weight == Approx(exact).epsilon(1e-14));
    sum += weight;
  }
  CHECK(static_cast<double>(sum) == Approx(1.0).epsilon(1e-15));
}

TEST_CASE("clinical: shares are averages over sensitivity, control shift and rating error",
          "[observation]") {
  for (const Relief<double>& z : reliefs) {
    const auto fraction = [&](double cut) {
      return average([&](double n, double m) {
        const double s = std::exp(p.omega_s * n - 0.5 * p.omega_s * p.omega_s);
        const double rating = 60.0 / (1.0 + std::exp(-(z0 - s * z.drug - z.context - p.sd_e * m)));
        return 0.5 * std::erfc((rating - cut) / (p.sigma_y * std::numbers::sqrt2));
      });
    };
    CAPTURE(z.drug, z.context);
    // 21 nodes over a sensitivity whose logarithm has a standard deviation of 1.4: up to 2e-3.
    CHECK(observation::response(z0, z, p) == Approx(fraction(17.5)).margin(2.5e-3));
    CHECK(observation::remission(z0, z, p) == Approx(fraction(10.0)).margin(2.5e-3));
  }
}

TEST_CASE("clinical: patients drawn one by one respond and remit as often as the closed form says",
          "[observation]") {
  constexpr int n = 4000;
  std::mt19937_64 bits(7);
  std::normal_distribution<double> normal;
  for (const Relief<double>& z : reliefs) {
    int responders = 0, remitters = 0;
    for (int k = 0; k < n; ++k) {
      const observation::Draws own{normal(bits), normal(bits), normal(bits)};
      const double madrs = observation::rated_madrs(z0, z, observation::spread(p), own);
      responders += madrs <= observation::response_cut(z0) ? 1 : 0;
      remitters += madrs <= p.remission_cut ? 1 : 0;
    }
    CAPTURE(z.drug, z.context);
    const auto agrees = [](int count, double share) {
      const double standard_error = std::sqrt(share * (1.0 - share) / n);
      return std::abs(static_cast<double>(count) / n - share) <= 3.0 * standard_error;
    };
    CHECK(agrees(responders, observation::response(z0, z, p)));
    CHECK(agrees(remitters, observation::remission(z0, z, p)));
  }
}

TEST_CASE("clinical: a known sensitivity leaves a chance between those of its neighbours",
          "[observation]") {
  const Relief<double> z{0.4, 0.5};
  const auto chance = [&](double sensitivity, double omega_s) {
    Spread<double> who = observation::spread(p);
    who.sensitivity = sensitivity;
    who.omega_s = omega_s;
    return observation::share_at_or_below(17.5, z0, z, who);
  };
  CHECK(chance(0.5, 0.0) < chance(1.0, 0.0));
  CHECK(chance(1.0, 0.0) < chance(2.0, 0.0));
  // The spread vanishes without a step: 1e-6 of log-SD moves the average by its square.
  CHECK(chance(1.0, 1e-6) == Approx(chance(1.0, 0.0)).epsilon(1e-11));
  // Averaged over drawn people, each with a sensitivity of their own, it is the share of patients.
  double mean = 0.0;
  for (const auto& [node, weight] : gauss_hermite)
    mean += weight * chance(observation::individual_sensitivity(1.0, p.omega_s, node), 0.0);
  CHECK(mean == Approx(observation::response(z0, z, p)).epsilon(1e-14));
}

TEST_CASE("clinical: a rating stays on its scale and keeps what is not a number", "[observation]") {
  const Spread<double> who = observation::spread(p);
  CHECK(observation::rated_madrs(z0, {9.0, 9.0}, who, {3.0, 0.0, -8.0}) == 0.0);
  CHECK(observation::rated_madrs(z0, {-9.0, 0.0}, who, {3.0, 0.0, 8.0}) == 60.0);
  CHECK(observation::rated_madrs(z0, {0.0, 0.0}, who, {0.0, 0.0, 0.0}) ==
        Approx(35.0).epsilon(1e-14));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(std::isnan(observation::rated_madrs(z0, {nan, 0.0}, who, {0.0, 0.0, 0.0})));
  CHECK(std::isnan(observation::response(z0, {0.0, nan}, p)));
}

TEST_CASE("clinical: the mean change and its SD are those of drawn patients", "[observation]") {
  constexpr int n = 20000;
  std::mt19937_64 bits(11);
  std::normal_distribution<double> normal;
  for (const Relief<double>& z : reliefs) {
    double sum = 0.0, squares = 0.0;
    for (int k = 0; k < n; ++k) {
      const double s = observation::individual_sensitivity(1.0, p.omega_s, normal(bits));
      const Relief<double> own{z.drug, z.context + p.sd_e * normal(bits)};
      const double seen = model::symptoms::madrs(z0, s, own) + p.sigma_y * normal(bits) - 35.0;
      sum += seen;
      squares += seen * seen;
    }
    const double mean = sum / n, variance = squares / n - mean * mean;
    const observation::Change<double> closed = observation::change(z0, z, observation::spread(p));
    CAPTURE(z.drug, z.context);
    CHECK(std::abs(mean - closed.mean) <= 3.0 * std::sqrt(variance / n));
    // The standard error of an SD is at most that of heavier tails than a normal: kurtosis below 5.
    CHECK(std::abs(std::sqrt(variance) - closed.sd) <= 3.0 * closed.sd * std::sqrt(1.0 / n));
  }
}

TEST_CASE("clinical: slopes of a share are those of its differences", "[observation]") {
  using D = scalar::Dual<double, 7>;
  const std::vector<double> at = {z0, 0.4, 0.5, 1.0, p.omega_s, p.sd_e, p.sigma_y};
  const auto share = [](const auto& x) {
    using P = std::decay_t<decltype(x[0])>;
    return observation::share_at_or_below(observation::response_cut(x[0]), x[0],
                                          Relief<P>{x[1], x[2]}, Spread<P>{x[3], x[4], x[5], x[6]});
  };
  std::vector<D> dual(at.begin(), at.end());
  for (std::size_t k = 0; k < at.size(); ++k) dual[k].slope[k] = 1.0;
  const D value = share(dual);
  CHECK(value.value == Approx(share(at)).epsilon(1e-15));
  for (std::size_t k = 0; k < at.size(); ++k) {
    std::vector<double> more = at, less = at;
    more[k] += 1e-5;
    less[k] -= 1e-5;
    CAPTURE(k);
    // A central difference of 1e-5 is good to its square and to rounding over it.
    CHECK(value.slope[k] == Approx((share(more) - share(less)) / 2e-5).margin(1e-9));
  }
}
