/// Rows of the module tables: what a parameter, a state, an input and a readout say of themselves.
///
/// Every module has one table for each; names, units, ranges, grades and sources are written there
/// and nowhere else.
#pragma once

#include <limits>
#include <string_view>

namespace ketasim::model {

/// Parameter sets that differ between species. Mouse, cell and slice use the rat set.
enum class Species { human, rat };

/// A: replicated human data. B: a single or small human study. C: animals in vivo. D: in vitro.
/// E: assumed or fitted.
enum class Grade { A, B, C, D, E };

/// How the number came to us.
enum class Evidence { read, secondary, digitised, memory, derived, assumed };

/// A value with its plausible range, evidence grade and source, for one species or for all.
struct Entry {
  double value = std::numeric_limits<double>::quiet_NaN();
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
  Grade grade = Grade::E;
  std::string_view source = {};
  Evidence evidence = Evidence::assumed;
  std::string_view fitted_to = {};
  std::string_view note = {};
  /// Inter-individual variability [%]: CV of a log-normal; 0 = none known.
  double iiv_cv_pct = 0.0;
  std::string_view species = "all";

  [[nodiscard]] constexpr Entry iiv(double cv_pct) const {
    Entry e = *this;
    e.iiv_cv_pct = cv_pct;
    return e;
  }
};

[[nodiscard]] constexpr Entry all(double value, double low, double high, Grade grade,
                                  std::string_view source, Evidence evidence,
                                  std::string_view fitted_to = {}, std::string_view note = {}) {
  return {value, low, high, grade, source, evidence, fitted_to, note, 0.0, "all"};
}
[[nodiscard]] constexpr Entry human(double value, double low, double high, Grade grade,
                                    std::string_view source, Evidence evidence,
                                    std::string_view fitted_to = {}, std::string_view note = {}) {
  return {value, low, high, grade, source, evidence, fitted_to, note, 0.0, "human"};
}
[[nodiscard]] constexpr Entry rat(double value, double low, double high, Grade grade,
                                  std::string_view source, Evidence evidence,
                                  std::string_view fitted_to = {}, std::string_view note = {}) {
  return {value, low, high, grade, source, evidence, fitted_to, note, 0.0, "rat"};
}

/// A row of a parameter table.
struct Parameter {
  std::string_view name, symbol, unit, meaning;
  Entry human_entry, rat_entry;

  constexpr Parameter(std::string_view name_, std::string_view symbol_, std::string_view unit_,
                      std::string_view meaning_, const Entry& everyone)
      : Parameter(name_, symbol_, unit_, meaning_, everyone, everyone) {}
  constexpr Parameter(std::string_view name_, std::string_view symbol_, std::string_view unit_,
                      std::string_view meaning_, const Entry& in_human, const Entry& in_rat)
      : name(name_),
        symbol(symbol_),
        unit(unit_),
        meaning(meaning_),
        human_entry(in_human),
        rat_entry(in_rat) {}

  [[nodiscard]] constexpr const Entry& entry(Species species) const {
    return species == Species::human ? human_entry : rat_entry;
  }
};

/// A row of a state table. `typical` is the size against which an absolute tolerance is measured.
struct Variable {
  std::string_view name, unit;
  double typical = 1.0;
  std::string_view meaning;
  std::string_view suffix = {};  ///< "_S" or "_R" for states that exist once per enantiomer
};

/// A row of a readout or input table.
struct Readout {
  std::string_view name, unit, meaning;
};

}  // namespace ketasim::model
