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

kernels::Blocks found(const double* y, const double* f, const double* c) {
  // States, then operations.
  std::array<Known, n_states + kernels::operations.size()> known;
  for (std::size_t i = 0; i < n_states; ++i) {
    const bool rests = f[i] == 0.0;  // false for NaN
    known[i] = {.zero = rests && y[i] == 0.0, .moves = !rests};
  }
  const auto argument = [&](int place) -> Known {
    if (place >= 0) return known[static_cast<std::size_t>(place)];
    if (place == -1) return {.zero = true};
    if (place == -2) return {};
    return {.zero = c[-3 - place] == 0.0};
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
  kernels::Blocks blocks = 0;
  for (std::size_t i = 0; i < n_states; ++i)
    if (known[i].moves) blocks |= 1u << kernels::block_of_state[i];
  return blocks;
}

/// What the answer depends on: which numbers are zero.
class Zeros {
 public:
  Zeros(const double* y, const double* f, const double* c) {
    add(y, kernels::n_states);
    add(f, kernels::n_states);
    add(c, kernels::n_constants);
  }
  bool operator==(const Zeros&) const = default;

 private:
  void add(const double* numbers, int n) {
    constexpr int per_word = 64;
    for (int first = 0; first < n; first += per_word, ++words_) {
      std::uint64_t bits = 0;
      const int last = std::min(first + per_word, n);
      for (int i = first; i < last; ++i)
        bits |= static_cast<std::uint64_t>(numbers[i] == 0.0) << (i - first);
      is_zero_[words_] = bits;
    }
  }

  std::array<std::uint64_t, 2 * (kernels::n_states / 64 + 1) + kernels::n_constants / 64 + 1>
      is_zero_{};
  std::size_t words_ = 0;
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
  struct Answer {
    Zeros zeros;
    kernels::Blocks blocks;
  };
  constexpr std::size_t most = 8;
  thread_local std::vector<Answer> known;
  thread_local std::size_t oldest = 0;
  const Zeros zeros(y, f, c);
  for (const Answer& answer : known)
    if (answer.zeros == zeros) return answer.blocks;
  const Answer answer{zeros, found(y, f, c)};
  if (known.size() < most)
    known.push_back(answer);
  else
    known[oldest++ % most] = answer;
  return answer.blocks;
}

}  // namespace ketasim
