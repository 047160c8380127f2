/// What simulate(), sensitivity() and simulate_ensemble() share: the checks of a request and the
/// record of its rows.
#pragma once

#include <span>

#include "ketasim/problem.hpp"
#include "ketasim/simulate.hpp"

namespace ketasim {

/// @throws ScenarioError for times or options that make no sense, or a dose after the last time.
void check_request(const Scenario& scenario, std::span<const double> t_eval,
                   const SolverOptions& options);

/// Typical sizes of the states of a subject: amounts in a rodent are a hundredth of those in a human.
[[nodiscard]] StateVector<double> typical_sizes_of(const Subject& subject);

/// The largest error that the options allow, as a share of a typical size: of the relative and the
/// absolute tolerance.
[[nodiscard]] double largest_tolerance(const SolverOptions& options, const Subject& subject);

/// The limits of a request, from now on.
[[nodiscard]] inline Deadline deadline_of(const SolverOptions& options) {
  return {options.interrupt, options.poll, options.poll_data, options.max_wall_seconds};
}

/// @param seconds_spent  of max_wall_seconds, before the first step
[[nodiscard]] solve::Options<double, model::n_states> solver_options(const SolverOptions& options,
                                                                     const Subject& subject,
                                                                     double seconds_spent);

/// Collects the rows of a trajectory. The problem and t_eval must outlive it.
class Recorder {
 public:
  Recorder(const Problem& problem, std::span<const double> t_eval);

  /// The span of the run, with its stops and samples.
  [[nodiscard]] solve::TimeSpan<double> span() const {
    return {.from = t_begin_, .to = t_end_, .stops = result_.stop_times, .samples = t_eval_};
  }
  [[nodiscard]] int inputs_of_last_row() const { return result_.inputs.back(); }

  /// Row for t = t_eval[i].
  void record(std::size_t i, double t, const StateVector<double>& y);

  /// The trajectory of a problem whose preparation was stopped: nothing was reached.
  [[nodiscard]] Trajectory finish_unprepared(solve::Status status) {
    return finish({.status = status, .t = t_begin_});
  }

  /// The trajectory, with NaN for the times that were not reached. Call once.
  /// @param last  the last accepted state, from which the likely cause of a failure is read
  [[nodiscard]] Trajectory finish(const solve::Outcome& outcome,
                                  const StateVector<double>* last = nullptr);

 private:
  Trajectory result_;
  std::span<const double> t_eval_;
  double t_begin_ = 0.0, t_end_ = 0.0;
  std::size_t delivered_ = 0;
};

}  // namespace ketasim
