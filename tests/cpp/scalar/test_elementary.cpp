/// exp, log and their kin against the C library in long double, alone and in packs.

// Packs wider than this processor's registers are passed in memory, within this file alone.
#pragma GCC diagnostic ignored "-Wpsabi"

#include <array>
#include <bit>
#include <cmath>
#include <iterator>
#include <limits>
#include <random>

#include <catch2/catch.hpp>

#include "ketasim/scalar/elementary.hpp"

namespace {

namespace elementary = ketasim::elementary;
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// Distance from the exact value in units of the last place of a double of that size.
double units(double found, long double exact) {
  const double nearest = static_cast<double>(exact);
  const long double unit = std::nextafter(std::fabs(nearest), infinity) - std::fabs(nearest);
  return static_cast<double>(std::fabs(static_cast<long double>(found) - exact) / unit);
}

template <class F>
void at_random(double low, double high, F&& check) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> draw(low, high);
  for (int k = 0; k < 100'000; ++k) check(draw(random));
}

}  // namespace

TEST_CASE("exp is within one unit in the last place") {
  double worst = 0.0;
  const auto check = [&](double x) {
    worst = std::max(worst, units(elementary::exp(x), std::exp(static_cast<long double>(x))));
  };
  at_random(-708.0, 709.7, check);
  at_random(-1.0, 1.0, check);
  CHECK(worst < 1.0);
}

TEST_CASE("log is within one unit in the last place, denormals included") {
  double worst = 0.0;
  const auto check = [&](double x) {
    worst = std::max(worst, units(elementary::log(x), std::log(static_cast<long double>(x))));
  };
  at_random(-1074.0, 1023.0, [&](double e) { check(std::exp2(e)); });
  at_random(0.5, 2.0, check);
  CHECK(worst < 1.0);
}

TEST_CASE("pow loses no more digits than its logarithm carries") {
  double worst = 0.0;
  std::mt19937_64 random(8);
  std::uniform_real_distribution<double> exponent(-6.0, 6.0);
  at_random(-30.0, 30.0, [&](double e) {
    const double x = std::exp(e), y = exponent(random);
    const long double exact = std::pow(static_cast<long double>(x), static_cast<long double>(y));
    // log2 x is within two units in the last place, y log2 x within two and a half; what is
    // absolute in an exponent is relative in the power.
    worst = std::max(worst, units(elementary::pow(x, y), exact) / (2.0 + 2.5 * std::fabs(y * e)));
  });
  CHECK(worst < 1.0);
}

TEST_CASE("softplus and its slope are within four units in the last place") {
  double worst = 0.0;
  at_random(-700.0, 700.0, [&](double wide) {
    for (const double x : {wide, wide / 50.0}) {
      const long double lx = x;
      worst = std::max(worst, units(elementary::softplus(x), ketasim::scalar::softplus(lx)));
      worst = std::max(worst, units(elementary::expit(x), ketasim::scalar::expit(lx)));
    }
  });
  CHECK(worst < 4.0);
}

TEST_CASE("the edges of the elementary functions are those of the C library") {
  const auto same = [](double found, double expected) {
    return (std::isnan(found) && std::isnan(expected)) || found == expected;
  };
  for (const double x : {0.0, -0.0, 1.0, infinity, none, -1.0, -infinity})
    CHECK(same(elementary::log(x), std::log(x)));
  // Where the C library has denormals, ours has 0.
  for (const double x : {0.0, -0.0, infinity, -infinity, none, 710.0, -746.0, -1e300})
    CHECK(same(elementary::exp(x), std::exp(x)));
  for (const double x : {0.0, 1.0, infinity, none})
    for (const double y : {0.5, 2.0, -1.5}) CHECK(same(elementary::pow(x, y), std::pow(x, y)));
  CHECK(elementary::pow(0.0, 0.0) == 1.0);
  CHECK(std::isnan(elementary::pow(-2.0, 2.5)));
  CHECK(elementary::even_power(-3.0, 1.0) == Approx(3.0).epsilon(1e-15));
  CHECK(elementary::even_slope(0.0, 0.0, 2.0) == 0.0);
  CHECK(elementary::even_log(0.0, 0.0) == 0.0);
}

#ifdef KETASIM_HAS_PACKS
TEMPLATE_TEST_CASE_SIG("a lane has the bits of the number alone", "", ((int W), W), 2, 4, 8) {
  using Pack = ketasim::scalar::Pack<W>;
  const auto same = [](double a, double b) {
    return std::bit_cast<std::int64_t>(a) == std::bit_cast<std::int64_t>(b) ||
           (std::isnan(a) && std::isnan(b));
  };
  std::mt19937_64 random(9);
  std::uniform_real_distribution<double> draw(-740.0, 740.0), exponent(-3.0, 3.0);
  const double edges[] = {0.0, -0.0, infinity, -infinity, none, 5e-324, 709.8, -708.5};
  for (int k = 0; k < 4'000; ++k) {
    Pack x, size, n;
    for (int lane = 0; lane < W; ++lane) {
      x.set(lane, k < 100 ? edges[(k + lane) % 8] : draw(random));
      size.set(lane, k < 100 ? edges[(k + lane) % 8] : std::exp(0.1 * draw(random)));
      n.set(lane, exponent(random));
    }
    const Pack found[] = {elementary::exp(x),           elementary::log(size),
                          elementary::pow(size, n),     sqrt(size),
                          elementary::softplus(x),      elementary::expit(x),
                          elementary::even_power(x, n), elementary::even_slope(size, x, n),
                          elementary::even_log(size, x)};
    for (int lane = 0; lane < W; ++lane) {
      const double a = x[lane], s = size[lane], b = n[lane];
      const double alone[] = {elementary::exp(a),           elementary::log(s),
                              elementary::pow(s, b),        elementary::sqrt(s),
                              elementary::softplus(a),      elementary::expit(a),
                              elementary::even_power(a, b), elementary::even_slope(s, a, b),
                              elementary::even_log(s, a)};
      for (std::size_t f = 0; f < std::size(alone); ++f) {
        CAPTURE(f, a, s, b);
        REQUIRE(same(found[f][lane], alone[f]));
      }
    }
  }
}

namespace {

/// Arrays of packs against calls for one number each, lane by lane.
template <int W, std::size_t N, std::size_t M>
void evaluates_in_packs() {
  using Pack = ketasim::scalar::Pack<W>;
  std::array<Pack, N> x, n;
  std::array<Pack, M> z, m;
  std::mt19937_64 random(N + 10 * M);
  std::uniform_real_distribution<double> draw(-2.0, 2.0);
  const auto fill = [&](auto& packs) {
    for (Pack& pack : packs)
      for (int lane = 0; lane < W; ++lane) pack.set(lane, draw(random));
  };
  fill(x);
  fill(n);
  fill(z);
  fill(m);
  for (Pack& pack : x) pack = abs(pack);
  const auto powers = elementary::powers(x, n, z, m);
  const auto softplus = elementary::softplus(z);
  const auto expit = elementary::expit(z);
  for (int lane = 0; lane < W; ++lane) {
    for (std::size_t k = 0; k < N; ++k)
      REQUIRE(powers.pow[k][lane] == elementary::pow(x[k][lane], n[k][lane]));
    for (std::size_t k = 0; k < M; ++k) {
      REQUIRE(powers.even_power[k][lane] == elementary::even_power(z[k][lane], m[k][lane]));
      REQUIRE(softplus[k][lane] == elementary::softplus(z[k][lane]));
      REQUIRE(expit[k][lane] == elementary::expit(z[k][lane]));
    }
  }
}

}  // namespace

TEMPLATE_TEST_CASE_SIG("calls evaluated in packs have the bits of single calls", "", ((int W), W),
                       1, 2, 4, 8) {
  evaluates_in_packs<W, 0, 1>();
  evaluates_in_packs<W, 1, 0>();
  evaluates_in_packs<W, 3, 2>();
  evaluates_in_packs<W, 4, 4>();
  evaluates_in_packs<W, 11, 6>();
}
#endif
