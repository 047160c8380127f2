/// The state of a system of N equations: one fixed-size column.
#pragma once

/// Before a loop of which no iteration reads what another one wrote. GCC would else check this
/// while it runs, array by array, and gives up where there are many.
#if defined(__GNUC__) && !defined(__clang__)
#define KETASIM_INDEPENDENT _Pragma("GCC ivdep")
#else
#define KETASIM_INDEPENDENT
#endif

#include <Eigen/Core>

namespace ketasim::solve {

template <class Real, int N>
using Vector = Eigen::Matrix<Real, N, 1>;

}  // namespace ketasim::solve
