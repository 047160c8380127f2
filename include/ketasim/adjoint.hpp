/// Exact derivatives of one number, such as a sum of squares, by everything that may vary, backward.
///
/// The adjoint of the accepted steps (Sandu, Daescu and Carmichael 2003,
/// doi:10.1016/j.atmosenv.2003.08.019): the derivative of the computed solution for the steps it took, as
/// sensitivity() gives it. Its cost hardly depends on the number of what varies.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ketasim/simulate.hpp"

namespace ketasim {

namespace gradient {
struct AdjointRecord;
}

/// A run whose steps are kept, 8 kB for each, so that sums of its readouts can be differentiated.
class Adjoint {
 public:
  /// Simulates, with the bits of simulate().
  /// @param wrt  what may vary, by name, as in sensitivity()
  /// @throws UnknownName for a name that cannot vary
  /// @throws ScenarioError for what cannot be differentiated, as sensitivity()
  /// @throws ParameterError as simulate()
  Adjoint(const Scenario& scenario, std::span<const double> t_eval,
          const std::vector<std::size_t>& readouts, const std::vector<std::string>& wrt,
          const SolverOptions& options = {});
  Adjoint(Adjoint&&) noexcept;
  Adjoint& operator=(Adjoint&&) noexcept;
  ~Adjoint();

  [[nodiscard]] const Trajectory& run() const;
  [[nodiscard]] const std::vector<std::string>& wrt() const;
  [[nodiscard]] const std::vector<std::size_t>& readouts() const;

  /// Derivatives of L = sum over rows and readouts of weight x readout by each of `wrt` (n_wrt,). For
  /// another L of the readouts the weights are its derivatives by them: for a sum of squares twice
  /// the difference of readout and observation.
  /// @param weights  (n_rows, n_readouts) row-major; a row with weights 0 alone costs nothing
  /// @return NaN if a row with a weight was not reached
  /// @throws ScenarioError if there is not one weight for each row and readout, or one is not finite
  [[nodiscard]] std::vector<double> gradient(std::span<const double> weights) const;

 private:
  std::unique_ptr<const gradient::AdjointRecord> record_;
};

}  // namespace ketasim
