/// What a class is told, held where it is computed. The page (tests/explorer/page.test.js) and the
/// figures (tests/python/test_gallery.py) make the same claims.
#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <string_view>
#include <vector>

#include "scenarios.hpp"

using namespace test;

namespace {

std::vector<double> readout(const Scenario& scenario, std::string_view name,
                            const std::vector<double>& times) {
  const Trajectory run = ketasim::simulate(scenario, times);
  REQUIRE(run.success());
  return run.readout(ketasim::readout_index(name));
}

/// First `hours` after the first dose, every 3 min: surges last an hour.
std::vector<double> finely(double hours) {
  std::vector<double> times;
  for (int k = 0; 0.05 * k <= hours; ++k) times.push_back(0.05 * k);
  return times;
}

double peak(const Scenario& scenario, std::string_view name) {
  const std::vector<double> values = readout(scenario, name, finely(24.0));
  return *std::max_element(values.begin(), values.end());
}

double& parameter(Scenario& scenario, std::string_view name) {
  return ketasim::parameters::find(scenario.parameters, name);
}

Scenario daily_ssri() {
  Scenario scenario;
  scenario.doses = {{.drug = Drug::escitalopram,
                     .amount = 10.0,
                     .unit = Unit::mg,
                     .route = Route::oral,
                     .interval_h = 24.0,
                     .additional = 55}};
  return scenario;
}

constexpr double day = 24.0, week = 168.0;

}  // namespace

TEST_CASE("teaching: ketamine leads on day 1, a daily SSRI in week 6, and gradually",
          "[teaching]") {
  const std::vector<double> times{day, week, 2 * week, 4 * week, 6 * week};
  const auto ketamine = readout(infusion(), "madrs_change", times),
             ssri = readout(daily_ssri(), "madrs_change", times);
  CHECK(ketamine.front() < ssri.front() - 2.0);
  CHECK(ssri.back() < ketamine.back() - 2.0);
  CHECK(std::is_sorted(ssri.begin(), ssri.end() - 1, std::greater{}));
  CHECK(ssri.back() < 0.95 * ssri[3]);  // what is reached in week 4 stays
  // "Flat for four weeks" is the myth.
  CHECK(ssri[2] / ssri[4] > 0.15);
}

TEST_CASE("teaching: block on brake cells alone raises glutamate, on pyramidal cells alone not",
          "[teaching]") {
  Scenario brake = infusion(), drive = infusion();
  parameter(brake, "nmda_block.a_E") = 2e-4;      // pyramidal receptors hardly open
  parameter(drive, "disinhibition.w_dis") = 0.0;  // interneurons get no drive through theirs
  CHECK(peak(brake, "glutamate_dialysate") > 105.0);
  CHECK(peak(drive, "glutamate_dialysate") < 101.0);
}

TEST_CASE("teaching: the drug is gone long before half of the relief is lost", "[teaching]") {
  const Trajectory run = ketasim::simulate(infusion(), std::vector<double>{2.0 / 3.0, day});
  const auto body = [&](std::size_t row) {
    double amount = 0.0;
    for (const char* name : {"A1", "A2", "A3"})
      for (const char* form : {"_S", "_R"})
        amount += at(run, row, state(std::string("pharmacokinetics.") + name + form));
    return amount;
  };
  CHECK(body(1) < 0.03 * body(0));
  const auto relief = readout(infusion(), "madrs_change", {day, 2 * day});
  CHECK(relief[1] / relief[0] > 0.5);
}

TEST_CASE("teaching: without spine growth most of day 1 stays and more of day 7 is lost",
          "[teaching]") {
  Scenario without = infusion();
  parameter(without, "synaptogenesis.q_f") = 0.3;
  const auto with_growth = readout(infusion(), "madrs_change", {day, week}),
             without_growth = readout(without, "madrs_change", {day, week});
  CHECK(without_growth[0] / with_growth[0] > 0.75);
  // The slow pool, which the growth phase fills, keeps the rest.
  CHECK(without_growth[1] / with_growth[1] < 0.8);
  CHECK(without_growth[1] / with_growth[1] < without_growth[0] / with_growth[0]);
}

TEST_CASE("teaching: NBQX ahead of the infusion leaves AMPA and all below it dark", "[teaching]") {
  Scenario blocked = infusion();
  blocked.doses.push_back({.drug = Drug::nbqx,
                           .amount = 0.9,
                           .unit = Unit::fraction,
                           .route = Route::target,
                           .start_h = -0.25,
                           .duration_h = 8.0});  // until the drug has left the brain
  for (const std::string_view stage : {"ampa_throughput", "bdnf_extracellular", "p_mtor"}) {
    CAPTURE(stage);
    const double before = readout(infusion(), stage, {0.0}).front();
    // The rest is what begins when NBQX ends.
    CHECK(peak(blocked, stage) - before < 0.25 * (peak(infusion(), stage) - before));
  }
  CHECK(peak(blocked, "nmda_block_interneuron") >
        0.99 * peak(infusion(), "nmda_block_interneuron"));
}

TEST_CASE("teaching: in rats the peak of glutamate rises with the dose, then falls", "[teaching]") {
  const auto surge = [](double mg_per_kg) {
    const Scenario rat{.subject = {.species = ketasim::Species::rat},
                       .doses = {{.drug = Drug::ketamine,
                                  .amount = mg_per_kg,
                                  .unit = Unit::mg_per_kg,
                                  .route = Route::ip}}};
    return peak(rat, "glutamate_dialysate");
  };
  CHECK(surge(10.0) < surge(30.0));
  CHECK(surge(30.0) > surge(50.0));
  CHECK(surge(50.0) > surge(200.0));
}
