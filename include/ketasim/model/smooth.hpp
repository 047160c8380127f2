/// Smooth building blocks of the equations. All are infinitely differentiable: no if, min, max or
/// abs on a state.
///
/// pos0 is the smooth positive part, d > 0 its width; it is exactly 0 at 0 and stays above -d/2.
/// above0 is x far above 0, exactly 0 at 0 with slope 0, and below 0 between 0 and d/200: what drives a
/// steep function that a fall must not start. EH is a Hill function of x^2, smooth through 0 for n > 1.
///   pos0(x; d)   = [x + sqrt(x^2 + d^2) - d]/2
///   above0(x; d) = x^2 [x + sqrt(x^2 + d^2)]^3/[8 (x^2 + d^2)^2]
///   sp(x)        = ln(1 + exp(x))
///   expit(x)     = 1/(1 + exp(-x))
///   logit(q)     = ln(q/(1 - q))
///   EH(x; K, n)  = (x^2/K^2)^(n/2)/[1 + (x^2/K^2)^(n/2)]
#pragma once

#include <cmath>

#include "ketasim/scalar/concept.hpp"
#include "ketasim/scalar/dual.hpp"

namespace ketasim::model {

using scalar::quantity;
using scalar::unset;

template <class T, class P>
[[nodiscard]] T pos0(const T& x, const P& d) {
  using std::sqrt;
  return 0.5 * (x + sqrt(x * x + d * d) - d);
}

template <class T, class P>
[[nodiscard]] T above0(const T& x, const P& d) {
  using std::sqrt;
  const T x2 = x * x, far2 = x2 + d * d;
  const T p = x + sqrt(far2);
  return x2 * (p * p * p) / (8.0 * (far2 * far2));
}

template <class T>
[[nodiscard]] T sp(const T& x) {
  using scalar::softplus;
  return softplus(x);
}

template <class T>
[[nodiscard]] T expit(const T& x) {
  using std::exp;
  return 1.0 / (1.0 + exp(-x));
}

template <class T>
[[nodiscard]] T logit(const T& q) {
  using std::log;
  return log(q / (1.0 - q));
}

template <class T, class P>
[[nodiscard]] T EH(const T& x, const P& K, const P& n) {
  using scalar::even_power;
  const T q = even_power(T(x / K), n);
  return q / (1.0 + q);
}

}  // namespace ketasim::model
