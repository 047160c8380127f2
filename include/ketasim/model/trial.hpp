/// Trial: what a trial itself does to a rating, whatever drug is given. No states.
///
/// A session is a dose of a psychoactive drug or of its placebo. It raises the expectancy E by half of
/// what is missing to 2 e, with e of the control arm: e_open_label, e_saline, e_midazolam,
/// e_nasal_placebo, e_masked, or 0 without a control. u.unblinding is w_saline, w_midazolam or
/// w_nasal_placebo, how far patients of that arm recognise the drug by its dissociation; where
/// nothing is hidden, or nothing can be told, it is 0. u.nonspecific is n_oral_ad from time 0 where an
/// oral antidepressant is newly started, which improves both arms with time [jones2022]. The two
/// compose: midazolam+oral_ad has the expectancy of midazolam and the improvement of a new
/// antidepressant.
/// Out: expectancy to the jumps of a dose; unblinding and nonspecific to symptoms [logit].
#pragma once

#include "ketasim/model/inputs.hpp"
#include "ketasim/model/smooth.hpp"

namespace ketasim::model::trial {

template <class P = double>
struct Parameters {
  P e_open_label = unset<P>(), e_saline = unset<P>(), e_midazolam = unset<P>(),
    e_nasal_placebo = unset<P>(), e_masked = unset<P>(), w_saline = unset<P>(),
    w_midazolam = unset<P>(), w_nasal_placebo = unset<P>(), n_oral_ad = unset<P>();

  // clang-format off
  static constexpr void each(auto& p, auto&& f) {
    using enum Grade;
    using enum Evidence;
    f(p.e_open_label, Parameter{"e_open_label", "e_{open}", "1", "expectancy of a session that patients know to be drug [logit]",
      all(0.9687, 0.1, 1.5, E, "thisModel", derived, "clinical calibrate rows")});
    f(p.e_saline, Parameter{"e_saline", "e_{sal}", "1", "expectancy of a session controlled by saline [logit]",
      all(0.2068, 0.02, 0.6, E, "thisModel", derived, "clinical calibrate rows")});
    f(p.e_midazolam, Parameter{"e_midazolam", "e_{mdz}", "1", "expectancy of a session controlled by midazolam [logit]",
      all(0.7372, 0.2, 1.2, E, "thisModel", derived, "clinical calibrate rows")});
    f(p.e_nasal_placebo, Parameter{"e_nasal_placebo", "e_{nas}", "1", "expectancy of a session controlled by a bitter nasal spray [logit]",
      all(0.09584, 0.05, 0.8, E, "thisModel", derived, "clinical calibrate rows")});
    f(p.e_masked, Parameter{"e_masked", "e_{mask}", "1", "expectancy of a session under general anaesthesia [logit]",
      all(1.0, 0.3, 1.6, E, "thisModel", derived, "lii2023")});
    f(p.w_saline, Parameter{"w_saline", "w_{sal}", "1", "functional unblinding where saline is the control [logit]",
      all(0.9406, 0, 1.5, E, "thisModel", derived, "clinical calibrate rows")});
    f(p.w_midazolam, Parameter{"w_midazolam", "w_{mdz}", "1", "functional unblinding where midazolam is the control [logit]",
      all(0.4536, 0, 1, E, "thisModel", derived, "clinical calibrate rows")});
    f(p.w_nasal_placebo, Parameter{"w_nasal_placebo", "w_{nas}", "1", "functional unblinding where a bitter nasal spray is the control [logit]",
      all(0.1093, 0, 1, E, "thisModel", derived, "clinical calibrate rows")});
    f(p.n_oral_ad, Parameter{"n_oral_ad", "n_{AD}", "1", "improvement after weeks where an oral antidepressant is newly started [logit]",
      all(0.7902, 0.4, 1.6, E, "thisModel", derived, "clinical calibrate rows")});
  }
  // clang-format on
};

/// What a trial adds to the drug [logit].
template <class P = double>
struct Effects {
  P expectancy{};   ///< per session
  P nonspecific{};  ///< improvement whatever is given
  P unblinding{};   ///< weight of functional unblinding
};

}  // namespace ketasim::model::trial
