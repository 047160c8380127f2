// In a file of its own, because Eigen's eigenvalues take long to compile.
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <limits>
#include <vector>

#include "ketasim/cascade_system.hpp"
#include "ketasim/steady_state.hpp"

namespace ketasim {

double largest_eigenvalue_real_part(const model::Parameters<double>& parameters, double severity,
                                    const StateVector<double>& y) {
  const model::Derived<double> derived = model::derived(parameters);
  CascadeSystem<double> system{parameters, derived, {}};
  system.inputs.stress = severity;
  const model::State<double> state = model::unpack<double>(y);
  system.inputs.strength_ref =
      strength(state.synaptogenesis, parameters.synaptogenesis, derived.synaptogenesis);
  const auto& structure = model::jacobian_structure();
  std::vector<double> values(structure.column.size());
  StateVector<double> dfdt;
  system.jacobian(0.0, y, values, dfdt);
  Eigen::MatrixXd J = Eigen::MatrixXd::Zero(model::n_states, model::n_states);
  for (int i = 0; i < model::n_states; ++i)
    for (int e = structure.row_start[static_cast<std::size_t>(i)];
         e < structure.row_start[static_cast<std::size_t>(i) + 1]; ++e)
      J(i, structure.column[static_cast<std::size_t>(e)]) = values[static_cast<std::size_t>(e)];
  // As Eigen::EigenSolver does it, without the parts for eigenvectors, which take long to compile.
  const double scale = J.cwiseAbs().maxCoeff();
  const Eigen::MatrixXd H = Eigen::HessenbergDecomposition<Eigen::MatrixXd>(J / scale).matrixH();
  Eigen::RealSchur<Eigen::MatrixXd> schur(J.rows());
  schur.computeFromHessenberg(H, Eigen::MatrixXd(), false);
  if (schur.info() != Eigen::Success) return std::numeric_limits<double>::quiet_NaN();
  const Eigen::MatrixXd T = scale * schur.matrixT();
  double largest = -std::numeric_limits<double>::infinity();
  for (Eigen::Index i = 0; i < T.rows(); ++i) {
    double real_part = T(i, i);
    if (i + 1 < T.rows() && T(i + 1, i) != 0.0) {  // a conjugate pair
      real_part = T(i + 1, i + 1) + 0.5 * (T(i, i) - T(i + 1, i + 1));
      ++i;
    }
    largest = std::max(largest, real_part);
  }
  return largest;
}

}  // namespace ketasim
