// Vectors are passed between functions of this file only, and all of them are inlined.
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

#include "gradient/dual_jacobian.hpp"

#include <cstring>

#include "lanes/instructions.hpp"
#include "lanes/target_clones.hpp"

namespace ketasim {

#ifdef KETASIM_HAS_PACKS
namespace {

static_assert(sizeof(VectorDual) == (1 + dual_directions) * sizeof(double));
static_assert(sizeof(StagePack) == dual_directions * sizeof(double));

/// dual_jacobians() in K directions from the `first` on.
template <std::size_t K>
inline void dual_jacobians_in_part(std::size_t first, const VectorDual* y, const double* constants,
                                   VectorDual* J, VectorDual* Ja) {
  if constexpr (K == dual_directions) return kernels::jacobians(y, constants, J, Ja);
  using Part = BasicVectorDual<K>;
  constexpr std::size_t bytes = K * sizeof(double);
  const std::size_t start = first * sizeof(double);
  std::array<Part, kernels::n_states> at;
  std::array<Part, kernels::n_entries> by_state;
  std::array<Part, kernels::n_argument_entries> by_argument;
  for (std::size_t s = 0; s < at.size(); ++s) {
    at[s].value = y[s].value;
    std::memcpy(&at[s].slope, reinterpret_cast<const char*>(&y[s].slope) + start, bytes);
  }
  kernels::jacobians(at.data(), constants, by_state.data(), by_argument.data());
  const auto write = [&](const Part& from, VectorDual& to) {
    to.value = from.value;
    std::memcpy(reinterpret_cast<char*>(&to.slope) + start, &from.slope, bytes);
  };
  for (std::size_t e = 0; e < by_state.size(); ++e) write(by_state[e], J[e]);
  for (std::size_t e = 0; e < by_argument.size(); ++e) write(by_argument[e], Ja[e]);
}

/// stage_jacobians() of K stages from the `first` on.
template <std::size_t K>
inline void stage_jacobians_in_part(std::size_t first, const StagePack* y, const double* constants,
                                    StagePack* J, StagePack* Ja) {
  if constexpr (K == dual_directions) return kernels::jacobians(y, constants, J, Ja);
  using Part = scalar::Pack<static_cast<int>(K)>;
  const std::size_t start = first * sizeof(double);
  std::array<Part, kernels::n_states> at;
  std::array<Part, kernels::n_entries> by_state;
  std::array<Part, kernels::n_argument_entries> by_argument;
  for (std::size_t s = 0; s < at.size(); ++s)
    std::memcpy(&at[s], reinterpret_cast<const char*>(&y[s]) + start, sizeof(Part));
  kernels::jacobians(at.data(), constants, by_state.data(), by_argument.data());
  const auto write = [&](const Part& from, StagePack& to) {
    std::memcpy(reinterpret_cast<char*>(&to) + start, &from, sizeof(Part));
  };
  for (std::size_t e = 0; e < by_state.size(); ++e) write(by_state[e], J[e]);
  for (std::size_t e = 0; e < by_argument.size(); ++e) write(by_argument[e], Ja[e]);
}

}  // namespace

/// Defines both functions, in a namespace, for an instruction set whose registers hold K numbers.
/// Vectors wider than its registers would be taken apart operation by operation: that takes a compiler
/// twice as long, and the functions would be too large for the cache of the processor.
#define KETASIM_DEFINE_JACOBIANS(name, attribute, K)                                            \
  namespace name {                                                                              \
  attribute KETASIM_INLINE_ALL KETASIM_NO_INLINE static void dual_part(                         \
      std::size_t first, const VectorDual* y, const double* c, VectorDual* J, VectorDual* Ja) { \
    dual_jacobians_in_part<K>(first, y, c, J, Ja);                                              \
  }                                                                                             \
  attribute KETASIM_INLINE_ALL KETASIM_NO_INLINE static void stage_part(                        \
      std::size_t first, const StagePack* y, const double* c, StagePack* J, StagePack* Ja) {    \
    stage_jacobians_in_part<K>(first, y, c, J, Ja);                                             \
  }                                                                                             \
  static void jacobians(const VectorDual* y, const double* c, VectorDual* J, VectorDual* Ja) {  \
    for (std::size_t first = 0; first < dual_directions; first += (K))                          \
      dual_part(first, y, c, J, Ja);                                                            \
  }                                                                                             \
  static void jacobians(const StagePack* y, const double* c, StagePack* J, StagePack* Ja) {     \
    for (std::size_t first = 0; first < dual_directions; first += (K))                          \
      stage_part(first, y, c, J, Ja);                                                           \
  }                                                                                             \
  }

KETASIM_DEFINE_JACOBIANS(for_baseline, , KETASIM_REGISTER_WIDTH)
#ifdef KETASIM_CHOOSES_FUNCTIONS
KETASIM_DEFINE_JACOBIANS(for_avx2, __attribute__((target("avx2"))), 4)
KETASIM_DEFINE_JACOBIANS(for_avx512, __attribute__((target("avx512f"))), 8)
#endif

namespace {

template <class Number>
void jacobians(const Number* y, const double* constants, Number* J, Number* Ja) {
#ifdef KETASIM_CHOOSES_FUNCTIONS
  switch (lanes::available_instructions()) {
    case lanes::Instructions::avx512:
      return for_avx512::jacobians(y, constants, J, Ja);
    case lanes::Instructions::avx2:
      return for_avx2::jacobians(y, constants, J, Ja);
    case lanes::Instructions::baseline:
      break;
  }
#endif
  for_baseline::jacobians(y, constants, J, Ja);
}

}  // namespace

void dual_jacobians(const VectorDual* y, const double* constants, VectorDual* J, VectorDual* Ja) {
  jacobians(y, constants, J, Ja);
}

void stage_jacobians(const StagePack* y, const double* constants, StagePack* J, StagePack* Ja) {
  jacobians(y, constants, J, Ja);
}

#else
void dual_jacobians(const VectorDual* y, const double* constants, VectorDual* J, VectorDual* Ja) {
  kernels::jacobians(y, constants, J, Ja);
}

void stage_jacobians(const StagePack* y, const double* constants, StagePack* J, StagePack* Ja) {
  std::array<double, kernels::n_states> at{};
  std::array<double, kernels::n_entries> by_state{};
  std::array<double, kernels::n_argument_entries> by_argument{};
  for (int i = 0; i < static_cast<int>(dual_directions); ++i) {
    for (std::size_t s = 0; s < at.size(); ++s) at[s] = y[s][i];
    kernels::jacobians(at.data(), constants, by_state.data(), by_argument.data());
    for (std::size_t e = 0; e < by_state.size(); ++e) J[e].set(i, by_state[e]);
    for (std::size_t e = 0; e < by_argument.size(); ++e) Ja[e].set(i, by_argument[e]);
  }
}
#endif

}  // namespace ketasim
