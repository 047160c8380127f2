/// Steady-state dosing against brute force: the same doses, given one by one for long enough.
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "ketasim/simulate.hpp"
#include "person.hpp"

using namespace test;

namespace {

using ketasim::Scenario;
using ketasim::Trajectory;

constexpr double rtol = 1e-10;

Trajectory given(const std::vector<Dose>& doses, const std::vector<double>& times) {
  Scenario scenario;
  scenario.subject.severity = 0.0;  // drug amounts do not depend on it, and its rest is exact
  scenario.doses = doses;
  ketasim::SolverOptions options;
  options.rtol = rtol;
  options.atol_factor = 1e-10;
  options.at_event = ketasim::solve::AtEvent::after;
  Trajectory run = ketasim::simulate(scenario, times, options);
  REQUIRE(run.success());
  return run;
}

/// Largest difference of two runs over drug amounts, relative to amount + typical size.
double distance(const Trajectory& a, const Trajectory& b) {
  const auto size = ketasim::typical_sizes();
  double largest = 0;
  for (std::size_t row = 0; row < a.t.size(); ++row)
    for (const int k : disposition_states()) {
      const auto i =
          row * static_cast<std::size_t>(ketasim::model::n_states) + static_cast<std::size_t>(k);
      largest = std::max(largest, std::abs(a.y[i] - b.y[i]) / (std::abs(b.y[i]) + size[k]));
    }
  return largest;
}

struct Regimen {
  const char* name;
  Dose dose;
  int periods;  ///< after which the first dose has faded below rtol
};

std::vector<Regimen> regimens() {
  const Dose iv{
      .drug = Drug::ketamine, .amount = 30, .route = Route::iv, .duration_h = 1, .interval_h = 6};
  std::vector<Regimen> all{{"infusion", iv, 100}};
  Dose longer = iv;
  longer.duration_h = 9;
  all.push_back({"infusion longer than the interval", longer, 100});
  Dose equal = iv;
  equal.duration_h = 6;
  all.push_back({"infusion as long as the interval", equal, 100});
  Dose lagged = iv;
  lagged.lag_h = 8;
  all.push_back({"lag longer than the interval", lagged, 100});
  Dose part = longer;
  part.bioavailability = 0.4;
  part.lag_h = 13;
  all.push_back({"all three with F = 0.4", part, 100});
  all.push_back({"bolus",
                 {.drug = Drug::arketamine, .amount = 30, .route = Route::iv, .interval_h = 6},
                 100});
  all.push_back({"extended release, released over most of the interval",
                 {.drug = Drug::ketamine, .amount = 120, .route = Route::oral_er, .interval_h = 6},
                 100});
  all.push_back(
      {"three nasal devices",
       {.drug = Drug::esketamine, .amount = 84, .route = Route::intranasal, .interval_h = 8},
       80});
  // More devices than fit between two doses: the last ones belong to the next period.
  all.push_back(
      {"devices beyond the interval",
       {.drug = Drug::esketamine, .amount = 84, .route = Route::intranasal, .interval_h = 0.125},
       4000});
  all.push_back({"escitalopram",
                 {.drug = Drug::escitalopram,
                  .amount = 10,
                  .route = Route::oral,
                  .interval_h = 24,
                  .bioavailability = 0.8},
                 60});
  return all;
}

}  // namespace

TEST_CASE("periodic: a steady state equals the doses given one by one", "[dosing][periodic]") {
  for (const Regimen& regimen : regimens()) {
    CAPTURE(regimen.name);
    Dose steady = regimen.dose;
    steady.steady_state = SteadyState::replace;
    steady.additional = 2;
    Dose brute = regimen.dose;
    brute.start_h = brute.lag_h - regimen.periods * brute.interval_h;
    brute.lag_h = 0;
    brute.additional = regimen.periods + 2;
    const double first = steady.start_of(0), ii = steady.interval_h;
    std::vector<double> times{
        first,           first + 0.01 * ii, first + 0.7 * ii, first + 1.3 * ii, first + 2.9 * ii,
        first + 5.5 * ii};
    // Until the lag is over, earlier doses go on as they do at a steady state.
    if (first > 0.0) times.insert(times.begin(), {0.0, 0.2 * first, 0.9 * first});
    // Errors of the 60 to 4000 periods behind it do not add up, as old ones fade with the drug.
    CHECK(distance(given({steady}, times), given({brute}, times)) < 100 * rtol);
  }
}

TEST_CASE("periodic: at steady state a level repeats every interval", "[dosing][periodic]") {
  for (const Regimen& regimen : regimens()) {
    CAPTURE(regimen.name);
    Dose steady = regimen.dose;
    steady.steady_state = SteadyState::replace;
    steady.additional = 3;
    const double at = steady.start_of(0) + 0.4 * steady.interval_h;
    CHECK(distance(given({steady}, {at}), given({steady}, {at + 3 * steady.interval_h})) <
          100 * rtol);
  }
}

TEST_CASE("periodic: a constant infusion up to its steady state equals a long one that ends",
          "[dosing][periodic]") {
  const Dose steady{.drug = Drug::ketamine,
                    .amount = 0.7,
                    .route = Route::iv,
                    .start_h = 2,
                    .duration_h = 0.5,
                    .steady_state = SteadyState::replace};
  const Dose brute{.drug = Drug::ketamine,
                   .amount = 0.7 * 1200,
                   .route = Route::iv,
                   .start_h = 2 - 600,
                   .duration_h = 600};
  const std::vector<double> times{2.0, 2.4, 5.0, 30.0};
  CHECK(distance(given({steady}, times), given({brute}, times)) < 100 * rtol);

  Dose without_rate = steady, with_lag = steady;
  without_rate.duration_h = 0;
  with_lag.lag_h = 1;
  CHECK_THROWS_AS(check(without_rate), ketasim::ScenarioError);
  CHECK_THROWS_AS(check(with_lag), ketasim::ScenarioError);
}

TEST_CASE("periodic: SS = 2 adds to what is there, SS = 1 replaces it", "[dosing][periodic]") {
  const Dose prior{
      .drug = Drug::ketamine, .amount = 50, .route = Route::iv, .start_h = -3, .duration_h = 5};
  Dose steady{.drug = Drug::ketamine,
              .amount = 20,
              .route = Route::iv,
              .duration_h = 9,
              .interval_h = 6,
              .steady_state = SteadyState::add};
  const std::vector<double> times{0.0, 0.5, 3.0, 11.0};
  const Trajectory added = given({prior, steady}, times);
  const Trajectory alone = given({prior}, times);
  steady.steady_state = SteadyState::replace;
  const Trajectory replaced = given({prior, steady}, times), without = given({steady}, times);

  // Disposition is linear: the sum of the two runs.
  Trajectory sum = alone;
  for (std::size_t row = 0; row < times.size(); ++row)
    for (const int k : disposition_states()) {
      const auto i =
          row * static_cast<std::size_t>(ketasim::model::n_states) + static_cast<std::size_t>(k);
      sum.y[i] += without.y[i];
    }
  CHECK(distance(added, sum) < 100 * rtol);
  CHECK(distance(replaced, without) < 100 * rtol);
  CHECK(distance(added, replaced) > 0.1);  // so the two can be told apart
}

TEST_CASE("periodic: receptors, synapses and symptoms start from the scenario's own state",
          "[dosing][periodic]") {
  const Dose steady{.drug = Drug::ketamine,
                    .amount = 20,
                    .route = Route::iv,
                    .duration_h = 1,
                    .interval_h = 6,
                    .steady_state = SteadyState::replace};
  const Trajectory run = given({steady}, {0.0});
  std::vector<bool> drug(static_cast<std::size_t>(ketasim::model::n_states), false);
  for (const int k : disposition_states()) drug[static_cast<std::size_t>(k)] = true;
  for (std::size_t k = 0; k < drug.size(); ++k)
    if (!drug[k]) CHECK(run.y[k] == run.start[static_cast<Eigen::Index>(k)]);
}

TEST_CASE("periodic: without elimination there is no steady state", "[dosing][periodic]") {
  auto parameters = human();
  parameters.pharmacokinetics.CLint_S = 0.0;
  const Dose steady{.drug = Drug::esketamine,
                    .amount = 20,
                    .route = Route::iv,
                    .interval_h = 6,
                    .steady_state = SteadyState::replace};
  CHECK(refusal([&] {
          (void)periodic_state(steady, {parameters, weight_kg});
        }) ==
        "esketamine 20 mg iv at 0 h every 6 h: there is no steady state, as nothing removes the "
        "drug; give a clearance above 0, or single doses");
  Dose constant = steady;
  constant.interval_h = 0;
  constant.duration_h = 1;
  CHECK(refusal([&] {
          (void)periodic_state(constant, {parameters, weight_kg});
        }) ==
        "esketamine 20 mg/h iv constant until 0 h: there is no steady state, as nothing removes "
        "the drug; give a clearance above 0, or an infusion that begins");
}
