/// Psychotherapy: two separate hypotheses with opposite timing: learning in an open plasticity
/// window after the drug [price2022, wilkinson2021], and weakening of a memory made labile by
/// retrieval while receptors are blocked [das2019].
///
/// flux is the synaptogenic commitment, so rapamycin or NBQX close the window. psi = 0 is the null
/// hypothesis.
///   dW1/dt = g_W flux - W1/tau_on
///   dW/dt  = W1/tau_on - W/tau_off
///   dT/dt  = k_T u.therapy (1 + psi_T W) (1 - T) - T/tau_T
///   dLb/dt = -Lb/tau_rec
///   dMt/dt = -k_rec beta_E Lb Mt + (1 - Mt)/tau_rein
///   window_gain = 1 + psi u.therapy W
///   craving     = Mt exp(-k_craving drug_relief)
///   craving_change = 100 (craving - 1)
///   abstinence     = expit(logit(p_abst0) + k_abst (1 - craving))
/// In: flux from synaptogenesis; beta_E from nmda_block;
/// drug_relief, k_craving, p_abst0, k_abst from symptoms.
/// Out: gain of consolidation window_gain and session learning T to symptoms [1].
#pragma once

#include "ketasim/model/inputs.hpp"
#include "ketasim/model/smooth.hpp"
#include "ketasim/model/symptoms.hpp"

namespace ketasim::model::psychotherapy {

template <class P = double>
struct Parameters {
  P tau_on = unset<P>(), tau_off = unset<P>(), g_W = unset<P>(), psi = unset<P>(), k_T = unset<P>(),
    psi_T = unset<P>(), tau_T = unset<P>(), tau_rec = unset<P>(), k_rec = unset<P>(),
    tau_rein = unset<P>();

  // clang-format off
  static constexpr void each(auto& p, auto&& f) {
    using enum Grade;
    using enum Evidence;
    f(p.tau_on, Parameter{"tau_on", "\\tau_{on}", "h", "opening time of the plasticity window",
      all(16, 6, 30, E, "thisModel", assumed)});
    f(p.tau_off, Parameter{"tau_off", "\\tau_{off}", "h", "closing time of the plasticity window",
      all(96, 48, 240, E, "thisModel", assumed)});
    f(p.g_W, Parameter{"g_W", "g_W", "1", "scale of the window",
      all(1.65, 0.5, 6, E, "thisModel", derived, "", "the window peaks at 1 after one human 0.5 mg/kg infusion")}.within(not_negative));
    f(p.psi, Parameter{"psi", "\\psi", "1", "multiplier on consolidation during a session in the window",
      all(4, 0, 40, E, "price2022", derived, "", "0 must stay allowed")}.within(not_negative));
    f(p.k_T, Parameter{"k_T", "k_T", "1/h", "learning rate of a session outside the window",
      all(0.004, 0, 0.01, E, "thisModel", assumed)});
    f(p.psi_T, Parameter{"psi_T", "\\psi_T", "1", "window gain of session learning",
      all(0, 0, 5, E, "thisModel", assumed, "", "off; psi carries the hypothesis")}.within(not_negative));
    f(p.tau_T, Parameter{"tau_T", "\\tau_T", "h", "forgetting of session learning",
      all(2160, 700, 5000, E, "thisModel", assumed)});
    f(p.tau_rec, Parameter{"tau_rec", "\\tau_{rec}", "h", "lability time after retrieval",
      all(4, 1, 6, D, "das2019", memory)});
    f(p.k_rec, Parameter{"k_rec", "k_{rec}", "1/h", "weakening of a labile trace per unit pyramidal block",
      all(1.0, 0, 3, E, "das2019", derived)});
    f(p.tau_rein, Parameter{"tau_rein", "\\tau_{rein}", "h", "return of a weakened trace",
      all(8760, 3000, 20000, E, "thisModel", assumed)});
  }
  // clang-format on
};

template <class T = double>
struct State {
  T W1{}, W{}, T_{}, Lb{}, Mt{};

  static constexpr void each(auto& y, auto&& f) {
    f(y.W1, Variable{"W1", "1", StateKind::learning, 1.0, "plasticity window, opening"});
    f(y.W, Variable{"W", "1", StateKind::learning, 1.0, "plasticity window"});
    f(y.T_, Variable{"T", "1", StateKind::learning, 1.0, "session learning"});
    f(y.Lb, Variable{"Lb", "1", StateKind::learning, 1.0, "lability of a retrieved memory"});
    f(y.Mt, Variable{"Mt", "1", StateKind::learning, 1.0, "memory trace [fold]"});
  }
};

/// Gain of consolidation by a session inside the window [1].
template <class T, class P>
[[nodiscard]] T window_gain(const State<T>& y, const Inputs<P>& u, const Parameters<P>& p) {
  return 1.0 + p.psi * u.therapy * y.W;
}

template <class T, class P>
[[nodiscard]] State<T> derivative(const State<T>& y, const Inputs<P>& u, const Parameters<P>& p,
                                  const T& flux, const T& beta_E) {
  return {
      .W1 = p.g_W * flux - y.W1 / p.tau_on,
      .W = y.W1 / p.tau_on - y.W / p.tau_off,
      .T_ = p.k_T * u.therapy * (1.0 + p.psi_T * y.W) * (1.0 - y.T_) - y.T_ / p.tau_T,
      .Lb = -(y.Lb / p.tau_rec),
      .Mt = -(p.k_rec * beta_E * y.Lb * y.Mt) + (1.0 - y.Mt) / p.tau_rein,
  };
}

template <class T = double>
struct Readouts {
  T craving_change{}, abstinence{};

  static constexpr void each(auto& r, auto&& f) {
    f(r.craving_change,
      Readout{"craving_change", "%", "change of craving from baseline", {.low = -100.0}});
    f(r.abstinence, Readout{"abstinence", "1", "fraction abstinent", zero_to_one});
  }
};

/// `relief` is the net drug relief L - r [logit].
template <class T, class P>
[[nodiscard]] Readouts<T> readouts(const State<T>& y, const symptoms::Parameters<P>& p,
                                   const T& relief) {
  using std::exp;
  const T craving = y.Mt * exp(T(-p.k_craving * relief));
  return {.craving_change = quantity<P>(100.0, "%") * (craving - 1.0),
          .abstinence = expit(T(logit(p.p_abst0) + p.k_abst * (1.0 - craving)))};
}

}  // namespace ketasim::model::psychotherapy
