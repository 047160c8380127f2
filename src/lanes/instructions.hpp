/// Instruction sets that parts of the library are compiled for.
#pragma once

namespace ketasim::lanes {

enum class Instructions { baseline, avx2, avx512 };

/// The newest instruction set of the processor and of this build.
[[nodiscard]] Instructions available_instructions();

/// Whether the processor computes registers of 8 numbers in two halves, as Zen 4 does. 8 lanes are
/// then no faster than 4 and need twice the cache.
[[nodiscard]] bool halves_wide_registers();

}  // namespace ketasim::lanes
