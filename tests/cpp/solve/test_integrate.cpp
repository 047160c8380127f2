/// The loop: every run ends, every stop is hit, samples change nothing.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>
#include <utility>
#include <vector>

#include "run.hpp"
#include "verification/problems.hpp"

using namespace test;

namespace {

/// y' = slope, whatever it is.
struct Constant {
  double slope = 0;
  void rhs(double, const Vector<double, 1>&, Vector<double, 1>& f) const { f[0] = slope; }
  void jacobian(double, const Vector<double, 1>&, Eigen::Matrix<double, 1, 1>& J,
                Vector<double, 1>& dfdt) const {
    J(0, 0) = 0;
    dfdt.setZero();
  }
};

/// An infusion that is on or off into a compartment with decay.
struct Infused {
  double rate = 0, decay = 1;
  void rhs(double, const Vector<double, 1>& y, Vector<double, 1>& f) const {
    f[0] = rate - decay * y[0];
  }
  void jacobian(double, const Vector<double, 1>&, Eigen::Matrix<double, 1, 1>& J,
                Vector<double, 1>& dfdt) const {
    J(0, 0) = -decay;
    dfdt.setZero();
  }
};

/// (time, value) of every delivered sample.
using Seen = std::vector<std::pair<double, double>>;

/// Decay from 1 that is raised by 10 at each stop.
Seen raised(AtEvent rule, const std::vector<double>& stops, const std::vector<double>& samples,
            Outcome* end = nullptr) {
  Infused system{0, 0};
  DenseRodas5P<1> stepper;
  Vector<double, 1> y{1};
  auto options = tolerances<double, 1>(1e-6, 1e-9);
  options.at_event = rule;
  Seen seen;
  const auto raise = [](std::size_t, double, auto& state) { state[0] += 10; };
  const auto record = [&](std::size_t i, double t, const auto& state) {
    CHECK(t == samples[i]);
    seen.emplace_back(t, state[0]);
  };
  const Outcome outcome =
      integrate(stepper, system, y, {.to = 10.0, .stops = stops, .samples = samples}, options,
                {.on_stop = raise, .on_sample = record});
  CHECK(outcome.status == Status::success);
  if (end != nullptr) *end = outcome;
  return seen;
}

template <class Stepper>
long end_of_constant_run(Stepper stepper, double slope, double horizon, double first_step) {
  Constant system{slope};
  Vector<double, 1> y{1};
  auto options = tolerances<double, 1>(1e-5, 1e-6);
  options.first_step = first_step;
  options.max_steps = 2000;
  const Outcome outcome = run(stepper, system, y, 0.0, horizon, options);
  const bool right =
      outcome.status == Status::success && outcome.t == horizon &&
      std::abs(y[0] - (1 + slope * horizon)) <= 1e-9 * (1 + std::abs(slope) * horizon);
  return right ? outcome.steps : -1;
}

}  // namespace

TEST_CASE("integrate: 10 000 constant or zero right-hand sides all end", "[solve][integrate]") {
  std::mt19937_64 random(11);
  std::uniform_real_distribution<double> u(0, 1);
  long most = 0;
  for (int i = 0; i < 10'000; ++i) {
    // Horizons in tenths, as in the published hang at 11.4, and arbitrary ones over eight decades.
    const double horizon =
        i % 2 == 0 ? 0.1 * (1 + std::floor(400 * u(random))) : std::pow(10, 8 * u(random) - 4);
    const double slope = i % 5 == 0 ? 0 : 4 * u(random) - 2;
    const double first = i % 3 == 0 ? 0 : horizon * std::pow(10, -4 * u(random));
    const long steps = i % 4 == 0   ? end_of_constant_run(Dopri5<1>(), slope, horizon, first)
                       : i % 4 == 1 ? end_of_constant_run(DenseRodas4<1>(), slope, horizon, first)
                                    : end_of_constant_run(DenseRodas5P<1>(), slope, horizon, first);
    CAPTURE(horizon, slope, first);
    REQUIRE(steps > 0);
    most = std::max(most, steps);
  }
  CHECK(most < 40);
}

TEST_CASE("integrate: the run on which odeint hangs takes a few steps", "[solve][integrate]") {
  CHECK(end_of_constant_run(Dopri5<1>(), -0.1795, 11.4, 0.114) > 0);
}

TEST_CASE("integrate: a declared pulse of a millionth of the horizon has its whole area",
          "[solve][integrate]") {
  const double width = 1e-6 * 100, height = 20 / width;
  const std::vector<double> stops{50, 50 + width};
  const auto pulsed = [&](auto stepper, double decay) {
    Infused system{0, decay};
    Vector<double, 1> y{0};
    double peak = 0;
    const auto switch_rate = [&](std::size_t k, double t, auto& state) {
      CHECK(t == stops[k]);
      system.rate = k == 0 ? height : 0;
      if (k == 1) peak = state[0];
    };
    const Outcome outcome = integrate(stepper, system, y, {.to = 100.0, .stops = stops},
                                      tolerances<double, 1>(1e-9, 1e-12), {.on_stop = switch_rate});
    CHECK(outcome.status == Status::success);
    CHECK(outcome.last_stop == 1);
    const double on = stops[1] - stops[0];
    const double expected = decay > 0 ? height / decay * -std::expm1(-decay * on) : height * on;
    CHECK(peak == Approx(expected).epsilon(1e-9));
    CHECK(y[0] == Approx(expected * std::exp(-decay * (100 - stops[1]))).epsilon(1e-7));
  };
  for (const double decay : {0.0, 0.1}) {
    pulsed(DenseRodas5P<1>(), decay);
    pulsed(DenseRodas4<1>(), decay);
    pulsed(Dopri5<1>(), decay);
  }
}

TEST_CASE("integrate: a sample at a stop follows one rule, before, after or both",
          "[solve][integrate]") {
  const std::vector<double> stops{2, 5}, samples{1, 2, 3, 5};
  CHECK(raised(AtEvent::before, stops, samples) == Seen{{1, 1}, {2, 1}, {3, 11}, {5, 11}});
  CHECK(raised(AtEvent::after, stops, samples) == Seen{{1, 1}, {2, 11}, {3, 11}, {5, 21}});
  CHECK(raised(AtEvent::both, stops, samples) ==
        Seen{{1, 1}, {2, 1}, {2, 11}, {3, 11}, {5, 11}, {5, 21}});
}

TEST_CASE("integrate: stops at the beginning and at the end are applied, later ones are not",
          "[solve][integrate]") {
  const std::vector<double> stops{0, 10, 11}, samples{0, 5, 10, 12};
  Outcome end;
  CHECK(raised(AtEvent::before, stops, samples, &end) == Seen{{0, 1}, {5, 11}, {10, 11}});
  CHECK(end.last_stop == 1);
  CHECK(raised(AtEvent::after, stops, samples) == Seen{{0, 11}, {5, 11}, {10, 21}});
  CHECK(raised(AtEvent::both, stops, samples) ==
        Seen{{0, 1}, {0, 11}, {5, 11}, {10, 11}, {10, 21}});
}

TEST_CASE("integrate: several stops at one time are applied in order, with one sample",
          "[solve][integrate]") {
  CHECK(raised(AtEvent::before, {4, 4, 4}, {4, 6}) == Seen{{4, 1}, {6, 31}});
  CHECK(raised(AtEvent::after, {4, 4, 4}, {4, 6}) == Seen{{4, 31}, {6, 31}});
}

TEST_CASE("integrate: stops one unit of rounding apart are both hit", "[solve][integrate]") {
  const double next = std::nextafter(4.0, 5.0);
  CHECK(raised(AtEvent::before, {4, next}, {4, next, 6}) == Seen{{4, 1}, {next, 11}, {6, 21}});
}

TEST_CASE("integrate: no time at all is a run too", "[solve][integrate]") {
  Constant system{1};
  DenseRodas5P<1> stepper;
  Vector<double, 1> y{1};
  int stops = 0, samples = 0;
  const std::vector<double> here{3};
  const auto count_stop = [&](std::size_t, double, auto&) { ++stops; };
  const auto count_sample = [&](std::size_t, double, const auto&) { ++samples; };
  const Outcome outcome = integrate(
      stepper, system, y, {.from = 3.0, .to = 3.0, .stops = here, .samples = here},
      tolerances<double, 1>(1e-6, 1e-9), {.on_stop = count_stop, .on_sample = count_sample});
  CHECK(outcome.status == Status::success);
  CHECK(stops == 1);
  CHECK(samples == 1);
  CHECK(outcome.steps == 0);
}

TEST_CASE("integrate: 10 to 10 000 samples, the same steps, the same values",
          "[solve][integrate]") {
  using Problem = problems::Hires<>;
  const std::vector<double> stops{100, 200};
  Outcome first;
  std::vector<double> at_tenths;
  for (const int n : {10, 100, 1000, 10'000}) {
    std::vector<double> samples;
    for (int i = 0; i <= n; ++i) samples.push_back(Problem::t_end * (static_cast<double>(i) / n));
    Problem problem;
    DenseRodas5P<8> stepper;
    Vector<double, 8> y = Problem::start();
    std::vector<double> values;
    std::size_t expected = 0;
    const auto raise = [](std::size_t, double, auto& state) { state[0] += 0.1; };
    const auto record = [&](std::size_t i, double t, const auto& state) {
      CHECK(i == expected++);
      CHECK(t == samples[i]);
      if (i % static_cast<std::size_t>(n / 10) == 0) values.push_back(state[0]);
    };
    const Outcome outcome =
        integrate(stepper, problem, y, {.to = Problem::t_end, .stops = stops, .samples = samples},
                  tolerances<double, 8>(1e-6, 1e-12), {.on_stop = raise, .on_sample = record});
    REQUIRE(outcome.status == Status::success);
    CHECK(expected == samples.size());
    if (n == 10) {
      first = outcome;
      at_tenths = values;
    }
    CHECK(outcome.steps == first.steps);
    CHECK(outcome.rejected == first.rejected);
    CHECK(outcome.nfev == first.nfev);
    CHECK(values == at_tenths);
  }
}

TEST_CASE("integrate: splitting a run in two changes it by less than ten tolerances",
          "[solve][integrate]") {
  using Problem = problems::Hires<>;
  const double rtol = 1e-6;
  const auto options = tolerances<double, 8>(rtol, 1e-10);
  Problem problem;
  DenseRodas5P<8> stepper;
  Vector<double, 8> whole = Problem::start();
  REQUIRE(run(stepper, problem, whole, 0.0, Problem::t_end, options).status == Status::success);
  for (const double middle : {1e-6, 0.1, 3.7, 100.0, 300.0, 321.0}) {
    Vector<double, 8> split = Problem::start();
    REQUIRE(run(stepper, problem, split, 0.0, middle, options).status == Status::success);
    REQUIRE(run(stepper, problem, split, middle, Problem::t_end, options).status ==
            Status::success);
    CAPTURE(middle);
    CHECK(((split - whole).array().abs() / (rtol * whole.array().abs() + 1e-10)).maxCoeff() < 10);
  }
}

TEST_CASE("integrate: error falls with every decade of tolerance from 1e-4 to 1e-10",
          "[solve][integrate]") {
  using Problem = problems::Hires<>;
  Problem problem;
  const auto errors = [&](auto stepper) {
    std::vector<double> list;
    for (int digits = 4; digits <= 10; ++digits) {
      const double rtol = std::pow(10, -digits);
      Vector<double, 8> y = Problem::start();
      REQUIRE(
          run(stepper, problem, y, 0.0, Problem::t_end, tolerances<double, 8>(rtol, 1e-4 * rtol))
              .status == Status::success);
      list.push_back(
          ((y - Problem::reference()).array() / Problem::reference().array()).abs().maxCoeff());
    }
    return list;
  };
  for (const auto& list : {errors(DenseRodas5P<8>()), errors(DenseRodas4<8>())}) {
    CAPTURE(list);
    CHECK(std::is_sorted(list.rbegin(), list.rend()));
    CHECK(list.back() < 1e-8);
    CHECK(list.back() < 1e-4 * list.front());
  }
}

TEST_CASE("integrate: a rejected step costs neither a Jacobian nor f at its start",
          "[solve][integrate]") {
  using Problem = problems::VanDerPol<>;
  Problem problem;
  DenseRodas5P<2> stepper;
  Vector<double, 2> y = Problem::start();
  const Outcome outcome =
      run(stepper, problem, y, 0.0, Problem::t_end, tolerances<double, 2>(1e-6, 1e-6));
  REQUIRE(outcome.status == Status::success);
  CHECK(outcome.rejected > 0);
  CHECK(outcome.nlu == outcome.steps + outcome.rejected);
  CHECK(outcome.njev == outcome.steps);
  CHECK(outcome.nfev == outcome.steps + 7 * outcome.nlu + 1);  // 1: the automatic first step
}

TEST_CASE("integrate: max_step and first_step are kept", "[solve][integrate]") {
  Constant system{1};
  DenseRodas5P<1> stepper;
  Vector<double, 1> y{0};
  auto options = tolerances<double, 1>(1e-6, 1e-9);
  options.max_step = 0.01;
  Outcome outcome = run(stepper, system, y, 0.0, 1.0, options);
  CHECK(outcome.steps >= 100);
  CHECK(outcome.steps <= 115);  // the automatic first step has to grow to it

  options.max_step = 0;
  options.first_step = 1e-3;
  options.max_steps = 1;
  y.setZero();
  outcome = run(stepper, system, y, 0.0, 1.0, options);
  CHECK(outcome.t == 1e-3);
}
