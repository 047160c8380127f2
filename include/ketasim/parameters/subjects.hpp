/// Species, and what a subject is: genotype, traits and age, each of which multiplies parameters. One
/// table each; Python and the explorer read them.
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

/// A genotype multiplies one parameter, in people and in animals that were made to have it.
struct GenotypeRow {
  std::string_view name, parameter;
  double factor;
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

/// A trait of a person multiplies a parameter, with a row for each. Factors of one parameter multiply.
struct TraitRow {
  std::string_view trait, name, parameter;
  double factor;
  std::string_view meaning, source;
  model::Evidence evidence;
};

// Women clear S-ketamine and S-norketamine 20 % faster than men (Sigtermans2009), and their levels are
// lower after racemic ketamine too (Highland2022): the parameters are those of both sexes together, so
// each has a factor of 1.2^0.5. Flow and intrinsic clearance have it, and so has their quotient.
// Ancestry as published (PerezRuixo2021, read in nlmixr2lib): hepatic elimination of esketamine x 0.36,
// clearance of norketamine x 0.81, and in Japanese people the fraction absorbed in the nose x 1.34. An
// update with a Japanese trial explains these differences by body weight rather than by race
// (Ethnicity2022), so they are given only to who asks for them. Renal impairment raised the area after the
// nasal spray by 13 to 36 % (JJ_renal): the factor gives 25 %. Rows with a factor of 1 name the reference:
// people with normal kidneys, and the non-Asian people (72 % White, 7 % Black, 7 % other) to whom the
// published factors of ancestry are relative. Moderate hepatic impairment raised the area and the half-life
// (spravato_label); by how much was not open to be read, so there is no other row of the liver.
// clang-format off
inline constexpr std::array traits{
    TraitRow{"sex", "female", "pharmacokinetics.Qh", 1.095, "clearance of women", "Sigtermans2009", model::Evidence::derived},
    TraitRow{"sex", "female", "pharmacokinetics.CLint_S", 1.095, "clearance of women", "Sigtermans2009", model::Evidence::derived},
    TraitRow{"sex", "female", "pharmacokinetics.CLint_R", 1.095, "clearance of women", "Sigtermans2009", model::Evidence::assumed},
    TraitRow{"sex", "female", "pharmacokinetics.CLn_S", 1.095, "clearance of women", "Sigtermans2009", model::Evidence::derived},
    TraitRow{"sex", "female", "pharmacokinetics.CLn_R", 1.095, "clearance of women", "Sigtermans2009", model::Evidence::assumed},
    TraitRow{"sex", "male", "pharmacokinetics.Qh", 0.913, "clearance of men", "Sigtermans2009", model::Evidence::derived},
    TraitRow{"sex", "male", "pharmacokinetics.CLint_S", 0.913, "clearance of men", "Sigtermans2009", model::Evidence::derived},
    TraitRow{"sex", "male", "pharmacokinetics.CLint_R", 0.913, "clearance of men", "Sigtermans2009", model::Evidence::assumed},
    TraitRow{"sex", "male", "pharmacokinetics.CLn_S", 0.913, "clearance of men", "Sigtermans2009", model::Evidence::derived},
    TraitRow{"sex", "male", "pharmacokinetics.CLn_R", 0.913, "clearance of men", "Sigtermans2009", model::Evidence::assumed},
    TraitRow{"ancestry", "asian", "pharmacokinetics.CLint_S", 0.36, "Asian people, as published", "PerezRuixo2021", model::Evidence::secondary},
    TraitRow{"ancestry", "asian", "pharmacokinetics.CLint_R", 0.36, "Asian people, as published", "PerezRuixo2021", model::Evidence::assumed},
    TraitRow{"ancestry", "asian", "pharmacokinetics.CLn_S", 0.81, "Asian people, as published", "PerezRuixo2021", model::Evidence::secondary},
    TraitRow{"ancestry", "asian", "pharmacokinetics.CLn_R", 0.81, "Asian people, as published", "PerezRuixo2021", model::Evidence::assumed},
    TraitRow{"ancestry", "japanese", "pharmacokinetics.CLint_S", 0.36, "Japanese people, as published", "PerezRuixo2021", model::Evidence::secondary},
    TraitRow{"ancestry", "japanese", "pharmacokinetics.CLint_R", 0.36, "Japanese people, as published", "PerezRuixo2021", model::Evidence::assumed},
    TraitRow{"ancestry", "japanese", "pharmacokinetics.CLn_S", 0.81, "Japanese people, as published", "PerezRuixo2021", model::Evidence::secondary},
    TraitRow{"ancestry", "japanese", "pharmacokinetics.CLn_R", 0.81, "Japanese people, as published", "PerezRuixo2021", model::Evidence::assumed},
    TraitRow{"ancestry", "japanese", "pharmacokinetics.FR_n", 1.34, "Japanese people, as published", "PerezRuixo2021", model::Evidence::secondary},
    TraitRow{"ancestry", "non_asian", "pharmacokinetics.CLint_S", 1.0, "the reference: non-Asian people", "PerezRuixo2021", model::Evidence::secondary},
    TraitRow{"ancestry", "white", "pharmacokinetics.CLint_S", 1.0, "the reference: non-Asian people", "PerezRuixo2021", model::Evidence::secondary},
    TraitRow{"ancestry", "black", "pharmacokinetics.CLint_S", 1.0, "the reference: non-Asian people", "PerezRuixo2021", model::Evidence::secondary},
    TraitRow{"kidney", "normal", "pharmacokinetics.CLint_S", 1.0, "the reference: normal renal function", "JJ_renal", model::Evidence::secondary},
    TraitRow{"kidney", "impaired", "pharmacokinetics.CLint_S", 0.6, "renal impairment of any degree", "JJ_renal", model::Evidence::derived},
    TraitRow{"kidney", "impaired", "pharmacokinetics.CLint_R", 0.6, "renal impairment of any degree", "JJ_renal", model::Evidence::assumed},
    TraitRow{"liver", "normal", "pharmacokinetics.CLint_S", 1.0, "the reference: normal hepatic function", "spravato_label", model::Evidence::secondary},
};
// clang-format on

/// A parameter that age multiplies, in the species of one parameter set; linear in age within the ages of
/// the people in whom it was estimated, and constant beyond the oldest of them:
///   factor = 1 + per_year (min(age, up_to_y) - above_y) / usual value    for age > above_y
struct AgeRow {
  std::string_view name;  ///< of the parameter
  model::Species parameter_set;
  double above_y;  ///< age from which it changes [years]
  double up_to_y;  ///< age of the oldest person in the source [years]
  double per_year;
  std::string_view unit, meaning, source;
};

// The 820 people of PerezRuixo2021 were 18 to 86 years old, median 45.
// clang-format off
inline constexpr std::array age_rows{
    AgeRow{"pharmacokinetics.Qh", model::Species::human, 60.0, 86.0, -2.19, "L/h", "hepatic plasma flow falls with age", "Fanta2015;PerezRuixo2021"},
};
// clang-format on

}  // namespace parameters

[[nodiscard]] constexpr const parameters::SpeciesRow& row_of(Species species) {
  return row_of(species, parameters::species_rows);
}

}  // namespace ketasim
