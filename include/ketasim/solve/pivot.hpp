/// Whether an elimination without pivoting may divide by a pivot.
#pragma once

#include <cmath>
#include <limits>

#include "ketasim/scalar/pack.hpp"

namespace ketasim::solve {

/// False if the pivot is not finite, or so small against the diagonal entry it came from that all
/// but two of its digits have cancelled.
template <class Real>
[[nodiscard]] bool pivot_is_usable(Real pivot, Real diagonal) {
  constexpr Real cancelled = Real(100) * std::numeric_limits<Real>::epsilon();
  const Real size = std::abs(pivot);
  return size > cancelled * std::abs(diagonal) && size <= std::numeric_limits<Real>::max();
}

/// The same for one number in a pack.
[[nodiscard]] inline bool pivot_is_usable(const scalar::Pack<1>& pivot,
                                          const scalar::Pack<1>& diagonal) {
  using P = scalar::Pack<1>;
  constexpr double cancelled = 100.0 * std::numeric_limits<double>::epsilon();
  const P size = abs(pivot);
  return size > P(cancelled) * abs(diagonal) && size <= P(std::numeric_limits<double>::max());
}

/// The same in each lane.
template <int W>
[[nodiscard]] typename scalar::Pack<W>::Mask pivot_is_usable(const scalar::Pack<W>& pivot,
                                                             const scalar::Pack<W>& diagonal) {
  using P = scalar::Pack<W>;
  constexpr double cancelled = 100.0 * std::numeric_limits<double>::epsilon();
  const P size = abs(pivot);
  return (size > P(cancelled) * abs(diagonal)) & (size <= P(std::numeric_limits<double>::max()));
}

}  // namespace ketasim::solve
