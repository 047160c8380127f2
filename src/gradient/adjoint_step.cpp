// Vectors are passed between functions of this file only, and all of them are inlined.
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

#include "gradient/adjoint_step.hpp"

#include <cstring>

#include "lanes/instructions.hpp"
#include "lanes/target_clones.hpp"

namespace ketasim {

#ifdef KETASIM_HAS_PACKS
namespace {

constexpr std::size_t width = dual_directions;

/// K of the stages of `all`, from the `first` on, and back.
template <std::size_t K, std::size_t N>
inline void take(std::size_t first, const StagePack* all,
                 std::array<scalar::Pack<static_cast<int>(K)>, N>& part) {
  for (std::size_t s = 0; s < N; ++s)
    std::memcpy(&part[s], reinterpret_cast<const char*>(&all[s]) + first * sizeof(double),
                K * sizeof(double));
}
template <std::size_t K, std::size_t N>
inline void give(std::size_t first, const std::array<scalar::Pack<static_cast<int>(K)>, N>& part,
                 StagePack* all) {
  for (std::size_t s = 0; s < N; ++s)
    std::memcpy(reinterpret_cast<char*>(&all[s]) + first * sizeof(double), &part[s],
                K * sizeof(double));
}

template <std::size_t K>
inline void jacobian_in_part(std::size_t first, const StagePack* y, const double* c, StagePack* J) {
  if constexpr (K == width) return kernels::jacobian(y, c, J);
  using Part = scalar::Pack<static_cast<int>(K)>;
  std::array<Part, kernels::n_states> at;
  std::array<Part, kernels::n_entries> entries;
  take<K>(first, y, at);
  kernels::jacobian(at.data(), c, entries.data());
  give<K>(first, entries, J);
}

template <std::size_t K>
inline void gradient_in_part(std::size_t first, const StagePack* u, const double* c,
                             const StagePack* v, StagePack* leaves) {
  if constexpr (K == width) return kernels::add_gradient(u, c, v, leaves);
  using Part = scalar::Pack<static_cast<int>(K)>;
  std::array<Part, kernels::n_states> at, weights;
  std::array<Part, kernels::n_leaves> sums;
  take<K>(first, u, at);
  take<K>(first, v, weights);
  take<K>(first, leaves, sums);
  kernels::add_gradient(at.data(), c, weights.data(), sums.data());
  give<K>(first, sums, leaves);
}

template <std::size_t K>
inline void curvature_in_part(std::size_t first, const double* y, const double* c,
                              const StagePack* k, const StagePack* v, StagePack* y_bar,
                              StagePack* leaves) {
  if constexpr (K == width) return kernels::add_curvature(y, c, k, v, y_bar, leaves);
  using Part = scalar::Pack<static_cast<int>(K)>;
  std::array<Part, kernels::n_states> directions, weights, by_state;
  std::array<Part, kernels::n_leaves> sums;
  take<K>(first, k, directions);
  take<K>(first, v, weights);
  take<K>(first, y_bar, by_state);
  take<K>(first, leaves, sums);
  kernels::add_curvature(y, c, directions.data(), weights.data(), by_state.data(), sums.data());
  give<K>(first, by_state, y_bar);
  give<K>(first, sums, leaves);
}

}  // namespace

/// Defines the three functions, in a namespace, for an instruction set whose registers hold K
/// numbers.
#define KETASIM_DEFINE_STAGE_FUNCTIONS(name, attribute, K)                                         \
  namespace name {                                                                                 \
  attribute KETASIM_INLINE_ALL KETASIM_NO_INLINE static void jacobian_part(std::size_t first,      \
                                                                           const StagePack* y,     \
                                                                           const double* c,        \
                                                                           StagePack* J) {         \
    jacobian_in_part<K>(first, y, c, J);                                                           \
  }                                                                                                \
  attribute KETASIM_INLINE_ALL KETASIM_NO_INLINE static void gradient_part(std::size_t first,      \
                                                                           const StagePack* u,     \
                                                                           const double* c,        \
                                                                           const StagePack* v,     \
                                                                           StagePack* leaves) {    \
    gradient_in_part<K>(first, u, c, v, leaves);                                                   \
  }                                                                                                \
  attribute KETASIM_INLINE_ALL KETASIM_NO_INLINE static void curvature_part(                       \
      std::size_t first, const double* y, const double* c, const StagePack* k, const StagePack* v, \
      StagePack* y_bar, StagePack* leaves) {                                                       \
    curvature_in_part<K>(first, y, c, k, v, y_bar, leaves);                                        \
  }                                                                                                \
  static void jacobian(const StagePack* y, const double* c, StagePack* J) {                        \
    for (std::size_t first = 0; first < width; first += (K)) jacobian_part(first, y, c, J);        \
  }                                                                                                \
  static void add_gradients(const StagePack* u, const double* y, const double* c,                  \
                            const StagePack* k, const StagePack* v, StagePack* y_bar,              \
                            StagePack* leaves) {                                                   \
    for (std::size_t first = 0; first < width; first += (K)) {                                     \
      gradient_part(first, u, c, v, leaves);                                                       \
      curvature_part(first, y, c, k, v, y_bar, leaves);                                            \
    }                                                                                              \
  }                                                                                                \
  }

KETASIM_DEFINE_STAGE_FUNCTIONS(for_baseline, , KETASIM_REGISTER_WIDTH)
#ifdef KETASIM_CHOOSES_FUNCTIONS
KETASIM_DEFINE_STAGE_FUNCTIONS(for_avx2, __attribute__((target("avx2"))), 4)
KETASIM_DEFINE_STAGE_FUNCTIONS(for_avx512, __attribute__((target("avx512f"))), 8)
#endif

namespace {

/// J at the points of all stages.
void jacobians_of_stages(const StagePack* y, const double* c, StagePack* J) {
#ifdef KETASIM_CHOOSES_FUNCTIONS
  switch (lanes::available_instructions()) {
    case lanes::Instructions::avx512:
      return for_avx512::jacobian(y, c, J);
    case lanes::Instructions::avx2:
      return for_avx2::jacobian(y, c, J);
    case lanes::Instructions::baseline:
      break;
  }
#endif
  for_baseline::jacobian(y, c, J);
}

/// Adds d/dc (v . f(u) + v . J(y) k) to `leaves` and d/dy v . J(y) k to y_bar, stage by stage.
void add_gradients_of_stages(const StagePack* u, const double* y, const double* c,
                             const StagePack* k, const StagePack* v, StagePack* y_bar,
                             StagePack* leaves) {
#ifdef KETASIM_CHOOSES_FUNCTIONS
  switch (lanes::available_instructions()) {
    case lanes::Instructions::avx512:
      return for_avx512::add_gradients(u, y, c, k, v, y_bar, leaves);
    case lanes::Instructions::avx2:
      return for_avx2::add_gradients(u, y, c, k, v, y_bar, leaves);
    case lanes::Instructions::baseline:
      break;
  }
#endif
  for_baseline::add_gradients(u, y, c, k, v, y_bar, leaves);
}

}  // namespace

#else
namespace {

constexpr std::size_t width = dual_directions;

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

void jacobians_of_stages(const StagePack* y, const double* c, StagePack* J) {
  for (std::size_t i = 0; i < width; ++i) {
    const auto at = lane<kernels::n_states>(y, i);
    std::array<double, kernels::n_entries> entries{};
    kernels::jacobian(at.data(), c, entries.data());
    write_lane(entries, i, J);
  }
}

void add_gradients_of_stages(const StagePack* u, const double* y, const double* c,
                             const StagePack* k, const StagePack* v, StagePack* y_bar,
                             StagePack* leaves) {
  for (std::size_t i = 0; i < width; ++i) {
    const auto at = lane<kernels::n_states>(u, i), weights = lane<kernels::n_states>(v, i);
    const auto directions = lane<kernels::n_states>(k, i);
    auto by_state = lane<kernels::n_states>(y_bar, i);
    auto sums = lane<kernels::n_leaves>(leaves, i);
    kernels::add_gradient(at.data(), c, weights.data(), sums.data());
    kernels::add_curvature(y, c, directions.data(), weights.data(), by_state.data(), sums.data());
    write_lane(by_state, i, y_bar);
    write_lane(sums, i, leaves);
  }
}

}  // namespace
#endif

namespace gradient {
namespace {

/// out += a x + b z
KETASIM_WIDEST void add_two(double a, const Numbers& x, double b, const Numbers& z, Numbers& out) {
  for (std::size_t s = 0; s < out.size(); ++s) out[s] += a * x[s] + b * z[s];
}

KETASIM_WIDEST void add_weighted(double a, const Numbers& x, Numbers& out) {
  for (std::size_t s = 0; s < out.size(); ++s) out[s] += a * x[s];
}

}  // namespace

void AdjointStep::back(double h, const double* y, const Numbers* k, const double* constants,
                       const std::vector<Inside>& inside, Numbers& lambda) {
  const std::size_t stages = method_.stages, last = stages - 1;
  const double per_h = 1.0 / h;

  // What points inside the step add: (1 - theta) y + theta (y1 + (1 - theta) sum of w_j k_j).
  y_bar_.fill(0.0);
  for (std::size_t j = 0; j < stages; ++j) k_bar_[j].fill(0.0);
  for (const Inside& point : inside) {
    const double theta = point.theta;
    add_weighted(1.0 - theta, point.weight, y_bar_);
    add_weighted(theta, point.weight, lambda);
    for (std::size_t j = 0; j < stages; ++j) {
      double w = 0.0;
      for (std::size_t r = method_.n_dense; r-- > 0;) w = method_.H[r][j] + theta * w;
      add_weighted(theta * (1.0 - theta) * w, point.weight, k_bar_[j]);
    }
  }
  // The end of the step: y1 = y + sum of A_sj k_j + k_s.
  add_weighted(1.0, lambda, y_bar_);
  add_weighted(1.0, lambda, k_bar_[last]);
  for (std::size_t j = 0; j < last; ++j) add_weighted(method_.A[last][j], lambda, k_bar_[j]);

  std::array<const double*, max_stages> rows{};
  for (std::size_t j = 0; j < stages; ++j) rows[j] = k[j].data();
  stage_points(stages, method_.A.data(), y, rows.data(), points_.data());
  jacobians_of_stages(points_.data(), constants, J_.data());
  // The first stage stands at y.
  KernelLU::Jacobian at_start;
  for (std::size_t e = 0; e < at_start.size(); ++e) at_start[e] = J_[e][0];
  // The step was taken with this matrix, so that it can be factorised.
  (void)linear_.factorize(at_start, per_h / method_.gamma);

  for (std::size_t i = stages; i-- > 0;) {
    Numbers& v = k_bar_[i];
    kernels::solve_transposed(linear_.factors(), v.data());
    Numbers u_bar{};
    kernels::add_transposed_products<static_cast<int>(dual_directions)>(
        reinterpret_cast<const double*>(J_.data()) + i, v.data(), u_bar.data());
    add_weighted(1.0, u_bar, y_bar_);
    for (std::size_t j = 0; j < i; ++j)
      add_two(method_.A[i][j], u_bar, method_.C[i][j] * per_h, v, k_bar_[j]);
  }
  for (std::size_t s = 0; s < v_.size(); ++s)
    for (std::size_t i = 0; i < stages; ++i) {
      v_[s].set(static_cast<int>(i), k_bar_[i][s]);
      k_[s].set(static_cast<int>(i), k[i][s]);
    }
  curvature_.fill(StagePack(0.0));
  add_gradients_of_stages(points_.data(), y, constants, k_.data(), v_.data(), curvature_.data(),
                          leaves_.data());
  for (std::size_t s = 0; s < lambda.size(); ++s) {
    double sum = y_bar_[s];
    for (std::size_t i = 0; i < stages; ++i) sum += curvature_[s][static_cast<int>(i)];
    lambda[s] = sum;
  }
}

std::array<double, kernels::n_leaves> AdjointStep::take_leaves() {
  std::array<double, kernels::n_leaves> sums{};
  for (std::size_t c = 0; c < sums.size(); ++c)
    for (std::size_t i = 0; i < method_.stages; ++i) sums[c] += leaves_[c][static_cast<int>(i)];
  leaves_.fill(StagePack(0.0));
  return sums;
}

}  // namespace gradient
}  // namespace ketasim
