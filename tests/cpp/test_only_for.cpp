/// Runs that compute what some readouts need: levels alone, without the brain.
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "ketasim/adjoint.hpp"
#include "ketasim/ensemble.hpp"
#include "ketasim/sensitivity.hpp"
#include "needed_blocks.hpp"
#include "scenarios.hpp"

using ketasim::readout_index;
using ketasim::simulate;
using test::Scenario;
using test::SolverOptions;

namespace {

const std::vector<double> times{0.5, 1.0, 4.0, 24.0, 72.0};

SolverOptions only(const std::vector<std::string>& names) {
  SolverOptions options;
  for (const std::string& name : names) options.only_for.push_back(readout_index(name));
  return options;
}

}  // namespace

TEST_CASE("only_for: levels need neither receptors nor symptoms, relief needs both") {
  const std::array levels{readout_index("ketamine_venous"), readout_index("norketamine_venous")};
  const std::array relief{readout_index("madrs_change")};
  const std::array share{readout_index("response")};
  const auto of_levels = ketasim::needed_blocks(levels);
  const auto in = [](ketasim::kernels::Blocks blocks, std::string_view name) {
    return (blocks >> ketasim::kernels::block_of_state[test::state(name)] & 1u) != 0;
  };
  CHECK(in(of_levels, "pharmacokinetics.A1_S"));
  CHECK(in(of_levels, "pharmacokinetics.Aim_R"));
  CHECK_FALSE(in(of_levels, "mtor.M"));
  CHECK_FALSE(in(of_levels, "symptoms.U"));
  CHECK(in(ketasim::needed_blocks(relief), "pharmacokinetics.A1_S"));
  CHECK(in(ketasim::needed_blocks(relief), "symptoms.C"));
  CHECK(ketasim::needed_blocks(share) == ketasim::kernels::all_blocks);
  CHECK(ketasim::needed_blocks({}) == ketasim::kernels::all_blocks);
}

TEST_CASE("only_for: levels are those of the whole run within the tolerances, in fewer steps") {
  const Scenario scenario = test::infusion();
  const auto whole = simulate(scenario, times);
  const auto levels = simulate(scenario, times, only({"ketamine_venous", "norketamine_venous"}));
  REQUIRE(levels.success());
  for (const std::string name : {"ketamine_venous", "norketamine_venous"}) {
    const auto a = whole.readout(name), b = levels.readout(name);
    double largest = 0.0;
    for (const double value : a) largest = std::max(largest, value);
    for (std::size_t k = 0; k < a.size(); ++k)
      // Two choices of steps, each with an error of a few tolerances of 1e-6.
      CHECK(std::abs(a[k] - b[k]) <= 3e-5 * largest);
  }
  CHECK(levels.outcome.steps < whole.outcome.steps);
}

TEST_CASE("only_for: a readout that was not computed throws, in words") {
  const auto levels = simulate(test::infusion(), times, only({"ketamine_venous"}));
  const std::string said = test::refusal([&] { (void)levels.readout("madrs_change"); });
  CHECK(said.find("madrs_change was not computed") != std::string::npos);
  SolverOptions beyond;
  beyond.only_for = {100000};
  CHECK(test::refusal([&] { (void)simulate(test::infusion(), times, beyond); }).find("only_for") !=
        std::string::npos);
}

TEST_CASE("only_for: what everything needs has the bits of the whole run") {
  const auto whole = simulate(test::infusion(), times);
  const auto relief = simulate(test::infusion(), times, only({"response"}));
  CHECK(relief.y == whole.y);
}

TEST_CASE("only_for: runs, lanes, threads and derivatives take the same steps") {
  const Scenario scenario = test::infusion();
  const SolverOptions options = only({"ketamine_venous"});
  const std::vector<std::size_t> readouts{readout_index("ketamine_venous")};
  const auto alone = simulate(scenario, times, options).readouts(readouts);
  ketasim::Variation five{.members = 5,
                          .parameters = {},
                          .values = {},
                          .weight_kg = {},
                          .severity = {},
                          .baseline_madrs = {},
                          .regimens = {},
                          .regimen = {}};
  for (const unsigned lanes : {1u, 0u}) {
    std::vector<double> values(5 * times.size());
    ketasim::EnsembleOptions how;
    how.solver = options;
    how.lanes = lanes;
    (void)simulate_ensemble(scenario, five, times, readouts, values, how);
    for (std::size_t m = 0; m < 5; ++m)
      for (std::size_t k = 0; k < times.size(); ++k)
        CHECK(values[m * times.size() + k] == alone[k]);
  }
  const std::vector<std::string> wrt{"pharmacokinetics.CLint_S", "dose[0].amount", "mtor.tau_M"};
  const auto forward = sensitivity(scenario, times, readouts, wrt, options);
  CHECK(forward.run.readouts(readouts) == alone);
  const ketasim::Adjoint adjoint(scenario, times, readouts, wrt, options);
  CHECK(adjoint.run().readouts(readouts) == alone);
  const auto backward = adjoint.gradient(std::vector<double>(times.size(), 1.0));
  for (std::size_t w = 0; w < wrt.size(); ++w) {
    double sum = 0.0;
    for (std::size_t k = 0; k < times.size(); ++k) sum += forward.gradient[k * wrt.size() + w];
    CHECK(std::abs(backward[w] - sum) <= 1e-10 * std::abs(sum) + 1e-11);
  }
  CHECK(backward[2] == 0.0);
}
