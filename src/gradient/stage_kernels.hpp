/// The kernels of derivatives at the points of all stages of a step at once, one stage in each number of a
/// pack, by code for the newest instruction set of the processor.
#pragma once

#include <array>
#include <cstddef>

#include "ketasim/generated/derivative_kernels.hpp"
#include "ketasim/scalar/pack.hpp"

namespace ketasim::gradient {

/// The largest number of stages of a method.
inline constexpr std::size_t max_stages = 8;

/// One number for each stage of a step.
#ifdef KETASIM_HAS_PACKS
using StagePack = scalar::Pack<static_cast<int>(max_stages)>;
#else
struct StagePack {
  std::array<double, max_stages> v;
  StagePack(double x = 0.0) { v.fill(x); }  // NOLINT: the same number in every stage
  [[nodiscard]] double operator[](int stage) const { return v[static_cast<std::size_t>(stage)]; }
  void set(int stage, double x) { v[static_cast<std::size_t>(stage)] = x; }
};
#endif

/// kernels::jacobian at the points y of all stages, with its bits.
void stage_jacobian(const StagePack* y, const double* c, StagePack* J);

/// kernels::jacobians at the points y of all stages.
void stage_jacobians(const StagePack* y, const double* c, StagePack* J, StagePack* L,
                     kernels::Blocks moving);

/// kernels::curvatures at y in the directions of all stages.
void stage_curvatures(const double* y, const double* c, const StagePack* k, StagePack* M,
                      StagePack* N, kernels::Blocks moving);

/// Adds d/dc (v . f(u) + v . J(y) k) to `leaves` and d/dy v . J(y) k to y_bar, stage by stage.
void add_stage_gradients(const StagePack* u, const double* y, const double* c, const StagePack* k,
                         const StagePack* v, StagePack* y_bar, StagePack* leaves);

}  // namespace ketasim::gradient
