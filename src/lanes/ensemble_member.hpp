/// A member of an ensemble that is computed in a lane: the integrator, the stops and the rows of
/// simulate().
#pragma once

#include "lanes/lane_member.hpp"
#include "solve_problem.hpp"

namespace ketasim::lanes {

using LaneStepper = solve::Rodas<solve::Rodas5P, model::n_states, KernelLU>;

/// What the integrator of a member refers to.
struct MemberData {
  Problem problem;
  Recorder rows;
  KernelSystem system;
  LaneStepper stepper;
  StateVector<double> y;
  solve::Options<double, model::n_states> options;
  ApplyStop on_stop{problem, system};
  RecordRow on_sample{rows};

  MemberData(Problem prepared, std::span<const double> t_eval, const SolverOptions& solver,
             const Subject& subject)
      : problem(std::move(prepared)),
        rows(problem, t_eval),
        system(problem.parameters, problem.schedule.before, problem.needed),
        y(problem.start),
        options(solver_options(solver, subject, problem.seconds_spent)) {}
  MemberData(const MemberData&) = delete;
  MemberData& operator=(const MemberData&) = delete;
};

class EnsembleMember final
    : private MemberData,
      public solve::IntegratorMember<CascadeMember, LaneStepper, KernelSystem> {
 public:
  /// @param t_eval  must outlive the member
  EnsembleMember(Problem prepared, std::span<const double> t_eval, const SolverOptions& solver,
                 const Subject& subject)
      : MemberData(std::move(prepared), t_eval, solver, subject),
        IntegratorMember(stepper, system, y, rows.span(), options,
                         {.on_stop = on_stop, .on_sample = on_sample}) {}

  [[nodiscard]] const double* constants() const override { return system.constants(); }
  [[nodiscard]] kernels::Blocks moving() const override { return system.moving().blocks(); }

  /// Call once, when the run is over.
  [[nodiscard]] Trajectory finish() { return rows.finish(outcome(), &y); }
};

}  // namespace ketasim::lanes
