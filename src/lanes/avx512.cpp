// Eight members at once, and a step of one; compiled for AVX-512.
#define EIGEN_DONT_VECTORIZE  // packs are vectors already
#define EIGEN_NO_DEBUG        // an assertion would be a function that others share
#include "lanes/compiled_step.hpp"
#include "lanes/lane_loop.hpp"

template ketasim::lanes::Traffic ketasim::lanes::drive<8>(Station&, double);
KETASIM_DEFINE_STEP(step_for_avx512)
