/// Jacobians and, beside them, their derivatives along eight directions at once.
#pragma once

#include <array>

#include "ketasim/kernels/cascade.hpp"
#include "ketasim/scalar/dual.hpp"

namespace ketasim {

inline constexpr std::size_t along_directions = 8;
using Along = scalar::Dual<double, along_directions>;

/// J = df/dy (kernels::n_entries,) and Ja = df/da (kernels::n_argument_entries,) at y with slopes.
/// Compiled in a file of its own: thousands of lines of eight-fold arithmetic keep a compiler busy.
void jacobians_along(const Along* y, const double* constants, Along* J, Along* Ja);

}  // namespace ketasim
