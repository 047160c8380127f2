/// What rests is not computed, and nothing else changes: every run has the bits of one that computes
/// everything.
#include "ketasim/moving_states.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "kernel_rodas.hpp"
#include "ketasim/parameters/species.hpp"
#include "scenarios.hpp"
#include "solve_problem.hpp"

using namespace test;

namespace {

using ketasim::KernelRodas;
using ketasim::KernelSystem;
using ketasim::Problem;
using ketasim::StateVector;
namespace kernels = ketasim::kernels;
namespace solve = ketasim::solve;

const std::vector<double> times{-1.0, 0.0, 0.01, 0.3, 1.0, 6.0, 24.0, 24.5, 48.0, 170.0};

struct Kept {
  std::vector<double> y;
  solve::Outcome outcome;
  std::vector<kernels::Blocks> moving;  ///< of each segment
};

/// @param all  compute everything
Kept integrated(const Problem& problem, bool all) {
  Kept kept;
  KernelRodas<solve::Rodas5P> stepper;
  KernelSystem system(problem.parameters, problem.schedule.before);
  if (all) system.move(ketasim::kernels::all_blocks);
  StateVector<double> y = problem.start;
  std::vector<double> stops;
  for (const auto& stop : problem.schedule.stops)
    if (stop.time <= times.back()) stops.push_back(stop.time);
  const double from = std::min(times.front(), stops.empty() ? 0.0 : stops.front());
  const solve::Options<double, ketasim::model::n_states> options;
  const ketasim::ApplyStop apply{problem, system};
  kept.outcome = solve::integrate(
      stepper, system, y, {.from = from, .to = times.back(), .stops = stops, .samples = times},
      options,
      {.on_stop =
           [&](std::size_t k, double t, StateVector<double>& state) {
             kept.moving.push_back(system.moving().blocks());
             apply(k, t, state);
           },
       .on_sample =
           [&](std::size_t, double, const StateVector<double>& state) {
             kept.y.insert(kept.y.end(), state.data(), state.data() + state.size());
           }});
  kept.moving.push_back(system.moving().blocks());
  return kept;
}

void check_same(const Scenario& scenario) {
  const Problem problem = ketasim::prepare(scenario);
  const Kept some = integrated(problem, false), all = integrated(problem, true);
  CHECK(some.y == all.y);
  CHECK(some.outcome.steps == all.outcome.steps);
  CHECK(some.outcome.rejected == all.outcome.rejected);
  CHECK(some.outcome.status == all.outcome.status);
  CHECK(std::ranges::all_of(all.moving, [](auto blocks) { return blocks == kernels::all_blocks; }));
}

/// One dose of every drug by every route that it has, in the unit that is accepted.
std::vector<Scenario> every_dose(ketasim::Species species) {
  std::vector<Scenario> scenarios;
  for (const auto& drug : ketasim::dosing::drugs)
    for (const auto& route : ketasim::dosing::routes)
      for (const auto& unit : ketasim::dosing::units) {
        Scenario s;
        s.subject = {.species = species};
        s.parameters = ketasim::parameters::of(species);
        s.doses = {{.drug = drug.value,
                    .amount = 0.5,
                    .unit = unit.value,
                    .route = route.value,
                    .interval_h = 30.0,
                    .additional = 2}};
        for (const double duration : {0.0, 2.0}) {
          s.doses.front().duration_h = duration;
          try {
            (void)ketasim::prepare(s);
          } catch (const std::invalid_argument&) {
            continue;
          }
          scenarios.push_back(s);
        }
      }
  return scenarios;
}

std::string name_of(const Scenario& s) {
  return std::string(ketasim::dosing::name_of(s.doses.front().drug, ketasim::dosing::drugs)) + " " +
         std::string(ketasim::row_of(s.doses.front().route, ketasim::dosing::routes).name);
}

}  // namespace

TEST_CASE("moving states: every drug by every route has the bits of a run that computes everything",
          "[moving]") {
  for (const auto species : {ketasim::Species::human, ketasim::Species::rat}) {
    const std::vector<Scenario> scenarios = every_dose(species);
    CHECK(scenarios.size() > 40);
    for (Scenario s : scenarios)
      for (const double severity : {0.0, 1.0}) {
        s.subject.severity = severity;
        CAPTURE(name_of(s), severity);
        check_same(s);
      }
  }
}

TEST_CASE("moving states: neither do pairs of doses, resets, switches and parameters change a bit",
          "[moving]") {
  std::mt19937_64 draw(7);
  const std::vector<Scenario> scenarios = every_dose(ketasim::Species::human);
  std::uniform_real_distribution<double> part(0.0, 1.0);
  for (int k = 0; k < 300; ++k) {
    Scenario s = scenarios[draw() % scenarios.size()];
    const Scenario& other = scenarios[draw() % scenarios.size()];
    s.doses.push_back(other.doses.front());
    s.doses.back().start_h = 12.0 * part(draw);
    s.subject.severity = part(draw) < 0.3 ? 0.0 : part(draw);
    if (part(draw) < 0.3) s.resets = {40.0};
    ketasim::model::Parameters<double>::each(
        s.parameters, [&](std::string_view, double& value, const ketasim::model::Parameter& row) {
          if (value == 0.0 && row.human_entry.high > 0.0 && part(draw) < 0.3)
            value = row.human_entry.high;  // a hypothesis is switched on
          else if (part(draw) < 0.1)
            value *= 0.9 + 0.2 * part(draw);
          else if (part(draw) < 0.02 && row.limits.holds(0.0) && row.human_entry.low == 0.0)
            value = 0.0;
        });
    CAPTURE(k, name_of(s), name_of(other));
    try {
      (void)ketasim::prepare(s);
    } catch (const std::invalid_argument&) {
      continue;  // a share above 1, or no state at rest
    }
    check_same(s);
  }
}

TEST_CASE("moving states: what nobody takes is left out", "[moving]") {
  const auto moved = [](const Scenario& s) {
    return integrated(ketasim::prepare(s), false).moving;
  };
  const auto share = [](kernels::Blocks blocks) {
    return std::ranges::count_if(kernels::block_of_state,
                                 [&](auto block) { return (blocks >> block & 1U) != 0; });
  };
  // Before the infusion nothing moves but what rounding leaves of the state at rest.
  const auto racemic = moved(infusion());
  CHECK(share(racemic.back()) < 70);
  Scenario s = infusion();
  s.doses.front().drug = Drug::esketamine;
  CHECK(share(moved(s).back()) < 56);
  s.doses = {{.drug = Drug::escitalopram,
              .amount = 10.0,
              .route = Route::oral,
              .interval_h = 24.0,
              .additional = 6}};
  // Rates of the circuit differ from rest by rounding, and move by as little.
  CHECK(share(moved(s).back()) < 50);
}

TEST_CASE(
    "moving states: a derivative that is zero by rounding changes nothing, one that is not does",
    "[moving]") {
  const ketasim::Problem problem = ketasim::prepare(infusion());
  ketasim::KernelSystem system(problem.parameters, problem.schedule.stops.front().inputs);
  const ketasim::StateVector<double> y = problem.start;
  ketasim::StateVector<double> f;
  system.rhs(0.0, y, f);
  const auto moving = [&] {
    return ketasim::moving_blocks(y.data(), f.data(), system.constants());
  };
  const kernels::Blocks usual = moving();
  for (int i = 0; i < kernels::n_states; ++i) {
    CAPTURE(i);
    const kernels::Blocks own = 1U << kernels::block_of_state[static_cast<std::size_t>(i)];
    const double kept = std::exchange(f[i], 1e-300);
    CHECK((moving() & (usual | own)) == (usual | own));
    f[i] = std::numeric_limits<double>::quiet_NaN();
    CHECK((moving() & own) != 0);
    f[i] = kept;
  }
}

TEST_CASE("moving states: ranges contain every state that moves and few others", "[moving]") {
  for (kernels::Blocks blocks = 0; blocks <= kernels::all_blocks; ++blocks) {
    const ketasim::MovingStates moving(blocks);
    std::vector<bool> covered(n_states, false);
    int last = 0;
    for (const solve::Range& range : moving.ranges()) {
      REQUIRE(range.first >= last);
      REQUIRE(range.last > range.first);
      last = range.last;
      for (int i = range.first; i < range.last; ++i) covered[static_cast<std::size_t>(i)] = true;
    }
    REQUIRE(last <= kernels::n_states);
    for (std::size_t i = 0; i < n_states; ++i)
      if (blocks >> kernels::block_of_state[i] & 1U) REQUIRE(covered[i]);
    if (blocks == 0) REQUIRE(moving.ranges().empty());
  }
}
