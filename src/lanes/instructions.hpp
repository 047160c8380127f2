/// Instruction sets that parts of the library are compiled for.
#pragma once

namespace ketasim::lanes {

enum class Instructions { baseline, avx2, avx512 };

/// The newest that the processor and this build have.
[[nodiscard]] Instructions available_instructions();

/// Whether the processor works registers of 8 numbers off as two halves, as Zen 4 does: then 8
/// lanes gain nothing over 4 and take twice the cache.
[[nodiscard]] bool halves_wide_registers();

}  // namespace ketasim::lanes
