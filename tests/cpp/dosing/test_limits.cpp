/// Limits of sizes, times and concentrations, and of the time that a preparation takes.
#include <atomic>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "ketasim/problem.hpp"
#include "ketasim/simulate.hpp"

namespace {

using namespace ketasim;
using namespace ketasim::dosing;

Dose infusion(double start, double duration) {
  return {.drug = Drug::ketamine,
          .amount = 1,
          .route = Route::iv,
          .start_h = start,
          .duration_h = duration};
}

Scenario with(std::vector<Dose> doses, std::vector<double> resets = {}) {
  return {.doses = std::move(doses), .resets = std::move(resets)};
}

}  // namespace

TEST_CASE("limits: more than most_at_once doses of a record at once are refused",
          "[dosing][limits]") {
  Dose dose = infusion(0, 100);
  dose.interval_h = 1e-4;
  dose.steady_state = dosing::SteadyState::replace;
  CHECK_THROWS_WITH(check(dose),
                    Catch::Contains("duration_h = 100 h with interval_h = 1e-04 h") ||
                        Catch::Contains("duration_h = 100 h with interval_h = 0.0001"));
  dose.steady_state = dosing::SteadyState::none;
  dose.additional = most_at_once + 1;
  CHECK_THROWS_WITH(check(dose), Catch::Contains("would act at once"));
  dose.additional = most_at_once - 1;
  CHECK_NOTHROW(check(dose));
  dose.interval_h = 0.2;
  dose.additional = 5000;
  CHECK_NOTHROW(check(dose));

  // What acts because of its absorption has no duration of its own.
  Dose oral{.drug = Drug::ketamine, .amount = 1, .route = Route::oral, .interval_h = 1e-5};
  oral.steady_state = dosing::SteadyState::add;
  CHECK_NOTHROW(check(oral));
  CHECK_THROWS_WITH(prepare(with({oral})), Catch::Contains("would act at once"));
}

TEST_CASE("limits: repeats, devices and resets are counted before any work", "[dosing][limits]") {
  Dose dose{.drug = Drug::esketamine, .amount = 84, .route = Route::intranasal, .interval_h = 1};
  dose.additional = std::numeric_limits<int>::max();
  CHECK_THROWS_WITH(check(dose), Catch::Contains("repeats are too many"));
  dose.additional = most_doses / 2;
  CHECK_THROWS_WITH(check(with({dose})), Catch::Contains("nasal devices and resets are too many"));
  dose.additional = most_doses / 4;
  CHECK_NOTHROW(check(with({dose})));
  dose.amount = 1e300;
  CHECK_THROWS_WITH(check(with({dose})), Catch::Contains("is far above the doses of studies"));
  CHECK_THROWS_WITH(check(with({}, std::vector<double>(most_doses + 1))),
                    Catch::Contains("are too many"));
}

TEST_CASE("limits: the largest dose of studies is accepted, by weight for animals",
          "[dosing][limits]") {
  for (const DrugRow& row : drugs) {
    if (!ketasim::dosing::detail::is_known(row.most.human_mg)) continue;
    CAPTURE(row.name);
    const auto with_dose = [&](Unit unit, double amount, Species species) {
      Scenario scenario{.subject = {.species = species}};
      scenario.doses = {{.drug = row.value, .amount = amount, .unit = unit, .route = Route::iv}};
      for (const RouteRow& route : routes)
        if (route.site == Site::body && row.can_be_given_by(route.value))
          scenario.doses[0].route = route.value;
      return scenario;
    };
    const auto limits = [&](Unit unit, double most, Species species) {
      CHECK_NOTHROW(check(with_dose(unit, most * (1.0 - 1e-12), species)));
      CHECK_THROWS_WITH(check(with_dose(unit, most * (1.0 + 1e-12), species)),
                        Catch::Contains("is far above the doses of studies"));
    };
    limits(Unit::mg, row.most.human_mg, Species::human);
    limits(Unit::mg_per_kg, row.most.human_mg_per_kg, Species::human);
    limits(Unit::mg_per_kg, row.most.animal_mg_per_kg, Species::rat);
    limits(Unit::mg, row.most.animal_mg_per_kg * 0.3, Species::rat);  // of 0.3 kg
  }
}

TEST_CASE("limits: a largest concentration is accepted in the bath for every drug",
          "[dosing][limits]") {
  for (const DrugRow& row : drugs) {
    if (!row.can_be_given_by(Route::bath) || row.family == Family::placebo) continue;
    CAPTURE(row.name);
    Dose dose{.drug = row.value,
              .amount = row.most.bath_uM,
              .unit = Unit::uM,
              .route = Route::bath,
              .start_h = longest_h - 100,
              .duration_h = 2};
    // The fastest process that it drives is resolved even where time has the fewest digits left.
    const std::vector<double> times{longest_h - 99, longest_h};
    CHECK(simulate(with({dose}), times).success());
    dose.amount *= 1.01;
    CHECK_THROWS_WITH(check(dose), Catch::Contains("is accepted in the bath"));
  }
}

TEST_CASE("limits: times, factors and enumerations of a record", "[dosing][limits]") {
  const auto refused = [](auto change, const char* words) {
    Dose dose = infusion(0, 1);
    change(dose);
    CHECK_THROWS_WITH(check(dose), Catch::Contains(words));
  };
  refused([](Dose& d) { d.start_h = 1e6; }, "start_h = 1e+06 h is too long");
  refused([](Dose& d) { d.duration_h = 1e6; }, "duration_h = 1e+06 h is too long");
  refused([](Dose& d) { d.lag_h = 1e6; }, "lag_h = 1e+06 h is too long");
  refused([](Dose& d) { d.interval_h = 1e-10; }, "are one dose");
  refused([](Dose& d) { d.bioavailability = 11; }, "bioavailability = 11");
  refused([](Dose& d) { d.bioavailability = 0; }, "bioavailability = 0");
  refused([](Dose& d) { d.steady_state = static_cast<dosing::SteadyState>(7); },
          "must be 0, 1 or 2");
}

TEST_CASE("limits: too many inputs in force are refused, many after each other are not",
          "[dosing][limits]") {
  std::vector<Dose> doses;
  for (int k = 0; k < 6000; ++k) doses.push_back(infusion(k * 1e-3, 1000));
  CHECK_THROWS_WITH(prepare(with(doses)), Catch::Contains("act at once"));
  Dose daily = infusion(0, 12);
  daily.interval_h = 24;
  daily.additional = 30'000;
  CHECK(prepare(with({daily})).schedule.stops.size() == 60'002);
}

TEST_CASE("limits: preparation stops for an interrupt, a poll and a time limit",
          "[dosing][limits]") {
  Dose steady = infusion(0, 1);
  steady.interval_h = 24;
  steady.steady_state = dosing::SteadyState::add;
  std::vector<Dose> doses;
  for (int k = 0; k < 50'000; ++k) {
    steady.start_h = k;
    doses.push_back(steady);
  }
  const Scenario slow = with(doses);
  const std::vector<double> times{0, 1e5};
  const auto stopped = [&](const SolverOptions& options, solve::Status status) {
    const Trajectory run = simulate(slow, times, options);
    CHECK(run.outcome.status == status);
    CHECK(run.outcome.steps == 0);
    CHECK(run.t == times);
    CHECK(std::isnan(run.readout("madrs").back()));
  };
  stopped({.max_wall_seconds = 0.05}, solve::Status::wall_time_exceeded);
  const std::atomic<bool> interrupt{true};
  stopped({.interrupt = &interrupt}, solve::Status::interrupted);
  int asked = 0;
  SolverOptions polled;
  polled.poll = [](void* count) { return ++*static_cast<int*>(count) == 5; };
  polled.poll_data = &asked;
  stopped(polled, solve::Status::interrupted);
  CHECK(asked == 5);
}

TEST_CASE("limits: a readout beyond its scale, or not finite, is no success", "[dosing][limits]") {
  const std::vector<double> times{0, 1, 24};
  const Trajectory good = simulate(with({infusion(0, 1)}), times);
  REQUIRE(good.success());
  const std::size_t width = good.y.size() / times.size();
  const auto changed = [&](std::string_view state, double value) {
    Trajectory run = good;
    run.y[2 * width + state_index(state)] = value;
    run.judge_readouts(1e-6, typical_sizes());
    return run.outcome;
  };
  CHECK(changed("symptoms.R", 0.5).status == solve::Status::success);
  const solve::Outcome infinite = changed("symptoms.R", std::numeric_limits<double>::quiet_NaN());
  CHECK(infinite.status == solve::Status::readout_out_of_range);
  CHECK(infinite.t == 24.0);
  const solve::Outcome blocked = changed("nmda_block.b_I", 3.0);
  CHECK(blocked.status == solve::Status::readout_out_of_range);
  CHECK(readout_table()[static_cast<std::size_t>(blocked.worst_component)].name ==
        "nmda_block_interneuron");
  // Below the error of the solver.
  CHECK(changed("nmda_block.b_I", -1e-7).status == solve::Status::success);
}

TEST_CASE("limits: an undershoot is judged beside a level of typical amounts", "[dosing][limits]") {
  // A share of a typical amount is a high level in a small animal: its undershoot is no failure.
  for (const double kg : {0.02, 0.3, 2.0}) {
    Scenario rat = with({infusion(0, 1)});
    rat.subject.species = ketasim::Species::rat;
    rat.parameters = parameters::of(rat.subject.species);
    rat.subject.weight_kg = kg;
    rat.doses.front().amount = 1e-3;
    const Trajectory good = simulate(rat, std::vector<double>{0, 1, 24});
    REQUIRE(good.success());
    const StateVector<double> typical = typical_sizes(model::Species::rat);
    const auto blood = static_cast<std::size_t>(state_index("pharmacokinetics.A1_S"));
    const auto judged = [&](double share_of_typical) {
      Trajectory run = good;
      for (std::size_t row = 0; row < run.t.size(); ++row)
        run.y[row * static_cast<std::size_t>(model::n_states) + blood] =
            -share_of_typical * typical[static_cast<int>(blood)];
      run.judge_readouts(1e-10, typical);
      return run.outcome.status;
    };
    CHECK(judged(50e-10) == solve::Status::success);
    CHECK(judged(1e-3) == solve::Status::readout_out_of_range);
  }
}
