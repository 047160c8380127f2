/// A regimen compiled to a sorted list of stops at known times; between two stops every input is
/// constant and the right-hand side is smooth.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "ketasim/deadline.hpp"
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

/// Most inputs in force at one time, by all records together. Bounds the sums at the stops.
inline constexpr std::size_t most_inputs_at_once = 10'000;

/// Fractions of a target are capped at 1.
template <class T>
void cap_fractions(model::Inputs<T>& u) {
  using scalar::value;
  const auto values = model::numbers(u);
  const auto rows = model::input_rows();
  for (std::size_t k = 0; k < values.size(); ++k)
    if (rows[k].kind == model::InputKind::fraction && value(values[k]) > 1.0) values[k] = T(1.0);
}

/// Sums the inputs in force at times that only grow, over a list sorted by start. Every sum has the
/// order of the list, which does not depend on the order of the records.
template <class T>
class InputsInForce {
 public:
  explicit InputsInForce(const std::vector<BasicActiveInput<T>>& active) : active_(active) {}

  /// @throws ScenarioError if more are in force than most_inputs_at_once
  [[nodiscard]] model::Inputs<T> at(double time, const model::Inputs<T>& held) {
    using scalar::value;
    for (; next_ < active_.size() && value(active_[next_].start) <= time; ++next_)
      now_.push_back(next_);
    std::erase_if(now_, [&](std::size_t k) { return !(time < value(active_[k].end)); });
    if (now_.size() > most_inputs_at_once)
      throw ScenarioError("at t = " + written(time) + " h more than " +
                          std::to_string(most_inputs_at_once) +
                          " infusions, absorptions, baths or blocks act at once; give fewer doses, "
                          "or shorter ones");
    model::Inputs<T> u = held;
    for (const std::size_t k : now_) u.*active_[k].input = u.*active_[k].input + active_[k].amount;
    cap_fractions(u);
    return u;
  }

 private:
  const std::vector<BasicActiveInput<T>>& active_;
  std::vector<std::size_t> now_;
  std::size_t next_ = 0;
};

/// The first of sorted times after `start`, if it comes before `end`; otherwise `end`.
[[nodiscard]] inline double first_between(const std::vector<double>& times, double start,
                                          double end) {
  const auto after = std::upper_bound(times.begin(), times.end(), start);
  return after != times.end() && *after < end ? *after : end;
}

/// Does an input bring an amount or a concentration per hour? All others hold a level.
template <class T>
[[nodiscard]] bool is_rate(T model::Inputs<T>::*input) {
  return model::kind_of(input) == model::InputKind::rate;
}

/// Does an input change an enzyme that removes ketamine?
template <class T>
[[nodiscard]] bool changes_enzymes(T model::Inputs<T>::*input) {
  using Inputs = model::Inputs<T>;
  return input == &Inputs::clarithromycin || input == &Inputs::grapefruit ||
         input == &Inputs::ticlopidine || input == &Inputs::inducer;
}

/// Is a drug in the body removed by these enzymes, or turned into one that is?
[[nodiscard]] inline bool removed_by_enzymes(const Dose& dose) {
  if (row_of(dose.route, routes).site != Site::body) return false;
  switch (dose.drug) {
    case Drug::ketamine:
    case Drug::esketamine:
    case Drug::arketamine:
    case Drug::norketamine:
      return true;
    default:
      return false;
  }
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
  using scalar::value;
  return x + (to - value(x));
}

/// The stop time that stands for t.
[[nodiscard]] inline double representative(const std::vector<double>& distinct, double t) {
  const auto after = std::upper_bound(distinct.begin(), distinct.end(), t);
  return *(after - 1);
}

}  // namespace detail

/// What to give instead of a dose that starts from steady state.
[[nodiscard]] inline std::string instead_of_steady_state(const Dose& dose) {
  return dose.ended_constant_infusion() ? "give an infusion that begins days earlier, at its rate"
                                        : "give the doses before it one by one";
}

/// The steady state of a drug stands for doses while its enzymes had their normal amounts. Enzymes
/// themselves have no steady state here.
/// @throws ScenarioError
template <class T>
void check_enzymes(const BasicDose<T>& dose, const std::vector<BasicActiveInput<T>>& active,
                   const BasicRecipient<T>& who) {
  using scalar::value;
  const Dose plain = values(dose);
  const auto changes = [](const auto& a) { return detail::changes_enzymes(a.input); };
  const auto changed_before = [&](const auto& a) {
    return changes(a) && value(a.start) < plain.start_h;
  };
  const BasicEffects<T> own = effects_of(dose, dose.start_h, who);
  if (std::any_of(own.inputs.begin(), own.inputs.end(), changes))
    throw ScenarioError(describe(plain) +
                        ": the enzymes that it changes do not start from a steady state; let it "
                        "begin two weeks earlier, without steady state");
  if (detail::removed_by_enzymes(plain) &&
      std::any_of(active.begin(), active.end(), changed_before))
    throw ScenarioError(describe(plain) +
                        ": a steady state stands for doses without co-medication that changes "
                        "enzymes, but some begins before " +
                        written(plain.start_h) + " h; " + instead_of_steady_state(plain) +
                        ", or let the co-medication begin later");
}

/// Derivatives do not pass through the steady state of a dose.
/// @throws ScenarioError
template <class T>
[[noreturn]] void refuse_derivatives(const BasicDose<T>& dose) {
  throw ScenarioError(describe(dose) +
                      ": a dose that starts from steady state cannot be differentiated; " +
                      instead_of_steady_state(values(dose)));
}

/// Compiles dose records. `held` are the inputs that never change (stress, references, unblinding).
/// Intervals are closed left, open right. At one time, resets act first, then jumps.
/// When the deadline is over, the schedule is not complete.
/// @throws ScenarioError for an impossible record.
template <class T>
[[nodiscard]] BasicSchedule<T> compile(const std::vector<BasicDose<T>>& doses,
                                       const std::vector<double>& resets, Context context,
                                       const std::type_identity_t<BasicRecipient<T>>& who,
                                       const model::Inputs<T>& held, Deadline& deadline) {
  using scalar::value;
  BasicSchedule<T> schedule{.before = held, .stops = {}, .active = {}};
  constexpr int between_questions = 1024;
  const model::trial::Effects<T> trial = trial_effects(context, who.parameters.trial);
  std::vector<BasicJump<T>> jumps;
  std::vector<BasicActiveInput<T>> active;
  for (const BasicDose<T>& dose : doses) check(values(dose));
  const int expectancy = index_of([](model::State<double>& y) -> double& { return y.symptoms.E; });
  for (const BasicDose<T>& dose : doses) {
    if (dose.ended_constant_infusion()) continue;
    for (int k = 0; k <= dose.additional; ++k) {
      if (k % between_questions == 0 && deadline.over()) return schedule;
      const T start = dose.start_of(k);
      const BasicEffects<T> effects = effects_of(dose, start, who);
      jumps.insert(jumps.end(), effects.jumps.begin(), effects.jumps.end());
      active.insert(active.end(), effects.inputs.begin(), effects.inputs.end());
      if (row_of(dose.drug, drugs).opens_session())  // E += 0.5 (2 e_ctx - E)
        jumps.push_back({start, expectancy, T(0.5), trial.expectancy});
    }
  }
  for (const double t : resets)
    if (!std::isfinite(t))
      throw ScenarioError("reset at " + written(t) + " h: give a finite time in hours");
  for (const BasicDose<T>& dose : doses) {
    if (dose.steady_state == SteadyState::none) continue;
    if (deadline.over()) return schedule;
    check_enzymes(dose, active, who);
    if constexpr (std::is_same_v<T, double>) {
      const PeriodicState periodic = periodic_state(dose, who);
      // As in NONMEM, before the lag: until it is over, the doses before this record go on.
      const double start = dose.start_h;
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
      refuse_derivatives(dose);
    }
  }
  // What runs at a reset ends there, and so do infusions where a steady state replaces them. Cut
  // once all of them are known, whatever the order of the records.
  std::vector<double> sorted_resets(resets), replacements;
  for (const BasicDose<T>& dose : doses)
    if (dose.steady_state == SteadyState::replace) replacements.push_back(value(dose.start_h));
  std::sort(sorted_resets.begin(), sorted_resets.end());
  std::sort(replacements.begin(), replacements.end());
  for (BasicActiveInput<T>& a : active) {
    double end = detail::first_between(sorted_resets, value(a.start), value(a.end));
    if (detail::is_rate(a.input)) end = detail::first_between(replacements, value(a.start), end);
    if (end < value(a.end)) a.end = T(end);
  }
  if (row_of(context, contexts).new_antidepressant)
    active.push_back({T(0.0), T(std::numeric_limits<double>::infinity()),
                      &model::Inputs<T>::nonspecific, trial.nonspecific});

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

  schedule.stops.reserve(distinct.size());
  detail::InputsInForce<T> in_force(active);
  for (const double t : distinct) {
    if (schedule.stops.size() % between_questions == 0 && deadline.over()) return schedule;
    schedule.stops.push_back({.time = t, .jumps = {}, .inputs = in_force.at(t, held)});
  }
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

/// Compiles dose records, however long it takes.
template <class T>
[[nodiscard]] BasicSchedule<T> compile(const std::vector<BasicDose<T>>& doses,
                                       const std::vector<double>& resets, Context context,
                                       const std::type_identity_t<BasicRecipient<T>>& who,
                                       const model::Inputs<T>& held) {
  Deadline none;
  return compile(doses, resets, context, who, held, none);
}

}  // namespace ketasim::dosing
