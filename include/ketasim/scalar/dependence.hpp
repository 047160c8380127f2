/// A scalar without a value that records the inputs, of N, from which it was computed.
///
/// One evaluation of the right-hand side gives the exact structure of the Jacobian: an entry is
/// structural when the equation mentions the state, whatever the values of weights and switches.
#pragma once

#include <bitset>
#include <cstddef>

#include "ketasim/scalar/concept.hpp"

namespace ketasim::scalar {

template <std::size_t N>
struct Dependence {
  std::bitset<N> on;

  Dependence() = default;
  Dependence(double) {}  // NOLINT: a number depends on nothing

  [[nodiscard]] static Dependence of(std::size_t i) {
    Dependence d;
    d.on.set(i);
    return d;
  }
  [[nodiscard]] Dependence with(const Dependence& other) const {
    Dependence d;
    d.on = on | other.on;
    return d;
  }

  friend Dependence operator-(const Dependence& a) { return a; }
  friend Dependence operator+(const Dependence& a, const Dependence& b) { return a.with(b); }
  friend Dependence operator-(const Dependence& a, const Dependence& b) { return a.with(b); }
  friend Dependence operator*(const Dependence& a, const Dependence& b) { return a.with(b); }
  friend Dependence operator/(const Dependence& a, const Dependence& b) { return a.with(b); }
  friend Dependence operator+(const Dependence& a, double) { return a; }
  friend Dependence operator-(const Dependence& a, double) { return a; }
  friend Dependence operator*(const Dependence& a, double) { return a; }
  friend Dependence operator/(const Dependence& a, double) { return a; }
  friend Dependence operator+(double, const Dependence& a) { return a; }
  friend Dependence operator-(double, const Dependence& a) { return a; }
  friend Dependence operator*(double, const Dependence& a) { return a; }
  friend Dependence operator/(double, const Dependence& a) { return a; }
};

template <std::size_t N>
[[nodiscard]] Dependence<N> sqrt(const Dependence<N>& x) {
  return x;
}
template <std::size_t N>
[[nodiscard]] Dependence<N> exp(const Dependence<N>& x) {
  return x;
}
template <std::size_t N>
[[nodiscard]] Dependence<N> log(const Dependence<N>& x) {
  return x;
}
template <std::size_t N>
[[nodiscard]] Dependence<N> pow(const Dependence<N>& x, double) {
  return x;
}
template <std::size_t N>
[[nodiscard]] Dependence<N> softplus(const Dependence<N>& x) {
  return x;
}
template <std::size_t N>
[[nodiscard]] Dependence<N> even_power(const Dependence<N>& x, double) {
  return x;
}

}  // namespace ketasim::scalar
