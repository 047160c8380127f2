/// The state before treatment as the solution of f(y, a) = 0, to be differentiated.
#pragma once

#include "ketasim/kernel_system.hpp"
#include "ketasim/problem.hpp"

namespace ketasim::gradient {

/// Inputs at which that state is an equilibrium.
[[nodiscard]] model::Inputs<double> inputs_of_rest(const Problem& problem, double severity);

/// Does this state, in the order of the packed vector, vary with the equilibrium? The states of
/// symptoms and tolerability are measured from it and stay 0, and no other state depends on them. The
/// adaptation of commitment rests at 0 whatever varies: of the references only translation_deficit acts
/// at rest, on this state, and a surge of nothing has no slope.
[[nodiscard]] bool varies_at_rest(std::size_t state);

/// Factors of -J.
/// @throws ParameterError if J is singular
[[nodiscard]] KernelLU factors_of_rest(const KernelLU::Jacobian& J);

}  // namespace ketasim::gradient
