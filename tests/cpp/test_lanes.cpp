/// Several members at once: the bits of each alone, whatever its neighbours do.
#include <algorithm>
#include <array>
#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "ketasim/ensemble.hpp"
#include "scenarios.hpp"

using namespace test;

namespace {

using ketasim::EnsembleOptions;
using ketasim::MemberStatus;
using ketasim::Variation;

/// Between, at and after events, some of them closer than a step.
const std::vector<double> times{-1.0, 0.0, 0.1, 0.101, 2.0 / 3.0, 1.0, 24.0, 24.5, 48.0, 96.0};

/// Different speeds, weights and severities, so that the lanes are never in step.
Variation crowd(std::size_t n) {
  Variation v;
  v.members = n;
  v.parameters = {"pharmacokinetics.V1", "pharmacokinetics.CLint_S", "mtor.tau_M"};
  for (std::size_t k = 0; k < n; ++k) {
    const double x = std::fmod(static_cast<double>(k + 1) * std::sqrt(2.0), 1.0);
    v.values.insert(v.values.end(), {8.0 + 6.0 * x, 200.0 + 300.0 * (1.0 - x), 1.0 + 3.0 * x});
    v.weight_kg.push_back(50.0 + 50.0 * x);
    v.severity.push_back(k % 5 == 0 ? 0.0 : x);
    v.baseline_madrs.push_back(25.0 + 10.0 * x);
  }
  return v;
}

Scenario busy() {
  Scenario s = infusion();
  s.doses.push_back({.drug = ketasim::dosing::Drug::escitalopram,
                     .amount = 10.0,
                     .route = ketasim::dosing::Route::oral,
                     .start_h = 12.0,
                     .interval_h = 24.0,
                     .additional = 3});
  s.resets = {72.0};
  return s;
}

struct Kept {
  std::vector<double> values;
  std::vector<MemberStatus> status;
};

Kept simulated(const Variation& v, const EnsembleOptions& options, const Scenario& base = busy()) {
  const std::vector<std::size_t> readouts{ketasim::readout_index("madrs_change"),
                                          ketasim::readout_index("ketamine_venous"),
                                          ketasim::readout_index("spine_density")};
  Kept kept;
  kept.values.assign(v.members * readouts.size() * times.size(), -1.0);
  kept.status = ketasim::simulate_ensemble(base, v, times, readouts, kept.values, options);
  return kept;
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](double x, double y) {
    return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y);
  });
}

void require_same(const Kept& found, const Kept& expected) {
  REQUIRE(same_bits(found.values, expected.values));
  REQUIRE(found.status.size() == expected.status.size());
  for (std::size_t m = 0; m < found.status.size(); ++m) {
    CAPTURE(m);
    const auto &a = found.status[m].outcome, &b = expected.status[m].outcome;
    CHECK(found.status[m].refused == expected.status[m].refused);
    CHECK(found.status[m].message == expected.status[m].message);
    CHECK(a.status == b.status);
    CHECK(a.worst_component == b.worst_component);
    CHECK(a.warnings == b.warnings);
    CHECK(a.last_stop == b.last_stop);
    CHECK(std::array{a.steps, a.rejected, a.nfev, a.njev, a.nlu} ==
          std::array{b.steps, b.rejected, b.nfev, b.njev, b.nlu});
    CHECK(std::array{a.t, a.step_size} == std::array{b.t, b.step_size});
  }
}

std::vector<unsigned> widths() {
  std::vector<unsigned> all;
  for (const unsigned width : {4U, 8U})
    if (width <= ketasim::available_lanes()) all.push_back(width);
  return all;
}

void check_all_widths(const Variation& v, EnsembleOptions options, const Scenario& base = busy()) {
  options.lanes = 1;
  options.threads = 1;
  const Kept alone = simulated(v, options, base);
  for (const unsigned width : widths())
    for (const unsigned threads : {1U, 2U}) {
      CAPTURE(width, threads);
      options.lanes = width;
      options.threads = threads;
      require_same(simulated(v, options, base), alone);
    }
}

}  // namespace

TEST_CASE("lanes: results and counters have the bits of members alone", "[lanes]") {
  check_all_widths(crowd(37), {});
  check_all_widths(crowd(3), {});  // fewer than lanes
}

TEST_CASE("lanes: a member that fails or is impossible costs only itself", "[lanes]") {
  Variation v = crowd(21);
  v.weight_kg[2] = 1e-3;        // member 2: a weight of a gram is refused
  v.values[3 * 9 + 2] = 1e-9;   // member 9: an mTOR that answers within microseconds
  v.values[3 * 13 + 1] = 1e12;  // member 13: a clearance beyond reason
  SECTION("by its step limit") {
    EnsembleOptions options;
    std::vector<long> steps;
    for (const MemberStatus& s : simulated(v, options).status) steps.push_back(s.outcome.steps);
    std::sort(steps.begin(), steps.end());
    options.solver.max_steps = steps[steps.size() / 2];
    check_all_widths(v, options);
    const Kept kept = simulated(v, options);
    CHECK(kept.status[2].refused);
    const auto ended = [&](ketasim::solve::Status status) {
      return std::count_if(kept.status.begin(), kept.status.end(), [=](const MemberStatus& s) {
        return !s.refused && s.outcome.status == status;
      });
    };
    // The test is one of neighbours only if some reach the end and some do not.
    CHECK(ended(ketasim::solve::Status::success) > 0);
    CHECK(ended(ketasim::solve::Status::max_steps_reached) > 0);
  }
  SECTION("by rejections") {
    EnsembleOptions options;
    options.solver.max_rejections = 3;
    check_all_widths(v, options);
  }
}

TEST_CASE("lanes: the solver's options mean what they mean alone", "[lanes]") {
  EnsembleOptions options;
  options.solver.max_step = 2.0;
  options.solver.first_step = 1e-4;
  options.solver.at_event = ketasim::solve::AtEvent::after;
  check_all_widths(crowd(9), options);
  options = {};
  options.solver.rtol = 1e-3;
  options.solver.positivity.assign(ketasim::model::n_states, ketasim::solve::Positivity::warn);
  check_all_widths(crowd(9), options);
  options.solver.positivity.assign(ketasim::model::n_states,
                                   ketasim::solve::Positivity::reject_step);
  check_all_widths(crowd(9), options);
}

TEST_CASE("lanes: a lane takes the next member when its own is over", "[lanes]") {
  for (const unsigned width : widths()) {
    CAPTURE(width);
    ketasim::LaneUse use;
    EnsembleOptions options;
    options.lanes = width;
    options.threads = 1;
    options.lane_use = &use;
    const Kept kept = simulated(crowd(30 * width), options);
    long attempts = 0;
    for (const MemberStatus& s : kept.status) attempts += s.outcome.steps + s.outcome.rejected;
    CHECK(use.useful == attempts);
    // Only the last members leave lanes empty: on average half a member in each lane of thirty.
    CHECK(static_cast<double>(use.useful) > 0.96 * static_cast<double>(use.lane_steps));
  }
}

TEST_CASE("lanes: methods without lanes give the same as ever", "[lanes]") {
  EnsembleOptions options;
  options.solver.method = ketasim::Method::rodas4;
  check_all_widths(crowd(5), options);
}

TEST_CASE("lanes: a width that the processor does not have is refused", "[lanes]") {
  for (const unsigned width : {2U, 3U, 16U}) {
    EnsembleOptions options;
    options.lanes = width;
    CHECK_THROWS_WITH(simulated(crowd(1), options),
                      Catch::Contains("lanes = " + std::to_string(width)) &&
                          Catch::Contains("0 for the fastest"));
  }
}
