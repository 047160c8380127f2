/// Tolerability: direct, concentration-driven effects with tolerance of dissociation across
/// sessions [schalkwyk2018, yalebp2024, spravato_label].
///
/// Patients dissociate less than volunteers at the same concentration (d_pat), and every rating has
/// a floor without drug (CADSS_0). Blood pressure saturates. A visit itself raises the pressure
/// that is read at it (v_SBP, v_DBP): a matter of the observation, not of the drug. CADSS ends at
/// 92.
///
/// Lamotrigine, 300 mg two hours before, lowered the dissociation of 16 healthy volunteers
/// [Anand2000] and not that of patients [mathew2010, Abdallah2017]: a switch, off.
///   EHd   = EH(C_eq; C50_D, n_D)
///   dN/dt = k_N EHd - N/tau_tol
///   intensity = exp(-d_pat u.stress) (1 - w_lamo u.lamotrigine) EHd/(1 + kappa_D N)
///   dissociation = (1 - CADSS_0/92) CADSS_max intensity
///   cadss        = CADSS_0 + dissociation
///   cadss_change = dissociation
///   sbp_change   = SBP_max C_eq/(C50_BP + C_eq)
///   dbp_change   = DBP_max C_eq/(C50_BP + C_eq)
///   sedation     = expit(a_sed + b_sed C_eq)
/// In: C_eq from nmda_block.
/// Out: intensity of dissociation [share of its maximum], to unblinding only, never to relief.
#pragma once

#include "ketasim/model/inputs.hpp"
#include "ketasim/model/smooth.hpp"

namespace ketasim::model::tolerability {

/// End of the CADSS: 23 items of 0 to 4 (Bremner 1998, doi:10.1023/A:1024465317902) [points].
inline constexpr double cadss_end = 92.0;

template <class P = double>
struct Parameters {
  P CADSS_max = unset<P>(), C50_D = unset<P>(), n_D = unset<P>(), kappa_D = unset<P>(),
    k_N = unset<P>(), tau_tol = unset<P>(), CADSS_0 = unset<P>(), d_pat = unset<P>(),
    SBP_max = unset<P>(), DBP_max = unset<P>(), C50_BP = unset<P>(), v_SBP = unset<P>(),
    v_DBP = unset<P>(), omega_SBP = unset<P>(), omega_DBP = unset<P>(), SBP_0 = unset<P>(),
    DBP_0 = unset<P>(), sd_SBP_0 = unset<P>(), sd_DBP_0 = unset<P>(), a_sed = unset<P>(),
    b_sed = unset<P>(), w_lamo = unset<P>();

  // clang-format off
  static constexpr void each(auto& p, auto&& f) {
    using enum Grade;
    using enum Evidence;
    f(p.CADSS_max, Parameter{"CADSS_max", "C_{max}", "points", "largest CADSS",
      all(31.73, 12, 45, B, "thisModel", derived, "side effect calibrate rows").iiv(94)}.within({0.0, cadss_end}));
    f(p.C50_D, Parameter{"C50_D", "C_{50,D}", "uM", "unbound ketamine equivalent for half CADSS",
      all(0.3398, 0.25, 0.6, E, "thisModel", derived, "side effect calibrate rows")});
    f(p.n_D, Parameter{"n_D", "n_D", "1", "exponent of CADSS",
      all(2.439, 1.5, 4, E, "thisModel", derived, "side effect calibrate rows")}.within(positive));
    f(p.kappa_D, Parameter{"kappa_D", "\\kappa_D", "1", "tolerance gain",
      all(0.2333, 0, 0.5, E, "thisModel", derived, "side effect calibrate rows")}.within(not_negative));
    f(p.k_N, Parameter{"k_N", "k_N", "1/h", "build-up of tolerance",
      all(1.5, 0.5, 3, E, "thisModel", assumed, "", "one 0.5 mg/kg infusion adds about 1")});
    f(p.tau_tol, Parameter{"tau_tol", "\\tau_{tol}", "h", "decay of tolerance",
      all(336, 168, 960, E, "thisModel", assumed)});
    f(p.CADSS_0, Parameter{"CADSS_0", "C_0", "points", "CADSS of a visit without drug",
      all(2.794, 0, 6, E, "thisModel", derived, "side effect calibrate rows")}.within({0.0, cadss_end}));
    f(p.d_pat, Parameter{"d_pat", "d_{pat}", "1", "log-fold by which severity lowers dissociation",
      all(1.306, 0, 2, E, "thisModel", derived, "side effect calibrate rows")}.within(not_negative));
    f(p.SBP_max, Parameter{"SBP_max", "S_{max}", "mmHg", "largest systolic rise",
      all(38.46, 25, 80, E, "thisModel", derived, "side effect calibrate rows")});
    f(p.DBP_max, Parameter{"DBP_max", "D_{max}", "mmHg", "largest diastolic rise",
      all(28.34, 15, 60, E, "thisModel", derived, "side effect calibrate rows")});
    f(p.C50_BP, Parameter{"C50_BP", "C_{50,BP}", "uM", "unbound ketamine equivalent for half of these rises",
      all(1.705, 0.3, 3, E, "thisModel", derived, "side effect calibrate rows")});
    f(p.v_SBP, Parameter{"v_SBP", "v_{SBP}", "mmHg", "systolic rise at a visit without drug, largest of a session",
      all(6.088, 2, 12, B, "thisModel", derived, "side effect calibrate rows")});
    f(p.v_DBP, Parameter{"v_DBP", "v_{DBP}", "mmHg", "diastolic rise at a visit without drug, largest of a session",
      all(4.496, 1, 10, B, "thisModel", derived, "side effect calibrate rows")});
    f(p.omega_SBP, Parameter{"omega_SBP", "\\omega_{SBP}", "1", "log-SD of a systolic rise between patients",
      all(0.75, 0.4, 1.2, B, "spravato_label", derived, "spravato_label", "8 % above 40 mmHg at a mean of 13 mmHg")}.within(not_negative));
    f(p.omega_DBP, Parameter{"omega_DBP", "\\omega_{DBP}", "1", "log-SD of a diastolic rise between patients",
      all(0.9, 0.4, 1.2, B, "spravato_label", derived, "spravato_label", "13 % above 25 mmHg at a mean of 9 mmHg")}.within(not_negative));
    f(p.SBP_0, Parameter{"SBP_0", "S_0", "mmHg", "systolic pressure before treatment",
      all(122, 110, 140, E, "thisModel", assumed)}.within({60.0, 200.0}));
    f(p.DBP_0, Parameter{"DBP_0", "D_0", "mmHg", "diastolic pressure before treatment",
      all(77, 65, 90, E, "thisModel", assumed)}.within({30.0, 130.0}));
    f(p.sd_SBP_0, Parameter{"sd_SBP_0", "\\sigma_{S0}", "mmHg", "SD of it between patients",
      all(14, 9, 20, E, "thisModel", assumed)});
    f(p.sd_DBP_0, Parameter{"sd_DBP_0", "\\sigma_{D0}", "mmHg", "SD of it between patients",
      all(9, 6, 14, E, "thisModel", assumed)});
    f(p.a_sed, Parameter{"a_sed", "a_s", "1", "logit of sedation without drug",
      all(-2.5, -4, -1.5, E, "thisModel", assumed)});
    f(p.b_sed, Parameter{"b_sed", "b_s", "1/uM", "logit slope of sedation",
      all(6, 3, 15, B, "spravato_label", derived, "spravato_label", "about half of patients at 56-84 mg")});
    f(p.w_lamo, Parameter{"w_lamo", "w_{la}", "1", "hypothesis weight: lamotrigine lowers dissociation",
      all(0, 0, 1, E, "Anand2000", assumed, "", "switch, off; against it mathew2010 and Abdallah2017")}.within(zero_to_one));
  }
  // clang-format on
};

template <class T = double>
struct State {
  T N{};

  static constexpr void each(auto& y, auto&& f) {
    f(y.N, Variable{"N", "1", StateKind::tolerance, 1.0, "tolerance of dissociation"});
  }
};

/// Intensity of dissociation by the drug [share of its maximum].
template <class T, class P>
[[nodiscard]] T intensity(const State<T>& y, const Inputs<P>& u, const Parameters<P>& p,
                          const T& C_eq) {
  using std::exp;
  return exp(P(-p.d_pat * u.stress)) * (1.0 - p.w_lamo * u.lamotrigine) * EH(C_eq, p.C50_D, p.n_D) /
         (1.0 + p.kappa_D * y.N);
}

/// Dissociation owed to the drug [points of CADSS].
template <class T, class P>
[[nodiscard]] T dissociation(const State<T>& y, const Inputs<P>& u, const Parameters<P>& p,
                             const T& C_eq) {
  const P largest = (1.0 - p.CADSS_0 / quantity<P>(cadss_end, "points")) * p.CADSS_max;
  return largest * intensity(y, u, p, C_eq);
}

template <class T, class P>
[[nodiscard]] State<T> derivative(const State<T>& y, const Parameters<P>& p, const T& C_eq) {
  return {.N = p.k_N * EH(C_eq, p.C50_D, p.n_D) - y.N / p.tau_tol};
}

template <class T = double>
struct Readouts {
  T cadss{}, cadss_change{}, sbp_change{}, dbp_change{}, sedation{};

  static constexpr void each(auto& r, auto&& f) {
    f(r.cadss, Readout{"cadss", "points", "dissociation (CADSS)", {0.0, cadss_end}});
    f(r.cadss_change,
      Readout{"cadss_change", "points", "change of CADSS from baseline", {-cadss_end, cadss_end}});
    f(r.sbp_change, Readout{"sbp_change", "mmHg", "rise of systolic blood pressure"});
    f(r.dbp_change, Readout{"dbp_change", "mmHg", "rise of diastolic blood pressure"});
    f(r.sedation, Readout{"sedation", "1", "fraction sedated (MOAA/S below 5)", zero_to_one});
  }
};

template <class T, class P>
[[nodiscard]] Readouts<T> readouts(const State<T>& y, const Inputs<P>& u, const Parameters<P>& p,
                                   const T& C_eq) {
  const T points = dissociation(y, u, p, C_eq);
  const T pressure = C_eq / (p.C50_BP + C_eq);
  return {.cadss = p.CADSS_0 + points,
          .cadss_change = points,
          .sbp_change = p.SBP_max * pressure,
          .dbp_change = p.DBP_max * pressure,
          .sedation = expit(T(p.a_sed + p.b_sed * C_eq))};
}

}  // namespace ketasim::model::tolerability
