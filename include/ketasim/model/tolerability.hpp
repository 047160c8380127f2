/// Tolerability: direct, concentration-driven effects with tolerance of dissociation across
/// sessions [schalkwyk2018, yalebp2024, spravato_label].
///   EHd   = EH(C_eq; C50_D, n_D)
///   dN/dt = k_N EHd - N/tau_tol
///   cadss        = CADSS_max EHd/(1 + kappa_D N)
///   cadss_change = cadss
///   sbp_change   = s_SBP C_eq
///   dbp_change   = s_DBP C_eq
///   sedation     = expit(a_sed + b_sed C_eq)
/// In: C_eq from nmda_block.
/// Out: cadss [points], to unblinding only, never to relief.
#pragma once

#include "ketasim/model/inputs.hpp"
#include "ketasim/model/smooth.hpp"

namespace ketasim::model::tolerability {

/// End of the CADSS: 23 items of 0 to 4 (Bremner 1998, doi:10.1023/A:1024465317902) [points].
inline constexpr double cadss_end = 92.0;

template <class P = double>
struct Parameters {
  P CADSS_max = unset<P>(), C50_D = unset<P>(), n_D = unset<P>(), kappa_D = unset<P>(),
    k_N = unset<P>(), tau_tol = unset<P>(), s_SBP = unset<P>(), s_DBP = unset<P>(),
    a_sed = unset<P>(), b_sed = unset<P>();

  // clang-format off
  static constexpr void each(auto& p, auto&& f) {
    using enum Grade;
    using enum Evidence;
    f(p.CADSS_max, Parameter{"CADSS_max", "C_{max}", "points", "largest CADSS",
      all(26, 12, 45, B, "thisModel", derived, "schalkwyk2018").iiv(94)}.within({0.0, cadss_end}));
    f(p.C50_D, Parameter{"C50_D", "C_{50,D}", "uM", "unbound ketamine equivalent for half CADSS",
      all(0.40, 0.25, 0.6, E, "thisModel", derived, "clinical targets (single dose, dose range, six infusions, nasal)")});
    f(p.n_D, Parameter{"n_D", "n_D", "1", "exponent of CADSS",
      all(3, 1.5, 4, E, "thisModel", derived)});
    f(p.kappa_D, Parameter{"kappa_D", "\\kappa_D", "1", "tolerance gain",
      all(0.22, 0, 0.5, E, "thisModel", derived)});
    f(p.k_N, Parameter{"k_N", "k_N", "1/h", "build-up of tolerance",
      all(1.5, 0.5, 3, E, "thisModel", assumed, "", "one 0.5 mg/kg infusion adds about 1")});
    f(p.tau_tol, Parameter{"tau_tol", "\\tau_{tol}", "h", "decay of tolerance",
      all(336, 168, 960, E, "thisModel", assumed)});
    f(p.s_SBP, Parameter{"s_SBP", "s_{SBP}", "mmHg/uM", "systolic rise per ketamine equivalent",
      all(37, 20, 60, B, "yalebp2024", derived, "yalebp2024")});
    f(p.s_DBP, Parameter{"s_DBP", "s_{DBP}", "mmHg/uM", "diastolic rise per ketamine equivalent",
      all(25.5, 12, 40, B, "yalebp2024", derived, "yalebp2024")});
    f(p.a_sed, Parameter{"a_sed", "a_s", "1", "logit of sedation without drug",
      all(-2.5, -4, -1.5, E, "thisModel", assumed)});
    f(p.b_sed, Parameter{"b_sed", "b_s", "1/uM", "logit slope of sedation",
      all(6, 3, 15, B, "spravato_label", derived, "spravato_label", "about half of patients at 56-84 mg")});
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

/// Dissociation, CADSS [points].
template <class T, class P>
[[nodiscard]] T cadss(const State<T>& y, const Parameters<P>& p, const T& C_eq) {
  return p.CADSS_max * EH(C_eq, p.C50_D, p.n_D) / (1.0 + p.kappa_D * y.N);
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
[[nodiscard]] Readouts<T> readouts(const State<T>& y, const Parameters<P>& p, const T& C_eq) {
  const T points = tolerability::cadss(y, p, C_eq);
  return {.cadss = points,
          .cadss_change = points,
          .sbp_change = p.s_SBP * C_eq,
          .dbp_change = p.s_DBP * C_eq,
          .sedation = expit(T(p.a_sed + p.b_sed * C_eq))};
}

}  // namespace ketasim::model::tolerability
