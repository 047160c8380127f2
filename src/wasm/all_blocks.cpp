#include "needed_blocks.hpp"

// The page shows everything: it computes all states.
namespace ketasim {

kernels::Blocks needed_blocks(std::span<const std::size_t>) { return kernels::all_blocks; }

}  // namespace ketasim
