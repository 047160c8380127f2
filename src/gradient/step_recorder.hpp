/// A Rosenbrock stepper that keeps every accepted step for the adjoint.
#pragma once

#include <algorithm>
#include <array>
#include <deque>
#include <utility>

#include "gradient/adjoint_step.hpp"
#include "kernel_rodas.hpp"

namespace ketasim::gradient {

/// An accepted step from y over h, and its stages.
struct RecordedStep {
  double h;
  Numbers y;
  std::array<Numbers, max_stages> k;
};

/// The steps and bits of KernelRodas.
template <class Tableau>
class StepRecorder {
 public:
  using Inner = KernelRodas<Tableau>;
  using State = typename Inner::State;
  using value_type = double;
  static constexpr int size = Inner::size, order = Tableau::order,
                       error_order = Tableau::error_order;

  /// @param steps  to which every accepted step is appended
  explicit StepRecorder(std::deque<RecordedStep>& steps) : steps_(steps) {}

  // The interface of solve::Stepper.
  void begin(KernelSystem& system, double t, const State& y) { inner_.begin(system, t, y); }
  void advance(KernelSystem& system, double t, const State& y) { inner_.advance(system, t, y); }
  solve::Attempt attempt(KernelSystem& system, double t, const State& y, double h, State& y1) {
    return inner_.attempt(system, t, y, h, y1);
  }
  [[nodiscard]] const State& derivative() const { return inner_.derivative(); }
  [[nodiscard]] const State& error() const { return inner_.error(); }
  [[nodiscard]] solve::NonFinite find_non_finite(KernelSystem& system, double t, const State& y,
                                                 double h) const {
    return inner_.find_non_finite(system, t, y, h);
  }
  [[nodiscard]] solve::Cost& cost() { return inner_.cost(); }

  void interpolate(double theta, const State& y, const State& y1, State& at) {
    inner_.interpolate(theta, y, y1, at);
    theta_ = theta;
  }
  void accepted(KernelSystem&, const State& y, double h) {
    RecordedStep& step = steps_.emplace_back();
    step.h = h;
    std::copy(y.begin(), y.end(), step.y.begin());
    for (std::size_t i = 0; i < Tableau::stages; ++i) {
      const State k = inner_.stage(i);
      std::copy(k.begin(), k.end(), step.k[i].begin());
    }
  }

  /// Where interpolate() was called since the last call of this, or -1.
  [[nodiscard]] double take_theta() { return std::exchange(theta_, -1.0); }

 private:
  Inner inner_;
  std::deque<RecordedStep>& steps_;
  double theta_ = -1.0;
};

}  // namespace ketasim::gradient
