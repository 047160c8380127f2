/// The explorer lists every dose, so it needs no steady-state records. Their code (src/periodic.cpp, a matrix
/// exponential and a sparse Jacobian by dual numbers) would be a third of the module.

#include "ketasim/dosing/periodic.hpp"

namespace ketasim::dosing {

PeriodicState periodic_state(const Dose& dose, const Recipient&) {
  throw ScenarioError(describe(dose) + ": cannot start from a steady state here; give its doses");
}

}  // namespace ketasim::dosing
