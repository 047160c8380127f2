/// Disinhibition: block of NMDA drive to interneurons releases pyramidal cells [Homayoun2007,
/// Ali2020, Gerhard2020].
///
/// High doses suppress cortex through a non-NMDA term H (HCN1 at 4-8 uM is the candidate
/// [docslibSupp]); mGlu2/3 autoreceptors restrain release [Lorrain2003]. x_E and x_I make the
/// baseline exact.
///   hnk          = HR + r_HNK_S HS
///   facilitation = 1 + w_HNK E_HNK hnk/(hnk + EC50_HNK)
///   autoreceptor = (1 + k_m)/[1 + k_m (1 - u.ly341495) m + k_ag u.ly379268]
///   p     = facilitation autoreceptor
///   x     = e p
///   A0    = x (1 - u.nbqx)
///   Nm    = p e (1 + K_N)/(e + K_N)
///   x_E   = 1 - w_EA - w_EN + w_EI
///   x_I   = 1 - w_IA - w_IN + w_II
///   uE    = x_E + w_EA A0 + w_EN (1 - w_pyr beta_E) Nm - w_EI i - w_H H
///   uI    = x_I + w_IA A0 + w_IN (1 - w_dis beta_I) Nm - w_II i
///   de/dt = [sp(kappa uE)/sp(kappa) - e]/tau_E
///   di/dt = [sp(kappa uI)/sp(kappa) - i]/tau_I
///   dH/dt = [(K^2/H50^2)^(n_H/2) (1 - H) - H]/tau_H
///   dm/dt = (G/G0 - m)/tau_m
///   interneuron_rate = i
///   pyramidal_rate   = e
/// In: HS, HR, K from pharmacokinetics; beta_E, beta_I from nmda_block;
/// G, G0, r_HNK_S, w_HNK, E_HNK, EC50_HNK from glutamate.
/// Out: rates e and i, release probability p, release throughput x [fold].
#pragma once

#include "ketasim/model/glutamate.hpp"
#include "ketasim/model/nmda_block.hpp"
#include "ketasim/model/pharmacokinetics.hpp"
#include "ketasim/model/smooth.hpp"

namespace ketasim::model::disinhibition {

template <class P = double>
struct Parameters {
  P w_EA = unset<P>(), w_EN = unset<P>(), w_EI = unset<P>(), w_H = unset<P>(), w_IA = unset<P>(),
    w_IN = unset<P>(), w_II = unset<P>(), w_dis = unset<P>(), K_N = unset<P>(), kappa = unset<P>(),
    tau_E = unset<P>(), tau_I = unset<P>(), H50 = unset<P>(), n_H = unset<P>(), tau_H = unset<P>(),
    k_m = unset<P>(), tau_m = unset<P>(), k_ag = unset<P>(), w_pyr = unset<P>();

  // clang-format off
  static constexpr void each(auto& p, auto&& f) {
    using enum Grade;
    using enum Evidence;
    f(p.w_EA, Parameter{"w_EA", "w_{EA}", "1", "recurrent AMPA drive of pyramids",
      all(0.66, 0.3, 0.7, E, "thisModel", derived, "Moghaddam1997", "fit on recalled targets")}.within(not_negative));
    f(p.w_EN, Parameter{"w_EN", "w_{EN}", "1", "NMDA drive of pyramids",
      all(0.25, 0.2, 1.6, E, "thisModel", derived, "Moghaddam1997", "at its bound; conflicts with Rotaru2011")}.within(not_negative));
    f(p.w_EI, Parameter{"w_EI", "w_{EI}", "1", "inhibition of pyramids",
      all(3.35, 2, 3.5, E, "thisModel", derived, "Moghaddam1997")}.within(not_negative));
    f(p.w_H, Parameter{"w_H", "w_H", "1", "weight of the high-dose suppression",
      all(2.16, 0, 4, E, "thisModel", derived, "Moghaddam1997", "phenomenological; re-tuned in the coupled system")}.within(not_negative));
    f(p.w_IA, Parameter{"w_IA", "w_{IA}", "1", "AMPA drive of interneurons",
      all(0.16, 0.1, 0.5, E, "thisModel", derived, "Moghaddam1997")}.within(not_negative));
    f(p.w_IN, Parameter{"w_IN", "w_{IN}", "1", "NMDA drive of interneurons",
      all(1.00, 0.6, 1.4, E, "thisModel", derived, "Moghaddam1997", "most sensitive")}.within(not_negative));
    f(p.w_II, Parameter{"w_II", "w_{II}", "1", "interneuron self inhibition",
      all(0.30, 0, 0.6, E, "thisModel", assumed)}.within(not_negative));
    f(p.w_dis, Parameter{"w_dis", "w_{dis}", "1", "hypothesis weight: NMDA block on interneurons",
      all(1, 0, 1, E, "thisModel", assumed, "", "switch, continuous")}.within(zero_to_one));
    f(p.K_N, Parameter{"K_N", "K_N", "1", "NMDA summation half-saturation",
      all(3, 1, 10, E, "thisModel", assumed)}.within(positive));
    f(p.kappa, Parameter{"kappa", "\\kappa", "1", "softplus gain of both rates",
      all(1.65, 1, 4, E, "thisModel", derived, "Moghaddam1997")}.within(positive));
    f(p.tau_E, Parameter{"tau_E", "\\tau_E", "h", "pyramidal rate time constant",
      all(5.5555555555555556e-06, 2.8e-6, 8.3e-6, D, "thisModel", memory, "", "20 ms")});
    f(p.tau_I, Parameter{"tau_I", "\\tau_I", "h", "interneuron rate time constant",
      all(2.7777777777777778e-06, 1.4e-6, 4.2e-6, D, "thisModel", memory, "", "10 ms")});
    f(p.H50, Parameter{"H50", "H_{50}", "uM", "ketamine concentration for half high-dose suppression at steady state",
      all(1.863, 1, 8, E, "docslibSupp", derived, "Moghaddam1997", "HCN1 4-8 uM; re-tuned in the coupled system")});
    f(p.n_H, Parameter{"n_H", "n_H", "1", "exponent of the high-dose term",
      all(4, 1, 5, E, "thisModel", derived, "Moghaddam1997", "re-tuned in the coupled system")}.within(positive));
    f(p.tau_H, Parameter{"tau_H", "\\tau_H", "h", "offset time of the high-dose term",
      all(5, 0.02, 8, E, "thisModel", derived, "Moghaddam1997;Li2010 80 mg/kg", "85 min; re-tuned in the coupled system")});
    f(p.k_m, Parameter{"k_m", "k_m", "1", "mGlu2/3 autoreceptor gain (p = (1+k_m)/(1+k_m m))",
      all(0.3333333333333333, 0, 1.2, E, "thisModel", derived, "Moghaddam1997", "equals the dossier form with slope 0.25 at rest")}.within(not_negative));
    f(p.tau_m, Parameter{"tau_m", "\\tau_m", "h", "mGlu2/3 adaptation time",
      all(0.2, 0.08, 0.5, E, "thisModel", assumed, "", "12 min")});
    f(p.k_ag, Parameter{"k_ag", "k_{ag}", "1", "strength of a full mGlu2/3 agonist (LY379268) in units of the autoreceptor term",
      all(1.33, 0.5, 4, E, "thisModel", assumed, "Lorrain2003")}.within(not_negative));
    f(p.w_pyr, Parameter{"w_pyr", "w_{pyr}", "1", "hypothesis weight: NMDA block on pyramidal cells",
      all(1, 0, 1, E, "thisModel", assumed, "", "switch, continuous")}.within(zero_to_one));
  }
  // clang-format on
};

template <class P = double>
struct Derived {
  P x_E, x_I, sp_kappa;
};

template <class P>
[[nodiscard]] Derived<P> derived(const Parameters<P>& p) {
  return {.x_E = 1.0 - p.w_EA - p.w_EN + p.w_EI,
          .x_I = 1.0 - p.w_IA - p.w_IN + p.w_II,
          .sp_kappa = sp(p.kappa)};
}

template <class T = double>
struct State {
  T e{}, i{}, H{}, m{};

  static constexpr void each(auto& y, auto&& f) {
    f(y.e, Variable{"e", "1", StateKind::circuit, 1.0, "pyramidal rate [fold]"});
    f(y.i, Variable{"i", "1", StateKind::circuit, 1.0, "interneuron rate [fold]"});
    f(y.H, Variable{"H", "1", StateKind::circuit, 1.0, "high-dose suppression"});
    f(y.m, Variable{"m", "1", StateKind::circuit, 1.0, "mGlu2/3 autoreceptor tone [fold]"});
  }
};

/// Release probability relative to rest [fold].
template <class T, class P>
[[nodiscard]] T release_probability(const State<T>& y, const Inputs<P>& u, const Parameters<P>& p,
                                    const glutamate::Parameters<P>& g,
                                    const pharmacokinetics::Brain<T>& brain) {
  const T hnk = brain.HR + g.r_HNK_S * brain.HS;
  const T facilitation = 1.0 + g.w_HNK * g.E_HNK * hnk / (hnk + g.EC50_HNK);
  const T autoreceptor =
      (1.0 + p.k_m) / (1.0 + p.k_m * (1.0 - u.ly341495) * y.m + p.k_ag * u.ly379268);
  return facilitation * autoreceptor;
}

template <class T, class P>
[[nodiscard]] State<T> derivative(const State<T>& y, const Inputs<P>& u, const Parameters<P>& p,
                                  const Derived<P>& d, const nmda_block::Block<T>& beta,
                                  const T& release, const T& x, const T& K, const T& G_ratio) {
  using scalar::even_power;
  const T A0 = x * (1.0 - u.nbqx);
  const T Nm = release * y.e * (1.0 + p.K_N) / (y.e + p.K_N);
  const T uE =
      d.x_E + p.w_EA * A0 + p.w_EN * (1.0 - p.w_pyr * beta.E) * Nm - p.w_EI * y.i - p.w_H * y.H;
  const T uI = d.x_I + p.w_IA * A0 + p.w_IN * (1.0 - p.w_dis * beta.I) * Nm - p.w_II * y.i;
  return {
      .e = (sp(T(p.kappa * uE)) / d.sp_kappa - y.e) / p.tau_E,
      .i = (sp(T(p.kappa * uI)) / d.sp_kappa - y.i) / p.tau_I,
      .H = (even_power(T(K / p.H50), p.n_H) * (1.0 - y.H) - y.H) / p.tau_H,
      .m = (G_ratio - y.m) / p.tau_m,
  };
}

template <class T = double>
struct Readouts {
  T interneuron_rate{}, pyramidal_rate{};

  static constexpr void each(auto& r, auto&& f) {
    f(r.interneuron_rate, Readout{"interneuron_rate", "fold", "interneuron firing rate"});
    f(r.pyramidal_rate, Readout{"pyramidal_rate", "fold", "pyramidal firing rate"});
  }
};

template <class T>
[[nodiscard]] Readouts<T> readouts(const State<T>& y) {
  return {.interneuron_rate = y.i, .pyramidal_rate = y.e};
}

}  // namespace ketasim::model::disinhibition
