/// Every parameter does something: moved by a twentieth, it moves a readout of a scenario in which
/// everything happens.
#include <array>
#include <cmath>
#include <string>

#include "setting.hpp"

using namespace test;

namespace {

/// All drugs by all routes, every tool, a session and a retrieved memory, within a week, under
/// partial severity so that both ends of the symptom scale matter.
Scenario everything_happens(model::Species species, Context context) {
  const bool person = species == model::Species::human;
  const auto ketamine = [&](Route route, double t, double duration = 0.0) {
    return give(Drug::ketamine, person ? 0.5 : 8.0, Unit::mg_per_kg, route, t, duration);
  };
  const auto mg_per_kg = [&](Drug drug, Route route, double in_person, double in_rat, double t) {
    return give(drug, person ? in_person : in_rat, Unit::mg_per_kg, route, t);
  };
  Scenario s = human({ketamine(Route::iv, 0.0, infusion_h),
                      ketamine(Route::im, 6.0),
                      ketamine(Route::sc, 10.0),
                      ketamine(Route::ip, 14.0),
                      ketamine(Route::oral, 18.0),
                      ketamine(Route::oral_er, 22.0),
                      ketamine(Route::sublingual, 30.0),
                      ketamine(Route::rectal, 34.0),
                      mg_per_kg(Drug::esketamine, Route::intranasal, 1.2, 200.0, 38.0),
                      mg_per_kg(Drug::arketamine, Route::iv, 0.5, 10.0, 44.0),
                      mg_per_kg(Drug::norketamine, Route::ip, 0.5, 5.0, 48.0),
                      mg_per_kg(Drug::memantine, Route::oral, 3.0, 3.0, 52.0),
                      mg_per_kg(Drug::mk801, Route::ip, 0.1, 0.1, 56.0),
                      mg_per_kg(Drug::escitalopram, Route::oral, 0.3, 3.0, 2.0),
                      mg_per_kg(Drug::fluoxetine, Route::oral, 1.0, 10.0, 3.0),
                      mg_per_kg(Drug::rapamycin, Route::oral, 1.0, 1.0, 60.0),
                      hold(Drug::ly379268, 0.5, 64.0, 4.0),
                      hold(Drug::vdcc_blocker, 0.3, 0.0, 2.0),
                      hold(Drug::naltrexone, 0.5, 70.0, 20.0),
                      hold(Drug::clarithromycin, 0.5, 16.0, 8.0),
                      hold(Drug::grapefruit, 0.5, 20.0, 8.0),
                      hold(Drug::ticlopidine, 0.5, 0.0, 10.0),
                      hold(Drug::rifampicin, 0.5, 28.0, 12.0),
                      hold(Drug::st_johns_wort, 0.5, 40.0, 12.0),
                      hold(Drug::benzodiazepine, 0.5, 0.0, 10.0),
                      hold(Drug::lamotrigine, 0.5, 0.0, 10.0),
                      hold(Drug::psychotherapy, 1.0, 24.0, 6.0),
                      hold(Drug::memory_retrieval, 1.0, 0.2, 0.0),
                      give(Drug::bdnf, 2e-5, Unit::uM, Route::bath, 80.0, 4.0)},
                     0.8, context);
  s.subject.species = person ? Species::human : Species::rat;
  s.parameters = parameters::of(s.subject.species);
  s.subject.weight_kg = person ? 80.0 : 0.4;  // off the reference weight
  // Hypotheses that are off act on nothing; halfway, all of them do.
  s.parameters.mtor.w_RERK = s.parameters.bdnf_trkb.w_direct = 0.5;
  s.parameters.symptoms.w_opioid = s.parameters.psychotherapy.psi_T = 0.5;
  s.parameters.symptoms.w_benzo = s.parameters.symptoms.w_lamo = 0.5;
  s.parameters.tolerability.w_lamo = 0.5;
  s.parameters.synaptogenesis.s_dm = 0.2;
  // Trunk blood in rats reads the fast venous branch alone; a little of the slow one shows both.
  if (!person) s.parameters.pharmacokinetics.f_v = 0.9;
  return s;
}

using Curves = std::vector<std::vector<double>>;

/// All readouts over the week, and extracellular glutamate itself, whose absolute level no readout
/// shows.
Curves observe(const Scenario& s) {
  static const std::vector<double> t = [] {
    std::vector<double> times = every(0.25, 0.25, 2.0);
    for (const double h : every(2.0, 4.0, 62.0)) times.push_back(h);
    // Firing rates follow within 20 ms: seen only just after a tool has begun to act.
    times.push_back(64.0 + 5e-6);
    for (const double h : every(2.0, 66.0, 100.0)) times.push_back(h);
    times.push_back(168.0);
    return times;
  }();
  const Trajectory week = run(s, t, 1e-8);
  Curves curves;
  for (std::size_t k = 0; k < readout_table().size(); ++k) curves.push_back(week.readout(k));
  curves.emplace_back();
  for (std::size_t row = 0; row < t.size(); ++row)
    curves.back().push_back(state_at(week, row).glutamate.G);
  return curves;
}

/// Largest change of any readout relative to its own largest value.
double movement(const Curves& a, const Curves& b) {
  double most = 0.0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    double size = 0.0, change = 0.0;
    for (std::size_t i = 0; i < a[k].size(); ++i) {
      size = std::max(size, std::abs(a[k][i]));
      change = std::max(change, std::abs(a[k][i] - b[k][i]));
    }
    if (size > 0.0) most = std::max(most, change / size);
  }
  return most;
}

/// A twentieth of a parameter must move something by more than the solver can: at rtol 1e-8 a
/// readout is good to some 1e-7. The least of them, the width of a smooth threshold, moves 1.5e-6.
constexpr double nudge = 1.05, moved = 1e-6;

/// What a visit and the patients of a trial add to a blood pressure, read by the rules of
/// observation: no run depends on them.
constexpr std::array<std::string_view, 8> observed_only{"v_SBP", "v_DBP", "omega_SBP", "omega_DBP",
                                                        "SBP_0", "DBP_0", "sd_SBP_0",  "sd_DBP_0"};

void every_parameter_moves_something(model::Species species) {
  // What a trial does belongs to its context.
  std::vector<Scenario> scenarios;
  for (const Context context : {Context::saline_oral_ad, Context::midazolam, Context::nasal_placebo,
                                Context::open_label, Context::masked})
    scenarios.push_back(everything_happens(species, context));
  std::vector<Curves> base;
  for (const Scenario& s : scenarios) base.push_back(observe(s));

  const Parameters<double> table;
  std::size_t k = 0;
  Parameters<double>::each(
      table, [&](std::string_view module, double, const model::Parameter& row) {
        double most = 0.0, value = 0.0;
        const bool of_observation =
            std::find(observed_only.begin(), observed_only.end(), row.name) != observed_only.end();
        const std::size_t last = of_observation || module != "trial" ? 1 : scenarios.size();
        for (std::size_t i = 0; i < last && most < moved; ++i) {
          Scenario s = scenarios[i];
          std::size_t j = 0;
          Parameters<double>::each(s.parameters,
                                   [&](std::string_view, double& v, const model::Parameter& of) {
                                     if (j++ != k) return;
                                     // A fraction of 1 can only become smaller.
                                     v = value = of.limits.holds(v * nudge) ? v * nudge : v / nudge;
                                   });
          most = std::max(most, movement(base[i], observe(s)));
        }
        INFO(module << "." << row.name << " = " << value << " moved by " << most);
        CHECK(value != 0.0);
        if (of_observation)
          CHECK(most == 0.0);
        else
          CHECK(most > moved);
        ++k;
      });
  CHECK(k > 200);
}

}  // namespace

TEST_CASE("every parameter moves some readout, in humans", "[model][every_parameter]") {
  every_parameter_moves_something(model::Species::human);
}

TEST_CASE("every parameter moves some readout, in rats", "[model][every_parameter]") {
  every_parameter_moves_something(model::Species::rat);
}

TEST_CASE("every parameter: the check itself sees a parameter that does nothing",
          "[model][every_parameter]") {
  // With its hypothesis off, the constant of direct binding is dead, and shows as such.
  Scenario s = everything_happens(model::Species::human, Context::saline);
  s.parameters.bdnf_trkb.w_direct = 0.0;
  const Curves before = observe(s);
  s.parameters.bdnf_trkb.K_direct *= nudge;
  CHECK(movement(before, observe(s)) == 0.0);
}

TEST_CASE("every parameter: each has a value and a range around it for both species",
          "[model][every_parameter]") {
  const Parameters<double> table;
  Parameters<double>::each(table, [](std::string_view module, double, const model::Parameter& row) {
    INFO(module << "." << row.name);
    for (const auto species : {model::Species::human, model::Species::rat}) {
      const model::Entry& e = row.entry(species);
      CHECK(std::isfinite(e.value));
      CHECK(e.low <= e.value);
      CHECK(e.value <= e.high);
      CHECK(row.limits.holds(e.low));
      CHECK(row.limits.holds(e.high));
      CHECK_FALSE(e.source.empty());
    }
    CHECK_FALSE(row.unit.empty());
    CHECK_FALSE(row.meaning.empty());
  });
}
