#include "ketasim/problem.hpp"

#include "ketasim/steady_state.hpp"

namespace ketasim {

Problem prepare(const Scenario& scenario, Deadline deadline) {
  check(scenario);
  const Subject& subject = scenario.subject;
  Problem problem;
  problem.parameters = model::scaled_to_weight(scenario.parameters, subject.weight_kg);
  problem.derived = model::derived(problem.parameters);
  const SteadyState rest = steady_state(problem.parameters, subject.severity);
  if (!rest.converged)
    throw ParameterError("no steady state at severity " + written(subject.severity) +
                         " with these parameters: the residual stays at " + written(rest.residual) +
                         "; move parameters back towards their defaults");
  problem.start = rest.y;

  const model::Inputs<double> held =
      inputs_at_rest(problem.parameters, problem.derived, model::unpack<double>(rest.y),
                     subject.severity, subject.baseline_madrs, scenario.context);
  problem.schedule = dosing::compile(scenario.doses, scenario.resets, scenario.context,
                                     {problem.parameters, subject.weight_kg}, held, deadline);
  problem.prepared = deadline.status();
  problem.seconds_spent = deadline.seconds_spent();
  return problem;
}

}  // namespace ketasim
