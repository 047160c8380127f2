/// The subject of a scenario: species, weight, severity.
#pragma once

#include <optional>
#include <string>

#include "ketasim/error.hpp"
#include "ketasim/model/symptoms.hpp"
#include "ketasim/parameters/subjects.hpp"

namespace ketasim {

/// Subject{.species = Species::rat} is a rat of the usual weight; Subject{} is an untreated patient.
struct Subject {
  Species species = Species::human;
  double weight_kg = row_of(species).weight_kg;
  /// s: 0 healthy, 1 untreated patient or chronically stressed animal.
  double severity = row_of(species).severity;
  /// The symptom scale before treatment, if it is known [points].
  std::optional<double> baseline_madrs = {};
};

/// @throws ScenarioError naming the value, its unit and range.
inline void check(const Subject& subject) {
  const auto within = [](const char* name, double value, double low, double high,
                         const std::string& unit) {
    if (!(value >= low && value <= high))
      throw ScenarioError(std::string(name) + " = " + written(value) + unit + " is outside " +
                          written(low) + " to " + written(high) + unit);
  };
  const parameters::SpeciesRow& row = row_of(subject.species);
  if (!(subject.weight_kg >= row.lightest_kg && subject.weight_kg <= row.heaviest_kg))
    throw ScenarioError("weight_kg = " + written(subject.weight_kg) + " kg is outside " +
                        written(row.lightest_kg) + " to " + written(row.heaviest_kg) +
                        " kg for species " + std::string(row.name) +
                        ": give the weight in kg, or the species it belongs to");
  within("severity", subject.severity, 0.0, 1.0, "");
  if (subject.baseline_madrs)
    within("baseline_madrs", *subject.baseline_madrs, model::symptoms::inside_madrs.low,
           model::symptoms::inside_madrs.high, " points");
}

}  // namespace ketasim
