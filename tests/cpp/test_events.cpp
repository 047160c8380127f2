/// What is reported where events fall: one rule for every kind of event, and for any two at one
/// time.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "scenarios.hpp"

using namespace test;

namespace {

constexpr double T = 3.0;
constexpr double umol_S = 10 * 1000 / 237.73;  // 10 mg of esketamine

/// A kind of event at T.
struct Kind {
  const char* name;
  std::vector<Dose> doses = {};
  bool reset = false;
  bool begun_before_T = false;    ///< already there on the left of T
  double bolus = 0.0;             ///< [umol] into A1_S at T
  double rate = 0.0, nbqx = 0.0;  ///< inputs from T on
};

std::vector<Kind> kinds() {
  const auto block = [](double from, double to) {
    return Dose{.drug = Drug::nbqx,
                .amount = 0.25,
                .unit = Unit::fraction,
                .route = Route::target,
                .start_h = from,
                .duration_h = to - from};
  };
  return {{.name = "nothing but an output"},
          {.name = "bolus", .doses = {iv(Drug::esketamine, 10, T)}, .bolus = umol_S},
          {.name = "infusion start", .doses = {iv(Drug::esketamine, 10, T, 2)}, .rate = umol_S / 2},
          {.name = "infusion end",
           .doses = {iv(Drug::esketamine, 10, T - 2, 2)},
           .begun_before_T = true},
          {.name = "window start", .doses = {block(T, T + 4)}, .nbqx = 0.25},
          {.name = "window end", .doses = {block(1, T)}, .begun_before_T = true},
          {.name = "reset", .reset = true}};
}

Trajectory observed(const Scenario& scenario, AtEvent rule, const std::vector<double>& times) {
  SolverOptions options;
  options.at_event = rule;
  Trajectory run = ketasim::simulate(scenario, times, options);
  REQUIRE(run.success());
  return run;
}

std::vector<double> row(const Trajectory& run, std::size_t k) {
  const auto first = run.y.begin() + static_cast<std::ptrdiff_t>(k * n_states);
  return {first, first + static_cast<std::ptrdiff_t>(n_states)};
}

}  // namespace

TEST_CASE("events: any two at one time follow the one rule of before, after and both", "[events]") {
  const std::vector<double> times{2, T, 4};
  const std::size_t A1_S = state("pharmacokinetics.A1_S");
  const auto all = kinds();
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = std::max<std::size_t>(i, 1); j < all.size(); ++j) {
      const Kind &a = all[i], &b = all[j];
      CAPTURE(a.name, b.name);
      // Something is always on board, so that a reset is seen.
      Scenario both_kinds = healthy({iv(Drug::ketamine, 20, 0, 1)}), left_of_T = both_kinds;
      for (const Kind* kind : {&a, &b}) {
        both_kinds.doses.insert(both_kinds.doses.end(), kind->doses.begin(), kind->doses.end());
        if (kind->reset) both_kinds.resets.push_back(T);
        if (kind->begun_before_T)
          left_of_T.doses.insert(left_of_T.doses.end(), kind->doses.begin(), kind->doses.end());
      }

      // Left of T: a run that ends there and knows nothing of what begins there.
      const Trajectory before_T = observed(left_of_T, AtEvent::before, {2, T});
      const std::vector<double> left = row(before_T, 1);
      // Right of T: resets, then jumps. Starts and ends of inputs leave the state alone.
      std::vector<double> right = left;
      if (a.reset || b.reset) right.assign(before_T.start.data(), before_T.start.data() + n_states);
      for (const double bolus : {a.bolus, b.bolus}) right[A1_S] += bolus;

      const Trajectory before = observed(both_kinds, AtEvent::before, times),
                       after = observed(both_kinds, AtEvent::after, times),
                       both = observed(both_kinds, AtEvent::both, times);

      CHECK(before.t == times);  // rows are unique in time
      CHECK(after.t == times);
      CHECK(both.t == std::vector<double>{2, T, T, 4});
      CHECK(row(before, 1) == left);
      CHECK(row(after, 1) == right);
      CHECK(row(both, 1) == left);
      CHECK(row(both, 2) == right);
      // The rule is a matter of reporting: it changes nothing elsewhere.
      CHECK(row(before, 2) == row(after, 2));
      CHECK(row(before, 2) == row(both, 3));

      // Inputs are right-continuous under every rule.
      for (const Trajectory* run : {&before, &after, &both})
        for (std::size_t k = 1; k + 1 < run->t.size(); ++k) {
          const auto& u = run->held_inputs[static_cast<std::size_t>(run->inputs[k])];
          CHECK(u.rate_A1_S == Approx(a.rate + b.rate).epsilon(1e-15).margin(0.0));
          CHECK(u.nbqx == a.nbqx + b.nbqx);
        }

      // The order of the records changes no bit.
      std::reverse(both_kinds.doses.begin(), both_kinds.doses.end());
      CHECK(observed(both_kinds, AtEvent::both, times).y == both.y);
    }
  }
}

TEST_CASE("events: the number of rows does not depend on where events fall", "[events]") {
  const std::vector<double> times{0, 1, 2, 3, 4};
  for (const double start : {0.0, 0.5, 1.0, 2.999999, 3.0, 4.0}) {
    CAPTURE(start);
    const Scenario scenario =
        healthy({iv(Drug::esketamine, 10, start, 1), iv(Drug::esketamine, 10, start)});
    for (const AtEvent rule : {AtEvent::before, AtEvent::after})
      CHECK(observed(scenario, rule, times).t == times);
  }
}

TEST_CASE("events: a dose at t0, at the end, before t0 and after the end", "[events]") {
  const std::size_t A1_S = state("pharmacokinetics.A1_S");
  const auto with_start = [](double start) { return healthy({iv(Drug::esketamine, 10, start)}); };
  SECTION("at t0 it is given, and shows by the rule") {
    CHECK(at(observed(with_start(0), AtEvent::before, {0, 1}), 0, A1_S) == 0.0);
    CHECK(at(observed(with_start(0), AtEvent::after, {0, 1}), 0, A1_S) == Approx(umol_S));
    CHECK(at(observed(with_start(0), AtEvent::before, {0, 1}), 1, A1_S) > 0.0);
  }
  SECTION("at the end likewise") {
    CHECK(at(observed(with_start(5), AtEvent::before, {4, 5}), 1, A1_S) == 0.0);
    CHECK(at(observed(with_start(5), AtEvent::after, {4, 5}), 1, A1_S) == Approx(umol_S));
    CHECK(observed(with_start(5), AtEvent::before, {4, 5}).stop_times == std::vector<double>{5});
  }
  SECTION("before t0 the run begins with it") {
    const Trajectory early = observed(with_start(-2), AtEvent::before, {0, 1}),
                     shifted = observed(with_start(0), AtEvent::before, {2, 3});
    // Times are rounded differently, the method sees the same: far below its tolerance of 1e-6.
    const auto size = ketasim::typical_sizes();
    for (std::size_t r = 0; r < 2; ++r)
      for (std::size_t k = 0; k < n_states; ++k)
        CHECK(std::abs(at(early, r, k) - at(shifted, r, k)) <=
              1e-10 * (std::abs(at(shifted, r, k)) + size[static_cast<Eigen::Index>(k)]));
  }
  SECTION("before the first output it is given all the same") {
    CHECK(at(observed(with_start(0), AtEvent::before, {2, 3}), 0, A1_S) > 0.0);
  }
  SECTION("after the end it is refused") {
    CHECK(refusal([&] {
            (void)observed(with_start(5.5), AtEvent::before, {4, 5});
          }) ==
          "esketamine 10 mg iv at 5.5 h: begins at 5.5 h, after the end of the run at 5 h; ask for "
          "later times or remove the dose");
  }
  SECTION("of repeats, those that the run reaches are given") {
    Scenario daily = with_start(0);
    daily.doses[0].interval_h = 24;
    daily.doses[0].additional = 10;
    const Trajectory run = observed(daily, AtEvent::before, {1, 50});
    CHECK(run.stop_times == std::vector<double>{0, 24, 48});
    Scenario three = daily;
    three.doses[0].additional = 2;
    CHECK(observed(three, AtEvent::before, {1, 50}).y == run.y);
  }
}

TEST_CASE("events: a reset returns everything to the state before treatment", "[events]") {
  Scenario scenario = infusion();
  scenario.resets = {30};
  const Trajectory run = observed(scenario, AtEvent::after, {29, 30, 40});
  CHECK(row(run, 0) != row(run, 1));
  CHECK(row(run, 1) == std::vector<double>(run.start.data(), run.start.data() + n_states));
  // From rest, nothing moves by more than the tolerance of the run.
  const auto size = ketasim::typical_sizes();
  for (std::size_t k = 0; k < n_states; ++k)
    CHECK(std::abs(at(run, 2, k) - at(run, 1, k)) <= 1e-6 * size[static_cast<Eigen::Index>(k)]);
}
