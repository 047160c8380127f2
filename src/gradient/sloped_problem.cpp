#include "gradient/sloped_problem.hpp"

#include <vector>

#include "gradient/rest.hpp"

namespace ketasim::gradient {

LeafJacobian::LeafJacobian(const model::Parameters<double>& p, const model::Inputs<double>& u) {
  kernels::leaf_jacobian(model::numbers(p).data(), model::numbers(u).data(), entries_.data());
}

void LeafJacobian::add_transposed(const double* leaves, double* arguments) const {
  for (std::size_t leaf = 0; leaf < kernels::n_leaves; ++leaf)
    for (int e = kernels::argument_row_start[leaf]; e < kernels::argument_row_start[leaf + 1];
         ++e) {
      const auto at = static_cast<std::size_t>(e);
      arguments[kernels::argument_column[at]] += entries_[at] * leaves[leaf];
    }
}

void write_leaf_slopes(const LeafJacobian& G, const model::Parameters<D>& p,
                       const model::Inputs<D>& u, Directions* to) {
  std::array<Directions, kernels::n_arguments> a;
  auto next = a.begin();
  for (const D& value : model::numbers(p)) *next++ = slopes_of(value);
  for (const D& value : model::numbers(u)) *next++ = slopes_of(value);
  leaf_slopes(G.entries(), a.data(), to);
}

namespace {

/// Slopes of the equilibrium before treatment: J S = -f_c c'.
void differentiate_rest(const Problem& problem, const model::Parameters<D>& p, const D& severity,
                        std::array<Directions, model::n_states>& S) {
  const model::Inputs<double> at_rest = inputs_of_rest(problem, severity.value);
  const KernelSystem system(problem.parameters, at_rest);
  KernelLU::Jacobian J{};
  std::array<double, kernels::n_leaf_entries> L{};
  kernels::jacobians(problem.start.data(), system.constants(), J.data(), L.data());
  const KernelLU linear = factors_of_rest(J);
  model::Inputs<D> u{};
  u.stress = severity;
  std::vector<Directions> c(kernels::n_leaves);
  write_leaf_slopes(LeafJacobian(problem.parameters, at_rest), p, u, c.data());
  S.fill(Directions{});
  add_leaves(entries_with_slopes(c.data()), L.data(), c.data(), S.data());
  solve_block(linear.factors(), S.data());  // (-J)^-1 f_c c'
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
