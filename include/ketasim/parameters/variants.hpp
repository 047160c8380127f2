/// Named variants of the circuit: parameter overrides, not re-tuned downstream.
///   variant_A  reversible high-dose term (tau_H 3 min); rebounds at 200 mg/kg in rats
///   variant_C  NMDA receptors only (w_H = 0); no inverted U in the peak
/// Rat exposure (Kp_uu) changes with them.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "ketasim/parameters/species.hpp"

namespace ketasim::parameters {

/// One override of a variant; `species` is "all" or the species it is limited to.
struct Override {
  std::string_view variant, species, parameter;
  double value;
};

// clang-format off
inline constexpr std::array variants{
    Override{"variant_A", "all", "disinhibition.w_EA", 0.60},
    Override{"variant_A", "all", "disinhibition.w_EN", 0.30},
    Override{"variant_A", "all", "disinhibition.w_EI", 3.0},
    Override{"variant_A", "all", "disinhibition.w_H", 1.65},
    Override{"variant_A", "all", "disinhibition.w_IA", 0.12},
    Override{"variant_A", "all", "disinhibition.w_IN", 0.85},
    Override{"variant_A", "all", "disinhibition.kappa", 2.5},
    Override{"variant_A", "all", "disinhibition.n_H", 3},
    Override{"variant_A", "all", "disinhibition.H50", 4.0},
    Override{"variant_A", "all", "disinhibition.tau_H", 0.05},
    Override{"variant_A", "all", "disinhibition.k_m", 0.42857142857142855},
    Override{"variant_A", "all", "glutamate.f_n", 0.80},
    Override{"variant_A", "rat", "pharmacokinetics.Kp_uu", 0.857},
    Override{"variant_C", "all", "disinhibition.w_EA", 0.441},
    Override{"variant_C", "all", "disinhibition.w_EN", 1.581},
    Override{"variant_C", "all", "disinhibition.w_EI", 2.63},
    Override{"variant_C", "all", "disinhibition.w_H", 0},
    Override{"variant_C", "all", "disinhibition.w_IA", 0.165},
    Override{"variant_C", "all", "disinhibition.w_IN", 0.635},
    Override{"variant_C", "all", "disinhibition.kappa", 2.08},
    Override{"variant_C", "all", "disinhibition.k_m", 0.36986301369863017},
    Override{"variant_C", "all", "glutamate.f_n", 0.80},
    Override{"variant_C", "all", "nmda_block.K_Mg_I", 3.32},
    Override{"variant_C", "rat", "pharmacokinetics.Kp_uu", 0.266},
};
// clang-format on

/// Applies a variant to the parameter set of a species.
/// @throws UnknownName if no variant has this name.
inline void apply_variant(model::Parameters<double>& p, std::string_view variant,
                          model::Species species) {
  bool known = false;
  for (const Override& o : variants) {
    if (o.variant != variant) continue;
    known = true;
    const bool applies =
        o.species == "all" || (o.species == "human") == (species == model::Species::human);
    if (applies) find(p, o.parameter) = o.value;
  }
  if (!known)
    throw UnknownName("no variant is called '" + std::string(variant) +
                      "'; there are variant_A, variant_C");
}

}  // namespace ketasim::parameters
