/// What a trial sees of its patients: a rated MADRS, its mean change, responders, remitters.
///
/// Patients with one exposure differ by their sensitivity to the drug, by a shift that they show
/// under control conditions too, and by the error of a rating [wilkinson2019]. With n_s, n_e, n_y
/// standard normal:
///   s         = sensitivity exp(omega_s n_s - omega_s^2/2)
///   m         = 60 expit(z0 - s drug_relief - context_relief - sd_e n_e)
///   rated     = m + sigma_y n_y, held within 0 to 60
///   responder = rated <= (1 - improvement) 60 expit(z0)
///   remitter  = rated <= remission_cut
///
/// Shares of patients, with the nodes n_i and weights w_i of the 21-point Gauss-Hermite rule:
///   s_i       = sensitivity exp(omega_s n_i - omega_s^2/2)
///   m_ij      = 60 expit(z0 - s_i drug_relief - context_relief - sd_e n_j)
///   share(c)  = sum_i sum_j w_i w_j Ncdf((c - m_ij)/sigma_y)
///   response  = share((1 - improvement) 60 expit(z0))
///   remission = share(remission_cut)
///
/// Mean of the change from baseline, and its variance between patients:
///   mean      = sum_i sum_j w_i w_j m_ij - 60 expit(z0)
///   variance  = sum_i sum_j w_i w_j (m_ij - 60 expit(z0) - mean)^2 + sigma_y^2
///
/// Visits one after another, where patients are followed, are in observation/visits.hpp.
///
/// A person whose own sensitivity is known has omega_s = 0: a share is then that person's chance.
/// Holding a rating within its scale changes no share, since every cut lies inside the scale.
#pragma once

#include <cmath>
#include <numbers>
#include <type_traits>

#include "ketasim/model/symptoms.hpp"
#include "ketasim/observation/gauss_hermite.hpp"

namespace ketasim::observation {

using model::symptoms::Relief;

/// Share of the MADRS before treatment that a responder has lost at least [1].
inline constexpr double response_improvement = 0.5;

/// How patients with one exposure differ.
template <class P = double>
struct Spread {
  P sensitivity;  ///< mean [1]
  P omega_s;      ///< log-SD of the sensitivity [1]
  P sd_e;         ///< SD of the control shift [logit]
  P sigma_y;      ///< SD of the rating error [points]
};

template <class P>
[[nodiscard]] Spread<P> spread(const model::symptoms::Parameters<P>& p) {
  return {.sensitivity = p.sensitivity, .omega_s = p.omega_s, .sd_e = p.sd_e, .sigma_y = p.sigma_y};
}

/// Sensitivity to the drug of a patient who is n_s standard deviations from the middle [1].
template <class P, class N>
[[nodiscard]] P individual_sensitivity(const P& mean, const P& omega_s, const N& n_s) {
  using std::exp;
  return mean * exp(P(omega_s * n_s - omega_s * omega_s / 2.0));
}

/// MADRS at or below which a patient is a responder [points].
template <class P>
[[nodiscard]] P response_cut(const P& z0, double improvement = response_improvement) {
  return (1.0 - improvement) * model::symptoms::madrs(z0);
}

// --- shares of patients -------------------------------------------------------------------------

/// Share of patients of one sensitivity whose rating is at or below `cut` points [1].
template <class P>
[[nodiscard]] P share_of_sensitivity(const P& cut, const P& z0, const Relief<P>& z,
                                     const P& sensitivity, const Spread<P>& among) {
  using std::erfc;
  P sum = 0.0;
  for (const auto& [n, weight] : gauss_hermite) {
    const P m =
        model::symptoms::madrs(z0, sensitivity, Relief<P>{z.drug, z.context + among.sd_e * n});
    sum = sum + weight * (0.5 * erfc(P((m - cut) / (among.sigma_y * std::numbers::sqrt2))));
  }
  return sum;
}

/// Share of patients whose rating is at or below `cut` points [1].
template <class P>
[[nodiscard]] P share_at_or_below(const P& cut, const P& z0, const Relief<P>& z,
                                  const Spread<P>& among) {
  if constexpr (std::is_floating_point_v<P>)  // one sensitivity: 21 terms in place of 441
    if (among.omega_s == 0.0) return share_of_sensitivity(cut, z0, z, among.sensitivity, among);
  P sum = 0.0;
  for (const auto& [n, weight] : gauss_hermite) {
    const P s = individual_sensitivity(among.sensitivity, among.omega_s, n);
    sum = sum + weight * share_of_sensitivity(cut, z0, z, s, among);
  }
  return sum;
}

/// Share with an improvement of at least 50 % [1].
template <class P>
[[nodiscard]] P response(const P& z0, const Relief<P>& z, const model::symptoms::Parameters<P>& p) {
  return share_at_or_below(response_cut(z0), z0, z, spread(p));
}

/// Share at or below the cut of remission [1].
template <class P>
[[nodiscard]] P remission(const P& z0, const Relief<P>& z,
                          const model::symptoms::Parameters<P>& p) {
  return share_at_or_below(p.remission_cut, z0, z, spread(p));
}

// --- mean and spread of the change --------------------------------------------------------------

/// Mean and SD between patients of the change of the rated MADRS [points].
template <class P>
struct Change {
  P mean, sd;
};

template <class P>
[[nodiscard]] Change<P> change(const P& z0, const Relief<P>& z, const Spread<P>& among) {
  using std::sqrt;
  const P before = model::symptoms::madrs(z0);
  P first = 0.0, second = 0.0;
  for (const auto& [n_s, weight_s] : gauss_hermite) {
    const P s = individual_sensitivity(among.sensitivity, among.omega_s, n_s);
    for (const auto& [n_e, weight_e] : gauss_hermite) {
      const Relief<P> own{z.drug, z.context + among.sd_e * n_e};
      const P m = model::symptoms::madrs(z0, s, own) - before;
      first = first + (weight_s * weight_e) * m;
      second = second + (weight_s * weight_e) * (m * m);
    }
  }
  return {first, sqrt(P(second - first * first + among.sigma_y * among.sigma_y))};
}

/// Readouts that are shares of patients; 441 terms each, so they are computed on demand only.
template <class T = double>
struct Shares {
  T response{}, remission{};

  static constexpr void each(auto& r, auto&& f) {
    f(r.response,
      model::Readout{"response", "1", "share of patients with at least 50 % improvement",
                     model::zero_to_one});
    f(r.remission,
      model::Readout{"remission", "1", "share of patients in remission", model::zero_to_one});
  }
};

// --- patients one by one ------------------------------------------------------------------------

/// What is a patient's own: standard normal numbers.
struct Draws {
  double sensitivity, shift, error;
};

/// MADRS as it is rated in one patient, NaN where an argument is [points].
[[nodiscard]] inline double rated_madrs(double z0, const Relief<double>& z,
                                        const Spread<double>& among, const Draws& own) {
  const double s = individual_sensitivity(among.sensitivity, among.omega_s, own.sensitivity);
  const double m =
      model::symptoms::madrs(z0, s, Relief<double>{z.drug, z.context + among.sd_e * own.shift});
  const double rated = m + among.sigma_y * own.error;
  return rated < 0.0                          ? 0.0
         : rated > model::symptoms::madrs_max ? model::symptoms::madrs_max
                                              : rated;
}

}  // namespace ketasim::observation
