/// A regimen compiled to a sorted list of stops at known times; between two stops every input is
/// constant and the right-hand side is smooth.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "ketasim/dosing/effects.hpp"
#include "ketasim/dosing/periodic.hpp"

namespace ketasim::dosing {

/// One stop: jumps applied at `time`, inputs in force from `time` on.
template <class T>
struct BasicStop {
  double time;
  bool reset = false;  ///< back to the state before treatment, ahead of the jumps
  std::vector<BasicJump<T>> jumps;
  model::Inputs<T> inputs;
};
using Stop = BasicStop<double>;

template <class T>
struct BasicSchedule {
  model::Inputs<T> before;                  ///< inputs before the first stop
  std::vector<BasicStop<T>> stops;          ///< strictly increasing times
  std::vector<BasicActiveInput<T>> active;  ///< what the inputs of the stops are summed from
};
using Schedule = BasicSchedule<double>;

namespace detail {

/// Sum of all inputs active at `time`, in an order that does not depend on the order of the
/// records. Fractions of a target are capped at 1.
template <class T>
void cap_fractions(model::Inputs<T>& u) {
  const auto values = model::numbers(u);
  const auto rows = model::input_rows();
  for (std::size_t k = 0; k < values.size(); ++k)
    if (rows[k].kind == model::InputKind::fraction && scalar::value(values[k]) > 1.0)
      values[k] = T(1.0);
}

template <class T>
[[nodiscard]] model::Inputs<T> inputs_at(double time,
                                         const std::vector<BasicActiveInput<T>>& active,
                                         const model::Inputs<T>& held) {
  using scalar::value;
  model::Inputs<T> u = held;
  for (const BasicActiveInput<T>& a : active)
    if (value(a.start) <= time && time < value(a.end)) u.*a.input = u.*a.input + a.amount;
  cap_fractions(u);
  return u;
}

/// Does an input bring an amount or a concentration per hour? All others hold a level.
template <class T>
[[nodiscard]] bool is_rate(T model::Inputs<T>::*input) {
  return model::kind_of(input) == model::InputKind::rate;
}

/// Stop times: sorted, and those closer than the tolerance made one.
[[nodiscard]] inline std::vector<double> merged(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  std::vector<double> distinct;
  for (const double t : times)
    if (distinct.empty() || t - distinct.back() > shortest_duration_h) distinct.push_back(t);
  return distinct;
}

/// x moved to a value, its derivatives kept.
template <class T>
[[nodiscard]] T moved_to(const T& x, double to) {
  return x + (to - scalar::value(x));
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
template <class T>
[[nodiscard]] BasicSchedule<T> compile(const std::vector<BasicDose<T>>& doses,
                                       const std::vector<double>& resets, Context context,
                                       const std::type_identity_t<BasicRecipient<T>>& who,
                                       const model::Inputs<T>& held) {
  using scalar::value;
  const ContextRow& trial = effect_of(context);
  std::vector<BasicJump<T>> jumps;
  std::vector<BasicActiveInput<T>> active;
  for (const BasicDose<T>& dose : doses) check(values(dose));
  const int expectancy = index_of([](model::State<double>& y) -> double& { return y.symptoms.E; });
  for (const BasicDose<T>& dose : doses) {
    for (int k = 0; k <= dose.additional; ++k) {
      const T start = dose.start_of(k);
      const BasicEffects<T> effects = effects_of(dose, start, who);
      jumps.insert(jumps.end(), effects.jumps.begin(), effects.jumps.end());
      active.insert(active.end(), effects.inputs.begin(), effects.inputs.end());
      if (row_of(dose.drug, drugs).opens_session())  // E += 0.5 (2 e_ctx - E)
        jumps.push_back({start, expectancy, T(0.5), T(trial.expectancy)});
    }
  }
  for (const double t : resets)
    if (!std::isfinite(t))
      throw ScenarioError("reset at " + written(t) + " h: give a finite time in hours");
  for (const BasicDose<T>& dose : doses) {
    if (dose.steady_state == SteadyState::none) continue;
    if constexpr (std::is_same_v<T, double>) {
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
    } else {
      throw ScenarioError(describe(dose) +
                          ": a dose that starts from steady state cannot be differentiated; give "
                          "the doses before it one by one");
    }
  }
  // What runs at a reset ends there, and so do infusions where a steady state replaces them. Cut
  // once all of them are known, whatever the order of the records.
  const auto cut = [](BasicActiveInput<T>& a, const T& t) {
    if (value(a.start) < value(t) && value(t) < value(a.end)) a.end = t;
  };
  for (BasicActiveInput<T>& a : active) {
    for (const double t : resets) cut(a, T(t));
    for (const BasicDose<T>& dose : doses)
      if (dose.steady_state == SteadyState::replace && detail::is_rate(a.input))
        cut(a, dose.start_of(0));
  }
  if (trial.nonspecific != 0.0)
    active.push_back({T(0.0), T(std::numeric_limits<double>::infinity()),
                      &model::Inputs<T>::nonspecific, T(trial.nonspecific)});

  std::vector<double> times(resets);
  for (const BasicJump<T>& j : jumps) times.push_back(value(j.time));
  for (const BasicActiveInput<T>& a : active) {
    times.push_back(value(a.start));
    if (std::isfinite(value(a.end))) times.push_back(value(a.end));
  }
  const std::vector<double> distinct = detail::merged(std::move(times));
  for (BasicActiveInput<T>& a : active) {
    const double length = value(a.end) - value(a.start);
    a.start = detail::moved_to(a.start, detail::representative(distinct, value(a.start)));
    if (std::isfinite(value(a.end)))
      a.end = detail::moved_to(a.end, detail::representative(distinct, value(a.end)));
    // Moving an end to its neighbour changes when, not how much.
    if (const double now = value(a.end) - value(a.start); detail::is_rate(a.input) && now > 0.0)
      a.amount = a.amount * (length / now);
  }
  // Sorting makes sums and jumps independent of the order of the records.
  std::sort(active.begin(), active.end(), [](const auto& a, const auto& b) {
    return std::tuple(value(a.start), value(a.end), value(a.amount)) <
           std::tuple(value(b.start), value(b.end), value(b.amount));
  });
  std::sort(jumps.begin(), jumps.end(), [](const auto& a, const auto& b) {
    return std::tuple(value(a.time), value(a.scale), value(a.add)) <
           std::tuple(value(b.time), value(b.scale), value(b.add));
  });

  BasicSchedule<T> schedule{.before = held, .stops = {}, .active = {}};
  schedule.stops.reserve(distinct.size());
  for (const double t : distinct)
    schedule.stops.push_back(
        {.time = t, .jumps = {}, .inputs = detail::inputs_at(t, active, held)});
  const auto stop_at = [&](double t) -> BasicStop<T>& {
    const double when = detail::representative(distinct, t);
    return *std::lower_bound(schedule.stops.begin(), schedule.stops.end(), when,
                             [](const BasicStop<T>& s, double time) { return s.time < time; });
  };
  for (const double t : resets) stop_at(t).reset = true;
  for (const BasicJump<T>& j : jumps) stop_at(value(j.time)).jumps.push_back(j);
  schedule.active = std::move(active);
  return schedule;
}

}  // namespace ketasim::dosing
