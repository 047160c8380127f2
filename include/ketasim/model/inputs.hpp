/// What acts on the model from outside. Every input is constant between events; all are zero unless
/// an event sets them.
#pragma once

#include "ketasim/model/rows.hpp"
#include "ketasim/scalar/concept.hpp"

namespace ketasim::model {

template <class P = double>
struct Inputs {
  P rate_A1_S{}, rate_Asw_S{}, rate_Apo_S{}, rate_Ank_S{}, rate_Ahk_S{};
  P rate_A1_R{}, rate_Asw_R{}, rate_Apo_R{}, rate_Ank_R{}, rate_Ahk_R{};
  P rate_mem{}, rate_mk{};
  P bath_S{}, bath_R{}, bath_NK{}, bath_HNK_S{}, bath_HNK_R{}, bath_mem{}, bath_mk{}, bath_esc{},
      bath_flx{}, bath_bdnf{};
  P nbqx{}, anti_bdnf{}, vdcc_blocker{}, anisomycin{}, rapamycin{}, ly379268{}, ly341495{},
      naltrexone{};
  P clarithromycin{}, grapefruit{}, ticlopidine{}, inducer{}, benzodiazepine{}, lamotrigine{};
  P stress{}, therapy{};
  P nonspecific{}, unblinding{};
  P strength_ref{}, density_ref{}, translation_deficit{}, z0{};

  static constexpr void each(auto& u, auto&& f) {
    f(u.rate_A1_S,
      Input{"rate_A1_S", "umol/h", InputKind::rate, "S-ketamine infused into arterial blood"});
    f(u.rate_Asw_S, Input{"rate_Asw_S", "umol/h", InputKind::rate,
                          "S-ketamine emptying from the swallowed part of a dose"});
    f(u.rate_Apo_S,
      Input{"rate_Apo_S", "umol/h", InputKind::rate, "S-ketamine released from an oral dose"});
    f(u.rate_Ank_S, Input{"rate_Ank_S", "umol/h", InputKind::rate, "S-norketamine given"});
    f(u.rate_Ahk_S,
      Input{"rate_Ahk_S", "umol/h", InputKind::rate, "(2S,6S)-hydroxynorketamine given"});
    f(u.rate_A1_R,
      Input{"rate_A1_R", "umol/h", InputKind::rate, "R-ketamine infused into arterial blood"});
    f(u.rate_Asw_R, Input{"rate_Asw_R", "umol/h", InputKind::rate,
                          "R-ketamine emptying from the swallowed part of a dose"});
    f(u.rate_Apo_R,
      Input{"rate_Apo_R", "umol/h", InputKind::rate, "R-ketamine released from an oral dose"});
    f(u.rate_Ank_R, Input{"rate_Ank_R", "umol/h", InputKind::rate, "R-norketamine given"});
    f(u.rate_Ahk_R,
      Input{"rate_Ahk_R", "umol/h", InputKind::rate, "(2R,6R)-hydroxynorketamine given"});
    f(u.rate_mem, Input{"rate_mem", "uM/h", InputKind::rate, "memantine entering the brain"});
    f(u.rate_mk, Input{"rate_mk", "uM/h", InputKind::rate, "MK-801 entering the brain"});
    f(u.bath_S, Input{"bath_S", "uM", InputKind::level, "S-ketamine held in the brain or bath"});
    f(u.bath_R, Input{"bath_R", "uM", InputKind::level, "R-ketamine held in the brain or bath"});
    f(u.bath_NK, Input{"bath_NK", "uM", InputKind::level, "racemic norketamine held"});
    f(u.bath_HNK_S, Input{"bath_HNK_S", "uM", InputKind::level, "(2S,6S)-hydroxynorketamine held"});
    f(u.bath_HNK_R, Input{"bath_HNK_R", "uM", InputKind::level, "(2R,6R)-hydroxynorketamine held"});
    f(u.bath_mem, Input{"bath_mem", "uM", InputKind::level, "memantine held"});
    f(u.bath_mk, Input{"bath_mk", "uM", InputKind::level, "MK-801 held"});
    f(u.bath_esc, Input{"bath_esc", "uM", InputKind::level, "escitalopram held"});
    f(u.bath_flx, Input{"bath_flx", "uM", InputKind::level, "fluoxetine held"});
    f(u.bath_bdnf, Input{"bath_bdnf", "uM", InputKind::level, "BDNF added to the bath"});
    f(u.nbqx, Input{"nbqx", "1", InputKind::fraction, "fraction of AMPA receptors blocked"});
    f(u.anti_bdnf,
      Input{"anti_bdnf", "1", InputKind::fraction, "fraction of released BDNF neutralised"});
    f(u.vdcc_blocker, Input{"vdcc_blocker", "1", InputKind::fraction,
                            "fraction of L-type calcium channels blocked"});
    f(u.anisomycin,
      Input{"anisomycin", "1", InputKind::fraction, "fraction of translation blocked"});
    f(u.rapamycin,
      Input{"rapamycin", "1", InputKind::fraction, "fraction of mTORC1 blocked directly"});
    f(u.ly379268,
      Input{"ly379268", "1", InputKind::fraction, "mGlu2/3 agonist, fraction of its full effect"});
    f(u.ly341495, Input{"ly341495", "1", InputKind::fraction,
                        "mGlu2/3 antagonist, fraction of its full effect"});
    f(u.naltrexone,
      Input{"naltrexone", "1", InputKind::fraction, "fraction of opioid receptors blocked"});
    f(u.clarithromycin, Input{"clarithromycin", "1", InputKind::fraction,
                              "clarithromycin, share of 500 mg twice daily"});
    f(u.grapefruit, Input{"grapefruit", "1", InputKind::fraction,
                          "grapefruit juice, share of 200 mL three times daily"});
    f(u.ticlopidine,
      Input{"ticlopidine", "1", InputKind::fraction, "ticlopidine, share of 250 mg twice daily"});
    f(u.inducer, Input{"inducer", "1", InputKind::fraction,
                       "inducer of CYP3A4 and CYP2B6, share of rifampicin 600 mg daily"});
    f(u.benzodiazepine,
      Input{"benzodiazepine", "1", InputKind::fraction, "benzodiazepine, share of a full effect"});
    f(u.lamotrigine,
      Input{"lamotrigine", "1", InputKind::fraction, "lamotrigine, share of 300 mg"});
    f(u.stress,
      Input{"stress", "1", InputKind::subject, "chronic stress or depression severity s"});
    f(u.therapy, Input{"therapy", "1", InputKind::fraction, "psychotherapy session under way"});
    f(u.nonspecific, Input{"nonspecific", "1", InputKind::context,
                           "non-specific improvement of the context [logit]"});
    f(u.unblinding, Input{"unblinding", "1", InputKind::context,
                          "weight of functional unblinding in the context [logit]"});
    f(u.strength_ref, Input{"strength_ref", "1", InputKind::reference,
                            "synaptic strength at the steady state of s [fold]"});
    f(u.density_ref, Input{"density_ref", "1", InputKind::reference,
                           "spine density at the steady state of s [fold]"});
    f(u.translation_deficit,
      Input{"translation_deficit", "1", InputKind::reference,
            "translation at the steady state of s below that of health [fold]"});
    f(u.z0,
      Input{"z0", "1", InputKind::reference, "symptom level before treatment [logit of MADRS/60]"});
  }
};

/// Every number of the table, in its order.
template <class T>
[[nodiscard]] auto numbers(Inputs<T>& table) {
  return side_by_side<T>(table);
}
template <class T>
[[nodiscard]] auto numbers(const Inputs<T>& table) {
  return side_by_side<const T>(table);
}

/// What the input is to which a pointer to member points.
template <class T>
[[nodiscard]] InputKind kind_of(T Inputs<T>::*input) {
  static const Inputs<T> any{};
  return input_rows()[static_cast<std::size_t>(&(any.*input) - numbers(any).data())].kind;
}

}  // namespace ketasim::model
