// Eight lanes, and a step of one member; compiled for AVX-512.
#define EIGEN_DONT_VECTORIZE  // packs are vector registers already
#define EIGEN_NO_DEBUG        // an assertion would be a function shared with other files
#include "lanes/compiled_step.hpp"
#include "lanes/lane_loop.hpp"

template ketasim::solve::LaneCount ketasim::lanes::run_lanes<8>(
    ketasim::solve::MemberSource<CascadeMember>&, double);
KETASIM_DEFINE_STEP(step_for_avx512)
