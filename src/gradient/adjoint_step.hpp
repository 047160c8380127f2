/// The adjoint of a Rosenbrock step: from the derivative of a number by the state at the end of the
/// step to its derivatives by the state at the start and by the constants of the right-hand side.
///
/// A step solves W k_i = f(u_i) + sum C_ij k_j/h with W = I/(h gamma) - J(y), u_i = y + sum A_ij k_j, and
/// ends at y1 = u_s + k_s. Backward, from the last stage to the first, with l = dL/dy1:
///   k_i*  = [i = s] l + A_si l + sum_{j>i} (A_ji u_j* + C_ji v_j/h)
///   v_i   = W'^-1 k_i*
///   u_i*  = J(u_i)' v_i
///   y*    = l + sum_i u_i* + d/dy sum_i v_i . J(y) k_i
///   c*    = d/dc sum_i (v_i . f(u_i) + v_i . J(y) k_i)
/// (Sandu, Daescu and Carmichael 2003, doi:10.1016/j.atmosenv.2003.08.019). A point inside the step is a
/// sum of y, y1 and all k_i, so its derivative adds to l, y* and k_i*.
#pragma once

#include <array>
#include <vector>

#include "gradient/stage_kernels.hpp"
#include "gradient/tangent_stepper.hpp"

namespace ketasim::gradient {

/// One number for each state.
using Numbers = std::array<double, model::n_states>;

/// A method by its coefficients.
struct StageWeights {
  std::size_t stages;
  double gamma;
  std::array<Weights, max_stages> A, C;
  std::array<Weights, max_stages> H;  ///< as many as the method has for its continuous extension
  std::size_t n_dense;
};

template <class Tableau>
[[nodiscard]] StageWeights stage_weights() {
  StageWeights w{.stages = Tableau::stages,
                 .gamma = static_cast<double>(Tableau::gamma),
                 .A = {},
                 .C = {},
                 .H = {},
                 .n_dense = Tableau::H.size()};
  for (std::size_t i = 0; i < Tableau::stages; ++i)
    for (std::size_t j = 0; j < Tableau::stages; ++j) {
      w.A[i][j] = static_cast<double>(Tableau::A[i][j]);
      w.C[i][j] = static_cast<double>(Tableau::C[i][j]);
      if (i < Tableau::H.size()) w.H[i][j] = static_cast<double>(Tableau::H[i][j]);
    }
  return w;
}

/// A point inside a step, 0 < theta <= 1, and the derivative of L by the state there.
struct Inside {
  double theta;
  Numbers weight;
};

/// Goes back over steps. Not thread-safe: one for each thread.
class AdjointStep {
 public:
  explicit AdjointStep(const StageWeights& method) : method_(method) {}

  /// Goes back over one step; `lambda` is dL/dy at its end, then at its start.
  /// @param k          (stages) stages of the step
  /// @param constants  of the right-hand side
  /// @param inside     points inside the step at which L depends on the state
  void back(double h, const double* y, const Numbers* k, const double* constants,
            const std::vector<Inside>& inside, Numbers& lambda);

  /// dL/dc (kernels::n_leaves,) of all steps since the last call of this.
  [[nodiscard]] std::array<double, kernels::n_leaves> take_leaves();

 private:
  StageWeights method_;
  KernelLU linear_;
  std::array<Numbers, max_stages> k_bar_{};
  Numbers y_bar_{};
  std::array<StagePack, model::n_states> points_{}, k_{}, v_{}, curvature_{};
  std::array<StagePack, kernels::n_entries> J_{};
  std::array<StagePack, kernels::n_leaves> leaves_{};
};

}  // namespace ketasim::gradient
