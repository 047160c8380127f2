/// Glutamate: release, uptake by EAATs and the glutamate-glutamine cycle [Shen1999,
/// LehreDanbolt1998].
///
/// Dialysate lags and is used only relative to baseline [Moghaddam1997]. J0 [uM/h] and G0 [uM] make
/// the baseline exact; 60 min/h, 1000 g of tissue per litre, 100 %.
///   J0    = 60 * 1000 V_cyc/alpha
///   G0    = J0 K_m/(60 V_max - J0)
///   Gn    = 1 - f_n + f_n x
///   dG/dt = J0 Gn - 60 V_max G/(K_m + G)
///   dD/dt = (100 G/G0 - D)/tau_d
///   glutamate_dialysate = D
///   glutamate_cycling   = 1 - f_c + f_c x
/// In: x from disinhibition.
/// Out: G and G0 to mGlu2/3 [uM].
#pragma once

#include "ketasim/model/inputs.hpp"
#include "ketasim/model/smooth.hpp"

namespace ketasim::model::glutamate {

template <class P = double>
struct Parameters {
  P w_HNK = unset<P>(), E_HNK = unset<P>(), EC50_HNK = unset<P>(), r_HNK_S = unset<P>(),
    f_n = unset<P>(), f_c = unset<P>(), V_cyc = unset<P>(), alpha = unset<P>(), V_max = unset<P>(),
    K_m = unset<P>(), tau_d = unset<P>();

  // clang-format off
  static constexpr void each(auto& p, auto&& f) {
    using enum Grade;
    using enum Evidence;
    f(p.w_HNK, Parameter{"w_HNK", "w_{HNK}", "1", "hypothesis weight: hydroxynorketamine on release",
      all(1, 0, 1, E, "thisModel", assumed, "", "switch, continuous")}.within(zero_to_one));
    f(p.E_HNK, Parameter{"E_HNK", "E_{HNK}", "1", "largest gain of release by (2R,6R)-HNK",
      all(0.60, 0, 1, E, "thisModel", assumed)}.within(not_negative));
    f(p.EC50_HNK, Parameter{"EC50_HNK", "EC_{50,HNK}", "uM", "(2R,6R)-HNK for half that gain",
      all(3.3, 2, 5, D, "Highland2021", read)});
    f(p.r_HNK_S, Parameter{"r_HNK_S", "r_{S}", "1", "potency of (2S,6S)-HNK relative to (2R,6R)",
      all(0.3, 0, 1, E, "thisModel", assumed)}.within(not_negative));
    f(p.f_n, Parameter{"f_n", "f_n", "1", "neuronal share of extracellular glutamate appearance",
      all(0.79, 0.5, 0.8, E, "thisModel", derived, "Moghaddam1997")}.within(zero_to_one));
    f(p.f_c, Parameter{"f_c", "f_c", "1", "activity-dependent share of cycling",
      all(0.80, 0.6, 0.9, D, "thisModel", memory, "Abdallah2018")}.within(zero_to_one));
    f(p.V_cyc, Parameter{"V_cyc", "V_{cyc}", "umol/g/min", "glutamate-glutamine cycling at rest",
      all(0.32, 0.27, 0.37, B, "Shen1999", read)});
    f(p.alpha, Parameter{"alpha", "\\alpha", "1", "extracellular volume fraction",
      all(0.2, 0.15, 0.25, C, "thisModel", memory)}.within(above_zero_to_one));
    f(p.V_max, Parameter{"V_max", "V_{max}", "uM/min", "glutamate uptake capacity, extracellular volume",
      all(228000, 114000, 456000, D, "LehreDanbolt1998", derived)});
    f(p.K_m, Parameter{"K_m", "K_m", "uM", "glutamate uptake Michaelis constant",
      all(20, 12, 30, D, "thisModel", memory)});
    f(p.tau_d, Parameter{"tau_d", "\\tau_d", "h", "dialysis sampling lag",
      all(0.16666666666666666, 0.08, 0.33, E, "thisModel", assumed, "", "10 min")});
  }
  // clang-format on
};

template <class P = double>
struct Derived {
  P J0;      ///< appearance at baseline [uM/h]
  P G0;      ///< glutamate at baseline [uM]
  P uptake;  ///< largest uptake [uM/h]
};

template <class P>
[[nodiscard]] Derived<P> derived(const Parameters<P>& p) {
  const P minutes = quantity<P>(60.0, "min/h");
  const P J0 =
      minutes * quantity<P>(1000.0, "g/L") * p.V_cyc / p.alpha;  // umol/g of tissue, 1 g = 1 mL
  const P uptake = minutes * p.V_max;
  return {.J0 = J0, .G0 = J0 * p.K_m / (uptake - J0), .uptake = uptake};
}

template <class T = double>
struct State {
  T G{}, D{};

  static constexpr void each(auto& y, auto&& f) {
    f(y.G, Variable{"G", "uM", StateKind::circuit, 0.1, "extracellular glutamate"});
    f(y.D,
      Variable{"D", "%", StateKind::circuit, 100.0, "glutamate in dialysate, per cent of baseline"}
          .within({0.0, 100.0 * fold_change.high}));
  }
};

template <class T, class P>
[[nodiscard]] State<T> derivative(const State<T>& y, const Parameters<P>& p, const Derived<P>& d,
                                  const T& x) {
  const T Gn = (1.0 - p.f_n) + p.f_n * x;
  return {
      .G = d.J0 * Gn - d.uptake * y.G / (p.K_m + y.G),
      .D = (quantity<P>(100.0, "%") * (y.G / d.G0) - y.D) / p.tau_d,
  };
}

template <class T = double>
struct Readouts {
  T glutamate_dialysate{}, glutamate_cycling{};

  static constexpr void each(auto& r, auto&& f) {
    f(r.glutamate_dialysate,
      Readout{"glutamate_dialysate", "% of baseline", "glutamate in dialysate"});
    f(r.glutamate_cycling, Readout{"glutamate_cycling", "fold", "glutamate-glutamine cycling"});
  }
};

template <class T, class P>
[[nodiscard]] Readouts<T> readouts(const State<T>& y, const Parameters<P>& p, const T& x) {
  return {.glutamate_dialysate = y.D, .glutamate_cycling = (1.0 - p.f_c) + p.f_c * x};
}

}  // namespace ketasim::model::glutamate
