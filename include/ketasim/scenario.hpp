/// A scenario: the subject, the doses, the setting, and the parameters.
#pragma once

#include <string>
#include <vector>

#include "ketasim/dosing/dose.hpp"
#include "ketasim/error.hpp"
#include "ketasim/parameters/species.hpp"
#include "ketasim/subject.hpp"

namespace ketasim {

/// Scenario{.subject = {.species = Species::rat}, .doses = {dose}} has the parameters of the rat.
struct Scenario {
  Subject subject = {};
  std::vector<dosing::Dose> doses = {};
  /// Times at which everything returns to the state before treatment [h].
  std::vector<double> resets = {};
  dosing::Context context = dosing::Context::none;
  /// Before allometry. Those of the subject's species, if none are given.
  parameters::Set<double> parameters = ketasim::parameters::of(subject.species);
};

/// @throws ScenarioError naming the value, its unit and range
/// @throws ParameterError naming the value, its unit and range
inline void check(const Scenario& s) {
  parameters::check(s.parameters);
  check(s.subject);
  const parameters::SpeciesRow& row = row_of(s.subject.species);
  const std::string set = name_of(s.parameters.species, model::parameter_sets);
  if (s.parameters.species != row.parameter_set)
    throw ScenarioError("the parameters are those of the " + set +
                        ", but subject.species = " + std::string(row.name) +
                        ": choose the species when the scenario is made, Scenario{.subject = "
                        "{.species = Species::" +
                        set + "}}, or set parameters = parameters::of(subject.species)");
  auto single = static_cast<double>(s.resets.size());
  for (const dosing::Dose& d : s.doses) {
    dosing::check(d);
    single += (d.additional + 1.0) * dosing::devices_of(d, s.subject.weight_kg);
  }
  if (single > dosing::most_doses)
    throw ScenarioError(
        written(single) + " single doses, nasal devices and resets are too many: give at most " +
        std::to_string(dosing::most_doses) + " in one scenario, fewer repeats or a shorter course");
}

}  // namespace ketasim
