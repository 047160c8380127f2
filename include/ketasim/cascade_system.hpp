/// The cascade as a system for the solver: the right-hand side, its exact Jacobian, and inputs that
/// are constant between events. It does not depend on time within a segment, so df/dt = 0.
#pragma once

#include <span>
#include <utility>

#include "ketasim/model/jacobian.hpp"
#include "ketasim/solve/rodas.hpp"
#include "ketasim/solve/sparse_lu.hpp"

namespace ketasim {

template <class T = double>
using StateVector = solve::Vector<T, model::n_states>;

template <class T = double>
struct CascadeSystem {
  const model::Parameters<T>& parameters;
  const model::Derived<T>& derived;
  model::Inputs<T> inputs;

  void rhs(T, const StateVector<T>& y, StateVector<T>& dydt) const {
    model::pack(model::derivative(model::unpack<T>(y), inputs, parameters, derived), dydt);
  }

  /// Writes the Jacobian in the storage of the sparse or the dense linear solver.
  template <class Jacobian>
  void jacobian(T, const StateVector<T>& y, Jacobian& J, StateVector<T>& dfdt) const {
    model::jacobian(y, inputs, parameters, derived, J);
    dfdt.setZero();
  }
};

/// The cascade's sparse linear solver. Structure and elimination order are found once per process;
/// a copy is cheap.
template <class T = double>
[[nodiscard]] solve::SparseLU<T, model::n_states> sparse_solver() {
  static const solve::SparseLU<T, model::n_states> prototype = [] {
    const model::JacobianStructure& s = model::jacobian_structure();
    return solve::SparseLU<T, model::n_states>(solve::SparsityPattern{
        model::n_states, {s.row_start.begin(), s.row_start.end()}, s.column});
  }();
  return prototype;
}

/// Typical size of every state, against which absolute tolerances are measured.
template <class T = double>
[[nodiscard]] StateVector<T> typical_sizes(model::Species species = model::Species::human) {
  StateVector<T> size;
  int k = 0;
  for (const model::StateRow& row : model::state_rows()) {
    const double share = species == model::Species::human ? 1.0 : row.rodent_share;
    size[k++] = static_cast<T>(row.typical) * static_cast<T>(share);
  }
  return size;
}

}  // namespace ketasim
