/// A Rosenbrock stepper for the cascade: the steps and bits of solve::Rodas with the generated
/// kernels, computed by code for the newest instruction set of the processor.
#pragma once

#include <array>
#include <memory>

#include "ketasim/kernel_system.hpp"
#include "ketasim/solve/rodas.hpp"
#include "lanes/step.hpp"

namespace ketasim {

/// @tparam Tableau  solve::Rodas5P or solve::Rodas4
template <class Tableau>
class KernelRodas {
 public:
  static constexpr int size = model::n_states;
  using State = StateVector<double>;
  using value_type = double;
  static constexpr int order = Tableau::order;
  static constexpr int error_order = Tableau::error_order;

  void begin(KernelSystem& system, double t, const State& y) {
    system.find_moving(y);
    advance(system, t, y);
  }
  void advance(KernelSystem& system, double, const State& y) {
    step_->begin(system.constants(), system.moving(), y.data());
    derivative_ = vector(step_->derivative());
    ++cost_.nfev;
    ++cost_.njev;
  }

  solve::Attempt attempt(KernelSystem& system, double, const State& y, double h, State& y1) {
    ++cost_.nlu;
    const solve::Attempt attempt = step_->attempt(system.constants(), y.data(), h, y1.data());
    if (attempt == solve::Attempt::singular) return attempt;
    error_ = vector(step_->error());
    cost_.nfev += static_cast<long>(Tableau::stages) - 1;
    return attempt;
  }

  void interpolate(double theta, const State& y, const State& y1, State& at) {
    step_->interpolate(theta, y.data(), y1.data(), at.data());
  }

  [[nodiscard]] const State& derivative() const { return derivative_; }
  [[nodiscard]] const State& error() const { return error_; }
  /// Stage i of the last attempt, and the factors of the matrix of all stages.
  [[nodiscard]] State stage(std::size_t i) const { return vector(step_->stage(i)); }
  [[nodiscard]] const double* factors() const { return step_->factors(); }

  /// Makes the attempt again with solve::Rodas. Slow: called only after a failed attempt.
  [[nodiscard]] solve::NonFinite find_non_finite(KernelSystem& system, double t, const State& y,
                                                 double h) const {
    solve::Rodas<Tableau, model::n_states, KernelLU> again;
    State y1;
    again.begin(system, t, y);
    (void)again.attempt(system, t, y, h, y1);
    return again.find_non_finite(system, t, y, h);
  }

  [[nodiscard]] solve::Cost& cost() { return cost_; }

 private:
  [[nodiscard]] static Eigen::Map<const State> vector(const double* numbers) {
    return Eigen::Map<const State>(numbers);
  }

  std::unique_ptr<lanes::Step> step_ = lanes::step_for_this_processor<Tableau>();
  State derivative_ = State::Zero(), error_ = State::Zero();
  solve::Cost cost_;
};

}  // namespace ketasim
