/// Pharmacokinetics: S- and R-ketamine, norketamine (NK) and hydroxynorketamine (HNK), arterial,
/// venous and brain.
///
/// S and R run in parallel without inversion through a well-stirred liver; arterial blood drives
/// the brain, clinical samples are venous and lag [Otto2021, Simons2022, PerezRuixo2021, Fanta2015,
/// Henthorn2018]. Ketamine that the gut wall keeps becomes norketamine there: oral doses need a
/// presystemic formation of norketamine [Fanta2015]. Linear; enzymes change the clearances. The venous branches Cv1 and Cv2 are for
/// observation only: no mass leaves through them. 237.73, 223.70 and 239.70 g/mol are the molar
/// masses of ketamine, NK and HNK.
///   F_wall = F_gut/[1 + (1 - F_gut) wall]
///   For e = S, R:
///     C1_e  = A1_e/V1
///     C2_e  = A2_e/V2
///     C3_e  = A3_e/V3
///     Ch_e  = Ah_e/Vh
///     Cn_e  = Ank_e/Vn
///     Ck_e  = Ahk_e/Vhnk
///     sys_e = ka_n An_e + ka_im Aim_e + ka_sc Asc_e + ka_sl Asl_e + ka_ip (1 - f_portal_ip) Aip_e
///             + ka_rc FR_rc Arc_e
///     gut_e = ka_sw Asw_e + ka_po Apo_e + ka_rc (1 - FR_rc) Arc_e
///     por_e = F_wall gut_e + ka_ip f_portal_ip Aip_e
///     dA1_e/dt  = sys_e + u.rate_A1_e - Q2 (C1_e - C2_e) - Q3 (C1_e - C3_e) - Qh (C1_e - Ch_e)
///     dA2_e/dt  = Q2 (C1_e - C2_e)
///     dA3_e/dt  = Q3 (C1_e - C3_e)
///     dAh_e/dt  = por_e + Qh (C1_e - Ch_e) - hepatic CLint_e Ch_e
///     dAn_e/dt  = -ka_n An_e
///     dAsw_e/dt = u.rate_Asw_e - ka_sw Asw_e
///     dApo_e/dt = u.rate_Apo_e - ka_po Apo_e
///     dAim_e/dt = -ka_im Aim_e
///     dAsc_e/dt = -ka_sc Asc_e
///     dAip_e/dt = -ka_ip Aip_e
///     dAsl_e/dt = -ka_sl Asl_e
///     dArc_e/dt = -ka_rc Arc_e
///     dCv1_e/dt = k_v1 (C1_e - Cv1_e)
///     dCv2_e/dt = k_v2 (C1_e - Cv2_e)
///     dAt_e/dt  = fm_NK hepatic CLint_e Ch_e + fm_gut (1 - F_wall) gut_e - ktr_NK At_e
///     dAnk_e/dt = ktr_NK At_e + u.rate_Ank_e - nk CLn_e Cn_e - Qn (Cn_e - Anp_e/Vpn)
///     dAnp_e/dt = Qn (Cn_e - Anp_e/Vpn)
///     dAhk_e/dt = fh_HNK nk CLn_e Cn_e + u.rate_Ahk_e - CLh_e Ck_e - Qhnk (Ck_e - Ahp_e/Vphnk)
///     dAhp_e/dt = Qhnk (Ck_e - Ahp_e/Vphnk)
///     dCe_e/dt  = ke0 (fu Kp_uu C1_e - Ce_e)
///     dCen_e/dt = ke0 (fu Kp_uu Cn_e - Cen_e)
///     dCeh_e/dt = ke0 (fu Kp_uu Ck_e - Ceh_e)
///   S  = Ce_S + u.bath_S
///   R  = Ce_R + u.bath_R
///   NS = Cen_S + u.bath_NK/2
///   NR = Cen_R + u.bath_NK/2
///   HS = Ceh_S + u.bath_HNK_S
///   HR = Ceh_R + u.bath_HNK_R
///   K  = S + R
///   esketamine_venous   = 237.73 [f_v Cv1_S + (1 - f_v) Cv2_S]
///   arketamine_venous   = 237.73 [f_v Cv1_R + (1 - f_v) Cv2_R]
///   ketamine_venous     = esketamine_venous + arketamine_venous
///   ketamine_arterial   = 237.73 (C1_S + C1_R)
///   esketamine_arterial = 237.73 C1_S
///   norketamine_venous  = 223.70 (Cn_S + Cn_R)
///   hnk_venous          = 239.70 (Ck_S + Ck_R)
/// In: dosing events; wall, hepatic, nk from enzymes.
/// Out: S, R, NS, NR, HS, HR, K (unbound brain ketamine S and R, norketamine S and R,
/// hydroxynorketamine S and R, and ketamine S + R) [uM].
#pragma once

#include "ketasim/model/enzymes.hpp"
#include "ketasim/model/inputs.hpp"
#include "ketasim/model/smooth.hpp"

namespace ketasim::model::pharmacokinetics {

template <class P = double>
struct Parameters {
  P weight_ref = unset<P>(), V1 = unset<P>(), Q2 = unset<P>(), V2 = unset<P>(), Q3 = unset<P>(),
    V3 = unset<P>(), Qh = unset<P>(), Vh = unset<P>(), CLint_S = unset<P>(), CLint_R = unset<P>(),
    k_v1 = unset<P>(), k_v2 = unset<P>(), f_v = unset<P>(), FR_n = unset<P>(), dFR_n = unset<P>(),
    f_sw = unset<P>(), ka_n = unset<P>(), D_sw = unset<P>(), ka_sw = unset<P>(), D_po = unset<P>(),
    D_er = unset<P>(), ka_po = unset<P>(), F_gut = unset<P>(), fm_gut = unset<P>(),
    F_er = unset<P>(), ka_im = unset<P>(), F_im = unset<P>(), ka_sc = unset<P>(), F_sc = unset<P>(),
    ka_ip = unset<P>(), f_portal_ip = unset<P>(), ka_sl = unset<P>(), FR_sl = unset<P>(),
    ka_rc = unset<P>(), FR_rc = unset<P>(), D_met = unset<P>(), F_met = unset<P>(),
    fm_NK = unset<P>(), ktr_NK = unset<P>(), Vn = unset<P>(), CLn_S = unset<P>(),
    CLn_R = unset<P>(), Qn = unset<P>(), Vpn = unset<P>(), fh_HNK = unset<P>(), Vhnk = unset<P>(),
    CLh_S = unset<P>(), CLh_R = unset<P>(), Qhnk = unset<P>(), Vphnk = unset<P>(), fu = unset<P>(),
    Kp_uu = unset<P>(), ke0 = unset<P>();

  // clang-format off
  static constexpr void each(auto& p, auto&& f) {
    using enum Grade;
    using enum Evidence;
    f(p.weight_ref, Parameter{"weight_ref", "w_{ref}", "kg", "body weight of the reference parameters",
      human(70, 70, 70, A, "thisModel", derived, "", "volumes scale with weight, flows and clearances with weight^0.75"),
      rat(0.3, 0.25, 0.35, C, "thisModel", assumed, "", "mouse: same set at 0.025 kg")});
    f(p.V1, Parameter{"V1", "V_1", "L", "arterial/central volume",
      human(10, 8, 20, A, "thisModel", derived, "Otto2021;Simons2022", "chosen near Simons VK1 11.6 L").iiv(24),
      rat(0.0488, 0.03, 0.15, E, "thisModel", assumed, "rat driver shape", "0.2 L/kg")});
    f(p.Q2, Parameter{"Q2", "Q_2", "L/h", "central to fast peripheral clearance",
      human(185, 140, 235, B, "thisModel", derived, "Otto2021;Simons2022"),
      rat(3.79, 1, 6, E, "thisModel", assumed)});
    f(p.V2, Parameter{"V2", "V_2", "L", "fast peripheral volume",
      human(95, 80, 110, B, "thisModel", derived, "Otto2021;Simons2022"),
      rat(0.554, 0.2, 1.0, E, "thisModel", assumed, "rat driver shape")});
    f(p.Q3, Parameter{"Q3", "Q_3", "L/h", "central to deep peripheral clearance",
      human(42, 35, 75, B, "thisModel", derived, "Otto2021;Simons2022").iiv(16),
      rat(0.149, 0.1, 1, E, "thisModel", assumed)});
    f(p.V3, Parameter{"V3", "V_3", "L", "deep peripheral volume",
      human(200, 170, 420, B, "thisModel", derived, "Otto2021;Simons2022", "417 L if the terminal phase matters"),
      rat(0.592, 0.2, 1.5, E, "thisModel", assumed)});
    f(p.Qh, Parameter{"Qh", "Q_h", "L/h", "hepatic plasma flow of the well-stirred liver",
      human(132, 90, 151, A, "thisModel", derived, "Fanta2015;PerezRuixo2021", "falls above 60 years of age (set before the run)").iiv(23.2),
      rat(1.0, 0.7, 1.3, E, "thisModel", assumed, "", "about 55 mL/min/kg")});
    f(p.Vh, Parameter{"Vh", "V_h", "L", "hepato-portal volume",
      human(27, 15, 101, B, "thisModel", derived, "Otto2021").iiv(34.6),
      rat(0.02, 0.01, 0.05, E, "thisModel", assumed)});
    f(p.CLint_S, Parameter{"CLint_S", "CL_{int,S}", "L/h", "hepatic intrinsic clearance of S-ketamine (total plasma conc.)",
      human(340, 280, 460, A, "thisModel", derived, "Fanta2015;Wang2019", "CL 95.1 L/h, extraction 0.72").iiv(16),
      rat(6.08, 2, 12, E, "thisModel", assumed, "rat driver shape", "extraction 0.75")});
    f(p.CLint_R, Parameter{"CLint_R", "CL_{int,R}", "L/h", "hepatic intrinsic clearance of R-ketamine",
      human(215, 170, 290, A, "thisModel", derived, "Wang2019;Hasan2021", "CL 81.8 L/h, 0.86 of S").iiv(16),
      rat(4.86, 1.6, 10, E, "thisModel", assumed)});
    f(p.k_v1, Parameter{"k_v1", "k_{v1}", "1/h", "forearm venous delay, fast branch",
      all(6.1, 4, 8, B, "thisModel", derived, "Otto2021", "sampling only, carries no mass")});
    f(p.k_v2, Parameter{"k_v2", "k_{v2}", "1/h", "forearm venous delay, slow branch",
      all(0.63, 0.4, 1, B, "thisModel", derived, "Otto2021")});
    f(p.f_v, Parameter{"f_v", "f_v", "1", "weight of the fast venous branch",
      human(0.58, 0.5, 0.7, B, "thisModel", derived, "Otto2021"),
      rat(1.0, 0.5, 1, E, "thisModel", assumed, "", "trunk blood in rats: fast branch only")}.within(zero_to_one));
    f(p.FR_n, Parameter{"FR_n", "FR_n", "1", "nasally absorbed fraction, first 28-mg device",
      human(0.48, 0.42, 0.54, A, "thisModel", derived, "PerezRuixo2021;spravato_label", "IIV is SD x100 on the logit").iiv(70.8),
      rat(0.48, 0.2, 0.8, E, "thisModel", assumed, "", "human value")}.within(zero_to_one));
    f(p.dFR_n, Parameter{"dFR_n", "d_{FR}", "1", "multiplier on FR_n for the 2nd and later device",
      all(0.62, 0.5, 0.8, B, "PerezRuixo2021", read)}.within(zero_to_one));
    f(p.f_sw, Parameter{"f_sw", "f_{sw}", "1", "share of the spray not absorbed in the nose that is swallowed, the rest is lost",
      all(0.55, 0.4, 1, B, "thisModel", derived, "PerezRuixo2021;Yanagihara2003", "calibration/plasma.py, 15 %")}.within(zero_to_one));
    f(p.ka_n, Parameter{"ka_n", "k_{a,n}", "1/h", "nasal mucosal absorption",
      all(2.4, 1.9, 2.93, A, "thisModel", derived, "PerezRuixo2021").iiv(61.5)});
    f(p.D_sw, Parameter{"D_sw", "D_{sw}", "h", "zero-order emptying of a swallowed dose",
      all(0.53, 0.3, 0.8, B, "PerezRuixo2021", read, "", "input duration of event, not in the rhs")});
    f(p.ka_sw, Parameter{"ka_sw", "k_{a,sw}", "1/h", "absorption of the swallowed dose into the liver",
      all(1.45, 1, 2, B, "PerezRuixo2021", read).iiv(132)});
    f(p.D_po, Parameter{"D_po", "D_{po}", "h", "zero-order duration, oral solution",
      all(0.32, 0.2, 0.6, B, "PerezRuixo2021", read, "", "input duration of event")});
    f(p.D_er, Parameter{"D_er", "D_{er}", "h", "zero-order release duration, extended-release tablet",
      all(5, 4, 8, B, "Hasan2021", derived, "Tmax 5-6 h", "input duration of event")});
    f(p.ka_po, Parameter{"ka_po", "k_{a,po}", "1/h", "absorption, oral solution",
      all(0.97, 0.8, 1.5, B, "PerezRuixo2021", read).iiv(132)});
    f(p.F_gut, Parameter{"F_gut", "F_{gut}", "1", "fraction escaping the gut wall",
      all(0.395, 0.29, 0.75, B, "thisModel", derived, "PerezRuixo2021;Fanta2015;Hasan2020abs;Yanagihara2003", "calibration/plasma.py, 7 %; 0.64 in PerezRuixo2021, 0.29 in Fanta2015")}.within(zero_to_one));
    f(p.fm_gut, Parameter{"fm_gut", "f_{m,gut}", "1", "molar fraction of the ketamine kept by the gut wall that forms norketamine",
      all(1, 0.71, 1, D, "thisModel", assumed, "", "CYP3A4 demethylates; a fitted value is no better")}.within(zero_to_one));
    f(p.F_er, Parameter{"F_er", "F_{er}", "1", "fraction of an extended-release tablet released for absorption",
      all(1, 0.7, 1, E, "thisModel", assumed, "", "F_gut alone gives the observed F of 0.15")}.within(zero_to_one));
    f(p.ka_im, Parameter{"ka_im", "k_{a,im}", "1/h", "intramuscular absorption",
      all(8, 3, 15, E, "thisModel", assumed, "", "no measured value was found")});
    f(p.F_im, Parameter{"F_im", "F_{im}", "1", "intramuscular bioavailability",
      all(0.93, 0.85, 1, B, "Clements1982", secondary)}.within(zero_to_one));
    f(p.ka_sc, Parameter{"ka_sc", "k_{a,sc}", "1/h", "subcutaneous absorption",
      all(4, 2, 8, E, "thisModel", assumed, "", "dissociation after SC esketamine peaks at 30 min")});
    f(p.F_sc, Parameter{"F_sc", "F_{sc}", "1", "subcutaneous bioavailability",
      all(0.9, 0.75, 1, E, "thisModel", assumed, "", "no measured value was found")}.within(zero_to_one));
    f(p.ka_ip, Parameter{"ka_ip", "k_{a,ip}", "1/h", "intraperitoneal absorption",
      all(10.4, 6, 20, E, "thisModel", assumed, "", "half-time 4 min; the human set carries it unused")});
    f(p.f_portal_ip, Parameter{"f_portal_ip", "f_{ip}", "1", "share of an intraperitoneal dose absorbed through the portal vein",
      all(0.95, 0, 1, E, "thisModel", assumed, "rat driver shape", "lower values need Kp_uu near 0.25")}.within(zero_to_one));
    f(p.ka_sl, Parameter{"ka_sl", "k_{a,sl}", "1/h", "sublingual mucosal absorption",
      all(2.0, 1, 4, E, "thisModel", assumed, "Tmax 45 min")});
    f(p.FR_sl, Parameter{"FR_sl", "FR_{sl}", "1", "sublingual fraction absorbed through the mucosa, rest swallowed",
      all(0.235, 0.05, 0.3, B, "thisModel", derived, "Simons2022;Rolan2014;Yanagihara2003", "calibration/plasma.py, 9 %")}.within(zero_to_one));
    f(p.ka_rc, Parameter{"ka_rc", "k_{a,rc}", "1/h", "rectal absorption",
      all(2.0, 1, 4, E, "thisModel", assumed)});
    f(p.FR_rc, Parameter{"FR_rc", "FR_{rc}", "1", "rectal fraction bypassing the liver",
      all(0.11, 0, 0.5, E, "thisModel", derived, "F 0.30")}.within(zero_to_one));
    f(p.D_met, Parameter{"D_met", "D_{met}", "h", "zero-order input duration of a non-iv record of a metabolite or channel blocker",
      all(0.25, 0.1, 0.5, E, "thisModel", assumed, "", "input duration of event")});
    f(p.F_met, Parameter{"F_met", "F_{met}", "1", "bioavailability of a non-iv record of a metabolite",
      all(0.46, 0.4, 0.6, C, "Moaddel2015", read, "", "F of (2S,6S)-HNK in rat 0.46, (2R,6R)-HNK mouse 0.46-0.52, rat 0.42")}.within(zero_to_one));
    f(p.fm_NK, Parameter{"fm_NK", "f_m", "1", "molar fraction of hepatic clearance forming norketamine",
      all(0.8, 0.71, 0.9, B, "Simons2022", read)}.within(zero_to_one));
    f(p.ktr_NK, Parameter{"ktr_NK", "k_{tr}", "1/h", "transit rate liver to circulating norketamine",
      all(5.3, 3, 8, B, "thisModel", derived, "Otto2021")});
    f(p.Vn, Parameter{"Vn", "V_n", "L", "norketamine central volume",
      human(91, 70, 100, B, "thisModel", derived, "Otto2021").iiv(20),
      rat(0.351, 0.1, 2, E, "thisModel", assumed)});
    f(p.CLn_S, Parameter{"CLn_S", "CL_{n,S}", "L/h", "S-norketamine clearance",
      human(44, 38, 60, B, "thisModel", derived, "Otto2021").iiv(32),
      rat(3.36, 0.5, 6, E, "thisModel", assumed)});
    f(p.CLn_R, Parameter{"CLn_R", "CL_{n,R}", "L/h", "R-norketamine clearance",
      human(38, 30, 45, B, "thisModel", derived, "Hasan2021").iiv(32),
      rat(3.36, 0.5, 6, E, "thisModel", assumed)});
    f(p.Qn, Parameter{"Qn", "Q_n", "L/h", "norketamine intercompartmental clearance",
      human(35, 26, 43, B, "thisModel", derived, "Otto2021"),
      rat(11.8, 2, 20, E, "thisModel", assumed)});
    f(p.Vpn, Parameter{"Vpn", "V_{pn}", "L", "norketamine peripheral volume",
      human(81, 81, 160, B, "thisModel", derived, "Otto2021"),
      rat(3.98, 1, 8, E, "thisModel", assumed)});
    f(p.fh_HNK, Parameter{"fh_HNK", "f_h", "1", "molar fraction of norketamine clearance forming 2,6-hydroxynorketamine",
      human(0.47, 0.15, 0.8, D, "thisModel", derived, "Hasan2020abs;Hasan2021", "calibration/plasma.py, 24 %; two reports of one trial differ sevenfold after intravenous dosing"),
      rat(0.7, 0.15, 0.8, D, "Simons2022", read, "", "human value, an assumption of the source")}.within(zero_to_one));
    f(p.Vhnk, Parameter{"Vhnk", "V_{hk}", "L", "hydroxynorketamine central volume",
      human(8, 4.4, 30, D, "thisModel", derived, "Simons2022", "poorly identified"),
      rat(0.5, 0.2, 2, E, "thisModel", assumed)});
    f(p.CLh_S, Parameter{"CLh_S", "CL_{h,S}", "L/h", "(2S,6S)-hydroxynorketamine clearance",
      human(32, 25, 56, B, "thisModel", derived, "Hasan2021").iiv(33),
      rat(0.21, 0.15, 0.4, C, "Moaddel2015", read, "", "0.70 L/h/kg")});
    f(p.CLh_R, Parameter{"CLh_R", "CL_{h,R}", "L/h", "(2R,6R)-hydroxynorketamine clearance",
      human(18, 12, 36, B, "thisModel", derived, "Hasan2021", "low confidence").iiv(33),
      rat(0.21, 0.15, 0.4, E, "Moaddel2015", assumed, "", "as (2S,6S)")});
    f(p.Qhnk, Parameter{"Qhnk", "Q_{hk}", "L/h", "hydroxynorketamine intercompartmental clearance",
      human(102, 50, 150, B, "Simons2022", read).iiv(58),
      rat(1.5, 0.5, 3, E, "thisModel", assumed)});
    f(p.Vphnk, Parameter{"Vphnk", "V_{phk}", "L", "hydroxynorketamine peripheral volume",
      human(80, 57, 500, B, "thisModel", derived, "Simons2022"),
      rat(1.7, 1, 3, C, "Moaddel2015", derived, "", "total 7.4 L/kg")});
    f(p.fu, Parameter{"fu", "f_u", "1", "unbound fraction in plasma, all analytes",
      all(0.56, 0.53, 0.73, B, "spravato_label", derived, "", "1 - label binding; unknown for metabolites")}.within(zero_to_one));
    f(p.Kp_uu, Parameter{"Kp_uu", "K_{p,uu}", "1", "unbound brain to unbound plasma ratio",
      human(0.80, 0.7, 1.5, E, "thisModel", assumed, "Abdallah2018 cycling", "no measured value found"),
      rat(0.68, 0.3, 1.5, E, "thisModel", assumed, "0.092 uM unbound per mg/kg ip", "fixes the unbound exposure of the circuit fit")}.within(positive));
    f(p.ke0, Parameter{"ke0", "k_{e0}", "1/h", "arterial plasma to brain rate",
      all(6.8, 3.5, 30, E, "thisModel", memory, "", "half-life 6.1 min, range 0 to 11.8 min; the publication was not recorded")});
  }
  // clang-format on
};

/// Molar masses [g/mol]; doses are free base.
inline constexpr double molar_mass_ketamine = 237.73;
inline constexpr double molar_mass_norketamine = 223.70;
inline constexpr double molar_mass_hydroxynorketamine = 239.70;

/// Typical amounts in a rodent, as a share of those in a 70 kg human. Used for the absolute
/// tolerance only.
inline constexpr double rodent_amounts = 0.01;

template <class T = double>
struct Enantiomer {
  T A1{}, A2{}, A3{}, Ah{}, An{}, Asw{}, Apo{}, Aim{}, Asc{}, Aip{}, Asl{}, Arc{}, Cv1{}, Cv2{},
      At{}, Ank{}, Anp{}, Ahk{}, Ahp{}, Ce{}, Cen{}, Ceh{};

  static constexpr void each(auto& y, std::string_view e, auto&& f) {
    f(y.A1, Variable{"A1", "umol", StateKind::amount, 1.0, "ketamine in arterial/central blood", e,
                     rodent_amounts});
    f(y.A2, Variable{"A2", "umol", StateKind::amount, 1.0, "ketamine in fast peripheral tissue", e,
                     rodent_amounts});
    f(y.A3, Variable{"A3", "umol", StateKind::amount, 1.0, "ketamine in deep peripheral tissue", e,
                     rodent_amounts});
    f(y.Ah,
      Variable{"Ah", "umol", StateKind::amount, 1.0, "ketamine in the liver", e, rodent_amounts});
    f(y.An, Variable{"An", "umol", StateKind::amount, 1.0, "ketamine on the nasal mucosa", e,
                     rodent_amounts});
    f(y.Asw, Variable{"Asw", "umol", StateKind::amount, 1.0, "swallowed ketamine in the gut", e,
                      rodent_amounts});
    f(y.Apo, Variable{"Apo", "umol", StateKind::amount, 1.0, "oral ketamine in the gut", e,
                      rodent_amounts});
    f(y.Aim, Variable{"Aim", "umol", StateKind::amount, 1.0, "ketamine in the muscle depot", e,
                      rodent_amounts});
    f(y.Asc, Variable{"Asc", "umol", StateKind::amount, 1.0, "ketamine in the subcutaneous depot",
                      e, rodent_amounts});
    f(y.Aip, Variable{"Aip", "umol", StateKind::amount, 1.0, "ketamine in the peritoneum", e,
                      rodent_amounts});
    f(y.Asl, Variable{"Asl", "umol", StateKind::amount, 1.0, "ketamine under the tongue", e,
                      rodent_amounts});
    f(y.Arc,
      Variable{"Arc", "umol", StateKind::amount, 1.0, "ketamine in the rectum", e, rodent_amounts});
    f(y.Cv1, Variable{"Cv1", "uM", StateKind::concentration, 0.01,
                      "ketamine in forearm venous blood, fast branch", e});
    f(y.Cv2, Variable{"Cv2", "uM", StateKind::concentration, 0.01,
                      "ketamine in forearm venous blood, slow branch", e});
    f(y.At, Variable{"At", "umol", StateKind::amount, 1.0, "norketamine in transit from the liver",
                     e, rodent_amounts});
    f(y.Ank,
      Variable{"Ank", "umol", StateKind::amount, 1.0, "norketamine, central", e, rodent_amounts});
    f(y.Anp, Variable{"Anp", "umol", StateKind::amount, 1.0, "norketamine, peripheral", e,
                      rodent_amounts});
    f(y.Ahk, Variable{"Ahk", "umol", StateKind::amount, 1.0, "hydroxynorketamine, central", e,
                      rodent_amounts});
    f(y.Ahp, Variable{"Ahp", "umol", StateKind::amount, 1.0, "hydroxynorketamine, peripheral", e,
                      rodent_amounts});
    f(y.Ce, Variable{"Ce", "uM", StateKind::concentration, 0.01, "unbound ketamine in brain", e});
    f(y.Cen,
      Variable{"Cen", "uM", StateKind::concentration, 0.01, "unbound norketamine in brain", e});
    f(y.Ceh, Variable{"Ceh", "uM", StateKind::concentration, 0.01,
                      "unbound hydroxynorketamine in brain", e});
  }
};

template <class T = double>
struct State {
  Enantiomer<T> S, R;

  static constexpr void each(auto& y, auto&& f) {
    Enantiomer<T>::each(y.S, "_S", f);
    Enantiomer<T>::each(y.R, "_R", f);
  }
};

/// The rates that an event sets for one enantiomer [umol/h].
template <class P>
struct Rates {
  const P &A1, &Asw, &Apo, &Ank, &Ahk;
};

template <class T, class P>
[[nodiscard]] Enantiomer<T> derivative(const Enantiomer<T>& y, const Rates<P>& rate,
                                       const Parameters<P>& p, const enzymes::Activity<T>& enzyme,
                                       const P& CLint, const P& CLn, const P& CLh) {
  const T C1 = y.A1 / p.V1, C2 = y.A2 / p.V2, C3 = y.A3 / p.V3, Ch = y.Ah / p.Vh;
  const T Cn = y.Ank / p.Vn, Ck = y.Ahk / p.Vhnk;
  const T sys = p.ka_n * y.An + p.ka_im * y.Aim + p.ka_sc * y.Asc + p.ka_sl * y.Asl +
                p.ka_ip * (1.0 - p.f_portal_ip) * y.Aip + p.ka_rc * p.FR_rc * y.Arc;
  const T gut = p.ka_sw * y.Asw + p.ka_po * y.Apo + p.ka_rc * (1.0 - p.FR_rc) * y.Arc;
  const T F_wall = p.F_gut / (1.0 + (1.0 - p.F_gut) * enzyme.wall);
  const T por = F_wall * gut + p.ka_ip * p.f_portal_ip * y.Aip;
  const T to_fast = p.Q2 * (C1 - C2), to_deep = p.Q3 * (C1 - C3), to_liver = p.Qh * (C1 - Ch);
  const T norketamine_out = p.Qn * (Cn - y.Anp / p.Vpn), hnk_out = p.Qhnk * (Ck - y.Ahp / p.Vphnk);
  const P to_brain = p.fu * p.Kp_uu;
  return {
      .A1 = sys + rate.A1 - to_fast - to_deep - to_liver,
      .A2 = to_fast,
      .A3 = to_deep,
      .Ah = por + to_liver - CLint * Ch * enzyme.hepatic,
      .An = -(p.ka_n * y.An),
      .Asw = rate.Asw - p.ka_sw * y.Asw,
      .Apo = rate.Apo - p.ka_po * y.Apo,
      .Aim = -(p.ka_im * y.Aim),
      .Asc = -(p.ka_sc * y.Asc),
      .Aip = -(p.ka_ip * y.Aip),
      .Asl = -(p.ka_sl * y.Asl),
      .Arc = -(p.ka_rc * y.Arc),
      .Cv1 = p.k_v1 * (C1 - y.Cv1),
      .Cv2 = p.k_v2 * (C1 - y.Cv2),
      .At =
          p.fm_NK * CLint * Ch * enzyme.hepatic + p.fm_gut * (1.0 - F_wall) * gut - p.ktr_NK * y.At,
      .Ank = p.ktr_NK * y.At + rate.Ank - CLn * Cn * enzyme.nk - norketamine_out,
      .Anp = norketamine_out,
      .Ahk = p.fh_HNK * CLn * Cn * enzyme.nk + rate.Ahk - CLh * Ck - hnk_out,
      .Ahp = hnk_out,
      .Ce = p.ke0 * (to_brain * C1 - y.Ce),
      .Cen = p.ke0 * (to_brain * Cn - y.Cen),
      .Ceh = p.ke0 * (to_brain * Ck - y.Ceh),
  };
}

template <class T, class P>
[[nodiscard]] State<T> derivative(const State<T>& y, const Inputs<P>& u, const Parameters<P>& p,
                                  const enzymes::Activity<T>& enzyme) {
  const Rates<P> S{u.rate_A1_S, u.rate_Asw_S, u.rate_Apo_S, u.rate_Ank_S, u.rate_Ahk_S};
  const Rates<P> R{u.rate_A1_R, u.rate_Asw_R, u.rate_Apo_R, u.rate_Ank_R, u.rate_Ahk_R};
  return {.S = derivative(y.S, S, p, enzyme, p.CLint_S, p.CLn_S, p.CLh_S),
          .R = derivative(y.R, R, p, enzyme, p.CLint_R, p.CLn_R, p.CLh_R)};
}

/// Unbound brain concentrations handed on, baths added [uM].
template <class T>
struct Brain {
  T S, R;    ///< ketamine
  T NS, NR;  ///< norketamine
  T HS, HR;  ///< hydroxynorketamine
  T K;       ///< ketamine S + R
};

template <class T, class P>
[[nodiscard]] Brain<T> brain(const State<T>& y, const Inputs<P>& u) {
  const T S = y.S.Ce + u.bath_S, R = y.R.Ce + u.bath_R;
  return {.S = S,
          .R = R,
          .NS = y.S.Cen + 0.5 * u.bath_NK,
          .NR = y.R.Cen + 0.5 * u.bath_NK,
          .HS = y.S.Ceh + u.bath_HNK_S,
          .HR = y.R.Ceh + u.bath_HNK_R,
          .K = S + R};
}

template <class T = double>
struct Readouts {
  T esketamine_venous{}, arketamine_venous{}, ketamine_venous{}, ketamine_arterial{},
      esketamine_arterial{}, norketamine_venous{}, hnk_venous{};

  static constexpr void each(auto& r, auto&& f) {
    f(r.esketamine_venous,
      Readout{"esketamine_venous", "ng/mL", "S-ketamine in forearm venous plasma"});
    f(r.arketamine_venous,
      Readout{"arketamine_venous", "ng/mL", "R-ketamine in forearm venous plasma"});
    f(r.ketamine_venous,
      Readout{"ketamine_venous", "ng/mL", "ketamine (S+R) in forearm venous plasma"});
    f(r.ketamine_arterial,
      Readout{"ketamine_arterial", "ng/mL", "ketamine (S+R) in arterial plasma"});
    f(r.esketamine_arterial,
      Readout{"esketamine_arterial", "ng/mL", "S-ketamine in arterial plasma"});
    f(r.norketamine_venous, Readout{"norketamine_venous", "ng/mL", "norketamine (S+R) in plasma"});
    f(r.hnk_venous, Readout{"hnk_venous", "ng/mL", "hydroxynorketamine (S+R) in plasma"});
  }
};

template <class T, class P>
[[nodiscard]] Readouts<T> readouts(const State<T>& y, const Parameters<P>& p) {
  const P ketamine = quantity<P>(molar_mass_ketamine, "g/mol"),
          norketamine = quantity<P>(molar_mass_norketamine, "g/mol"),
          hydroxynorketamine = quantity<P>(molar_mass_hydroxynorketamine, "g/mol");
  const auto venous = [&](const Enantiomer<T>& e) -> T {
    return ketamine * (p.f_v * e.Cv1 + (1.0 - p.f_v) * e.Cv2);
  };
  const T S = venous(y.S), R = venous(y.R);
  const T arterial_S = ketamine * (y.S.A1 / p.V1), arterial_R = ketamine * (y.R.A1 / p.V1);
  return {.esketamine_venous = S,
          .arketamine_venous = R,
          .ketamine_venous = S + R,
          .ketamine_arterial = arterial_S + arterial_R,
          .esketamine_arterial = arterial_S,
          .norketamine_venous = norketamine * ((y.S.Ank + y.R.Ank) / p.Vn),
          .hnk_venous = hydroxynorketamine * ((y.S.Ahk + y.R.Ahk) / p.Vhnk)};
}

/// Volumes grow with weight, flows and clearances with weight^0.75; w = weight / weight_ref.
template <class P>
void scale_to_weight(Parameters<P>& p, const P& w, const P& w075) {
  for (P* volume : {&p.V1, &p.V2, &p.V3, &p.Vh, &p.Vn, &p.Vpn, &p.Vhnk, &p.Vphnk})
    *volume = *volume * w;
  for (P* flow : {&p.Q2, &p.Q3, &p.Qh, &p.CLint_S, &p.CLint_R, &p.CLn_S, &p.CLn_R, &p.Qn, &p.CLh_S,
                  &p.CLh_R, &p.Qhnk})
    *flow = *flow * w075;
}

}  // namespace ketasim::model::pharmacokinetics
