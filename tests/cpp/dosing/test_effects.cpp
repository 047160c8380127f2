/// What one administration does, route by route.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "person.hpp"

using namespace test;

namespace {

/// `amount` into a state at once; `scale` 0 where the state is set rather than raised.
struct Given {
  double time;
  const char* into;
  double amount;
  double scale = 1.0;
};

/// An input from `start` for `length` hours at `level`.
struct Held {
  double start, length;
  double Inputs::*input;
  double level;
};

struct Row {
  std::string name;
  Dose dose;
  std::vector<Given> jumps;
  std::vector<Held> inputs;
};

constexpr double start = 2.0;

/// Amounts and times are a handful of multiplications away from the numbers of the table.
Approx rounded(double value) { return Approx(value).epsilon(1e-14).margin(0.0); }

void check_row(const Row& row) {
  CAPTURE(row.name);
  REQUIRE(refusal([&] { check(row.dose); }) == "");
  const Effects effects = effects_of(row.dose, start, person());
  REQUIRE(effects.jumps.size() == row.jumps.size());
  REQUIRE(effects.inputs.size() == row.inputs.size());
  for (std::size_t k = 0; k < row.jumps.size(); ++k) {
    CAPTURE(k, row.jumps[k].into);
    CHECK(effects.jumps[k].time == rounded(row.jumps[k].time));
    CHECK(effects.jumps[k].state == state(row.jumps[k].into));
    CHECK(effects.jumps[k].scale == row.jumps[k].scale);
    CHECK(effects.jumps[k].add == rounded(row.jumps[k].amount));
  }
  for (std::size_t k = 0; k < row.inputs.size(); ++k) {
    CAPTURE(k);
    CHECK((effects.inputs[k].input == row.inputs[k].input));
    CHECK(effects.inputs[k].start == rounded(row.inputs[k].start));
    // The rate belongs to the rounded end, hence an ulp of the time rather than of the length.
    CHECK(effects.inputs[k].end == rounded(row.inputs[k].start + row.inputs[k].length));
    CHECK(effects.inputs[k].amount == Approx(row.inputs[k].level).epsilon(1e-13).margin(0.0));
  }
}

Dose mg(Drug drug, double amount, Route route, double duration_h = 0.0) {
  return {
      .drug = drug, .amount = amount, .unit = Unit::mg, .route = route, .duration_h = duration_h};
}
Dose held(Drug drug, double amount, Unit unit, double duration_h) {
  return {.drug = drug,
          .amount = amount,
          .unit = unit,
          .route = unit == Unit::uM ? Route::bath : Route::target,
          .duration_h = duration_h};
}

/// Micromoles in `mg` of a drug of `molar_mass` [g/mol].
constexpr double umol(double mg, double molar_mass) { return mg * 1000.0 / molar_mass; }
constexpr double ketamine_g_mol = 237.73, norketamine_g_mol = 223.70, hnk_g_mol = 239.70;

}  // namespace

TEST_CASE("effects: ketamine by every route", "[dosing][effects]") {
  const auto& p = human().pharmacokinetics;
  const double n = umol(35, ketamine_g_mol), half = n / 2;
  const double swallowed_sl = (1 - p.FR_sl) / p.D_sw;
  const std::vector<Row> rows{
      {"iv bolus",
       mg(Drug::ketamine, 35, Route::iv),
       {{start, "pharmacokinetics.A1_S", half}, {start, "pharmacokinetics.A1_R", half}},
       {}},
      {"iv over 40 min",
       mg(Drug::ketamine, 35, Route::iv, 2.0 / 3.0),
       {},
       {{start, 2.0 / 3.0, &Inputs::rate_A1_S, half / (2.0 / 3.0)},
        {start, 2.0 / 3.0, &Inputs::rate_A1_R, half / (2.0 / 3.0)}}},
      {"im",
       mg(Drug::esketamine, 35, Route::im),
       {{start, "pharmacokinetics.Aim_S", n * p.F_im}},
       {}},
      {"sc",
       mg(Drug::arketamine, 35, Route::sc),
       {{start, "pharmacokinetics.Asc_R", n * p.F_sc}},
       {}},
      {"ip", mg(Drug::esketamine, 35, Route::ip), {{start, "pharmacokinetics.Aip_S", n}}, {}},
      {"rectal",
       mg(Drug::arketamine, 35, Route::rectal),
       {{start, "pharmacokinetics.Arc_R", n}},
       {}},
      {"oral",
       mg(Drug::ketamine, 35, Route::oral),
       {},
       {{start, p.D_po, &Inputs::rate_Apo_S, half / p.D_po},
        {start, p.D_po, &Inputs::rate_Apo_R, half / p.D_po}}},
      {"oral_er",
       mg(Drug::ketamine, 35, Route::oral_er),
       {},
       {{start, p.D_er, &Inputs::rate_Apo_S, half * p.F_er / p.D_er},
        {start, p.D_er, &Inputs::rate_Apo_R, half * p.F_er / p.D_er}}},
      {"sublingual",
       mg(Drug::ketamine, 35, Route::sublingual),
       {{start, "pharmacokinetics.Asl_S", half * p.FR_sl},
        {start, "pharmacokinetics.Asl_R", half * p.FR_sl}},
       {{start, p.D_sw, &Inputs::rate_Asw_S, half * swallowed_sl},
        {start, p.D_sw, &Inputs::rate_Asw_R, half * swallowed_sl}}},
      {"bath: the racemate is half each",
       held(Drug::ketamine, 3, Unit::uM, 1.5),
       {},
       {{start, 1.5, &Inputs::bath_S, 1.5}, {start, 1.5, &Inputs::bath_R, 1.5}}},
      {"bath of one enantiomer",
       held(Drug::arketamine, 3, Unit::uM, 1.5),
       {},
       {{start, 1.5, &Inputs::bath_R, 3}}},
  };
  for (const Row& row : rows) check_row(row);
}

TEST_CASE("effects: a nasal dose is devices of 28 mg, five minutes apart", "[dosing][effects]") {
  const auto& p = human().pharmacokinetics;
  const double n = umol(84, ketamine_g_mol) / 3, five_minutes = 5.0 / 60.0;
  const double first = p.FR_n, later = p.FR_n * p.dFR_n;
  const auto swallowed = [&](double absorbed) { return n * (1 - absorbed) * p.f_sw / p.D_sw; };
  check_row({"84 mg",
             mg(Drug::esketamine, 84, Route::intranasal),
             {{start, "pharmacokinetics.An_S", n * first},
              {start + five_minutes, "pharmacokinetics.An_S", n * later},
              {start + 2 * five_minutes, "pharmacokinetics.An_S", n * later}},
             {{start, p.D_sw, &Inputs::rate_Asw_S, swallowed(first)},
              {start + five_minutes, p.D_sw, &Inputs::rate_Asw_S, swallowed(later)},
              {start + 2 * five_minutes, p.D_sw, &Inputs::rate_Asw_S, swallowed(later)}}});

  struct Devices {
    double mg;
    std::size_t devices;
  };
  for (const Devices& d : {Devices{1, 1}, Devices{28, 1}, Devices{28.001, 2}, Devices{56, 2},
                           Devices{57, 3}, Devices{84, 3}}) {
    CAPTURE(d.mg);
    CHECK(effects_of(mg(Drug::esketamine, d.mg, Route::intranasal), 0, person()).jumps.size() ==
          d.devices);
    // Each device sprays both enantiomers of the racemate: the whole record counts, not a half.
    CHECK(effects_of(mg(Drug::ketamine, d.mg, Route::intranasal), 0, person()).jumps.size() ==
          2 * d.devices);
  }
  // Bioavailability scales what is absorbed, not how many devices are used.
  Dose half = mg(Drug::esketamine, 84, Route::intranasal);
  half.bioavailability = 0.5;
  CHECK(effects_of(half, 0, person()).jumps.size() == 3);
}

TEST_CASE("effects: metabolites enter their own compartments", "[dosing][effects]") {
  const auto& p = human().pharmacokinetics;
  const double nk = umol(10, norketamine_g_mol) / 2, hnk = umol(10, hnk_g_mol);
  const std::vector<Row> rows{
      {"norketamine bolus",
       mg(Drug::norketamine, 10, Route::iv),
       {{start, "pharmacokinetics.Ank_S", nk}, {start, "pharmacokinetics.Ank_R", nk}},
       {}},
      {"norketamine infusion",
       mg(Drug::norketamine, 10, Route::iv, 2),
       {},
       {{start, 2, &Inputs::rate_Ank_S, nk / 2}, {start, 2, &Inputs::rate_Ank_R, nk / 2}}},
      {"norketamine by mouth",
       mg(Drug::norketamine, 10, Route::oral),
       {},
       {{start, p.D_met, &Inputs::rate_Ank_S, nk * p.F_met / p.D_met},
        {start, p.D_met, &Inputs::rate_Ank_R, nk * p.F_met / p.D_met}}},
      {"norketamine bath",
       held(Drug::norketamine, 2, Unit::uM, 1),
       {},
       {{start, 1, &Inputs::bath_NK, 2}}},
      {"hnk_2r6r bolus",
       mg(Drug::hnk_2r6r, 10, Route::iv),
       {{start, "pharmacokinetics.Ahk_R", hnk}},
       {}},
      {"hnk_2s6s infusion",
       mg(Drug::hnk_2s6s, 10, Route::iv, 0.5),
       {},
       {{start, 0.5, &Inputs::rate_Ahk_S, hnk / 0.5}}},
      {"hnk_2r6r ip",
       mg(Drug::hnk_2r6r, 10, Route::ip),
       {},
       {{start, p.D_met, &Inputs::rate_Ahk_R, hnk * p.F_met / p.D_met}}},
      {"hnk_2s6s bath",
       held(Drug::hnk_2s6s, 2, Unit::uM, 1),
       {},
       {{start, 1, &Inputs::bath_HNK_S, 2}}},
      {"hnk_2r6r bath",
       held(Drug::hnk_2r6r, 2, Unit::uM, 1),
       {},
       {{start, 1, &Inputs::bath_HNK_R, 2}}},
  };
  for (const Row& row : rows) check_row(row);
}

TEST_CASE("effects: channel blockers enter the brain over D_met, by every route",
          "[dosing][effects]") {
  const double D_met = human().pharmacokinetics.D_met;
  const double memantine = umol(20, 179.30) / weight_kg / human().nmda_block.V_mem,
               mk801 = umol(0.2 * weight_kg, 221.30) / weight_kg / human().nmda_block.V_mk;
  Dose per_kg = mg(Drug::mk801, 0.2, Route::ip);
  per_kg.unit = Unit::mg_per_kg;
  for (const Route route : {Route::sc, Route::ip, Route::oral})
    check_row({"memantine " + name_of(route, routes),
               mg(Drug::memantine, 20, route),
               {},
               {{start, D_met, &Inputs::rate_mem, memantine / D_met}}});
  check_row({"mk801 mg/kg", per_kg, {}, {{start, D_met, &Inputs::rate_mk, mk801 / D_met}}});
  check_row({"memantine bath",
             held(Drug::memantine, 5, Unit::uM, 1),
             {},
             {{start, 1, &Inputs::bath_mem, 5}}});
  check_row(
      {"mk801 bath", held(Drug::mk801, 5, Unit::uM, 1), {}, {{start, 1, &Inputs::bath_mk, 5}}});
}

TEST_CASE("effects: slow drugs go into their gut depots or are held", "[dosing][effects]") {
  const std::vector<Row> rows{
      {"escitalopram",
       mg(Drug::escitalopram, 10, Route::oral),
       {{start, "serotonin.A_esc_gut", umol(10, 324.39)}},
       {}},
      {"fluoxetine",
       mg(Drug::fluoxetine, 20, Route::oral),
       {{start, "serotonin.A_flx_gut", umol(20, 309.33)}},
       {}},
      {"rapamycin",
       mg(Drug::rapamycin, 6, Route::oral),
       {{start, "mtor.A_rapa_gut", umol(6, 914.17)}},
       {}},
      {"escitalopram bath",
       held(Drug::escitalopram, 1, Unit::uM, 4),
       {},
       {{start, 4, &Inputs::bath_esc, 1}}},
      {"fluoxetine bath",
       held(Drug::fluoxetine, 1, Unit::uM, 4),
       {},
       {{start, 4, &Inputs::bath_flx, 1}}},
      {"rapamycin on its target",
       held(Drug::rapamycin, 0.9, Unit::fraction, 4),
       {},
       {{start, 4, &Inputs::rapamycin, 0.9}}},
      {"bdnf bath",
       held(Drug::bdnf, 0.002, Unit::uM, 4),
       {},
       {{start, 4, &Inputs::bath_bdnf, 0.002}}},
  };
  for (const Row& row : rows) check_row(row);
}

TEST_CASE("effects: tool compounds hold their own input", "[dosing][effects]") {
  const std::vector<std::pair<Drug, double Inputs::*>> tools{
      {Drug::nbqx, &Inputs::nbqx},
      {Drug::anti_bdnf, &Inputs::anti_bdnf},
      {Drug::vdcc_blocker, &Inputs::vdcc_blocker},
      {Drug::anisomycin, &Inputs::anisomycin},
      {Drug::ly379268, &Inputs::ly379268},
      {Drug::ly341495, &Inputs::ly341495},
      {Drug::naltrexone, &Inputs::naltrexone},
      {Drug::clarithromycin, &Inputs::clarithromycin},
      {Drug::grapefruit, &Inputs::grapefruit},
      {Drug::ticlopidine, &Inputs::ticlopidine},
      {Drug::rifampicin, &Inputs::inducer},
      {Drug::benzodiazepine, &Inputs::benzodiazepine},
      {Drug::lamotrigine, &Inputs::lamotrigine}};
  for (const auto& [drug, input] : tools)
    check_row(
        {name_of(drug, drugs), held(drug, 0.8, Unit::fraction, 3), {}, {{start, 3, input, 0.8}}});
}

TEST_CASE("effects: St John's wort is a weaker inducer than rifampicin", "[dosing][effects]") {
  check_row({"st_johns_wort",
             held(Drug::st_johns_wort, 0.5, Unit::fraction, 24),
             {},
             {{start, 24, &Inputs::inducer, 0.5 * human().enzymes.s_SJW}}});
}

TEST_CASE("effects: sessions, retrieval and placebo", "[dosing][effects]") {
  check_row({"a session lasts 6 h: the session and its consolidation",
             held(Drug::psychotherapy, 1, Unit::fraction, 0),
             {},
             {{start, 6, &Inputs::therapy, 1}}});
  check_row({"or as long as asked",
             held(Drug::psychotherapy, 0.5, Unit::fraction, 2),
             {},
             {{start, 2, &Inputs::therapy, 0.5}}});
  check_row({"retrieval sets the lability, whatever it was",
             held(Drug::memory_retrieval, 0.7, Unit::fraction, 0),
             {{start, "psychotherapy.Lb", 0.7, 0.0}},
             {}});
  check_row({"placebo", mg(Drug::placebo, 0, Route::iv, 2.0 / 3.0), {}, {}});
}

TEST_CASE("effects: mg/kg and bioavailability scale the amount, nothing else",
          "[dosing][effects]") {
  Dose per_kg = mg(Drug::esketamine, 0.5, Route::oral),
       whole = mg(Drug::esketamine, 35, Route::oral);
  per_kg.unit = Unit::mg_per_kg;
  per_kg.bioavailability = 0.5;
  whole.bioavailability = 0.5;
  const Effects a = effects_of(per_kg, start, person()), b = effects_of(whole, start, person()),
                full = effects_of(mg(Drug::esketamine, 35, Route::oral), start, person());
  CHECK(a.inputs[0].amount == rounded(b.inputs[0].amount));
  CHECK(b.inputs[0].amount == rounded(0.5 * full.inputs[0].amount));
  CHECK(b.inputs[0].end == full.inputs[0].end);
}

TEST_CASE("effects: an infusion no longer than the tolerance is a bolus", "[dosing][effects]") {
  // Late in a run start + 1e-9 is rounded up or down; neither side may lose the dose.
  for (const double at : {0.0, 0.3, 100.1, 8760.7, 12345.6}) {
    for (const double duration : {0.0, 1e-12, 0.99e-9, 1e-9, 1.001e-9, 1.1e-9, 1e-6}) {
      CAPTURE(at, duration);
      const Effects e = effects_of(mg(Drug::esketamine, 35, Route::iv, duration), at, person());
      REQUIRE(e.jumps.size() + e.inputs.size() == 1);
      if (!e.inputs.empty()) {
        CHECK(e.inputs[0].end - e.inputs[0].start > shortest_duration_h);
        // The amount is exact whatever the rounding of the end.
        CHECK(e.inputs[0].amount * (e.inputs[0].end - e.inputs[0].start) ==
              rounded(umol(35, ketamine_g_mol)));
      }
    }
  }
}

TEST_CASE(
    "effects: every drug by every route is given, or refused with the routes that are possible",
    "[dosing][effects]") {
  const std::string body = "iv, im, sc, ip, intranasal, oral, oral_er, sublingual, rectal";
  const auto possible = [&](Drug drug) -> std::string {
    switch (drug) {
      case Drug::ketamine:
      case Drug::esketamine:
      case Drug::arketamine:
        return body + ", bath";
      case Drug::norketamine:
      case Drug::hnk_2r6r:
      case Drug::hnk_2s6s:
        return "iv, ip, oral, bath";
      case Drug::memantine:
        return "sc, ip, oral, bath";
      case Drug::mk801:
        return "ip, bath";
      case Drug::escitalopram:
      case Drug::fluoxetine:
        return "ip, oral, bath";
      case Drug::rapamycin:
        return "oral, target";
      case Drug::bdnf:
        return "bath";
      case Drug::placebo:
        return body + ", bath, target";
      default:
        return "target";
    }
  };
  int given = 0, refused = 0;
  for (const DrugRow& drug_row : drugs) {
    const Drug drug = drug_row.value;
    const std::string can = ", " + possible(drug) + ",";
    for (const RouteRow& route : routes) {
      const std::string route_name(route.name);
      const double amount = route.site == Site::target ? 0.5 : route.site == Site::bath ? 1 : 10;
      Dose dose{.drug = drug, .amount = amount, .route = route.value};
      if (route.site != Site::body) {
        dose.unit = route.site == Site::bath ? Unit::uM : Unit::fraction;
        dose.duration_h = 1;
      }
      const bool expected = can.find(", " + route_name + ",") != std::string::npos;
      Effects effects;
      const std::string said = refusal([&] { effects = effects_of(dose, 0, person()); });
      CHECK(refusal([&] { check(dose); }) == said);
      CAPTURE(drug_row.name, route_name, said);
      if (expected) {
        ++given;
        CHECK(said == "");
        CHECK((effects.jumps.empty() && effects.inputs.empty()) == (drug == Drug::placebo));
      } else {
        ++refused;
        CHECK(said == describe(dose) + ": cannot be given by route '" + route_name +
                          "'; possible: " + possible(drug));
      }
    }
  }
  // Ketamine by ten of eleven routes, placebo by all; the others by those that studies used.
  CHECK(given == 3 * 10 + 3 * 4 + 4 + 2 + 2 * 3 + 2 + 11 + 17);
  CHECK(refused == 29 * 11 - given);
}
