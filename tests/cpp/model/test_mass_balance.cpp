/// Matter is neither made nor lost: what was given is present or was eliminated.
#include <array>
#include <cmath>

#include "setting.hpp"

using namespace test;

namespace {

/// Amounts of one enantiomer [umol], or their rates of change [umol/h].
struct Amounts {
  double ketamine, norketamine, hydroxynorketamine;
};

Amounts amounts(const model::pharmacokinetics::Enantiomer<double>& e) {
  return {e.A1 + e.A2 + e.A3 + e.Ah + e.An + e.Asw + e.Apo + e.Aim + e.Asc + e.Aip + e.Asl + e.Arc,
          e.At + e.Ank + e.Anp, e.Ahk + e.Ahp};
}

/// Flows of one enantiomer [umol/h] written from the text: liver, what the gut wall keeps of a
/// swallowed, oral or rectal dose, and the two metabolites.
struct Flows {
  double hepatic, gut_wall, norketamine, hydroxynorketamine;
};

Flows flows(const model::pharmacokinetics::Enantiomer<double>& e,
            const model::pharmacokinetics::Parameters<double>& p,
            const model::enzymes::Activity<double>& enzyme, double CLint, double CLn, double CLh) {
  // Of gut wall and liver alike, what escapes is 1/(1 + intrinsic clearance/flow).
  const double wall_clearance = (1 - p.F_gut) / p.F_gut * (1 + enzyme.wall),
               F_wall = 1 / (1 + wall_clearance);
  const double reaching_the_gut_wall =
      p.ka_sw * e.Asw + p.ka_po * e.Apo + p.ka_rc * (1 - p.FR_rc) * e.Arc;
  return {enzyme.hepatic * CLint * e.Ah / p.Vh, (1 - F_wall) * reaching_the_gut_wall,
          enzyme.nk * CLn * e.Ank / p.Vn, CLh * e.Ahk / p.Vhnk};
}

/// Some 20 terms of either sign, each rounded a few times.
constexpr double rounding = 20 * 4 * 2.3e-16;

/// Nodes and weights of 5-point Gauss-Legendre panels between given ends.
struct Panels {
  std::vector<double> t, weight;
};

Panels panels(const std::vector<double>& ends) {
  constexpr std::array<double, 5> node{-0.9061798459386640, -0.5384693101056831, 0.0,
                                       0.5384693101056831, 0.9061798459386640};
  constexpr std::array<double, 5> weight{0.2369268850561891, 0.4786286704993665, 0.5688888888888889,
                                         0.4786286704993665, 0.2369268850561891};
  Panels p;
  for (std::size_t k = 0; k + 1 < ends.size(); ++k) {
    const double half = 0.5 * (ends[k + 1] - ends[k]), middle = 0.5 * (ends[k + 1] + ends[k]);
    for (std::size_t i = 0; i < 5; ++i) {
      p.t.push_back(middle + half * node[i]);
      p.weight.push_back(half * weight[i]);
    }
  }
  return p;
}

/// Panel ends: the jumps of the inputs, panels growing by a half from each.
std::vector<double> ends(const std::vector<double>& jumps, double last) {
  std::vector<double> all;
  for (std::size_t k = 0; k < jumps.size(); ++k) {
    const double until = k + 1 < jumps.size() ? jumps[k + 1] : last;
    double t = jumps[k], h = 1.0 / 64.0;
    while (t < until) {
      all.push_back(t);
      t += h;
      h *= 1.5;
      if (until - t < 0.5 * h) t = until;
    }
  }
  all.push_back(last);
  return all;
}

}  // namespace

TEST_CASE("mass balance: ketamine to norketamine to hydroxynorketamine, at any state",
          "[model][mass_balance]") {
  Anywhere anywhere(3);
  for (const Parameters<double>& p : {parameters::human(), parameters::rat()})
    for (int repeat = 0; repeat < 50; ++repeat) {
      const Derived<double> d = model::derived(p);
      const State<double> y = anywhere.state(p, d);
      const Inputs<double> u = anywhere.inputs();
      const State<double> f = model::derivative(y, u, p, d);
      const auto& pk = p.pharmacokinetics;
      const auto enzyme = model::enzymes::activity(y.enzymes, p.enzymes);
      const auto balance = [&](const auto& e, const auto& de, double CLint, double CLn, double CLh,
                               double ketamine_in, double norketamine_in, double hnk_in) {
        const Amounts change = amounts(de);
        const Flows out = flows(e, pk, enzyme, CLint, CLn, CLh);
        // The largest flows set the rounding: exchange between tissues cancels.
        const double size = ketamine_in + norketamine_in + hnk_in +
                            (pk.Q2 + pk.Q3 + pk.Qh) * (e.A1 / pk.V1 + e.A2 / pk.V2 + e.A3 / pk.V3) +
                            (pk.Qh + enzyme.hepatic * CLint) * e.Ah / pk.Vh +
                            pk.Qn * (e.Ank / pk.Vn + e.Anp / pk.Vpn) +
                            pk.Qhnk * (e.Ahk / pk.Vhnk + e.Ahp / pk.Vphnk) + out.norketamine +
                            out.hydroxynorketamine + 20.0 * amounts(e).ketamine;
        CHECK(std::abs(change.ketamine - (ketamine_in - out.hepatic - out.gut_wall)) <=
              rounding * size);
        CHECK(std::abs(change.norketamine - (norketamine_in + pk.fm_NK * out.hepatic +
                                             pk.fm_gut * out.gut_wall - out.norketamine)) <=
              rounding * size);
        CHECK(std::abs(change.hydroxynorketamine - (hnk_in + pk.fh_HNK * out.norketamine -
                                                    out.hydroxynorketamine)) <= rounding * size);
      };
      balance(y.pharmacokinetics.S, f.pharmacokinetics.S, pk.CLint_S, pk.CLn_S, pk.CLh_S,
              u.rate_A1_S + u.rate_Asw_S + u.rate_Apo_S, u.rate_Ank_S, u.rate_Ahk_S);
      balance(y.pharmacokinetics.R, f.pharmacokinetics.R, pk.CLint_R, pk.CLn_R, pk.CLh_R,
              u.rate_A1_R + u.rate_Asw_R + u.rate_Apo_R, u.rate_Ank_R, u.rate_Ahk_R);
    }
}

TEST_CASE("mass balance: antidepressants, their metabolite and rapamycin, at any state",
          "[model][mass_balance]") {
  Anywhere anywhere(4);
  const Parameters<double> p = parameters::human();
  const Derived<double> d = model::derived(p);
  for (int repeat = 0; repeat < 50; ++repeat) {
    const State<double> y = anywhere.state(p, d);
    const State<double> f = model::derivative(y, anywhere.inputs(), p, d);
    const auto& s = p.serotonin;
    const double escitalopram = s.CL_esc / s.V_esc * y.serotonin.A_esc,
                 fluoxetine = s.CL_flx / s.V_flx * y.serotonin.A_flx,
                 norfluoxetine = s.CL_nflx / s.V_nflx * y.serotonin.A_nflx,
                 rapamycin = p.mtor.CL_rapa / p.mtor.V_rapa * y.mtor.A_rapa;
    // Absorption at up to 2 umol x 1.5 per h cancels between gut and body.
    constexpr double size = 3.0;
    CHECK(std::abs(f.serotonin.A_esc_gut + f.serotonin.A_esc + escitalopram) <= rounding * size);
    CHECK(std::abs(f.serotonin.A_flx_gut + f.serotonin.A_flx + fluoxetine) <= rounding * size);
    CHECK(std::abs(f.serotonin.A_nflx - (s.fm_nflx * fluoxetine - norfluoxetine)) <=
          rounding * size);
    CHECK(std::abs(f.mtor.A_rapa_gut + f.mtor.A_rapa + rapamycin) <= rounding * size);
  }
}

TEST_CASE("mass balance: ketamine by six routes is present or eliminated, all along a run",
          "[model][mass_balance]") {
  const double mg = 30.0, n = mg * 1000.0 / 237.73;  // umol of each record
  const std::vector<Dose> doses{
      give(Drug::ketamine, mg, Unit::mg, Route::iv, 0.0, 1.0),
      give(Drug::esketamine, mg, Unit::mg, Route::iv, 2.0),
      give(Drug::ketamine, mg, Unit::mg, Route::im, 4.0),
      give(Drug::arketamine, mg, Unit::mg, Route::ip, 6.0),
      give(Drug::ketamine, mg, Unit::mg, Route::rectal, 8.0),
      give(Drug::ketamine, mg, Unit::mg, Route::oral_er, 10.0),
  };
  const double D_er = 5.0;
  Scenario s = human(doses, 0.0);
  const Panels quadrature = panels(ends({0.0, 1.0, 2.0, 4.0, 6.0, 8.0, 10.0, 10.0 + D_er}, 60.0));
  const Trajectory t = run(s, quadrature.t, 1e-9);
  const auto& pk = t.parameters.pharmacokinetics;

  Amounts eliminated{};
  double norketamine_formed = 0.0, hnk_formed = 0.0;
  for (std::size_t row = 0; row < t.t.size(); ++row) {
    const State<double> y = state_at(t, row);
    const auto enzyme = model::enzymes::activity(y.enzymes, t.parameters.enzymes);
    for (const Flows& out :
         {flows(y.pharmacokinetics.S, pk, enzyme, pk.CLint_S, pk.CLn_S, pk.CLh_S),
          flows(y.pharmacokinetics.R, pk, enzyme, pk.CLint_R, pk.CLn_R, pk.CLh_R)}) {
      eliminated.ketamine += quadrature.weight[row] * (out.hepatic + out.gut_wall);
      norketamine_formed +=
          quadrature.weight[row] * (pk.fm_NK * out.hepatic + pk.fm_gut * out.gut_wall);
      eliminated.norketamine += quadrature.weight[row] * out.norketamine;
      hnk_formed += quadrature.weight[row] * pk.fh_HNK * out.norketamine;
      eliminated.hydroxynorketamine += quadrature.weight[row] * out.hydroxynorketamine;
    }
  }
  const State<double> end = state_at(run(s, {60.0}, 1e-9), 0);
  const Amounts S = amounts(end.pharmacokinetics.S), R = amounts(end.pharmacokinetics.R);

  // Half of the fraction that never reaches the blood is lost by definition of the route.
  const double given = n * (4.0 + pk.F_im + pk.F_er);
  // Panels of a 64th of an hour and the run itself, each better than 1e-7.
  constexpr double accuracy = 1e-6;
  CHECK(S.ketamine + R.ketamine + eliminated.ketamine == Approx(given).epsilon(accuracy));
  CHECK(S.norketamine + R.norketamine + eliminated.norketamine ==
        Approx(norketamine_formed).epsilon(accuracy));
  CHECK(S.hydroxynorketamine + R.hydroxynorketamine + eliminated.hydroxynorketamine ==
        Approx(hnk_formed).epsilon(accuracy));
  CHECK(norketamine_formed > 0.7 * given);
}

TEST_CASE("mass balance: exposure is dose over clearance for every other drug",
          "[model][mass_balance]") {
  // Long after a dose nothing is left, so the area under the curve is what was absorbed over the
  // clearance.
  constexpr double last = 3000.0;
  const Scenario s = human({give(Drug::escitalopram, 10.0, Unit::mg, Route::oral),
                            give(Drug::fluoxetine, 20.0, Unit::mg, Route::oral),
                            give(Drug::rapamycin, 6.0, Unit::mg, Route::oral),
                            give(Drug::memantine, 0.3, Unit::mg_per_kg, Route::oral),
                            give(Drug::mk801, 0.1, Unit::mg_per_kg, Route::ip)},
                           0.0);
  const Panels quadrature = panels(ends({0.0, 0.25}, last));
  const Trajectory t = run(s, quadrature.t, 1e-9);
  const auto& p = t.parameters;
  double escitalopram = 0, fluoxetine = 0, norfluoxetine = 0, rapamycin = 0, rapamycin_brain = 0,
         memantine = 0, mk801 = 0;
  for (std::size_t row = 0; row < t.t.size(); ++row) {
    const State<double> y = state_at(t, row);
    const double w = quadrature.weight[row];
    escitalopram += w * y.serotonin.A_esc / p.serotonin.V_esc;
    fluoxetine += w * y.serotonin.A_flx / p.serotonin.V_flx;
    norfluoxetine += w * y.serotonin.A_nflx / p.serotonin.V_nflx;
    rapamycin += w * y.mtor.A_rapa / p.mtor.V_rapa;
    rapamycin_brain += w * y.mtor.C_rapa;
    memantine += w * y.nmda_block.C_mem;
    mk801 += w * y.nmda_block.C_mk;
  }
  // exp(-3000 h x 0.0031/h) of norfluoxetine is left, 1e-4; of everything else less than 1e-14.
  // Wide late panels cost 1e-5.
  constexpr double accuracy = 2e-5;
  const double in_fluoxetine = 20.0e3 / 309.33;
  CHECK(escitalopram == Approx(10.0e3 / 324.39 / p.serotonin.CL_esc).epsilon(accuracy));
  CHECK(fluoxetine == Approx(in_fluoxetine / p.serotonin.CL_flx).epsilon(accuracy));
  CHECK(norfluoxetine ==
        Approx(p.serotonin.fm_nflx * in_fluoxetine / p.serotonin.CL_nflx).epsilon(3e-4));
  CHECK(rapamycin == Approx(6.0e3 / 914.17 / p.mtor.CL_rapa).epsilon(accuracy));
  CHECK(rapamycin_brain == Approx(p.mtor.fu_rapa * rapamycin).epsilon(accuracy));
  CHECK(memantine ==
        Approx(0.3e3 / 179.30 / p.nmda_block.V_mem / p.nmda_block.ke_mem).epsilon(accuracy));
  CHECK(mk801 == Approx(0.1e3 / 221.30 / p.nmda_block.V_mk / p.nmda_block.ke_mk).epsilon(accuracy));
}
