/// What the model says about itself, table by table: every row as fields with names. Python's
/// tables and those of the explorer are written from here.
///
/// Each function calls row(fill) for every row, in order, and fill(field) calls field(name, value)
/// for every column. A value is text, a number, a truth value, a list of texts, or a number that
/// may be missing.
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ketasim/dosing/drugs.hpp"
#include "ketasim/model/cascade.hpp"
#include "ketasim/model/rows.hpp"
#include "ketasim/observation/clinical.hpp"
#include "ketasim/observation/trials.hpp"
#include "ketasim/parameters/subjects.hpp"
#include "ketasim/parameters/variants.hpp"

namespace ketasim::tables {

using Texts = std::vector<std::string_view>;

namespace detail {

[[nodiscard]] inline Texts given(const Spellings& also) {
  Texts texts;
  for (const std::string_view word : also)
    if (!word.empty()) texts.push_back(word);
  return texts;
}

[[nodiscard]] inline std::optional<double> where_known(double number) {
  return std::isnan(number) ? std::nullopt : std::optional(number);
}

template <class Rows, class Chosen>
[[nodiscard]] Texts names(const Rows& rows, Chosen&& chosen) {
  Texts texts;
  for (const auto& row : rows)
    if (chosen(row)) texts.push_back(row.name);
  return texts;
}

[[nodiscard]] inline Texts units_at(dosing::Site site) {
  return names(dosing::units, [&](const dosing::UnitRow& unit) { return unit.site == site; });
}

}  // namespace detail

namespace detail {

/// The row of a parameter with its entry for a species.
void parameter(std::string_view module, const model::Parameter& r, model::Species species,
               auto&& row) {
  const model::Entry& e = r.entry(species);
  row([&](auto&& field) {
    field("name", std::string(module) + "." + std::string(r.name));
    field("module", module);
    field("symbol", r.symbol);
    field("description", r.meaning);
    field("value", e.value);
    field("unit", r.unit);
    field("low", e.low);
    field("high", e.high);
    field("limit_low", r.limits.low);
    field("limit_high", r.limits.high);
    field("iiv_cv_pct", e.iiv_cv_pct);
    field("species", e.species);
    field("grade", row_of(e.grade, model::grades).name);
    field("source_key", e.source);
    field("evidence", row_of(e.evidence, model::evidences).name);
    field("fitted_to", e.fitted_to);
    field("note", e.note);
  });
}

}  // namespace detail

void parameters(model::Species species, auto&& row) {
  for (const model::ParameterRow& r : model::parameter_rows())
    detail::parameter(r.module, r, species, row);
}

/// Parameters of the observation of trials, which no run depends on.
void trial_parameters(auto&& row) {
  const observation::TrialParameters<double> p;
  observation::TrialParameters<double>::each(p, [&](const double&, const model::Parameter& r) {
    detail::parameter("observation", r, model::Species::human, row);
  });
}

void states(auto&& row) {
  for (const model::StateRow& r : model::state_rows()) {
    row([&](auto&& field) {
      field("name", full_name_of(r));
      field("module", r.module);
      field("unit", r.unit);
      field("kind", row_of(r.kind, model::state_kinds).name);
      field("typical", r.typical);
      field("low", r.bounds().low);
      field("high", r.bounds().high);
      field("description", r.meaning);
    });
  }
}

void inputs(auto&& row) {
  for (const model::Input& r : model::input_rows()) {
    row([&](auto&& field) {
      field("name", r.name);
      field("unit", r.unit);
      field("kind", row_of(r.kind, model::input_kinds).name);
      field("description", r.meaning);
    });
  }
}

/// Readouts of a state, then shares of patients.
void readouts(auto&& row) {
  const auto add = [&](std::string_view module, const model::Readout& r) {
    row([&](auto&& field) {
      field("name", r.name);
      field("module", module);
      field("unit", r.unit);
      field("description", r.meaning);
      field("scale_low", r.scale.low);
      field("scale_high", r.scale.high);
    });
  };
  for (const model::ReadoutRow& r : model::readout_rows()) add(r.module, r);
  const observation::Shares<double> shares{};
  observation::Shares<double>::each(
      shares, [&](const double&, const model::Readout& r) { add("symptoms", r); });
}

void drugs(auto&& row) {
  using namespace dosing;
  for (const DrugRow& r : dosing::drugs) {
    row([&](auto&& field) {
      field("name", r.name);
      field("family", row_of(r.family, families).name);
      field("opens_session", r.opens_session());
      field("routes", detail::names(dosing::routes, [&](const RouteRow& route) {
              return r.can_be_given_by(route.value);
            }));
      field("units", detail::names(dosing::units, [&](const UnitRow& unit) {
              return (r.routes & all_to(unit.site)) != 0;
            }));
      field("molar_mass", detail::where_known(r.molar_mass));
      field("most_mg", detail::where_known(r.most.human_mg));
      field("most_mg_per_kg", detail::where_known(r.most.human_mg_per_kg));
      field("most_mg_per_kg_animal", detail::where_known(r.most.animal_mg_per_kg));
      field("most_uM", detail::where_known(r.most.bath_uM));
      field("usual_duration_h", detail::where_known(r.usual_duration_h));
      field("target", r.target);
      field("also", detail::given(r.also));
      field("description", r.meaning);
    });
  }
}

void routes(auto&& row) {
  for (const dosing::RouteRow& r : dosing::routes) {
    row([&](auto&& field) {
      field("name", r.name);
      field("site", row_of(r.site, dosing::sites).name);
      field("units", detail::units_at(r.site));
      field("lasts", r.lasts);
      field("device_mg", r.device_mg);
      field("device_gap_h", r.device_gap_h);
      field("also", detail::given(r.also));
      field("description", r.meaning);
    });
  }
}

void units(auto&& row) {
  for (const dosing::UnitRow& r : dosing::units) {
    row([&](auto&& field) {
      field("name", r.name);
      field("site", row_of(r.site, dosing::sites).name);
      field("per_kg", r.per_kg);
      field("also", detail::given(r.also));
      field("description", r.meaning);
    });
  }
}

void contexts(auto&& row) {
  const model::Parameters<double> defaults = parameters::human();
  for (const dosing::ContextRow& r : dosing::contexts) {
    row([&](auto&& field) {
      field("name", r.name);
      const auto effects = dosing::trial_effects(r.value, defaults.trial);
      field("expectancy", effects.expectancy);
      field("nonspecific", effects.nonspecific);
      field("unblinding", effects.unblinding);
      field("description", r.meaning);
    });
  }
}

void variants(auto&& row) {
  for (const parameters::Variant& r : parameters::variants) {
    row([&](auto&& field) {
      field("name", r.name);
      field("source_key", r.source);
      field("description", r.meaning);
    });
  }
}

/// What each variant changes, line by line.
void overrides(auto&& row) {
  for (const parameters::Override& r : parameters::overrides) {
    row([&](auto&& field) {
      field("variant", r.variant);
      field("species", r.species);
      field("parameter", r.parameter);
      field("value", r.value);
    });
  }
}

void species(auto&& row) {
  for (const parameters::SpeciesRow& r : parameters::species_rows) {
    row([&](auto&& field) {
      field("name", r.name);
      field("parameter_set", row_of(r.parameter_set, model::parameter_sets).name);
      field("weight_kg", r.weight_kg);
      field("lightest_kg", r.lightest_kg);
      field("heaviest_kg", r.heaviest_kg);
      field("severity", r.severity);
      field("description", r.meaning);
    });
  }
}

void genotypes(auto&& row) {
  for (const parameters::GenotypeRow& r : parameters::genotypes) {
    row([&](auto&& field) {
      field("name", r.name);
      field("parameter", r.parameter);
      field("factor", r.factor);
      field("source_key", r.source);
      field("evidence", row_of(r.evidence, model::evidences).name);
      field("description", r.meaning);
    });
  }
}

/// Exponents of weight / weight_ref by which the model scales parameters: 1 for volumes, 0.75 for flows and
/// clearances. Parameters that do not depend on weight are not in it.
void allometry(auto&& row) {
  model::Parameters<double> ones = parameters::human();
  const auto name_of = [](const model::ParameterRow& r) {
    return std::string(r.module) + "." + std::string(r.name);
  };
  for (const model::ParameterRow& r : model::parameter_rows())
    parameters::find(ones, name_of(r)) = 1.0;
  model::Parameters<double> scaled = model::scaled_to_weight(ones, 16.0);  // 16^0.75 is 8 exactly
  for (const model::ParameterRow& r : model::parameter_rows()) {
    const double exponent = std::log2(parameters::find(scaled, name_of(r))) / 4.0;
    if (exponent == 0.0) continue;
    row([&](auto&& field) {
      field("name", name_of(r));
      field("exponent", exponent);
    });
  }
}

/// Parameters that the traits of a person multiply.
void traits(auto&& row) {
  for (const parameters::TraitRow& r : parameters::traits) {
    row([&](auto&& field) {
      field("trait", r.trait);
      field("name", r.name);
      field("parameter", r.parameter);
      field("factor", r.factor);
      field("source_key", r.source);
      field("evidence", row_of(r.evidence, model::evidences).name);
      field("description", r.meaning);
    });
  }
}

/// Parameters that age multiplies.
void ages(auto&& row) {
  for (const parameters::AgeRow& r : parameters::age_rows) {
    row([&](auto&& field) {
      field("name", r.name);
      field("parameter_set", row_of(r.parameter_set, model::parameter_sets).name);
      field("above_y", r.above_y);
      field("up_to_y", r.up_to_y);
      field("per_year", r.per_year);
      field("unit", r.unit);
      field("source_key", r.source);
      field("description", r.meaning);
    });
  }
}

}  // namespace ketasim::tables
