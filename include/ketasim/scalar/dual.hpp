/// Forward-mode dual number: a value and K directional derivatives.
///
/// With K at least the number of colours of the Jacobian's columns, one evaluation of the
/// right-hand side yields the whole exact Jacobian (Curtis, Powell and Reid 1974,
/// doi:10.1093/imamat/13.1.117).
///
/// Values may be plain numbers, packs (many members at once) or duals (second derivatives).
#pragma once

#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <numbers>
#include <type_traits>

#include "ketasim/scalar/concept.hpp"
#include "ketasim/scalar/pack.hpp"

namespace ketasim::scalar {

template <class T, std::size_t K>
struct Dual;

namespace detail {
template <class T>
inline constexpr bool may_be_differentiated = Real<T>;
template <int W>
inline constexpr bool may_be_differentiated<Pack<W>> = true;
template <class T, std::size_t K>
inline constexpr bool may_be_differentiated<Dual<T, K>> = true;
}  // namespace detail

/// What a dual number may have as its value.
template <class T>
concept DualValue = detail::may_be_differentiated<T>;

/// The value type of a dual, where it is not double: double has cheaper operations of its own.
template <class U, class T>
concept MixedValue = std::same_as<U, T> && !std::same_as<U, double>;

template <class T, std::size_t K>
struct Dual {
  static_assert(DualValue<T>,
                "ketasim: the value of a dual is a floating-point number, a pack or a dual");

  T value{};
  std::array<T, K> slope{};

  constexpr Dual() = default;
  template <class Number>
  requires std::is_arithmetic_v<Number>
  constexpr Dual(Number v) : value(static_cast<T>(v)) {}  // NOLINT: a number has zero slopes

  /// A function of one dual: its value and derivative applied by the chain rule.
  [[nodiscard]] Dual chain(const T& v, const T& dv) const {
    Dual r;
    r.value = v;
    for (std::size_t k = 0; k < K; ++k) r.slope[k] = dv * slope[k];
    return r;
  }

  friend Dual operator-(const Dual& a) { return a.chain(-a.value, T(-1.0)); }
  friend Dual operator+(const Dual& a, const Dual& b) {
    Dual r;
    r.value = a.value + b.value;
    for (std::size_t k = 0; k < K; ++k) r.slope[k] = a.slope[k] + b.slope[k];
    return r;
  }
  friend Dual operator-(const Dual& a, const Dual& b) {
    Dual r;
    r.value = a.value - b.value;
    for (std::size_t k = 0; k < K; ++k) r.slope[k] = a.slope[k] - b.slope[k];
    return r;
  }
  friend Dual operator*(const Dual& a, const Dual& b) {
    Dual r;
    r.value = a.value * b.value;
    for (std::size_t k = 0; k < K; ++k) r.slope[k] = a.slope[k] * b.value + a.value * b.slope[k];
    return r;
  }
  friend Dual operator/(const Dual& a, const Dual& b) {
    Dual r;
    const T inverse = T(1.0) / b.value;
    r.value = a.value / b.value;  // not times the inverse: the same bits as plain numbers give
    for (std::size_t k = 0; k < K; ++k) r.slope[k] = (a.slope[k] - r.value * b.slope[k]) * inverse;
    return r;
  }

  // Mixed with plain numbers: the cheap forms, since parameters are plain when only states are
  // differentiated.
  friend Dual operator+(const Dual& a, double b) {
    Dual r = a;
    r.value += static_cast<T>(b);
    return r;
  }
  friend Dual operator+(double a, const Dual& b) { return b + a; }
  friend Dual operator-(const Dual& a, double b) { return a + (-b); }
  friend Dual operator-(double a, const Dual& b) { return (-b) + a; }
  friend Dual operator*(const Dual& a, double b) {
    return a.chain(a.value * static_cast<T>(b), static_cast<T>(b));
  }
  friend Dual operator*(double a, const Dual& b) { return b * a; }
  friend Dual operator/(const Dual& a, double b) {
    return a.chain(a.value / static_cast<T>(b), T(1.0) / static_cast<T>(b));
  }
  friend Dual operator/(double a, const Dual& b) {
    const T v = static_cast<T>(a) / b.value;
    return b.chain(v, -v / b.value);
  }

  // Mixed with values that are no double: packs, or duals of the level below.
  template <MixedValue<T> U>
  friend Dual operator+(const Dual& a, const U& b) {
    Dual r = a;
    r.value = a.value + b;
    return r;
  }
  template <MixedValue<T> U>
  friend Dual operator+(const U& a, const Dual& b) {
    return b + a;
  }
  template <MixedValue<T> U>
  friend Dual operator-(const Dual& a, const U& b) {
    return a + (-b);
  }
  template <MixedValue<T> U>
  friend Dual operator-(const U& a, const Dual& b) {
    return (-b) + a;
  }
  template <MixedValue<T> U>
  friend Dual operator*(const Dual& a, const U& b) {
    return a.chain(a.value * b, b);
  }
  template <MixedValue<T> U>
  friend Dual operator*(const U& a, const Dual& b) {
    return b * a;
  }
  template <MixedValue<T> U>
  friend Dual operator/(const Dual& a, const U& b) {
    return a.chain(a.value / b, T(1.0) / b);
  }
  template <MixedValue<T> U>
  friend Dual operator/(const U& a, const Dual& b) {
    const T v = a / b.value;
    return b.chain(v, -v / b.value);
  }

  Dual& operator+=(const Dual& b) { return *this = *this + b; }
  Dual& operator-=(const Dual& b) { return *this = *this - b; }
  Dual& operator*=(const Dual& b) { return *this = *this * b; }
  Dual& operator/=(const Dual& b) { return *this = *this / b; }
};

/// The plain number, without slopes.
template <class T, std::size_t K>
[[nodiscard]] constexpr auto value(const Dual<T, K>& x) {
  if constexpr (requires { value(x.value); })
    return value(x.value);
  else
    return x.value;
}

template <class T, std::size_t K>
[[nodiscard]] Dual<T, K> sqrt(const Dual<T, K>& x) {
  using std::sqrt;
  const T v = sqrt(x.value);
  return x.chain(v, T(0.5) / v);
}

template <class T, std::size_t K>
[[nodiscard]] Dual<T, K> exp(const Dual<T, K>& x) {
  using std::exp;
  const T v = exp(x.value);
  return x.chain(v, v);
}

template <class T, std::size_t K>
[[nodiscard]] Dual<T, K> log(const Dual<T, K>& x) {
  using std::log;
  return x.chain(log(x.value), T(1.0) / x.value);
}

/// x^n for x > 0.
template <class T, std::size_t K>
[[nodiscard]] Dual<T, K> pow(const Dual<T, K>& x, double n) {
  using std::pow;
  const T power = static_cast<T>(n);
  const T v = [&] {
    if constexpr (Real<T>)
      return pow(x.value, power);
    else
      return pow(x.value, n);
  }();
  return x.chain(v, power * v / x.value);
}

template <class T, std::size_t K, MixedValue<T> U>
[[nodiscard]] Dual<T, K> pow(const Dual<T, K>& x, const U& n) {
  using std::pow;
  const T v = pow(x.value, n);
  return x.chain(v, n * v / x.value);
}

template <Real T, std::size_t K>
[[nodiscard]] Dual<T, K> erfc(const Dual<T, K>& x) {
  const T slope = T(-2) / std::sqrt(std::numbers::pi_v<T>) * std::exp(-x.value * x.value);
  return x.chain(std::erfc(x.value), slope);
}

template <Real T, std::size_t K>
[[nodiscard]] Dual<T, K> softplus(const Dual<T, K>& x) {
  const T e = std::exp(-std::fabs(x.value));
  const T expit = (x.value >= T(0) ? T(1) : e) / (T(1) + e);
  return x.chain(softplus(x.value), expit);
}

template <Real T, std::size_t K>
[[nodiscard]] Dual<T, K> even_power(const Dual<T, K>& x, double n) {
  const T v = even_power(x.value, n);
  return x.chain(v, x.value == T(0) ? T(0) : static_cast<T>(n) * v / x.value);
}

/// x^n for x > 0, with an exponent that varies too.
template <class T, std::size_t K>
[[nodiscard]] Dual<T, K> pow(const Dual<T, K>& x, const Dual<T, K>& n) {
  using std::log, std::pow;
  const T v = pow(x.value, n.value), log_x = log(x.value);
  Dual<T, K> r;
  r.value = v;
  for (std::size_t k = 0; k < K; ++k)
    r.slope[k] = n.value * v / x.value * x.slope[k] + v * log_x * n.slope[k];
  return r;
}

template <Real T, std::size_t K>
[[nodiscard]] Dual<T, K> even_power(const Dual<T, K>& x, const Dual<T, K>& n) {
  const T v = std::pow(std::fabs(x.value), n.value);
  const T by_x = even_slope(v, x.value, n.value), by_n = even_log(v, x.value);
  Dual<T, K> r;
  r.value = v;
  for (std::size_t k = 0; k < K; ++k) r.slope[k] = by_x * x.slope[k] + by_n * n.slope[k];
  return r;
}

template <Real T, std::size_t K>
[[nodiscard]] Dual<T, K> expit(const Dual<T, K>& x) {
  const T v = expit(x.value);
  return x.chain(v, v * (T(1) - v));
}

/// n q/x, with q = |x|^n given, for n >= 2: at 0 its own slope is 2 for n = 2, else 0.
template <Real T, std::size_t K>
[[nodiscard]] Dual<T, K> even_slope(const Dual<T, K>& q, const Dual<T, K>& x, double n) {
  if (x.value == T(0)) return x.chain(T(0), n == 2.0 ? T(2) : T(0));
  return n * q / x;
}

/// q ln|x|, with q = |x|^n given.
template <Real T, std::size_t K>
[[nodiscard]] Dual<T, K> even_log(const Dual<T, K>& q, const Dual<T, K>& x) {
  if (x.value == T(0)) return Dual<T, K>();
  return q * x.chain(std::log(std::fabs(x.value)), T(1) / x.value);
}

}  // namespace ketasim::scalar
