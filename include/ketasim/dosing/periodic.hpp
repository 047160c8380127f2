/// Steady-state dosing: the drug amounts just before a dose of a regimen that has been given every
/// interval for ever.
///
/// Drug disposition is linear, so one period maps the amounts x to M x + b with M = exp(A ii); the
/// periodic state is the solution of (I - M) x = b, exact for infusions longer than the interval,
/// for any lag and any bioavailability. Only drug amounts and concentrations start from it: receptors,
/// synapses and symptoms start from the scenario's own state.
#pragma once

#include <vector>

#include "ketasim/dosing/effects.hpp"

namespace ketasim::dosing {

/// Disposition states at the start of a record, before its lag, and what earlier doses still have to
/// bring: jumps to come and inputs that run (times from that start).
struct PeriodicState {
  std::vector<int> states;
  std::vector<double> amounts;
  std::vector<Jump> still_to_come;
  std::vector<ActiveInput> still_running;
};

/// States that hold drug: all of pharmacokinetics, and every other state named for an amount or a
/// concentration.
[[nodiscard]] std::vector<int> disposition_states();

/// @throws ScenarioError if the drug never reaches a steady state (nothing eliminates it), or if more
///         than most_at_once doses act at once.
[[nodiscard]] PeriodicState periodic_state(const Dose& dose, const Recipient& who);

}  // namespace ketasim::dosing
