/// How trials of one treatment differ, as in a model-based meta-analysis.
///
/// Trial j shifts the control logit and scales the effect of the drug, in all its arms and rows. Row k
/// of an arm deviates by itself, by the logit e_k:
///   context_j = context_relief + u_c + e_k        u_c ~ N(0, tau_c^2)    e_k ~ N(0, tau_row^2)
///   drug_j    = drug_relief exp(u_d)              u_d ~ N(0, tau_d^2)
/// In a source that pools trials tau_c and tau_d are multiplied by pooled_share. Shares relapsed have
/// the logit shifted by N(0, tau_rel^2), median times the logarithm by N(0, tau_time^2), and
/// reported SDs between patients the logarithm by N(0, tau_sd^2).
///
/// These numbers describe trials, not a run: no run depends on them.
#pragma once

#include "ketasim/model/table_rows.hpp"
#include "ketasim/scalar/concept.hpp"

namespace ketasim::observation {

template <class P = double>
struct TrialParameters {
  P tau_c{}, tau_d{}, tau_row{}, tau_rel{}, tau_time{}, tau_sd{}, pooled_share{}, visit_every{},
      visit_error{}, baseline_sd{};

  // clang-format off
  static constexpr void each(auto& p, auto&& f) {
    using enum model::Grade;
    using enum model::Evidence;
    using model::Parameter, model::all;
    f(p.tau_c, Parameter{"tau_c", "\\tau_c", "1", "between-trial SD of the control logit",
      all(0.2965, 0.1, 0.6, E, "thisModel", derived, "clinical calibrate rows")});
    f(p.tau_d, Parameter{"tau_d", "\\tau_d", "1", "between-trial SD of the logarithm of the drug effect",
      all(0.4815, 0.1, 1.0, E, "thisModel", derived, "clinical calibrate rows")});
    f(p.tau_row, Parameter{"tau_row", "\\tau_{row}", "1", "SD of a row's own logit within its trial",
      all(0.1728, 0.02, 0.4, E, "thisModel", derived, "clinical calibrate rows")});
    f(p.tau_rel, Parameter{"tau_rel", "\\tau_{rel}", "1", "SD of the logit of a share relapsed",
      all(0.5, 0.1, 1.5, E, "thisModel", assumed)});
    f(p.tau_time, Parameter{"tau_time", "\\tau_t", "1", "SD of the logarithm of a median time",
      all(0.4, 0.1, 1.0, E, "thisModel", assumed)});
    f(p.tau_sd, Parameter{"tau_sd", "\\tau_{SD}", "1", "SD of the logarithm of a reported SD between patients",
      all(0.15, 0.05, 0.4, E, "thisModel", assumed)});
    f(p.pooled_share, Parameter{"pooled_share", "f_{pool}", "1", "share of tau_c and tau_d in a source that pools trials",
      all(0.4, 0.2, 1.0, E, "thisModel", assumed)}.within(model::zero_to_one));
    f(p.visit_every, Parameter{"visit_every", "\\Delta t_v", "h", "time between visits of a follow-up",
      all(72, 24, 336, E, "thisModel", assumed)});
    f(p.visit_error, Parameter{"visit_error", "\\sigma_v", "points", "rating error SD at a visit of a follow-up",
      all(3.0, 2.0, 5.0, E, "thisModel", assumed)});
    f(p.baseline_sd, Parameter{"baseline_sd", "\\sigma_b", "points", "SD of the MADRS before treatment",
      all(5.0, 3.0, 8.0, E, "thisModel", assumed)});
  }
  // clang-format on
};

}  // namespace ketasim::observation
