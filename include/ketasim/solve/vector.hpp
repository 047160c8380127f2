/// Vectors and matrices of a system of N equations.
#pragma once

/// Before a loop in which no iteration reads what another one wrote. Without it GCC tests at run time
/// whether the arrays overlap, and does not vectorise the loop if there are many arrays.
#if defined(__GNUC__) && !defined(__clang__)
#define KETASIM_INDEPENDENT _Pragma("GCC ivdep")
#else
#define KETASIM_INDEPENDENT
#endif

#include <Eigen/Core>

namespace ketasim::solve {

namespace detail {
/// Numbers such as wide packs have an alignment of their own, larger than that of Eigen.
template <class Real>
inline constexpr int alignment = alignof(Real) > 16 ? Eigen::DontAlign : Eigen::AutoAlign;
}  // namespace detail

/// Components first to last - 1.
struct Range {
  int first = 0, last = 0;
};

/// The state of a system: one column of N numbers.
template <class Real, int N>
using Vector = Eigen::Matrix<Real, N, 1, detail::alignment<Real>>;

/// A Jacobian: N rows and columns.
template <class Real, int N>
using Matrix = Eigen::Matrix<Real, N, N, detail::alignment<Real>>;

}  // namespace ketasim::solve
