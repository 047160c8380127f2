/// What every contestant is given: the same equations, exact Jacobian, doses, sample times and
/// sizes, behind one virtual call each.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace peers {

class Problem {
 public:
  virtual ~Problem() = default;

  std::string name;
  double t_begin = 0.0, t_end = 0.0;
  std::vector<double> start;    ///< (n,)
  std::vector<double> size;     ///< (n,) typical sizes: absolute tolerance = rtol x size
  std::vector<double> stops;    ///< where a dose begins or ends, sorted
  std::vector<double> samples;  ///< after t_begin, sorted
  std::vector<int> row_start;   ///< (n + 1,) structure of the Jacobian, diagonal included
  std::vector<int> column;

  [[nodiscard]] int n() const { return static_cast<int>(start.size()); }

  virtual void rhs(double t, const double* y, double* dydt) const = 0;
  /// Values in the order of `column`.
  virtual void jacobian(double t, const double* y, double* J) const = 0;
  /// df/dt at constant y; 0 where the equations hold no time.
  virtual void time_derivative(double /*t*/, const double* /*y*/, double* dfdt) const {
    std::fill_n(dfdt, start.size(), 0.0);
  }
  /// Inputs as before the first stop.
  virtual void rewind() {}
  /// Jumps of the state at stop k, and the inputs in force from then on.
  virtual void pass(std::size_t /*k*/, double* /*y*/) {}
};

/// States at the samples, and what they took. Left NaN where the run did not get.
struct Run {
  std::vector<double> y;  ///< (samples, n)
  bool success = false;
  long steps = 0, rejected = 0, rhs = 0, jacobians = 0, factorisations = 0;

  void reset(const Problem& problem) {
    y.assign(problem.samples.size() * problem.start.size(),
             std::numeric_limits<double>::quiet_NaN());
    success = false;
    steps = rejected = rhs = jacobians = factorisations = 0;
  }
  [[nodiscard]] double* row(std::size_t sample, const Problem& problem) {
    return y.data() + sample * problem.start.size();
  }
};

/// One solver on one problem. Everything that outlives a run is made in prepare().
class Contestant {
 public:
  virtual ~Contestant() = default;
  std::string name;
  virtual void prepare(double rtol) = 0;
  virtual void solve(Run& run) = 0;
};

using Contestants = std::vector<std::unique_ptr<Contestant>>;

/// From stop to stop. cross(t0, t1, first, last) takes y from t0 to t1 and records the samples
/// [first, last), which lie in (t0, t1]; a sample at a stop shows the state before it.
template <class Cross>
[[nodiscard]] bool between_stops(Problem& problem, std::vector<double>& y, Cross&& cross) {
  problem.rewind();
  y = problem.start;
  double t = problem.t_begin;
  std::size_t k = 0, first = 0;
  for (;;) {
    for (; k < problem.stops.size() && problem.stops[k] <= t; ++k) problem.pass(k, y.data());
    if (!(t < problem.t_end)) return true;
    const double t1 = k < problem.stops.size() && problem.stops[k] < problem.t_end
                          ? problem.stops[k]
                          : problem.t_end;
    std::size_t last = first;
    while (last < problem.samples.size() && problem.samples[last] <= t1) ++last;
    if (!cross(t, t1, first, last)) return false;
    t = t1;
    first = last;
  }
}

/// All contestants on one problem.
struct Contest {
  std::unique_ptr<Problem> problem;
  Contestants contestants;
};

[[nodiscard]] std::vector<Contest> contests();

}  // namespace peers
