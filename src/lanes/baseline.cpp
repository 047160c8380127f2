// A step for every processor, and the choice among all.
#include "lanes/compiled_step.hpp"
#include "lanes/instructions.hpp"

KETASIM_DEFINE_STEP(step_for_baseline)

namespace ketasim::lanes {

Step::~Step() = default;

Instructions available_instructions() {
#ifdef KETASIM_WIDE_LANES
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl"))
    return Instructions::avx512;
  if (__builtin_cpu_supports("avx2")) return Instructions::avx2;
#endif
  return Instructions::baseline;
}

bool halves_wide_registers() {
#ifdef KETASIM_WIDE_LANES
  return __builtin_cpu_is("amdfam19h");  // Zen 3 and Zen 4; Zen 3 has no such registers
#else
  return false;
#endif
}

template <class Tableau>
std::unique_ptr<Step> step_for_this_processor() {
#ifdef KETASIM_WIDE_LANES
  switch (available_instructions()) {
    case Instructions::avx512:
      return step_for_avx512<Tableau>();
    case Instructions::avx2:
      return step_for_avx2<Tableau>();
    case Instructions::baseline:
      break;
  }
#endif
  return step_for_baseline<Tableau>();
}
template std::unique_ptr<Step> step_for_this_processor<solve::Rodas5P>();
template std::unique_ptr<Step> step_for_this_processor<solve::Rodas4>();

}  // namespace ketasim::lanes
