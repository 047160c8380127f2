#include "along.hpp"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__ELF__)
#define KETASIM_WIDEST __attribute__((target_clones("avx512f", "avx2", "default"), flatten))
#else
#define KETASIM_WIDEST
#endif

namespace ketasim {

KETASIM_WIDEST void jacobians_along(const Along* y, const double* constants, Along* J, Along* Ja) {
  kernels::jacobian(y, constants, J);
  kernels::argument_jacobian(y, constants, Ja);
}

}  // namespace ketasim
