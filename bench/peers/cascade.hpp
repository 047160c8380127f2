/// The whole cascade, through the generated kernels. The state before treatment is found beforehand
/// and given to everybody.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "ketasim/kernel_system.hpp"
#include "ketasim/problem.hpp"
#include "problem.hpp"

namespace peers {

class Cascade final : public Problem {
 public:
  /// From 0 to the last of the times.
  Cascade(std::string called, ketasim::Problem ready, std::vector<double> times)
      : ready_(std::move(ready)), system_(ready_.parameters, ready_.schedule.before) {
    name = std::move(called);
    samples = std::move(times);
    t_end = samples.back();
    const ketasim::StateVector<double> typical = ketasim::typical_sizes();
    size.assign(typical.data(), typical.data() + typical.size());
    row_start.assign(ketasim::kernels::row_start.begin(), ketasim::kernels::row_start.end());
    column.assign(ketasim::kernels::column.begin(), ketasim::kernels::column.end());
    settle();
  }

  /// From now on the problem of another subject.
  void become(const ketasim::Problem& ready) {
    ready_ = ready;
    system_ = ketasim::KernelSystem(ready_.parameters, ready_.schedule.before);
    settle();
  }

  void rhs(double, const double* y, double* dydt) const override {
    ketasim::kernels::rhs(y, system_.constants(), dydt);
  }
  void jacobian(double, const double* y, double* J) const override {
    ketasim::kernels::jacobian(y, system_.constants(), J);
  }
  /// For our own steppers, which need more of it than others.
  [[nodiscard]] ketasim::KernelSystem& system() { return system_; }

  void rewind() override { system_.hold(ready_.schedule.before); }
  void pass(std::size_t k, double* y) override {
    const ketasim::dosing::Stop& stop = ready_.schedule.stops[k];
    for (const ketasim::dosing::Jump& jump : stop.jumps)
      y[jump.state] = jump.scale * y[jump.state] + jump.add;
    system_.hold(stop.inputs);
  }

 private:
  void settle() {
    start.assign(ready_.start.data(), ready_.start.data() + ready_.start.size());
    stops.clear();
    for (const ketasim::dosing::Stop& stop : ready_.schedule.stops)
      if (stop.time < t_end) stops.push_back(stop.time);
  }

  ketasim::Problem ready_;
  ketasim::KernelSystem system_;
};

/// The equations as `simulate` gives them to its stepper.
struct Shipped {
  [[nodiscard]] static ketasim::KernelSystem& of(Problem& problem) {
    return static_cast<Cascade&>(problem).system();
  }
};

}  // namespace peers
