/// Which states can move until the next event. The others keep their values exactly, so that nothing of
/// them is computed: depots of routes that nobody uses, drugs that nobody takes.
///
/// A state rests if its derivative is zero and nothing that moves enters it: every term of its
/// derivative that contains a moving state has a factor that is zero and stays so. This follows from
/// the zeros among the states and the constants of the segment, whatever the moving states do.
#pragma once

#include <array>
#include <span>

#include "ketasim/generated/cascade_kernels.hpp"
#include "ketasim/solve/vector.hpp"

namespace ketasim {

/// The blocks of states that move, and where these states stand.
class MovingStates {
 public:
  /// All states move.
  MovingStates() { set(kernels::all_blocks); }
  explicit MovingStates(kernels::Blocks blocks) { set(blocks); }

  [[nodiscard]] kernels::Blocks blocks() const { return blocks_; }

  /// Ranges of states that contain all moving ones.
  [[nodiscard]] std::span<const solve::Range> ranges() const { return {ranges_.data(), n_ranges_}; }

  void set(kernels::Blocks blocks);

 private:
  /// Numbers in the widest register.
  static constexpr int together = 8;

  kernels::Blocks blocks_ = kernels::all_blocks;
  std::array<solve::Range, kernels::n_states / together + 1> ranges_{};
  std::size_t n_ranges_ = 0;
};

/// The blocks with a state that can move from y on.
/// @param y, f  state and its derivative (n_states,)
/// @param c     constants of the segment (kernels::n_constants,)
[[nodiscard]] kernels::Blocks moving_blocks(const double* y, const double* f, const double* c);

}  // namespace ketasim
