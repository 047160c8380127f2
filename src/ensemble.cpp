#include "ketasim/ensemble.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <limits>
#include <mutex>
#include <thread>

#ifdef __linux__
#include <sched.h>
#endif

namespace ketasim {
namespace {

void check_shapes(const Scenario& base, const Variation& v, std::size_t n_times,
                  const std::vector<std::size_t>& readouts, std::size_t n_values,
                  solve::AtEvent at_event) {
  const auto rows = [&](const char* name, std::size_t size, std::size_t per_member) {
    if (size != v.members * per_member && !(size == 0 && per_member == 1))
      throw ScenarioError(std::string(name) + " has " + std::to_string(size) + " values for " +
                          std::to_string(v.members) + " members: give " +
                          std::to_string(v.members * per_member));
  };
  rows("values", v.values.size(), v.parameters.size());
  rows("weight_kg", v.weight_kg.size(), 1);
  rows("severity", v.severity.size(), 1);
  rows("baseline_madrs", v.baseline_madrs.size(), 1);
  model::Parameters<double> scratch = base.parameters;
  for (const std::string& name : v.parameters) (void)parameters::find(scratch, name);
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

Scenario member_scenario(const Scenario& base, const Variation& v, std::size_t member) {
  Scenario s = base;
  for (std::size_t k = 0; k < v.parameters.size(); ++k)
    parameters::find(s.parameters, v.parameters[k]) = v.values[member * v.parameters.size() + k];
  if (!v.weight_kg.empty()) s.subject.weight_kg = v.weight_kg[member];
  if (!v.severity.empty()) s.subject.severity = v.severity[member];
  if (!v.baseline_madrs.empty()) s.subject.baseline_madrs = v.baseline_madrs[member];
  return s;
}

}  // namespace

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
  check_shapes(base, variation, t_eval.size(), readouts, values.size(), options.solver.at_event);
  std::fill(values.begin(), values.end(), std::numeric_limits<double>::quiet_NaN());
  std::vector<MemberStatus> status(variation.members);
  for (MemberStatus& s : status) s.outcome.status = solve::Status::interrupted;

  std::atomic<std::size_t> next{0}, done{0};
  const auto asked_to_stop = [&] {
    const SolverOptions& o = options.solver;
    return (o.interrupt && *o.interrupt) || (o.poll && o.poll(o.poll_data));
  };
  std::atomic<bool> stop{asked_to_stop()};
  SolverOptions solver = options.solver;
  solver.interrupt = &stop;
  solver.poll = nullptr;  // asked on the calling thread only
  const auto simulate_member = [&](std::size_t member) {
    MemberStatus& result = status[member];
    try {
      const Trajectory run = simulate(member_scenario(base, variation, member), t_eval, solver);
      result.outcome = run.outcome;
      for (std::size_t r = 0; r < readouts.size(); ++r) {
        const std::vector<double> readout = run.readout(readouts[r]);
        std::copy(readout.begin(), readout.end(),
                  values.begin() +
                      static_cast<std::ptrdiff_t>((member * readouts.size() + r) * t_eval.size()));
      }
    } catch (const std::invalid_argument&
                 error) {  // an impossible member: ScenarioError, ParameterError, UnknownName
      result.refused = true;
      result.message = error.what();
    }
  };

  std::mutex mutex;
  std::condition_variable finished;
  std::exception_ptr failure;
  unsigned running = std::max(1U, options.threads ? options.threads : available_threads());
  running = static_cast<unsigned>(
      std::min<std::size_t>(running, std::max<std::size_t>(1, variation.members)));
  const auto work = [&] {
    try {
      for (std::size_t m = next++; m < variation.members && !stop; m = next++) {
        simulate_member(m);
        ++done;
      }
    } catch (...) {  // out of memory and the like: carried to the calling thread
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
    for (unsigned k = 0; k < n_threads; ++k) threads.emplace_back(work);
    std::unique_lock lock(mutex);
    while (!finished.wait_for(lock, std::chrono::milliseconds(100), [&] { return running == 0; })) {
      lock.unlock();
      if (asked_to_stop() || (options.progress && options.progress(done))) stop = true;
      lock.lock();
    }
  }
  if (failure) std::rethrow_exception(failure);
  if (options.progress) (void)options.progress(done);
  return status;
}

}  // namespace ketasim
