/// A member of an ensemble that travels in a lane: the course, the events and the rows of
/// simulate().
#pragma once

#include "lanes/lane_member.hpp"
#include "solve_problem.hpp"

namespace ketasim::lanes {

class Member final : public Rider {
 public:
  /// @param problem  made ready; `t_eval` must outlive the member
  Member(Problem problem, std::span<const double> t_eval, const SolverOptions& options,
         double weight_kg)
      : problem_(std::move(problem)),
        rows_(problem_, t_eval),
        system_(problem_.parameters, problem_.schedule.before),
        y_(problem_.start),
        options_(solver_options(options, weight_kg)),
        course_(stepper_, system_, y_, rows_.stop_times(), t_eval, options_, on_stop_, on_sample_,
                {}) {
    course_.start(rows_.t_begin(), rows_.t_end());
  }
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;

  bool depart() override {
    if (!course_.arrive()) return false;
    StateVector<double> f0;
    system_.rhs(course_.t(), y_, f0);
    course_.charge(begun);
    course_.depart(f0);
    return true;
  }
  bool aim() override {
    if (!course_.aim()) return false;
    course_.charge(attempted);
    return true;
  }
  [[nodiscard]] bool must_repeat(double error, bool sound) const override {
    return course_.must_repeat(error, sound);
  }
  solve::Verdict repeat() override { return course_.repeat(); }
  solve::Verdict judge(double error) override { return course_.judge(error); }
  [[nodiscard]] bool sample_in_step(double& theta) const override {
    return course_.sample_in_step(theta);
  }
  void deliver(const Column& at) override {
    course_.deliver(Eigen::Map<const StateVector<double>>(at.data()));
  }
  bool land() override {
    if (course_.land()) return true;
    course_.charge(begun);
    return false;
  }
  [[nodiscard]] double step() const override { return course_.h(); }
  [[nodiscard]] const double* constants() const override { return system_.constants(); }
  [[nodiscard]] const double* absolute_tolerance() const override { return options_.atol.data(); }
  [[nodiscard]] double* state() override { return y_.data(); }

  /// Call once, when the member is over.
  [[nodiscard]] Trajectory finish() { return rows_.finish(course_.outcome()); }

 private:
  using Stepper = solve::Rodas<solve::Rodas5P, model::n_states, KernelLU>;
  /// What Stepper::begin and Stepper::attempt would have counted.
  static constexpr solve::Cost begun{.nfev = 1, .njev = 1, .nlu = 0};
  static constexpr solve::Cost attempted{
      .nfev = static_cast<long>(solve::Rodas5P::stages) - 1, .njev = 0, .nlu = 1};

  Problem problem_;
  Recorder rows_;
  KernelSystem system_;
  Stepper stepper_;
  StateVector<double> y_;
  solve::Options<double, model::n_states> options_;
  ApplyStop on_stop_{problem_, system_};
  RecordRow on_sample_{rows_};
  solve::Course<Stepper, KernelSystem, double, model::n_states, ApplyStop, RecordRow,
                solve::Gustafsson<double>>
      course_;
};

}  // namespace ketasim::lanes
