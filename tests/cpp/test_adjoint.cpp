/// The adjoint against the tangent of the same steps: by everything that may vary, over every kind of event.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "ketasim/adjoint.hpp"
#include "ketasim/sensitivity.hpp"
#include "scenarios.hpp"

using ketasim::Adjoint;
using ketasim::Method;
using ketasim::sensitivity;
using test::AtEvent;
using test::Drug;
using test::Route;
using test::Scenario;
using test::SolverOptions;
using test::Unit;

namespace {

/// All parameters, states before treatment, the subject and these fields of doses.
std::vector<std::string> everything(const std::vector<std::string>& more) {
  std::vector<std::string> names{"weight_kg", "severity"};
  for (const auto& row : ketasim::model::parameter_rows())
    names.push_back(ketasim::model::full_name_of(row));
  for (const auto& row : ketasim::model::state_rows())
    names.push_back("initial." + ketasim::model::full_name_of(row));
  names.insert(names.end(), more.begin(), more.end());
  return names;
}

std::vector<std::size_t> all_readouts() {
  std::vector<std::size_t> indices;
  for (std::size_t r = 0; r < ketasim::readout_table().size(); ++r) indices.push_back(r);
  return indices;
}

/// A weight for each row and readout: signs and sizes vary, readouts count alike, some are 0.
std::vector<double> weights_for(const ketasim::Trajectory& run,
                                const std::vector<std::size_t>& readouts) {
  std::vector<double> weights;
  double phase = 0.3;
  for (std::size_t row = 0; row < run.t.size(); ++row)
    for (const std::size_t index : readouts) {
      const auto column = run.readout(ketasim::readout_table()[index].name);
      double largest = 0.0;
      for (const double value : column) largest = std::max(largest, std::abs(value));
      phase += 1.7;
      const bool none = static_cast<int>(phase * 10.0) % 5 == 0;
      weights.push_back(none || largest == 0.0 ? 0.0 : std::sin(phase) / largest);
    }
  return weights;
}

/// Compares with what the tangent gives. Both differentiate the same arithmetic, so that they agree to
/// rounding: 1e-10 of the sum of the absolute terms, and 1e-11 where terms cancel on the way.
void check_against_tangent(const Scenario& scenario, const std::vector<double>& times,
                           const std::vector<std::string>& wrt, const SolverOptions& options = {}) {
  const auto readouts = all_readouts();
  const Adjoint adjoint(scenario, times, readouts, wrt, options);
  REQUIRE(adjoint.run().success());
  const auto weights = weights_for(adjoint.run(), readouts);
  const auto backward = adjoint.gradient(weights);
  const auto forward = sensitivity(scenario, times, readouts, wrt, options);
  REQUIRE(forward.run.y == adjoint.run().y);
  REQUIRE(backward.size() == wrt.size());
  std::size_t that_count = 0;
  for (std::size_t w = 0; w < wrt.size(); ++w) {
    double sum = 0.0, size = 0.0;
    for (std::size_t k = 0; k < weights.size(); ++k) {
      if (weights[k] == 0.0) continue;
      const double term = weights[k] * forward.gradient[k * wrt.size() + w];
      sum += term;
      size += std::abs(term);
    }
    that_count += size > 0.0;
    INFO(wrt[w] << " backward " << backward[w] << " forward " << sum << " of " << size);
    CHECK(std::abs(backward[w] - sum) <= 1e-10 * size + 1e-11);
  }
  CHECK(that_count > wrt.size() / 4);
}

}  // namespace

TEST_CASE("adjoint: an infusion, by everything") {
  Scenario scenario = test::infusion();
  scenario.doses[0].start_h = 0.25;
  check_against_tangent(scenario, {-1.0, 0.0, 0.4, 0.9, 2.0, 26.0, 100.0, 168.0},
                        everything({"dose[0].amount", "dose[0].start_h", "dose[0].duration_h",
                                    "dose[0].lag_h", "dose[0].bioavailability"}));
}

TEST_CASE("adjoint: health, whose state before treatment has a closed form") {
  check_against_tangent(test::healthy({test::iv(Drug::esketamine, 20.0, 0.0, 0.5)}),
                        {0.2, 3.0, 48.0}, everything({"dose[0].amount"}));
}

TEST_CASE("adjoint: every kind of dose, a session, a reset, a trial") {
  Scenario scenario;
  scenario.context = ketasim::dosing::Context::midazolam_oral_ad;
  scenario.subject.baseline_madrs = 33.0;
  scenario.doses = {{.drug = Drug::ketamine,
                     .amount = 35.0,
                     .unit = Unit::mg,
                     .route = Route::im,
                     .start_h = 1.0,
                     .interval_h = 48.0,
                     .additional = 2,
                     .lag_h = 0.1},
                    {.drug = Drug::escitalopram,
                     .amount = 10.0,
                     .unit = Unit::mg,
                     .route = Route::oral,
                     .start_h = 3.0,
                     .interval_h = 24.0,
                     .additional = 5},
                    {.drug = Drug::esketamine,
                     .amount = 56.0,
                     .unit = Unit::mg,
                     .route = Route::intranasal,
                     .start_h = 30.0},
                    {.drug = Drug::rapamycin,
                     .amount = 6.0,
                     .unit = Unit::mg,
                     .route = Route::oral,
                     .start_h = 28.0},
                    {.drug = Drug::memantine,
                     .amount = 20.0,
                     .unit = Unit::mg,
                     .route = Route::oral,
                     .start_h = 10.0},
                    {.drug = Drug::psychotherapy,
                     .amount = 1.0,
                     .unit = Unit::fraction,
                     .route = Route::target,
                     .start_h = 75.0,
                     .duration_h = 1.0},
                    {.drug = Drug::nbqx,
                     .amount = 0.6,
                     .unit = Unit::fraction,
                     .route = Route::target,
                     .start_h = 1.0,
                     .duration_h = 5.0}};
  scenario.resets = {90.0};
  const auto wrt =
      everything({"baseline_madrs", "dose[0].interval_h", "dose[0].amount", "dose[0].start_h",
                  "dose[1].start_h", "dose[2].amount", "dose[2].start_h", "dose[3].bioavailability",
                  "dose[4].lag_h", "dose[5].start_h", "dose[5].duration_h", "dose[6].amount",
                  "dose[6].start_h", "dose[6].duration_h"});
  const std::vector<double> times{0.0, 1.1, 3.0, 20.0, 49.1, 75.5, 80.0, 90.0, 95.0, 150.0};
  SECTION("rodas5p, rows after events") { check_against_tangent(scenario, times, wrt); }
  SECTION("rodas4, rows on both sides") {
    SolverOptions options;
    options.method = Method::rodas4;
    options.at_event = AtEvent::both;
    check_against_tangent(scenario, times, wrt, options);
  }
}

TEST_CASE("adjoint: a rat") {
  Scenario scenario{.subject = {.species = ketasim::Species::rat}};
  scenario.doses = {
      {.drug = Drug::ketamine, .amount = 10.0, .unit = Unit::mg_per_kg, .route = Route::ip}};
  check_against_tangent(scenario, {0.5, 2.0, 24.0}, everything({"dose[0].amount"}));
}

TEST_CASE("adjoint: one record serves many sums") {
  const Adjoint adjoint(test::infusion(), std::vector<double>{1.0, 24.0}, {0, 5}, {"mtor.tau_M"});
  const std::vector<double> first{1.0, 0.0, 0.0, 2.0}, second{0.0, 0.0, 0.0, 1.0};
  const auto a = adjoint.gradient(first), b = adjoint.gradient(second);
  CHECK(adjoint.gradient(first) == a);
  CHECK(adjoint.gradient(second) == b);
  CHECK(adjoint.gradient(std::vector<double>(4, 0.0)) == std::vector<double>{0.0});
}

TEST_CASE("adjoint: a row that was not reached has no derivative") {
  SolverOptions options;
  options.max_steps = 30;
  const Adjoint adjoint(test::infusion(), std::vector<double>{0.01, 300.0}, {0}, {"dose[0].amount"},
                        options);
  REQUIRE_FALSE(adjoint.run().success());
  CHECK(std::isfinite(adjoint.gradient(std::vector<double>{1.0, 0.0})[0]));
  CHECK(std::isnan(adjoint.gradient(std::vector<double>{1.0, 1.0})[0]));
}

TEST_CASE("adjoint: what is refused") {
  const std::vector<double> times{1.0};
  const auto with = [&](const std::vector<std::size_t>& readouts,
                        const std::vector<std::string>& wrt, const SolverOptions& options = {}) {
    return test::refusal([&] { Adjoint(test::infusion(), times, readouts, wrt, options); });
  };
  CHECK(with({0}, {}).find("wrt is empty") != std::string::npos);
  CHECK(with({9999}, {"severity"}).find("no readout has index 9999") != std::string::npos);
  CHECK(with({0}, {"mtor.nothing"}).find("mtor.nothing") != std::string::npos);
  CHECK(with({0}, {"baseline_madrs"}).find("it is not set") != std::string::npos);
  SolverOptions explicit_method;
  explicit_method.method = Method::dopri5;
  CHECK(with({0}, {"severity"}, explicit_method).find("dopri5") != std::string::npos);

  Scenario steady = test::healthy({test::iv(Drug::ketamine, 10.0)});
  steady.doses[0].interval_h = 12.0;
  steady.doses[0].steady_state = ketasim::dosing::SteadyState::replace;
  CHECK(test::refusal([&] {
          Adjoint(steady, times, {0}, {"severity"});
        }).find("starts from steady state cannot be differentiated") != std::string::npos);

  const Adjoint adjoint(test::infusion(), times, {0}, {"severity"});
  const auto weighed = [&](const std::vector<double>& weights) {
    return test::refusal([&] { (void)adjoint.gradient(weights); });
  };
  CHECK(weighed({1.0, 2.0}).find("there are 2 weights") != std::string::npos);
  CHECK(weighed({std::numeric_limits<double>::quiet_NaN()}).find("finite") != std::string::npos);
}
