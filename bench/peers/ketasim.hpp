/// This library's Rosenbrock methods, through the interface that its rivals use.
#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include "ketasim/solve/integrate.hpp"
#include "ketasim/solve/rodas.hpp"
#include "problem.hpp"

namespace peers {

/// The problem as solve::Rodas sees it.
template <int N>
struct Equations {
  const Problem& problem;
  [[nodiscard]] static Equations of(const Problem& problem) { return {problem}; }
  using State = ketasim::solve::Vector<double, N>;

  void rhs(double t, const State& y, State& dydt) const { problem.rhs(t, y.data(), dydt.data()); }
  template <class Jacobian>
  void jacobian(double t, const State& y, Jacobian& J, State& dfdt) const {
    problem.jacobian(t, y.data(), J.data());
    problem.time_derivative(t, y.data(), dfdt.data());
  }
};

/// @tparam Stepper    of this library
/// @tparam Equations  of(problem): what the stepper solves
template <class Stepper, class Equations>
class Ketasim final : public Contestant {
 public:
  template <class... Arguments>
  Ketasim(std::string called, Problem& problem, const Arguments&... arguments)
      : problem_(problem), stepper_(arguments...) {
    name = std::move(called);
  }

  void prepare(double rtol) override {
    options_.rtol = rtol;
    for (int i = 0; i < N; ++i)
      options_.atol[i] = rtol * problem_.size[static_cast<std::size_t>(i)];
  }

  void solve(Run& run) override {
    run.reset(problem_);
    problem_.rewind();
    auto&& system = Equations::of(problem_);
    State y = Eigen::Map<const State>(problem_.start.data());
    const auto on_stop = [&](std::size_t k, double, State& state) {
      problem_.pass(k, state.data());
    };
    const auto on_sample = [&](std::size_t i, double, const State& state) {
      std::copy_n(state.data(), N, run.row(i, problem_));
    };
    const ketasim::solve::Outcome outcome =
        ketasim::solve::integrate(stepper_, system, y,
                                  {.from = problem_.t_begin,
                                   .to = problem_.t_end,
                                   .stops = problem_.stops,
                                   .samples = problem_.samples},
                                  options_, {.on_stop = on_stop, .on_sample = on_sample});
    run.success = outcome.status == ketasim::solve::Status::success;
    run.steps = outcome.steps;
    run.rejected = outcome.rejected;
    run.rhs = outcome.nfev;
    run.jacobians = outcome.njev;
    run.factorisations = outcome.nlu;
  }

 private:
  static constexpr int N = Stepper::size;
  using State = typename Stepper::State;
  Problem& problem_;
  Stepper stepper_;
  ketasim::solve::Options<double, N> options_;
};

}  // namespace peers
