#include "gradient/sloped_problem.hpp"

#include <vector>

#include "gradient/rest.hpp"

namespace ketasim::gradient {

void write_arguments(const model::Parameters<D>& p, const model::Inputs<D>& u, Directions* to) {
  for (const D& value : model::numbers(p)) *to++ = slopes_of(value);
  for (const D& value : model::numbers(u)) *to++ = slopes_of(value);
}

namespace {

/// Slopes of the equilibrium before treatment: J S = -f_a a'.
void differentiate_rest(const Problem& problem, const model::Parameters<D>& p, const D& severity,
                        std::array<Directions, model::n_states>& S) {
  const KernelSystem system(problem.parameters, inputs_of_rest(problem, severity.value));
  KernelLU::Jacobian J{};
  std::array<double, kernels::n_argument_entries> Ja{};
  kernels::jacobians(problem.start.data(), system.constants(), J.data(), Ja.data());
  const KernelLU linear = factors_of_rest(J);
  model::Inputs<D> u{};
  u.stress = severity;
  std::vector<Directions> a(kernels::n_arguments);
  write_arguments(p, u, a.data());
  S.fill(Directions{});
  add_arguments(entries_with_slopes(a.data()), Ja.data(), a.data(), S.data());
  solve_block(linear.factors(), S.data());  // (-J)^-1 f_a a'
  for (std::size_t k = 0; k < S.size(); ++k)
    if (!varies_at_rest(k)) S[k] = Directions{};
}

}  // namespace

model::State<D> with_slopes(const double* y, const Directions* S) {
  std::array<D, model::n_states> dual;
  for (std::size_t s = 0; s < dual.size(); ++s) {
    dual[s].value = y[s];
    dual[s].slope = S[s].d;
  }
  return model::unpack<D>(dual);
}

SlopedProblem prepare(const Scenario& scenario, const Problem& problem, const VariedScenario& v,
                      Deadline& deadline) {
  SlopedProblem block;
  block.parameters = model::scaled_to_weight(v.parameters, v.weight_kg);
  block.derived = model::derived(block.parameters);
  differentiate_rest(problem, block.parameters, v.severity, block.start);
  const model::Inputs<D> held = inputs_at_rest(
      block.parameters, block.derived, with_slopes(problem.start.data(), block.start.data()),
      v.severity, v.baseline_madrs, scenario.context);
  block.schedule = dosing::compile(v.doses, scenario.resets, scenario.context,
                                   {block.parameters, v.weight_kg}, held, deadline);
  for (std::size_t s = 0; s < block.start.size(); ++s) block.start[s] += slopes_of(v.initial[s]);
  return block;
}

}  // namespace ketasim::gradient
