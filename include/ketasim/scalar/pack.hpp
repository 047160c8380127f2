/// W numbers that every operation treats alike: the members of an ensemble that a core computes at
/// once.
///
/// A thin class around the vector extension of GCC and clang; W = 1 is one double and needs none.
/// Every operation acts on each lane separately and rounds as it does for a double, so that a result
/// does not depend on W or on the numbers in the other lanes.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <Eigen/Core>

// The linker must not merge code for one instruction set with the same code for another: each set has
// packs of its own.
#if defined(__AVX512F__)
#define KETASIM_INSTRUCTIONS avx512
#define KETASIM_REGISTER_WIDTH 8
#elif defined(__AVX2__)
#define KETASIM_INSTRUCTIONS avx2
#define KETASIM_REGISTER_WIDTH 4
#else
#define KETASIM_INSTRUCTIONS baseline
#define KETASIM_REGISTER_WIDTH 2
#endif

// Packs pass only between functions that are compiled together: how a call hands over wide numbers
// does not matter.
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

// Eigen aligns its arrays for the registers of the instruction set that is compiled for; clang refuses
// numbers that ask for more.
#if defined(__clang__) && KETASIM_REGISTER_WIDTH == 2
#define KETASIM_PACK_ALIGNMENT , aligned(16)
#else
#define KETASIM_PACK_ALIGNMENT
#endif

#if defined(__GNUC__)
#define KETASIM_HAS_PACKS 1
#endif

namespace ketasim::scalar {
inline namespace KETASIM_INSTRUCTIONS {

namespace detail {

/// The types that hold W numbers and their bits; sums of bits wrap.
template <int W>
struct Registers;
template <>
struct Registers<1> {
  using Numbers = double;
  using Bits = std::uint64_t;
  using Mask = bool;
};
#ifdef KETASIM_HAS_PACKS
template <>
struct Registers<2> {
  using Numbers __attribute__((vector_size(16))) = double;
  using Bits __attribute__((vector_size(16))) = std::uint64_t;
  using Mask __attribute__((vector_size(16))) = std::int64_t;
};
template <>
struct Registers<4> {
  using Numbers __attribute__((vector_size(32) KETASIM_PACK_ALIGNMENT)) = double;
  using Bits __attribute__((vector_size(32))) = std::uint64_t;
  using Mask __attribute__((vector_size(32))) = std::int64_t;
};
template <>
struct Registers<8> {
  using Numbers __attribute__((vector_size(64) KETASIM_PACK_ALIGNMENT)) = double;
  using Bits __attribute__((vector_size(64))) = std::uint64_t;
  using Mask __attribute__((vector_size(64))) = std::int64_t;
};
#endif

}  // namespace detail

/// Doubles in a register of the instruction set that this is compiled for.
inline constexpr int register_width = KETASIM_REGISTER_WIDTH;

/// @tparam W  1, 2, 4 or 8; register_width is the fastest
template <int W>
class Pack {
 public:
  static constexpr int width = W;
  using Numbers = typename detail::Registers<W>::Numbers;
  using Bits = typename detail::Registers<W>::Bits;
  /// The result of a comparison: -1 or 0 in each lane; true or false where W = 1.
  using Mask = typename detail::Registers<W>::Mask;

  Pack() = default;
  template <class Number>
  requires std::is_arithmetic_v<Number> Pack(Number x) {  // NOLINT: the same number in every lane
    if constexpr (W == 1)
      v_ = static_cast<double>(x);
    else
      v_ = Numbers{} + static_cast<double>(x);
  }
  explicit Pack(Numbers v) : v_(v) {}
  // Some standard libraries that compile the rest have no std::bit_cast yet.
  [[nodiscard]] static Pack of_bits(const Bits& bits) {
    return Pack(__builtin_bit_cast(Numbers, bits));
  }

  [[nodiscard]] double operator[](int lane) const {
    if constexpr (W == 1)
      return v_;
    else
      return v_[lane];
  }
  void set(int lane, double x) {
    if constexpr (W == 1)
      v_ = x;
    else
      v_[lane] = x;
  }

  friend Pack operator+(const Pack& a, const Pack& b) { return Pack(a.v_ + b.v_); }
  friend Pack operator-(const Pack& a, const Pack& b) { return Pack(a.v_ - b.v_); }
  friend Pack operator*(const Pack& a, const Pack& b) { return Pack(a.v_ * b.v_); }
  friend Pack operator/(const Pack& a, const Pack& b) { return Pack(a.v_ / b.v_); }
  friend Pack operator-(const Pack& a) { return Pack(-a.v_); }
  Pack& operator+=(const Pack& b) { return *this = *this + b; }
  Pack& operator-=(const Pack& b) { return *this = *this - b; }
  Pack& operator*=(const Pack& b) { return *this = *this * b; }
  Pack& operator/=(const Pack& b) { return *this = *this / b; }

  friend Mask operator<(const Pack& a, const Pack& b) { return a.v_ < b.v_; }
  friend Mask operator<=(const Pack& a, const Pack& b) { return a.v_ <= b.v_; }
  friend Mask operator>(const Pack& a, const Pack& b) { return a.v_ > b.v_; }
  friend Mask operator>=(const Pack& a, const Pack& b) { return a.v_ >= b.v_; }
  friend Mask operator==(const Pack& a, const Pack& b) { return a.v_ == b.v_; }

  /// a where the lane of `choice` is set, else b.
  friend Pack select(const Mask& choice, const Pack& a, const Pack& b) {
    return Pack(choice ? a.v_ : b.v_);
  }
  friend Bits bits_of(const Pack& x) { return __builtin_bit_cast(Bits, x.v_); }
  friend Pack abs(const Pack& x) {
    constexpr std::uint64_t all_but_sign = std::numeric_limits<std::uint64_t>::max() >> 1;
    if constexpr (W == 1)
      return Pack(std::fabs(x.v_));
    else
      return of_bits(bits_of(x) & all_but_sign);
  }
  friend Pack sqrt(const Pack& x) {
    Pack root;
    for (int lane = 0; lane < W; ++lane) root.set(lane, std::sqrt(x[lane]));
    return root;
  }

 private:
  Numbers v_;
};

}  // namespace KETASIM_INSTRUCTIONS
}  // namespace ketasim::scalar

namespace Eigen {
template <int W>
struct NumTraits<ketasim::scalar::Pack<W>> : NumTraits<double> {
  using Real = ketasim::scalar::Pack<W>;
  using NonInteger = Real;
  using Nested = Real;
  using Literal = Real;
  enum { RequireInitialization = 0, ReadCost = 1, AddCost = 1, MulCost = 1 };
};
}  // namespace Eigen

#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
