#include "ketasim/simulate.hpp"

#include "ketasim/kernel_system.hpp"
#include "ketasim/solve/dopri5.hpp"
#include "request.hpp"

namespace ketasim {
namespace {

template <class Stepper>
Trajectory run(const Problem& problem, std::span<const double> t_eval, const SolverOptions& options,
               double weight_kg) {
  Stepper stepper;
  Recorder rows(problem, t_eval);
  KernelSystem system(problem.parameters, problem.schedule.before);
  StateVector<double> y = problem.start;
  const solve::Outcome outcome = solve::integrate(
      stepper, system, y, rows.t_begin(), rows.stop_times(), rows.t_end(), t_eval,
      solver_options(options, weight_kg),
      [&](std::size_t k, double, StateVector<double>& state) {
        const dosing::Stop& stop = problem.schedule.stops[k];
        if (stop.reset) state = problem.start;
        for (const dosing::Jump& jump : stop.jumps)
          state[jump.state] = jump.scale * state[jump.state] + jump.add;
        system.hold(stop.inputs);
      },
      [&](std::size_t i, double t, const StateVector<double>& state) { rows.record(i, t, state); });
  return rows.finish(outcome);
}

}  // namespace

Trajectory simulate(const Scenario& scenario, std::span<const double> t_eval,
                    const SolverOptions& options) {
  check_request(scenario, t_eval, options);
  const Problem problem = prepare(scenario);
  const double weight_kg = scenario.subject.weight_kg;
  using solve::Rodas;
  switch (options.method) {
    case Method::rodas4:
      return run<Rodas<solve::Rodas4, model::n_states, KernelLU>>(problem, t_eval, options,
                                                                  weight_kg);
    case Method::dopri5:
      return run<solve::Dopri5<model::n_states>>(problem, t_eval, options, weight_kg);
    case Method::rodas5p:
      break;
  }
  return run<Rodas<solve::Rodas5P, model::n_states, KernelLU>>(problem, t_eval, options, weight_kg);
}

}  // namespace ketasim
