/// A Rosenbrock stepper that also computes derivatives: the tangent of every accepted step.
///
/// A step solves W k_i = f(u_i) + sum C_ij k_j / h with W = I/(h gamma) - J(y). Its tangent in a
/// direction with slopes S of the state and a' of parameters and inputs solves, with the same W,
///   W k_i' = J(u_i) u_i' + f_c(u_i) c' + sum C_ij k_j' / h + (J' k_i),
///   J' k_i = d/de [J(y + e S, c + e c') k_i] = M_i S + N_i c',
/// where c are the leaves, through which parameters and inputs act, and M_i and N_i are J and f_c
/// differentiated in the direction k_i. They do not depend on the direction of the slopes, so many directions
/// cost little more than one. Directions are processed eight at a time.
///
/// What rests in a segment, with all its slopes, is not computed.
///
/// The last stage is the error of a step, and its tangent that of the slopes: steps can be chosen
/// by both (as in CVODES, Serban and Hindmarsh 2005, doi:10.1115/DETC2005-85597).
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "gradient/stage_kernels.hpp"
#include "kernel_rodas.hpp"
#include "ketasim/kernel_system.hpp"
#include "ketasim/solve/integrate.hpp"

namespace ketasim {

inline constexpr std::size_t directions_per_block = 8;
/// Eight directions. Every operation acts on each direction separately, so that the result does not
/// depend on the width of the registers.
struct alignas(directions_per_block * sizeof(double)) Directions {
  std::array<double, directions_per_block> d{};

  Directions& operator+=(const Directions& other) {
    for (std::size_t w = 0; w < directions_per_block; ++w) d[w] += other.d[w];
    return *this;
  }
  friend Directions operator+(Directions a, const Directions& b) { return a += b; }
  friend Directions operator-(Directions a, const Directions& b) {
    for (std::size_t w = 0; w < directions_per_block; ++w) a.d[w] -= b.d[w];
    return a;
  }
  friend Directions operator*(double factor, Directions a) {
    for (std::size_t w = 0; w < directions_per_block; ++w) a.d[w] *= factor;
    return a;
  }
  friend Directions operator*(const Directions& a, double factor) { return factor * a; }
};

/// Slopes of all states in all blocks: [block * n_states + state].
using Slopes = std::vector<Directions>;

using gradient::max_stages;
using gradient::StagePack;
using Weights = std::array<double, max_stages>;

/// out = a + b, for n states.
void add(std::size_t n, const Directions* a, const Directions* b, Directions* out);
struct Term {
  const Directions* slopes;
  double weight;
};
/// Inside a step the slopes are a sum of the slopes at both ends and of all stages.
inline constexpr std::size_t max_terms = 2 + max_stages;
/// out = sum of weight_j slopes_j, for n states.
void weighted_sum(std::size_t n, const std::array<Term, max_terms>& terms, Directions* out);
/// The points at which the stages evaluate the right-hand side: u_i = y + sum of A_ij k_j.
void stage_points(std::size_t n_stages, const Weights* A, const double* y, const double* const* k,
                  StagePack* points);
/// A stage k_j and its weights in the point and in the right-hand side of the next stage.
struct Stage {
  const Directions* k;
  double to_point, to_rhs;
};
/// point = S + sum of k_j to_point_j, rhs = sum of k_j to_rhs_j in these ranges of states.
/// @param continues  the point is that of the stage before plus its k, which `point` has
void combine(std::span<const solve::Range> ranges, const Directions* S, const Stage* stages,
             std::size_t n_stages, bool continues, Directions* point, Directions* rhs);
/// out += J U + M S; J has the structure of the Jacobian, M has its entries that vary; numbers of one
/// stage, max_stages apart.
void add_products(const double* J, const Directions* U, const double* M, const Directions* S,
                  Directions* out, kernels::Blocks moving);
/// An entry of the derivatives by leaves: its position among them, its row and its column.
struct LeafEntry {
  int at, row, column;
};
/// The entries whose leaf has a slope, in the rows that move; c has kernels::n_leaves elements. They are
/// few, because a block has eight directions.
[[nodiscard]] std::vector<LeafEntry> entries_with_slopes(
    const Directions* c, kernels::Blocks moving = kernels::all_blocks);
/// out += L c, by the entries whose leaf has a slope.
void add_leaves(const std::vector<LeafEntry>& entries, const double* L, const Directions* c,
                Directions* out);
/// c = G a, for slopes a of parameters and inputs (kernels::n_arguments,) and c of leaves.
void leaf_slopes(const double* G, const Directions* a, Directions* c);
/// b becomes W^-1 b.
void solve_block(const double* factors, Directions* b,
                 kernels::Blocks moving = kernels::all_blocks);
/// The blocks with a state that can move, or one of whose slopes can.
/// @param S, c  slopes of states [block * n_states + state] and leaves [block * n_leaves + leaf]
[[nodiscard]] kernels::Blocks moving_blocks(const StateVector<double>& y, const double* constants,
                                            std::size_t n_blocks, const Directions* S,
                                            const Directions* c);

/// Tolerances of slopes. A slope times the size of what varies is a change of a state and has the
/// tolerance of that state.
struct SlopeTolerance {
  double rtol;
  StateVector<double> atol;
  Slopes size;  ///< (n_blocks,), 0 for a direction that is not used
};

template <class Tableau>
class TangentStepper {
 public:
  static constexpr int N = model::n_states;
  using Inner = KernelRodas<Tableau>;
  using State = typename Inner::State;
  using value_type = double;
  static constexpr int size = N, order = Tableau::order, error_order = Tableau::error_order;

  /// @param start      slopes before treatment
  /// @param leaves     slopes of the leaves: [block * n_leaves + leaf]
  /// @param tolerance  if steps are to be chosen by the error of the slopes too
  TangentStepper(Slopes start, Slopes leaves, std::optional<SlopeTolerance> tolerance = {})
      : n_blocks_(start.size() / N),
        S_(std::move(start)),
        leaves_(std::move(leaves)),
        used_entries_of_block_(n_blocks_),
        tolerance_(std::move(tolerance)) {
    S1_ = at_ = U_ = Slopes(S_.size());
    k_.fill(Slopes(S_.size()));
  }

  // The interface of solve::Stepper.
  template <class System>
  void begin(System& system, double t, const State& y) {
    commit_step();
    system.move(moving_blocks(y, system.constants(), n_blocks_, S_.data(), leaves_.data()));
    if (system.moving().blocks() != moving_) stop_those_that_rest();
    system_moving_ = system.moving();
    moving_ = system_moving_.blocks();
    find_used_entries();
    inner_.begin(system, t, y);
  }
  template <class System>
  void advance(System& system, double t, const State& y) {
    commit_step();
    inner_.advance(system, t, y);
  }
  template <class System>
  solve::Attempt attempt(System& system, double t, const State& y, double h, State& y1) {
    const solve::Attempt attempt = inner_.attempt(system, t, y, h, y1);
    if (tolerance_ && attempt == solve::Attempt::done) judge_slopes(system, y, h, y1);
    return attempt;
  }
  [[nodiscard]] const State& derivative() const { return inner_.derivative(); }
  /// Error of the last attempt; that of the state enlarged where the slopes have the larger one.
  [[nodiscard]] const State& error() const { return tolerance_ ? error_ : inner_.error(); }
  template <class System>
  [[nodiscard]] solve::NonFinite find_non_finite(System& system, double t, const State& y,
                                                 double h) const {
    return inner_.find_non_finite(system, t, y, h);
  }
  [[nodiscard]] solve::Cost& cost() { return inner_.cost(); }

  void interpolate(double theta, const State& y, const State& y1, State& at) {
    inner_.interpolate(theta, y, y1, at);
    // (1 - theta) S + theta (S1 + (1 - theta) (D_1 + theta D_2 + ...)), D_r = sum of H_rj k_j
    std::array<Term, max_terms> terms;
    terms.fill({S_.data(), 0.0});
    terms[0].weight = 1.0 - theta;
    terms[1] = {S1_.data(), theta};
    for (std::size_t j = 0; j < Tableau::stages; ++j) {
      double weight = 0.0;
      for (std::size_t r = H.size(); r-- > 0;) weight = H[r][j] + theta * weight;
      terms[2 + j] = {k_[j].data(), theta * (1.0 - theta) * weight};
    }
    weighted_sum(at_.size(), terms, at_.data());
    interpolated_ = true;
  }

  /// The tangent of the step that was just accepted.
  template <class System>
  void accepted(System& system, const State& y, double h) {
    if (!tolerance_) differentiate(system, y, h);
    pending_ = true;
  }

  // Derivatives.
  /// Slopes at the end of the last step, or at the last point of interpolate().
  [[nodiscard]] const Slopes& slopes_of_sample() {
    if (interpolated_) {
      interpolated_ = false;
      return at_;
    }
    commit_step();
    return S_;
  }
  /// Events may change the slopes of the state and of the leaves.
  [[nodiscard]] Slopes& slopes() {
    commit_step();
    return S_;
  }
  [[nodiscard]] Slopes& leaves() { return leaves_; }

 private:
  static_assert(Tableau::stages <= max_stages, "ketasim: one direction per stage");

  template <std::size_t Rows>
  [[nodiscard]] static constexpr std::array<Weights, Rows> rounded(
      const solve::Coefficients<Rows, Tableau::stages>& exact) {
    std::array<Weights, Rows> weights{};
    for (std::size_t i = 0; i < Rows; ++i)
      for (std::size_t j = 0; j < Tableau::stages; ++j)
        weights[i][j] = static_cast<double>(exact[i][j]);
    return weights;
  }
  static constexpr auto A = rounded(Tableau::A), C = rounded(Tableau::C);
  static constexpr auto H = rounded(Tableau::H);
  static constexpr auto continues = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array{solve::detail::continues<Tableau, I>()...};
  }
  (std::make_index_sequence<Tableau::stages>{});

  /// The numbers of stage i, max_stages apart.
  template <std::size_t Size>
  [[nodiscard]] static const double* lane(const std::array<StagePack, Size>& all, std::size_t i) {
    return reinterpret_cast<const double*>(all.data()) + i;
  }

  void commit_step() {
    if (pending_) S_.swap(S1_);
    pending_ = false;
  }

  /// S1, the slopes at the end of the last attempt.
  template <class System>
  void differentiate(System& system, const State& y, double h) {
    std::array<State, Tableau::stages> k;
    for (std::size_t i = 0; i < Tableau::stages; ++i) k[i] = inner_.stage(i);
    const double per_h = 1.0 / h;
    std::array<const double*, Tableau::stages> stages;
    for (std::size_t i = 0; i < Tableau::stages; ++i) stages[i] = k[i].data();
    stage_points(Tableau::stages, A.data(), y.data(), stages.data(), points_.data());
    for (std::size_t s = 0; s < N; ++s)
      for (std::size_t i = 0; i < Tableau::stages; ++i)
        directions_[s].set(static_cast<int>(i), stages[i][s]);
    gradient::stage_jacobians(points_.data(), system.constants(), stage_J_.data(), stage_L_.data(),
                              moving_);
    gradient::stage_curvatures(y.data(), system.constants(), directions_.data(), stage_M_.data(),
                               stage_N_.data(), moving_);
    // f_c(u_i) and N_i are multiplied by the same slopes.
    for (const int e : used_entries_) {
      const auto at = static_cast<std::size_t>(e);
      for (std::size_t i = 0; i < Tableau::stages; ++i)
        L_[i][at] = stage_L_[at][static_cast<int>(i)] + stage_N_[at][static_cast<int>(i)];
    }
    // All stages of a block of directions, because its slopes stay in the cache.
    for (std::size_t b = 0; b < n_blocks_; ++b)
      for (std::size_t i = 0; i < Tableau::stages; ++i) stage(i, b, per_h);
    add(S1_.size(), U_.data(), k_[Tableau::stages - 1].data(), S1_.data());
  }

  template <class System>
  void judge_slopes(System& system, const State& y, double h, const State& y1) {
    error_ = inner_.error();
    const State scale = tolerance_->rtol * y.cwiseAbs().cwiseMax(y1.cwiseAbs()) + tolerance_->atol;
    const double of_state = solve::weighted_rms(error_, scale);
    if (!(of_state <= 1.0)) return;  // the step will be rejected
    differentiate(system, y, h);
    const double of_slopes = slope_error();
    if (!(of_slopes <= of_state))
      error_ = of_slopes * scale;  // also NaN, so that the step is rejected
  }

  /// Largest error of a direction [units of tolerance].
  [[nodiscard]] double slope_error() const {
    double largest = 0.0;
    for (std::size_t b = 0; b < n_blocks_; ++b)
      for (std::size_t w = 0; w < directions_per_block; ++w) {
        const double extent = tolerance_->size[b].d[w];
        double sum = 0.0;
        for (std::size_t i = 0; i < N; ++i) {
          const std::size_t at = b * N + i;
          const double change = std::max(std::abs(S_[at].d[w]), std::abs(S1_[at].d[w]));
          const double error =
              extent * k_[Tableau::stages - 1][at].d[w] /
              (tolerance_->rtol * extent * change + tolerance_->atol[static_cast<int>(i)]);
          sum += error * error;
        }
        const double rms = std::sqrt(sum / N);
        if (std::isnan(rms)) return rms;
        largest = std::max(largest, rms);
      }
    return largest;
  }

  void stage(std::size_t i, std::size_t b, double per_h) {
    const std::size_t first = b * N;
    const Directions* const S = S_.data() + first;
    Directions* const U = U_.data() + first;
    Directions* const K = k_[i].data() + first;
    if (i == 0) {
      std::copy_n(S, N, U);
      std::fill_n(K, N, Directions{});
    } else {
      std::array<Stage, Tableau::stages> earlier;
      for (std::size_t j = 0; j < i; ++j)
        earlier[j] = {k_[j].data() + first, A[i][j], C[i][j] * per_h};
      combine(system_moving_.ranges(), S, earlier.data(), i, continues[i], U, K);
    }
    add_products(lane(stage_J_, i), U, lane(stage_M_, i), S, K, moving_);
    add_leaves(used_entries_of_block_[b], L_[i].data(), leaves_.data() + b * kernels::n_leaves, K);
    solve_block(inner_.factors(), K, moving_);
  }

  /// What does not move has no stages.
  void stop_those_that_rest() {
    for (Slopes& k : k_) std::fill(k.begin(), k.end(), Directions{});
  }

  void find_used_entries() {
    used_entries_.clear();
    for (std::size_t b = 0; b < n_blocks_; ++b) {
      used_entries_of_block_[b] =
          entries_with_slopes(leaves_.data() + b * kernels::n_leaves, moving_);
      for (const LeafEntry& entry : used_entries_of_block_[b]) used_entries_.push_back(entry.at);
    }
    std::sort(used_entries_.begin(), used_entries_.end());
    used_entries_.erase(std::unique(used_entries_.begin(), used_entries_.end()),
                        used_entries_.end());
  }

  Inner inner_;
  std::size_t n_blocks_;
  Slopes S_, leaves_, S1_, at_, U_;
  std::array<Slopes, Tableau::stages> k_;
  MovingStates system_moving_;
  kernels::Blocks moving_ = kernels::all_blocks;
  static constexpr std::size_t n_entries = kernels::n_entries, n_varying = kernels::n_varying,
                               n_leaf_entries = kernels::n_leaf_entries;
  std::array<std::array<double, n_leaf_entries>, Tableau::stages> L_{};  ///< of each stage
  std::array<StagePack, N> points_{}, directions_{};
  std::array<StagePack, n_entries> stage_J_{};
  std::array<StagePack, n_varying> stage_M_{};
  std::array<StagePack, n_leaf_entries> stage_L_{}, stage_N_{};
  std::vector<std::vector<LeafEntry>> used_entries_of_block_;  ///< entries whose leaf has a slope
  std::vector<int> used_entries_;  ///< positions of those of all blocks, without repeats
  std::optional<SlopeTolerance> tolerance_;
  State error_ = State::Zero();
  bool pending_ = false, interpolated_ = false;
};

}  // namespace ketasim
