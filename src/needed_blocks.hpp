/// What a run must compute when only some readouts are wanted.
#pragma once

#include <span>

#include "ketasim/generated/cascade_kernels.hpp"

namespace ketasim {

/// The blocks of states on which these readouts depend, directly or through other states; all blocks for an
/// empty list.
/// @param readouts  positions in readout_table()
[[nodiscard]] kernels::Blocks needed_blocks(std::span<const std::size_t> readouts);

/// The share of all states that a run for these readouts computes.
[[nodiscard]] double share_computed(std::span<const std::size_t> readouts);

}  // namespace ketasim
