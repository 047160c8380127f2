/// What is measured beside single runs.
#pragma once

#include <array>
#include <string>

namespace peers {

/// {"operations": ...}: floating-point operations of the parts of a step, counted in one.
void tell_operations();
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
