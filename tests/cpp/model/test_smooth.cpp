/// The smooth building blocks do what their definitions say, without overflow and at -1e-12.
#include "ketasim/model/smooth.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

using namespace ketasim::model;

namespace {

/// A few roundings of values of order 1.
constexpr double rounding = 1e-15;

const double everywhere[] = {-1e300, -1e10, -700.0, -3.0, -1e-3, -1e-12, 0.0,
                             1e-12,  1e-3,  1.0,    3.0,  700.0, 1e10,   1e150};

}  // namespace

TEST_CASE("smooth: pos0 is exactly zero at zero and half of x below its width", "[model][smooth]") {
  constexpr double d = 0.02;
  CHECK(pos0(0.0, d) == 0.0);
  CHECK(pos0(1e-12, d) == Approx(0.5e-12).epsilon(1e-4));  // rounding of d over 1e-12
  CHECK(pos0(-1e-12, d) == Approx(-0.5e-12).epsilon(1e-4));
  CHECK(pos0(50.0, d) == Approx(50.0 - 0.5 * d).epsilon(1e-7));
  CHECK(pos0(-50.0, d) == Approx(-0.5 * d).epsilon(1e-3));
  for (const double x : {-2.0, -0.1, 0.0, 0.1, 2.0}) {
    CHECK(pos0(x, d) - pos0(-x, d) == Approx(x).margin(rounding));
    CHECK(pos0(x + 0.01, d) > pos0(x, d));
    CHECK(pos0(x, d) > -0.5 * d);
  }
}

TEST_CASE("smooth: above0 is x far above zero, flat at zero, and hardly anything below",
          "[model][smooth]") {
  constexpr double d = 0.02;
  CHECK(above0(0.0, d) == 0.0);
  CHECK(above0(1e-12, d) == Approx(1e-24 / (8.0 * d)).epsilon(1e-6));
  CHECK(above0(0.4, d) == Approx(0.4).epsilon(1.25 * d * d / 0.16));  // x (1 - 5/4 d^2/x^2)
  CHECK(above0(50.0, d) == Approx(50.0).epsilon(1e-6));
  for (double x = -3.0; x < 0.0; x += 1e-3) {
    CHECK(above0(x, d) >= 0.0);
    CHECK(above0(x, d) < d / 200.0);
    CHECK(above0(-x + 1e-3, d) > above0(-x, d));
  }
  CHECK(above0(-1e10, d) == 0.0);
}

TEST_CASE("smooth: softplus is ln(1 + exp(x)) where that exists and x where it overflows",
          "[model][smooth]") {
  for (const double x : {-20.0, -1.0, 0.0, 1e-12, 1.0, 20.0})
    CHECK(sp(x) == Approx(std::log1p(std::exp(x))).epsilon(1e-14));
  CHECK(sp(0.0) == Approx(std::log(2.0)).epsilon(rounding));
  CHECK(sp(1e5) == 1e5);
  CHECK(sp(1e300) == 1e300);
  CHECK(sp(-1e300) == 0.0);
  CHECK(sp(-700.0) > 0.0);
  for (const double x : {-5.0, 0.3, 8.0}) CHECK(sp(x) - sp(-x) == Approx(x).epsilon(1e-14));
}

TEST_CASE("smooth: expit stays from 0 to 1, is symmetric, and logit takes it back",
          "[model][smooth]") {
  for (const double x : everywhere) {
    CHECK(expit(x) >= 0.0);
    CHECK(expit(x) <= 1.0);
    CHECK(expit(x) + expit(-x) == Approx(1.0).epsilon(rounding));
  }
  CHECK(expit(0.0) == 0.5);
  for (const double q : {1e-12, 0.025, 0.5, 0.9, 0.999})
    CHECK(expit(logit(q)) == Approx(q).epsilon(1e-13));
}

TEST_CASE("smooth: EH is the Hill function of |x|: half at K, even, flat at zero, below 1",
          "[model][smooth]") {
  for (const double n : {1.5, 3.0, 4.0, 12.0}) {
    CHECK(EH(0.4, 0.4, n) == Approx(0.5).epsilon(rounding));
    CHECK(EH(0.0, 0.4, n) == 0.0);
    for (const double x : {1e-12, 0.1, 0.4, 2.0}) {
      CHECK(EH(x, 0.4, n) == EH(-x, 0.4, n));
      CHECK(EH(x, 0.4, n) == Approx(std::pow(x, n) / (std::pow(0.4, n) + std::pow(x, n))));
      CHECK(EH(x, 0.4, n) < 1.0);
      CHECK(EH(1.1 * x, 0.4, n) > EH(x, 0.4, n));
    }
    CHECK(EH(-1e-12, 0.4, n) < 1e-16);
  }
}

TEST_CASE("smooth: values and slopes are finite for -1e-12, 0 and 1e-12", "[model][smooth]") {
  using Dual = ketasim::scalar::Dual<double, 1>;
  for (const double x : {-1e-12, 0.0, 1e-12}) {
    Dual at(x);
    at.slope[0] = 1.0;
    const double w = 0.02, K = 0.4, n = 3.0;
    for (const Dual& f : {pos0(at, w), above0(at, w), sp(at), expit(at), EH(at, K, n),
                          EH(at, K, 1.5), EH(above0(at, w), K, 1.5)}) {
      CHECK(std::isfinite(f.value));
      CHECK(std::isfinite(f.slope[0]));
    }
    CHECK(pos0(at, w).slope[0] == Approx(0.5).epsilon(1e-9));
    CHECK(std::abs(EH(at, K, n).slope[0]) < 1e-20);
  }
}
