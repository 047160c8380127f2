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

/// Is a dose within those of studies, for a subject of this weight?
/// @throws ScenarioError naming the dose, its size and the largest one
inline void check_size(const dosing::Dose& dose, const Subject& subject) {
  const dosing::LargestDose& most = row_of(dose.drug, dosing::drugs).most;
  const dosing::UnitRow& unit = row_of(dose.unit, dosing::units);
  if (unit.site != dosing::Site::body || !dosing::detail::is_known(most.human_mg)) return;
  const parameters::SpeciesRow& species = row_of(subject.species);
  const bool human = species.parameter_set == model::Species::human;
  const bool in_mg = human && !unit.per_kg;
  const double given = in_mg || unit.per_kg ? dose.amount : dose.amount / subject.weight_kg;
  const double largest = in_mg   ? most.human_mg
                         : human ? most.human_mg_per_kg
                                 : most.animal_mg_per_kg;
  const std::string in = in_mg ? " mg" : " mg/kg";
  if (given > largest)
    throw ScenarioError(describe(dose) + ": " + written(given) + in +
                        " is far above the doses of studies: for a " + std::string(species.name) +
                        " of " + written(subject.weight_kg) + " kg at most " + written(largest) +
                        in + " is accepted. Is the unit right?");
}

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
    check_size(d, s.subject);
    single += (d.additional + 1.0) * dosing::devices_of(d, s.subject.weight_kg);
  }
  if (single > dosing::most_doses)
    throw ScenarioError(
        written(single) + " single doses, nasal devices and resets are too many: give at most " +
        std::to_string(dosing::most_doses) + " in one scenario, fewer repeats or a shorter course");
}

}  // namespace ketasim
