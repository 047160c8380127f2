/// Species, genotypes, and the parameters that depend on age. One table each; Python and the explorer
/// read them.
#pragma once

#include <array>
#include <string_view>

#include "ketasim/model/table_rows.hpp"
#include "ketasim/named_rows.hpp"

namespace ketasim {

enum class Species { human, rat, mouse, cell, slice };

namespace parameters {

/// A species or preparation, with its parameter set and the values that a subject has by default.
struct SpeciesRow {
  Species value;
  std::string_view name;
  model::Species parameter_set;
  double weight_kg, lightest_kg, heaviest_kg;
  double severity;  ///< 0 healthy, 1 untreated patient or chronically stressed animal
  std::string_view meaning;
};

// clang-format off
inline constexpr std::array species_rows{
    SpeciesRow{Species::human, "human", model::Species::human, 70.0, 2.0, 300.0, 1.0, "a person; by default a patient with treatment-resistant depression"},
    SpeciesRow{Species::rat, "rat", model::Species::rat, 0.3, 0.02, 2.0, 0.0, "a rat"},
    SpeciesRow{Species::mouse, "mouse", model::Species::rat, 0.025, 0.005, 0.1, 0.0, "a mouse, with the parameters of the rat"},
    SpeciesRow{Species::cell, "cell", model::Species::rat, 0.3, 0.005, 2.0, 0.0, "cultured cells, with the parameters of the rat"},
    SpeciesRow{Species::slice, "slice", model::Species::rat, 0.3, 0.005, 2.0, 0.0, "a brain slice, with the parameters of the rat"},
};
// clang-format on
static_assert(has_all_rows<species_rows>(), "ketasim: one row per species, in order");

/// @throws UnknownName listing the species.
[[nodiscard]] inline const SpeciesRow& species_row(std::string_view name) {
  for (const SpeciesRow& row : species_rows)
    if (row.name == name) return row;
  throw UnknownName("unknown species '" + std::string(name) +
                    "'; known: " + names_of(species_rows, [](const SpeciesRow&) { return true; }));
}

/// A genotype sets one parameter.
struct GenotypeRow {
  std::string_view name, parameter;
  double value;
  std::string_view meaning, source;
  model::Evidence evidence;
};

// clang-format off
inline constexpr std::array genotypes{
    GenotypeRow{"val66val", "bdnf_trkb.phi", 1.0, "BDNF Val66Met: Val/Val", "Liu2012", model::Evidence::derived},
    GenotypeRow{"val66met", "bdnf_trkb.phi", 0.4, "BDNF Val66Met: one Met allele", "Liu2012", model::Evidence::assumed},
    GenotypeRow{"met66met", "bdnf_trkb.phi", 0.1, "BDNF Val66Met: two Met alleles", "Liu2012", model::Evidence::assumed},
};
// clang-format on

/// A parameter that falls or rises linearly with age, in the species of one parameter set:
///   value + per_year (age - above_y)    for age > above_y
struct AgeRow {
  std::string_view name;  ///< of the parameter
  model::Species parameter_set;
  double above_y, per_year;
  std::string_view unit, meaning, source;
};

// clang-format off
inline constexpr std::array age_rows{
    AgeRow{"pharmacokinetics.Qh", model::Species::human, 60.0, -2.19, "L/h", "hepatic plasma flow falls with age", "Fanta2015;PerezRuixo2021"},
};
// clang-format on

}  // namespace parameters

[[nodiscard]] constexpr const parameters::SpeciesRow& row_of(Species species) {
  return row_of(species, parameters::species_rows);
}

}  // namespace ketasim
