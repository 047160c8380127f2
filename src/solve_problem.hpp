/// Integrates a problem with one stepper.
#pragma once

#include "ketasim/kernel_system.hpp"
#include "request.hpp"

namespace ketasim {

/// Applies the stops of a problem.
struct ApplyStop {
  const Problem& problem;
  KernelSystem& system;

  void operator()(std::size_t k, double, StateVector<double>& y) const {
    const dosing::Stop& stop = problem.schedule.stops[k];
    if (stop.reset) y = problem.start;
    for (const dosing::Jump& jump : stop.jumps)
      y[jump.state] = jump.scale * y[jump.state] + jump.add;
    system.hold(stop.inputs);
  }
};

/// Records the requested rows.
struct RecordRow {
  Recorder& rows;

  void operator()(std::size_t i, double t, const StateVector<double>& y) const {
    rows.record(i, t, y);
  }
};

/// @tparam Stepper  solve::Rodas or solve::Dopri5
template <class Stepper>
[[nodiscard]] Trajectory solve_problem(const Problem& problem, std::span<const double> t_eval,
                                       const SolverOptions& options, const Subject& subject) {
  Stepper stepper;
  Recorder rows(problem, t_eval);
  if (problem.prepared != solve::Status::success) return rows.finish_unprepared(problem.prepared);
  KernelSystem system(problem.parameters, problem.schedule.before, problem.needed);
  StateVector<double> y = problem.start;
  const solve::Outcome outcome = solve::integrate(
      stepper, system, y, rows.span(), solver_options(options, subject, problem.seconds_spent),
      {.on_stop = ApplyStop{problem, system}, .on_sample = RecordRow{rows}});
  return rows.finish(outcome, &y);
}

}  // namespace ketasim
