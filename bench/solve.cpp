/// One subject, from the scenario to 101 rows of states. The time includes finding the state before
/// treatment, which `steady_state/` shows alone.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>

#include "referee.hpp"

namespace {

using ketasim::Method;

void solve(benchmark::State& state, const bench::Case& c, Method method, double rtol) {
  const std::vector<double> t = c.times();
  const ketasim::SolverOptions options = bench::at_tolerance(method, rtol);
  const ketasim::Trajectory run = ketasim::simulate(c.scenario, t, options);
  if (!run.success()) {
    state.SkipWithError("the run stopped early");
    return;
  }
  for (auto _ : state) {
    ketasim::Trajectory timed = ketasim::simulate(c.scenario, t, options);
    benchmark::DoNotOptimize(timed.y.data());
  }
  const bench::Referee& referee = bench::Referee::of(c);
  const auto count = [](long n) { return static_cast<double>(n); };
  state.counters["steps"] = count(run.outcome.steps);
  state.counters["rejected"] = count(run.outcome.rejected);
  state.counters["rhs"] = count(run.outcome.nfev);
  state.counters["jacobians"] = count(run.outcome.njev);
  state.counters["LU"] = count(run.outcome.nlu);
  state.counters["error"] = referee.error_of(run);
  state.counters["referee_agreement"] = referee.agreement;
}

/// Levels of ketamine alone: what they do not depend on is not computed.
void levels(benchmark::State& state) {
  const bench::Case c = bench::one_infusion();
  const std::vector<double> t = c.times();
  const std::size_t level = ketasim::readout_index("ketamine_venous");
  ketasim::SolverOptions options = bench::at_tolerance(Method::rodas5p, 1e-6);
  options.only_for = {level};
  for (auto _ : state) {
    ketasim::Trajectory timed = ketasim::simulate(c.scenario, t, options);
    benchmark::DoNotOptimize(timed.y.data());
  }
  const auto run = ketasim::simulate(c.scenario, t, options);
  const auto reference =
      ketasim::simulate(c.scenario, t, bench::at_tolerance(Method::rodas5p, 1e-11)).readout(level);
  const auto found = run.readout(level);
  double largest = 0.0, difference = 0.0;
  for (std::size_t k = 0; k < t.size(); ++k) {
    largest = std::max(largest, std::abs(reference[k]));
    difference = std::max(difference, std::abs(found[k] - reference[k]));
  }
  state.counters["steps"] = static_cast<double>(run.outcome.steps);
  state.counters["error"] = difference / largest;
}

void add(const bench::Case& c, Method method, const std::string& method_name, double rtol,
         const std::string& rtol_text) {
  benchmark::RegisterBenchmark(
      ("solve/" + method_name + "/" + c.name + "/rtol=" + rtol_text).c_str(),
      [=](benchmark::State& state) { solve(state, c, method, rtol); })
      ->Unit(benchmark::kMicrosecond);
}

const bool registered = [] {
  for (const auto& [rtol, text] : {std::pair{1e-4, "1e-4"}, {1e-6, "1e-6"}, {1e-8, "1e-8"}}) {
    add(bench::one_infusion(), Method::rodas5p, "rodas5p", rtol, text);
    add(bench::one_infusion(), Method::rodas4, "rodas4", rtol, text);
  }
  for (const bench::Case& c :
       {bench::six_infusions(), bench::nasal_56_x8(), bench::escitalopram_daily()}) {
    add(c, Method::rodas5p, "rodas5p", 1e-6, "1e-6");
    add(c, Method::rodas4, "rodas4", 1e-6, "1e-6");
  }
  benchmark::RegisterBenchmark("solve/rodas5p/levels_of_one_infusion_14d/rtol=1e-6", levels)
      ->Unit(benchmark::kMicrosecond);
  return true;
}();

}  // namespace
