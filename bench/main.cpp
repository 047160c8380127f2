/// Benchmarks of the library as shipped. A build with assertions measures the assertions, so it
/// refuses.
///
/// What is timed and how far it may be trusted: every `solve/`, `ensemble/` and `steady_state/`
/// line carries the error it achieved beside its time, see referee.hpp.
#include <benchmark/benchmark.h>

#include <cstdio>

int main(int argc, char** argv) {
#ifndef NDEBUG
  std::fputs(
      "ketasim_bench: built with assertions on, which take most of the time of a small kernel; "
      "nothing was measured. Build it as shipped: cmake --workflow --preset bench\n",
      stderr);
  return 1;
#endif
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
