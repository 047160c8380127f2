/// Simulates one scenario.
#pragma once

#include <array>
#include <atomic>
#include <optional>
#include <span>

#include "ketasim/named_rows.hpp"
#include "ketasim/scenario.hpp"
#include "ketasim/steady_state.hpp"
#include "ketasim/trajectory.hpp"

namespace ketasim {

/// rodas5p and rodas4 are linearly implicit, for the stiff cascade. dopri5 is explicit: its steps must
/// resolve the fastest rates, of 5 microhours.
enum class Method { rodas5p, rodas4, dopri5 };

inline constexpr std::array methods{WordRow<Method>{Method::rodas5p, "rodas5p"},
                                    WordRow<Method>{Method::rodas4, "rodas4"},
                                    WordRow<Method>{Method::dopri5, "dopri5"}};
inline constexpr std::array at_event_rules{
    WordRow<solve::AtEvent>{solve::AtEvent::before, "before"},
    WordRow<solve::AtEvent>{solve::AtEvent::after, "after"},
    WordRow<solve::AtEvent>{solve::AtEvent::both, "both"}};
inline constexpr std::array positivity_policies{
    WordRow<solve::Positivity>{solve::Positivity::ignore, "ignore"},
    WordRow<solve::Positivity>{solve::Positivity::warn, "warn"},
    WordRow<solve::Positivity>{solve::Positivity::reject_step, "reject_step"},
    WordRow<solve::Positivity>{solve::Positivity::error, "error"}};
static_assert(has_all_rows<methods>() && has_all_rows<at_event_rules>() &&
                  has_all_rows<positivity_policies>(),
              "ketasim: every Method, AtEvent and Positivity needs its row, in order");

struct SolverOptions {
  Method method = Method::rodas5p;
  double rtol = 1e-6;
  /// Absolute tolerance = atol_factor x typical size of the state; unset: rtol, so that rtol alone
  /// sets the accuracy.
  std::optional<double> atol_factor = {};
  std::vector<double> atol = {};  ///< (n_states,) or empty; overrides atol_factor
  double max_step = 0.0;          ///< [h], 0 = no limit
  double first_step = 0.0;        ///< [h], 0 = automatic after every event
  long max_steps = 1'000'000;
  long max_rejections = 100'000;
  double max_wall_seconds = 0.0;  ///< 0 = no limit
  solve::AtEvent at_event = solve::AtEvent::before;
  std::vector<solve::Positivity> positivity = {};  ///< (n_states,) or empty: ignore
  /// Positions in readout_table(). Unless empty, states on which none of these depends keep their values
  /// before treatment, and steps are chosen by the others alone; other readouts throw.
  std::vector<std::size_t> only_for = {};
  const std::atomic<bool>* interrupt = nullptr;
  bool (*poll)(void*) = nullptr;  ///< called every 64 steps; true stops the run
  void* poll_data = nullptr;
};

/// Integrates a scenario over the span of `t_eval` and its events. Starts at the earliest of 0, the
/// first event and t_eval; t_eval must be finite and strictly increasing. Repeats of a dose beyond
/// the last time are not given; a dose whose first start lies beyond it is refused.
/// @throws ScenarioError before the first step, for an impossible scenario; afterwards failures are in
/// Trajectory::outcome
/// @throws ParameterError before the first step, for a parameter out of its range
[[nodiscard]] Trajectory simulate(const Scenario& scenario, std::span<const double> t_eval,
                                  const SolverOptions& options = {});

}  // namespace ketasim
