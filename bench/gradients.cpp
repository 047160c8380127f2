/// One infusion, 14 days at rtol 1e-6, with the derivatives of two readouts at 101 times, beside the run
/// alone: forward for every readout, and backward for one sum of squares. `python bench/gradients.py`
/// writes bench/gradients.md from it.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "scenarios.hpp"

namespace {

/// Evenly from the list of all parameters, so that every module has its share.
[[nodiscard]] std::vector<std::string> parameters(std::size_t n) {
  const auto rows = ketasim::model::parameter_rows();
  std::vector<std::string> some;
  for (std::size_t k = 0; k < n; ++k)
    some.push_back(full_name_of(rows[(2 * k + 1) * rows.size() / (2 * n)]));
  return some;
}

[[nodiscard]] std::vector<std::size_t> readouts() {
  return {ketasim::readout_index("madrs_change"), ketasim::readout_index("nmda_occupancy")};
}

void run(benchmark::State& state) {
  const bench::Case course = bench::one_infusion();
  const std::vector<double> t = course.times();
  for (auto _ : state) {
    const ketasim::Trajectory timed = ketasim::simulate(course.scenario, t);
    benchmark::DoNotOptimize(timed.readouts(readouts()).data());
  }
}

void forward(benchmark::State& state, std::size_t n) {
  const bench::Case course = bench::one_infusion();
  const std::vector<double> t = course.times();
  const auto wrt = parameters(n);
  for (auto _ : state) {
    const auto timed = ketasim::sensitivity(course.scenario, t, readouts(), wrt);
    benchmark::DoNotOptimize(timed.gradient.data());
  }
}

void backward(benchmark::State& state, std::size_t n) {
  const bench::Case course = bench::one_infusion();
  const std::vector<double> t = course.times();
  const auto wrt = parameters(n);
  for (auto _ : state) {
    const ketasim::Adjoint timed(course.scenario, t, readouts(), wrt);
    // The slopes of the sum of squares of madrs_change.
    const auto predicted = timed.run().readout("madrs_change");
    std::vector<double> weights(2 * t.size(), 0.0);
    for (std::size_t k = 0; k < t.size(); ++k) weights[2 * k] = 2.0 * predicted[k];
    benchmark::DoNotOptimize(timed.gradient(weights).data());
  }
}

const bool registered = [] {
  benchmark::RegisterBenchmark("gradient/run", run)->Unit(benchmark::kMicrosecond);
  const std::size_t all = ketasim::model::parameter_rows().size();
  for (const std::size_t n :
       {std::size_t{1}, std::size_t{10}, std::size_t{20}, std::size_t{100}, all}) {
    const std::string of = std::to_string(n);
    benchmark::RegisterBenchmark(("gradient/forward/" + of).c_str(), [n](benchmark::State& state) {
      forward(state, n);
    })->Unit(benchmark::kMicrosecond);
    benchmark::RegisterBenchmark(("gradient/backward/" + of).c_str(), [n](benchmark::State& state) {
      backward(state, n);
    })->Unit(benchmark::kMicrosecond);
  }
  return true;
}();

}  // namespace
