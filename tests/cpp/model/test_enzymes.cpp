/// Co-medication that inactivates or induces enzymes: its course, and what it does to ketamine by each
/// route.
#include <cmath>
#include <numeric>

#include "setting.hpp"

using namespace test;

namespace {

constexpr double day = 24.0;

Dose esketamine(Route route, double mg) { return give(Drug::esketamine, mg, Unit::mg, route); }

/// Trapezoidal area of a readout over three days, and its maximum.
struct Exposure {
  double area = 0.0, peak = 0.0;
};

Exposure exposure(std::vector<Dose> doses, std::string_view readout = "esketamine_venous") {
  std::vector<double> t = every(0.02, 0.0, 2.0);
  for (const double h : every(0.1, 2.1, 3.0 * day)) t.push_back(h);
  const std::vector<double> x = seen(run(human(std::move(doses), 0.0), t), readout);
  Exposure e{.peak = largest(x)};
  for (std::size_t k = 1; k < t.size(); ++k) e.area += 0.5 * (t[k] - t[k - 1]) * (x[k] + x[k - 1]);
  return e;
}

/// Exposure with a co-medication taken from `days` before until the end, over that without.
Exposure ratio(Drug taken, double days, Route route, double mg,
               std::string_view readout = "esketamine_venous") {
  const Exposure with = exposure(
                     {esketamine(route, mg), hold(taken, 1.0, -days * day, (days + 3.0) * day)},
                     readout),
                 without = exposure({esketamine(route, mg)}, readout);
  return {with.area / without.area, with.peak / without.peak};
}

double inactivated(double q) { return q / (1.0 + q); }

}  // namespace

TEST_CASE("enzymes: nothing moves without co-medication", "[model][enzymes]") {
  const Trajectory r =
      run(human({infusion(), esketamine(Route::oral, 20.0)}), every(6.0, 0.0, 96.0));
  for (const std::string_view state : {"enzymes.gut_3A4", "enzymes.liver_3A4", "enzymes.liver_2B6"})
    for (const double value : r.state(state)) CHECK(value == 0.0);
}

TEST_CASE("enzymes: inactivation and induction reach their level and go with the turnover",
          "[model][enzymes]") {
  constexpr double months = 60.0 * day;
  const std::vector<double> t{months, months + 2.0 * day};
  const auto course = [&](Drug drug) { return run(human({hold(drug, 1.0, 0.0, months)}, 0.0), t); };
  const model::enzymes::Parameters<double> p = parameters::human().enzymes;
  const auto check = [&](const Trajectory& r, std::string_view state, double level,
                         double turnover) {
    CAPTURE(state);
    CHECK(r.state(state)[0] == Approx(level).epsilon(1e-6));
    CHECK(r.state(state)[1] == Approx(level * std::exp(-turnover * 2.0 * day)).epsilon(1e-6));
  };
  const Trajectory clarithromycin = course(Drug::clarithromycin),
                   grapefruit = course(Drug::grapefruit), ticlopidine = course(Drug::ticlopidine),
                   rifampicin = course(Drug::rifampicin), wort = course(Drug::st_johns_wort);
  check(clarithromycin, "enzymes.gut_3A4", -inactivated(p.q_cla), p.k_gut);
  check(clarithromycin, "enzymes.liver_3A4", -inactivated(p.q_cla), p.k_liver);
  check(clarithromycin, "enzymes.liver_2B6", 0.0, p.k_liver);
  check(grapefruit, "enzymes.gut_3A4", -inactivated(p.q_gfj), p.k_gut);
  check(grapefruit, "enzymes.liver_3A4", 0.0, p.k_liver);
  check(ticlopidine, "enzymes.gut_3A4", 0.0, p.k_gut);
  check(ticlopidine, "enzymes.liver_2B6", -inactivated(p.q_tic), p.k_liver);
  check(rifampicin, "enzymes.gut_3A4", p.i_gut, p.k_gut);
  check(rifampicin, "enzymes.liver_3A4", p.i_3A4, p.k_liver);
  check(rifampicin, "enzymes.liver_2B6", p.i_2B6, p.k_liver);
  check(wort, "enzymes.gut_3A4", p.s_SJW * p.i_gut, p.k_gut);
}

TEST_CASE("enzymes: the oral area is that of the well-stirred gut wall and liver",
          "[model][enzymes]") {
  // AUC = F_wall dose/(hepatic CLint), whatever the flow.
  const Parameters<double> all = parameters::human();
  const auto& pk = all.pharmacokinetics;
  for (const Drug drug :
       {Drug::clarithromycin, Drug::grapefruit, Drug::ticlopidine, Drug::rifampicin}) {
    CAPTURE(dosing::name_of(drug, dosing::drugs));
    const State<double> y =
        state_at(run(human({hold(drug, 1.0, -90.0 * day, 90.0 * day)}, 0.0), {0.0}), 0);
    const auto a = model::enzymes::activity(y.enzymes, all.enzymes);
    const double expected = 1.0 / (1.0 + (1.0 - pk.F_gut) * a.wall) / a.hepatic;
    CHECK(ratio(drug, 90.0, Route::oral, 20.0).area == Approx(expected).epsilon(2e-3));
  }
}

TEST_CASE("enzymes: oral and intravenous S-ketamine with co-medication, as in volunteers",
          "[model][enzymes]") {
  // Ratios of areas; the last number is how far the model may be, as a factor. A study has ten to twenty
  // people. What no constant fits is wide, and the header says why. The area of norketamine was
  // observed for five hours only.
  struct Row {
    Drug taken;
    double days;
    Route route;
    double mg, observed, factor;
    std::string_view readout = "esketamine_venous";
  };
  const std::vector<Row> rows{
      {Drug::clarithromycin, 3.0, Route::oral, 14.0, 2.6, 1.25},
      {Drug::grapefruit, 4.0, Route::oral, 14.0, 3.0, 1.4},
      {Drug::ticlopidine, 5.0, Route::oral, 14.0, 2.4, 1.35},
      {Drug::ticlopidine, 9.0, Route::intranasal, 56.0, 1.29, 1.2},
      {Drug::rifampicin, 5.0, Route::oral, 21.0, 0.14, 1.25},
      {Drug::rifampicin, 5.0, Route::iv, 7.0, 0.86, 1.1},
      {Drug::rifampicin, 5.0, Route::iv, 7.0, 0.50, 1.3, "norketamine_venous"},
      {Drug::st_johns_wort, 13.0, Route::oral, 21.0, 0.42, 1.25},
  };
  for (const Row& row : rows) {
    const double found = ratio(row.taken, row.days, row.route, row.mg, row.readout).area;
    CAPTURE(dosing::name_of(row.taken, dosing::drugs), name_of(row.route, dosing::routes),
            row.readout, row.observed, found);
    CHECK(found < row.observed * row.factor);
    CHECK(found > row.observed / row.factor);
  }
}

TEST_CASE("enzymes: an inhibitor of the gut wall leaves intravenous ketamine as it is",
          "[model][enzymes]") {
  CHECK(ratio(Drug::grapefruit, 4.0, Route::iv, 7.0).area == Approx(1.0).epsilon(1e-6));
  CHECK(ratio(Drug::clarithromycin, 3.0, Route::iv, 7.0).area < 1.15);
  CHECK(ratio(Drug::clarithromycin, 3.0, Route::intranasal, 56.0).area < 1.3);
}

TEST_CASE("enzymes: all at once leave every enzyme and every fraction within its bounds",
          "[model][enzymes]") {
  const std::vector<Dose> doses{hold(Drug::clarithromycin, 1.0, 0.0, 20.0 * day),
                                hold(Drug::grapefruit, 1.0, 0.0, 20.0 * day),
                                hold(Drug::ticlopidine, 1.0, 0.0, 20.0 * day),
                                hold(Drug::rifampicin, 1.0, 5.0 * day, 10.0 * day),
                                hold(Drug::st_johns_wort, 1.0, 5.0 * day, 10.0 * day),
                                infusion(18.0 * day)};
  const Trajectory r = run(human(doses), every(6.0, 0.0, 40.0 * day));
  for (std::size_t row = 0; row < r.t.size(); ++row) {
    const auto a = model::enzymes::activity(state_at(r, row).enzymes, r.parameters.enzymes);
    const double F_gut = r.parameters.pharmacokinetics.F_gut,
                 F_wall = F_gut / (1.0 + (1.0 - F_gut) * a.wall);
    CHECK(a.wall >= -1.0);
    CHECK(a.hepatic > 0.0);
    CHECK(a.nk > 0.0);
    CHECK(F_wall > 0.0);
    CHECK(F_wall <= 1.0);
  }
}

TEST_CASE("enzymes: a dose in steady state after co-medication began is refused",
          "[model][enzymes]") {
  Scenario s = human({give(Drug::ketamine, 50.0, Unit::mg, Route::oral)});
  s.doses.front().steady_state = dosing::SteadyState::replace;
  s.doses.front().interval_h = day;
  CHECK_NOTHROW(run(s, {1.0}));
  s.doses.push_back(hold(Drug::benzodiazepine, 1.0, 0.0, day));
  CHECK_NOTHROW(run(s, {1.0}));
  // Until it begins, the enzymes have their normal amounts.
  s.doses.push_back(hold(Drug::rifampicin, 1.0, 0.0, day));
  CHECK_NOTHROW(run(s, {1.0}));
  s.doses.front().start_h = 1.0;
  const std::vector<double> t{2.0};
  CHECK_THROWS_AS(simulate(s, t), ScenarioError);
}

TEST_CASE("switches: benzodiazepines and lamotrigine act where they are switched on",
          "[model][switches][enzymes]") {
  const auto t = every(0.5, 0.5, 48.0);
  const auto given = [&](Drug drug, double w_benzo, double w_lamo, double w_dissociation) {
    Scenario s = human({infusion(), hold(drug, 1.0, -2.0, 26.0)});
    s.parameters.symptoms.w_benzo = w_benzo;
    s.parameters.symptoms.w_lamo = w_lamo;
    s.parameters.tolerability.w_lamo = w_dissociation;
    return run(s, t);
  };
  const Trajectory plain = run(human({infusion()}), t);
  const auto relief = [](const Trajectory& r) { return largest(seen(r, "drug_relief")); };
  const auto cadss = [](const Trajectory& r) { return largest(seen(r, "cadss_change")); };
  for (const Drug drug : {Drug::benzodiazepine, Drug::lamotrigine}) {
    const Trajectory off = given(drug, 0.0, 0.0, 0.0);
    CHECK(relief(off) == Approx(relief(plain)).epsilon(1e-6));
    CHECK(cadss(off) == Approx(cadss(plain)).epsilon(1e-6));
  }
  CHECK(relief(given(Drug::benzodiazepine, 0.5, 0.0, 0.0)) < 0.75 * relief(plain));
  CHECK(cadss(given(Drug::benzodiazepine, 0.5, 0.0, 0.0)) == Approx(cadss(plain)).epsilon(1e-6));
  CHECK(relief(given(Drug::lamotrigine, 0.0, 0.5, 0.0)) < 0.75 * relief(plain));
  CHECK(cadss(given(Drug::lamotrigine, 0.0, 0.0, 0.5)) == Approx(0.5 * cadss(plain)).epsilon(1e-6));
  CHECK(relief(given(Drug::lamotrigine, 0.0, 0.0, 0.5)) == Approx(relief(plain)).epsilon(1e-6));
}
