/// Cognition: errors of working memory and learning of new material while the drug is in the brain.
/// No states.
///
/// Both follow the concentration in the brain and recover with it. The numbers are those of healthy
/// volunteers. The error of spatial working memory rose from 4.75 to 6.89 degrees in 40 people,
/// worse in 32 of them [Moujaes2024]; a one-back task and the learning of cards were worse 40 min
/// after 84 mg of nasal esketamine and not at 2, 4 and 6 h [Morrison2018]. Impairment grows with the
/// dose [Morgan2004] and is in encoding, not in retrieval [Hetem2000], so episodic_memory is about
/// what is learnt at that time. Disputed: in 11 people visuo-spatial working memory was spared where
/// verbal manipulation was impaired, at the higher of two doses [Honey2003].
///
/// There is no readout of attention: it was spared in two studies [Morgan2004, Harborne1996] and
/// impaired in two [Malhotra1996, Morrison2018]; a meta-analysis of 56 studies finds small to
/// moderate impairment in all domains, most in verbal learning and memory [Zhornitsky2022]. No study
/// that was found resolves tolerance, and none gives patients with depression a lasting impairment
/// [Shiroma2022]. The lasting impairment of frequent users is not modelled.
///   impairment = EH(C_eq; C50, n)
///   working_memory_error = 1 + E_max impairment
///   episodic_memory      = -M_max impairment
/// In: C_eq from nmda_block.
/// Out: nothing.
#pragma once

#include "ketasim/model/rows.hpp"
#include "ketasim/model/smooth.hpp"

namespace ketasim::model::cognition {

template <class P = double>
struct Parameters {
  P C50 = unset<P>(), n = unset<P>(), E_max = unset<P>(), M_max = unset<P>();

  // clang-format off
  static constexpr void each(auto& p, auto&& f) {
    using enum Grade;
    using enum Evidence;
    f(p.C50, Parameter{"C50", "C_{50}", "uM", "unbound ketamine equivalent for half the impairment",
      all(0.4, 0.25, 0.7, E, "thisModel", assumed, "", "impaired at 40 min and not at 2 h after 84 mg (Morrison2018)")});
    f(p.n, Parameter{"n", "n", "1", "exponent of the impairment",
      all(3, 1.5, 4, E, "thisModel", assumed, "", "10 mg im too little, 25 mg enough (Harborne1996)")}.within(positive));
    f(p.E_max, Parameter{"E_max", "E_{max}", "1", "largest rise of the error of spatial working memory, relative to the error without drug",
      all(0.783, 0.3, 2, B, "Moujaes2024", derived, "calibration/cognition.py")}.within(not_negative));
    f(p.M_max, Parameter{"M_max", "M_{max}", "1", "largest impairment of learning, in SD of the change between people",
      all(1.14, 0.4, 2, B, "Morrison2018", derived, "calibration/cognition.py", "One-Card Learning at 40 min: p = 0.004 in a crossover of 24")}.within(not_negative));
  }
  // clang-format on
};

template <class T = double>
struct Readouts {
  T working_memory_error{}, episodic_memory{};

  static constexpr void each(auto& r, auto&& f) {
    f(r.working_memory_error, Readout{"working_memory_error", "fold",
                                      "error of spatial working memory, of that without drug"});
    f(r.episodic_memory, Readout{"episodic_memory",
                                 "SMD",
                                 "learning of new material, change by the drug; negative is worse",
                                 {.high = 0.0}});
  }
};

template <class T, class P>
[[nodiscard]] Readouts<T> readouts(const Parameters<P>& p, const T& C_eq) {
  const T impairment = EH(C_eq, p.C50, p.n);
  return {.working_memory_error = 1.0 + p.E_max * impairment,
          .episodic_memory = -(p.M_max * impairment)};
}

}  // namespace ketasim::model::cognition
