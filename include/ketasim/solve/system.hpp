/// What a system of ordinary differential equations y' = f(t, y) must offer.
///
///   struct Decay {
///     double rate;
///     template <class T>
///     void rhs(const T& t, const Vector<T, 1>& y, Vector<T, 1>& dydt) const {
///       dydt[0] = -rate * y[0];
///     }
///   };
///
/// A right-hand side that is a template over its number type can be evaluated with dual numbers, from
/// which solve() takes the exact Jacobian. A system may bring its own instead:
///   void jacobian(Real t, const Vector<Real, N>& y, Jacobian& J, Vector<Real, N>& dfdt) const
/// with J = df/dy in the storage of the linear solver (Matrix<Real, N> for DenseLU, the
/// entries of the SparsityPattern for SparseLU), and dfdt the derivative by time.
///
/// A system whose right-hand side does not depend on time may say so, which saves work:
///   static constexpr bool autonomous = true;
#pragma once

#include <type_traits>

#include "ketasim/solve/vector.hpp"

namespace ketasim::solve {

/// @tparam Real  the number type that the system is evaluated with
template <class S, class Real, int N>
concept System = requires(S& system, const Real& t, const Vector<Real, N>& y,
                          Vector<Real, N>& dydt) {
  system.rhs(t, y, dydt);
};

/// @tparam Jacobian  the storage of the linear solver
template <class S, class Real, int N, class Jacobian>
concept SystemWithJacobian = System<S, Real, N> &&
    requires(S& system, const Real& t, const Vector<Real, N>& y, Jacobian& J,
             Vector<Real, N>& dfdt) {
  system.jacobian(t, y, J, dfdt);
};

/// True if the system says that its right-hand side does not depend on time.
template <class S>
[[nodiscard]] constexpr bool is_autonomous() {
  if constexpr (requires { std::remove_cvref_t<S>::autonomous; })
    return std::remove_cvref_t<S>::autonomous;
  else
    return false;
}

}  // namespace ketasim::solve
