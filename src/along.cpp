#include "along.hpp"

namespace ketasim {

void jacobians_along(const Along* y, const double* constants, Along* J, Along* Ja) {
  kernels::jacobian(y, constants, J);
  kernels::argument_jacobian(y, constants, Ja);
}

}  // namespace ketasim
