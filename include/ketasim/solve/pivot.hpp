/// Which pivots an elimination without pivoting may divide by.
#pragma once

#include <cmath>
#include <limits>

namespace ketasim::solve {

/// False if the pivot is not finite, or so small against the diagonal entry it came from that all
/// but two of its digits have cancelled.
template <class Real>
[[nodiscard]] bool pivot_is_usable(Real pivot, Real diagonal) {
  constexpr Real cancelled = Real(100) * std::numeric_limits<Real>::epsilon();
  const Real size = std::abs(pivot);
  return size > cancelled * std::abs(diagonal) && size <= std::numeric_limits<Real>::max();
}

}  // namespace ketasim::solve
