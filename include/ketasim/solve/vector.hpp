/// The state of a system of N equations: one fixed-size column.
#pragma once

#include <Eigen/Core>

namespace ketasim::solve {

template <class Real, int N>
using Vector = Eigen::Matrix<Real, N, 1>;

}  // namespace ketasim::solve
