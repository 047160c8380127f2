/// Exact derivatives of readouts by parameters, doses and the state before treatment.
///
/// The tangent of every accepted Rosenbrock step, with the step's own LU (Sandu, Daescu and
/// Carmichael 2003, doi:10.1016/j.atmosenv.2003.08.019), so that the result is the derivative of
/// the computed solution for the steps it took. At events the derivative jumps with the dose and, where
/// the time of an event varies, by the difference of the right-hand sides before and after it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ketasim/simulate.hpp"

namespace ketasim {

/// A run and its derivatives.
struct Sensitivity {
  Trajectory run;
  std::vector<std::string> wrt;       ///< (n_wrt,) as asked for
  std::vector<std::size_t> readouts;  ///< (n_readouts,) positions in readout_table()
  /// (n_rows, n_readouts, n_wrt) row-major, unit of the readout over unit of what varies; NaN at
  /// times that the run did not reach.
  std::vector<double> gradient;

  /// Derivative of a readout by one of `wrt` at every row (n_rows,).
  /// @throws UnknownName if it was not asked for
  [[nodiscard]] std::vector<double> derivative(std::string_view readout, std::string_view by) const;
};

/// Whose errors must meet the tolerances.
enum class ErrorTest {
  /// The run has the bits of simulate().
  states,
  /// Derivatives of states, times the size of what varies, meet the tolerances of states too.
  states_and_gradient,
};

/// Simulates and differentiates.
///
/// What may vary, by name:
///   "module.name"                     a parameter, before allometry
///   "weight_kg", "severity", "baseline_madrs"
///   "dose[i].amount", "dose[i].start_h", "dose[i].duration_h", "dose[i].interval_h",
///   "dose[i].lag_h", "dose[i].bioavailability"   of the i-th record, all its repeats together
///   "initial.module.name"             a state before treatment
/// Derivatives go through the steady state before treatment, except for "initial". The number of
/// nasal devices and the steps are held fixed. At the time of a jump, the derivative belongs to the
/// same side of the jump as the row.
///
/// The size of what varies, for ErrorTest::states_and_gradient, is its value (1 if that is 0), 1 h
/// for times, and for "initial" the typical size of the state.
///
/// @throws UnknownName for a name that is none of these
/// @throws ScenarioError for what cannot be differentiated (a dose that starts from steady state, a
/// baseline_madrs that is not set, the length of a bolus, Method::dopri5) and as simulate()
/// @throws ParameterError as simulate()
[[nodiscard]] Sensitivity sensitivity(const Scenario& scenario, std::span<const double> t_eval,
                                      const std::vector<std::size_t>& readouts,
                                      const std::vector<std::string>& wrt,
                                      const SolverOptions& options = {},
                                      ErrorTest error_test = ErrorTest::states);

}  // namespace ketasim
