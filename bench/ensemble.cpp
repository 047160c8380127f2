/// Many subjects after one infusion: throughput on one thread and on two.
#include <benchmark/benchmark.h>

#include <cmath>

#include "referee.hpp"

namespace {

/// Subjects 0 to n-1 spread evenly over plausible values (Weyl sequences), the same in every run.
ketasim::Variation subjects(std::size_t n) {
  const auto spread = [](std::size_t i, double irrational, double low, double high) {
    double whole;
    return low + (high - low) * std::modf(static_cast<double>(i + 1) * irrational, &whole);
  };
  ketasim::Variation v{
      .members = n,
      .parameters = {"pharmacokinetics.V1", "pharmacokinetics.CLint_S", "pharmacokinetics.CLint_R"},
      .values = {},
      .weight_kg = {},
      .severity = {},
      .baseline_madrs = {}};
  for (std::size_t i = 0; i < n; ++i) {
    v.values.push_back(spread(i, std::sqrt(2.0), 8.0, 20.0));     // [L]
    v.values.push_back(spread(i, std::sqrt(3.0), 280.0, 460.0));  // [L/h]
    v.values.push_back(spread(i, std::sqrt(5.0), 170.0, 290.0));  // [L/h]
    v.weight_kg.push_back(spread(i, std::sqrt(7.0), 50.0, 100.0));
    v.severity.push_back(spread(i, std::sqrt(11.0), 0.5, 1.0));
  }
  return v;
}

struct Kept {
  std::vector<double> values;
  std::vector<ketasim::MemberStatus> status;
};

const std::vector<std::string> readout_names{"ketamine_venous", "nmda_occupancy", "spine_density",
                                             "cadss", "madrs_change"};

Kept simulate(const bench::Case& c, const ketasim::Variation& variation, double rtol,
              unsigned threads) {
  const std::vector<double> t = c.times();
  std::vector<std::size_t> readouts;
  for (const std::string& name : readout_names) readouts.push_back(ketasim::readout_index(name));
  Kept kept{.values = std::vector<double>(variation.members * readouts.size() * t.size()),
            .status = {}};
  kept.status =
      ketasim::simulate_ensemble(c.scenario, variation, t, readouts, kept.values,
                                 {.solver = bench::at_tolerance(ketasim::Method::rodas5p, rtol),
                                  .threads = threads,
                                  .progress = {}});
  return kept;
}

/// Largest |a - b| / (largest |b| of that readout and subject) over subjects, readouts and times.
double distance(const Kept& a, const Kept& b, std::size_t n_times) {
  double largest = 0.0;
  for (std::size_t row = 0; row < b.values.size(); row += n_times) {
    double size = 0.0, difference = 0.0;
    for (std::size_t i = row; i < row + n_times; ++i) {
      size = std::max(size, std::abs(b.values[i]));
      difference = std::max(difference, std::abs(a.values[i] - b.values[i]));
    }
    if (size > 0.0) largest = std::max(largest, difference / size);
  }
  return largest;
}

void ensemble(benchmark::State& state, unsigned threads, std::size_t n) {
  const bench::Case c = bench::one_infusion();
  const ketasim::Variation variation = subjects(n);
  Kept kept;
  for (auto _ : state) {
    kept = simulate(c, variation, 1e-6, threads);
    benchmark::DoNotOptimize(kept.values.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(n));
  double steps = 0.0, failed = 0.0;
  for (const ketasim::MemberStatus& s : kept.status) {
    steps += static_cast<double>(s.outcome.steps);
    failed += s.refused || s.outcome.status != ketasim::solve::Status::success;
  }
  state.counters["steps"] = steps / static_cast<double>(n);
  state.counters["failed"] = failed;
  // The first eight subjects stand for all: a referee run costs ten ordinary ones.
  const ketasim::Variation few = subjects(std::min<std::size_t>(n, 8));
  state.counters["error"] =
      distance(simulate(c, few, 1e-6, 1), simulate(c, few, 1e-11, 1), c.times().size());
}

const bool registered = [] {
  for (const unsigned threads : {1U, 2U})
    for (const std::size_t n : {64U, 512U})
      benchmark::RegisterBenchmark(
          ("ensemble/threads=" + std::to_string(threads) + "/n=" + std::to_string(n)).c_str(),
          [=](benchmark::State& state) { ensemble(state, threads, n); })
          ->Unit(benchmark::kMillisecond)
          ->UseRealTime();
  return true;
}();

}  // namespace
