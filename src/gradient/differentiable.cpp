#include "gradient/differentiable.hpp"

#include "ketasim/dosing/schedule.hpp"
#include "ketasim/trajectory.hpp"
#include "request.hpp"

namespace ketasim::gradient {

void check_differentiable(const Scenario& scenario, std::span<const double> t_eval,
                          const std::vector<std::size_t>& readouts,
                          const std::vector<std::string>& wrt, const SolverOptions& options) {
  check_request(scenario, t_eval, options);
  if (options.method == Method::dopri5)
    throw ScenarioError("method dopri5 has no derivatives: use rodas5p or rodas4");
  if (wrt.empty()) throw ScenarioError("wrt is empty: name at least one thing that varies");
  for (const dosing::Dose& dose : scenario.doses)
    if (dose.steady_state != dosing::SteadyState::none) dosing::refuse_derivatives(dose);
  for (const std::size_t index : readouts)
    if (index >= readout_table().size())
      throw UnknownName("no readout has index " + std::to_string(index) + ": they run from 0 to " +
                        std::to_string(readout_table().size() - 1));
}

}  // namespace ketasim::gradient
