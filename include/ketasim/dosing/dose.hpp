/// One dose record: what was given, how much, by which route, when, and how often again.
#pragma once

#include <cmath>
#include <string>

#include "ketasim/dosing/vocabulary.hpp"

namespace ketasim::dosing {

/// What steady state means for a record (NONMEM SS): none, start from it, or superpose it on what
/// is there.
enum class SteadyState { none = 0, replace = 1, add = 2 };

/// Not longer than this [h] is at once: an infusion becomes a bolus. Times not further apart than
/// this are the same time. The only comparison tolerance of the event code; 1e-9 h is 4
/// microseconds.
inline constexpr double shortest_duration_h = 1e-9;

struct Dose {
  Drug drug = Drug::ketamine;
  double amount = 0.0;  ///< [unit]
  Unit unit = Unit::mg;
  Route route = Route::iv;
  double start_h = 0.0;
  double duration_h =
      0.0;  ///< infusion length, or how long a bath, target or session record acts; 0 = bolus
  double interval_h = 0.0;       ///< between repeats (II)
  int additional = 0;            ///< repeats after the first (ADDL)
  double lag_h = 0.0;            ///< added to every start
  double bioavailability = 1.0;  ///< multiplies the amount, before the route's own fraction
  SteadyState steady_state = SteadyState::none;

  /// Start of repeat k: t0 + k ii, never a running sum.
  [[nodiscard]] double start_of(int k) const { return start_h + lag_h + k * interval_h; }

  friend bool operator==(const Dose&, const Dose&) = default;
};

/// Do `start` and `start + duration` count as one time? Decided on the end as it will be compared,
/// so that no infusion can vanish between the two.
[[nodiscard]] inline bool at_once(double start, double duration) {
  return start + duration - start <= shortest_duration_h;
}

[[nodiscard]] inline std::string describe(const Dose& d) {
  return name_of(d.drug, drug_names) + " " + written(d.amount) + " " + name_of(d.unit, unit_names) +
         " " + name_of(d.route, route_names) + " at " + written(d.start_h) + " h";
}

/// Is a record possible at all?
/// @throws ScenarioError naming the record, the field, its value and a remedy.
inline void check(const Dose& d) {
  const auto refuse = [&](const std::string& what) {
    throw ScenarioError(describe(d) + ": " + what);
  };
  const auto number = [&](const char* field, double value, const std::string& unit) {
    if (!std::isfinite(value) || value < 0.0)
      refuse(std::string(field) + " = " + written(value) + unit +
             " must be finite and not negative");
  };
  number("amount", d.amount, std::string(" ").append(name_of(d.unit, unit_names)));
  number("duration_h", d.duration_h, " h");
  number("interval_h", d.interval_h, " h");
  number("lag_h", d.lag_h, " h");
  number("bioavailability", d.bioavailability, "");
  if (!std::isfinite(d.start_h)) refuse("start_h = " + written(d.start_h) + " h must be finite");
  if (d.additional < 0)
    refuse("additional = " + std::to_string(d.additional) + " must not be negative");
  if (d.additional > 0 && d.interval_h <= 0.0)
    refuse("additional = " + std::to_string(d.additional) +
           " with interval_h = 0 h: give an interval_h above 0 h");
  if (d.steady_state != SteadyState::none && d.interval_h <= 0.0)
    refuse("steady state with interval_h = 0 h: give an interval_h above 0 h");
  const bool target = d.route == Route::target, bath = d.route == Route::bath;
  if (target != (d.unit == Unit::fraction))
    refuse("route target and unit fraction belong together: change one of them");
  if (bath != (d.unit == Unit::uM))
    refuse("route bath and unit uM belong together: change one of them");
  if (target && d.amount > 1.0)
    refuse("amount = " + written(d.amount) + " is a fraction and must lie between 0 and 1");
  const bool instant =
      d.drug == Drug::memory_retrieval || d.drug == Drug::psychotherapy || d.drug == Drug::placebo;
  if ((target || bath) && !instant && d.duration_h < shortest_duration_h)
    refuse("duration_h = " + written(d.duration_h) + " h must be above 0 h: say how long it acts");
  if (!target && !bath && d.route != Route::iv && d.duration_h > 0.0 && d.drug != Drug::placebo)
    refuse("only iv, bath and target records have a duration; remove duration_h = " +
           written(d.duration_h) + " h");
}

}  // namespace ketasim::dosing
