/// Boost.Odeint's Rosenbrock method of order 4.
#pragma once

#include "problem.hpp"

namespace peers {

[[nodiscard]] std::unique_ptr<Contestant> odeint_stock(Problem& problem);
[[nodiscard]] std::unique_ptr<Contestant> odeint_corrected(Problem& problem);

}  // namespace peers
