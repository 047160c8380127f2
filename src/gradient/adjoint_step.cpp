#include "gradient/adjoint_step.hpp"

#include "lanes/target_clones.hpp"

namespace ketasim::gradient {
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
  stage_jacobian(points_.data(), constants, J_.data());
  // The first stage stands at y.
  KernelLU::Jacobian at_start;
  for (std::size_t e = 0; e < at_start.size(); ++e) at_start[e] = J_[e][0];
  // The step was taken with this matrix, so that it can be factorised.
  (void)linear_.factorize(at_start, per_h / method_.gamma);

  for (std::size_t i = stages; i-- > 0;) {
    Numbers& v = k_bar_[i];
    kernels::solve_transposed(linear_.factors(), v.data());
    Numbers u_bar{};
    kernels::add_transposed_products<max_stages>(reinterpret_cast<const double*>(J_.data()) + i,
                                                 v.data(), u_bar.data());
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
  add_stage_gradients(points_.data(), y, constants, k_.data(), v_.data(), curvature_.data(),
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

}  // namespace ketasim::gradient
