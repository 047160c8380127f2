#include "ketasim/kernel_system.hpp"

#include <algorithm>

namespace ketasim {

KernelSystem::KernelSystem(const model::Parameters<double>& parameters,
                           const model::Inputs<double>& inputs, kernels::Blocks needed)
    : needed_(needed) {
  const auto values = model::numbers(parameters);
  std::copy(values.begin(), values.end(), p_.begin());
  hold(inputs);
}

void KernelSystem::hold(const model::Inputs<double>& inputs) {
  kernels::constants(p_.data(), model::numbers(inputs).data(), c_.data());
  moving_.set(needed_);
}

void KernelSystem::find_moving(const StateVector<double>& y) {
  if (!finds_moving_) return;
  StateVector<double> f;
  kernels::rhs(y.data(), c_.data(), f.data());
  moving_.set(moving_blocks(y.data(), f.data(), c_.data()) & needed_);
}

void KernelSystem::rhs(double, const StateVector<double>& y, StateVector<double>& dydt) const {
  if (moving_.blocks() != kernels::all_blocks) dydt.setZero();
  kernels::rhs(y.data(), c_.data(), dydt.data(), moving_.blocks());
}

void KernelSystem::jacobian(double, const StateVector<double>& y,
                            std::array<double, kernels::n_entries>& J, StateVector<double>&) const {
  kernels::jacobian(y.data(), c_.data(), J.data(), moving_.blocks());
}

bool KernelLU::factorize(const Jacobian& J, double s) {
  return kernels::factorize(J.data(), s, lu_.data(), blocks_);
}

void KernelLU::solve(StateVector<double>& b) const {
  kernels::solve(lu_.data(), b.data(), blocks_);
}

}  // namespace ketasim
