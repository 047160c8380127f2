/// One dose record: what was given, how much, by which route, when, and how often again.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>

#include "ketasim/dosing/drugs.hpp"
#include "ketasim/scalar/concept.hpp"

namespace ketasim::dosing {

/// What steady state means for a record (NONMEM SS): none, start from it, or superpose it on what
/// is there.
enum class SteadyState { none = 0, replace = 1, add = 2 };

/// Not longer than this [h] is at once: an infusion becomes a bolus. Times not further apart than
/// this are the same time. The only comparison tolerance of the event code; 1e-9 h is 4
/// microseconds.
inline constexpr double shortest_duration_h = 1e-9;

/// Longest time of a record [h], 100 years; a larger one is a wrong unit.
inline constexpr double longest_h = 876'000.0;

/// Most single doses and resets of a scenario, each device of a nasal spray counted: one an hour for
/// eleven years. Bounds the work and the memory before the first step.
inline constexpr int most_doses = 100'000;

/// Most doses of one record that act at once.
inline constexpr int most_at_once = 1000;

/// @tparam T  double, or a dual number where derivatives by what was given, and when, are wanted
template <class T>
struct BasicDose {
  Drug drug = Drug::ketamine;
  T amount = 0.0;  ///< [unit]
  Unit unit = Unit::mg;
  Route route = Route::iv;
  T start_h = 0.0;
  T duration_h =
      0.0;  ///< infusion length, or how long a bath, target or session record acts; 0 = bolus
  T interval_h = 0.0;       ///< between repeats (II)
  int additional = 0;       ///< repeats after the first (ADDL)
  T lag_h = 0.0;            ///< added to every start
  T bioavailability = 1.0;  ///< multiplies the amount, before the route's own fraction
  SteadyState steady_state = SteadyState::none;

  /// Start of repeat k: t0 + k ii, never a running sum.
  [[nodiscard]] T start_of(int k) const { return start_h + lag_h + k * interval_h; }

  /// An infusion at amount / duration that has run for ever and ends at the start of the record
  /// (NONMEM: SS with AMT 0 and II 0).
  [[nodiscard]] bool ended_constant_infusion() const {
    using scalar::value;
    return steady_state != SteadyState::none && value(interval_h) == 0.0;
  }

  friend bool operator==(const BasicDose&, const BasicDose&) = default;
};

using Dose = BasicDose<double>;

/// The record without derivatives.
template <class T>
[[nodiscard]] Dose values(const BasicDose<T>& d) {
  using scalar::value;
  return {.drug = d.drug,
          .amount = value(d.amount),
          .unit = d.unit,
          .route = d.route,
          .start_h = value(d.start_h),
          .duration_h = value(d.duration_h),
          .interval_h = value(d.interval_h),
          .additional = d.additional,
          .lag_h = value(d.lag_h),
          .bioavailability = value(d.bioavailability),
          .steady_state = d.steady_state};
}

/// Do `start` and `start + duration` count as one time? Decided on the end as it will be compared,
/// so that no infusion can vanish between the two.
template <class T>
[[nodiscard]] bool at_once(const T& start, const T& duration) {
  using scalar::value;
  return value(start) + value(duration) - value(start) <= shortest_duration_h;
}

template <class T>
[[nodiscard]] std::string describe(const BasicDose<T>& d) {
  using scalar::value;
  const std::string drug = name_of(d.drug, drugs) + " ",
                    route = std::string(" ").append(name_of(d.route, routes)),
                    unit = name_of(d.unit, units);
  const double amount = value(d.amount), hours = value(d.duration_h);
  if (d.ended_constant_infusion() && hours > 0.0)
    return drug + written(amount / hours) + " " + unit + "/h" + route + " constant until " +
           written(value(d.start_h)) + " h";
  return drug + written(amount) + " " + unit + route + " at " + written(value(d.start_h)) + " h";
}

/// Units of amounts that are given to a site, as a list in words.
[[nodiscard]] inline std::string units_at(Site site) {
  return names_of(units, [&](const UnitRow& unit) { return unit.site == site; });
}

/// @throws ScenarioError if the drug cannot be given by the route, with the routes that are
///         possible.
template <class T>
void check_route(const BasicDose<T>& d) {
  if (!row_of(d.drug, drugs).can_be_given_by(d.route))
    throw ScenarioError(describe(d) + ": cannot be given by route '" + name_of(d.route, routes) +
                        "'; possible: " + routes_of(d.drug));
}

/// Devices of one nasal dose, 1 by another route. A double, because an impossible amount has more
/// devices than an int can count.
[[nodiscard]] inline double devices_of(const Dose& d, double weight_kg) {
  const RouteRow& route = row_of(d.route, routes);
  if (route.device_mg == 0.0) return 1.0;
  const double mg = row_of(d.unit, units).per_kg ? d.amount * weight_kg : d.amount;
  return std::max(1.0, std::ceil(mg / route.device_mg - 1e-9));
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
  number("amount", d.amount, std::string(" ").append(name_of(d.unit, units)));
  number("duration_h", d.duration_h, " h");
  number("interval_h", d.interval_h, " h");
  number("lag_h", d.lag_h, " h");
  number("bioavailability", d.bioavailability, "");
  if (d.bioavailability == 0.0 || d.bioavailability > 10.0)
    refuse("bioavailability = " + written(d.bioavailability) +
           " must lie above 0 and not above 10; it is a fraction");
  if (!std::isfinite(d.start_h)) refuse("start_h = " + written(d.start_h) + " h must be finite");
  const auto not_too_long = [&](const char* field, double value) {
    if (std::abs(value) > longest_h)
      refuse(std::string(field) + " = " + written(value) +
             " h is too long: at most 876000 h (100 years)");
  };
  not_too_long("start_h", d.start_h);
  not_too_long("duration_h", d.duration_h);
  not_too_long("interval_h", d.interval_h);
  not_too_long("lag_h", d.lag_h);
  if (d.steady_state != SteadyState::none && d.steady_state != SteadyState::replace &&
      d.steady_state != SteadyState::add)
    refuse("steady_state = " + std::to_string(static_cast<int>(d.steady_state)) +
           " must be 0, 1 or 2");
  if (d.additional < 0)
    refuse("additional = " + std::to_string(d.additional) + " must not be negative");
  if (d.additional > 0 && d.interval_h <= 0.0)
    refuse("additional = " + std::to_string(d.additional) +
           " with interval_h = 0 h: give an interval_h above 0 h");
  if (d.ended_constant_infusion() && (d.duration_h <= shortest_duration_h || d.lag_h != 0.0))
    refuse(
        "steady state with interval_h = 0 h: give an interval_h above 0 h; for a constant "
        "infusion, amount and duration_h of its rate, and lag_h = 0");
  if (d.interval_h > 0.0 && d.interval_h <= shortest_duration_h)
    refuse("interval_h = " + written(d.interval_h) + " h: doses less than " +
           written(shortest_duration_h) + " h apart are one dose; give their sum");
  if (d.additional >= most_doses)
    refuse("additional = " + std::to_string(d.additional) + " repeats are too many: give at most " +
           std::to_string(most_doses - 1));
  const double overlapping = d.interval_h > 0.0 ? d.duration_h / d.interval_h : 0.0;
  if (overlapping > most_at_once &&
      (d.steady_state != SteadyState::none || d.additional > most_at_once))
    refuse("duration_h = " + written(d.duration_h) + " h with interval_h = " +
           written(d.interval_h) + " h: more than " + std::to_string(most_at_once) +
           " doses would act at once; lengthen interval_h, shorten duration_h, or give their sum "
           "as one dose");
  check_route(d);  // before what the route asks for
  const RouteRow& route = row_of(d.route, routes);
  const UnitRow& unit = row_of(d.unit, units);
  const DrugRow& drug = row_of(d.drug, drugs);
  if (route.site != unit.site)
    refuse("route " + std::string(route.name) + " and unit " + std::string(unit.name) +
           " do not go together: by this route amounts are given in " + units_at(route.site));
  if (route.site == Site::target && d.amount > 1.0)
    refuse("amount = " + written(d.amount) + " is a fraction and must lie between 0 and 1");
  if (route.site == Site::bath && d.amount > drug.most.bath_uM)
    refuse("amount = " + written(d.amount) +
           " uM is far above the concentrations of studies: at most " + written(drug.most.bath_uM) +
           " uM of " + std::string(drug.name) + " is accepted in the bath. Is the unit right?");
  if (route.site != Site::body && !detail::is_known(drug.usual_duration_h) &&
      d.duration_h < shortest_duration_h)
    refuse("duration_h = " + written(d.duration_h) + " h must be above 0 h: say how long it acts");
  if (!route.lasts && d.duration_h > 0.0 && drug.family != Family::placebo)
    refuse("only " + names_of(routes, [](const RouteRow& r) { return r.lasts; }) +
           " records have a duration; remove duration_h = " + written(d.duration_h) + " h");
}

}  // namespace ketasim::dosing
