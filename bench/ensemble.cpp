/// Many subjects after one infusion: throughput on one thread and on two.
#include <benchmark/benchmark.h>

#include <cmath>

#include "referee.hpp"
#include "subjects.hpp"

namespace {

struct Kept {
  std::vector<double> values;
  std::vector<ketasim::MemberStatus> status;
};

const std::vector<std::string> readout_names{"ketamine_venous", "nmda_occupancy", "spine_density",
                                             "cadss", "madrs_change"};

Kept simulate(const bench::Case& c, const ketasim::Variation& variation, double rtol,
              unsigned threads, unsigned lanes = 0, ketasim::LaneUse* use = nullptr) {
  const std::vector<double> t = c.times();
  std::vector<std::size_t> readouts;
  for (const std::string& name : readout_names) readouts.push_back(ketasim::readout_index(name));
  Kept kept{.values = std::vector<double>(variation.members * readouts.size() * t.size()),
            .status = {}};
  kept.status =
      ketasim::simulate_ensemble(c.scenario, variation, t, readouts, kept.values,
                                 {.solver = bench::at_tolerance(ketasim::Method::rodas5p, rtol),
                                  .threads = threads,
                                  .lanes = lanes,
                                  .lane_use = use,
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

void ensemble(benchmark::State& state, const bench::Case& c, unsigned threads, unsigned lanes,
              std::size_t n) {
  const ketasim::Variation variation = bench::subjects(n);
  Kept kept;
  ketasim::LaneUse use;
  for (auto _ : state) {
    kept = simulate(c, variation, 1e-6, threads, lanes, &use);
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
  if (lanes > 1)
    state.counters["occupancy"] =
        static_cast<double>(use.useful) / static_cast<double>(use.lane_steps);
  // The first eight subjects stand for all: a referee run costs ten ordinary ones.
  const ketasim::Variation few = bench::subjects(std::min<std::size_t>(n, 8));
  state.counters["error"] =
      distance(simulate(c, few, 1e-6, 1), simulate(c, few, 1e-11, 1), c.times().size());
}

const bool registered = [] {
  for (const bench::Case& c : {bench::one_infusion(), bench::escitalopram_daily()})
    for (const unsigned threads : {1U, 2U})
      for (const unsigned lanes : {1U, 4U, 8U})
        if (lanes <= ketasim::available_lanes())
          benchmark::RegisterBenchmark(
              ("ensemble/" + c.name + "/threads=" + std::to_string(threads) +
               "/lanes=" + std::to_string(lanes))
                  .c_str(),
              [=](benchmark::State& state) { ensemble(state, c, threads, lanes, 256); })
              ->Unit(benchmark::kMillisecond)
              ->UseRealTime()
              ->MeasureProcessCPUTime();
  return true;
}();

}  // namespace
