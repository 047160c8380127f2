/// The cascade as a system for the solver, by the generated kernels: the equations of CascadeSystem
/// with a tenth of the work for the Jacobian and the LU.
#pragma once

#include <array>

#include "ketasim/cascade_system.hpp"
#include "ketasim/generated/cascade_kernels.hpp"

namespace ketasim {

static_assert(kernels::n_states == model::n_states &&
                  kernels::n_parameters == sizeof(model::Parameters<double>) / sizeof(double) &&
                  kernels::n_inputs == sizeof(model::Inputs<double>) / sizeof(double),
              "ketasim: the kernels are older than the model; build the target `kernels`");

/// Right-hand side and Jacobian with the constants of one segment.
class KernelSystem {
 public:
  static constexpr bool autonomous = true;

  /// @param parameters  after allometry
  KernelSystem(const model::Parameters<double>& parameters, const model::Inputs<double>& inputs) {
    std::size_t k = 0;
    model::Parameters<double>::each(parameters, [&](std::string_view, double value,
                                                    const model::Parameter&) { p_[k++] = value; });
    hold(inputs);
  }

  /// Sets the inputs of the next segment.
  void hold(const model::Inputs<double>& inputs) {
    std::array<double, kernels::n_inputs> u{};
    std::size_t k = 0;
    model::Inputs<double>::each(inputs, [&](double value, const model::Input&) { u[k++] = value; });
    kernels::constants(p_.data(), u.data(), c_.data());
  }

  /// The terms that depend on parameters and inputs only (kernels::n_constants,).
  [[nodiscard]] const double* constants() const { return c_.data(); }

  void rhs(double, const StateVector<double>& y, StateVector<double>& dydt) const {
    kernels::rhs(y.data(), c_.data(), dydt.data());
  }

  template <class Jacobian>
  void jacobian(double, const StateVector<double>& y, Jacobian& J, StateVector<double>&) const {
    kernels::jacobian(y.data(), c_.data(), J.data());
  }

 private:
  std::array<double, kernels::n_parameters> p_{};
  std::array<double, kernels::n_constants> c_{};
};

/// W = s I - J by the generated LU; the interface of solve::SparseLU.
class KernelLU {
 public:
  using Jacobian = std::array<double, kernels::n_entries>;

  [[nodiscard]] Jacobian make_jacobian() const { return {}; }
  [[nodiscard]] bool factorize(const Jacobian& J, double s) {
    return kernels::factorize(J.data(), s, lu_.data());
  }
  void solve(StateVector<double>& b) const { kernels::solve(lu_.data(), b.data()); }

  /// L, U and inverse pivots (kernels::n_stored,), for kernels::solve with other right-hand sides.
  [[nodiscard]] const double* factors() const { return lu_.data(); }

 private:
  std::array<double, kernels::n_stored> lu_{};
};

}  // namespace ketasim
