/// The exact Jacobian of a right-hand side, by dual numbers.
#pragma once

#include <cstddef>

#include "ketasim/scalar/dual.hpp"
#include "ketasim/solve/system.hpp"
#include "ketasim/solve/vector.hpp"

namespace ketasim::solve {

/// A system with the Jacobian that a Rosenbrock method needs. One evaluation of the right-hand side
/// with N + 1 directions gives df/dy and df/dt; an autonomous system needs N directions.
/// @tparam Equations  a system whose rhs() is a template over its number type; must outlive this
template <class Equations, int N>
class DualJacobian {
 public:
  static constexpr bool autonomous = is_autonomous<Equations>();

  explicit DualJacobian(Equations& system) : system_(system) {}

  template <class Real>
  void rhs(const Real& t, const Vector<Real, N>& y, Vector<Real, N>& dydt) const {
    system_.rhs(t, y, dydt);
  }

  template <class Real, class Jacobian>
  void jacobian(const Real& t, const Vector<Real, N>& y, Jacobian& J, Vector<Real, N>& dfdt) const {
    using D = scalar::Dual<Real, static_cast<std::size_t>(autonomous ? N : N + 1)>;
    static_assert(System<Equations, D, N>,
                  "ketasim: rhs() is not a template over its number type, so that its Jacobian "
                  "cannot be computed: write template <class T> void rhs(const T& t, const "
                  "Vector<T, N>& y, Vector<T, N>& dydt), or give the system a jacobian()");
    Vector<D, N> at, f;
    for (int j = 0; j < N; ++j) {
      at[j].value = y[j];
      at[j].slope[static_cast<std::size_t>(j)] = Real(1);
    }
    D time;
    time.value = t;
    if constexpr (!autonomous) time.slope.back() = Real(1);
    system_.rhs(time, at, f);
    for (int i = 0; i < N; ++i) {
      for (int j = 0; j < N; ++j) J(i, j) = f[i].slope[static_cast<std::size_t>(j)];
      if constexpr (!autonomous) dfdt[i] = f[i].slope.back();
    }
  }

 private:
  Equations& system_;
};

}  // namespace ketasim::solve
