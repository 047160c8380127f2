/// solve(): a model of one's own, alone, in lanes, and with exact gradients.
// Packs pass only between functions of this file.
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "ketasim/solve/gradient.hpp"
#include "ketasim/solve/lanes.hpp"
#include "verification/problems.hpp"

using namespace ketasim;
using solve::Options;
using solve::Status;
using solve::Vector;

namespace {

/// Robertson's reactions, with rates that may vary.
template <class P = double>
struct Reactions {
  P a = 0.04, b = 1e4, c = 3e7;
  static constexpr bool autonomous = true;

  template <class T>
  void rhs(const T&, const Vector<T, 3>& y, Vector<T, 3>& f) const {
    f[0] = -a * y[0] + b * y[1] * y[2];
    f[2] = c * y[1] * y[1];
    f[1] = -f[0] - f[2];
  }
};

/// y' = rate t - decay y: depends on time.
template <class P = double>
struct Forced {
  P rate = 1.0, decay = 2.0;

  template <class T>
  void rhs(const T& t, const Vector<T, 1>& y, Vector<T, 1>& f) const {
    f[0] = rate * t - decay * y[0];
  }
};

/// A substance that raises its own removal: exp, log and pow in the right-hand side.
template <class P = double>
struct Induced {
  P hill = 2.3, rate = 0.7;
  static constexpr bool autonomous = true;

  template <class T>
  void rhs(const T&, const Vector<T, 2>& y, Vector<T, 2>& f) const {
    using std::exp, std::log, std::pow;
    const T amount = pow(y[0], hill);
    f[0] = 1.0 - rate * y[1] * amount / (1.0 + amount);
    f[1] = log(1.0 + y[0]) - exp(0.1 * y[1]) * y[1];
  }
};

double forced(double rate, double decay, double t) {
  return rate * (t / decay - (1.0 - std::exp(-decay * t)) / (decay * decay));
}

template <int N>
Options<double, N> tolerances(double rtol, double atol) {
  Options<double, N> options{.rtol = rtol};
  options.atol.setConstant(atol);
  return options;
}

template <class Attempt>
std::string refusal(Attempt&& attempt) {
  try {
    attempt();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

const std::vector<double> times{0.1, 10.0, 1e4, 1e8, 1e11};

}  // namespace

TEST_CASE("own model: the Jacobian by duals is the one written by hand", "[solve][own_model]") {
  Reactions<> reactions;
  const solve::DualJacobian<Reactions<>, 3> by_duals(reactions);
  const Vector<double, 3> y{0.7, 2e-5, 0.3};
  solve::Matrix<double, 3> ours, expected;
  Vector<double, 3> dfdt = Vector<double, 3>::Zero();
  by_duals.jacobian(0.0, y, ours, dfdt);
  problems::Rober<>().jacobian(0.0, y, expected, dfdt);
  CHECK((ours - expected).cwiseAbs().maxCoeff() <= 1e-15 * expected.cwiseAbs().maxCoeff());

  Forced<> driven;
  const solve::DualJacobian<Forced<>, 1> by_time(driven);
  solve::Matrix<double, 1> J;
  Vector<double, 1> slope;
  by_time.jacobian(3.0, Vector<double, 1>(5.0), J, slope);
  CHECK(J(0, 0) == -2.0);
  CHECK(slope[0] == 1.0);
}

TEST_CASE("own model: Robertson's reactions from their equations alone", "[solve][own_model]") {
  const auto solution = solve::solve(Reactions<>{}, problems::Rober<>::start(),
                                     {.to = 1e11, .samples = times}, tolerances<3>(1e-8, 1e-16));
  REQUIRE(solution.success());
  CHECK(solution.t == times);
  const auto reference = problems::Rober<>::reference();
  for (int i = 0; i < 3; ++i) {
    CHECK(solution.y.back()[i] == Approx(reference[i]).epsilon(1e-6));
    CHECK(solution.end[i] == solution.y.back()[i]);
  }
}

TEST_CASE("own model: a system may bring its Jacobian", "[solve][own_model]") {
  const problems::Rober<> given;
  const auto with_own = solve::solve(given, given.start(), {.to = 1e4}, tolerances<3>(1e-8, 1e-16));
  const auto by_duals =
      solve::solve(Reactions<>{}, given.start(), {.to = 1e4}, tolerances<3>(1e-8, 1e-16));
  REQUIRE(with_own.success());
  for (int i = 0; i < 3; ++i) CHECK(with_own.end[i] == Approx(by_duals.end[i]).epsilon(1e-7));
}

TEST_CASE("own model: a right-hand side that depends on time meets its closed form",
          "[solve][own_model]") {
  const std::vector<double> t{0.5, 1.0, 4.0};
  const auto solution = solve::solve(Forced<>{}, Vector<double, 1>(0.0), {.to = 4.0, .samples = t},
                                     tolerances<1>(1e-9, 1e-12));
  for (std::size_t i = 0; i < t.size(); ++i)
    CHECK(solution.y[i][0] == Approx(forced(1.0, 2.0, t[i])).epsilon(1e-7));
}

TEST_CASE("own model: stops change the state and the system", "[solve][own_model]") {
  Forced<> system{.rate = 0.0, .decay = 1.0};
  const std::vector<double> stops{1.0, 2.0}, t{1.0, 3.0};
  const auto on_stop = [&](std::size_t k, double time, Vector<double, 1>& y) {
    CHECK(time == stops[k]);
    if (k == 0)
      y[0] += 10.0;
    else
      system.decay = 0.0;
  };
  const auto solution =
      solve::solve(system, Vector<double, 1>(0.0), {.to = 3.0, .stops = stops, .samples = t},
                   tolerances<1>(1e-9, 1e-12), on_stop);
  CHECK(solution.y[0][0] == 0.0);  // the value before the stop
  CHECK(solution.y[1][0] == Approx(10.0 * std::exp(-1.0)).epsilon(1e-8));
}

struct BlowUp {
  template <class T>
  void rhs(const T&, const Vector<T, 1>& y, Vector<T, 1>& f) const {
    f[0] = y[0] * y[0];
  }
};

TEST_CASE("own model: a failure is in the outcome, and what was not reached is NaN",
          "[solve][own_model]") {
  const std::vector<double> t{0.5, 2.0};
  const auto solution = solve::solve(BlowUp{}, Vector<double, 1>(1.0), {.to = 2.0, .samples = t});
  CHECK_FALSE(solution.success());
  CHECK(solution.t == t);
  CHECK(solution.y[0][0] == Approx(2.0).epsilon(1e-5));
  CHECK(std::isnan(solution.y[1][0]));
  CHECK(solution.outcome.t == Approx(1.0).epsilon(1e-3));
}

TEST_CASE("own model: times and tolerances that make no sense are refused", "[solve][own_model]") {
  const Vector<double, 1> y0(1.0);
  const auto refused = [&](const solve::TimeSpan<>& span, const Options<double, 1>& options = {}) {
    return refusal([&] { (void)solve::solve(Forced<>{}, y0, span, options); });
  };
  CHECK(refused({.from = 0.0, .to = 1.0}) == "");
  CHECK(refused({.from = 2.0, .to = 1.0}) ==
        "span.from = 2, span.to = 1: both must be finite, and `to` must not come before `from`");
  const std::vector<double> late{0.5, 1.5}, unsorted{0.5, 0.2};
  CHECK(refused({.to = 1.0, .samples = late}) ==
        "span.samples[1] = 1.5 lies outside the span from 0 to 1");
  CHECK(refused({.to = 1.0, .stops = unsorted}) ==
        "span.stops[1] = 0.2 comes before 0.5: sort the times");
  CHECK(refused({.to = 1.0}, {.rtol = 0.0}) == "rtol = 0 must lie between 0 and 1, both excluded");
  CHECK(refused({.to = 1.0}, {.rtol = 1e-6, .atol = Vector<double, 1>(-1.0)}) ==
        "atol[0] = -1 must be above 0, in the unit of its state");
  CHECK(refused({.to = std::numeric_limits<double>::infinity()}) != "");
}

#ifdef KETASIM_HAS_PACKS
TEMPLATE_TEST_CASE_SIG("own model: every lane has the bits of its member alone",
                       "[solve][own_model][lanes]", ((int W), W), 2, 4, 8) {
  using P = scalar::Pack<W>;
  Reactions<P> members;
  Vector<P, 3> start{P(1.0), P(0.0), P(0.0)};
  for (int lane = 0; lane < W; ++lane) {
    members.a.set(lane, 0.04 * (1.0 + 0.3 * lane));
    members.b.set(lane, 1e4 / (1.0 + lane));
    start[2].set(lane, 0.1 * lane);
  }
  const std::vector<double> stops{1.0, 1e5};
  const auto pulse = [](std::size_t, double, Vector<double, 3>& y, int lane) {
    y[0] += 0.1 * lane;
  };
  const auto together = solve::solve(members, start, {.to = 1e11, .stops = stops, .samples = times},
                                     tolerances<3>(1e-7, 1e-14), pulse);
  REQUIRE(together.success());
  for (int lane = 0; lane < W; ++lane) {
    CAPTURE(lane);
    const Reactions<> member{.a = members.a[lane], .b = members.b[lane]};
    const Vector<double, 3> y0{1.0, 0.0, start[2][lane]};
    const auto alone = solve::solve(
        member, y0, {.to = 1e11, .stops = stops, .samples = times}, tolerances<3>(1e-7, 1e-14),
        [&](std::size_t k, double t, Vector<double, 3>& y) { pulse(k, t, y, lane); });
    for (std::size_t row = 0; row < times.size(); ++row)
      for (int i = 0; i < 3; ++i) CHECK(together.y[row][i][lane] == alone.y[row][i]);
    const auto& outcome = together.outcome[static_cast<std::size_t>(lane)];
    CHECK(outcome.steps == alone.outcome.steps);
    CHECK(outcome.rejected == alone.outcome.rejected);
    CHECK(outcome.nfev == alone.outcome.nfev);
  }
}

TEST_CASE("own model: with exp, log and pow a lane differs from its member by rounding",
          "[solve][own_model][lanes]") {
  using P = scalar::Pack<2>;
  Induced<P> members;
  members.rate.set(1, 1.1);
  const std::vector<double> t{0.5, 5.0, 50.0};
  const auto options = tolerances<2>(1e-6, 1e-9);
  const auto together =
      solve::solve(members, Vector<P, 2>{P(3.0), P(0.2)}, {.to = 50.0, .samples = t}, options);
  REQUIRE(together.success());
  for (int lane = 0; lane < 2; ++lane) {
    const auto alone =
        solve::solve(Induced<>{.rate = members.rate[lane]}, Vector<double, 2>{3.0, 0.2},
                     {.to = 50.0, .samples = t}, options);
    for (std::size_t row = 0; row < t.size(); ++row)
      for (int i = 0; i < 2; ++i) {
        CAPTURE(lane, row, i);
        // Some hundred roundings of 1e-16; the tolerances are a million times as large.
        CHECK(together.y[row][i][lane] == Approx(alone.y[row][i]).epsilon(1e-12).margin(0.0));
      }
  }
}

struct MayBlowUp {
  scalar::Pack<2> growth;
  template <class T>
  void rhs(const T& t, const Vector<T, 1>& y, Vector<T, 1>& f) const {
    f[0] = growth * y[0] * y[0] + t;
  }
};

TEST_CASE("own model: time in lanes, and a lane that fails alone", "[solve][own_model][lanes]") {
  MayBlowUp members{scalar::Pack<2>(0.0)};
  members.growth.set(1, 1.0);
  const std::vector<double> t{0.5, 2.0};
  const auto together = solve::solve(members, Vector<scalar::Pack<2>, 1>(scalar::Pack<2>(1.0)),
                                     {.to = 2.0, .samples = t}, tolerances<1>(1e-9, 1e-12));
  CHECK_FALSE(together.success());
  CHECK(together.outcome[0].status == Status::success);
  CHECK(together.outcome[1].status != Status::success);
  CHECK(together.y[1][0][0] == Approx(3.0).epsilon(1e-8));  // 1 + t^2/2
  CHECK(std::isfinite(together.y[0][0][1]));
  CHECK(std::isnan(together.y[1][0][1]));
}
#endif

TEST_CASE("own model: duals give the exact derivative of the closed form",
          "[solve][own_model][gradient]") {
  using D = scalar::Dual<double, 3>;
  Forced<D> varied;
  varied.rate.slope[0] = 1.0;
  varied.decay.slope[1] = 1.0;
  Vector<D, 1> y0{D(0.0)};
  y0[0].slope[2] = 1.0;
  const std::vector<double> t{0.5, 1.0, 4.0};
  const auto exact =
      solve::solve(varied, y0, {.to = 4.0, .samples = t}, tolerances<1>(1e-10, 1e-13));
  REQUIRE(exact.success());
  for (std::size_t i = 0; i < t.size(); ++i) {
    CAPTURE(t[i]);
    const double k = 2.0, e = std::exp(-k * t[i]);
    const double by_decay = -t[i] / (k * k) - t[i] * e / (k * k) + 2.0 * (1.0 - e) / (k * k * k);
    CHECK(exact.y[i][0].slope[0] == Approx(forced(1.0, k, t[i])).epsilon(1e-7));
    CHECK(exact.y[i][0].slope[1] == Approx(by_decay).epsilon(1e-7));
    CHECK(exact.y[i][0].slope[2] == Approx(e).epsilon(1e-7));
  }
}

TEST_CASE("own model: with exp, log and pow duals keep the bits of the solution alone",
          "[solve][own_model][gradient]") {
  using D = scalar::Dual<double, 2>;
  Induced<D> varied;
  varied.hill.slope[0] = 1.0;
  varied.rate.slope[1] = 1.0;
  const Vector<double, 2> start{3.0, 0.2};
  const std::vector<double> t{0.5, 5.0, 50.0};
  const auto options = tolerances<2>(1e-6, 1e-9);
  const auto with_slopes =
      solve::solve(varied, start.cast<D>().eval(), {.to = 50.0, .samples = t}, options);
  const auto alone = solve::solve(Induced<>{}, start, {.to = 50.0, .samples = t}, options);
  REQUIRE(with_slopes.success());
  for (std::size_t row = 0; row < t.size(); ++row)
    for (int i = 0; i < 2; ++i) CHECK(with_slopes.y[row][i].value == alone.y[row][i]);
}

TEST_CASE("own model: with duals the values have the bits of the solution alone",
          "[solve][own_model][gradient]") {
  using D = scalar::Dual<double, 2>;
  Reactions<D> varied;
  varied.a.slope[0] = 1.0;
  varied.c.slope[1] = 1.0;
  const Vector<double, 3> start = problems::Rober<>::start();
  const std::vector<double> stops{5.0};
  const auto with_slopes = solve::solve(
      varied, start.cast<D>().eval(), {.to = 1e11, .stops = stops, .samples = times},
      tolerances<3>(1e-7, 1e-14), [](std::size_t, double, Vector<D, 3>& y) { y[0] += 0.5; });
  const auto alone = solve::solve(
      Reactions<>{}, start, {.to = 1e11, .stops = stops, .samples = times},
      tolerances<3>(1e-7, 1e-14), [](std::size_t, double, Vector<double, 3>& y) { y[0] += 0.5; });
  REQUIRE(with_slopes.success());
  CHECK(with_slopes.outcome.steps == alone.outcome.steps);
  for (std::size_t row = 0; row < times.size(); ++row)
    for (int i = 0; i < 3; ++i) CHECK(with_slopes.y[row][i].value == alone.y[row][i]);

  // Against central differences of solutions that are 1000 times more exact.
  const double step = 1e-4 * 0.04;
  const auto at = [&](double a) {
    return solve::solve(Reactions<>{.a = a}, start, {.to = 10.0}, tolerances<3>(1e-12, 1e-18)).end;
  };
  const auto tight =
      solve::solve(varied, start.cast<D>().eval(), {.to = 10.0}, tolerances<3>(1e-9, 1e-15));
  const Vector<double, 3> difference = (at(0.04 + step) - at(0.04 - step)) / (2.0 * step);
  for (int i = 0; i < 3; ++i) CHECK(tight.end[i].slope[0] == Approx(difference[i]).epsilon(1e-6));
}
