/// How long something takes.
#pragma once

#include <time.h>

namespace peers {

[[nodiscard]] inline double read(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// One measurement goes on at least this long [s].
constexpr double long_enough = 2e-3;

/// Processor time of one call [s]. Reading the clock takes half a microsecond, so calls are timed
/// in batches, each twice as large as the last.
template <class Call>
[[nodiscard]] double seconds(const Call& call) {
  for (long calls = 1;; calls *= 2) {
    const double began = read(CLOCK_PROCESS_CPUTIME_ID);
    for (long i = 0; i < calls; ++i) call();
    const double spent = read(CLOCK_PROCESS_CPUTIME_ID) - began;
    if (spent > long_enough) return spent / static_cast<double>(calls);
  }
}

/// Time of a single call by this clock [s].
template <class Call>
[[nodiscard]] double seconds_of_one(const Call& call, clockid_t clock) {
  const double began = read(clock);
  call();
  return read(clock) - began;
}

}  // namespace peers
