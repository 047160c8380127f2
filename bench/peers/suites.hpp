/// What is measured beside single runs.
#pragma once

#include <array>
#include <string>

namespace peers {

/// {"operations": ...}: floating-point operations of the parts of a step, counted in one.
void tell_operations();
/// {"lane_parts_us": ...}: microseconds a member that the parts of a step of four take, their
/// numbers in the cache; nothing where the build has no AVX2. The processor must have it.
void tell_lane_parts(const double* constants, const double* y);
/// {"peak": 4}, {"peak": 8}: operations a nanosecond that one core reaches with as many numbers in
/// a register, a product and a sum fused into one instruction or apart.
void tell_peak();

void populations(int rounds);
void populations_with_failures(int rounds);
void gradients(int rounds);

struct Suite {
  std::string name;
  void (*run)(int rounds);
};
inline const std::array<Suite, 3> suites{
    {{"E1", populations}, {"E4", populations_with_failures}, {"G", gradients}}};

}  // namespace peers
