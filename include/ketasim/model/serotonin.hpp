/// Serotonin: SSRI kinetics, SERT occupancy [Meyer2004], 5-HT restrained by autoreceptors that
/// desensitise over weeks [LePoul1995, Czachura2000; disputed: Hjorth1994], and a slow
/// plasticity-gene programme Mb [Nibuya1995].
///
/// Stress lowers Mb. Feeds BDNF synthesis, synaptic proteins and a direct mood term.
/// 324.39 g/mol is the molar mass of escitalopram.
///   dA_esc_gut/dt = -ka_esc A_esc_gut
///   dA_esc/dt     = ka_esc A_esc_gut - CL_esc A_esc/V_esc
///   dA_flx_gut/dt = -ka_flx A_flx_gut
///   dA_flx/dt     = ka_flx A_flx_gut - CL_flx A_flx/V_flx
///   dA_nflx/dt    = fm_nflx CL_flx A_flx/V_flx - CL_nflx A_nflx/V_nflx
///   q_esc  = (A_esc/V_esc + u.bath_esc)/EC50_esc
///   q_flx  = (A_flx/V_flx + u.bath_flx)/EC50_flx
///   q_nflx = A_nflx/(V_nflx EC50_nflx)
///   q      = q_esc + q_flx + q_nflx
///   O      = q/(1 + q)
///   xs     = pos0(X - 1; delta)
///   fire   = 1/(1 + kappa_a Z xs)
///   dX/dt  = [fire/(1 - rho O) - X]/tau_X
///   dZ/dt  = k_res (1 - Z) - k_des xs Z
///   dMb/dt = [1 - b_s u.stress + g_X xs/(X50 + xs) - Mb]/tau_Mb
///   escitalopram_venous     = 324.39 A_esc/V_esc
///   sert_occupancy          = O
///   serotonin_extracellular = X
/// In: stress.
/// Out: 5-HT excess xs, gene programme Mb [fold].
#pragma once

#include "ketasim/model/inputs.hpp"
#include "ketasim/model/smooth.hpp"

namespace ketasim::model::serotonin {

template <class P = double>
struct Parameters {
  P ka_esc = unset<P>(), CL_esc = unset<P>(), V_esc = unset<P>(), EC50_esc = unset<P>(),
    ka_flx = unset<P>(), CL_flx = unset<P>(), V_flx = unset<P>(), fm_nflx = unset<P>(),
    CL_nflx = unset<P>(), V_nflx = unset<P>(), EC50_flx = unset<P>(), EC50_nflx = unset<P>(),
    rho = unset<P>(), kappa_a = unset<P>(), tau_X = unset<P>(), k_des = unset<P>(),
    k_res = unset<P>(), delta = unset<P>(), g_X = unset<P>(), X50 = unset<P>(), tau_Mb = unset<P>(),
    b_s = unset<P>();

  // clang-format off
  static constexpr void each(auto& p, auto&& f) {
    using enum Grade;
    using enum Evidence;
    f(p.ka_esc, Parameter{"ka_esc", "k_{a,e}", "1/h", "escitalopram absorption",
      all(0.9, 0.5, 1.5, B, "Sogaard2005", derived)});
    f(p.CL_esc, Parameter{"CL_esc", "CL_e", "L/h", "escitalopram oral clearance",
      human(36, 16.3, 39, A, "EscLabel", read).iiv(30),
      rat(1.2, 0.6, 2, E, "thisModel", assumed)});
    f(p.V_esc, Parameter{"V_esc", "V_e", "L", "escitalopram apparent volume",
      human(1450, 815, 1600, A, "Sogaard2005", derived).iiv(25),
      rat(6, 3, 9, E, "thisModel", assumed)});
    f(p.EC50_esc, Parameter{"EC50_esc", "EC_{50,e}", "uM", "escitalopram for half SERT occupancy",
      all(0.010789, 0.0077, 0.0154, A, "Meyer2004", derived, "", "3.5 ng/mL")});
    f(p.ka_flx, Parameter{"ka_flx", "k_{a,f}", "1/h", "fluoxetine absorption",
      all(0.5, 0.3, 1, E, "thisModel", assumed)});
    f(p.CL_flx, Parameter{"CL_flx", "CL_f", "L/h", "fluoxetine oral clearance",
      human(20.2, 10, 40, B, "FLXLabel", derived, "", "half-life 2.5 d"),
      rat(0.3, 0.1, 0.6, E, "thisModel", assumed)});
    f(p.V_flx, Parameter{"V_flx", "V_f", "L", "fluoxetine apparent volume",
      human(1750, 1000, 3000, B, "FLXLabel", derived),
      rat(7.5, 4, 12, E, "thisModel", assumed)});
    f(p.fm_nflx, Parameter{"fm_nflx", "f_{nf}", "1", "fraction of fluoxetine forming norfluoxetine",
      all(0.6, 0.3, 0.9, E, "thisModel", assumed)}.within(zero_to_one));
    f(p.CL_nflx, Parameter{"CL_nflx", "CL_{nf}", "L/h", "norfluoxetine clearance",
      human(4.6, 2, 8, B, "FLXLabel", derived, "", "half-life 9.3 d"),
      rat(0.15, 0.05, 0.3, E, "thisModel", assumed)});
    f(p.V_nflx, Parameter{"V_nflx", "V_{nf}", "L", "norfluoxetine apparent volume",
      human(1480, 800, 3000, E, "FLXLabel", derived),
      rat(6.3, 3, 12, E, "thisModel", assumed)});
    f(p.EC50_flx, Parameter{"EC50_flx", "EC_{50,f}", "uM", "fluoxetine for half SERT occupancy",
      all(0.11, 0.05, 0.3, E, "Meyer2004", derived, "", "80 % at 20 mg/d")});
    f(p.EC50_nflx, Parameter{"EC50_nflx", "EC_{50,nf}", "uM", "norfluoxetine for half SERT occupancy",
      all(0.11, 0.05, 0.3, E, "thisModel", assumed)});
    f(p.rho, Parameter{"rho", "\\rho", "1", "share of 5-HT clearance carried by SERT",
      all(0.8, 0.6, 0.9, C, "thisModel", derived, "Muraki2008")}.within(zero_to_one));
    f(p.kappa_a, Parameter{"kappa_a", "\\kappa_a", "1", "autoreceptor feedback gain",
      all(4.0, 2, 8, C, "thisModel", derived, "Czachura2000")}.within(not_negative));
    f(p.tau_X, Parameter{"tau_X", "\\tau_X", "h", "5-HT response time",
      all(1.0, 0.2, 3, E, "thisModel", assumed)});
    f(p.k_des, Parameter{"k_des", "k_{des}", "1/h", "autoreceptor desensitisation",
      all(0.018, 0.008, 0.03, C, "Czachura2000", derived, "Czachura2000")});
    f(p.k_res, Parameter{"k_res", "k_{res}", "1/h", "autoreceptor resensitisation",
      all(0.0003, 0.0001, 0.002, E, "thisModel", assumed)});
    f(p.delta, Parameter{"delta", "\\delta", "1", "width of the smooth positive part",
      all(0.02, 0.005, 0.05, E, "thisModel", assumed, "", "numerical smoothing")}.within(positive));
    f(p.g_X, Parameter{"g_X", "g_X", "1", "gain of the gene programme on 5-HT",
      all(0.289, 0.2, 0.8, E, "thisModel", derived, "Nibuya1995")}.within(not_negative));
    f(p.X50, Parameter{"X50", "X_{50}", "1", "5-HT excess for half that gain",
      all(0.9, 0.4, 2, E, "thisModel", assumed)}.within(positive));
    f(p.tau_Mb, Parameter{"tau_Mb", "\\tau_{Mb}", "h", "lifetime of the gene programme",
      all(120, 72, 240, E, "thisModel", assumed)});
    f(p.b_s, Parameter{"b_s", "b_s", "1", "stress: fall of the gene programme",
      all(0.3, 0.1, 0.5, E, "thisModel", derived)}.within(zero_to_one));
  }
  // clang-format on
};

/// Molar masses [g/mol].
inline constexpr double molar_mass_escitalopram = 324.39;
inline constexpr double molar_mass_fluoxetine = 309.33;
inline constexpr double molar_mass_norfluoxetine = 295.30;

template <class T = double>
struct State {
  T A_esc_gut{}, A_esc{}, A_flx_gut{}, A_flx{}, A_nflx{}, X{}, Z{}, Mb{};

  static constexpr void each(auto& y, auto&& f) {
    f(y.A_esc_gut,
      Variable{"A_esc_gut", "umol", StateKind::amount, 1.0, "escitalopram in the gut"});
    f(y.A_esc, Variable{"A_esc", "umol", StateKind::amount, 1.0, "escitalopram in the body"});
    f(y.A_flx_gut, Variable{"A_flx_gut", "umol", StateKind::amount, 1.0, "fluoxetine in the gut"});
    f(y.A_flx, Variable{"A_flx", "umol", StateKind::amount, 1.0, "fluoxetine in the body"});
    f(y.A_nflx, Variable{"A_nflx", "umol", StateKind::amount, 1.0, "norfluoxetine in the body"});
    f(y.X, Variable{"X", "1", StateKind::circuit, 1.0, "extracellular 5-HT [fold]"});
    f(y.Z, Variable{"Z", "1", StateKind::circuit, 1.0, "5-HT1A autoreceptor sensitivity [fold]"});
    f(y.Mb, Variable{"Mb", "1", StateKind::signalling, 1.0, "plasticity-gene programme [fold]"});
  }
};

/// SERT occupancy [1].
template <class T, class P>
[[nodiscard]] T sert_occupancy(const State<T>& y, const Inputs<P>& u, const Parameters<P>& p) {
  const T q = (y.A_esc / p.V_esc + u.bath_esc) / p.EC50_esc +
              (y.A_flx / p.V_flx + u.bath_flx) / p.EC50_flx + y.A_nflx / p.V_nflx / p.EC50_nflx;
  return q / (1.0 + q);
}

/// Excess of 5-HT over baseline [fold].
template <class T, class P>
[[nodiscard]] T excess(const State<T>& y, const Parameters<P>& p) {
  return pos0(T(y.X - 1.0), p.delta);
}

template <class T, class P>
[[nodiscard]] State<T> derivative(const State<T>& y, const Inputs<P>& u, const Parameters<P>& p,
                                  const T& xs) {
  const T O = sert_occupancy(y, u, p);
  const T fire = 1.0 / (1.0 + p.kappa_a * y.Z * xs);
  const P ke_flx = p.CL_flx / p.V_flx;
  return {
      .A_esc_gut = -(p.ka_esc * y.A_esc_gut),
      .A_esc = p.ka_esc * y.A_esc_gut - p.CL_esc / p.V_esc * y.A_esc,
      .A_flx_gut = -(p.ka_flx * y.A_flx_gut),
      .A_flx = p.ka_flx * y.A_flx_gut - ke_flx * y.A_flx,
      .A_nflx = p.fm_nflx * ke_flx * y.A_flx - p.CL_nflx / p.V_nflx * y.A_nflx,
      .X = (fire / (1.0 - p.rho * O) - y.X) / p.tau_X,
      .Z = p.k_res * (1.0 - y.Z) - p.k_des * xs * y.Z,
      .Mb = (1.0 - p.b_s * u.stress + p.g_X * xs / (p.X50 + xs) - y.Mb) / p.tau_Mb,
  };
}

template <class T = double>
struct Readouts {
  T escitalopram_venous{}, sert_occupancy{}, serotonin_extracellular{};

  static constexpr void each(auto& r, auto&& f) {
    f(r.escitalopram_venous, Readout{"escitalopram_venous", "ng/mL", "escitalopram in plasma"});
    f(r.sert_occupancy,
      Readout{"sert_occupancy", "1", "serotonin transporters occupied", zero_to_one});
    f(r.serotonin_extracellular, Readout{"serotonin_extracellular", "fold", "extracellular 5-HT"});
  }
};

template <class T, class P>
[[nodiscard]] Readouts<T> readouts(const State<T>& y, const Inputs<P>& u, const Parameters<P>& p) {
  return {
      .escitalopram_venous = quantity<P>(molar_mass_escitalopram, "g/mol") * (y.A_esc / p.V_esc),
      .sert_occupancy = serotonin::sert_occupancy(y, u, p),
      .serotonin_extracellular = y.X};
}

template <class P>
void scale_to_weight(Parameters<P>& p, const P& w, const P& w075) {
  for (P* volume : {&p.V_esc, &p.V_flx, &p.V_nflx}) *volume = *volume * w;
  for (P* clearance : {&p.CL_esc, &p.CL_flx, &p.CL_nflx}) *clearance = *clearance * w075;
}

}  // namespace ketasim::model::serotonin
