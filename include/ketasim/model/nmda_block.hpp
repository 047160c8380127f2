/// NMDA block: open-channel, trapping block with magnesium competition on three receptor pools.
///
/// Magnesium raises every dissociation constant, K = K0 (1 + Mg/K_Mg) [JahrStevens1990,
/// KotermanskiJohnson2009, Ebert1997]; affinity anchored on unbound rat occupancy [Shaffer2014].
/// Only open channels bind and release, so kinetics scale with use. Pools q: interneuron I,
/// pyramidal E, resting/extrasynaptic X. Ketamine, memantine and MK-801 compete for the same sites.
///   C_eq      = pot_S S + pot_R R + pot_NS NS + pot_NR NR
///   dC_mem/dt = u.rate_mem - ke_mem C_mem
///   dC_mk/dt  = u.rate_mk - ke_mk C_mk
///   Cm        = C_mem + u.bath_mem
///   Ck        = C_mk + u.bath_mk
///   For q = I, E:
///     o_q = a_max a_q x/[a_max + a_q (x - 1)]
///   o_X = a_X
///   h_I = 1
///   h_E = 1
///   h_X = x_mem
///   For q = I, E, X:
///     g_q         = 1 + Mg/K_Mg_q
///     free_q      = 1 - b_q - b_mem_q - b_mk_q
///     db_q/dt     = o_q koff [C_eq free_q/(K0 g_q) - b_q]
///     db_mem_q/dt = o_q koff_mem [Cm free_q/(K0_mem g_q h_q) - b_mem_q]
///     db_mk_q/dt  = o_q koff_mk [Ck free_q/(K0_mk g_q) - b_mk_q]
///   For q = I, E:
///     beta_q = b_q + b_mk_q + b_mem_q [ft_mem + (1 - ft_mem) s_q]
///   beta_X = b_X + b_mk_X + b_mem_X
///   nmda_block_interneuron = b_I + b_mem_I + b_mk_I
///   nmda_block_pyramidal   = b_E + b_mem_E + b_mk_E
///   nmda_occupancy = share_E nmda_block_pyramidal + (1 - share_E) nmda_block_interneuron
/// In: S, R, NS, NR from pharmacokinetics; x from disinhibition.
/// Out: effective blocks beta_I, beta_E, beta_X [1]; racemic-ketamine equivalents C_eq [uM].
#pragma once

#include "ketasim/model/inputs.hpp"
#include "ketasim/model/pharmacokinetics.hpp"
#include "ketasim/model/smooth.hpp"

namespace ketasim::model::nmda_block {

template <class P = double>
struct Parameters {
  P K0 = unset<P>(), pot_S = unset<P>(), pot_R = unset<P>(), pot_NS = unset<P>(),
    pot_NR = unset<P>(), Mg = unset<P>(), K_Mg_I = unset<P>(), K_Mg_E = unset<P>(),
    K_Mg_X = unset<P>(), koff = unset<P>(), a_I = unset<P>(), a_E = unset<P>(), a_X = unset<P>(),
    a_max = unset<P>(), K0_mem = unset<P>(), koff_mem = unset<P>(), ft_mem = unset<P>(),
    x_mem = unset<P>(), s_I = unset<P>(), s_E = unset<P>(), K0_mk = unset<P>(),
    koff_mk = unset<P>(), ke_mem = unset<P>(), V_mem = unset<P>(), ke_mk = unset<P>(),
    V_mk = unset<P>(), share_E = unset<P>();

  // clang-format off
  static constexpr void each(auto& p, auto&& f) {
    using enum Grade;
    using enum Evidence;
    f(p.K0, Parameter{"K0", "K_0", "uM", "ketamine dissociation constant, open Mg-free channel (racemate)",
      all(0.32, 0.1, 0.6, D, "KotermanskiJohnson2009", memory, "Shaffer2014")});
    f(p.pot_S, Parameter{"pot_S", "p_S", "1", "potency of S-ketamine relative to racemate",
      all(1.647, 1.3, 1.8, D, "Ebert1997", derived, "", "Ki 0.3 and 1.4 uM; mean of S and R is 1")}.within(not_negative));
    f(p.pot_R, Parameter{"pot_R", "p_R", "1", "potency of R-ketamine relative to racemate",
      all(0.353, 0.2, 0.7, D, "Ebert1997", derived)}.within(not_negative));
    f(p.pot_NS, Parameter{"pot_NS", "p_{NS}", "1", "potency of S-norketamine relative to racemic ketamine",
      all(0.276, 0.15, 0.4, C, "Shaffer2014", derived, "", "racemic norketamine 0.156 = 1.42/9.11, split by Ki 1.7 and 13 uM (Ebert1997)")}.within(not_negative));
    f(p.pot_NR, Parameter{"pot_NR", "p_{NR}", "1", "potency of R-norketamine relative to racemic ketamine",
      all(0.036, 0.01, 0.1, C, "Shaffer2014", derived)}.within(not_negative));
    f(p.Mg, Parameter{"Mg", "[Mg]", "mM", "extracellular magnesium",
      all(1.0, 0.8, 1.2, A, "JahrStevens1990", read)}.within(not_negative));
    f(p.K_Mg_I, Parameter{"K_Mg_I", "K_{Mg,I}", "mM", "effective Mg constant, interneuron receptors",
      all(0.40, 0.40, 3.3, E, "thisModel", derived, "Shaffer2014", "at its bound; K_I = 1.12 uM")});
    f(p.K_Mg_E, Parameter{"K_Mg_E", "K_{Mg,E}", "mM", "effective Mg constant, pyramidal receptors",
      all(0.25, 0.15, 0.30, E, "thisModel", derived, "Shaffer2014", "K_E = 1.60 uM")});
    f(p.K_Mg_X, Parameter{"K_Mg_X", "K_{Mg,X}", "mM", "effective Mg constant, resting/extrasynaptic receptors",
      all(0.25, 0.15, 0.8, E, "thisModel", assumed)});
    f(p.koff, Parameter{"koff", "k_{off}", "1/h", "ketamine off rate per open channel",
      all(1800, 360, 3600, D, "thisModel", memory, "", "0.5 per s")});
    f(p.a_I, Parameter{"a_I", "a_I", "1", "open fraction of interneuron receptors at rest (use)",
      all(0.04, 0.005, 0.1, E, "thisModel", assumed)}.within(zero_to_one));
    f(p.a_E, Parameter{"a_E", "a_E", "1", "open fraction of pyramidal receptors at rest (use)",
      all(0.02, 0.002, 0.05, E, "thisModel", assumed)}.within(zero_to_one));
    f(p.a_X, Parameter{"a_X", "a_X", "1", "open fraction of resting/extrasynaptic receptors",
      all(0.002, 0.0005, 0.02, E, "thisModel", assumed, "", "independent of firing")}.within(zero_to_one));
    f(p.a_max, Parameter{"a_max", "a_{max}", "1", "upper limit of the open fraction",
      all(0.5, 0.3, 0.8, E, "thisModel", assumed, "", "smooth cap")}.within(zero_to_one));
    f(p.K0_mem, Parameter{"K0_mem", "K_{0,mem}", "uM", "memantine dissociation constant, open Mg-free channel",
      all(0.57, 0.3, 0.9, D, "docslibSupp", derived)});
    f(p.koff_mem, Parameter{"koff_mem", "k_{off,mem}", "1/h", "memantine off rate per open channel",
      all(3240, 1000, 6000, D, "Kotermanski2009JP", derived)});
    f(p.ft_mem, Parameter{"ft_mem", "f_{t,mem}", "1", "trapped fraction of memantine block",
      all(0.5, 0.3, 0.7, D, "Kotermanski2009JP", memory, "", "ketamine and MK-801 are fully trapped")}.within(zero_to_one));
    f(p.x_mem, Parameter{"x_mem", "x_{mem}", "1", "factor on the memantine constant at resting receptors",
      all(10, 3, 30, C, "Gideons2014", derived, "", "memantine does not reach resting receptors in Mg; sign only")}.within(positive));
    f(p.s_I, Parameter{"s_I", "s_I", "1", "effect of the untrapped share on interneurons",
      all(0.5, 0.3, 1, E, "thisModel", assumed)}.within(zero_to_one));
    f(p.s_E, Parameter{"s_E", "s_E", "1", "effect of the untrapped share on pyramids",
      all(0.3, 0.1, 1, E, "thisModel", assumed)}.within(zero_to_one));
    f(p.K0_mk, Parameter{"K0_mk", "K_{0,mk}", "uM", "MK-801 dissociation constant, open Mg-free channel",
      all(0.0002, 0.0001, 0.015, E, "thisModel", assumed)});
    f(p.koff_mk, Parameter{"koff_mk", "k_{off,mk}", "1/h", "MK-801 off rate per open channel",
      all(18, 5, 60, E, "thisModel", assumed)});
    f(p.ke_mem, Parameter{"ke_mem", "k_{e,mem}", "1/h", "memantine elimination from the brain",
      all(0.2, 0.01, 0.3, E, "thisModel", assumed)});
    f(p.V_mem, Parameter{"V_mem", "V_{mem}", "L/kg", "unbound distribution volume of memantine",
      all(20, 5, 30, E, "thisModel", assumed, "", "input scaling of event")});
    f(p.ke_mk, Parameter{"ke_mk", "k_{e,mk}", "1/h", "MK-801 elimination from the brain",
      all(0.693, 0.3, 1, E, "thisModel", assumed)});
    f(p.V_mk, Parameter{"V_mk", "V_{mk}", "L/kg", "unbound distribution volume of MK-801",
      all(90, 30, 300, E, "thisModel", assumed, "", "input scaling of event")});
    f(p.share_E, Parameter{"share_E", "\\phi_E", "1", "weight of pyramidal receptors in whole-tissue occupancy",
      all(0.85, 0.8, 0.9, E, "thisModel", assumed)}.within(zero_to_one));
  }
  // clang-format on
};

/// Molar masses [g/mol].
inline constexpr double molar_mass_memantine = 179.30;
inline constexpr double molar_mass_mk801 = 221.30;

template <class T = double>
struct State {
  T C_mem{}, C_mk{};
  T b_I{}, b_mem_I{}, b_mk_I{}, b_E{}, b_mem_E{}, b_mk_E{}, b_X{}, b_mem_X{}, b_mk_X{};

  static constexpr void each(auto& y, auto&& f) {
    f(y.C_mem,
      Variable{"C_mem", "uM", StateKind::concentration, 0.01, "unbound memantine in brain"});
    f(y.C_mk, Variable{"C_mk", "uM", StateKind::concentration, 1e-4, "unbound MK-801 in brain"});
    f(y.b_I,
      Variable{"b_I", "1", StateKind::block, 0.1, "interneuron receptors blocked by ketamine"});
    f(y.b_mem_I, Variable{"b_mem_I", "1", StateKind::block, 0.1,
                          "interneuron receptors blocked by memantine"});
    f(y.b_mk_I,
      Variable{"b_mk_I", "1", StateKind::block, 0.1, "interneuron receptors blocked by MK-801"});
    f(y.b_E,
      Variable{"b_E", "1", StateKind::block, 0.1, "pyramidal receptors blocked by ketamine"});
    f(y.b_mem_E,
      Variable{"b_mem_E", "1", StateKind::block, 0.1, "pyramidal receptors blocked by memantine"});
    f(y.b_mk_E,
      Variable{"b_mk_E", "1", StateKind::block, 0.1, "pyramidal receptors blocked by MK-801"});
    f(y.b_X, Variable{"b_X", "1", StateKind::block, 0.1,
                      "resting/extrasynaptic receptors blocked by ketamine"});
    f(y.b_mem_X, Variable{"b_mem_X", "1", StateKind::block, 0.1,
                          "resting/extrasynaptic receptors blocked by memantine"});
    f(y.b_mk_X, Variable{"b_mk_X", "1", StateKind::block, 0.1,
                         "resting/extrasynaptic receptors blocked by MK-801"});
  }
};

/// Racemic-ketamine equivalents [uM].
template <class T, class P>
[[nodiscard]] T equivalent(const pharmacokinetics::Brain<T>& c, const Parameters<P>& p) {
  return p.pot_S * c.S + p.pot_R * c.R + p.pot_NS * c.NS + p.pot_NR * c.NR;
}

/// Effective blocks of the three pools [1].
template <class T>
struct Block {
  T I, E, X;
};

template <class T, class P>
[[nodiscard]] Block<T> effective_block(const State<T>& y, const Parameters<P>& p) {
  const P untrapped = 1.0 - p.ft_mem;
  return {.I = y.b_I + y.b_mk_I + y.b_mem_I * (p.ft_mem + untrapped * p.s_I),
          .E = y.b_E + y.b_mk_E + y.b_mem_E * (p.ft_mem + untrapped * p.s_E),
          .X = y.b_X + y.b_mk_X + y.b_mem_X * (p.ft_mem + untrapped)};
}

template <class T, class P>
[[nodiscard]] State<T> derivative(const State<T>& y, const Inputs<P>& u, const Parameters<P>& p,
                                  const T& C_eq, const T& x) {
  const T Cm = y.C_mem + u.bath_mem, Ck = y.C_mk + u.bath_mk;
  const P g_I = 1.0 + p.Mg / p.K_Mg_I, g_E = 1.0 + p.Mg / p.K_Mg_E, g_X = 1.0 + p.Mg / p.K_Mg_X;
  const T free_I = 1.0 - y.b_I - y.b_mem_I - y.b_mk_I;
  const T free_E = 1.0 - y.b_E - y.b_mem_E - y.b_mk_E;
  const T free_X = 1.0 - y.b_X - y.b_mem_X - y.b_mk_X;
  const T o_I = p.a_max * p.a_I * x / (p.a_max + p.a_I * (x - 1.0));
  const T o_E = p.a_max * p.a_E * x / (p.a_max + p.a_E * (x - 1.0));
  const P o_X = p.a_X;
  return {
      .C_mem = u.rate_mem - p.ke_mem * y.C_mem,
      .C_mk = u.rate_mk - p.ke_mk * y.C_mk,
      .b_I = o_I * p.koff * (C_eq / (p.K0 * g_I) * free_I - y.b_I),
      .b_mem_I = o_I * p.koff_mem * (Cm / (p.K0_mem * g_I) * free_I - y.b_mem_I),
      .b_mk_I = o_I * p.koff_mk * (Ck / (p.K0_mk * g_I) * free_I - y.b_mk_I),
      .b_E = o_E * p.koff * (C_eq / (p.K0 * g_E) * free_E - y.b_E),
      .b_mem_E = o_E * p.koff_mem * (Cm / (p.K0_mem * g_E) * free_E - y.b_mem_E),
      .b_mk_E = o_E * p.koff_mk * (Ck / (p.K0_mk * g_E) * free_E - y.b_mk_E),
      .b_X = o_X * p.koff * (C_eq / (p.K0 * g_X) * free_X - y.b_X),
      .b_mem_X = o_X * p.koff_mem * (Cm / (p.K0_mem * g_X * p.x_mem) * free_X - y.b_mem_X),
      .b_mk_X = o_X * p.koff_mk * (Ck / (p.K0_mk * g_X) * free_X - y.b_mk_X),
  };
}

template <class T = double>
struct Readouts {
  T nmda_block_interneuron{}, nmda_block_pyramidal{}, nmda_occupancy{};

  static constexpr void each(auto& r, auto&& f) {
    f(r.nmda_block_interneuron,
      Readout{"nmda_block_interneuron", "1", "interneuron NMDA receptors blocked", zero_to_one});
    f(r.nmda_block_pyramidal,
      Readout{"nmda_block_pyramidal", "1", "pyramidal NMDA receptors blocked", zero_to_one});
    f(r.nmda_occupancy,
      Readout{"nmda_occupancy", "1", "NMDA receptors occupied, population-weighted", zero_to_one});
  }
};

template <class T, class P>
[[nodiscard]] Readouts<T> readouts(const State<T>& y, const Parameters<P>& p) {
  const T I = y.b_I + y.b_mem_I + y.b_mk_I, E = y.b_E + y.b_mem_E + y.b_mk_E;
  return {.nmda_block_interneuron = I,
          .nmda_block_pyramidal = E,
          .nmda_occupancy = p.share_E * E + (1.0 - p.share_E) * I};
}

}  // namespace ketasim::model::nmda_block
