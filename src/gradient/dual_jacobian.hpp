/// Jacobians and, beside them, their derivatives along eight directions at once.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

#include "ketasim/generated/cascade_kernels.hpp"
#include "ketasim/scalar/dual.hpp"

namespace ketasim {

inline constexpr std::size_t along_directions = 8;

#if defined(__GNUC__)
/// scalar::Dual with its eight slopes in one vector, of the compiler's own kind: every operation on
/// them is one instruction where the processor has wide registers, and rounds alike everywhere.
struct Along {
  typedef double Slopes __attribute__((vector_size(along_directions * sizeof(double)), aligned(8)));
  double value = 0.0;
  Slopes slope = {};

  Along() = default;
  Along(double v) : value(v) {}  // NOLINT: numbers convert to duals with zero slope
  Along(double v, const Slopes& s) : value(v), slope(s) {}

  friend Along operator-(const Along& a) { return {-a.value, -a.slope}; }
  friend Along operator+(const Along& a, const Along& b) {
    return {a.value + b.value, a.slope + b.slope};
  }
  friend Along operator-(const Along& a, const Along& b) {
    return {a.value - b.value, a.slope - b.slope};
  }
  friend Along operator*(const Along& a, const Along& b) {
    return {a.value * b.value, a.slope * b.value + a.value * b.slope};
  }
  friend Along operator/(const Along& a, const Along& b) {
    const double v = a.value / b.value, inverse = 1.0 / b.value;
    return {v, (a.slope - v * b.slope) * inverse};
  }
  friend Along operator+(const Along& a, double b) { return {a.value + b, a.slope}; }
  friend Along operator+(double a, const Along& b) { return {a + b.value, b.slope}; }
  friend Along operator-(const Along& a, double b) { return {a.value - b, a.slope}; }
  friend Along operator-(double a, const Along& b) { return {a - b.value, -b.slope}; }
  friend Along operator*(const Along& a, double b) { return {a.value * b, a.slope * b}; }
  friend Along operator*(double a, const Along& b) { return {a * b.value, a * b.slope}; }
  friend Along operator/(const Along& a, double b) { return {a.value / b, a.slope / b}; }
  friend Along operator/(double a, const Along& b) {
    const double v = a / b.value;
    return {v, (-v / b.value) * b.slope};
  }

  /// A function of one number: its value and derivative applied by the chain rule.
  [[nodiscard]] Along chain(double v, double dv) const { return {v, dv * slope}; }
};

inline Along log(const Along& x) { return x.chain(elementary::log(x.value), 1.0 / x.value); }
inline Along sqrt(const Along& x) {
  const double v = elementary::sqrt(x.value);
  return x.chain(v, 0.5 / v);
}
inline Along pow(const Along& x, double n) {
  const double v = elementary::pow(x.value, n);
  return x.chain(v, n * v / x.value);
}
inline Along even_power(const Along& x, double n) {
  const double v = elementary::even_power(x.value, n);
  return x.chain(v, x.value == 0.0 ? 0.0 : n * v / x.value);
}
inline Along softplus(const Along& x) {
  return x.chain(elementary::softplus(x.value), elementary::expit(x.value));
}
inline Along expit(const Along& x) {
  const double v = elementary::expit(x.value);
  return x.chain(v, v * (1.0 - v));
}
/// n q/x, with q = |x|^n given, for n >= 2: at 0 its own slope is 2 for n = 2, else 0.
inline Along even_slope(const Along& q, const Along& x, double n) {
  if (x.value == 0.0) return x.chain(0.0, n == 2.0 ? 2.0 : 0.0);
  return n * q / x;
}
/// q ln|x|, with q = |x|^n given.
inline Along even_log(const Along& q, const Along& x) {
  if (x.value == 0.0) return {};
  return q * x.chain(elementary::log(std::fabs(x.value)), 1.0 / x.value);
}
#else
using Along = scalar::Dual<double, along_directions>;
#endif

/// One number for every stage of a step.
#ifdef KETASIM_HAS_PACKS
using OfStages = scalar::Pack<along_directions>;
#else
struct OfStages {
  std::array<double, along_directions> v;
  OfStages(double x = 0.0) { v.fill(x); }  // NOLINT: a number stands for all
  [[nodiscard]] double operator[](int stage) const { return v[static_cast<std::size_t>(stage)]; }
  void set(int stage, double x) { v[static_cast<std::size_t>(stage)] = x; }
};
#endif

/// J and Ja at the points of all stages, with the bits that one point alone would give.
void jacobians_of_stages(const OfStages* y, const double* constants, OfStages* J, OfStages* Ja);

/// J = df/dy (kernels::n_entries,) and Ja = df/da (kernels::n_argument_entries,) at y with slopes.
/// Compiled in a file of its own: thousands of lines of eight-fold arithmetic keep a compiler busy.
void jacobians_along(const Along* y, const double* constants, Along* J, Along* Ja);

}  // namespace ketasim
