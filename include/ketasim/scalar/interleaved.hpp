/// Two packs whose operations alternate, for functions that are one long chain of operations: while
/// one pack waits for a result, the processor computes the other.
///
/// Two calls after each other do not overlap, because the second one begins beyond the instructions
/// that a processor reorders: compare pow/single_calls and pow/packed_calls of ketasim_bench. Every
/// operation rounds as it does for one pack.
#pragma once

#include <cstdint>
#include <type_traits>

namespace ketasim::scalar {

/// @tparam P  Pack, or Interleaved for four packs
template <class P>
struct Interleaved {
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

  Interleaved() = default;
  Interleaved(const P& a, const P& b) : first(a), second(b) {}
  template <class Number>
  requires std::is_arithmetic_v<Number> Interleaved(Number x)
      : first(x), second(x) {}  // NOLINT: the same number in every lane
  [[nodiscard]] static Interleaved of_bits(const Bits& x) {
    return {P::of_bits(x.first), P::of_bits(x.second)};
  }

  friend Interleaved operator+(const Interleaved& a, const Interleaved& b) {
    return {a.first + b.first, a.second + b.second};
  }
  friend Interleaved operator-(const Interleaved& a, const Interleaved& b) {
    return {a.first - b.first, a.second - b.second};
  }
  friend Interleaved operator*(const Interleaved& a, const Interleaved& b) {
    return {a.first * b.first, a.second * b.second};
  }
  friend Interleaved operator/(const Interleaved& a, const Interleaved& b) {
    return {a.first / b.first, a.second / b.second};
  }
  friend Interleaved operator-(const Interleaved& a) { return {-a.first, -a.second}; }
  friend Mask operator<(const Interleaved& a, const Interleaved& b) {
    return {a.first < b.first, a.second < b.second};
  }
  friend Mask operator>(const Interleaved& a, const Interleaved& b) {
    return {a.first > b.first, a.second > b.second};
  }
  friend Mask operator>=(const Interleaved& a, const Interleaved& b) {
    return {a.first >= b.first, a.second >= b.second};
  }
  friend Mask operator==(const Interleaved& a, const Interleaved& b) {
    return {a.first == b.first, a.second == b.second};
  }
  friend Interleaved select(const Mask& choice, const Interleaved& a, const Interleaved& b) {
    return {select(choice.first, a.first, b.first), select(choice.second, a.second, b.second)};
  }
  friend Bits bits_of(const Interleaved& x) { return {bits_of(x.first), bits_of(x.second)}; }
  friend Interleaved abs(const Interleaved& x) { return {abs(x.first), abs(x.second)}; }
};

}  // namespace ketasim::scalar
