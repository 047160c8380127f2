#include "gradient/directions.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace ketasim::gradient {
namespace {

using dosing::BasicDose;

template <class T>
[[nodiscard]] BasicDose<T> not_varied(const dosing::Dose& d) {
  return {.drug = d.drug,
          .amount = d.amount,
          .unit = d.unit,
          .route = d.route,
          .start_h = d.start_h,
          .duration_h = d.duration_h,
          .interval_h = d.interval_h,
          .additional = d.additional,
          .lag_h = d.lag_h,
          .bioavailability = d.bioavailability,
          .steady_state = d.steady_state};
}

/// "dose[3].amount" gives 3 and "amount".
[[nodiscard]] std::optional<std::pair<std::size_t, std::string_view>> dose_field(
    std::string_view name) {
  constexpr std::string_view opening = "dose[";
  if (!name.starts_with(opening)) return std::nullopt;
  std::size_t index = 0;
  const char* const end = name.data() + name.size();
  const auto [rest, error] = std::from_chars(name.data() + opening.size(), end, index);
  if (error != std::errc{} || !std::string_view(rest, end).starts_with("].")) return std::nullopt;
  return std::pair{index, std::string_view(rest + 2, end)};
}

template <class T>
[[nodiscard]] T& of_dose(BasicVariedScenario<T>& v, std::size_t index, std::string_view field,
                         const std::string& name) {
  if (index >= v.doses.size())
    throw ScenarioError(name + ": there are " + std::to_string(v.doses.size()) +
                        " dose records, counted from 0");
  BasicDose<T>& dose = v.doses[index];
  const auto refuse = [&](const std::string& why) -> T& {
    throw ScenarioError(name + " cannot be differentiated: " + why);
  };
  if (dose.steady_state != dosing::SteadyState::none)
    return refuse("the dose starts from steady state; give the doses before it one by one");
  if (field == "amount") return dose.amount;
  if (field == "start_h") return dose.start_h;
  if (field == "lag_h") return dose.lag_h;
  if (field == "bioavailability") return dose.bioavailability;
  if (field == "interval_h")
    return dose.additional > 0 ? dose.interval_h : refuse("the dose is not repeated");
  if (field == "duration_h")
    return scalar::value(dose.duration_h) > 0.0
               ? dose.duration_h
               : refuse("a bolus has no length; give it a duration");
  throw UnknownName("no field of a dose is called '" + std::string(field) +
                    "'; there are amount, start_h, duration_h, interval_h, lag_h, bioavailability");
}

using Places = std::unordered_map<std::string, std::size_t>;

template <class Row>
[[nodiscard]] Places places_of(std::span<const Row> rows, const std::string& opening) {
  Places places;
  for (std::size_t k = 0; k < rows.size(); ++k) places.emplace(opening + full_name_of(rows[k]), k);
  return places;
}
[[nodiscard]] const Places& parameter_places() {
  static const Places places = places_of(std::span(model::parameter_rows()), "");
  return places;
}
[[nodiscard]] const Places& initial_places() {
  static const Places places = places_of(std::span(model::state_rows()), "initial.");
  return places;
}

}  // namespace

template <class T>
BasicVariedScenario<T> not_varied(const Scenario& s) {
  BasicVariedScenario<T> v{.parameters = {},
                           .weight_kg = s.subject.weight_kg,
                           .severity = s.subject.severity,
                           .baseline_madrs = {},
                           .doses = {},
                           .initial = {}};
  const model::Parameters<double>& values = s.parameters;
  std::ranges::copy(model::numbers(values), model::numbers(v.parameters).begin());
  if (s.subject.baseline_madrs) v.baseline_madrs = T(*s.subject.baseline_madrs);
  for (const dosing::Dose& dose : s.doses) v.doses.push_back(not_varied<T>(dose));
  return v;
}

template VariedScenario not_varied<D>(const Scenario&);
template TapedScenario not_varied<Taped>(const Scenario&);

template <class T>
T& find(BasicVariedScenario<T>& v, const std::string& name) {
  if (name == "weight_kg") return v.weight_kg;
  if (name == "severity") return v.severity;
  if (name == "baseline_madrs") {
    if (!v.baseline_madrs)
      throw ScenarioError(
          "baseline_madrs cannot be differentiated: it is not set and follows from severity; "
          "set it, or vary severity");
    return *v.baseline_madrs;
  }
  if (const auto field = dose_field(name)) return of_dose(v, field->first, field->second, name);
  if (const auto known = parameter_places().find(name); known != parameter_places().end())
    return model::numbers(v.parameters)[known->second];
  if (const auto known = initial_places().find(name); known != initial_places().end())
    return v.initial[known->second];
  throw UnknownName("nothing that can vary is called '" + name +
                    "'; there are parameters (module.name), weight_kg, severity, baseline_madrs, "
                    "dose[i].field and initial.module.state");
}

template D& find<D>(VariedScenario&, const std::string&);
template Taped& find<Taped>(TapedScenario&, const std::string&);

double size_of(const VariedScenario& v, const D& number, const std::string& name,
               const StateVector<double>& typical) {
  if (name.starts_with("initial.")) return typical[static_cast<int>(&number - v.initial.data())];
  if (name.starts_with("dose[") && name.ends_with("_h")) return 1.0;
  return number.value == 0.0 ? 1.0 : std::abs(number.value);
}

}  // namespace ketasim::gradient
