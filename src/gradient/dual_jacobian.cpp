// Vectors are passed between functions of this file only, and all of them are inlined.
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

#include "gradient/dual_jacobian.hpp"
#include "lanes/target_clones.hpp"

namespace ketasim {

KETASIM_WIDEST KETASIM_INLINE_ALL void dual_jacobians(const VectorDual* y, const double* constants,
                                                      VectorDual* J, VectorDual* Ja) {
  kernels::jacobian(y, constants, J);
  kernels::argument_jacobian(y, constants, Ja);
}

#ifdef KETASIM_HAS_PACKS
KETASIM_WIDEST KETASIM_INLINE_ALL void stage_jacobians(const StagePack* y, const double* constants,
                                                       StagePack* J, StagePack* Ja) {
  kernels::jacobian(y, constants, J);
  kernels::argument_jacobian(y, constants, Ja);
}
#else
void stage_jacobians(const StagePack* y, const double* constants, StagePack* J, StagePack* Ja) {
  std::array<double, kernels::n_states> at{};
  std::array<double, kernels::n_entries> by_state{};
  std::array<double, kernels::n_argument_entries> by_argument{};
  for (int i = 0; i < static_cast<int>(dual_directions); ++i) {
    for (std::size_t s = 0; s < at.size(); ++s) at[s] = y[s][i];
    kernels::jacobian(at.data(), constants, by_state.data());
    kernels::argument_jacobian(at.data(), constants, by_argument.data());
    for (std::size_t e = 0; e < by_state.size(); ++e) J[e].set(i, by_state[e]);
    for (std::size_t e = 0; e < by_argument.size(); ++e) Ja[e].set(i, by_argument[e]);
  }
}
#endif

}  // namespace ketasim
