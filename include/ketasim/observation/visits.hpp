/// Patients who are followed from visit to visit: who ever meets a rule, and who relapses.
///
/// Sensitivity and control shift belong to a patient, rating errors to a visit. A patient is a node
/// (i, j) of the rule in observation/clinical.hpp, with m_ij,k at visit k.
///
/// Ever rated at or below a cut:
///   q_k  = Ncdf((cut - m_ij,k)/sigma_y)
///   ever = sum_i sum_j w_i w_j [1 - prod_k (1 - q_k)]
///
/// Relapse: two consecutive visits with less than half of the improvement kept, among the patients
/// who are well at the first visit (k = 0): responders, or those at or below remission_cut.
/// Baselines b differ by baseline_sd; l runs over the 5-point Gauss-Hermite rule:
///   z0_l = z0 + n_l baseline_sd/(60 p (1 - p)),  p = expit(z0);    b_l = 60 expit(z0_l)
///   well = Ncdf((cut_l - m_ijl,0)/sigma_v),  cut_l = b_l/2 or remission_cut
///   p_k  = Ncdf((m_ijl,k - b_l/2)/sigma_v)                         chance to be found ill
/// With kept and lost the shares not relapsed whose last visit was kept or lost, kept = 1 and lost = 0
/// after the first visit, at every later visit:
///   relapsed   = relapsed + lost p_k
///   lost, kept = kept p_k, (kept + lost)(1 - p_k)
/// averaged over i, j, l with the weights w_i w_j w_l well.
///
/// sigma_v is the SD of a rating error at a visit. Nodes whose weight is below 1e-7 are left out:
/// all of them together weigh less than 1e-5.
/// note: baselines are not cut off at a trial's entry criterion, so that all is smooth.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "ketasim/observation/clinical.hpp"

namespace ketasim::observation {

/// Weight below which a patient is left out [1].
inline constexpr double negligible_weight = 1e-7;

/// Share of all who are well below which a patient is not followed [1].
inline constexpr double negligible_share = 1e-9;

/// Share of a standard normal variable below x [1].
template <class P>
[[nodiscard]] P normal_cdf(const P& x) {
  using std::erfc;
  return 0.5 * erfc(P(x / -std::numbers::sqrt2));
}

/// Share of patients whose rating is at or below `cut` points at one visit or more [1].
template <class P>
[[nodiscard]] P ever_at_or_below(const P& cut, const P& z0, std::span<const Relief<P>> visits,
                                 const Spread<P>& among) {
  P sum = 0.0;
  for (const auto& [n_s, weight_s] : gauss_hermite) {
    const P s = individual_sensitivity(among.sensitivity, among.omega_s, n_s);
    for (const auto& [n_e, weight_e] : gauss_hermite) {
      if (weight_s * weight_e < negligible_weight) continue;
      P never = 1.0;
      for (const Relief<P>& z : visits) {
        const Relief<P> own{z.drug, z.context + among.sd_e * n_e};
        const P m = model::symptoms::madrs(z0, s, own);
        never = never * normal_cdf(P((m - cut) / among.sigma_y));
      }
      sum = sum + (weight_s * weight_e) * (1.0 - never);
    }
  }
  return sum;
}

/// Who is followed for relapse.
enum class Well { responders, remitters };

/// What is counted as relapse, and in whom.
template <class P = double>
struct FollowUp {
  Well well;
  P remission_cut;  ///< for remitters [points]
  P baseline_sd;    ///< SD of the baselines [points]
  P visit_error;    ///< SD of the rating error at a visit [points]
};

/// @return  share relapsed by each visit, 0 at the first [1]; then the share of all patients who are
///          well at the first visit [1]
/// @pre     at least one visit
template <class P>
[[nodiscard]] std::vector<P> relapse(const P& z0, std::span<const Relief<P>> visits,
                                     const Spread<P>& among, const FollowUp<P>& rule) {
  /// A patient: level before treatment, MADRS above which the patient is ill, sensitivity, control
  /// shift, and weight times the chance to be well at the first visit.
  struct Patient {
    P z0, ill_above, sensitivity, shift, well;
  };
  const auto rating = [](const Patient& i, const Relief<P>& z) {
    return model::symptoms::madrs(i.z0, i.sensitivity, Relief<P>{z.drug, z.context + i.shift});
  };
  const P share = model::expit(z0);
  const P step = rule.baseline_sd / (model::symptoms::madrs_max * share * (1.0 - share));
  std::vector<Patient> patients;
  P all_well = 0.0;
  for (const auto& [n_b, weight_b] : gauss_hermite_5)
    for (const auto& [n_s, weight_s] : gauss_hermite)
      for (const auto& [n_e, weight_e] : gauss_hermite) {
        const double weight = weight_b * weight_s * weight_e;
        if (weight < negligible_weight) continue;
        const P z0_l = z0 + n_b * step;
        const P half = response_cut(z0_l);
        Patient i{z0_l, half, individual_sensitivity(among.sensitivity, among.omega_s, n_s),
                  among.sd_e * n_e, P(0.0)};
        const P cut = rule.well == Well::responders ? half : rule.remission_cut;
        i.well = weight * normal_cdf(P((cut - rating(i, visits.front())) / rule.visit_error));
        all_well = all_well + i.well;
        patients.push_back(i);
      }
  std::vector<P> relapsed_by(visits.size() + 1, P(0.0));
  for (const Patient& i : patients) {
    if (scalar::value(i.well) < negligible_share * scalar::value(all_well)) continue;
    P kept = 1.0, lost = 0.0, relapsed = 0.0;
    for (std::size_t k = 1; k < visits.size(); ++k) {
      const P p = normal_cdf(P((rating(i, visits[k]) - i.ill_above) / rule.visit_error));
      relapsed = relapsed + lost * p;
      const P kept_now = (kept + lost) * (1.0 - p);
      lost = kept * p;
      kept = kept_now;
      relapsed_by[k] = relapsed_by[k] + i.well * relapsed;
    }
  }
  for (std::size_t k = 0; k < visits.size(); ++k) relapsed_by[k] = relapsed_by[k] / all_well;
  relapsed_by.back() = all_well;
  return relapsed_by;
}

}  // namespace ketasim::observation
