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
/// scalar::Dual with its K slopes in one vector type of the compiler. An operation on the slopes is
/// one instruction where the processor has registers that wide; it rounds alike on every processor.
template <std::size_t K>
struct BasicVectorDual {
  using Slopes __attribute__((vector_size(K * sizeof(double)), aligned(8))) = double;
  double value = 0.0;
  Slopes slope = {};

  BasicVectorDual() = default;
  BasicVectorDual(double v) : value(v) {}  // NOLINT: numbers convert to duals with zero slope
  // By value: clang takes a reference to mean the alignment of the vector, 16 bytes or more.
  BasicVectorDual(double v, Slopes s) : value(v), slope(s) {}

  friend BasicVectorDual operator-(const BasicVectorDual& a) { return {-a.value, -a.slope}; }
  friend BasicVectorDual operator+(const BasicVectorDual& a, const BasicVectorDual& b) {
    return {a.value + b.value, a.slope + b.slope};
  }
  friend BasicVectorDual operator-(const BasicVectorDual& a, const BasicVectorDual& b) {
    return {a.value - b.value, a.slope - b.slope};
  }
  friend BasicVectorDual operator*(const BasicVectorDual& a, const BasicVectorDual& b) {
    return {a.value * b.value, a.slope * b.value + a.value * b.slope};
  }
  friend BasicVectorDual operator/(const BasicVectorDual& a, const BasicVectorDual& b) {
    const double v = a.value / b.value, inverse = 1.0 / b.value;
    return {v, (a.slope - v * b.slope) * inverse};
  }
  friend BasicVectorDual operator+(const BasicVectorDual& a, double b) {
    return {a.value + b, a.slope};
  }
  friend BasicVectorDual operator+(double a, const BasicVectorDual& b) {
    return {a + b.value, b.slope};
  }
  friend BasicVectorDual operator-(const BasicVectorDual& a, double b) {
    return {a.value - b, a.slope};
  }
  friend BasicVectorDual operator-(double a, const BasicVectorDual& b) {
    return {a - b.value, -b.slope};
  }
  friend BasicVectorDual operator*(const BasicVectorDual& a, double b) {
    return {a.value * b, a.slope * b};
  }
  friend BasicVectorDual operator*(double a, const BasicVectorDual& b) {
    return {a * b.value, a * b.slope};
  }
  friend BasicVectorDual operator/(const BasicVectorDual& a, double b) {
    return {a.value / b, a.slope / b};
  }
  friend BasicVectorDual operator/(double a, const BasicVectorDual& b) {
    const double v = a / b.value;
    return {v, (-v / b.value) * b.slope};
  }

  /// A function of one number: its value and derivative applied by the chain rule.
  [[nodiscard]] BasicVectorDual chain(double v, double dv) const { return {v, dv * slope}; }
};

template <std::size_t K>
inline BasicVectorDual<K> log(const BasicVectorDual<K>& x) {
  return x.chain(elementary::log(x.value), 1.0 / x.value);
}
template <std::size_t K>
inline BasicVectorDual<K> sqrt(const BasicVectorDual<K>& x) {
  const double v = elementary::sqrt(x.value);
  return x.chain(v, 0.5 / v);
}
template <std::size_t K>
inline BasicVectorDual<K> pow(const BasicVectorDual<K>& x, double n) {
  const double v = elementary::pow(x.value, n);
  return x.chain(v, n * v / x.value);
}
template <std::size_t K>
inline BasicVectorDual<K> even_power(const BasicVectorDual<K>& x, double n) {
  const double v = elementary::even_power(x.value, n);
  return x.chain(v, x.value == 0.0 ? 0.0 : n * v / x.value);
}
template <std::size_t K>
inline BasicVectorDual<K> softplus(const BasicVectorDual<K>& x) {
  return x.chain(elementary::softplus(x.value), elementary::expit(x.value));
}
template <std::size_t K>
inline BasicVectorDual<K> expit(const BasicVectorDual<K>& x) {
  const double v = elementary::expit(x.value);
  return x.chain(v, v * (1.0 - v));
}
/// n q/x, with q = |x|^n given, for n >= 2: at 0 its own slope is 2 for n = 2, else 0.
template <std::size_t K>
inline BasicVectorDual<K> even_slope(const BasicVectorDual<K>& q, const BasicVectorDual<K>& x,
                                     double n) {
  if (x.value == 0.0) return x.chain(0.0, n == 2.0 ? 2.0 : 0.0);
  return n * q / x;
}
/// q ln|x|, with q = |x|^n given.
template <std::size_t K>
inline BasicVectorDual<K> even_log(const BasicVectorDual<K>& q, const BasicVectorDual<K>& x) {
  if (x.value == 0.0) return {};
  return q * x.chain(elementary::log(std::fabs(x.value)), 1.0 / x.value);
}
using VectorDual = BasicVectorDual<dual_directions>;
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
