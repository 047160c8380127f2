/// Enzymes: CYP3A4 of the gut wall and of the liver and CYP2B6 of the liver, which remove ketamine,
/// and co-medication that inactivates or induces them.
///
/// Clarithromycin, grapefruit juice and ticlopidine inhibit the enzyme irreversibly, rifampicin and
/// St John's wort raise its synthesis; either effect comes and goes with the turnover of the enzyme
/// [Pinto2005, Quinney2013, Rifampin2019, Inui2013]. A co-medication is given as a share of its
/// usual daily dose, held for as long as it is taken: its own kinetics are not modelled. u.inducer
/// is 1 with rifampicin 600 mg daily. Every enzyme is measured as the change of its amount, 0
/// without co-medication. The gut wall is a well-stirred compartment: what escapes is 1/(1 +
/// intrinsic clearance/flow), as in the liver, and only CYP3A4 acts there. The same constants hold
/// for both enantiomers.
///
/// One constant for an enzyme and a co-medication cannot hold for all that was seen. Ticlopidine
/// multiplied the AUC of oral S-ketamine by 2.4 [Peltoniemi2011] and that of the nasal spray by
/// 1.29 [spravato_interactions]: the model gives 2.1 and 1.4. Grapefruit juice multiplied the oral
/// AUC by 3.0 [Peltoniemi2012gfj]; a gut wall that lets 0.395 pass without it cannot give more than
/// 2.5. Itraconazole, another inhibitor of CYP3A4, left it unchanged [Peltoniemi2011] and is not
/// among the drugs. No inhibitor here raises the peak by more than the AUC, as clarithromycin did,
/// 3.6 against 2.6 [Hagelberg2010]. CYP2B6*6, which lowers the enzyme in vitro, changed nothing in
/// 30 volunteers [Rao2016], so no genotype of it is offered.
///   in_the_gut    = q_cla u.clarithromycin + q_gfj u.grapefruit
///   dgut_3A4/dt   = k_gut [i_gut u.inducer - in_the_gut (1 + gut_3A4) - gut_3A4]
///   dliver_3A4/dt = k_liver [i_3A4 u.inducer - q_cla u.clarithromycin (1 + liver_3A4)
///                   - liver_3A4]
///   dliver_2B6/dt = k_liver [i_2B6 u.inducer - q_tic u.ticlopidine (1 + liver_2B6)
///                   - liver_2B6]
///   wall    = gut_3A4
///   hepatic = 1 + f_CYP [s_2B6 liver_2B6 + (1 - s_2B6) liver_3A4]
///   nk      = 1 + f_NK liver_3A4
/// In: co-medication.
/// Out: wall, hepatic, nk (change of the intrinsic clearance of the gut wall; intrinsic
/// clearance of ketamine in the liver and clearance of norketamine [fold]) to pharmacokinetics.
#pragma once

#include "ketasim/model/inputs.hpp"
#include "ketasim/model/rows.hpp"

namespace ketasim::model::enzymes {

template <class P = double>
struct Parameters {
  P k_gut = unset<P>(), k_liver = unset<P>(), i_gut = unset<P>(), i_3A4 = unset<P>(),
    i_2B6 = unset<P>(), q_cla = unset<P>(), q_gfj = unset<P>(), q_tic = unset<P>(),
    s_SJW = unset<P>(), f_CYP = unset<P>(), s_2B6 = unset<P>(), f_NK = unset<P>();

  // clang-format off
  static constexpr void each(auto& p, auto&& f) {
    using enum Grade;
    using enum Evidence;
    f(p.k_gut, Parameter{"k_gut", "k_{gut}", "1/h", "turnover of CYP3A4 in the gut wall",
      all(0.03, 0.019, 0.06, B, "Rifampin2019", derived, "", "half-life 23 h; induction complete within 5 d and gone within 7 d in 90 %")});
    f(p.k_liver, Parameter{"k_liver", "k_{liver}", "1/h", "turnover of CYP3A4 and CYP2B6 in the liver",
      all(0.019, 0.0096, 0.03, B, "Rifampin2019;Inui2013", derived, "", "half-life 36 h; induction complete within 10 d in 90 %; that of CYP2B6 is assumed to be the same")});
    f(p.i_gut, Parameter{"i_gut", "i_{gut}", "1", "rise of CYP3A4 in the gut wall by rifampicin, relative to its normal amount",
      all(4.81, 3, 8.5, B, "thisModel", derived, "calibration/interactions.py", "at most 8.5 in Rifampin2019")}.within(not_negative));
    f(p.i_3A4, Parameter{"i_3A4", "i_{3A4}", "1", "rise of CYP3A4 in the liver by rifampicin",
      all(4.5, 2, 6, B, "Rifampin2019", read)}.within(not_negative));
    f(p.i_2B6, Parameter{"i_2B6", "i_{2B6}", "1", "rise of CYP2B6 in the liver by rifampicin",
      all(0.438, 0.1, 2.5, E, "thisModel", derived, "calibration/interactions.py")}.within(not_negative));
    f(p.q_cla, Parameter{"q_cla", "q_{cla}", "1", "inactivation of CYP3A4 by clarithromycin, relative to its turnover",
      all(5.9, 1.8, 15, B, "thisModel", derived, "calibration/interactions.py", "2.9 in biopsies of the gut (Pinto2005): 26 % of the activity is left")}.within(not_negative));
    f(p.q_gfj, Parameter{"q_gfj", "q_{gfj}", "1", "inactivation of CYP3A4 in the gut wall by grapefruit juice",
      all(16.3, 2, 50, E, "thisModel", derived, "calibration/interactions.py")}.within(not_negative));
    f(p.q_tic, Parameter{"q_tic", "q_{tic}", "1", "inactivation of CYP2B6 by ticlopidine",
      all(9.36, 2, 30, E, "thisModel", derived, "calibration/interactions.py", "only its product with s_2B6 is identified")}.within(not_negative));
    f(p.s_SJW, Parameter{"s_SJW", "s_{SJW}", "1", "induction by St John's wort, relative to that by rifampicin",
      all(0.272, 0.1, 0.7, B, "thisModel", derived, "calibration/interactions.py")}.within(zero_to_one));
    f(p.f_CYP, Parameter{"f_CYP", "f_{CYP}", "1", "share of CYP2B6 and CYP3A4 in the intrinsic clearance of ketamine in the liver",
      all(0.764, 0.5, 0.95, E, "thisModel", derived, "calibration/interactions.py")}.within(zero_to_one));
    f(p.s_2B6, Parameter{"s_2B6", "s_{2B6}", "1", "of which CYP2B6",
      all(0.77, 0.3, 0.95, E, "thisModel", derived, "calibration/interactions.py", "disputed: CYP2B6*6 had no effect in vivo (Rao2016)")}.within(zero_to_one));
    f(p.f_NK, Parameter{"f_NK", "f_{NK}", "1", "share of CYP3A4 in the clearance of norketamine",
      all(0.375, 0.05, 0.7, E, "thisModel", derived, "calibration/interactions.py")}.within(zero_to_one));
  }
  // clang-format on
};

template <class T = double>
struct State {
  T gut_3A4{}, liver_3A4{}, liver_2B6{};

  static constexpr void each(auto& y, auto&& f) {
    f(y.gut_3A4, Variable{"gut_3A4", "1", StateKind::enzyme, 1.0,
                          "CYP3A4 in the gut wall, change from its normal amount"});
    f(y.liver_3A4, Variable{"liver_3A4", "1", StateKind::enzyme, 1.0,
                            "CYP3A4 in the liver, change from its normal amount"});
    f(y.liver_2B6, Variable{"liver_2B6", "1", StateKind::enzyme, 1.0,
                            "CYP2B6 in the liver, change from its normal amount"});
  }
};

/// What the enzymes do to clearances.
template <class T>
struct Activity {
  T wall;     ///< change of the intrinsic clearance of the gut wall [1]
  T hepatic;  ///< intrinsic clearance of ketamine in the liver [fold]
  T nk;       ///< clearance of norketamine [fold]
};

template <class T, class P>
[[nodiscard]] Activity<T> activity(const State<T>& y, const Parameters<P>& p) {
  return {.wall = y.gut_3A4,
          .hepatic = 1.0 + p.f_CYP * (p.s_2B6 * y.liver_2B6 + (1.0 - p.s_2B6) * y.liver_3A4),
          .nk = 1.0 + p.f_NK * y.liver_3A4};
}

template <class T, class P>
[[nodiscard]] State<T> derivative(const State<T>& y, const Inputs<P>& u, const Parameters<P>& p) {
  const P clarithromycin = p.q_cla * u.clarithromycin;
  const P in_the_gut = clarithromycin + p.q_gfj * u.grapefruit;
  return {
      .gut_3A4 = p.k_gut * (p.i_gut * u.inducer - in_the_gut * (1.0 + y.gut_3A4) - y.gut_3A4),
      .liver_3A4 =
          p.k_liver * (p.i_3A4 * u.inducer - clarithromycin * (1.0 + y.liver_3A4) - y.liver_3A4),
      .liver_2B6 = p.k_liver * (p.i_2B6 * u.inducer -
                                p.q_tic * u.ticlopidine * (1.0 + y.liver_2B6) - y.liver_2B6),
  };
}

}  // namespace ketasim::model::enzymes
