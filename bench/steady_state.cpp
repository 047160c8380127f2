/// The state before treatment: closed form for the healthy, relaxation and Newton under stress.
#include <benchmark/benchmark.h>

#include "referee.hpp"

namespace {

void steady_state(benchmark::State& state, double severity) {
  const auto parameters = ketasim::parameters::human();
  ketasim::SteadyState rest = ketasim::steady_state(parameters, severity);
  for (auto _ : state) {
    rest = ketasim::steady_state(parameters, severity);
    benchmark::DoNotOptimize(rest.y.data());
  }
  if (!rest.converged) state.SkipWithError("no equilibrium found");

  // By another way; the last Newton update of double arithmetic
  // cannot be smaller than a few units of the last digit, hence no tighter tolerance.
  const ketasim::SteadyState referee = ketasim::steady_state(
      parameters, severity, {.relaxation_steps = 12, .relaxation_growth = 3.0, .tolerance = 1e-13});
  const auto row = [](const ketasim::SteadyState& s) {
    return std::span(s.y.data(), static_cast<std::size_t>(s.y.size()));
  };
  state.counters["newton_steps"] = rest.newton_steps;
  state.counters["residual"] = rest.residual;
  state.counters["error"] = referee.converged
                                ? bench::distance(row(rest), row(referee), ketasim::typical_sizes())
                                : std::numeric_limits<double>::quiet_NaN();
}
BENCHMARK_CAPTURE(steady_state, healthy, 0.0)->Name("steady_state/severity=0");
BENCHMARK_CAPTURE(steady_state, half, 0.5)
    ->Name("steady_state/severity=0.5")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(steady_state, patient, 1.0)
    ->Name("steady_state/severity=1")
    ->Unit(benchmark::kMicrosecond);

}  // namespace
