/// exp, log and what follows from them, without branches: the same operations in the same order for
/// one number and for W at once, so that a trajectory has the same bits alone and in a lane. The
/// C library cannot promise that: its vector forms round differently from its scalar ones.
///
/// Errors, measured in tests/cpp/scalar/test_elementary.cpp: exp and log below 1 unit in the last
/// place, pow(x, y) below (2 + 2.5 |y ln x|) units.
/// @cite Algorithms and coefficients of FDLIBM (Sun Microsystems 1993), e_log.c and e_exp.c
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <numbers>
#include <type_traits>
#include <utility>

#include "ketasim/scalar/concept.hpp"
#include "ketasim/scalar/interleaved.hpp"
#include "ketasim/scalar/pack.hpp"

namespace ketasim::elementary {

using scalar::Pack;

namespace detail {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double none = std::numeric_limits<double>::quiet_NaN();

constexpr double ln2_high =
    6.93147180369123816490e-01;  // its last 20 bits are 0: k ln2_high is exact
constexpr double ln2_low = 1.90821492927058770002e-10;
constexpr double rounder = 6755399441055744.0;  // 1.5 2^52: a sum with it is rounded to an integer

template <class T>
[[nodiscard]] T exponential(const T& x) {
  constexpr double largest = 709.782712893383973096, smallest = -708.396418532264106224;
  // Beyond these bounds the answer is infinity or, without denormals, 0; inside, 2^k is normal.
  const T inside = select(x > T(largest), T(largest), select(x < T(smallest), T(smallest), x));
  const T shifted = inside * T(1.44269504088896338700) + T(rounder);
  const T k = shifted - T(rounder);
  const T high = inside - k * T(ln2_high), low = k * T(ln2_low);
  const T r = high - low, t = r * r;
  const T c =
      r - t * (T(1.66666666666666019037e-01) +
               t * (T(-2.77777777770155933842e-03) +
                    t * (T(6.61375632143793436117e-05) + t * (T(-1.65339022054652515390e-06) +
                                                              t * T(4.13813679705723846039e-08)))));
  const T one_octave = T(1.0) - ((low - (r * c) / (T(2.0) - c)) - high);
  const T y = T::of_bits(bits_of(one_octave) + (bits_of(shifted) << 52));
  return select(x > T(largest), T(infinity), select(x < T(smallest), T(0.0), select(x == x, y, x)));
}

/// x > 0 as 2^e (1 + f) with 1 + f between sqrt(1/2) and sqrt(2).
template <class T>
struct Split {
  T e, f;
};
template <class T>
[[nodiscard]] Split<T> split(const T& x) {
  const auto denormal = x < T(std::numeric_limits<double>::min());
  const T normal = select(denormal, x * T(0x1p54), x);
  constexpr std::uint64_t sqrt_half = 0x3fe6a09e00000000, one = 0x3ff0000000000000,
                          mantissa = 0x000fffffffffffff, two_to_52 = 0x4330000000000000;
  const auto moved = bits_of(normal) + (one - sqrt_half);
  const T biased = T::of_bits(((moved >> 52) & 0x7ff) | two_to_52);
  return {biased - select(denormal, T(0x1p52 + 1023.0 + 54.0), T(0x1p52 + 1023.0)),
          T::of_bits((moved & mantissa) + sqrt_half) - T(1.0)};
}

/// (ln(1 + f) - 2 s)/s with s = f/(2 + f).
constexpr std::array<double, 7> log_tail{6.666666666666735130e-01, 3.999999999940941908e-01,
                                         2.857142874366239149e-01, 2.222219843214978396e-01,
                                         1.818357216161805012e-01, 1.531383769920937332e-01,
                                         1.479819860511658591e-01};

/// What a logarithm is where x is 0, negative, infinite or NaN.
template <class T>
[[nodiscard]] T with_edges(const T& x, const T& logarithm) {
  const T of_positive = select(x < T(infinity), logarithm, x);
  const T of_zero_or_less = select(x == T(0.0), T(-infinity), T(none));
  return select(x > T(0.0), of_positive, of_zero_or_less);
}

template <class T>
[[nodiscard]] T logarithm(const T& x) {
  const auto [e, f] = split(x);
  const T half_square = T(0.5) * f * f;
  const T s = f / (T(2.0) + f), z = s * s, w = z * z;
  const T even = w * (T(log_tail[1]) + w * (T(log_tail[3]) + w * T(log_tail[5])));
  const T odd =
      z * (T(log_tail[0]) + w * (T(log_tail[2]) + w * (T(log_tail[4]) + w * T(log_tail[6]))));
  return with_edges(
      x,
      e * T(ln2_high) - ((half_square - (s * (half_square + (odd + even)) + e * T(ln2_low))) - f));
}

constexpr double log2_e = 1.44269504088896338700;

/// x^y = 2^(y log2 x): NaN for x < 0 whatever y, 0 below 2^-1021.5, infinity above 2^1023.999999.
template <class T>
[[nodiscard]] T power(const T& x, const T& y) {
  const auto [e, f] = split(x);
  const T s = f / (T(2.0) + f), z = s * s, w = z * z;
  const auto of_2 = [](double c) { return T(c * log2_e); };
  const T even =
      of_2(2.0) + w * (of_2(log_tail[1]) + w * (of_2(log_tail[3]) + w * of_2(log_tail[5])));
  const T odd =
      of_2(log_tail[0]) + w * (of_2(log_tail[2]) + w * (of_2(log_tail[4]) + w * of_2(log_tail[6])));
  const T v = y * with_edges(x, e + s * (even + z * odd));

  // 2^v = 2^k 2^r, |r| <= 1/2, by the series of exp(r ln 2): term 14 is below 5e-18.
  constexpr auto series = [] {
    std::array<double, 14> c{};
    long double term = 1.0L;
    for (std::size_t n = 0; n < c.size(); ++n) {
      c[n] = static_cast<double>(term);
      term *= std::numbers::ln2_v<long double> / static_cast<long double>(n + 1);
    }
    return c;
  }();
  constexpr double largest = 1023.999999, smallest = -1021.5;
  const T inside = select(v > T(largest), T(largest), select(v < T(smallest), T(smallest), v));
  const T shifted = inside + T(rounder);
  const T r = inside - (shifted - T(rounder)), r2 = r * r, r4 = r2 * r2;
  const auto pair = [&](std::size_t n) { return T(series[n]) + r * T(series[n + 1]); };
  const T tail =
      (pair(2) + r2 * pair(4)) + r4 * ((pair(6) + r2 * pair(8)) + r4 * (pair(10) + r2 * pair(12)));
  const T one_octave = T(1.0) + (r * T(series[1]) + r2 * tail);
  const T normal = T::of_bits(bits_of(one_octave) + (bits_of(shifted) << 52));
  const T inside_or_none = select(v == v, normal, v);
  const T y_of_x =
      select(v > T(largest), T(infinity), select(v < T(smallest), T(0.0), inside_or_none));
  return select(y == T(0.0), T(1.0), y_of_x);
}

/// ln(1 + x) for 0 <= x <= 1 (Kahan: the rounding of 1 + x is undone by the quotient).
template <class T>
[[nodiscard]] T logarithm_of_1_plus(const T& x) {
  const T u = T(1.0) + x, rounded = u - T(1.0);
  return select(rounded == T(0.0), x, logarithm(u) * (x / rounded));
}

template <class T>
[[nodiscard]] T softplus(const T& x) {
  const T positive = select(x > T(0.0), x, T(0.0));
  return positive + logarithm_of_1_plus(exponential(-abs(x)));
}

template <class T>
[[nodiscard]] T expit(const T& x) {
  const T e = exponential(-abs(x));
  return select(x >= T(0.0), T(1.0), e) / (T(1.0) + e);
}

template <class T>
[[nodiscard]] T even_slope(const T& q, const T& x, const T& n) {
  return select(x == T(0.0), T(0.0), n * q / x);
}

template <class T>
[[nodiscard]] T even_curve(const T& q, const T& x, const T& n) {
  const T at_0 = select(n == T(2.0), T(2.0), T(0.0));
  return select(x == T(0.0), at_0, n * (n - T(1.0)) * q / (x * x));
}

template <class T>
[[nodiscard]] T even_log(const T& q, const T& x) {
  return select(x == T(0.0), T(0.0), q * logarithm(abs(x)));
}

[[nodiscard]] inline double magnitude(double x) { return std::fabs(x); }
template <int W>
[[nodiscard]] Pack<W> magnitude(const Pack<W>& x) {
  return abs(x);
}

}  // namespace detail

// One number. Their meaning is that of ketasim/scalar/concept.hpp.
[[nodiscard]] inline double exp(double x) { return detail::exponential(Pack<1>(x))[0]; }
[[nodiscard]] inline double log(double x) { return detail::logarithm(Pack<1>(x))[0]; }
[[nodiscard]] inline double sqrt(double x) { return std::sqrt(x); }
[[nodiscard]] inline double pow(double x, double y) {
  return detail::power(Pack<1>(x), Pack<1>(y))[0];
}
[[nodiscard]] inline double softplus(double x) { return detail::softplus(Pack<1>(x))[0]; }
[[nodiscard]] inline double expit(double x) { return detail::expit(Pack<1>(x))[0]; }
[[nodiscard]] inline double even_power(double x, double n) {
  return detail::power(abs(Pack<1>(x)), Pack<1>(n))[0];
}
[[nodiscard]] inline double even_slope(double q, double x, double n) {
  return detail::even_slope(Pack<1>(q), Pack<1>(x), Pack<1>(n))[0];
}
[[nodiscard]] inline double even_curve(double q, double x, double n) {
  return detail::even_curve(Pack<1>(q), Pack<1>(x), Pack<1>(n))[0];
}
[[nodiscard]] inline double even_log(double q, double x) {
  return detail::even_log(Pack<1>(q), Pack<1>(x))[0];
}

}  // namespace ketasim::elementary

// Beside the type, where the equations of the model look for them.
namespace ketasim::scalar {

template <int W>
[[nodiscard]] Pack<W> exp(const Pack<W>& x) {
  return elementary::detail::exponential(x);
}
template <int W>
[[nodiscard]] Pack<W> log(const Pack<W>& x) {
  return elementary::detail::logarithm(x);
}
template <int W>
[[nodiscard]] Pack<W> pow(const Pack<W>& x, const std::type_identity_t<Pack<W>>& y) {
  return elementary::detail::power(x, y);
}
template <int W>
[[nodiscard]] Pack<W> softplus(const Pack<W>& x) {
  return elementary::detail::softplus(x);
}
template <int W>
[[nodiscard]] Pack<W> expit(const Pack<W>& x) {
  return elementary::detail::expit(x);
}
template <int W>
[[nodiscard]] Pack<W> even_power(const Pack<W>& x, const std::type_identity_t<Pack<W>>& n) {
  return elementary::detail::power(abs(x), n);
}
template <int W>
[[nodiscard]] Pack<W> even_slope(const Pack<W>& q, const Pack<W>& x,
                                 const std::type_identity_t<Pack<W>>& n) {
  return elementary::detail::even_slope(q, x, n);
}
template <int W>
[[nodiscard]] Pack<W> even_curve(const Pack<W>& q, const Pack<W>& x,
                                 const std::type_identity_t<Pack<W>>& n) {
  return elementary::detail::even_curve(q, x, n);
}
template <int W>
[[nodiscard]] Pack<W> even_log(const Pack<W>& q, const Pack<W>& x) {
  return elementary::detail::even_log(q, x);
}

}  // namespace ketasim::scalar

namespace ketasim::elementary {

using scalar::exp;
using scalar::log;
using scalar::pow;

// The referee's scalar has no lanes: the C library serves it.
[[nodiscard]] inline long double log(long double x) { return std::log(x); }
[[nodiscard]] inline long double sqrt(long double x) { return std::sqrt(x); }
[[nodiscard]] inline long double pow(long double x, long double y) { return std::pow(x, y); }
using scalar::even_curve;
using scalar::even_log;
using scalar::even_power;
using scalar::even_slope;
using scalar::expit;
using scalar::softplus;

// Calls that do not need each other's results are evaluated in packs as wide as the registers of the
// processor, four packs interleaved. This takes a fraction of the time and gives the same bits.

namespace detail {

using scalar::Interleaved;

/// Lanes of a type; 0 for a type that cannot be packed.
template <class T>
constexpr std::size_t width_of = std::is_same_v<T, double> ? 1 : 0;
template <int W>
constexpr std::size_t width_of<Pack<W>> = static_cast<std::size_t>(W);
template <class P>
constexpr std::size_t width_of<Interleaved<P>> = 2 * width_of<P>;

/// The type with half the lanes of `U`.
template <class U>
struct Half;
template <class P>
struct Half<Interleaved<P>> {
  using type = P;
};
template <int W>
struct Half<Pack<W>> {
  using type = Pack<W / 2>;
};

/// x[k], x[k + 1], ... as one U.
template <class U, class T, std::size_t N>
[[nodiscard]] U joined(const std::array<T, N>& x, std::size_t k) {
  if constexpr (std::is_same_v<U, T>) {
    return x[k];
  } else if constexpr (requires(U all) { all.second; }) {
    using P = typename Half<U>::type;
    return {joined<P>(x, k), joined<P>(x, k + width_of<P> / width_of<T>)};
  } else {
    if constexpr (width_of<T> == 1 && width_of < U >> 1) {
      // Numbers that were just written one by one are collected faster than they are read together.
      return [&]<std::size_t... Lane>(std::index_sequence<Lane...>) {
        return U(typename U::Numbers{Pack<1>(x[k + Lane])[0]...});
      }
      (std::make_index_sequence<width_of<U>>{});
    } else {
      U all;
      std::memcpy(static_cast<void*>(&all), &x[k], sizeof(all));
      return all;
    }
  }
}
template <class U, class T, std::size_t N>
void separate(const U& all, std::array<T, N>& x, std::size_t k) {
  if constexpr (std::is_same_v<U, T>) {
    x[k] = all;
  } else if constexpr (requires { all.second; }) {
    separate(all.first, x, k);
    separate(all.second, x, k + width_of<U> / width_of<T> / 2);
  } else {
    std::memcpy(static_cast<void*>(&x[k]), &all, sizeof(all));
  }
}

/// result[k] = f(x[k], y[k]) from First on, as many at a time as U holds; the rest in halves of U.
template <class U, std::size_t First, class T, class C, std::size_t N, class F>
void apply_packed(const std::array<T, N>& x, const std::array<C, N>& y, F f,
                  std::array<T, N>& result) {
  constexpr std::size_t per_call = width_of<U> / width_of<T>;
  constexpr std::size_t end = First + (N - First) / per_call * per_call;
  if constexpr (end > First)
    for (std::size_t k = First; k < end; k += per_call)
      separate(f(joined<U>(x, k), joined<U>(y, k)), result, k);
  if constexpr (end < N) apply_packed<typename Half<U>::type, end>(x, y, f, result);
}

template <std::size_t M, class T, std::size_t N>
[[nodiscard]] std::array<T, M> with_repeats_of_last(const std::array<T, N>& x) {
  std::array<T, M> filled;
  for (std::size_t k = 0; k < M; ++k) filled[k] = x[std::min(k, N - 1)];
  return filled;
}

template <class T, class C, std::size_t N, class F>
[[nodiscard]] std::array<T, N> each(const std::array<T, N>& x, const std::array<C, N>& y, F f) {
  std::array<T, N> result;
#ifdef KETASIM_HAS_PACKS
  constexpr std::size_t widest = std::max<std::size_t>(KETASIM_REGISTER_WIDTH, width_of<T>);
  using Widest = Interleaved<Interleaved<Pack<static_cast<int>(widest)>>>;
  // Seven numbers take as long as eight, and four, two and one would take three times as long.
  constexpr std::size_t per_register = widest / width_of<T>;
  constexpr std::size_t filled = (N + per_register - 1) / per_register * per_register;
  if constexpr (!std::has_single_bit(N % per_register) && filled > N) {
    std::array<T, filled> all;
    apply_packed<Widest, 0>(with_repeats_of_last<filled>(x), with_repeats_of_last<filled>(y), f,
                            all);
    std::copy_n(all.begin(), N, result.begin());
  } else {
    apply_packed<Widest, 0>(x, y, f, result);
  }
#else
  for (std::size_t k = 0; k < N; ++k) result[k] = f(Pack<1>(x[k]), Pack<1>(y[k]))[0];
#endif
  return result;
}

/// True for packs of equal width, and for numbers with packs of one.
template <class T, class C>
constexpr bool can_be_packed = width_of < T >> 0 && width_of<T> == width_of<C>;

}  // namespace detail

template <class T, std::size_t N, std::size_t M>
struct Powers {
  std::array<T, N> pow;
  std::array<T, M> even_power;
};

/// pow(x[k], n[k]) and even_power(z[k], m[k]).
template <class T, class C, std::size_t N, std::size_t M>
[[nodiscard]] Powers<T, N, M> powers(const std::array<T, N>& x, const std::array<C, N>& n,
                                     const std::array<T, M>& z, const std::array<C, M>& m) {
  Powers<T, N, M> result;
  if constexpr (detail::can_be_packed<T, C>) {
    std::array<T, N + M> bases;
    std::array<C, N + M> exponents;
    std::copy(x.begin(), x.end(), bases.begin());
    std::copy(n.begin(), n.end(), exponents.begin());
    for (std::size_t k = 0; k < M; ++k) bases[N + k] = detail::magnitude(z[k]);
    std::copy(m.begin(), m.end(), exponents.begin() + N);
    const auto all = detail::each(bases, exponents, [](const auto& base, const auto& exponent) {
      return detail::power(base, exponent);
    });
    std::copy_n(all.begin(), N, result.pow.begin());
    std::copy_n(all.begin() + N, M, result.even_power.begin());
  } else {
    for (std::size_t k = 0; k < N; ++k) result.pow[k] = pow(x[k], n[k]);
    for (std::size_t k = 0; k < M; ++k) result.even_power[k] = even_power(z[k], m[k]);
  }
  return result;
}
template <class T, std::size_t N>
[[nodiscard]] std::array<T, N> softplus(const std::array<T, N>& x) {
  if constexpr (detail::can_be_packed<T, T>) {
    return detail::each(x, x, [](const auto& a, const auto&) { return detail::softplus(a); });
  } else {
    std::array<T, N> result;
    for (std::size_t k = 0; k < N; ++k) result[k] = softplus(x[k]);
    return result;
  }
}
template <class T, std::size_t N>
[[nodiscard]] std::array<T, N> expit(const std::array<T, N>& x) {
  if constexpr (detail::can_be_packed<T, T>) {
    return detail::each(x, x, [](const auto& a, const auto&) { return detail::expit(a); });
  } else {
    std::array<T, N> result;
    for (std::size_t k = 0; k < N; ++k) result[k] = expit(x[k]);
    return result;
  }
}

}  // namespace ketasim::elementary
