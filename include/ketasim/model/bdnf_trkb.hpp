/// BDNF and TrkB: AMPA depolarisation opens L-type channels and releases BDNF [Lepack2015]; eEF2
/// dephosphorylation raises its synthesis [Autry2011]. Occupied TrkB internalises and returns (fitted
/// to Ji2010); receptors at the surface and inside are conserved, so that S stays between 0 and
/// 1 + k_int th0/k_rec.
///   surge  = EH(excess; K_surge, n_surge)
///   rel    = 1 + f_act (A - 1) + phi g_B (1 - u.vdcc_blocker) surge
///   dB/dt  = k_cB [rel Pb (1 - u.anti_bdnf) - B]
///   dPb/dt = k_b [Mb (1 + g_b (1 - Q)) (1 - u.anisomycin) - Pb]
///   Bt     = B + u.bath_bdnf/C_B0
///   th     = Bt/(K_B + Bt)
///   th0    = 1/(K_B + 1)
///   dS/dt  = k_rec (1 - S) - k_int (S th - th0)
///   R      = (S th/th0) [1 + w_direct g_direct K/(K + K_direct)]
///   bdnf_extracellular = B
///   bdnf_protein       = Pb
///   p_trkb             = R
/// In: A (throughput), excess (over rest) from ampa; Q (p-eEF2) from mtor; Mb (gene programme) from
/// serotonin; K (brain ketamine) from pharmacokinetics.
/// Out: active TrkB R [fold].
#pragma once

#include "ketasim/model/inputs.hpp"
#include "ketasim/model/smooth.hpp"

namespace ketasim::model::bdnf_trkb {

template <class P = double>
struct Parameters {
  P g_B = unset<P>(), K_surge = unset<P>(), n_surge = unset<P>(), f_act = unset<P>(),
    phi = unset<P>(), k_cB = unset<P>(), k_b = unset<P>(), g_b = unset<P>(), K_B = unset<P>(),
    C_B0 = unset<P>(), k_int = unset<P>(), k_rec = unset<P>(), w_direct = unset<P>(),
    g_direct = unset<P>(), K_direct = unset<P>();

  // clang-format off
  static constexpr void each(auto& p, auto&& f) {
    using enum Grade;
    using enum Evidence;
    f(p.g_B, Parameter{"g_B", "g_B", "1", "gain of activity-dependent BDNF release",
      all(4.86, 2, 20, E, "thisModel", derived, "Li2010 timing; blocker set; human dose range", "recalibrated for the coupled AMPA pulse; re-tuned in the coupled system")}.within(not_negative));
    f(p.K_surge, Parameter{"K_surge", "K_{su}", "1", "AMPA excess for half of the activity-dependent release",
      all(0.1369, 0.05, 0.4, E, "thisModel", derived, "clinical calibrate rows", "replaces the unbounded linear gain; re-tuned in the coupled system")}.within(positive));
    f(p.n_surge, Parameter{"n_surge", "n_{su}", "1", "exponent of that release",
      all(1.3, 1.1, 4, E, "thisModel", assumed, "Li2010 timing; blocker set; human dose range", "re-tuned in the coupled system")}.within(positive));
    f(p.f_act, Parameter{"f_act", "f_{act}", "1", "share of basal BDNF release that follows AMPA throughput",
      all(0.33, 0.1, 0.8, E, "thisModel", assumed, "Li2010 timing; blocker set; human dose range", "re-tuned in the coupled system")}.within(zero_to_one));
    f(p.phi, Parameter{"phi", "\\phi", "1", "scale of activity-dependent release (1 Val/Val; Met carriers below 1)",
      all(1, 0.05, 1, C, "Liu2012", derived, "", "Met/Met needs about 0.1 and is still not a full block")}.within(not_negative));
    f(p.k_cB, Parameter{"k_cB", "k_{cB}", "1/h", "clearance of extracellular BDNF",
      all(4.0, 1, 12, E, "thisModel", assumed)});
    f(p.k_b, Parameter{"k_b", "k_b", "1/h", "turnover of the releasable BDNF pool",
      all(0.6, 0.1, 1.5, C, "thisModel", derived, "Autry2011;Gideons2014")});
    f(p.g_b, Parameter{"g_b", "g_b", "1", "gain of BDNF translation on eEF2 dephosphorylation",
      all(1.75, 1, 8, E, "thisModel", assumed, "Autry2011; blocker set", "re-tuned in the coupled system")}.within(not_negative));
    f(p.K_B, Parameter{"K_B", "K_B", "1", "BDNF for half TrkB occupancy, units of basal BDNF",
      all(6.1, 3, 15, D, "Ji2010", derived, "Ji2010")}.within(positive));
    f(p.C_B0, Parameter{"C_B0", "C_{B0}", "uM", "concentration of basal extracellular BDNF, for bath-applied BDNF",
      all(0.00002, 0.000005, 0.0001, E, "Ji2010", assumed, "Ji2010", "1 nM taken as 50 times basal")});
    f(p.k_int, Parameter{"k_int", "k_{int}", "1/h", "internalisation of occupied TrkB",
      all(1.33, 0.5, 3, D, "Ji2010", derived, "Ji2010")});
    f(p.k_rec, Parameter{"k_rec", "k_{rec}", "1/h", "return of internalised TrkB to the surface",
      all(0.37268, 0.1, 1.2, D, "Ji2010", derived, "Ji2010", "k_rec + k_int th0 is 0.56 per h at rest")});
    f(p.w_direct, Parameter{"w_direct", "w_{dir}", "1", "hypothesis weight: direct ketamine binding to TrkB",
      all(0, 0, 1, E, "Casarotto2021", assumed, "", "switch, off")}.within(zero_to_one));
    f(p.g_direct, Parameter{"g_direct", "g_{dir}", "1", "largest gain of TrkB by direct binding",
      all(0.5, 0, 2, E, "thisModel", assumed)}.within(not_negative));
    f(p.K_direct, Parameter{"K_direct", "K_{dir}", "uM", "brain ketamine for half direct binding",
      all(10, 1, 30, E, "thisModel", assumed)});
  }
  // clang-format on
};

template <class P = double>
struct Derived {
  P th0;
};

template <class P>
[[nodiscard]] Derived<P> derived(const Parameters<P>& p) {
  return {.th0 = 1.0 / (p.K_B + 1.0)};
}

template <class T = double>
struct State {
  T B{}, Pb{}, S{};

  static constexpr void each(auto& y, auto&& f) {
    f(y.B, Variable{"B", "1", StateKind::signalling, 1.0, "extracellular BDNF [fold]"});
    f(y.Pb, Variable{"Pb", "1", StateKind::signalling, 1.0, "releasable BDNF pool [fold]"});
    f(y.S, Variable{"S", "1", StateKind::signalling, 1.0, "surface TrkB [fold]"});
  }
};

/// TrkB occupancy by BDNF, bath included [1].
template <class T, class P>
[[nodiscard]] T occupancy(const State<T>& y, const Inputs<P>& u, const Parameters<P>& p) {
  const T Bt = y.B + u.bath_bdnf / p.C_B0;
  return Bt / (p.K_B + Bt);
}

/// Active TrkB [fold].
template <class T, class P>
[[nodiscard]] T active_trkb(const State<T>& y, const Inputs<P>& u, const Parameters<P>& p,
                            const Derived<P>& d, const T& K) {
  return y.S * occupancy(y, u, p) / d.th0 * (1.0 + p.w_direct * p.g_direct * K / (K + p.K_direct));
}

template <class T, class P>
[[nodiscard]] State<T> derivative(const State<T>& y, const Inputs<P>& u, const Parameters<P>& p,
                                  const Derived<P>& d, const T& A, const T& excess, const T& Q,
                                  const T& Mb) {
  const T surge = EH(excess, p.K_surge, p.n_surge);
  const T rel = 1.0 + p.f_act * (A - 1.0) + p.phi * p.g_B * (1.0 - u.vdcc_blocker) * surge;
  return {
      .B = p.k_cB * (rel * y.Pb * (1.0 - u.anti_bdnf) - y.B),
      .Pb = p.k_b * (Mb * (1.0 + p.g_b * (1.0 - Q)) * (1.0 - u.anisomycin) - y.Pb),
      .S = p.k_rec * (1.0 - y.S) - p.k_int * (y.S * occupancy(y, u, p) - d.th0),
  };
}

template <class T = double>
struct Readouts {
  T bdnf_extracellular{}, bdnf_protein{}, p_trkb{};

  static constexpr void each(auto& r, auto&& f) {
    f(r.bdnf_extracellular, Readout{"bdnf_extracellular", "fold", "extracellular BDNF"});
    f(r.bdnf_protein, Readout{"bdnf_protein", "fold", "releasable BDNF protein"});
    f(r.p_trkb, Readout{"p_trkb", "fold", "active TrkB"});
  }
};

template <class T>
[[nodiscard]] Readouts<T> readouts(const State<T>& y, const T& R) {
  return {.bdnf_extracellular = y.B, .bdnf_protein = y.Pb, .p_trkb = R};
}

}  // namespace ketasim::model::bdnf_trkb
