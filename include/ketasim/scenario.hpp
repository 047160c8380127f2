/// A scenario: who, given what, in which setting, under which assumptions.
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "ketasim/dosing/dose.hpp"
#include "ketasim/error.hpp"
#include "ketasim/parameters/species.hpp"

namespace ketasim {

struct Subject {
  double weight_kg = 70.0;
  double severity = 1.0;  ///< s: 0 healthy, 1 untreated patient or chronically stressed animal
  std::optional<double>
      baseline_madrs;  ///< [points]; the symptom scale before treatment, if it is known
};

struct Scenario {
  Subject subject;
  std::vector<dosing::Dose> doses;
  std::vector<double>
      resets;  ///< times [h] at which everything returns to the state before treatment
  dosing::Context context = dosing::Context::none;
  model::Parameters<double> parameters = ketasim::parameters::human();  ///< before allometry
};

/// @throws ScenarioError naming the value, its unit and range
/// @throws ParameterError naming the value, its unit and range
inline void check(const Scenario& s) {
  parameters::check(s.parameters);
  const auto within = [](const char* name, double value, double low, double high,
                         const char* unit) {
    if (!(value >= low && value <= high))
      throw ScenarioError(std::string(name) + " = " + written(value) + unit + " is outside " +
                          written(low) + " to " + written(high) + unit);
  };
  within("weight_kg", s.subject.weight_kg, 0.005, 300.0, " kg");
  within("severity", s.subject.severity, 0.0, 1.0, "");
  if (s.subject.baseline_madrs)
    within("baseline_madrs", *s.subject.baseline_madrs, 0.1, 59.9, " points");
  for (const dosing::Dose& d : s.doses) dosing::check(d);
}

}  // namespace ketasim
