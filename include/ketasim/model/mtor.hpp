/// ERK, Akt, mTORC1, p70S6K, 4E-BP1, eEF2K and eEF2.
///
/// ERK and Akt activate mTORC1 [Takei2001]; S6K and 4E-BP1 follow in minutes [FindSim]; resting
/// NMDA receptors keep eEF2K active and their block lowers p-eEF2 [Autry2011, Gideons2014]; an
/// ERK-only arm for R-ketamine is a switch [Yang2018].
///   rk     = w_RERK R_brain/(R_brain + K_RERK)
///   z      = w_A A + (1 - w_A) E
///   keep   = (1 - u.rapamycin) IC50_rapa/(IC50_rapa + C_rapa)
///   dE/dt  = (R + g_RE rk - E)/tau_E
///   dA/dt  = (R - A)/tau_A
///   dM/dt  = [M_max z keep/(M_max - 1 + z) - M]/tau_M
///   dS6/dt = (M - S6)/tau_S6
///   dF4/dt = (M - F4)/tau_4E
///   dK/dt  = [(1 - w_rest beta_N beta_X)/(1 + beta_S pos0(S6 - 1; delta)) - K]/tau_K
///   dQ/dt  = (K - Q)/tau_Q
///   mm     = (S6 + F4)/2 - 1 + g_RT rk
///   T      = [1 + g_Tm mm + (g_Tp - g_Tm) pos0(mm; delta)] [1 + g_e (1 - Q)] (1 - u.anisomycin)
///   dA_rapa_gut/dt = -ka_rapa A_rapa_gut
///   dA_rapa/dt     = ka_rapa A_rapa_gut - CL_rapa A_rapa/V_rapa
///   dC_rapa/dt     = ke0_rapa (fu_rapa A_rapa/V_rapa - C_rapa)
///   p_erk   = E
///   p_akt   = A
///   p_mtor  = M
///   p_s6k   = S6
///   p_4ebp1 = F4
///   p_eef2  = Q
/// In: R (active TrkB) from bdnf_trkb; beta_X (block of resting receptors) from nmda_block;
/// R_brain = R (R-ketamine) from pharmacokinetics.
/// Out: translation T [fold], mTORC1 M to the growth gate, p-eEF2 Q to BDNF.
#pragma once

#include "ketasim/model/inputs.hpp"
#include "ketasim/model/smooth.hpp"

namespace ketasim::model::mtor {

template <class P = double>
struct Parameters {
  P tau_E = unset<P>(), tau_A = unset<P>(), w_A = unset<P>(), M_max = unset<P>(),
    tau_M = unset<P>(), tau_S6 = unset<P>(), tau_4E = unset<P>(), w_rest = unset<P>(),
    beta_N = unset<P>(), beta_S = unset<P>(), tau_K = unset<P>(), tau_Q = unset<P>(),
    g_Tp = unset<P>(), g_Tm = unset<P>(), g_e = unset<P>(), delta = unset<P>(), w_RERK = unset<P>(),
    g_RE = unset<P>(), g_RT = unset<P>(), K_RERK = unset<P>(), IC50_rapa = unset<P>(),
    ka_rapa = unset<P>(), CL_rapa = unset<P>(), V_rapa = unset<P>(), fu_rapa = unset<P>(),
    ke0_rapa = unset<P>();

  // clang-format off
  static constexpr void each(auto& p, auto&& f) {
    using enum Grade;
    using enum Evidence;
    f(p.tau_E, Parameter{"tau_E", "\\tau_E", "h", "ERK response time",
      all(0.1, 0.03, 0.25, D, "Ji2010", derived)});
    f(p.tau_A, Parameter{"tau_A", "\\tau_A", "h", "Akt response time",
      all(0.03, 0.01, 0.1, D, "FindSim", derived)});
    f(p.w_A, Parameter{"w_A", "w_A", "1", "weight of Akt in the mTORC1 input",
      all(0.6, 0.3, 0.9, E, "Takei2001", assumed, "", "ERK has 1 - w_A")}.within(zero_to_one));
    f(p.M_max, Parameter{"M_max", "M_{max}", "1", "largest fold of mTORC1",
      all(6.0, 2, 10, E, "thisModel", assumed)}.within(positive));
    f(p.tau_M, Parameter{"tau_M", "\\tau_M", "h", "mTORC1 response time",
      all(0.12, 0.03, 0.3, D, "FindSim", derived)});
    f(p.tau_S6, Parameter{"tau_S6", "\\tau_{S6}", "h", "p70S6K response time",
      all(0.12, 0.03, 0.3, D, "FindSim", derived)});
    f(p.tau_4E, Parameter{"tau_4E", "\\tau_{4E}", "h", "4E-BP1 response time",
      all(0.08, 0.03, 0.3, D, "FindSim", derived)});
    f(p.w_rest, Parameter{"w_rest", "w_{rest}", "1", "hypothesis weight: resting NMDA receptor block to eEF2K",
      all(1, 0, 1, C, "Autry2011", assumed, "", "switch, continuous")}.within(zero_to_one));
    f(p.beta_N, Parameter{"beta_N", "\\beta_N", "1", "fall of eEF2K activity per unit resting block",
      all(0.913, 0.4, 1, E, "thisModel", derived, "Autry2011", "re-tuned in the coupled system")}.within(zero_to_one));
    f(p.beta_S, Parameter{"beta_S", "\\beta_S", "1", "inhibition of eEF2K by p70S6K excess",
      all(0.1, 0, 0.5, E, "thisModel", assumed)}.within(not_negative));
    f(p.tau_K, Parameter{"tau_K", "\\tau_K", "h", "eEF2K response time",
      all(0.1, 0.03, 0.3, D, "FindSim", assumed)});
    f(p.tau_Q, Parameter{"tau_Q", "\\tau_Q", "h", "eEF2 phosphorylation time",
      all(0.15, 0.05, 0.5, D, "FindSim", derived)});
    f(p.g_Tp, Parameter{"g_Tp", "g_{T+}", "1", "translation gain above baseline",
      all(1.0, 0.5, 2, E, "thisModel", assumed)}.within(not_negative));
    f(p.g_Tm, Parameter{"g_Tm", "g_{T-}", "1", "translation gain below baseline (rapamycin-sensitive share)",
      all(0.35, 0.1, 0.6, E, "thisModel", assumed)}.within(zero_to_one));
    f(p.g_e, Parameter{"g_e", "g_e", "1", "translation gain on eEF2 dephosphorylation",
      all(0.6, 0.2, 1.5, E, "thisModel", assumed)}.within(not_negative));
    f(p.delta, Parameter{"delta", "\\delta", "1", "width of smooth positive parts",
      all(0.02, 0.005, 0.05, E, "thisModel", assumed, "", "numerical smoothing")}.within(positive));
    f(p.w_RERK, Parameter{"w_RERK", "w_{RE}", "1", "hypothesis weight: R-ketamine on ERK, independent of mTORC1",
      all(0, 0, 1, E, "Yang2018", assumed, "", "switch, off")}.within(zero_to_one));
    f(p.g_RE, Parameter{"g_RE", "g_{RE}", "1", "ERK gain of that arm",
      all(1.0, 0, 3, E, "thisModel", assumed)}.within(not_negative));
    f(p.g_RT, Parameter{"g_RT", "g_{RT}", "1", "translation gain of that arm",
      all(1.0, 0, 2, E, "thisModel", assumed)}.within(not_negative));
    f(p.K_RERK, Parameter{"K_RERK", "K_{RE}", "uM", "brain R-ketamine for half that arm",
      all(0.5, 0.1, 3, E, "thisModel", assumed)});
    f(p.IC50_rapa, Parameter{"IC50_rapa", "IC_{50,r}", "uM", "free rapamycin for half mTORC1 inhibition",
      all(0.0005, 0.00005, 0.002, D, "thisModel", memory, "", "0.5 nM")});
    f(p.ka_rapa, Parameter{"ka_rapa", "k_{a,r}", "1/h", "rapamycin absorption",
      all(1.5, 0.5, 3, E, "thisModel", assumed)});
    f(p.CL_rapa, Parameter{"CL_rapa", "CL_r", "L/h", "rapamycin apparent oral clearance",
      human(14.56, 8, 21, B, "Zimmerman1997", read, "", "208 mL/h/kg"),
      rat(0.1, 0.05, 0.3, E, "thisModel", assumed)});
    f(p.V_rapa, Parameter{"V_rapa", "V_r", "L", "rapamycin apparent volume",
      human(840, 490, 1600, B, "Zimmerman1997", read, "", "12 L/kg"),
      rat(3.6, 2, 7, E, "thisModel", assumed)});
    f(p.fu_rapa, Parameter{"fu_rapa", "f_{u,r}", "1", "unbound plasma (and brain) over whole-blood rapamycin",
      all(0.0022, 0.001, 0.027, E, "Zimmerman1997", derived, "", "1/37 blood:plasma x 0.08 free (free fraction assumed)")}.within(zero_to_one));
    f(p.ke0_rapa, Parameter{"ke0_rapa", "k_{e0,r}", "1/h", "rapamycin blood to brain rate",
      all(0.2, 0.05, 1, E, "thisModel", assumed)});
  }
  // clang-format on
};

inline constexpr double molar_mass_rapamycin = 914.17;  ///< [g/mol]

template <class T = double>
struct State {
  T E{}, A{}, M{}, S6{}, F4{}, K{}, Q{}, A_rapa_gut{}, A_rapa{}, C_rapa{};

  static constexpr void each(auto& y, auto&& f) {
    f(y.E, Variable{"E", "1", StateKind::signalling, 1.0, "active ERK [fold]"});
    f(y.A, Variable{"A", "1", StateKind::signalling, 1.0, "active Akt [fold]"});
    f(y.M, Variable{"M", "1", StateKind::signalling, 1.0, "active mTORC1 [fold]"});
    f(y.S6, Variable{"S6", "1", StateKind::signalling, 1.0, "phosphorylated p70S6K [fold]"});
    f(y.F4, Variable{"F4", "1", StateKind::signalling, 1.0, "phosphorylated 4E-BP1 [fold]"});
    f(y.K, Variable{"K", "1", StateKind::signalling, 1.0, "active eEF2 kinase [fold]"});
    f(y.Q, Variable{"Q", "1", StateKind::signalling, 1.0, "phosphorylated eEF2 [fold]"});
    f(y.A_rapa_gut, Variable{"A_rapa_gut", "umol", StateKind::amount, 1.0, "rapamycin in the gut"});
    f(y.A_rapa, Variable{"A_rapa", "umol", StateKind::amount, 1.0, "rapamycin in the body"});
    f(y.C_rapa,
      Variable{"C_rapa", "uM", StateKind::concentration, 1e-4, "unbound rapamycin in brain"});
  }
};

/// Drive of the ERK-only arm for R-ketamine; 0 unless its switch is on [1].
template <class T, class P>
[[nodiscard]] T erk_arm(const Parameters<P>& p, const T& R_brain) {
  return p.w_RERK * R_brain / (R_brain + p.K_RERK);
}

/// Translation rate [fold].
template <class T, class P>
[[nodiscard]] T translation(const State<T>& y, const Inputs<P>& u, const Parameters<P>& p,
                            const T& R_brain) {
  const T mm = 0.5 * (y.S6 + y.F4) - 1.0 + p.g_RT * erk_arm(p, R_brain);
  return (1.0 + p.g_Tm * mm + (p.g_Tp - p.g_Tm) * pos0(mm, p.delta)) * (1.0 + p.g_e * (1.0 - y.Q)) *
         (1.0 - u.anisomycin);
}

template <class T, class P>
[[nodiscard]] State<T> derivative(const State<T>& y, const Inputs<P>& u, const Parameters<P>& p,
                                  const T& R, const T& beta_X, const T& R_brain) {
  const T rk = erk_arm(p, R_brain);
  const T z = p.w_A * y.A + (1.0 - p.w_A) * y.E;
  const T keep = (1.0 - u.rapamycin) * p.IC50_rapa / (p.IC50_rapa + y.C_rapa);
  return {
      .E = (R + p.g_RE * rk - y.E) / p.tau_E,
      .A = (R - y.A) / p.tau_A,
      .M = (p.M_max * z / (p.M_max - 1.0 + z) * keep - y.M) / p.tau_M,
      .S6 = (y.M - y.S6) / p.tau_S6,
      .F4 = (y.M - y.F4) / p.tau_4E,
      .K = ((1.0 - p.w_rest * p.beta_N * beta_X) / (1.0 + p.beta_S * pos0(T(y.S6 - 1.0), p.delta)) -
            y.K) /
           p.tau_K,
      .Q = (y.K - y.Q) / p.tau_Q,
      .A_rapa_gut = -(p.ka_rapa * y.A_rapa_gut),
      .A_rapa = p.ka_rapa * y.A_rapa_gut - p.CL_rapa / p.V_rapa * y.A_rapa,
      .C_rapa = p.ke0_rapa * (p.fu_rapa * y.A_rapa / p.V_rapa - y.C_rapa),
  };
}

template <class T = double>
struct Readouts {
  T p_erk{}, p_akt{}, p_mtor{}, p_s6k{}, p_4ebp1{}, p_eef2{};

  static constexpr void each(auto& r, auto&& f) {
    f(r.p_erk, Readout{"p_erk", "fold", "phosphorylated ERK"});
    f(r.p_akt, Readout{"p_akt", "fold", "phosphorylated Akt"});
    f(r.p_mtor, Readout{"p_mtor", "fold", "phosphorylated mTOR"});
    f(r.p_s6k, Readout{"p_s6k", "fold", "phosphorylated p70S6K"});
    f(r.p_4ebp1, Readout{"p_4ebp1", "fold", "phosphorylated 4E-BP1"});
    f(r.p_eef2, Readout{"p_eef2", "fold", "phosphorylated eEF2"});
  }
};

template <class T>
[[nodiscard]] Readouts<T> readouts(const State<T>& y) {
  return {.p_erk = y.E, .p_akt = y.A, .p_mtor = y.M, .p_s6k = y.S6, .p_4ebp1 = y.F4, .p_eef2 = y.Q};
}

template <class P>
void scale_to_weight(Parameters<P>& p, const P& w, const P& w075) {
  p.V_rapa = p.V_rapa * w;
  p.CL_rapa = p.CL_rapa * w075;
}

}  // namespace ketasim::model::mtor
