/// Observed order on a problem with df/dt != 0. An autonomous problem would not notice a wrong d_i;
/// a forced one does (this is how a wrong sign in a well-known Rosenbrock code was found).
#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "run.hpp"

using namespace test;

namespace {

/// Two coupled equations solved by y = (2 + cos t, e^(-t) + sin t), with a Jacobian that depends on
/// y and t.
struct Forced {
  static Vector<double, 2> exact(double t) { return {2 + std::cos(t), std::exp(-t) + std::sin(t)}; }

  void rhs(double t, const Vector<double, 2>& y, Vector<double, 2>& f) const {
    const Vector<double, 2> e = exact(t);
    f[0] = -std::sin(t) + y[0] * y[1] - e[0] * e[1] - 3 * (y[0] - e[0]);
    f[1] = -std::exp(-t) + std::cos(t) - y[1] * y[1] + e[1] * e[1] + (1 + t) * (y[0] - e[0]);
  }

  template <class Jacobian>
  void jacobian(double t, const Vector<double, 2>& y, Jacobian& J, Vector<double, 2>& dfdt) const {
    const Vector<double, 2> e = exact(t);
    const double e0 = -std::sin(t), e1 = -std::exp(-t) + std::cos(t);
    J << y[1] - 3, y[0], 1 + t, -2 * y[1];
    dfdt[0] = -std::cos(t) - e0 * e[1] - e[0] * e1 + 3 * e0;
    dfdt[1] = std::exp(-t) - std::sin(t) + 2 * e[1] * e1 + (y[0] - e[0]) - (1 + t) * e0;
  }
};

/// Rodas4 with the sign of d_4 turned round.
struct Planted : Rodas4 {
  static constexpr std::array<long double, 6> d{0.25L, -0.1043L, 0.1035L, 0.0362L, 0.0L, 0.0L};
};

struct Errors {
  double at_end = 0, inside = 0;
};

/// n steps of equal size over [0, 2]; `inside` is the local error of the continuous extension, over
/// all steps.
template <class Stepper>
Errors equal_steps(int n) {
  Forced system;
  Stepper stepper;
  const double h = 2.0 / n;
  Vector<double, 2> y = Forced::exact(0), y1 = y, at = y;
  Errors errors;
  for (int i = 0; i < n; ++i) {
    const double t = h * i;
    // The extension is judged from an exact start, so that errors of earlier steps do not cover its
    // own.
    const Vector<double, 2> start = Forced::exact(t);
    stepper.begin(system, t, start);
    REQUIRE(stepper.attempt(system, t, start, h, y1) == Attempt::done);
    for (const double theta : {0.15, 0.4, 0.5, 0.7, 0.9}) {
      stepper.interpolate(theta, start, y1, at);
      errors.inside =
          std::max(errors.inside, (at - Forced::exact(t + theta * h)).cwiseAbs().maxCoeff());
    }
    stepper.begin(system, t, y);
    REQUIRE(stepper.attempt(system, t, y, h, y1) == Attempt::done);
    y = y1;
  }
  errors.at_end = (y - Forced::exact(2)).cwiseAbs().maxCoeff();
  return errors;
}

/// Slopes between n and 2 n steps.
template <class Stepper>
Errors observed_order(int n) {
  const Errors coarse = equal_steps<Stepper>(n), fine = equal_steps<Stepper>(2 * n);
  return {std::log2(coarse.at_end / fine.at_end), std::log2(coarse.inside / fine.inside)};
}

}  // namespace

// A local error of order p + 1 belongs to a continuous extension of order p. A quarter of an order
// is left for the terms of higher order at these step sizes.
TEST_CASE("order: rodas5p has 5 at the steps and 4 between them on a forced problem",
          "[solve][order]") {
  const Errors slope = observed_order<DenseRodas5P<2>>(32);
  CAPTURE(slope.at_end, slope.inside);
  CHECK(slope.at_end > 4.75);
  CHECK(slope.inside > 4.75);
}

TEST_CASE("order: rodas4 has 4 at the steps and 3 between them on a forced problem",
          "[solve][order]") {
  const Errors slope = observed_order<DenseRodas4<2>>(32);
  CAPTURE(slope.at_end, slope.inside);
  CHECK(slope.at_end > 3.75);
  CHECK(slope.inside > 3.75);
}

TEST_CASE("order: dopri5 has 5 at the steps and 4 between them on a forced problem",
          "[solve][order]") {
  const Errors slope = observed_order<Dopri5<2>>(32);
  CAPTURE(slope.at_end, slope.inside);
  CHECK(slope.at_end > 4.75);
  CHECK(slope.inside > 4.75);
}

TEST_CASE("order: a wrong sign in d would be seen", "[solve][order]") {
  // The forced problem is only a witness if a planted error lowers the order.
  const Errors slope = observed_order<Rodas<Planted, 2, DenseLU<double, 2>>>(32);
  CAPTURE(slope.at_end);
  CHECK(slope.at_end < 2.5);
}
