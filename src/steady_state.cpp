#include "ketasim/steady_state.hpp"

#include <cmath>
#include <limits>

#include "ketasim/kernel_system.hpp"
#include "ketasim/problem.hpp"

namespace ketasim {
namespace {

/// 0 for states that are measured from the equilibrium, where they are 0 by definition; 1 for all
/// others, none of which depends on them.
const StateVector<double>& solved_states() {
  static const StateVector<double> solved = [] {
    StateVector<double> one_or_zero;
    int k = 0;
    for (const model::StateRow& row : model::state_rows())
      one_or_zero[k++] = row.rests_at_zero() ? 0.0 : 1.0;
    return one_or_zero;
  }();
  return solved;
}

}  // namespace

SteadyState steady_state(const model::Parameters<double>& parameters, double severity,
                         const SteadyStateOptions& options) {
  const model::Derived<double> derived = model::derived(parameters);
  SteadyState result;
  model::pack(model::healthy_state(parameters, derived), result.y);
  KernelSystem system(parameters, {});
  const StateVector<double> typical = typical_sizes();
  // Translation at rest is a reference of the growth phase, so it follows the state.
  const auto rates = [&] {
    system.hold(inputs_at_rest<double>(parameters, derived, model::unpack<double>(result.y),
                                       severity, std::nullopt, dosing::Context::none));
    StateVector<double> f;
    system.rhs(0.0, result.y, f);
    return f;
  };
  // In typical sizes; Eigen's maximum may be a number where a component is NaN.
  const auto largest = [&](const StateVector<double>& change) {
    return change.allFinite() ? (change.array() / typical.array()).abs().maxCoeff()
                              : std::numeric_limits<double>::infinity();
  };
  // The closed form is a rest where the healthy density is 1: for N0 + M0 = 1.
  if (severity == 0.0 && largest(rates()) < options.closed_form_per_h) {
    result.method = "closed form";
    result.converged = true;
    return result;
  }

  result.method = "relaxation, then Newton";
  result.residual = std::numeric_limits<double>::infinity();
  const StateVector<double>& solved = solved_states();
  result.y = result.y.cwiseProduct(solved);
  KernelLU linear;
  KernelLU::Jacobian J = linear.make_jacobian();
  // Solves (I/h - J) update = f; without 1/h this is a Newton step.
  const auto update_with = [&](double per_h) {
    StateVector<double> f = rates(), none;
    system.jacobian(0.0, result.y, J, none);
    if (!linear.factorize(J, per_h)) return false;
    linear.solve(f);
    f = f.cwiseProduct(solved);
    result.y += f;
    result.residual = largest(f);
    return std::isfinite(result.residual);
  };
  double step_h = 1.0;
  for (int k = 0; k < options.relaxation_steps; ++k, step_h *= options.relaxation_growth)
    if (!update_with(1.0 / step_h)) return result;
  for (; result.newton_steps < options.max_newton_steps; ++result.newton_steps) {
    if (!update_with(0.0)) return result;
    if (result.residual < options.tolerance) {
      result.converged = true;
      return result;
    }
  }
  return result;
}

}  // namespace ketasim
