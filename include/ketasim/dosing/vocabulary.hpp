/// The closed vocabulary of dose records: drugs, routes, units and trial contexts.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "ketasim/error.hpp"

namespace ketasim::dosing {

enum class Drug {
  ketamine,
  esketamine,
  arketamine,
  norketamine,
  hnk_2r6r,
  hnk_2s6s,
  memantine,
  mk801,
  escitalopram,
  fluoxetine,
  rapamycin,
  nbqx,
  anti_bdnf,
  vdcc_blocker,
  bdnf,
  anisomycin,
  ly379268,
  ly341495,
  naltrexone,
  placebo,
  psychotherapy,
  memory_retrieval
};

enum class Route { iv, im, sc, ip, intranasal, oral, oral_er, sublingual, rectal, bath, target };

enum class Unit { mg, mg_per_kg, fraction, uM };

enum class Context { none, open_label, saline, midazolam, nasal_placebo, oral_ad, masked };

template <class E>
using Names = std::pair<E, std::string_view>;

inline constexpr std::array drug_names{
    Names<Drug>{Drug::ketamine, "ketamine"},
    Names<Drug>{Drug::esketamine, "esketamine"},
    Names<Drug>{Drug::arketamine, "arketamine"},
    Names<Drug>{Drug::norketamine, "norketamine"},
    Names<Drug>{Drug::hnk_2r6r, "hnk_2r6r"},
    Names<Drug>{Drug::hnk_2s6s, "hnk_2s6s"},
    Names<Drug>{Drug::memantine, "memantine"},
    Names<Drug>{Drug::mk801, "mk801"},
    Names<Drug>{Drug::escitalopram, "escitalopram"},
    Names<Drug>{Drug::fluoxetine, "fluoxetine"},
    Names<Drug>{Drug::rapamycin, "rapamycin"},
    Names<Drug>{Drug::nbqx, "nbqx"},
    Names<Drug>{Drug::anti_bdnf, "anti_bdnf"},
    Names<Drug>{Drug::vdcc_blocker, "vdcc_blocker"},
    Names<Drug>{Drug::bdnf, "bdnf"},
    Names<Drug>{Drug::anisomycin, "anisomycin"},
    Names<Drug>{Drug::ly379268, "ly379268"},
    Names<Drug>{Drug::ly341495, "ly341495"},
    Names<Drug>{Drug::naltrexone, "naltrexone"},
    Names<Drug>{Drug::placebo, "placebo"},
    Names<Drug>{Drug::psychotherapy, "psychotherapy"},
    Names<Drug>{Drug::memory_retrieval, "memory_retrieval"},
};

inline constexpr std::array route_names{
    Names<Route>{Route::iv, "iv"},
    Names<Route>{Route::im, "im"},
    Names<Route>{Route::sc, "sc"},
    Names<Route>{Route::ip, "ip"},
    Names<Route>{Route::intranasal, "intranasal"},
    Names<Route>{Route::oral, "oral"},
    Names<Route>{Route::oral_er, "oral_er"},
    Names<Route>{Route::sublingual, "sublingual"},
    Names<Route>{Route::rectal, "rectal"},
    Names<Route>{Route::bath, "bath"},
    Names<Route>{Route::target, "target"},
};

inline constexpr std::array unit_names{
    Names<Unit>{Unit::mg, "mg"},
    Names<Unit>{Unit::mg_per_kg, "mg/kg"},
    Names<Unit>{Unit::fraction, "fraction"},
    Names<Unit>{Unit::uM, "uM"},
};

inline constexpr std::array context_names{
    Names<Context>{Context::none, "none"},
    Names<Context>{Context::open_label, "open_label"},
    Names<Context>{Context::saline, "saline"},
    Names<Context>{Context::midazolam, "midazolam"},
    Names<Context>{Context::nasal_placebo, "nasal_placebo"},
    Names<Context>{Context::oral_ad, "oral_ad"},
    Names<Context>{Context::masked, "masked"},
};

template <class E, std::size_t N>
[[nodiscard]] std::string name_of(E value, const std::array<Names<E>, N>& names) {
  for (const auto& [e, name] : names)
    if (e == value) return std::string(name);
  return "?";
}

/// @throws UnknownName listing the vocabulary.
template <class E, std::size_t N>
[[nodiscard]] E from_name(std::string_view name, const std::array<Names<E>, N>& names,
                          const char* what) {
  std::string known;
  for (const auto& [e, n] : names) {
    if (n == name) return e;
    known += (known.empty() ? "" : ", ") + std::string(n);
  }
  throw UnknownName(std::string("unknown ") + what + " '" + std::string(name) +
                    "'; known: " + known);
}

/// A record of one of these, or of placebo, opens a session.
[[nodiscard]] constexpr bool opens_session(Drug drug) {
  return drug <= Drug::mk801 || drug == Drug::placebo;
}

/// Logits of a trial context: expectancy per session, non-specific improvement, weight of
/// functional unblinding. Derived from control arms [murrough2013_ajp, daly2018, jones2022,
/// lii2023, wilkinson2019]: trial properties, not parameters of the drug.
struct ContextEffect {
  double expectancy, nonspecific, unblinding;
};

[[nodiscard]] constexpr ContextEffect effect_of(Context context) {
  switch (context) {
    case Context::open_label:
      return {0.48, 0.0, 0.0};
    case Context::saline:
      return {0.10, 0.0, 0.50};
    case Context::midazolam:
      return {0.55, 0.0, 0.15};
    case Context::nasal_placebo:
      return {0.40, 0.0, 0.30};
    case Context::oral_ad:
      return {0.0, 1.2, 0.0};
    case Context::masked:
      return {1.0, 0.0, 0.0};
    case Context::none:
      break;
  }
  return {0.0, 0.0, 0.0};
}

}  // namespace ketasim::dosing
