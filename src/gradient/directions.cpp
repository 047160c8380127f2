#include "gradient/directions.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>

namespace ketasim::gradient {
namespace {

using dosing::BasicDose;

[[nodiscard]] BasicDose<D> dual(const dosing::Dose& d) {
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

[[nodiscard]] D& of_dose(VariedScenario& v, std::size_t index, std::string_view field,
                         const std::string& name) {
  if (index >= v.doses.size())
    throw ScenarioError(name + ": there are " + std::to_string(v.doses.size()) +
                        " dose records, counted from 0");
  BasicDose<D>& dose = v.doses[index];
  const auto refuse = [&](const std::string& why) -> D& {
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
    return dose.duration_h.value > 0.0 ? dose.duration_h
                                       : refuse("a bolus has no length; give it a duration");
  throw UnknownName("no field of a dose is called '" + std::string(field) +
                    "'; there are amount, start_h, duration_h, interval_h, lag_h, bioavailability");
}

}  // namespace

VariedScenario without_slopes(const Scenario& s) {
  VariedScenario v{.parameters = {},
                   .weight_kg = s.subject.weight_kg,
                   .severity = s.subject.severity,
                   .baseline_madrs = {},
                   .doses = {},
                   .initial = {}};
  const model::Parameters<double>& values = s.parameters;
  std::ranges::copy(model::numbers(values), model::numbers(v.parameters).begin());
  if (s.subject.baseline_madrs) v.baseline_madrs = D(*s.subject.baseline_madrs);
  for (const dosing::Dose& dose : s.doses) v.doses.push_back(dual(dose));
  return v;
}

D& find(VariedScenario& v, const std::string& name) {
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
  const auto parameters = model::parameter_rows();
  for (std::size_t k = 0; k < parameters.size(); ++k)
    if (name == full_name_of(parameters[k])) return model::numbers(v.parameters)[k];
  const auto states = model::state_rows();
  for (std::size_t k = 0; k < states.size(); ++k)
    if (name == "initial." + full_name_of(states[k])) return v.initial[k];
  throw UnknownName("nothing that can vary is called '" + name +
                    "'; there are parameters (module.name), weight_kg, severity, baseline_madrs, "
                    "dose[i].field and initial.module.state");
}

double size_of(const VariedScenario& v, const D& number, const std::string& name,
               const StateVector<double>& typical) {
  if (name.starts_with("initial.")) return typical[static_cast<int>(&number - v.initial.data())];
  if (name.starts_with("dose[") && name.ends_with("_h")) return 1.0;
  return number.value == 0.0 ? 1.0 : std::abs(number.value);
}

}  // namespace ketasim::gradient
