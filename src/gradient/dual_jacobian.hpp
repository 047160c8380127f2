/// Jacobians and their derivatives in eight directions at once.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

#include "ketasim/generated/cascade_kernels.hpp"
#include "ketasim/scalar/dual.hpp"

namespace ketasim {

inline constexpr std::size_t dual_directions = 8;

#if defined(__GNUC__)
/// scalar::Dual with its eight slopes in one vector type of the compiler. An operation on the slopes
/// is one instruction where the processor has wide registers; it rounds alike on every processor.
struct VectorDual {
  using Slopes __attribute__((vector_size(dual_directions * sizeof(double)), aligned(8))) = double;
  double value = 0.0;
  Slopes slope = {};

  VectorDual() = default;
  VectorDual(double v) : value(v) {}  // NOLINT: numbers convert to duals with zero slope
  VectorDual(double v, const Slopes& s) : value(v), slope(s) {}

  friend VectorDual operator-(const VectorDual& a) { return {-a.value, -a.slope}; }
  friend VectorDual operator+(const VectorDual& a, const VectorDual& b) {
    return {a.value + b.value, a.slope + b.slope};
  }
  friend VectorDual operator-(const VectorDual& a, const VectorDual& b) {
    return {a.value - b.value, a.slope - b.slope};
  }
  friend VectorDual operator*(const VectorDual& a, const VectorDual& b) {
    return {a.value * b.value, a.slope * b.value + a.value * b.slope};
  }
  friend VectorDual operator/(const VectorDual& a, const VectorDual& b) {
    const double v = a.value / b.value, inverse = 1.0 / b.value;
    return {v, (a.slope - v * b.slope) * inverse};
  }
  friend VectorDual operator+(const VectorDual& a, double b) { return {a.value + b, a.slope}; }
  friend VectorDual operator+(double a, const VectorDual& b) { return {a + b.value, b.slope}; }
  friend VectorDual operator-(const VectorDual& a, double b) { return {a.value - b, a.slope}; }
  friend VectorDual operator-(double a, const VectorDual& b) { return {a - b.value, -b.slope}; }
  friend VectorDual operator*(const VectorDual& a, double b) { return {a.value * b, a.slope * b}; }
  friend VectorDual operator*(double a, const VectorDual& b) { return {a * b.value, a * b.slope}; }
  friend VectorDual operator/(const VectorDual& a, double b) { return {a.value / b, a.slope / b}; }
  friend VectorDual operator/(double a, const VectorDual& b) {
    const double v = a / b.value;
    return {v, (-v / b.value) * b.slope};
  }

  /// A function of one number: its value and derivative applied by the chain rule.
  [[nodiscard]] VectorDual chain(double v, double dv) const { return {v, dv * slope}; }
};

inline VectorDual log(const VectorDual& x) {
  return x.chain(elementary::log(x.value), 1.0 / x.value);
}
inline VectorDual sqrt(const VectorDual& x) {
  const double v = elementary::sqrt(x.value);
  return x.chain(v, 0.5 / v);
}
inline VectorDual pow(const VectorDual& x, double n) {
  const double v = elementary::pow(x.value, n);
  return x.chain(v, n * v / x.value);
}
inline VectorDual even_power(const VectorDual& x, double n) {
  const double v = elementary::even_power(x.value, n);
  return x.chain(v, x.value == 0.0 ? 0.0 : n * v / x.value);
}
inline VectorDual softplus(const VectorDual& x) {
  return x.chain(elementary::softplus(x.value), elementary::expit(x.value));
}
inline VectorDual expit(const VectorDual& x) {
  const double v = elementary::expit(x.value);
  return x.chain(v, v * (1.0 - v));
}
/// n q/x, with q = |x|^n given, for n >= 2: at 0 its own slope is 2 for n = 2, else 0.
inline VectorDual even_slope(const VectorDual& q, const VectorDual& x, double n) {
  if (x.value == 0.0) return x.chain(0.0, n == 2.0 ? 2.0 : 0.0);
  return n * q / x;
}
/// q ln|x|, with q = |x|^n given.
inline VectorDual even_log(const VectorDual& q, const VectorDual& x) {
  if (x.value == 0.0) return {};
  return q * x.chain(elementary::log(std::fabs(x.value)), 1.0 / x.value);
}
#else
using VectorDual = scalar::Dual<double, dual_directions>;
#endif

/// One number for each stage of a step.
#ifdef KETASIM_HAS_PACKS
using StagePack = scalar::Pack<dual_directions>;
#else
struct StagePack {
  std::array<double, dual_directions> v;
  StagePack(double x = 0.0) { v.fill(x); }  // NOLINT: the same number in every stage
  [[nodiscard]] double operator[](int stage) const { return v[static_cast<std::size_t>(stage)]; }
  void set(int stage, double x) { v[static_cast<std::size_t>(stage)] = x; }
};
#endif

/// J and Ja at the points of all stages, with the bits of kernels::jacobian for one point.
void stage_jacobians(const StagePack* y, const double* constants, StagePack* J, StagePack* Ja);

/// J = df/dy (kernels::n_entries,) and Ja = df/da (kernels::n_argument_entries,) at y with slopes.
/// Compiled in a file of its own, because it takes long to compile.
void dual_jacobians(const VectorDual* y, const double* constants, VectorDual* J, VectorDual* Ja);

}  // namespace ketasim
