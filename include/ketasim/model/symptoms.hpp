/// Symptoms: acute relief driven by the circuit, sustained relief following regained synaptic
/// strength, a slow pool consolidated during growth phases, and a direct 5-HT part, on a bounded
/// logit scale.
///
/// Expectancy and functional unblinding are separate and depend on the trial, not on the drug
/// [wilkinson2019]: E jumps at every session. z0 is the symptom level before treatment at severity
/// u.stress; u.z0 is this value, or logit(baseline_madrs/60) where a baseline rating is given.
/// MADRS ends at 60 points, SSI at 38, CAPS-5 at 80.
/// Unblinding follows how strongly a patient dissociates of what is possible, not the points of the
/// rating: patients use its scale differently.
///
/// Only an excess of AMPA throughput induces acute relief, and only a growth phase consolidates:
/// R and C stay within 0 to 1 while throughput or strength are suppressed. Naltrexone acts on the
/// induction, so that relief gained before it stays [Williams2018].
///
/// Whether a benzodiazepine or lamotrigine weakens the relief is disputed, and both switches are
/// off. Patients with more than 8 mg of diazepam equivalents gained less [Andrashko2020], and so
/// did those with higher doses a day, not three days, after an infusion [Feeney2022]; in 451
/// patients of two trials of esketamine benzodiazepines made no difference [Diekamp2021].
/// Lamotrigine did not change the relief in 26 patients [mathew2010]; a review counts two of five
/// studies in which it weakened effects of ketamine [Veraart2021].
///   dPhi      = Phi - u.strength_ref
///   induction = (1 - w_opioid u.naltrexone) (1 - w_benzo u.benzodiazepine)
///               (1 - w_lamo u.lamotrigine)
///   drive     = induction EH(excess; K_R, n_R)
///   belief    = intensity^2/(intensity^2 + D_U^2)
///   L      = w_R R + w_S dPhi + w_C C + w_5 Y5
///   dR/dt  = k_R drive (1 - R) - R/tau_R
///   dC/dt  = k_C window_gain G (1 - C) - C/tau_C
///   dY5/dt = [xs/(X50_m + xs) - Y5]/tau_5
///   dE/dt  = -E/tau_Ex
///   dU/dt  = k_U belief (1 - U) - U/tau_U
///   dNs/dt = (u.nonspecific - Ns)/tau_ns
///   dr/dt  = h_drift L - r/tau_r
///   drug_relief    = L - r
///   context_relief = E + lambda_U u.unblinding U + Ns + w_T T
///   lg    = drug_relief + context_relief
///   z0    = logit(madrs_healthy/60) (1 - u.stress) + logit(madrs_depressed/60) u.stress
///   madrs = 60 expit(u.z0 - sensitivity drug_relief - context_relief)
///   madrs_baseline = 60 expit(u.z0)
///   madrs_change  = madrs - madrs_baseline
///   hdrs17_change = madrs_change/k_HDRS17
///   hdrs_change   = madrs_change/k_HDRS
///   effect_size   = [madrs - 60 expit(u.z0 - context_relief)]/sd_change
///   suicidal_ideation_change    = 38 expit(logit(SSI0/38) - k_SSI lg) - SSI0
///   suicidal_ideation_remission = expit(logit(p_SI0) + k_SIrem lg)
///   capsv_change  = 80 expit(logit(CAPS0/80) - k_CAPS lg) - CAPS0
/// In: excess (of AMPA throughput) from ampa; Phi, G from synaptogenesis; xs from serotonin;
/// intensity (of dissociation) from tolerability; window_gain, T (session learning) from psychotherapy.
/// Out: induction to synaptogenesis [1]; drug_relief to craving; both reliefs to response and
/// remission, see observation/clinical.hpp [logit].
#pragma once

#include "ketasim/model/inputs.hpp"
#include "ketasim/model/smooth.hpp"

namespace ketasim::model::symptoms {

/// Ends of the scales, all of which begin at 0 [points].
///   MADRS    10 items of 0 to 6    Montgomery and Asberg 1979, doi:10.1192/bjp.134.4.382
///   HDRS-17  17 items              Hamilton 1960, doi:10.1136/jnnp.23.1.56
///   SSI      19 items of 0 to 2    Beck 1979, doi:10.1037/0022-006X.47.2.343
///   CAPS-5   20 items of 0 to 4    Weathers 2018, doi:10.1037/pas0000486
/// A MADRS point is at most one point of the longer forms of the HDRS (k_HDRS >= 1).
inline constexpr double madrs_max = 60.0, hdrs17_max = 52.0, ssi_max = 38.0, caps_max = 80.0;

/// Where the logit of a MADRS is finite [points].
inline constexpr Scale inside_madrs{0.1, 59.9};

template <class P = double>
struct Parameters {
  P madrs_healthy = unset<P>(), madrs_depressed = unset<P>(), K_R = unset<P>(), n_R = unset<P>(),
    k_R = unset<P>(), tau_R = unset<P>(), w_R = unset<P>(), w_S = unset<P>(), w_C = unset<P>(),
    k_C = unset<P>(), tau_C = unset<P>(), w_5 = unset<P>(), X50_m = unset<P>(), tau_5 = unset<P>(),
    tau_Ex = unset<P>(), lambda_U = unset<P>(), k_U = unset<P>(), D_U = unset<P>(),
    tau_U = unset<P>(), tau_ns = unset<P>(), h_drift = unset<P>(), tau_r = unset<P>(),
    w_opioid = unset<P>(), w_benzo = unset<P>(), w_lamo = unset<P>(), sensitivity = unset<P>(),
    k_HDRS17 = unset<P>(), k_HDRS = unset<P>(), omega_s = unset<P>(), sd_e = unset<P>(),
    sigma_y = unset<P>(), remission_cut = unset<P>(), sd_change = unset<P>(), SSI0 = unset<P>(),
    k_SSI = unset<P>(), p_SI0 = unset<P>(), k_SIrem = unset<P>(), CAPS0 = unset<P>(),
    k_CAPS = unset<P>(), k_craving = unset<P>(), p_abst0 = unset<P>(), k_abst = unset<P>(),
    w_T = unset<P>();

  // clang-format off
  static constexpr void each(auto& p, auto&& f) {
    using enum Grade;
    using enum Evidence;
    f(p.madrs_healthy, Parameter{"madrs_healthy", "h_M", "points", "MADRS of a healthy person (s = 0)",
      all(3, 0.1, 6, E, "thisModel", assumed)}.within(inside_madrs));
    f(p.madrs_depressed, Parameter{"madrs_depressed", "d_M", "points", "MADRS at severity s = 1",
      all(35, 33, 38, A, "daly2018", read, "", "arm means 31-38")}.within(inside_madrs));
    f(p.K_R, Parameter{"K_R", "K_R", "1", "excess of AMPA throughput for half acute drive",
      all(0.121, 0.05, 0.5, E, "thisModel", derived, "clinical calibrate rows")}.within(positive));
    f(p.n_R, Parameter{"n_R", "n_R", "1", "steepness of the acute drive",
      all(2.163, 1.2, 4, E, "thisModel", derived, "clinical calibrate rows")}.within(positive));
    f(p.k_R, Parameter{"k_R", "k_R", "1/h", "build-up of acute relief at full drive",
      all(1.2, 0.5, 3, E, "thisModel", derived, "clinical targets (single dose, dose range, six infusions, nasal)")});
    f(p.tau_R, Parameter{"tau_R", "\\tau_R", "h", "decay of acute relief",
      all(20.99, 10, 60, E, "thisModel", derived, "clinical calibrate rows")});
    f(p.w_R, Parameter{"w_R", "w_R", "1", "logit weight of acute relief",
      all(0.4628, 0.2, 1.0, E, "thisModel", derived, "clinical calibrate rows")}.within(not_negative));
    f(p.w_S, Parameter{"w_S", "w_S", "1", "logit weight of regained synaptic strength",
      all(0.9311, 0.3, 4, E, "thisModel", derived, "clinical calibrate rows")}.within(not_negative));
    f(p.w_C, Parameter{"w_C", "w_C", "1", "logit weight of the consolidated pool",
      all(1.5, 1, 3.5, E, "thisModel", assumed, "", "only w_C k_C is identified")}.within(not_negative));
    f(p.k_C, Parameter{"k_C", "k_C", "1/h", "consolidation rate in a full growth phase",
      all(0.0006841, 0.0001, 0.01, E, "thisModel", derived, "clinical calibrate rows")});
    f(p.tau_C, Parameter{"tau_C", "\\tau_C", "h", "decay of the consolidated pool",
      all(1094, 300, 5000, E, "thisModel", derived, "clinical calibrate rows")});
    f(p.w_5, Parameter{"w_5", "w_5", "1", "logit weight of the direct 5-HT term",
      all(0.329, 0, 0.5, E, "thisModel", derived, "clinical calibrate rows")}.within(not_negative));
    f(p.X50_m, Parameter{"X50_m", "X_{50,m}", "1", "5-HT excess for half the direct term",
      all(0.3, 0.1, 1, E, "thisModel", assumed)}.within(positive));
    f(p.tau_5, Parameter{"tau_5", "\\tau_5", "h", "response time of the direct 5-HT term",
      all(116.5, 48, 240, E, "thisModel", assumed, "taylor2006")});
    f(p.tau_Ex, Parameter{"tau_Ex", "\\tau_{Ex}", "h", "decay of expectancy",
      all(315.4, 96, 500, E, "thisModel", derived, "clinical calibrate rows")});
    f(p.lambda_U, Parameter{"lambda_U", "\\lambda_U", "1", "scale of the functional-unblinding term",
      all(1, 0, 2, E, "wilkinson2019", assumed, "", "multiplies the weight of the context; 0 switches unblinding off")}.within(not_negative));
    f(p.k_U, Parameter{"k_U", "k_U", "1/h", "formation of the belief of having received drug",
      all(4.0, 1, 10, E, "thisModel", assumed)});
    f(p.D_U, Parameter{"D_U", "D_U", "1", "intensity of dissociation for half that rate",
      all(0.13, 0.06, 0.25, E, "wilkinson2019", assumed, "", "4 CADSS points of a person with the typical largest CADSS")}.within(positive));
    f(p.tau_U, Parameter{"tau_U", "\\tau_U", "h", "decay of that belief",
      all(532.6, 168, 1000, E, "thisModel", derived, "clinical calibrate rows")});
    f(p.tau_ns, Parameter{"tau_ns", "\\tau_{ns}", "h", "time constant of non-specific improvement in an oral-antidepressant trial",
      all(425.4, 336, 528, A, "posternak2005", derived, "clinical calibrate rows", "17.8 d")});
    f(p.h_drift, Parameter{"h_drift", "h_d", "1/h", "relapse drift per unit relief",
      all(0.0002525, 0.00008, 0.0008, E, "thisModel", derived, "clinical calibrate rows", "0.008 per day")});
    f(p.tau_r, Parameter{"tau_r", "\\tau_r", "h", "forgetting of the drift",
      all(1440, 500, 3000, E, "thisModel", assumed)});
    f(p.w_opioid, Parameter{"w_opioid", "w_{op}", "1", "hypothesis weight: naltrexone gates the induction of relief",
      all(0, 0, 1, E, "Williams2018", assumed, "", "switch, off")}.within(zero_to_one));
    f(p.w_benzo, Parameter{"w_benzo", "w_{bz}", "1", "hypothesis weight: a benzodiazepine weakens the induction of relief",
      all(0, 0, 1, E, "Andrashko2020;Feeney2022", assumed, "", "switch, off; against it Diekamp2021")}.within(zero_to_one));
    f(p.w_lamo, Parameter{"w_lamo", "w_{la}", "1", "hypothesis weight: lamotrigine weakens the induction of relief",
      all(0, 0, 1, E, "Veraart2021", assumed, "", "switch, off; against it mathew2010")}.within(zero_to_one));
    f(p.sensitivity, Parameter{"sensitivity", "s_i", "1", "individual sensitivity to drug relief",
      all(1, 0.1, 5, E, "thisModel", derived, "", "population mean 1")}.within(not_negative));
    f(p.k_HDRS17, Parameter{"k_HDRS17", "k_{17}", "1", "MADRS points per HDRS-17 point",
      all(1.35, 1.2, 1.6, D, "thisModel", memory)}.within({madrs_max / hdrs17_max}));
    f(p.k_HDRS, Parameter{"k_HDRS", "k_{H}", "1", "MADRS points per HDRS (25 or 28 items) point",
      all(1.2, 1, 1.5, E, "thisModel", assumed)}.within({1.0}));
    f(p.omega_s, Parameter{"omega_s", "\\omega_s", "1", "log-SD of individual sensitivity",
      all(1.437, 0.6, 1.8, E, "thisModel", derived, "clinical calibrate rows")}.within(not_negative));
    f(p.sd_e, Parameter{"sd_e", "\\sigma_e", "1", "between-patient SD of the control shift",
      all(0.7438, 0.4, 1.0, E, "thisModel", derived, "clinical calibrate rows")}.within(not_negative));
    f(p.sigma_y, Parameter{"sigma_y", "\\sigma_y", "points", "rating error SD",
      all(4.5, 2.5, 5.5, E, "thisModel", derived)}.within(positive));
    f(p.remission_cut, Parameter{"remission_cut", "c_{rem}", "points", "MADRS at or below which remission is counted",
      all(10, 9, 12, A, "jones2022", memory, "", "trials use 10 or 12")}.within(inside_madrs));
    f(p.sd_change, Parameter{"sd_change", "\\sigma_d", "points", "SD of MADRS change used for effect_size",
      all(11.5, 7.3, 14.7, A, "ionescu2021", read)}.within(positive));
    f(p.SSI0, Parameter{"SSI0", "SSI_0", "points", "baseline Scale for Suicidal Ideation",
      all(15, 8, 22, D, "thisModel", assumed)}.within({0.0, ssi_max}));
    f(p.k_SSI, Parameter{"k_SSI", "k_{SSI}", "1", "logit slope of suicidal ideation on relief",
      all(1.0, 0.5, 2, E, "thisModel", assumed)}.within(not_negative));
    f(p.p_SI0, Parameter{"p_SI0", "p_{SI}", "1", "remission of suicidal ideation without relief",
      all(0.025, 0.02, 0.1, B, "su2023", derived, "su2023")}.within(zero_to_one));
    f(p.k_SIrem, Parameter{"k_SIrem", "k_{SI}", "1", "logit slope of ideation remission on relief",
      all(3, 0.5, 5, E, "thisModel", derived, "su2023")}.within(not_negative));
    f(p.CAPS0, Parameter{"CAPS0", "CAPS_0", "points", "baseline CAPS-5",
      all(42, 30, 50, D, "feder2021", memory)}.within({0.0, caps_max}));
    f(p.k_CAPS, Parameter{"k_CAPS", "k_{CAPS}", "1", "logit slope of CAPS-5 on relief",
      all(0.8, 0.3, 1.5, E, "thisModel", assumed)}.within(not_negative));
    f(p.k_craving, Parameter{"k_craving", "k_{cr}", "1", "exponential slope of craving on relief",
      all(0.6, 0, 1.5, E, "thisModel", assumed)}.within(not_negative));
    f(p.p_abst0, Parameter{"p_abst0", "p_{ab}", "1", "abstinence without treatment",
      all(0.11, 0.05, 0.3, B, "dakwar2019", read, "", "control arm 11 %")}.within(zero_to_one));
    f(p.k_abst, Parameter{"k_abst", "k_{ab}", "1", "logit slope of abstinence on the fall of craving",
      all(3.0, 1, 5, E, "dakwar2019", derived, "", "48 % abstinent with craving -58 %")}.within(not_negative));
    f(p.w_T, Parameter{"w_T", "w_T", "1", "logit weight of session learning",
      all(0.8, 0, 2, E, "thisModel", assumed)}.within(not_negative));
  }
  // clang-format on
};

template <class T = double>
struct State {
  T R{}, C{}, Y5{}, E{}, U{}, Ns{}, r{};

  static constexpr void each(auto& y, auto&& f) {
    f(y.R, Variable{"R", "1", StateKind::symptom, 1.0, "acute relief"});
    f(y.C, Variable{"C", "1", StateKind::symptom, 1.0, "consolidated relief"});
    f(y.Y5, Variable{"Y5", "1", StateKind::symptom, 1.0, "direct 5-HT relief"});
    f(y.E, Variable{"E", "1", StateKind::symptom, 1.0, "expectancy [logit]"}.within({0.0, 4.0}));
    f(y.U, Variable{"U", "1", StateKind::symptom, 1.0, "belief of having received drug"});
    f(y.Ns, Variable{"Ns", "1", StateKind::symptom, 1.0, "non-specific improvement [logit]"}.within(
                {0.0, 4.0}));
    f(y.r,
      Variable{"r", "1", StateKind::symptom, 1.0, "relapse drift [logit]"}.within({-1.0, 4.0}));
  }
};

/// Relief attributable to the drug, before drift [logit].
template <class T, class P>
[[nodiscard]] T relief(const State<T>& y, const Inputs<P>& u, const Parameters<P>& p,
                       const T& Phi) {
  const T dPhi = Phi - u.strength_ref;
  return p.w_R * y.R + p.w_S * dPhi + p.w_C * y.C + p.w_5 * y.Y5;
}

/// Relief owed to expectancy, unblinding, time and sessions [logit].
template <class T, class P>
[[nodiscard]] T nonspecific(const State<T>& y, const Inputs<P>& u, const Parameters<P>& p,
                            const T& T_th) {
  return y.E + p.lambda_U * u.unblinding * y.U + y.Ns + p.w_T * T_th;
}

/// Share of the induction of relief that co-medication leaves [1].
template <class P>
[[nodiscard]] P induction(const Inputs<P>& u, const Parameters<P>& p) {
  return (1.0 - p.w_opioid * u.naltrexone) * (1.0 - p.w_benzo * u.benzodiazepine) *
         (1.0 - p.w_lamo * u.lamotrigine);
}

template <class T, class P>
[[nodiscard]] State<T> derivative(const State<T>& y, const Inputs<P>& u, const Parameters<P>& p,
                                  const T& excess, const T& Phi, const T& xs, const T& intensity,
                                  const T& window_gain, const T& G) {
  const T drive = induction(u, p) * EH(excess, p.K_R, p.n_R);
  const T L = relief(y, u, p, Phi);
  const T felt = intensity * intensity;
  const T belief = felt / (felt + p.D_U * p.D_U);
  return {
      .R = p.k_R * drive * (1.0 - y.R) - y.R / p.tau_R,
      .C = p.k_C * window_gain * G * (1.0 - y.C) - y.C / p.tau_C,
      .Y5 = (xs / (p.X50_m + xs) - y.Y5) / p.tau_5,
      .E = -(y.E / p.tau_Ex),
      .U = p.k_U * belief * (1.0 - y.U) - y.U / p.tau_U,
      .Ns = (u.nonspecific - y.Ns) / p.tau_ns,
      .r = p.h_drift * L - y.r / p.tau_r,
  };
}

/// Symptom level before treatment [logit of MADRS/60] at severity s0.
template <class P>
[[nodiscard]] P baseline(const Parameters<P>& p, const P& s0) {
  const P top = quantity<P>(madrs_max, "points");
  return logit(P(p.madrs_healthy / top)) * (1.0 - s0) + logit(P(p.madrs_depressed / top)) * s0;
}

/// Net drug relief L - r and what the context adds, from which all symptom readouts follow [logit].
template <class T>
struct Relief {
  T drug, context;
};

/// MADRS at a symptom level z: 60 expit(z) [points].
template <class P>
[[nodiscard]] P madrs(const P& z) {
  return quantity<P>(madrs_max, "points") * expit(z);
}

/// MADRS of a patient with sensitivity s: 60 expit(z0 - s drug - context) [points].
template <class T, class P>
[[nodiscard]] T madrs(const P& z0, const P& s, const Relief<T>& z) {
  return quantity<P>(madrs_max, "points") * expit(T(z0 - s * z.drug - z.context));
}

template <class T = double>
struct Readouts {
  T drug_relief{}, context_relief{}, madrs{}, madrs_baseline{}, madrs_change{}, hdrs17_change{},
      hdrs_change{}, suicidal_ideation_change{}, suicidal_ideation_remission{}, effect_size{},
      capsv_change{};

  static constexpr void each(auto& r, auto&& f) {
    f(r.drug_relief, Readout{"drug_relief", "1", "net drug relief at sensitivity 1 [logit]"});
    f(r.context_relief,
      Readout{"context_relief", "1",
              "relief by expectancy, unblinding, non-specific improvement and sessions [logit]"});
    f(r.madrs, Readout{"madrs", "points", "Montgomery-Asberg depression rating", {0.0, madrs_max}});
    f(r.madrs_baseline,
      Readout{"madrs_baseline", "points", "MADRS before treatment", {0.0, madrs_max}});
    f(r.madrs_change,
      Readout{"madrs_change", "points", "change of MADRS from baseline", {-madrs_max, madrs_max}});
    f(r.hdrs17_change, Readout{"hdrs17_change",
                               "points",
                               "change of the 17-item Hamilton rating",
                               {-hdrs17_max, hdrs17_max}});
    f(r.hdrs_change, Readout{"hdrs_change",
                             "points",
                             "change of the 25- or 28-item Hamilton rating",
                             {-madrs_max, madrs_max}});
    f(r.suicidal_ideation_change,
      Readout{"suicidal_ideation_change",
              "points",
              "change of the Scale for Suicidal Ideation, rescaled from mood",
              {-ssi_max, ssi_max}});
    f(r.suicidal_ideation_remission,
      Readout{"suicidal_ideation_remission", "1", "fraction free of suicidal ideation, from mood",
              zero_to_one});
    f(r.effect_size, Readout{"effect_size", "SMD",
                             "drug against no drug in the same context; negative is better"});
    f(r.capsv_change, Readout{"capsv_change",
                              "points",
                              "change of the PTSD scale CAPS-5, rescaled from mood",
                              {-caps_max, caps_max}});
  }
};

template <class T, class P>
[[nodiscard]] Readouts<T> readouts(const Relief<T>& z, const Inputs<P>& u, const Parameters<P>& p) {
  const P ssi_top = quantity<P>(ssi_max, "points"), caps_top = quantity<P>(caps_max, "points");
  const P before = symptoms::madrs(u.z0);
  const T madrs = symptoms::madrs(u.z0, p.sensitivity, z);
  const T change = madrs - before;
  const T lg = z.drug + z.context;
  return {
      .drug_relief = z.drug,
      .context_relief = z.context,
      .madrs = madrs,
      .madrs_baseline = T(before),
      .madrs_change = change,
      .hdrs17_change = change / p.k_HDRS17,
      .hdrs_change = change / p.k_HDRS,
      .suicidal_ideation_change =
          ssi_top * expit(T(logit(P(p.SSI0 / ssi_top)) - p.k_SSI * lg)) - p.SSI0,
      .suicidal_ideation_remission = expit(T(logit(p.p_SI0) + p.k_SIrem * lg)),
      .effect_size =
          (madrs - quantity<P>(madrs_max, "points") * expit(T(u.z0 - z.context))) / p.sd_change,
      .capsv_change = caps_top * expit(T(logit(P(p.CAPS0 / caps_top)) - p.k_CAPS * lg)) - p.CAPS0,
  };
}

}  // namespace ketasim::model::symptoms
