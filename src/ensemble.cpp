#include "ketasim/ensemble.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <limits>
#include <memory>
#include <mutex>
#include <thread>

#include "lanes/ensemble_member.hpp"
#include "lanes/instructions.hpp"
#include "needed_blocks.hpp"

#ifdef __linux__
#include <sched.h>
#endif

namespace ketasim {
namespace {

void check_shapes(const Variation& v, std::size_t n_times, const std::vector<std::size_t>& readouts,
                  std::size_t n_values, solve::AtEvent at_event) {
  const auto rows = [&](const char* name, std::size_t size, std::size_t per_member,
                        bool optional = true) {
    if (per_member != 0 && v.members > std::numeric_limits<std::size_t>::max() / per_member)
      throw ScenarioError(std::to_string(v.members) + " members are too many");
    if (size != v.members * per_member && !(size == 0 && optional))
      throw ScenarioError(std::string(name) + " has " + std::to_string(size) + " values for " +
                          std::to_string(v.members) + " members: give " +
                          std::to_string(v.members * per_member));
  };
  rows("values", v.values.size(), v.parameters.size(), false);
  rows("weight_kg", v.weight_kg.size(), 1);
  rows("severity", v.severity.size(), 1);
  rows("baseline_madrs", v.baseline_madrs.size(), 1);
  rows("regimen", v.regimen.size(), 1);
  for (const std::size_t index : v.regimen)
    if (index >= v.regimens.size())
      throw ScenarioError("regimen " + std::to_string(index) + " of a member does not exist: " +
                          std::to_string(v.regimens.size()) + " are given, counted from 0");
  for (const std::size_t index : readouts)
    if (index >= readout_table().size())
      throw UnknownName("no readout has index " + std::to_string(index) + ": they run from 0 to " +
                        std::to_string(readout_table().size() - 1));
  if (at_event == solve::AtEvent::both)
    throw ScenarioError(
        "at_event = both gives a time two rows where an event falls on it, an ensemble has one: "
        "choose before or after");
  const std::size_t needed = v.members * readouts.size() * n_times;
  if (n_values != needed)
    throw ScenarioError("the result buffer has " + std::to_string(n_values) +
                        " values: " + std::to_string(v.members) + " members x " +
                        std::to_string(readouts.size()) + " readouts x " + std::to_string(n_times) +
                        " times need " + std::to_string(needed));
}

Scenario member_scenario(const Scenario& base, const Variation& v,
                         const std::vector<parameters::Place>& varied, std::size_t member) {
  Scenario s = base;
  for (std::size_t k = 0; k < varied.size(); ++k)
    varied[k].in(s.parameters) = v.values[member * varied.size() + k];
  if (!v.weight_kg.empty()) s.subject.weight_kg = v.weight_kg[member];
  if (!v.severity.empty()) s.subject.severity = v.severity[member];
  if (!v.baseline_madrs.empty()) s.subject.baseline_madrs = v.baseline_madrs[member];
  if (!v.regimen.empty()) {
    const Regimen& own = v.regimens[v.regimen[member]];
    s.doses = own.doses;
    s.resets = own.resets;
  }
  return s;
}

/// What all threads share: the next member to take, and the rows that each member writes.
struct Work {
  const Scenario& base;
  const Variation& variation;
  const std::vector<parameters::Place>& varied;
  std::span<const double> t_eval;
  const std::vector<std::size_t>& readouts;
  const SolverOptions& solver;
  std::span<double> values;
  std::vector<MemberStatus>& status;
  const std::atomic<bool>& stop;
  std::atomic<std::size_t> next{0}, done{0};
  std::atomic<long> lane_steps{0}, useful{0};

  [[nodiscard]] Scenario scenario_of(std::size_t member) const {
    return member_scenario(base, variation, varied, member);
  }

  /// The next member, or `variation.members` if there is none.
  [[nodiscard]] std::size_t take() { return stop ? variation.members : next++; }

  void record(std::size_t member, const Trajectory& run) {
    record(member, run, run.readouts(readouts));
  }
  void record(std::size_t member, const Trajectory& run, const std::vector<double>& columns) {
    status[member].outcome = run.outcome;
    std::copy(columns.begin(), columns.end(),
              values.begin() + static_cast<std::ptrdiff_t>(member * columns.size()));
    ++done;
  }

  /// Records a member whose scenario is impossible: ScenarioError, ParameterError, UnknownName.
  void refuse(std::size_t member, const std::invalid_argument& error) {
    status[member].refused = true;
    status[member].message = error.what();
    ++done;
  }

  /// Simulates members with simulate() until none is left.
  void simulate_members() {
    for (std::size_t m = take(); m < variation.members; m = take()) {
      try {
        record(m, simulate(scenario_of(m), t_eval, solver));
      } catch (const std::invalid_argument& error) {
        refuse(m, error);
      }
    }
  }
};

/// The members that the lanes of one thread are integrating.
class ThreadMembers final : public solve::MemberSource<lanes::CascadeMember> {
 public:
  explicit ThreadMembers(Work& work) : work_(work), typical_(typical_sizes_of(work.base.subject)) {}

  lanes::CascadeMember* next(std::size_t lane) override {
    for (std::size_t m = work_.take(); m < work_.variation.members; m = work_.take()) {
      try {
        const Scenario scenario = work_.scenario_of(m);
        check_request(scenario, work_.t_eval, work_.solver);
        Problem problem = prepare(scenario, deadline_of(work_.solver));
        problem.needed = needed_blocks(work_.solver.only_for);
        if (problem.prepared != solve::Status::success) {
          work_.record(m, Recorder(problem, work_.t_eval).finish_unprepared(problem.prepared));
          continue;
        }
        index_[lane] = m;
        tolerance_[lane] = largest_tolerance(work_.solver, scenario.subject);
        member_[lane] = std::make_unique<lanes::EnsembleMember>(std::move(problem), work_.t_eval,
                                                                work_.solver, scenario.subject);
        return member_[lane].get();
      } catch (const std::invalid_argument& error) {
        work_.refuse(m, error);
      }
    }
    return nullptr;
  }

  void finished(std::size_t lane) override {
    Trajectory run = member_[lane]->finish();
    const std::vector<double> columns =
        run.judge_readouts(tolerance_[lane], typical_, work_.readouts);
    work_.record(index_[lane], run, columns);
    member_[lane].reset();
  }

 private:
  Work& work_;
  StateVector<double> typical_;
  std::array<std::unique_ptr<lanes::EnsembleMember>, 8> member_;
  std::array<std::size_t, 8> index_{};
  std::array<double, 8> tolerance_{};
};

void simulate_in_lanes(Work& work, unsigned width) {
#ifdef KETASIM_WIDE_LANES
  ThreadMembers members(work);
  const double rtol = work.solver.rtol;
  const solve::LaneCount count =
      width == 8 ? lanes::run_lanes<8>(members, rtol) : lanes::run_lanes<4>(members, rtol);
  work.lane_steps += count.steps * width;
  work.useful += count.useful;
#else
  (void)width;
  work.simulate_members();
#endif
}

unsigned chosen_lanes(const EnsembleOptions& options) {
  if (options.solver.method != Method::rodas5p) return 1;
  if (options.lanes == 0)
    return lanes::halves_wide_registers() ? std::min(4U, available_lanes()) : available_lanes();
  if ((options.lanes != 1 && options.lanes != 4 && options.lanes != 8) ||
      options.lanes > available_lanes())
    throw ScenarioError("lanes = " + std::to_string(options.lanes) + ": this processor has 1 to " +
                        std::to_string(available_lanes()) +
                        "; choose 1, 4 or 8 of these, or 0 for the fastest");
  return options.lanes;
}

}  // namespace

unsigned available_lanes() {
  switch (lanes::available_instructions()) {
    case lanes::Instructions::avx512:
      return 8;
    case lanes::Instructions::avx2:
      return 4;
    case lanes::Instructions::baseline:
      break;
  }
  return 1;
}

unsigned available_threads() {
#ifdef __linux__
  cpu_set_t mask;
  if (sched_getaffinity(0, sizeof(mask), &mask) == 0)
    return std::max(1U, static_cast<unsigned>(CPU_COUNT(&mask)));
#endif
  return std::max(1U, std::thread::hardware_concurrency());
}

std::vector<MemberStatus> simulate_ensemble(const Scenario& base, const Variation& variation,
                                            std::span<const double> t_eval,
                                            const std::vector<std::size_t>& readouts,
                                            std::span<double> values,
                                            const EnsembleOptions& options) {
  check_shapes(variation, t_eval.size(), readouts, values.size(), options.solver.at_event);
  const std::vector<parameters::Place> varied(variation.parameters.begin(),
                                              variation.parameters.end());
  const unsigned width = chosen_lanes(options);
  std::fill(values.begin(), values.end(), std::numeric_limits<double>::quiet_NaN());
  std::vector<MemberStatus> status(variation.members);
  for (MemberStatus& s : status) s.outcome.status = solve::Status::interrupted;

  const auto stop_requested = [&] {
    const SolverOptions& o = options.solver;
    return (o.interrupt && *o.interrupt) || (o.poll && o.poll(o.poll_data));
  };
  std::atomic<bool> stop{stop_requested()};
  SolverOptions solver = options.solver;
  solver.interrupt = &stop;
  solver.poll = nullptr;  // called on the calling thread only
  Work work{base, variation, varied, t_eval, readouts, solver, values, status, stop};

  std::mutex mutex;
  std::condition_variable finished;
  std::exception_ptr failure;
  unsigned running = std::max(1U, options.threads ? options.threads : available_threads());
  running = static_cast<unsigned>(
      std::min<std::size_t>(running, std::max<std::size_t>(1, variation.members)));
  const auto simulate_until_done = [&] {
    try {
      if (width == 1)
        work.simulate_members();
      else
        simulate_in_lanes(work, width);
    } catch (...) {  // such as std::bad_alloc: rethrown on the calling thread
      const std::scoped_lock lock(mutex);
      failure = std::current_exception();
      stop = true;
    }
    const std::scoped_lock lock(mutex);
    if (--running == 0) finished.notify_one();
  };
  {
    std::vector<std::jthread> threads;
    const unsigned n_threads = running;
    for (unsigned k = 0; k < n_threads; ++k) threads.emplace_back(simulate_until_done);
    std::unique_lock lock(mutex);
    while (!finished.wait_for(lock, std::chrono::milliseconds(100), [&] { return running == 0; })) {
      lock.unlock();
      if (!stop && (stop_requested() || (options.progress && options.progress(work.done))))
        stop = true;
      lock.lock();
    }
  }
  if (failure) std::rethrow_exception(failure);
  if (options.lane_use) *options.lane_use = {work.lane_steps, work.useful};
  if (options.progress) (void)options.progress(work.done);
  return status;
}

}  // namespace ketasim
