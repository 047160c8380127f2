/// E1: many subjects at once, one by one and in lanes, on one thread and on two; beside CVODE with
/// KLU, one by one. E4: subjects with regimens of their own, one in twenty of whom fails.
///
/// Ours is simulate_ensemble(): the state before treatment of every subject is found in its time,
/// and readouts are computed. CVODE is given the states before treatment.
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "../scenarios.hpp"
#include "../subjects.hpp"
#include "cascade.hpp"
#include "clock.hpp"
#include "cvode.hpp"
#include "judge.hpp"
#include "ketasim/ensemble.hpp"
#include "ketasim/parameters/species.hpp"
#include "suites.hpp"

namespace peers {
namespace {

constexpr std::size_t members = 256;
/// CVODE takes twenty times longer, and its time per subject is that of a part of them.
constexpr std::size_t members_of_cvode = 32;
/// A referee run costs ten ordinary ones: these stand for all in the errors.
constexpr std::size_t judged = 16;
constexpr double rtols[] = {1e-3, 1e-4, 1e-5, 1e-6, 1e-7};
constexpr double tight = 1e-11;
/// Several times what the longest of the healthy runs needs.
constexpr long max_steps = 20'000;

[[nodiscard]] ketasim::Scenario scenario_of(const ketasim::Scenario& base,
                                            const ketasim::Variation& v, std::size_t member) {
  ketasim::Scenario s = base;
  for (std::size_t k = 0; k < v.parameters.size(); ++k)
    ketasim::parameters::find(s.parameters, v.parameters[k]) =
        v.values[member * v.parameters.size() + k];
  s.subject.weight_kg = v.weight_kg[member];
  s.subject.severity = v.severity[member];
  if (!v.regimen.empty()) {
    s.doses = v.regimens[v.regimen[member]].doses;
    s.resets = v.regimens[v.regimen[member]].resets;
  }
  return s;
}

[[nodiscard]] ketasim::SolverOptions options_at(double rtol) {
  ketasim::SolverOptions options;
  options.rtol = rtol;
  options.atol_factor = rtol;
  options.max_steps = max_steps;
  return options;
}

/// What one way through a population took.
struct Passage {
  double seconds = 0.0;  ///< a subject; processor time of one thread, on the clock of two
  long steps = 0, rejected = 0, rhs = 0, jacobians = 0, factorisations = 0;
  long failed = 0;
  ketasim::LaneUse lanes;

  void add(const Run& run) {
    steps += run.steps;
    rejected += run.rejected;
    rhs += run.rhs;
    jacobians += run.jacobians;
    factorisations += run.factorisations;
    failed += run.success ? 0 : 1;
  }
};

class Population {
 public:
  Population(std::string called, bench::Case course, ketasim::Variation variation)
      : name_(std::move(called)), course_(std::move(course)), variation_(std::move(variation)) {
    times_ = course_.times();
    times_.erase(times_.begin());  // 0 is where everybody starts
    for (const char* readout :
         {"ketamine_venous", "nmda_occupancy", "spine_density", "cadss", "madrs_change"})
      readouts_.push_back(ketasim::readout_index(readout));
    values_.resize(variation_.members * readouts_.size() * times_.size());
  }

  [[nodiscard]] Passage ours(double rtol, unsigned lanes, unsigned threads) {
    Passage p;
    std::vector<ketasim::MemberStatus> status;
    ketasim::EnsembleOptions options;
    options.solver = options_at(rtol);
    options.threads = threads;
    options.lanes = lanes;
    options.lane_use = &p.lanes;
    const auto pass = [&] {
      status = ketasim::simulate_ensemble(course_.scenario, variation_, times_, readouts_, values_,
                                          options);
    };
    p.seconds = seconds_of_one(pass, threads == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC) /
                static_cast<double>(variation_.members);
    for (const ketasim::MemberStatus& s : status) {
      p.steps += s.outcome.steps;
      p.rejected += s.outcome.rejected;
      p.rhs += s.outcome.nfev;
      p.jacobians += s.outcome.njev;
      p.factorisations += s.outcome.nlu;
      p.failed += s.refused || s.outcome.status != ketasim::solve::Status::success;
    }
    return p;
  }

  /// Error of simulate(), whose bits are those of simulate_ensemble() at any lanes and threads.
  [[nodiscard]] Error error_of_ours(double rtol) {
    if (!error_of_ours_.contains(rtol)) {
      std::vector<Run> runs;
      for (std::size_t m = 0; m < judged; ++m) runs.push_back(alone(m, rtol));
      error_of_ours_[rtol] = error(runs);
    }
    return error_of_ours_[rtol];
  }

  [[nodiscard]] Passage cvode(double rtol, Error& reached) {
    if (cvode_ == nullptr) {
      for (std::size_t m = 0; m < members_of_cvode; ++m)
        ready_.push_back(ketasim::prepare(scenario_of(course_.scenario, variation_, m)));
      cascade_ = std::make_unique<Cascade>(name_, ready_.front(), times_);
      cvode_ = cvode_klu(*cascade_);
    }
    cvode_->prepare(rtol);
    std::vector<Run> runs(members_of_cvode);
    Passage p;
    const auto pass = [&] {
      for (std::size_t m = 0; m < members_of_cvode; ++m) {
        cascade_->become(ready_[m]);
        cvode_->solve(runs[m]);
      }
    };
    p.seconds = seconds_of_one(pass, CLOCK_PROCESS_CPUTIME_ID) / members_of_cvode;
    for (const Run& run : runs) p.add(run);
    runs.resize(judged);
    reached = error(runs);
    return p;
  }

  void tell(const std::string& who, int round, double rtol, std::size_t of, const Passage& p,
            const Error& e) const {
    std::printf(
        "{\"suite\": \"population\", \"run\": \"%s\", \"who\": \"%s\", \"round\": %d, \"rtol\": "
        "%g, "
        "\"success\": true, \"seconds\": %.6g, \"rms\": %.4g, \"max\": %.4g, \"steps\": %ld, "
        "\"rejected\": %ld, \"rhs\": %ld, \"jacobians\": %ld, \"factorisations\": %ld, "
        "\"members\": %zu, \"failed\": %ld, \"lane_steps\": %ld, \"useful\": %ld}\n",
        name_.c_str(), who.c_str(), round, rtol, p.seconds, e.rms, e.largest, p.steps, p.rejected,
        p.rhs, p.jacobians, p.factorisations, of, p.failed, p.lanes.lane_steps, p.lanes.useful);
    std::fflush(stdout);
  }

  [[nodiscard]] std::size_t size() const { return variation_.members; }

 private:
  [[nodiscard]] Run alone(std::size_t member, double rtol) const {
    Run run;
    try {
      const ketasim::Trajectory t = ketasim::simulate(
          scenario_of(course_.scenario, variation_, member), times_, options_at(rtol));
      run.y = t.y;
      run.success = t.success();
    } catch (const std::invalid_argument&) {  // refused before the first step
    }
    return run;
  }

  /// Over those of the judged who are not made to fail.
  [[nodiscard]] Error error(const std::vector<Run>& runs) {
    if (referee_.empty())
      for (std::size_t m = 0; m < judged; ++m) referee_.push_back(alone(m, tight));
    const ketasim::StateVector<double> typical = ketasim::typical_sizes();
    Error all;
    double n = 0.0;
    for (std::size_t m = 0; m < judged; ++m) {
      if (!referee_[m].success) continue;
      const Error e = error_of(runs[m], referee_[m],
                               {typical.data(), static_cast<std::size_t>(typical.size())});
      all.rms += e.rms * e.rms;
      all.largest = std::max(all.largest, e.largest);
      n += 1.0;
    }
    all.rms = std::sqrt(all.rms / n);
    return all;
  }

  std::string name_;
  bench::Case course_;
  ketasim::Variation variation_;
  std::vector<double> times_, values_;
  std::vector<std::size_t> readouts_;
  std::vector<Run> referee_;
  std::map<double, Error> error_of_ours_;
  std::vector<ketasim::Problem> ready_;
  std::unique_ptr<Cascade> cascade_;
  std::unique_ptr<Contestant> cvode_;
};

[[nodiscard]] std::string named(unsigned lanes, unsigned threads) {
  return "ketasim, " + (lanes == 1 ? std::string("one by one") : std::to_string(lanes) + " lanes") +
         (threads == 1 ? ", 1 thread" : ", 2 threads");
}

void run(Population& population, int rounds, bool beside_cvode) {
  for (int round = -1; round < rounds; ++round)  // the first is to warm up
    for (const double rtol : rtols) {
      const Error e = population.error_of_ours(rtol);
      for (const unsigned threads : {1U, 2U})
        for (const unsigned lanes : {1U, 4U, 8U}) {
          if (lanes > ketasim::available_lanes() || threads > ketasim::available_threads())
            continue;
          const Passage p = population.ours(rtol, lanes, threads);
          if (round >= 0)
            population.tell(named(lanes, threads), round, rtol, population.size(), p, e);
        }
      if (!beside_cvode || round < 0) continue;
      Error reached;
      const Passage p = population.cvode(rtol, reached);
      population.tell("CVODE, KLU, 1 thread", round, rtol, members_of_cvode, p, reached);
    }
}

}  // namespace

void populations(int rounds) {
  for (const auto& [name, course] :
       {std::pair{"E1", bench::one_infusion()}, std::pair{"E1b", bench::escitalopram_daily()}}) {
    Population population(name, course, bench::subjects(members));
    run(population, rounds, true);
  }
}

void populations_with_failures(int rounds) {
  ketasim::Variation variation = bench::subjects(members);
  // Clearances below 0: the drug grows from the first dose on, until it overflows.
  for (std::size_t m = 11; m < members; m += 20)  // who are given ketamine, see below
    for (const std::size_t clearance : {1U, 2U}) variation.values[3 * m + clearance] *= -1.0;
  for (const bench::Case& arm : {bench::no_drug(), bench::one_infusion(), bench::six_infusions(),
                                 bench::nasal_56_x8(), bench::escitalopram_daily()})
    variation.regimens.push_back({arm.scenario.doses, arm.scenario.resets});
  for (std::size_t m = 0; m < members; ++m)
    variation.regimen.push_back(m % variation.regimens.size());
  Population population("E4", bench::no_drug(), std::move(variation));
  run(population, rounds, false);
}

}  // namespace peers
