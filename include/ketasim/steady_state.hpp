/// The state of a subject before any drug: healthy in closed form, or the equilibrium of chronic
/// stress.
#pragma once

#include <string>

#include "ketasim/cascade_system.hpp"

namespace ketasim {

struct SteadyState {
  StateVector<double> y;
  std::string method;  ///< "closed form" or "relaxation, then Newton"
  int newton_steps = 0;
  double residual =
      0.0;  ///< largest |dy/dt| / (typical size x fastest rate of the state), 1 = far from rest
  bool converged = false;
};

struct SteadyStateOptions {
  double relaxation_h = 9600.0;  ///< 400 d
  double relaxation_rtol = 1e-3;
  double tolerance = 1e-12;  ///< on the last Newton update, relative to typical sizes
  int max_newton_steps = 20;
};

/// Equilibrium without drug at severity s (model section 15): relaxation for 400 d with s constant,
/// then Newton with the exact Jacobian. Symptoms are measured from this state and stay at 0.
/// @param parameters  after allometry
/// @return converged = false rather than a value that is not an equilibrium; simulate() turns that
/// into an error
[[nodiscard]] SteadyState steady_state(const model::Parameters<double>& parameters, double severity,
                                       const SteadyStateOptions& options = {});

/// Largest real part of the eigenvalues of the Jacobian at y [1/h]: negative means stable.
[[nodiscard]] double largest_eigenvalue_real_part(const model::Parameters<double>& parameters,
                                                  double severity, const StateVector<double>& y);

}  // namespace ketasim
