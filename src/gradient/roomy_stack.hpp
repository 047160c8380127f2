/// Room on the stack for the kernels of derivatives.
#pragma once

#include "ketasim/simulate.hpp"

namespace ketasim::gradient {

/// Calls work(data, options), on a thread of its own if the calling thread has too little stack left.
///
/// The kernels of derivatives hold thousands of numbers at once, up to 350 KiB beside the 500 KiB of
/// the solver. A thread may have much less: 128 KiB by default with musl, 512 KiB on macOS. The new
/// thread asks `options.poll` on the calling thread, which waits.
/// @param work  must not throw: it keeps its exception in data
void with_room_on_the_stack(void (*work)(void* data, const SolverOptions& options), void* data,
                            const SolverOptions& options);

}  // namespace ketasim::gradient
