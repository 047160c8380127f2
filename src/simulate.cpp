#include "ketasim/simulate.hpp"

#include "kernel_rodas.hpp"
#include "ketasim/solve/dopri5.hpp"
#include "needed_blocks.hpp"
#include "solve_problem.hpp"

namespace ketasim {

Trajectory simulate(const Scenario& scenario, std::span<const double> t_eval,
                    const SolverOptions& options) {
  check_request(scenario, t_eval, options);
  Problem problem = prepare(scenario, deadline_of(options));
  problem.needed = needed_blocks(options.only_for);
  const auto solved = [&] {
    switch (options.method) {
      case Method::rodas4:
        return solve_problem<KernelRodas<solve::Rodas4>>(problem, t_eval, options,
                                                         scenario.subject);
      case Method::dopri5:
        return solve_problem<solve::Dopri5<model::n_states>>(problem, t_eval, options,
                                                             scenario.subject);
      case Method::rodas5p:
        break;
    }
    return solve_problem<KernelRodas<solve::Rodas5P>>(problem, t_eval, options, scenario.subject);
  };
  Trajectory run = solved();
  run.judge_readouts(largest_tolerance(options, scenario.subject),
                     typical_sizes_of(scenario.subject));
  return run;
}

}  // namespace ketasim
