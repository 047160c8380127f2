/// Rows of the module tables: what a parameter, a state, an input and a readout say of themselves.
///
/// Every module has one table for each; names, units, ranges, grades and sources are written there
/// and nowhere else.
#pragma once

#include <array>
#include <limits>
#include <span>
#include <string_view>
#include <type_traits>

#include "ketasim/named_rows.hpp"

namespace ketasim::model {

/// Parameter sets that differ between species. Mouse, cell and slice use the rat set.
enum class Species { human, rat };

inline constexpr std::array parameter_sets{WordRow<Species>{Species::human, "human"},
                                           WordRow<Species>{Species::rat, "rat"}};

/// A: replicated human data. B: a single or small human study. C: animals in vivo. D: in vitro.
/// E: assumed or fitted.
enum class Grade { A, B, C, D, E };

/// Read in its source, read in a secondary source, digitised from a figure, recalled from memory,
/// derived from other numbers, or assumed.
enum class Evidence { read, secondary, digitised, memory, derived, assumed };

inline constexpr std::array grades{WordRow<Grade>{Grade::A, "A"}, WordRow<Grade>{Grade::B, "B"},
                                   WordRow<Grade>{Grade::C, "C"}, WordRow<Grade>{Grade::D, "D"},
                                   WordRow<Grade>{Grade::E, "E"}};
inline constexpr std::array evidences{WordRow<Evidence>{Evidence::read, "read"},
                                      WordRow<Evidence>{Evidence::secondary, "secondary"},
                                      WordRow<Evidence>{Evidence::digitised, "digitised"},
                                      WordRow<Evidence>{Evidence::memory, "memory"},
                                      WordRow<Evidence>{Evidence::derived, "derived"},
                                      WordRow<Evidence>{Evidence::assumed, "assumed"}};
static_assert(has_all_rows<parameter_sets>() && has_all_rows<grades>() && has_all_rows<evidences>(),
              "ketasim: every Species, Grade and Evidence needs its row, in order");

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

/// Ends of a scale, both of which belong to it; infinite where it has none.
struct Scale {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();

  [[nodiscard]] constexpr bool holds(double value) const { return low <= value && value <= high; }
  [[nodiscard]] constexpr bool operator==(const Scale&) const = default;
};

inline constexpr Scale unbounded{};

/// Fractions, shares of patients and probabilities.
inline constexpr Scale zero_to_one{0.0, 1.0};

inline constexpr Scale not_negative{.low = 0.0};

/// Above 0: what the equations divide by or take the logarithm of.
inline constexpr Scale positive{.low = std::numeric_limits<double>::min()};

/// A share that is divided by.
inline constexpr Scale above_zero_to_one{positive.low, 1.0};

/// What a quantity with this unit can be. Volumes, masses, times and concentrations are divided by;
/// rates, clearances, points, pressures and the rest are not negative. A number of unit 1 says itself
/// what it can be.
[[nodiscard]] constexpr Scale scale_of_unit(std::string_view unit) {
  for (const std::string_view divided : {"kg", "L", "L/kg", "h", "uM", "mM"})
    if (unit == divided) return positive;
  return unit == "1" ? unbounded : not_negative;
}

/// A row of a parameter table.
struct Parameter {
  std::string_view name, symbol, unit, meaning;
  Entry human_entry, rat_entry;
  Scale limits = {};  ///< of what the number means; a run refuses all others

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
        rat_entry(in_rat),
        limits(scale_of_unit(unit_)) {}

  [[nodiscard]] constexpr const Entry& entry(Species species) const {
    return species == Species::human ? human_entry : rat_entry;
  }

  [[nodiscard]] constexpr Parameter within(const Scale& scale) const {
    Parameter p = *this;
    p.limits = scale;
    return p;
  }
};

/// What a state is. The solver, the compiler of doses and the gradients choose states by it.
enum class StateKind {
  amount,
  concentration,
  enzyme,
  block,
  circuit,
  signalling,
  synapse,
  learning,
  symptom,
  tolerance
};

struct StateKindRow {
  StateKind value;
  std::string_view name;
  bool is_disposition;  ///< linear kinetics of a drug: what a dose in steady state starts from
  bool rests_at_zero;   ///< measured from the equilibrium; no other kind depends on it
  Scale bounds;         ///< what such a state cannot leave, in its unit
  std::string_view meaning;
};

/// A fold change that no experiment has exceeded in these pathways.
inline constexpr Scale fold_change{0.0, 30.0};

// clang-format off
inline constexpr std::array state_kinds{
    StateKindRow{StateKind::amount, "amount", true, false, not_negative, "amount of a drug in a depot, a tissue or the body"},
    StateKindRow{StateKind::concentration, "concentration", true, false, not_negative, "concentration of a drug in blood or brain"},
    StateKindRow{StateKind::enzyme, "enzyme", false, false, Scale{-1.0, 30.0}, "change of an enzyme that removes drugs, as a share of its normal amount"},
    StateKindRow{StateKind::block, "block", false, false, zero_to_one, "fraction of receptors blocked"},
    StateKindRow{StateKind::circuit, "circuit", false, false, fold_change, "firing rates, transmitters and their autoreceptors"},
    StateKindRow{StateKind::signalling, "signalling", false, false, fold_change, "proteins and genes of the signalling pathways"},
    StateKindRow{StateKind::synapse, "synapse", false, false, Scale{0.0, 3.0}, "spines and synaptic proteins"},
    StateKindRow{StateKind::learning, "learning", false, false, Scale{0.0, 5.0}, "plasticity window, session learning, memory"},
    StateKindRow{StateKind::symptom, "symptom", false, true, zero_to_one, "relief, expectancy and belief"},
    StateKindRow{StateKind::tolerance, "tolerance", false, true, not_negative, "tolerance of acute effects"},
};
// clang-format on
static_assert(has_all_rows<state_kinds>(), "ketasim: every StateKind needs its row, in order");

/// A row of a state table.
struct Variable {
  std::string_view name, unit;
  StateKind kind;
  double typical = 1.0;  ///< size against which an absolute tolerance is measured, in a human
  std::string_view meaning;
  std::string_view suffix = {};  ///< "_S" or "_R" for states that exist once per enantiomer
  double rodent_share = 1.0;     ///< typical size in a rodent, as a share of that in a human
  Scale own_bounds = unbounded;  ///< where they differ from those of its kind

  [[nodiscard]] constexpr bool is_disposition() const {
    return row_of(kind, state_kinds).is_disposition;
  }
  [[nodiscard]] constexpr bool rests_at_zero() const {
    return row_of(kind, state_kinds).rests_at_zero;
  }
  /// Physiological bounds [unit of the state].
  [[nodiscard]] constexpr Scale bounds() const {
    return own_bounds == unbounded ? row_of(kind, state_kinds).bounds : own_bounds;
  }
  [[nodiscard]] constexpr Variable within(const Scale& scale) const {
    Variable v = *this;
    v.own_bounds = scale;
    return v;
  }
};

/// What an input is. The compiler of doses chooses inputs by it.
enum class InputKind { rate, level, fraction, subject, context, reference };

struct InputKindRow {
  InputKind value;
  std::string_view name;
  std::string_view meaning;
};

// clang-format off
inline constexpr std::array input_kinds{
    InputKindRow{InputKind::rate, "rate", "amount or concentration that arrives per hour"},
    InputKindRow{InputKind::level, "level", "concentration held constant"},
    InputKindRow{InputKind::fraction, "fraction", "share of a full effect, at most 1 however many act together"},
    InputKindRow{InputKind::subject, "subject", "what the subject brings"},
    InputKindRow{InputKind::context, "context", "what the trial itself does"},
    InputKindRow{InputKind::reference, "reference", "value before treatment, from which changes are measured"},
};
// clang-format on
static_assert(has_all_rows<input_kinds>(), "ketasim: every InputKind needs its row, in order");

/// A row of the input table.
struct Input {
  std::string_view name, unit;
  InputKind kind;
  std::string_view meaning;
};

/// What a readout with this unit can be: a level, a ratio to the state before treatment and a share of
/// it are not negative. The others say themselves where they end.
[[nodiscard]] constexpr Scale scale_of_readout(std::string_view unit) {
  for (const std::string_view level : {"ng/mL", "fold", "% of baseline"})
    if (unit == level) return not_negative;
  return unbounded;
}

/// A row of a readout table.
struct Readout {
  std::string_view name, unit, meaning;
  Scale scale = scale_of_readout(unit);  ///< which the readout never leaves, in anybody
};

/// The numbers of a table, which lie side by side in the order of its `each`.
/// @tparam T  the type of every number, const if the table is
template <class T, class Table>
[[nodiscard]] auto side_by_side(Table& table) {
  static_assert(std::is_standard_layout_v<Table> && sizeof(Table) % sizeof(T) == 0);
  return std::span<T, sizeof(Table) / sizeof(T)>(reinterpret_cast<T*>(&table),
                                                 sizeof(Table) / sizeof(T));
}

}  // namespace ketasim::model
