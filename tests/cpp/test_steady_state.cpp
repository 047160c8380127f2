/// The search for the state before treatment obeys its options.
#include <catch2/catch.hpp>

#include "scenarios.hpp"

using namespace test;

TEST_CASE("steady state: its tolerances are settable", "[steady_state]") {
  const auto p = ketasim::parameters::human();
  ketasim::SteadyStateOptions options;
  options.max_newton_steps = 0;
  CHECK_FALSE(ketasim::steady_state(p, 1.0, options).converged);
  options = {};
  const auto usual = ketasim::steady_state(p, 1.0, options);
  options.tolerance = 1e-3;
  const auto loose = ketasim::steady_state(p, 1.0, options);
  CHECK(loose.converged);
  CHECK(loose.newton_steps < usual.newton_steps);
  options = {};
  options.relaxation_steps = 12;
  options.relaxation_growth = 3.0;
  const auto patient = ketasim::steady_state(p, 1.0, options);
  CHECK((patient.y - usual.y).cwiseAbs().maxCoeff() < 1e-9);  // the same place by another way
}

TEST_CASE("steady state: in health it stays where it is, whatever the shares of spines",
          "[steady_state]") {
  Scenario scenario = healthy({});
  const auto moves = [&] {
    const Trajectory run = ketasim::simulate(scenario, std::vector{0.0, 2000.0});
    REQUIRE(run.success());
    double most = 0.0;
    for (std::size_t k = 0; k < n_states; ++k)
      most = std::max(most, std::abs(at(run, 1, k) - at(run, 0, k)));
    return most;
  };
  CHECK(moves() < 1e-9);
  CHECK(ketasim::steady_state(scenario.parameters, 0.0).method == "closed form");
  // The sum of both shares is no longer 1, the healthy density that the closed form is made for.
  scenario.parameters.synaptogenesis.N0 = 0.35;
  CHECK(moves() < 1e-9);
  CHECK(ketasim::steady_state(scenario.parameters, 0.0).method != "closed form");
}

TEST_CASE("steady state: one that is not a number was not found", "[steady_state]") {
  Scenario scenario;
  scenario.parameters.serotonin.ka_flx = 1e-320;  // possible, and smaller than what can be inverted
  CHECK_FALSE(ketasim::steady_state(scenario.parameters, 1.0).converged);
  CHECK(refusal([&] {
          (void)ketasim::simulate(scenario, std::vector{1.0});
        }).find("no steady state at severity 1") != std::string::npos);
}
