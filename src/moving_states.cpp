#include "ketasim/moving_states.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ketasim {
namespace {

/// What is known of a number in a segment.
struct Known {
  bool zero = false;   ///< and stays so
  bool moves = false;  ///< or may move
};

constexpr auto n_states = static_cast<std::size_t>(kernels::n_states);

Known result_of(kernels::Kind kind, const Known& a, const Known& b) {
  using enum kernels::Kind;
  bool zero = false;
  switch (kind) {
    case product:
      zero = a.zero || b.zero;
      break;
    case sum:
      zero = a.zero && b.zero;
      break;
    case odd:
      zero = a.zero;
      break;
    case other:
      break;
  }
  return {.zero = zero, .moves = !zero && (a.moves || b.moves)};
}

/// One bit for each of N numbers.
template <std::size_t N>
using Bits = std::array<std::uint64_t, N / 64 + 1>;

template <std::size_t N>
[[nodiscard]] Bits<N> zeros_among(const double* numbers) {
  Bits<N> bits{};
  for (std::size_t i = 0; i < N; ++i)
    bits[i / 64] |= static_cast<std::uint64_t>(numbers[i] == 0.0) << (i % 64);  // not set for NaN
  return bits;
}

/// What the answer depends on.
struct Question {
  Bits<n_states> zero_state, zero_derivative;
  Bits<kernels::n_constants> zero_constant;
};

struct Answer {
  Bits<n_states> zero_state;
  Bits<kernels::n_constants> zero_constant;
  Bits<n_states> moves{};  ///< where these states are zero, no other begins to move
  kernels::Blocks blocks = 0;

  explicit Answer(const Question& q) : zero_state(q.zero_state), zero_constant(q.zero_constant) {
    const auto in = [](const auto& bits, std::size_t i) {
      return (bits[i / 64] >> (i % 64) & 1u) != 0;
    };
    // States, then operations.
    std::array<Known, n_states + kernels::operations.size()> known;
    for (std::size_t i = 0; i < n_states; ++i) {
      const bool rests = in(q.zero_derivative, i);
      known[i] = {.zero = rests && in(q.zero_state, i), .moves = !rests};
    }
    const auto argument = [&](int place) -> Known {
      if (place >= 0) return known[static_cast<std::size_t>(place)];
      if (place == -1) return {.zero = true};
      if (place == -2) return {};
      return {.zero = in(q.zero_constant, static_cast<std::size_t>(-3 - place))};
    };
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t k = 0; k < kernels::operations.size(); ++k) {
        const kernels::Operation& o = kernels::operations[k];
        const Known result = result_of(o.kind, argument(o.first), argument(o.second));
        known[n_states + k] = result;
        if (o.state < 0 || !result.moves) continue;
        Known& state = known[static_cast<std::size_t>(o.state)];
        changed |= !state.moves;
        state = {.zero = false, .moves = true};
      }
    }
    for (std::size_t i = 0; i < n_states; ++i) {
      if (!known[i].moves) continue;
      moves[i / 64] |= std::uint64_t{1} << (i % 64);
      blocks |= 1u << kernels::block_of_state[i];
    }
  }

  /// Whether the blocks contain all that moves. They may contain more: what rests has the same bits
  /// where it is computed. At an equilibrium the derivatives of some states are zero and those of
  /// others are not, by rounding.
  [[nodiscard]] bool answers(const Question& q) const {
    if (q.zero_state != zero_state || q.zero_constant != zero_constant) return false;
    for (std::size_t i = 0; i < n_states; i += 64) {
      const std::uint64_t used =
          n_states - i < 64 ? (std::uint64_t{1} << (n_states - i)) - 1 : ~0ull;
      if ((~q.zero_derivative[i / 64] & used & ~moves[i / 64]) != 0) return false;
    }
    return true;
  }
};

}  // namespace

void MovingStates::set(kernels::Blocks blocks) {
  blocks_ = blocks;
  n_ranges_ = 0;
  for (int first = 0; first < kernels::n_states; first += together) {
    const int last = std::min(first + together, kernels::n_states);
    bool moves = false;
    for (int i = first; i < last; ++i)
      moves |= (blocks >> kernels::block_of_state[static_cast<std::size_t>(i)] & 1u) != 0;
    if (!moves) continue;
    if (n_ranges_ > 0 && ranges_[n_ranges_ - 1].last == first)
      ranges_[n_ranges_ - 1].last = last;
    else
      ranges_[n_ranges_++] = {first, last};
  }
}

kernels::Blocks moving_blocks(const double* y, const double* f, const double* c) {
  // The segments of a regimen, and the members of a population, have few patterns of zeros.
  constexpr std::size_t most = 8;
  thread_local std::vector<Answer> known;
  thread_local std::size_t oldest = 0;
  const Question question{.zero_state = zeros_among<n_states>(y),
                          .zero_derivative = zeros_among<n_states>(f),
                          .zero_constant = zeros_among<kernels::n_constants>(c)};
  for (const Answer& answer : known)
    if (answer.answers(question)) return answer.blocks;
  const Answer answer(question);
  if (known.size() < most)
    known.push_back(answer);
  else
    known[oldest++ % most] = answer;
  return answer.blocks;
}

}  // namespace ketasim
