/// What acts on the model from outside. Every input is constant between events; all are zero unless
/// an event sets them.
#pragma once

#include "ketasim/model/table_rows.hpp"
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
  P stress{}, therapy{};
  P nonspecific{}, unblinding{};
  P strength_ref{}, density_ref{}, z0{};

  static constexpr void each(auto& u, auto&& f) {
    f(u.rate_A1_S, Readout{"rate_A1_S", "umol/h", "S-ketamine infused into arterial blood"});
    f(u.rate_Asw_S,
      Readout{"rate_Asw_S", "umol/h", "S-ketamine emptying from the swallowed part of a dose"});
    f(u.rate_Apo_S, Readout{"rate_Apo_S", "umol/h", "S-ketamine released from an oral dose"});
    f(u.rate_Ank_S, Readout{"rate_Ank_S", "umol/h", "S-norketamine given"});
    f(u.rate_Ahk_S, Readout{"rate_Ahk_S", "umol/h", "(2S,6S)-hydroxynorketamine given"});
    f(u.rate_A1_R, Readout{"rate_A1_R", "umol/h", "R-ketamine infused into arterial blood"});
    f(u.rate_Asw_R,
      Readout{"rate_Asw_R", "umol/h", "R-ketamine emptying from the swallowed part of a dose"});
    f(u.rate_Apo_R, Readout{"rate_Apo_R", "umol/h", "R-ketamine released from an oral dose"});
    f(u.rate_Ank_R, Readout{"rate_Ank_R", "umol/h", "R-norketamine given"});
    f(u.rate_Ahk_R, Readout{"rate_Ahk_R", "umol/h", "(2R,6R)-hydroxynorketamine given"});
    f(u.rate_mem, Readout{"rate_mem", "uM/h", "memantine entering the brain"});
    f(u.rate_mk, Readout{"rate_mk", "uM/h", "MK-801 entering the brain"});
    f(u.bath_S, Readout{"bath_S", "uM", "S-ketamine held in the brain or bath"});
    f(u.bath_R, Readout{"bath_R", "uM", "R-ketamine held in the brain or bath"});
    f(u.bath_NK, Readout{"bath_NK", "uM", "racemic norketamine held"});
    f(u.bath_HNK_S, Readout{"bath_HNK_S", "uM", "(2S,6S)-hydroxynorketamine held"});
    f(u.bath_HNK_R, Readout{"bath_HNK_R", "uM", "(2R,6R)-hydroxynorketamine held"});
    f(u.bath_mem, Readout{"bath_mem", "uM", "memantine held"});
    f(u.bath_mk, Readout{"bath_mk", "uM", "MK-801 held"});
    f(u.bath_esc, Readout{"bath_esc", "uM", "escitalopram held"});
    f(u.bath_flx, Readout{"bath_flx", "uM", "fluoxetine held"});
    f(u.bath_bdnf, Readout{"bath_bdnf", "uM", "BDNF added to the bath"});
    f(u.nbqx, Readout{"nbqx", "1", "fraction of AMPA receptors blocked"});
    f(u.anti_bdnf, Readout{"anti_bdnf", "1", "fraction of released BDNF neutralised"});
    f(u.vdcc_blocker, Readout{"vdcc_blocker", "1", "fraction of L-type calcium channels blocked"});
    f(u.anisomycin, Readout{"anisomycin", "1", "fraction of translation blocked"});
    f(u.rapamycin, Readout{"rapamycin", "1", "fraction of mTORC1 blocked directly"});
    f(u.ly379268, Readout{"ly379268", "1", "mGlu2/3 agonist, fraction of its full effect"});
    f(u.ly341495, Readout{"ly341495", "1", "mGlu2/3 antagonist, fraction of its full effect"});
    f(u.naltrexone, Readout{"naltrexone", "1", "fraction of opioid receptors blocked"});
    f(u.stress, Readout{"stress", "1", "chronic stress or depression severity s"});
    f(u.therapy, Readout{"therapy", "1", "psychotherapy session under way"});
    f(u.nonspecific,
      Readout{"nonspecific", "1", "non-specific improvement of the context [logit]"});
    f(u.unblinding,
      Readout{"unblinding", "1", "weight of functional unblinding in the context [logit]"});
    f(u.strength_ref,
      Readout{"strength_ref", "1", "synaptic strength at the steady state of s [fold]"});
    f(u.density_ref, Readout{"density_ref", "1", "spine density at the steady state of s [fold]"});
    f(u.z0, Readout{"z0", "1", "symptom level before treatment [logit of MADRS/60]"});
  }
};

}  // namespace ketasim::model
