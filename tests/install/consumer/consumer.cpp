/// A run through the public header alone: half a milligram per kilogram over 40 minutes, a day later.
#include <cmath>
#include <cstdio>
#include <ketasim/ketasim.hpp>
#include <vector>

int main() {
  ketasim::Scenario scenario;
  scenario.doses = {
      {.amount = 0.5, .unit = ketasim::dosing::Unit::mg_per_kg, .duration_h = 40.0 / 60.0}};
  const std::vector<double> t_eval{0.0, 1.0, 24.0};
  const ketasim::Trajectory run = ketasim::simulate(scenario, t_eval);
  const std::vector<double> change = run.readout("madrs_change");

  std::printf("MADRS change after a day: %.2f points\n", change.back());
  return run.success() && std::isfinite(change.back()) && change.back() < 0.0 ? 0 : 1;
}
