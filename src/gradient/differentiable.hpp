/// What sensitivity() and Adjoint refuse.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "ketasim/simulate.hpp"

namespace ketasim::gradient {

/// @throws ScenarioError, UnknownName
void check_differentiable(const Scenario& scenario, std::span<const double> t_eval,
                          const std::vector<std::size_t>& readouts,
                          const std::vector<std::string>& wrt, const SolverOptions& options);

}  // namespace ketasim::gradient
