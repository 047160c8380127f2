/// G1, G2: a gradient by 20 and by 100 parameters beside the run it belongs to.
#include <cstdio>
#include <string>
#include <vector>

#include "../scenarios.hpp"
#include "clock.hpp"
#include "ketasim/parameters/species.hpp"
#include "ketasim/sensitivity.hpp"
#include "suites.hpp"

namespace peers {
namespace {

/// Evenly from the list of all parameters, so that every module has its share.
[[nodiscard]] std::vector<std::string> some_parameters(std::size_t n) {
  std::vector<std::string> all, some;
  const ketasim::model::Parameters<double> p = ketasim::parameters::human();
  ketasim::model::Parameters<double>::each(
      p, [&](std::string_view module, double, const ketasim::model::Parameter& row) {
        all.push_back(std::string(module) + "." + std::string(row.name));
      });
  for (std::size_t k = 0; k < n; ++k) some.push_back(all[k * all.size() / n]);
  return some;
}

}  // namespace

void gradients(int rounds) {
  const bench::Case course = bench::one_infusion();
  const std::vector<double> t = course.times();
  const std::vector<std::size_t> readouts{ketasim::readout_index("madrs_change"),
                                          ketasim::readout_index("nmda_occupancy")};
  for (int round = 0; round < rounds; ++round)
    for (const std::size_t n : {20U, 100U}) {
      const std::vector<std::string> wrt = some_parameters(n);
      long steps = 0;
      const double forward = seconds([&] {
        const ketasim::Trajectory run = ketasim::simulate(course.scenario, t);
        (void)run.readouts(readouts);
        steps = run.outcome.steps;
      });
      const double gradient =
          seconds([&] { (void)ketasim::sensitivity(course.scenario, t, readouts, wrt); });
      std::printf(
          "{\"gradient\": %zu, \"round\": %d, \"forward\": %.6g, \"seconds\": %.6g, \"steps\": "
          "%ld}\n",
          n, round, forward, gradient, steps);
      std::fflush(stdout);
    }
}

}  // namespace peers
