/// The cascade as a system for the solver, by the generated kernels: the equations of CascadeSystem
/// with a tenth of the work for the Jacobian and the LU.
#pragma once

#include <array>

#include "ketasim/cascade_system.hpp"
#include "ketasim/generated/cascade_kernels.hpp"
#include "ketasim/moving_states.hpp"

namespace ketasim {

static_assert(kernels::n_states == model::n_states &&
                  kernels::n_parameters == sizeof(model::Parameters<double>) / sizeof(double) &&
                  kernels::n_inputs == sizeof(model::Inputs<double>) / sizeof(double),
              "ketasim: the kernels are older than the model; build the target `kernels`");

/// Right-hand side and Jacobian with the constants of one segment. What rests is not computed.
class KernelSystem {
 public:
  static constexpr bool autonomous = true;

  /// @param parameters  after allometry
  /// @param needed      all others rest
  KernelSystem(const model::Parameters<double>& parameters, const model::Inputs<double>& inputs,
               kernels::Blocks needed = kernels::all_blocks);

  /// Sets the inputs of the next segment. Until find_moving() all needed states move.
  void hold(const model::Inputs<double>& inputs);

  /// Finds what can move from y on, in this segment.
  void find_moving(const StateVector<double>& y);

  /// Computes these blocks until hold(), whatever find_moving() would find: derivatives move more.
  void move(kernels::Blocks blocks) {
    moving_.set(blocks & needed_);
    finds_moving_ = false;
  }

  [[nodiscard]] const MovingStates& moving() const { return moving_; }

  /// The terms that depend on parameters and inputs only (kernels::n_constants,).
  [[nodiscard]] const double* constants() const { return c_.data(); }

  void rhs(double, const StateVector<double>& y, StateVector<double>& dydt) const;

  void jacobian(double, const StateVector<double>& y, std::array<double, kernels::n_entries>& J,
                StateVector<double>&) const;

 private:
  std::array<double, kernels::n_parameters> p_{};
  std::array<double, kernels::n_constants> c_{};
  MovingStates moving_;
  kernels::Blocks needed_;
  bool finds_moving_ = true;
};

/// W = s I - J by the generated LU; the interface of solve::SparseLU.
class KernelLU {
 public:
  using Jacobian = std::array<double, kernels::n_entries>;

  [[nodiscard]] Jacobian make_jacobian() const { return {}; }
  void set_moving(const MovingStates& moving) {
    blocks_ = moving.blocks();
    lu_.fill(0.0);
  }
  [[nodiscard]] bool factorize(const Jacobian& J, double s);
  void solve(StateVector<double>& b) const;

  /// L, U and inverse pivots (kernels::n_stored,), for kernels::solve with other right-hand sides.
  [[nodiscard]] const double* factors() const { return lu_.data(); }

 private:
  std::array<double, kernels::n_stored> lu_{};
  kernels::Blocks blocks_ = kernels::all_blocks;
};

}  // namespace ketasim
