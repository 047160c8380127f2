/// Two numbers, packs or pairs of them side by side, for functions that are one long chain of
/// operations: while one waits for a result the processor works at the other.
///
/// A processor looks only so far ahead, and the next call begins beyond that: see pow/one_by_one
/// and pow/together of ketasim_bench. Every operation rounds as it does alone.
#pragma once

#include <cstdint>
#include <type_traits>

namespace ketasim::scalar {

/// @tparam P  Pack or Abreast
template <class P>
struct Abreast {
  struct Bits {
    typename P::Bits first, second;
    friend Bits operator+(const Bits& x, const Bits& y) {
      return {x.first + y.first, x.second + y.second};
    }
    friend Bits operator+(const Bits& x, std::uint64_t y) { return {x.first + y, x.second + y}; }
    friend Bits operator&(const Bits& x, std::uint64_t y) { return {x.first & y, x.second & y}; }
    friend Bits operator|(const Bits& x, std::uint64_t y) { return {x.first | y, x.second | y}; }
    friend Bits operator>>(const Bits& x, int n) { return {x.first >> n, x.second >> n}; }
    friend Bits operator<<(const Bits& x, int n) { return {x.first << n, x.second << n}; }
  };
  struct Mask {
    typename P::Mask first, second;
  };

  P first, second;

  Abreast() = default;
  Abreast(const P& a, const P& b) : first(a), second(b) {}
  template <class Number>
  requires std::is_arithmetic_v<Number> Abreast(Number x)
      : first(x), second(x) {}  // NOLINT: a number stands for all
  [[nodiscard]] static Abreast of_bits(const Bits& x) {
    return {P::of_bits(x.first), P::of_bits(x.second)};
  }

  friend Abreast operator+(const Abreast& a, const Abreast& b) {
    return {a.first + b.first, a.second + b.second};
  }
  friend Abreast operator-(const Abreast& a, const Abreast& b) {
    return {a.first - b.first, a.second - b.second};
  }
  friend Abreast operator*(const Abreast& a, const Abreast& b) {
    return {a.first * b.first, a.second * b.second};
  }
  friend Abreast operator/(const Abreast& a, const Abreast& b) {
    return {a.first / b.first, a.second / b.second};
  }
  friend Abreast operator-(const Abreast& a) { return {-a.first, -a.second}; }
  friend Mask operator<(const Abreast& a, const Abreast& b) {
    return {a.first < b.first, a.second < b.second};
  }
  friend Mask operator>(const Abreast& a, const Abreast& b) {
    return {a.first > b.first, a.second > b.second};
  }
  friend Mask operator>=(const Abreast& a, const Abreast& b) {
    return {a.first >= b.first, a.second >= b.second};
  }
  friend Mask operator==(const Abreast& a, const Abreast& b) {
    return {a.first == b.first, a.second == b.second};
  }
  friend Abreast select(const Mask& choice, const Abreast& a, const Abreast& b) {
    return {select(choice.first, a.first, b.first), select(choice.second, a.second, b.second)};
  }
  friend Bits bits_of(const Abreast& x) { return {bits_of(x.first), bits_of(x.second)}; }
  friend Abreast abs(const Abreast& x) { return {abs(x.first), abs(x.second)}; }
};

}  // namespace ketasim::scalar
