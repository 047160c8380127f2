/// The drug table: everything that is known about a drug besides its equations. Python, the
/// explorer and the error texts read these rows; nothing else writes them down.
#pragma once

#include <array>
#include <limits>
#include <string>
#include <string_view>

#include "ketasim/dosing/vocabulary.hpp"
#include "ketasim/model/mtor.hpp"
#include "ketasim/model/nmda_block.hpp"
#include "ketasim/model/pharmacokinetics.hpp"
#include "ketasim/model/serotonin.hpp"

namespace ketasim::dosing {

enum class Family {
  ketamine,
  metabolite,
  channel_blocker,
  antidepressant,
  tool_compound,
  growth_factor,
  placebo,
  therapy,
  co_medication
};

struct FamilyRow {
  Family value;
  std::string_view name;
  std::string_view meaning;
};

// clang-format off
inline constexpr std::array families{
    FamilyRow{Family::ketamine, "ketamine", "ketamine and its enantiomers"},
    FamilyRow{Family::metabolite, "metabolite", "metabolites of ketamine"},
    FamilyRow{Family::channel_blocker, "channel_blocker", "other open-channel blockers of the NMDA receptor"},
    FamilyRow{Family::antidepressant, "antidepressant", "serotonin reuptake inhibitors"},
    FamilyRow{Family::tool_compound, "tool_compound", "compounds that block or activate one target of the pathway"},
    FamilyRow{Family::growth_factor, "growth_factor", "signalling proteins added to the bath"},
    FamilyRow{Family::placebo, "placebo", "no drug"},
    FamilyRow{Family::therapy, "therapy", "psychological interventions"},
    FamilyRow{Family::co_medication, "co_medication", "drugs taken beside ketamine that change its removal or its effects"},
};
// clang-format on
static_assert(has_all_rows<families>(), "ketasim: every Family needs its row, in order");

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
  memory_retrieval,
  clarithromycin,
  grapefruit,
  ticlopidine,
  rifampicin,
  st_johns_wort,
  benzodiazepine,
  lamotrigine,
};

/// Routes by which a drug can be given: one bit per Route.
using RouteSet = unsigned;

[[nodiscard]] constexpr RouteSet only(Route route) { return 1U << static_cast<unsigned>(route); }

/// All routes that lead to a site.
[[nodiscard]] constexpr RouteSet all_to(Site site) {
  RouteSet set = 0;
  for (const RouteRow& route : routes)
    if (route.site == site) set |= only(route.value);
  return set;
}

/// Does a dose of the drug open a session: an occasion on which a subject expects to be treated?
/// t = 0 of a scenario is the first of these.
enum class Session { no, opens };

/// Stands for a number that a drug does not have.
inline constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

/// Largest single doses that are accepted, several times what has been given in any study: a slip
/// of units lies beyond.
struct LargestDose {
  double human_mg = no_number, human_mg_per_kg = no_number, animal_mg_per_kg = no_number;
  /// In the bath. The largest also lets the fastest process that it drives be resolved late in a run:
  /// ketamine suppresses firing at a rate of (C / H50)^n_H / tau_H.
  double bath_uM = no_number;
};

struct DrugRow {
  Drug value;
  std::string_view name;
  Family family;
  Session session;
  RouteSet routes;                ///< by which effects_of has kinetics for it; others are refused
  double molar_mass = no_number;  ///< free base [g/mol], of drugs that are given in mg
  LargestDose most = {};
  /// How long a record without a duration acts [h]; no_number where it must state one.
  double usual_duration_h = no_number;
  std::string_view target =
      {};  ///< what it acts on when given by route target; `block` takes this name
  Spellings also;
  std::string_view meaning;

  [[nodiscard]] constexpr bool can_be_given_by(Route route) const {
    return (routes & only(route)) != 0;
  }
  [[nodiscard]] constexpr bool opens_session() const { return session == Session::opens; }
};

namespace detail {
namespace mass {
using model::mtor::molar_mass_rapamycin;
using model::nmda_block::molar_mass_memantine;
using model::nmda_block::molar_mass_mk801;
using model::pharmacokinetics::molar_mass_hydroxynorketamine;
using model::pharmacokinetics::molar_mass_ketamine;
using model::pharmacokinetics::molar_mass_norketamine;
using model::serotonin::molar_mass_escitalopram;
using model::serotonin::molar_mass_fluoxetine;
}  // namespace mass
inline constexpr RouteSet to_body = all_to(Site::body), bath = all_to(Site::bath),
                          target = all_to(Site::target), iv = only(Route::iv), sc = only(Route::sc),
                          ip = only(Route::ip), oral = only(Route::oral);
}  // namespace detail

// clang-format off
inline constexpr std::array drugs = [] {
  using namespace detail::mass;
  using detail::to_body, detail::bath, detail::target, detail::iv, detail::sc, detail::ip, detail::oral;
  using enum Family;
  using enum Session;
  constexpr double session_h = 6.0;  // a session of psychotherapy and the consolidation that follows it
  return std::array{
    DrugRow{Drug::ketamine, "ketamine", ketamine, opens, to_body | bath, molar_mass_ketamine,
      {1000, 15, 300, 300}, no_number, "", {}, "racemic ketamine"},
    DrugRow{Drug::esketamine, "esketamine", ketamine, opens, to_body | bath, molar_mass_ketamine,
      {1000, 15, 300, 300}, no_number, "", {"s-ketamine"}, "S-ketamine"},
    DrugRow{Drug::arketamine, "arketamine", ketamine, opens, to_body | bath, molar_mass_ketamine,
      {1000, 15, 300, 300}, no_number, "", {"r-ketamine"}, "R-ketamine"},
    DrugRow{Drug::norketamine, "norketamine", metabolite, opens, iv | ip | oral | bath, molar_mass_norketamine,
      {1000, 15, 300, 1000}, no_number, "", {}, "racemic norketamine"},
    DrugRow{Drug::hnk_2r6r, "hnk_2r6r", metabolite, opens, iv | ip | oral | bath, molar_mass_hydroxynorketamine,
      {2000, 30, 600, 1000}, no_number, "", {}, "(2R,6R)-hydroxynorketamine"},
    DrugRow{Drug::hnk_2s6s, "hnk_2s6s", metabolite, opens, iv | ip | oral | bath, molar_mass_hydroxynorketamine,
      {2000, 30, 600, 1000}, no_number, "", {}, "(2S,6S)-hydroxynorketamine"},
    DrugRow{Drug::memantine, "memantine", channel_blocker, opens, sc | ip | oral | bath, molar_mass_memantine,
      {200, 3, 200, 1000}, no_number, "", {}, "memantine"},
    DrugRow{Drug::mk801, "mk801", channel_blocker, opens, ip | bath, molar_mass_mk801,
      {20, 0.3, 20, 100}, no_number, "", {"mk-801", "dizocilpine"}, "MK-801 (dizocilpine)"},
    DrugRow{Drug::escitalopram, "escitalopram", antidepressant, no, ip | oral | bath, molar_mass_escitalopram,
      {200, 3, 100, 1000}, no_number, "", {"ssri"}, "escitalopram"},
    DrugRow{Drug::fluoxetine, "fluoxetine", antidepressant, no, ip | oral | bath, molar_mass_fluoxetine,
      {400, 6, 200, 1000}, no_number, "", {}, "fluoxetine, with its metabolite norfluoxetine"},
    DrugRow{Drug::rapamycin, "rapamycin", tool_compound, no, oral | target, molar_mass_rapamycin,
      {100, 1.5, 50}, no_number, "mtor", {}, "mTORC1 inhibitor"},
    DrugRow{Drug::nbqx, "nbqx", tool_compound, no, target, no_number, {}, no_number, "ampa", {}, "AMPA receptor antagonist"},
    DrugRow{Drug::anti_bdnf, "anti_bdnf", tool_compound, no, target, no_number, {}, no_number, "bdnf", {}, "antibody that neutralises released BDNF"},
    DrugRow{Drug::vdcc_blocker, "vdcc_blocker", tool_compound, no, target, no_number, {}, no_number, "vdcc", {}, "blocker of L-type calcium channels"},
    DrugRow{Drug::bdnf, "bdnf", growth_factor, no, bath, no_number, {no_number, no_number, no_number, 1}, no_number, "", {}, "brain-derived neurotrophic factor"},
    DrugRow{Drug::anisomycin, "anisomycin", tool_compound, no, target, no_number, {}, no_number, "translation", {}, "inhibitor of translation"},
    DrugRow{Drug::ly379268, "ly379268", tool_compound, no, target, no_number, {}, no_number, "mglu23_agonist", {}, "mGlu2/3 receptor agonist"},
    DrugRow{Drug::ly341495, "ly341495", tool_compound, no, target, no_number, {}, no_number, "mglu23_antagonist", {}, "mGlu2/3 receptor antagonist"},
    DrugRow{Drug::naltrexone, "naltrexone", tool_compound, no, target, no_number, {}, no_number, "opioid", {}, "opioid receptor antagonist"},
    DrugRow{Drug::placebo, "placebo", placebo, opens, to_body | bath | target, no_number, {}, 0.0, "", {}, "no drug, given as if it were one"},
    DrugRow{Drug::psychotherapy, "psychotherapy", therapy, no, target, no_number, {}, session_h, "", {}, "a session of psychotherapy"},
    DrugRow{Drug::memory_retrieval, "memory_retrieval", therapy, no, target, no_number, {}, 0.0, "", {}, "retrieval of a maladaptive memory, which makes it labile"},
    DrugRow{Drug::clarithromycin, "clarithromycin", co_medication, no, target, no_number, {}, no_number, "", {}, "inhibitor of CYP3A4; 1 is 500 mg twice daily"},
    DrugRow{Drug::grapefruit, "grapefruit", co_medication, no, target, no_number, {}, no_number, "", {"grapefruit_juice"}, "inhibitor of CYP3A4 in the gut wall; 1 is 200 mL of juice three times daily"},
    DrugRow{Drug::ticlopidine, "ticlopidine", co_medication, no, target, no_number, {}, no_number, "", {}, "inhibitor of CYP2B6; 1 is 250 mg twice daily"},
    DrugRow{Drug::rifampicin, "rifampicin", co_medication, no, target, no_number, {}, no_number, "", {"rifampin"}, "inducer of CYP3A4 and CYP2B6; 1 is 600 mg daily"},
    DrugRow{Drug::st_johns_wort, "st_johns_wort", co_medication, no, target, no_number, {}, no_number, "", {"hypericum"}, "inducer of CYP3A4 and CYP2B6; 1 is a usual daily dose"},
    DrugRow{Drug::benzodiazepine, "benzodiazepine", co_medication, no, target, no_number, {}, no_number, "", {}, "benzodiazepine; acts where symptoms.w_benzo is above 0"},
    DrugRow{Drug::lamotrigine, "lamotrigine", co_medication, no, target, no_number, {}, no_number, "", {}, "lamotrigine; acts where symptoms.w_lamo or tolerability.w_lamo is above 0; 1 is 300 mg"},
  };
}();
// clang-format on

namespace detail {

[[nodiscard]] constexpr bool is_known(double number) { return number == number; }

/// Does every row have the facts that its routes ask for?
[[nodiscard]] consteval bool drugs_are_consistent() {
  for (const DrugRow& drug : drugs) {
    const bool in_mg = (drug.routes & to_body) != 0 && drug.family != Family::placebo;
    if (drug.routes == 0 || drug.meaning.empty()) return false;
    if (in_mg != is_known(drug.molar_mass) || in_mg != is_known(drug.most.human_mg) ||
        in_mg != is_known(drug.most.human_mg_per_kg) ||
        in_mg != is_known(drug.most.animal_mg_per_kg))
      return false;
    if (((drug.routes & bath) != 0 && drug.family != Family::placebo) !=
        is_known(drug.most.bath_uM))
      return false;
    if (!drug.target.empty() && !drug.can_be_given_by(Route::target)) return false;
    for (const DrugRow& other : drugs)
      if (other.value != drug.value && !drug.target.empty() && other.target == drug.target)
        return false;
  }
  return true;
}

}  // namespace detail

static_assert(has_all_rows<drugs>(), "ketasim: every Drug needs its row, in order");
static_assert(detail::drugs_are_consistent(),
              "ketasim: a drug in mg has a molar mass and largest doses, one in the bath a largest "
              "concentration, and a target names one drug");

/// Routes by which a drug can be given, as a list in words.
[[nodiscard]] inline std::string routes_of(Drug drug) {
  return names_of(routes, [&](const RouteRow& route) {
    return row_of(drug, drugs).can_be_given_by(route.value);
  });
}

}  // namespace ketasim::dosing
