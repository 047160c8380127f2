/// Instruction sets that parts of the library are compiled for.
#pragma once

namespace ketasim::lanes {

enum class Instructions { baseline, avx2, avx512 };

/// The newest that the processor and this build have.
[[nodiscard]] Instructions available_instructions();

}  // namespace ketasim::lanes
