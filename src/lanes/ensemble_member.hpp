/// A member of an ensemble that is computed in a lane: the integrator, the stops and the rows of
/// simulate().
#pragma once

#include "lanes/lane_member.hpp"
#include "solve_problem.hpp"

namespace ketasim::lanes {

class EnsembleMember final : public LaneMember {
 public:
  /// @param t_eval  must outlive the member
  EnsembleMember(Problem problem, std::span<const double> t_eval, const SolverOptions& options,
                 double weight_kg)
      : problem_(std::move(problem)),
        rows_(problem_, t_eval),
        system_(problem_.parameters, problem_.schedule.before),
        y_(problem_.start),
        options_(solver_options(options, weight_kg)),
        integrator_(stepper_, system_, y_, rows_.stop_times(), t_eval, options_, on_stop_,
                    on_sample_, {}) {
    integrator_.start(rows_.t_begin(), rows_.t_end());
  }
  EnsembleMember(const EnsembleMember&) = delete;
  EnsembleMember& operator=(const EnsembleMember&) = delete;

  bool begin_segment() override {
    if (!integrator_.apply_stops()) return false;
    StateVector<double> f0;
    system_.rhs(integrator_.t(), y_, f0);
    integrator_.add_cost(cost_of_begin);
    integrator_.begin_segment(f0);
    return true;
  }
  bool choose_step() override {
    if (!integrator_.choose_step()) return false;
    integrator_.add_cost(cost_of_attempt);
    return true;
  }
  [[nodiscard]] bool must_repeat(double error, bool finite) const override {
    return integrator_.must_repeat(error, finite);
  }
  solve::Verdict repeat() override { return integrator_.repeat(); }
  solve::Verdict judge(double error) override { return integrator_.judge(error); }
  [[nodiscard]] bool sample_in_step(double& theta) const override {
    return integrator_.sample_in_step(theta);
  }
  void deliver(const Column& at) override {
    integrator_.deliver(Eigen::Map<const StateVector<double>>(at.data()));
  }
  bool accept_step() override {
    if (integrator_.accept_step()) return true;
    integrator_.add_cost(cost_of_begin);
    return false;
  }
  [[nodiscard]] double step() const override { return integrator_.h(); }
  [[nodiscard]] const double* constants() const override { return system_.constants(); }
  [[nodiscard]] const double* absolute_tolerance() const override { return options_.atol.data(); }
  [[nodiscard]] double* state() override { return y_.data(); }

  /// Call once, when the run is over.
  [[nodiscard]] Trajectory finish() { return rows_.finish(integrator_.outcome()); }

 private:
  using Stepper = solve::Rodas<solve::Rodas5P, model::n_states, KernelLU>;
  /// What Stepper::begin and Stepper::attempt would have counted.
  static constexpr solve::Cost cost_of_begin{.nfev = 1, .njev = 1, .nlu = 0};
  static constexpr solve::Cost cost_of_attempt{
      .nfev = static_cast<long>(solve::Rodas5P::stages) - 1, .njev = 0, .nlu = 1};

  Problem problem_;
  Recorder rows_;
  KernelSystem system_;
  Stepper stepper_;
  StateVector<double> y_;
  solve::Options<double, model::n_states> options_;
  ApplyStop on_stop_{problem_, system_};
  RecordRow on_sample_{rows_};
  solve::Integrator<Stepper, KernelSystem, double, model::n_states, ApplyStop, RecordRow,
                    solve::Gustafsson<double>>
      integrator_;
};

}  // namespace ketasim::lanes
