/// Named sets of parameter overrides. Those of the circuit are not re-tuned downstream, and rat exposure
/// (Kp_uu) changes with them; v0_1 brings back values of an earlier version.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "ketasim/parameters/species.hpp"

namespace ketasim::parameters {

/// A variant and what it claims.
struct Variant {
  std::string_view name, meaning, source;
};

// clang-format off
inline constexpr std::array variants{
    Variant{"variant_A", "reversible high-dose term (tau_H 3 min); rebounds at 200 mg/kg in rats", "thisModel"},
    Variant{"variant_C", "NMDA receptors only (w_H = 0); no inverted U in the peak", "thisModel"},
    Variant{"v0_1", "parameter values of ketasim 0.1.0, where the equations are the same", "thisModel"},
};
// clang-format on

/// One override of a variant; `species` is "all" or the species it is limited to.
struct Override {
  std::string_view variant, species, parameter;
  double value;
};

// clang-format off
inline constexpr std::array overrides{
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
    Override{"v0_1", "all", "pharmacokinetics.f_sw", 1},
    Override{"v0_1", "all", "pharmacokinetics.F_gut", 0.64},
    Override{"v0_1", "all", "pharmacokinetics.fm_gut", 0},
    Override{"v0_1", "all", "pharmacokinetics.F_er", 0.828125},
    Override{"v0_1", "all", "pharmacokinetics.FR_sl", 0.10},
    Override{"v0_1", "human", "pharmacokinetics.fh_HNK", 0.70},
    Override{"v0_1", "all", "bdnf_trkb.K_surge", 0.128},
    Override{"v0_1", "all", "bdnf_trkb.n_surge", 3.69},
    Override{"v0_1", "all", "bdnf_trkb.k_rec", 0.37267605633802817},
    Override{"v0_1", "all", "synaptogenesis.k_G", 1.84},
    Override{"v0_1", "all", "synaptogenesis.c_G", 0.438},
    Override{"v0_1", "all", "synaptogenesis.n_G", 5.95},
    Override{"v0_1", "all", "synaptogenesis.delta", 0.02},
    Override{"v0_1", "all", "symptoms.tau_R", 21},
    Override{"v0_1", "all", "symptoms.w_R", 0.289},
    Override{"v0_1", "all", "symptoms.w_S", 1.02},
    Override{"v0_1", "all", "symptoms.tau_C", 3300},
    Override{"v0_1", "all", "symptoms.w_5", 0.0996},
    Override{"v0_1", "all", "symptoms.tau_Ex", 240},
    Override{"v0_1", "all", "symptoms.tau_U", 240},
    Override{"v0_1", "all", "symptoms.D_U", 0.15384615384615385},
    Override{"v0_1", "all", "symptoms.tau_ns", 427},
    Override{"v0_1", "all", "symptoms.h_drift", 0.00033333333333333332},
    Override{"v0_1", "all", "symptoms.omega_s", 0.9},
    Override{"v0_1", "all", "symptoms.sd_e", 0.6},
    Override{"v0_1", "all", "psychotherapy.g_W", 1.5},
    Override{"v0_1", "all", "tolerability.CADSS_max", 26},
    Override{"v0_1", "all", "tolerability.C50_D", 0.40},
    Override{"v0_1", "all", "tolerability.n_D", 3},
    Override{"v0_1", "all", "tolerability.kappa_D", 0.22},
    Override{"v0_1", "all", "tolerability.CADSS_0", 0},
    Override{"v0_1", "all", "tolerability.d_pat", 0},
    Override{"v0_1", "all", "trial.e_open_label", 0.48},
    Override{"v0_1", "all", "trial.e_saline", 0.10},
    Override{"v0_1", "all", "trial.e_midazolam", 0.55},
    Override{"v0_1", "all", "trial.e_nasal_placebo", 0.40},
    Override{"v0_1", "all", "trial.w_saline", 0.50},
    Override{"v0_1", "all", "trial.w_midazolam", 0.15},
    Override{"v0_1", "all", "trial.w_nasal_placebo", 0.30},
    Override{"v0_1", "all", "trial.n_oral_ad", 1.2},
};
// clang-format on

/// Does every override belong to a variant, and has every variant an override?
[[nodiscard]] consteval bool overrides_match_variants() {
  for (const Override& o : overrides)
    if (std::none_of(variants.begin(), variants.end(),
                     [&](const Variant& v) { return v.name == o.variant; }))
      return false;
  for (const Variant& v : variants)
    if (std::none_of(overrides.begin(), overrides.end(),
                     [&](const Override& o) { return v.name == o.variant; }))
      return false;
  return true;
}
static_assert(overrides_match_variants(),
              "ketasim: a variant needs a row in `variants` and at least one in `overrides`");

/// Does the override hold in a species?
[[nodiscard]] constexpr bool applies(const Override& o, model::Species species) {
  return o.species == "all" || o.species == row_of(species, model::parameter_sets).name;
}

/// Applies a variant to the parameter set of a species.
/// @throws UnknownName if no variant has this name.
inline void apply_variant(model::Parameters<double>& p, std::string_view variant,
                          model::Species species) {
  bool known = false;
  for (const Override& o : overrides) {
    if (o.variant != variant) continue;
    known = true;
    if (applies(o, species)) find(p, o.parameter) = o.value;
  }
  if (!known)
    throw UnknownName("no variant is called '" + std::string(variant) + "'; there are " +
                      names_of(variants, [](const Variant&) { return true; }));
}

}  // namespace ketasim::parameters
