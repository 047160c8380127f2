// Vectors are passed between functions of this file only, and all of them are inlined.
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

#include "gradient/stage_kernels.hpp"

#include <cstring>

#include "lanes/instructions.hpp"
#include "lanes/target_clones.hpp"

namespace ketasim::gradient {
namespace {

using kernels::Blocks;
constexpr std::size_t n_states = kernels::n_states, n_entries = kernels::n_entries,
                      n_leaf_entries = kernels::n_leaf_entries, n_varying = kernels::n_varying,
                      n_leaves = kernels::n_leaves;

#ifdef KETASIM_HAS_PACKS

/// Numbers of K stages.
template <std::size_t K, std::size_t N>
using Part = std::array<scalar::Pack<static_cast<int>(K)>, N>;

/// The stages of `all` from the `first` on.
template <std::size_t K, std::size_t N>
inline void take(std::size_t first, const StagePack* all, Part<K, N>& part) {
  for (std::size_t s = 0; s < N; ++s)
    std::memcpy(&part[s], reinterpret_cast<const char*>(&all[s]) + first * sizeof(double),
                K * sizeof(double));
}
template <std::size_t K, std::size_t N>
inline void give(std::size_t first, const Part<K, N>& part, StagePack* all) {
  for (std::size_t s = 0; s < N; ++s)
    std::memcpy(reinterpret_cast<char*>(&all[s]) + first * sizeof(double), &part[s],
                K * sizeof(double));
}

template <std::size_t K>
inline void jacobian(std::size_t first, const StagePack* y, const double* c, StagePack* J) {
  if constexpr (K == max_stages) return kernels::jacobian(y, c, J);
  Part<K, n_states> at;
  Part<K, n_entries> entries;
  take<K>(first, y, at);
  kernels::jacobian(at.data(), c, entries.data());
  give<K>(first, entries, J);
}

template <std::size_t K>
inline void jacobians(std::size_t first, const StagePack* y, const double* c, StagePack* J,
                      StagePack* L, Blocks moving) {
  if constexpr (K == max_stages) return kernels::jacobians(y, c, J, L, moving);
  Part<K, n_states> at;
  Part<K, n_entries> by_state{};
  Part<K, n_leaf_entries> by_leaf{};
  take<K>(first, y, at);
  kernels::jacobians(at.data(), c, by_state.data(), by_leaf.data(), moving);
  give<K>(first, by_state, J);
  give<K>(first, by_leaf, L);
}

template <std::size_t K>
inline void curvatures(std::size_t first, const double* y, const double* c, const StagePack* k,
                       StagePack* M, StagePack* N, Blocks moving) {
  if constexpr (K == max_stages) return kernels::curvatures(y, c, k, M, N, moving);
  Part<K, n_states> directions;
  Part<K, n_varying> by_state{};
  Part<K, n_leaf_entries> by_leaf{};
  take<K>(first, k, directions);
  kernels::curvatures(y, c, directions.data(), by_state.data(), by_leaf.data(), moving);
  give<K>(first, by_state, M);
  give<K>(first, by_leaf, N);
}

template <std::size_t K>
inline void add_gradient(std::size_t first, const StagePack* u, const double* c, const StagePack* v,
                         StagePack* leaves) {
  if constexpr (K == max_stages) return kernels::add_gradient(u, c, v, leaves);
  Part<K, n_states> at, weights;
  Part<K, n_leaves> sums;
  take<K>(first, u, at);
  take<K>(first, v, weights);
  take<K>(first, leaves, sums);
  kernels::add_gradient(at.data(), c, weights.data(), sums.data());
  give<K>(first, sums, leaves);
}

template <std::size_t K>
inline void add_curvature(std::size_t first, const double* y, const double* c, const StagePack* k,
                          const StagePack* v, StagePack* y_bar, StagePack* leaves) {
  if constexpr (K == max_stages) return kernels::add_curvature(y, c, k, v, y_bar, leaves);
  Part<K, n_states> directions, weights, by_state;
  Part<K, n_leaves> sums;
  take<K>(first, k, directions);
  take<K>(first, v, weights);
  take<K>(first, y_bar, by_state);
  take<K>(first, leaves, sums);
  kernels::add_curvature(y, c, directions.data(), weights.data(), by_state.data(), sums.data());
  give<K>(first, by_state, y_bar);
  give<K>(first, sums, leaves);
}

#else

constexpr std::size_t K = 1;

template <std::size_t N>
[[nodiscard]] std::array<double, N> lane(const StagePack* all, std::size_t i) {
  std::array<double, N> one;
  for (std::size_t s = 0; s < N; ++s) one[s] = all[s][static_cast<int>(i)];
  return one;
}
template <std::size_t N>
void write_lane(const std::array<double, N>& one, std::size_t i, StagePack* all) {
  for (std::size_t s = 0; s < N; ++s) all[s].set(static_cast<int>(i), one[s]);
}

template <std::size_t>
void jacobian(std::size_t i, const StagePack* y, const double* c, StagePack* J) {
  std::array<double, n_entries> entries{};
  kernels::jacobian(lane<n_states>(y, i).data(), c, entries.data());
  write_lane(entries, i, J);
}

template <std::size_t>
void jacobians(std::size_t i, const StagePack* y, const double* c, StagePack* J, StagePack* L,
               Blocks moving) {
  std::array<double, n_entries> by_state{};
  std::array<double, n_leaf_entries> by_leaf{};
  kernels::jacobians(lane<n_states>(y, i).data(), c, by_state.data(), by_leaf.data(), moving);
  write_lane(by_state, i, J);
  write_lane(by_leaf, i, L);
}

template <std::size_t>
void curvatures(std::size_t i, const double* y, const double* c, const StagePack* k, StagePack* M,
                StagePack* N, Blocks moving) {
  std::array<double, n_varying> by_state{};
  std::array<double, n_leaf_entries> by_leaf{};
  kernels::curvatures(y, c, lane<n_states>(k, i).data(), by_state.data(), by_leaf.data(), moving);
  write_lane(by_state, i, M);
  write_lane(by_leaf, i, N);
}

template <std::size_t>
void add_gradient(std::size_t i, const StagePack* u, const double* c, const StagePack* v,
                  StagePack* leaves) {
  auto sums = lane<n_leaves>(leaves, i);
  kernels::add_gradient(lane<n_states>(u, i).data(), c, lane<n_states>(v, i).data(), sums.data());
  write_lane(sums, i, leaves);
}

template <std::size_t>
void add_curvature(std::size_t i, const double* y, const double* c, const StagePack* k,
                   const StagePack* v, StagePack* y_bar, StagePack* leaves) {
  auto by_state = lane<n_states>(y_bar, i);
  auto sums = lane<n_leaves>(leaves, i);
  kernels::add_curvature(y, c, lane<n_states>(k, i).data(), lane<n_states>(v, i).data(),
                         by_state.data(), sums.data());
  write_lane(by_state, i, y_bar);
  write_lane(sums, i, leaves);
}

#endif

}  // namespace

/// Defines the functions for an instruction set whose registers hold K numbers. Vectors wider than its
/// registers would be taken apart operation by operation: that takes a compiler twice as long, and the
/// functions would be too large for the cache of the processor.
#define KETASIM_DEFINE_STAGE_KERNELS(name, attribute, K)                                           \
  namespace name {                                                                                 \
  attribute KETASIM_INLINE_ALL KETASIM_NO_INLINE static void jacobian_part(std::size_t first,      \
                                                                           const StagePack* y,     \
                                                                           const double* c,        \
                                                                           StagePack* J) {         \
    jacobian<K>(first, y, c, J);                                                                   \
  }                                                                                                \
  attribute KETASIM_INLINE_ALL KETASIM_NO_INLINE static void jacobians_part(                       \
      std::size_t first, const StagePack* y, const double* c, StagePack* J, StagePack* L,          \
      Blocks moving) {                                                                             \
    jacobians<K>(first, y, c, J, L, moving);                                                       \
  }                                                                                                \
  attribute KETASIM_INLINE_ALL KETASIM_NO_INLINE static void curvatures_part(                      \
      std::size_t first, const double* y, const double* c, const StagePack* k, StagePack* M,       \
      StagePack* N, Blocks moving) {                                                               \
    curvatures<K>(first, y, c, k, M, N, moving);                                                   \
  }                                                                                                \
  attribute KETASIM_INLINE_ALL KETASIM_NO_INLINE static void gradient_part(std::size_t first,      \
                                                                           const StagePack* u,     \
                                                                           const double* c,        \
                                                                           const StagePack* v,     \
                                                                           StagePack* leaves) {    \
    add_gradient<K>(first, u, c, v, leaves);                                                       \
  }                                                                                                \
  attribute KETASIM_INLINE_ALL KETASIM_NO_INLINE static void curvature_part(                       \
      std::size_t first, const double* y, const double* c, const StagePack* k, const StagePack* v, \
      StagePack* y_bar, StagePack* leaves) {                                                       \
    add_curvature<K>(first, y, c, k, v, y_bar, leaves);                                            \
  }                                                                                                \
  static void stage_jacobian(const StagePack* y, const double* c, StagePack* J) {                  \
    for (std::size_t first = 0; first < max_stages; first += (K)) jacobian_part(first, y, c, J);   \
  }                                                                                                \
  static void stage_jacobians(const StagePack* y, const double* c, StagePack* J, StagePack* L,     \
                              Blocks moving) {                                                     \
    for (std::size_t first = 0; first < max_stages; first += (K))                                  \
      jacobians_part(first, y, c, J, L, moving);                                                   \
  }                                                                                                \
  static void stage_curvatures(const double* y, const double* c, const StagePack* k, StagePack* M, \
                               StagePack* N, Blocks moving) {                                      \
    for (std::size_t first = 0; first < max_stages; first += (K))                                  \
      curvatures_part(first, y, c, k, M, N, moving);                                               \
  }                                                                                                \
  static void add_stage_gradients(const StagePack* u, const double* y, const double* c,            \
                                  const StagePack* k, const StagePack* v, StagePack* y_bar,        \
                                  StagePack* leaves) {                                             \
    for (std::size_t first = 0; first < max_stages; first += (K)) {                                \
      gradient_part(first, u, c, v, leaves);                                                       \
      curvature_part(first, y, c, k, v, y_bar, leaves);                                            \
    }                                                                                              \
  }                                                                                                \
  }

#ifdef KETASIM_HAS_PACKS
KETASIM_DEFINE_STAGE_KERNELS(for_baseline, , KETASIM_REGISTER_WIDTH)
#else
KETASIM_DEFINE_STAGE_KERNELS(for_baseline, , K)
#endif
#ifdef KETASIM_CHOOSES_FUNCTIONS
KETASIM_DEFINE_STAGE_KERNELS(for_avx2, __attribute__((target("avx2"))), 4)
KETASIM_DEFINE_STAGE_KERNELS(for_avx512, __attribute__((target("avx512f"))), 8)
#define KETASIM_CHOOSE(function, ...)           \
  switch (lanes::available_instructions()) {    \
    case lanes::Instructions::avx512:           \
      return for_avx512::function(__VA_ARGS__); \
    case lanes::Instructions::avx2:             \
      return for_avx2::function(__VA_ARGS__);   \
    case lanes::Instructions::baseline:         \
      break;                                    \
  }                                             \
  for_baseline::function(__VA_ARGS__)
#else
#define KETASIM_CHOOSE(function, ...) for_baseline::function(__VA_ARGS__)
#endif

void stage_jacobian(const StagePack* y, const double* c, StagePack* J) {
  KETASIM_CHOOSE(stage_jacobian, y, c, J);
}

void stage_jacobians(const StagePack* y, const double* c, StagePack* J, StagePack* L,
                     Blocks moving) {
  KETASIM_CHOOSE(stage_jacobians, y, c, J, L, moving);
}

void stage_curvatures(const double* y, const double* c, const StagePack* k, StagePack* M,
                      StagePack* N, Blocks moving) {
  KETASIM_CHOOSE(stage_curvatures, y, c, k, M, N, moving);
}

void add_stage_gradients(const StagePack* u, const double* y, const double* c, const StagePack* k,
                         const StagePack* v, StagePack* y_bar, StagePack* leaves) {
  KETASIM_CHOOSE(add_stage_gradients, u, y, c, k, v, y_bar, leaves);
}

}  // namespace ketasim::gradient
