/// A regimen compiled to a sorted list of stops at known times; between two stops every input is
/// constant and the right-hand side is smooth.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <vector>

#include "ketasim/dosing/effects.hpp"
#include "ketasim/dosing/periodic.hpp"

namespace ketasim::dosing {

/// One stop: jumps applied at `time`, inputs in force from `time` on.
struct Stop {
  double time;
  bool reset = false;  ///< back to the state before treatment, ahead of the jumps
  std::vector<Jump> jumps;
  model::Inputs<double> inputs;
};

struct Schedule {
  model::Inputs<double> before;  ///< inputs before the first stop
  std::vector<Stop> stops;       ///< strictly increasing times
};

namespace detail {

/// Sum of all inputs active at `time`, in an order that does not depend on the order of the
/// records. Fractions of a target are capped at 1.
[[nodiscard]] inline model::Inputs<double> inputs_at(double time,
                                                     const std::vector<ActiveInput>& active,
                                                     const model::Inputs<double>& held) {
  model::Inputs<double> u = held;
  for (const ActiveInput& a : active)
    if (a.start <= time && time < a.end) u.*a.input += a.amount;
  using I = model::Inputs<double>;
  for (double I::*fraction :
       {&I::nbqx, &I::anti_bdnf, &I::vdcc_blocker, &I::anisomycin, &I::rapamycin, &I::ly379268,
        &I::ly341495, &I::naltrexone, &I::therapy})
    u.*fraction = std::min(u.*fraction, 1.0);
  return u;
}

/// Does an input bring an amount or a concentration per hour? All others hold a level.
[[nodiscard]] inline bool is_rate(double model::Inputs<double>::*input) {
  using I = model::Inputs<double>;
  for (double I::*rate : {&I::rate_A1_S, &I::rate_Asw_S, &I::rate_Apo_S, &I::rate_Ank_S,
                          &I::rate_Ahk_S, &I::rate_A1_R, &I::rate_Asw_R, &I::rate_Apo_R,
                          &I::rate_Ank_R, &I::rate_Ahk_R, &I::rate_mem, &I::rate_mk})
    if (input == rate) return true;
  return false;
}

/// Stop times: sorted, and those closer than the tolerance made one.
[[nodiscard]] inline std::vector<double> merged(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  std::vector<double> distinct;
  for (const double t : times)
    if (distinct.empty() || t - distinct.back() > shortest_duration_h) distinct.push_back(t);
  return distinct;
}

/// The stop time that stands for t.
[[nodiscard]] inline double representative(const std::vector<double>& distinct, double t) {
  const auto after = std::upper_bound(distinct.begin(), distinct.end(), t);
  return *(after - 1);
}

}  // namespace detail

/// Compiles dose records. `held` are the inputs that never change (stress, references, unblinding).
/// Intervals are closed left, open right. At one time, resets act first, then jumps.
/// @throws ScenarioError for an impossible record.
[[nodiscard]] inline Schedule compile(const std::vector<Dose>& doses,
                                      const std::vector<double>& resets, Context context,
                                      const Recipient& who, const model::Inputs<double>& held) {
  const ContextEffect trial = effect_of(context);
  std::vector<Jump> jumps;
  std::vector<ActiveInput> active;
  for (const Dose& dose : doses) check(dose);
  const int expectancy = index_of([](model::State<double>& y) -> double& { return y.symptoms.E; });
  for (const Dose& dose : doses) {
    for (int k = 0; k <= dose.additional; ++k) {
      const double start = dose.start_of(k);
      const Effects effects = effects_of(dose, start, who);
      jumps.insert(jumps.end(), effects.jumps.begin(), effects.jumps.end());
      active.insert(active.end(), effects.inputs.begin(), effects.inputs.end());
      if (opens_session(dose.drug))  // E += 0.5 (2 e_ctx - E)
        jumps.push_back({start, expectancy, 0.5, trial.expectancy});
    }
  }
  for (const double t : resets)
    if (!std::isfinite(t))
      throw ScenarioError("reset at " + written(t) + " h: give a finite time in hours");
  for (const Dose& dose : doses) {
    if (dose.steady_state == SteadyState::none) continue;
    const PeriodicState periodic = periodic_state(dose, who);
    const double start = dose.start_of(0);
    const bool replace = dose.steady_state == SteadyState::replace;
    for (std::size_t i = 0; i < periodic.states.size(); ++i) {
      if (replace) jumps.push_back({start, periodic.states[i], 0.0, 0.0});
      jumps.push_back({start, periodic.states[i], 1.0, periodic.amounts[i]});
    }
    for (Jump still : periodic.still_to_come) {
      still.time += start;
      jumps.push_back(still);
    }
    for (ActiveInput still : periodic.still_running) {
      still.start += start;
      still.end += start;
      active.push_back(still);
    }
  }
  // What runs at a reset ends there, and so do infusions where a steady state replaces them. Cut
  // once all of them are known, whatever the order of the records.
  for (ActiveInput& a : active) {
    for (const double t : resets)
      if (a.start < t) a.end = std::min(a.end, t);
    for (const Dose& dose : doses)
      if (dose.steady_state == SteadyState::replace && detail::is_rate(a.input) &&
          a.start < dose.start_of(0))
        a.end = std::min(a.end, dose.start_of(0));
  }
  if (trial.nonspecific != 0.0)
    active.push_back({0.0, std::numeric_limits<double>::infinity(),
                      &model::Inputs<double>::nonspecific, trial.nonspecific});

  std::vector<double> times(resets);
  for (const Jump& j : jumps) times.push_back(j.time);
  for (const ActiveInput& a : active) {
    times.push_back(a.start);
    if (std::isfinite(a.end)) times.push_back(a.end);
  }
  const std::vector<double> distinct = detail::merged(std::move(times));
  for (ActiveInput& a : active) {
    const double length = a.end - a.start;
    a.start = detail::representative(distinct, a.start);
    if (std::isfinite(a.end)) a.end = detail::representative(distinct, a.end);
    // Moving an end to its neighbour changes when, not how much.
    if (detail::is_rate(a.input) && a.end > a.start) a.amount *= length / (a.end - a.start);
  }
  // Sorting makes sums and jumps independent of the order of the records.
  std::sort(active.begin(), active.end(), [](const ActiveInput& a, const ActiveInput& b) {
    return std::tie(a.start, a.end, a.amount) < std::tie(b.start, b.end, b.amount);
  });
  std::sort(jumps.begin(), jumps.end(), [](const Jump& a, const Jump& b) {
    return std::tie(a.time, a.scale, a.add) < std::tie(b.time, b.scale, b.add);
  });

  Schedule schedule{.before = held, .stops = {}};
  schedule.stops.reserve(distinct.size());
  for (const double t : distinct)
    schedule.stops.push_back(
        {.time = t, .jumps = {}, .inputs = detail::inputs_at(t, active, held)});
  const auto stop_at = [&](double t) -> Stop& {
    const double when = detail::representative(distinct, t);
    return *std::lower_bound(schedule.stops.begin(), schedule.stops.end(), when,
                             [](const Stop& s, double time) { return s.time < time; });
  };
  for (const double t : resets) stop_at(t).reset = true;
  for (const Jump& j : jumps) stop_at(j.time).jumps.push_back(j);
  return schedule;
}

}  // namespace ketasim::dosing
