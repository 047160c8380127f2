/// Synaptogenesis: a brief surge of translation above its level at rest commits the neuron to a
/// growth phase lasting days, which needs standing mTORC1 and AMPA tone to express [Ly2021, Li2010].
///
/// Synaptic proteins are recruited in hours; spines follow after assembly delays, by more
/// formation, not less loss [ModaSava2019, Phoumthipphavong2016]; nascent spines mature or vanish
/// [Holtmaat2005, Zuo2005]; stress lowers the gene programme and destabilises nascent spines
/// [Li2011]. Stress lowers translation at rest by u.translation_deficit, from where a surge counts;
/// a lasting rise, as under an SSRI, is adapted to (Ad) and commits nothing. k_dm and k_f make the
/// baseline exact. spine_restored is 0 without stress.
///   rise    = T - 1 + u.translation_deficit
///   dAd/dt  = [above0(rise; delta) - Ad]/tau_Ad
///   flux    = induction k_G EH(above0(rise - Ad; delta); c_G, n_G) (1 - G)
///   dG/dt   = flux - G/tau_G
///   gate(x) = (1 + K_gate^4) x^4/(x^4 + K_gate^4)
///   g       = G gate(Mtor) gate(A)
///   tonic   = h_P (T - 1) + h_C (Mb - 1)
///   dPSD/dt = k_P (1 + g_PSD g + tonic - PSD)
///   dGLU/dt = k_P (1 + g_GLU g + tonic - GLU)
///   dSYN/dt = k_P (1 + g_SYN g + tonic - SYN)
///   dW1/dt  = [(PSD + GLU + SYN)/3 - W1]/tau_W
///   dW2/dt  = (W1 - W2)/tau_W
///   k_dm    = k_m N0/M0 - k_eM
///   k_f     = k_eN N0 + k_m N0 - k_dm M0
///   w       = (W2/P50_f)^q_f
///   a       = (1/P50_f)^q_f
///   form    = k_f [w/(1 + w)] [(1 + a)/a] (N + M)^(-gamma)
///   eN      = k_eN (1 + s_eN u.stress)
///   dm      = k_dm (1 + s_dm u.stress)
///   mat     = k_m PSD
///   dN/dt   = form - eN N - mat N + dm M
///   dM/dt   = mat N - dm M - k_eM M
///   Phi     = GLU (v_N N + M)/(v_N N0 + M0)
///   psd95                = PSD
///   glua1                = GLU
///   synapsin1            = SYN
///   spine_density        = N + M
///   spine_mature         = M/M0
///   spine_formation_rate = form/k_f
///   synaptic_strength    = Phi
///   sv2a                 = spine_mature
///   spine_restored       = (spine_density - u.density_ref)/(1 - u.density_ref)
/// In: T (translation), Mtor = M (mTORC1) from mtor; A from ampa; Mb from serotonin; induction from
/// symptoms.
/// Out: GLU, synaptic strength Phi [fold], commitment flux [1/h].
#pragma once

#include "ketasim/model/inputs.hpp"
#include "ketasim/model/smooth.hpp"

namespace ketasim::model::synaptogenesis {

template <class P = double>
struct Parameters {
  P k_G = unset<P>(), c_G = unset<P>(), n_G = unset<P>(), tau_Ad = unset<P>(), tau_G = unset<P>(),
    K_gate = unset<P>(), delta = unset<P>(), k_P = unset<P>(), h_P = unset<P>(), h_C = unset<P>(),
    g_PSD = unset<P>(), g_GLU = unset<P>(), g_SYN = unset<P>(), tau_W = unset<P>(), N0 = unset<P>(),
    M0 = unset<P>(), k_eN = unset<P>(), k_m = unset<P>(), k_eM = unset<P>(), q_f = unset<P>(),
    P50_f = unset<P>(), gamma = unset<P>(), s_eN = unset<P>(), s_dm = unset<P>(), v_N = unset<P>();

  // clang-format off
  static constexpr void each(auto& p, auto&& f) {
    using enum Grade;
    using enum Evidence;
    f(p.k_G, Parameter{"k_G", "k_G", "1/h", "rate of commitment to the growth phase",
      all(1.101, 0.3, 4, E, "thisModel", derived, "clinical calibrate rows", "re-tuned in the coupled system")});
    f(p.c_G, Parameter{"c_G", "c_G", "1", "translation excess for half commitment",
      all(0.6024, 0.25, 1.5, E, "thisModel", derived, "clinical calibrate rows", "re-tuned in the coupled system")}.within(positive));
    f(p.n_G, Parameter{"n_G", "n_G", "1", "exponent of commitment",
      all(1.3, 1.1, 8, E, "thisModel", derived, "Li2010 timing; blocker set; human dose range", "re-tuned in the coupled system")}.within(positive));
    f(p.tau_Ad, Parameter{"tau_Ad", "\\tau_{Ad}", "h", "adaptation of commitment to a lasting rise of translation",
      all(24, 8, 72, E, "thisModel", assumed)});
    f(p.tau_G, Parameter{"tau_G", "\\tau_G", "h", "lifetime of the growth phase",
      all(60, 36, 96, E, "thisModel", derived, "Li2010")});
    f(p.K_gate, Parameter{"K_gate", "K_g", "1", "mTORC1 and AMPA level for half growth-phase expression",
      all(0.4, 0.2, 0.6, E, "Ly2021", assumed)}.within(positive));
    f(p.delta, Parameter{"delta", "\\delta", "1", "width of the smooth positive part",
      all(0.003, 0.001, 0.02, E, "thisModel", assumed, "", "numerical smoothing")}.within(positive));
    f(p.k_P, Parameter{"k_P", "k_P", "1/h", "exchange of the synaptic protein fraction",
      all(0.2, 0.08, 0.5, E, "thisModel", derived, "Li2010")});
    f(p.h_P, Parameter{"h_P", "h_P", "1", "tonic gain of synaptic protein on translation",
      all(0.25, 0.1, 0.6, E, "thisModel", assumed)}.within(not_negative));
    f(p.h_C, Parameter{"h_C", "h_C", "1", "gain of synaptic protein on the plasticity-gene programme",
      all(0.41, 0.2, 0.8, E, "thisModel", derived)}.within(not_negative));
    f(p.g_PSD, Parameter{"g_PSD", "g_{PSD}", "1", "growth-phase gain of PSD95",
      all(0.346, 0.2, 1.6, E, "thisModel", assumed, "Li2010", "size not seen; re-tuned in the coupled system")}.within(not_negative));
    f(p.g_GLU, Parameter{"g_GLU", "g_{GLU}", "1", "growth-phase gain of GluA1",
      all(0.389, 0.2, 1.6, E, "thisModel", assumed, "Li2010", "size not seen; re-tuned in the coupled system")}.within(not_negative));
    f(p.g_SYN, Parameter{"g_SYN", "g_{SYN}", "1", "growth-phase gain of synapsin I",
      all(0.303, 0.2, 1.6, E, "thisModel", assumed, "Li2010", "size not seen; re-tuned in the coupled system")}.within(not_negative));
    f(p.tau_W, Parameter{"tau_W", "\\tau_W", "h", "each of two spine-assembly delays",
      all(1.5, 1, 4, E, "thisModel", derived, "ZhangJ2020")});
    f(p.N0, Parameter{"N0", "N_0", "1", "nascent/thin share of healthy density",
      all(0.28, 0.25, 0.35, C, "Holtmaat2005", derived)}.within(zero_to_one));
    f(p.M0, Parameter{"M0", "M_0", "1", "mature share of healthy density",
      all(0.72, 0.65, 0.75, C, "Holtmaat2005", derived, "", "N0 + M0 = 1")}.within(zero_to_one));
    f(p.k_eN, Parameter{"k_eN", "k_{eN}", "1/h", "loss of nascent spines",
      all(0.010208333333333333, 0.005, 0.025, C, "Holtmaat2005", derived, "ModaSava2019", "0.245 per day")});
    f(p.k_m, Parameter{"k_m", "k_m", "1/h", "maturation of nascent spines",
      all(0.002375, 0.0004, 0.0042, E, "thisModel", derived, "", "0.057 per day")});
    f(p.k_eM, Parameter{"k_eM", "k_{eM}", "1/h", "direct loss of mature spines",
      all(0.000125, 0.00006, 0.00017, C, "Zuo2005", derived, "", "0.003 per day")});
    f(p.q_f, Parameter{"q_f", "q_f", "1", "exponent of formation on synaptic-protein supply",
      all(6.2, 3, 8, E, "thisModel", derived, "ModaSava2019")}.within(positive));
    f(p.P50_f, Parameter{"P50_f", "P_{50}", "1", "supply for half-maximal formation",
      all(1.212, 1.15, 1.6, E, "thisModel", derived, "ModaSava2019", "re-tuned in the coupled system")}.within(positive));
    f(p.gamma, Parameter{"gamma", "\\gamma", "1", "homeostatic exponent of formation on density",
      all(2.9, 0.5, 4, E, "thisModel", derived)}.within(positive));
    f(p.s_eN, Parameter{"s_eN", "s_{eN}", "1", "stress: extra loss of nascent spines",
      all(0.38, 0, 1, E, "thisModel", derived)}.within(not_negative));
    f(p.s_dm, Parameter{"s_dm", "s_{dm}", "1", "stress: extra dematuration",
      all(0, 0, 1, E, "thisModel", derived, "Radley2008")}.within(not_negative));
    f(p.v_N, Parameter{"v_N", "v_N", "1", "functional weight of a nascent spine relative to a mature one",
      all(0.5, 0.2, 0.8, E, "thisModel", assumed)}.within(zero_to_one));
  }
  // clang-format on
};

template <class P = double>
struct Derived {
  P k_dm, k_f, a, strength_healthy;
};

template <class P>
[[nodiscard]] Derived<P> derived(const Parameters<P>& p) {
  using std::pow;
  const P k_dm = p.k_m * p.N0 / p.M0 - p.k_eM;
  return {.k_dm = k_dm,
          .k_f = p.k_eN * p.N0 + p.k_m * p.N0 - k_dm * p.M0,
          .a = pow(P(1.0 / p.P50_f), p.q_f),
          .strength_healthy = p.v_N * p.N0 + p.M0};
}

template <class T = double>
struct State {
  T Ad{}, G{}, PSD{}, GLU{}, SYN{}, W1{}, W2{}, N{}, M{};

  static constexpr void each(auto& y, auto&& f) {
    f(y.Ad,
      Variable{"Ad", "1", StateKind::synapse, 1.0, "adaptation to a lasting rise of translation"});
    f(y.G, Variable{"G", "1", StateKind::synapse, 1.0, "growth phase"});
    f(y.PSD, Variable{"PSD", "1", StateKind::synapse, 1.0, "PSD95 in synapses [fold]"});
    f(y.GLU, Variable{"GLU", "1", StateKind::synapse, 1.0, "GluA1 in synapses [fold]"});
    f(y.SYN, Variable{"SYN", "1", StateKind::synapse, 1.0, "synapsin I in synapses [fold]"});
    f(y.W1, Variable{"W1", "1", StateKind::synapse, 1.0, "spine assembly, first delay [fold]"});
    f(y.W2, Variable{"W2", "1", StateKind::synapse, 1.0, "spine assembly, second delay [fold]"});
    f(y.N,
      Variable{"N", "1", StateKind::synapse, 1.0, "nascent spines, fraction of healthy density"});
    f(y.M,
      Variable{"M", "1", StateKind::synapse, 1.0, "mature spines, fraction of healthy density"});
  }
};

/// Rise of translation above its level at rest [fold].
template <class T, class P>
[[nodiscard]] T rise(const Inputs<P>& u, const T& translation) {
  return translation - 1.0 + u.translation_deficit;
}

/// Commitment to the growth phase [1/h].
template <class T, class P>
[[nodiscard]] T commitment(const State<T>& y, const Inputs<P>& u, const Parameters<P>& p,
                           const P& induction, const T& translation) {
  const T surge = above0(T(rise(u, translation) - y.Ad), p.delta);
  return induction * p.k_G * EH(surge, p.c_G, p.n_G) * (1.0 - y.G);
}

template <class T, class P>
[[nodiscard]] T gate(const T& x, const Parameters<P>& p) {
  const P K2 = p.K_gate * p.K_gate, K4 = K2 * K2;
  const T x2 = x * x, x4 = x2 * x2;
  return (1.0 + K4) * x4 / (x4 + K4);
}

/// Spine formation [1/h].
template <class T, class P>
[[nodiscard]] T formation(const State<T>& y, const Parameters<P>& p, const Derived<P>& d) {
  using std::pow;
  const T w = pow(T(y.W2 / p.P50_f), p.q_f);
  return d.k_f * (w / (1.0 + w)) * ((1.0 + d.a) / d.a) * pow(T(y.N + y.M), P(-p.gamma));
}

/// Synaptic strength Phi [fold].
template <class T, class P>
[[nodiscard]] T strength(const State<T>& y, const Parameters<P>& p, const Derived<P>& d) {
  return y.GLU * (p.v_N * y.N + y.M) / d.strength_healthy;
}

template <class T, class P>
[[nodiscard]] State<T> derivative(const State<T>& y, const Inputs<P>& u, const Parameters<P>& p,
                                  const Derived<P>& d, const T& flux, const T& translation,
                                  const T& Mtor, const T& A, const T& Mb) {
  const T g = y.G * gate(Mtor, p) * gate(A, p);
  const T tonic = p.h_P * (translation - 1.0) + p.h_C * (Mb - 1.0);
  const T form = formation(y, p, d);
  const P eN = p.k_eN * (1.0 + p.s_eN * u.stress);
  const P dm = d.k_dm * (1.0 + p.s_dm * u.stress);
  const T mat = p.k_m * y.PSD;
  return {
      .Ad = (above0(rise(u, translation), p.delta) - y.Ad) / p.tau_Ad,
      .G = flux - y.G / p.tau_G,
      .PSD = p.k_P * (1.0 + p.g_PSD * g + tonic - y.PSD),
      .GLU = p.k_P * (1.0 + p.g_GLU * g + tonic - y.GLU),
      .SYN = p.k_P * (1.0 + p.g_SYN * g + tonic - y.SYN),
      .W1 = ((y.PSD + y.GLU + y.SYN) / 3.0 - y.W1) / p.tau_W,
      .W2 = (y.W1 - y.W2) / p.tau_W,
      .N = form - eN * y.N - mat * y.N + dm * y.M,
      .M = mat * y.N - dm * y.M - p.k_eM * y.M,
  };
}

template <class T = double>
struct Readouts {
  T psd95{}, glua1{}, synapsin1{}, spine_density{}, spine_mature{}, spine_formation_rate{},
      synaptic_strength{}, sv2a{}, spine_restored{};

  static constexpr void each(auto& r, auto&& f) {
    f(r.psd95, Readout{"psd95", "fold", "PSD95 in synapses"});
    f(r.glua1, Readout{"glua1", "fold", "GluA1 in synapses"});
    f(r.synapsin1, Readout{"synapsin1", "fold", "synapsin I in synapses"});
    f(r.spine_density, Readout{"spine_density", "fold", "dendritic spine density"});
    f(r.spine_mature, Readout{"spine_mature", "fold", "density of mature spines"});
    f(r.spine_formation_rate, Readout{"spine_formation_rate", "fold", "rate of spine formation"});
    f(r.synaptic_strength, Readout{"synaptic_strength", "fold", "synaptic strength"});
    f(r.sv2a, Readout{"sv2a", "fold", "synaptic vesicle protein SV2A (mature spines)"});
    f(r.spine_restored,
      Readout{"spine_restored", "1", "share of the stress-induced spine deficit restored"});
  }
};

template <class T, class P>
[[nodiscard]] Readouts<T> readouts(const State<T>& y, const Inputs<P>& u, const Parameters<P>& p,
                                   const Derived<P>& d) {
  const T density = y.N + y.M;
  const T mature = y.M / p.M0;
  using scalar::value;
  return {.psd95 = y.PSD,
          .glua1 = y.GLU,
          .synapsin1 = y.SYN,
          .spine_density = density,
          .spine_mature = mature,
          .spine_formation_rate = formation(y, p, d) / d.k_f,
          .synaptic_strength = strength(y, p, d),
          .sv2a = mature,
          // Without stress there is no deficit and nothing to restore.
          .spine_restored = value(u.stress) > 0.0
                                ? T((density - u.density_ref) / (1.0 - u.density_ref))
                                : T(0.0)};
}

}  // namespace ketasim::model::synaptogenesis
