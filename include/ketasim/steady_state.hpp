/// The state of a subject before any drug: in closed form for health, else the equilibrium under
/// chronic stress.
#pragma once

#include <string>

#include "ketasim/cascade_system.hpp"

namespace ketasim {

struct SteadyState {
  StateVector<double> y;
  std::string method;  ///< "closed form" or "relaxation, then Newton"
  int newton_steps = 0;
  /// Largest change of a state by the last Newton update [typical sizes of the state].
  double residual = 0.0;
  bool converged = false;
};

struct SteadyStateOptions {
  int relaxation_steps = 4;          ///< of 1 h, 100 h, 10 000 h ...
  double relaxation_growth = 100.0;  ///< of one step over the last
  double tolerance = 1e-12;          ///< on the last Newton update, relative to typical sizes
  int max_newton_steps = 20;
  /// Fastest change at which the closed form counts as a rest [typical sizes per hour]. Rounding,
  /// times the fastest rate, is 1e-10.
  double closed_form_per_h = 1e-8;
};

/// Equilibrium without drug at severity s. In health it has a closed form, where the shares of
/// nascent and mature spines have the sum 1; otherwise: from health, with s constant, a few
/// linearly implicit Euler steps that grow from an hour to a century, then Newton steps with the exact
/// Jacobian (pseudo-transient continuation, Kelley and Keyes 1998). The accuracy of the first steps
/// does not matter. Symptoms are measured from this state and stay at 0.
/// @param parameters  after allometry
/// @return with converged = false if no equilibrium was found; simulate() then throws
[[nodiscard]] SteadyState steady_state(const model::Parameters<double>& parameters, double severity,
                                       const SteadyStateOptions& options = {});

/// Largest real part of the eigenvalues of the Jacobian at y [1/h]: negative means stable.
/// @return NaN if the iteration for the eigenvalues does not converge
[[nodiscard]] double largest_eigenvalue_real_part(const model::Parameters<double>& parameters,
                                                  double severity, const StateVector<double>& y);

}  // namespace ketasim
