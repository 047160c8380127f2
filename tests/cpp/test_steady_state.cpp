/// The search for the state before treatment obeys its options.
#include <catch2/catch.hpp>

#include "scenarios.hpp"

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
