/// The verb: times as asked, failures with their status, impossible requests refused in words.
#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "scenarios.hpp"

using namespace test;

namespace {

std::string refused(const Scenario& scenario, const std::vector<double>& times,
                    const SolverOptions& options = {}) {
  return refusal([&] { (void)ketasim::simulate(scenario, times, options); });
}

template <class Change>
std::string refused_option(Change&& change) {
  SolverOptions options;
  change(options);
  return refused(healthy({}), {1}, options);
}

}  // namespace

TEST_CASE("simulate: output times are the requested ones, bit for bit, one row each",
          "[simulate]") {
  std::vector<double> times{-0.1, 0.0};
  for (int k = 1; k <= 300; ++k) times.push_back(k * 0.1);
  times.push_back(std::nextafter(times.back(), 100));
  Scenario scenario = healthy({iv(Drug::ketamine, 20, 0.3, 0.1)});
  const Trajectory run = ketasim::simulate(scenario, times);
  CHECK(run.success());
  CHECK(run.t == times);
  CHECK(run.y.size() == times.size() * n_states);
  CHECK(run.inputs.size() == times.size());
  CHECK(std::none_of(run.y.begin(), run.y.end(), [](double v) { return std::isnan(v); }));
}

TEST_CASE("simulate: times that are empty, unsorted, repeated or not finite are refused",
          "[simulate]") {
  const Scenario nothing = healthy({});
  CHECK(refused(nothing, {}) == "t_eval is empty: ask for at least one time [h]");
  CHECK(refused(nothing, {0, 2, 1.5}) ==
        "t_eval[2] = 1.5 h does not come after 2 h: times must be strictly increasing");
  CHECK(refused(nothing, {0, 1, 1}) ==
        "t_eval[2] = 1 h does not come after 1 h: times must be strictly increasing");
  CHECK(refused(nothing, {0, std::numeric_limits<double>::infinity()}) ==
        "t_eval[1] = inf h is not finite: give times in hours");
  CHECK(refused(nothing, {std::nan("")}) != "");
}

TEST_CASE("simulate: an impossible option is refused by name, value, unit and remedy",
          "[simulate]") {
  CHECK(refused_option([](SolverOptions&) {}) == "");
  CHECK(refused_option([](SolverOptions& o) { o.rtol = -1e-6; }) ==
        "rtol = -1e-06 must lie between 0 and 1, both excluded");
  CHECK(refused_option([](SolverOptions& o) { o.atol_factor = 0; }) ==
        "atol_factor = 0 must be above 0; unset, it is rtol");
  CHECK(refused_option([](SolverOptions& o) {
          o.atol = {1e-6, 1e-6};
        }) ==
        "atol has 2 entries: give one per state (107) or none for atol_factor x typical size");
  CHECK(refused_option([](SolverOptions& o) {
          o.atol.assign(n_states, 1e-6);
          o.atol[7] = -1;
        }) == "atol[7] = -1 must be above 0, in the unit of its state");
  CHECK(refused_option([](SolverOptions& o) {
          o.positivity = {ketasim::solve::Positivity::warn};
        }) == "positivity has 1 entries: give one per state (107) or none for Positivity::ignore");
  CHECK(refused_option([](SolverOptions& o) { o.max_step = -0.5; }) ==
        "max_step = -0.5 h must not be negative; 0 means no limit");
  CHECK(refused_option([](SolverOptions& o) { o.first_step = -0.5; }) ==
        "first_step = -0.5 h must not be negative; 0 means automatic");
  CHECK(refused_option([](SolverOptions& o) { o.max_wall_seconds = -1; }) ==
        "max_wall_seconds = -1 s must not be negative; 0 means no limit");
  CHECK(refused_option([](SolverOptions& o) { o.max_steps = 0; }) ==
        "max_steps = 0 steps must be above 0");
  CHECK(refused_option([](SolverOptions& o) { o.max_rejections = -3; }) ==
        "max_rejections = -3 steps must be above 0");
  for (double SolverOptions::*number :
       {&SolverOptions::rtol, &SolverOptions::max_step, &SolverOptions::first_step,
        &SolverOptions::max_wall_seconds})
    CHECK(refused_option([&](SolverOptions& o) { o.*number = std::nan(""); }) != "");
  CHECK(refused_option([&](SolverOptions& o) { o.atol_factor = std::nan(""); }) != "");
}

TEST_CASE("simulate: an impossible scenario is refused before the first step", "[simulate]") {
  Scenario scenario = infusion();
  scenario.subject.weight_kg = -70;
  CHECK(
      refused(scenario, {1}) ==
      "weight_kg = -70 kg is outside 2 to 300 kg for species human: give the weight in kg, or the "
      "species it belongs to");
  scenario = infusion();
  scenario.subject.severity = 1.5;
  CHECK(refused(scenario, {1}) == "severity = 1.5 is outside 0 to 1");
  scenario.subject.severity = std::nan("");
  CHECK(refused(scenario, {1}) == "severity = nan is outside 0 to 1");
  scenario = infusion();
  scenario.subject.baseline_madrs = 60;
  CHECK(refused(scenario, {1}) == "baseline_madrs = 60 points is outside 0.1 to 59.9 points");
  scenario = infusion();
  scenario.parameters.mtor.tau_M = std::nan("");
  CHECK_THROWS_AS(ketasim::simulate(scenario, std::vector{1.0}), ketasim::ParameterError);
  CHECK(refused(scenario, {1}) == "missing parameter mtor.tau_M [h]: set a finite value");
  scenario = infusion();
  scenario.doses[0].amount = -0.5;
  CHECK(refused(scenario, {1}) ==
        "ketamine -0.5 mg/kg iv at 0 h: amount = -0.5 mg/kg must be finite and not negative");
}

TEST_CASE("simulate: a run that stops early is NaN beyond, and good up to there", "[simulate]") {
  std::vector<double> times;
  for (int k = 0; k <= 100; ++k) times.push_back(k);
  const Trajectory whole = ketasim::simulate(infusion(), times);
  REQUIRE(whole.success());
  SolverOptions options;
  options.max_steps = whole.outcome.steps / 2;
  const Trajectory half = ketasim::simulate(infusion(), times, options);
  CHECK_FALSE(half.success());
  CHECK(half.outcome.status == Status::max_steps_reached);
  CHECK(half.outcome.steps == options.max_steps);
  CHECK(half.outcome.last_stop == 1);  // the end of the infusion
  CHECK(half.outcome.worst_component >= 0);
  CHECK(half.t == times);
  REQUIRE(half.outcome.t > times.front());
  REQUIRE(half.outcome.t < times.back());
  std::vector<std::vector<double>> readouts, all;
  for (std::size_t r = 0; r < ketasim::readout_table().size(); ++r) {
    readouts.push_back(half.readout(r));
    all.push_back(whole.readout(r));
  }
  for (std::size_t row = 0; row < times.size(); ++row) {
    const bool reached = times[row] <= half.outcome.t;
    for (std::size_t k = 0; k < n_states; ++k) {
      if (reached ? at(half, row, k) != at(whole, row, k) : !std::isnan(at(half, row, k)))
        FAIL("state " << k << " at row " << row);
    }
    for (std::size_t r = 0; r < readouts.size(); ++r)
      if (reached ? readouts[r][row] != all[r][row] : !std::isnan(readouts[r][row]))
        FAIL("readout " << r << " at row " << row);
  }
}

TEST_CASE("simulate: a caller can stop a run, and what was reached is kept", "[simulate]") {
  const std::atomic<bool> stop = true;
  SolverOptions options;
  options.interrupt = &stop;
  const Trajectory run = ketasim::simulate(healthy({}), std::vector{0.0, 5.0}, options);
  CHECK(run.outcome.status == Status::interrupted);
  CHECK(std::isfinite(at(run, 0, 0)));
  CHECK(std::isnan(at(run, 1, 0)));
}

TEST_CASE("simulate: absolute tolerances are kept state by state", "[simulate]") {
  SolverOptions options;
  const auto size = ketasim::typical_sizes();
  options.atol.assign(size.data(), size.data() + size.size());
  for (double& a : options.atol) a *= options.rtol;
  const Trajectory by_factor = ketasim::simulate(infusion(), std::vector{24.0}),
                   by_state = ketasim::simulate(infusion(), std::vector{24.0}, options);
  CHECK(by_state.y == by_factor.y);
  options.atol[state("mtor.M")] = 1e-14;
  CHECK(ketasim::simulate(infusion(), std::vector{24.0}, options).outcome.steps >=
        by_factor.outcome.steps);
}

TEST_CASE("simulate: rtol alone sets the accuracy, down to 1e-10", "[simulate]") {
  const std::vector<double> times{0.5, 1.0, 24.0, 168.0};
  const auto at_rtol = [&](double rtol) {
    Trajectory run = ketasim::simulate(infusion(), times, {.rtol = rtol});
    REQUIRE(run.success());
    return run;
  };
  const Trajectory exact = at_rtol(1e-12);
  const auto size = ketasim::typical_sizes();
  for (const double rtol : {1e-4, 1e-6, 1e-8, 1e-10}) {
    const Trajectory run = at_rtol(rtol);
    double worst = 0;
    for (std::size_t row = 0; row < times.size(); ++row)
      for (std::size_t k = 0; k < n_states; ++k)
        worst =
            std::max(worst, std::abs(at(run, row, k) - at(exact, row, k)) /
                                (std::abs(at(exact, row, k)) + size[static_cast<Eigen::Index>(k)]));
    CAPTURE(rtol, worst);
    // One of 104 states may miss by more than the RMS that is controlled: 100 rtol.
    CHECK(worst < 100 * rtol);
  }
}

TEST_CASE("simulate: a species brings its weight, severity and parameters", "[simulate]") {
  using ketasim::Species;
  using ketasim::Subject;
  const Subject rat{.species = Species::rat};
  CHECK(rat.weight_kg == 0.3);
  CHECK(rat.severity == 0.0);
  CHECK(Subject{}.weight_kg == 70.0);
  CHECK(Subject{}.severity == 1.0);
  const Scenario scenario{.subject = rat};
  CHECK(scenario.parameters.pharmacokinetics.V1 == ketasim::parameters::rat().pharmacokinetics.V1);
  for (const ketasim::parameters::SpeciesRow& row : ketasim::parameters::species_rows) {
    CAPTURE(row.name);
    CHECK(refused(Scenario{.subject = {.species = row.value}}, {1}) == "");
  }
}

TEST_CASE("simulate: parameters, species and weight that do not belong together are refused",
          "[simulate]") {
  using ketasim::Species;
  Scenario scenario;
  scenario.parameters = ketasim::parameters::rat();
  CHECK(refused(scenario, {1}) ==
        "the parameters are those of the rat, but subject.species = human: choose the species when "
        "the scenario is made, Scenario{.subject = {.species = Species::rat}}, or set parameters = "
        "parameters::of(subject.species)");
  scenario.subject.species = Species::rat;
  CHECK(refused(scenario, {1}) ==
        "weight_kg = 70 kg is outside 0.02 to 2 kg for species rat: give the weight in kg, or the "
        "species it belongs to");
  scenario.subject.weight_kg = 0.25;
  CHECK(refused(scenario, {1}) == "");
  scenario.parameters = ketasim::parameters::human();
  CHECK(refused(scenario, {1}) != "");
}

TEST_CASE("simulate: the methods agree within their tolerance", "[simulate]") {
  SolverOptions options;
  options.rtol = 1e-8;
  options.atol_factor = 1e-8;
  const std::vector<double> times{0.005, 0.01};
  const Scenario scenario = healthy({iv(Drug::ketamine, 10)});
  const Trajectory rodas5p = ketasim::simulate(scenario, times, options);
  const auto size = ketasim::typical_sizes();
  for (const auto method : {ketasim::Method::rodas4, ketasim::Method::dopri5}) {
    options.method = method;
    const Trajectory other = ketasim::simulate(scenario, times, options);
    REQUIRE(other.success());
    double worst = 0;
    for (std::size_t k = 0; k < n_states; ++k)
      worst =
          std::max(worst, std::abs(at(other, 1, k) - at(rodas5p, 1, k)) /
                              (std::abs(at(rodas5p, 1, k)) + size[static_cast<Eigen::Index>(k)]));
    // One of 104 states may miss by more than the RMS that is controlled: 100 rtol.
    CHECK(worst < 1e-6);
  }
}

TEST_CASE("simulate: eight threads on one scenario give the bits of one", "[simulate]") {
  const Scenario scenario = infusion();
  const std::vector<double> times{1, 24};
  const Trajectory serial = ketasim::simulate(scenario, times);
  std::vector<std::vector<double>> found(8);
  {
    std::vector<std::jthread> threads;
    for (auto& y : found) threads.emplace_back([&] { y = ketasim::simulate(scenario, times).y; });
  }
  for (const auto& y : found) CHECK(y == serial.y);
}
