/// Room on the stack for the kernels of derivatives.
#pragma once

#include <exception>

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

/// Calls work(options) in the same way; what it throws is thrown again.
template <class Work>
void with_room_on_the_stack(const Work& work, const SolverOptions& options) {
  struct Attempt {
    const Work& work;
    std::exception_ptr failure;
  } attempt{work, nullptr};
  with_room_on_the_stack(
      [](void* data, const SolverOptions& own) {
        auto& present = *static_cast<Attempt*>(data);
        try {
          present.work(own);
        } catch (...) {
          present.failure = std::current_exception();
        }
      },
      &attempt, options);
  if (attempt.failure) std::rethrow_exception(attempt.failure);
}

}  // namespace ketasim::gradient
