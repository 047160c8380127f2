/// What may stand in for a number in the model.
///
/// The equations are written once and evaluated with double (one run), long double (referee), Dual
/// (exact derivatives), Dependence (structure of the Jacobian) and Unit (dimension check). Each
/// scalar supplies + - * / with itself and with double, and the named functions below; a right-hand
/// side may use nothing else.
#pragma once

#include <cmath>
#include <concepts>
#include <limits>

namespace ketasim::scalar {

/// Plain floating-point numbers: the only scalars that may be compared.
template <class T>
concept Real = std::floating_point<T>;

/// The number itself: what may be compared, sorted and printed.
template <Real T>
[[nodiscard]] constexpr T value(T x) {
  return x;
}

/// ln(1 + exp(x)) without overflow.
template <Real T>
[[nodiscard]] T softplus(T x) {
  return (x > T(0) ? x : T(0)) + std::log1p(std::exp(-std::fabs(x)));
}

/// |x|^n, a function of x^2: defined for every sign of x, differentiable at 0 for n > 1.
template <Real T>
[[nodiscard]] T even_power(T x, double n) {
  return std::pow(std::fabs(x), static_cast<T>(n));
}

/// 1/(1 + exp(-x)), the slope of softplus, without overflow.
template <Real T>
[[nodiscard]] T expit(T x) {
  const T e = std::exp(-std::fabs(x));
  return (x >= T(0) ? T(1) : e) / (T(1) + e);
}

/// Slope of q = |x|^n by x, for n > 1: n q/x, and 0 at 0.
template <Real T>
[[nodiscard]] T even_slope(T q, T x, T n) {
  return x == T(0) ? T(0) : n * q / x;
}

/// Second derivative of q = |x|^n by x, for n >= 2: n (n - 1) q/x^2; at 0 it is 2 for n = 2, else 0.
template <Real T>
[[nodiscard]] T even_curve(T q, T x, T n) {
  if (x == T(0)) return n == T(2) ? T(2) : T(0);
  return n * (n - T(1)) * q / (x * x);
}

/// Slope of q = |x|^n by n: q ln|x|, and 0 at 0.
template <Real T>
[[nodiscard]] T even_log(T q, T x) {
  return x == T(0) ? T(0) : q * std::log(std::fabs(x));
}

/// A number with a unit: the value for plain scalars; Unit overloads it to carry the dimension.
template <class T>
struct Quantity {
  static T of(double value, const char*) { return T(value); }
};

/// A constant of an equation that carries a unit, e.g. quantity<T>(60.0, "min/h").
template <class T>
[[nodiscard]] T quantity(double value, const char* unit) {
  return Quantity<T>::of(value, unit);
}

template <class T>
concept Scalar = requires(const T a, const T b, double x) {
  T(1.0);
  { a + b } -> std::convertible_to<T>;
  { a - b } -> std::convertible_to<T>;
  { a* b } -> std::convertible_to<T>;
  { a / b } -> std::convertible_to<T>;
  { x* a } -> std::convertible_to<T>;
  { softplus(a) } -> std::convertible_to<T>;
  { even_power(a, x) } -> std::convertible_to<T>;
};

/// Parameters and states start as "not set", so that a forgotten one is found by name before
/// integrating.
template <class T>
[[nodiscard]] constexpr T unset() {
  return T(std::numeric_limits<double>::quiet_NaN());
}

}  // namespace ketasim::scalar
