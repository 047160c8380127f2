/// Each hypothesis switch does what it says, and nothing when it is off.
#include <cmath>
#include <string>

#include "setting.hpp"

using namespace test;

namespace {

Scenario with(Scenario s, std::string_view parameter, double value) {
  parameters::find(s.parameters, parameter) = value;
  return s;
}

Scenario variant(Scenario s, std::string_view name) {
  parameters::apply_variant(s.parameters, name, model::Species::rat);
  return s;
}

double peak_dialysate(const Scenario& s) {
  return largest(seen(run(s, every(0.05, 0.05, 24.0)), "glutamate_dialysate"));
}

model::Signals<double> signals_at(const Trajectory& r, std::size_t row) {
  return model::signals(state_at(r, row), r.held_inputs[static_cast<std::size_t>(r.inputs[row])],
                        r.parameters, r.derived);
}

}  // namespace

TEST_CASE("switches: defaults", "[model][switches]") {
  for (const Parameters<double>& p : {parameters::human(), parameters::rat()}) {
    CHECK(p.disinhibition.w_dis == 1.0);
    CHECK(p.disinhibition.w_pyr == 1.0);
    CHECK(p.mtor.w_rest == 1.0);
    CHECK(p.glutamate.w_HNK == 1.0);
    CHECK(p.mtor.w_RERK == 0.0);
    CHECK(p.bdnf_trkb.w_direct == 0.0);
    CHECK(p.symptoms.w_opioid == 0.0);
    CHECK(p.symptoms.w_benzo == 0.0);
    CHECK(p.symptoms.w_lamo == 0.0);
    CHECK(p.tolerability.w_lamo == 0.0);
    CHECK(p.psychotherapy.psi == 4.0);
  }
}

TEST_CASE("switches: without disinhibition there is no glutamate surge", "[model][switches]") {
  // Whole per cents, at the time of the reference value.
  CHECK(seen(rat_ip(10.0), "glutamate_dialysate", 0.5) == Approx(136.0).margin(0.5));
  CHECK(seen(with(rat_ip(10.0), "disinhibition.w_dis", 0.0), "glutamate_dialysate", 0.5) ==
        Approx(98.0).margin(0.5));
  // Continuous in between.
  const double half =
      seen(with(rat_ip(10.0), "disinhibition.w_dis", 0.5), "glutamate_dialysate", 0.5);
  CHECK(half > 98.5);
  CHECK(half < 135.5);
}

TEST_CASE("switches: block on one kind of cell alone is exact", "[model][switches]") {
  // The drive of pyramidal cells is as without drug: the block on them has the weight 0.
  const double both = seen(rat_ip(10.0), "glutamate_dialysate", 0.5);
  const double brakes =
      seen(with(rat_ip(10.0), "disinhibition.w_pyr", 0.0), "glutamate_dialysate", 0.5);
  CHECK(brakes > both + 1.0);
  // On neither kind of cell there is no surge; what is left is the metabolite and the high-dose term.
  const Scenario neither =
      with(with(rat_ip(10.0), "disinhibition.w_pyr", 0.0), "disinhibition.w_dis", 0.0);
  CHECK(seen(neither, "glutamate_dialysate", 0.5) == Approx(100.0).margin(1.5));
}

TEST_CASE("switches: without block of resting receptors eEF2 follows p70S6K alone",
          "[model][switches]") {
  const auto t = every(0.1, 0.1, 6.0);
  const auto lowest = [&](const Scenario& s) {
    const auto Q = seen(run(s, t), "p_eef2");
    return *std::min_element(Q.begin(), Q.end());
  };
  const Scenario on = rat_ip(10.0), off = with(on, "mtor.w_rest", 0.0);
  Scenario off_and_rapamycin = rat({on.doses.front(), hold(Drug::rapamycin, 1.0, -6.0, 12.0)});
  off_and_rapamycin.parameters.mtor.w_rest = 0.0;
  CHECK(lowest(on) < 0.8);
  CHECK(lowest(off) > 0.85);
  CHECK(lowest(off) < 0.99);
  CHECK(lowest(off_and_rapamycin) >= 1.0 - 1e-6);
}

TEST_CASE("switches: hydroxynorketamine raises release by less than 1 % in humans",
          "[model][switches]") {
  const Trajectory r = run(human({infusion()}), every(0.25, 0.25, 12.0));
  double most = 0.0;
  for (std::size_t row = 0; row < r.t.size(); ++row) {
    const State<double> y = state_at(r, row);
    Parameters<double> without = r.parameters;
    without.glutamate.w_HNK = 0.0;
    const double release = signals_at(r, row).release;
    most = std::max(
        most, release / model::signals(y, Inputs<double>{}, without, r.derived).release - 1.0);
  }
  CHECK(most > 0.005);
  CHECK(most < 0.01);
}

TEST_CASE("switches: R-ketamine drives ERK and translation without mTORC1", "[model][switches]") {
  const auto t = every(0.1, 0.1, 6.0);
  const auto given = [](Drug drug, double w) {
    return with(
        rat({give(drug, 10.0, Unit::mg_per_kg, Route::ip), hold(Drug::rapamycin, 1.0, -6.0, 14.0)}),
        "mtor.w_RERK", w);
  };
  const Trajectory on = run(given(Drug::arketamine, 1.0), t),
                   off = run(given(Drug::arketamine, 0.0), t);
  double translation_on = 0.0, translation_off = 0.0;
  for (std::size_t row = 0; row < t.size(); ++row) {
    translation_on = std::max(translation_on, signals_at(on, row).translation);
    translation_off = std::max(translation_off, signals_at(off, row).translation);
  }
  CHECK(largest(seen(on, "p_erk")) > largest(seen(off, "p_erk")) + 0.5);
  CHECK(translation_on > translation_off + 0.2);
  CHECK(largest(seen(on, "p_mtor")) < 0.01);
  CHECK(largest(seen(off, "p_mtor")) < 0.01);

  // S-ketamine does not know of it.
  const auto S_on = seen(run(given(Drug::esketamine, 1.0), t), "p_erk"),
             S_off = seen(run(given(Drug::esketamine, 0.0), t), "p_erk");
  for (std::size_t k = 0; k < t.size(); ++k) CHECK(S_on[k] == S_off[k]);
}

TEST_CASE("switches: direct binding multiplies active TrkB by its own saturable gain",
          "[model][switches]") {
  const Trajectory r = run(human({infusion()}), {0.6});
  Parameters<double> direct = r.parameters;
  direct.bdnf_trkb.w_direct = 1.0;
  const State<double> y = state_at(r, 0);
  const auto off = model::signals(y, Inputs<double>{}, r.parameters, r.derived),
             on = model::signals(y, Inputs<double>{}, direct, r.derived);
  CHECK(on.trkb / off.trkb == Approx(1.0 + 0.5 * on.brain.K / (on.brain.K + 10.0)).epsilon(1e-12));

  // It needs no glutamate: with NBQX it is all that is left.
  const auto trkb = [](double w) {
    return seen(with(rat({give(Drug::ketamine, 10.0, Unit::mg_per_kg, Route::ip),
                          hold(Drug::nbqx, 1.0, -6.0, 8.0)}),
                     "bdnf_trkb.w_direct", w),
                "p_trkb", 0.5);
  };
  CHECK(trkb(1.0) > 1.02 * trkb(0.0));
}

TEST_CASE("switches: naltrexone blocks relief only if relief is opioid", "[model][switches]") {
  const auto change = [](double w, bool naltrexone) {
    std::vector<Dose> doses{infusion()};
    if (naltrexone) doses.push_back(hold(Drug::naltrexone, 1.0, -1.0, 30.0));
    return seen(with(human(doses), "symptoms.w_opioid", w), "madrs_change", 24.0);
  };
  CHECK(change(0.0, true) == Approx(change(0.0, false)).epsilon(1e-6));
  CHECK(change(1.0, false) == Approx(change(0.0, false)).epsilon(1e-6));
  CHECK(change(0.0, false) < -5.0);
  // What translation alone does to synapses is left.
  CHECK(std::abs(change(1.0, true)) < 0.15 * std::abs(change(0.0, true)));
  CHECK(change(0.5, true) > change(0.0, true) + 0.5);
  CHECK(change(0.5, true) < change(1.0, true) - 0.5);
}

TEST_CASE("variants: surge and high doses in the model, without H, and with a reversible H",
          "[model][variants]") {
  // Inverted U: the peak falls above 20 mg/kg.
  CHECK(peak_dialysate(rat_ip(20.0)) > peak_dialysate(rat_ip(10.0)) + 10.0);
  CHECK(peak_dialysate(rat_ip(200.0)) < peak_dialysate(rat_ip(20.0)) - 30.0);

  // Variant C, NMDA receptors only: no inverted U in the peak.
  CHECK(seen(variant(rat_ip(30.0), "variant_C"), "glutamate_dialysate", 0.5) ==
        Approx(121.548).margin(0.0005));  // reference value, six digits
  double last = 100.0;
  for (const double mg_per_kg : {5.0, 10.0, 20.0, 30.0, 50.0, 80.0, 200.0}) {
    const double peak = peak_dialysate(variant(rat_ip(mg_per_kg), "variant_C"));
    CAPTURE(mg_per_kg, peak, last);
    CHECK(peak > last);
    last = peak;
  }

  // Variant A, an H that lets go within minutes: rebounds after 200 mg/kg, where the model stays
  // silent.
  const auto t = every(0.1, 1.0, 12.0);
  CHECK(largest(seen(run(variant(rat_ip(200.0), "variant_A"), t), "glutamate_dialysate")) > 150.0);
  CHECK(largest(seen(run(rat_ip(200.0), t), "glutamate_dialysate")) < 110.0);
}

TEST_CASE("variants: override circuit and exposure, nothing downstream", "[model][variants]") {
  for (const std::string_view name : {"variant_A", "variant_C"})
    for (const auto species : {model::Species::human, model::Species::rat}) {
      const Parameters<double> before = parameters::of(species);
      Parameters<double> after = before;
      parameters::apply_variant(after, name, species);
      std::vector<double> values;
      Parameters<double>::each(before, [&](std::string_view, double v, const model::Parameter&) {
        values.push_back(v);
      });
      std::size_t k = 0;
      Parameters<double>::each(
          after, [&](std::string_view module, double v, const model::Parameter& row) {
            const bool changed = v != values[k++];
            const bool upstream = module == "disinhibition" || module == "glutamate" ||
                                  module == "nmda_block" ||
                                  (row.name == "Kp_uu" && species == model::Species::rat);
            INFO(name << " " << module << "." << row.name);
            CHECK((!changed || upstream));
          });
    }
  Parameters<double> p = parameters::rat();
  CHECK_THROWS_AS(parameters::apply_variant(p, "variant_B", model::Species::rat), UnknownName);
  parameters::apply_variant(p, "variant_A", model::Species::rat);
  CHECK(p.disinhibition.tau_H == 0.05);  // 3 min
  parameters::apply_variant(p, "variant_C", model::Species::rat);
  CHECK(p.disinhibition.w_H == 0.0);
}
