/// Routes, units and trial contexts of dose records, one table each. Python, the explorer and the
/// error texts read these rows; nothing else writes them down.
#pragma once

#include <array>
#include <string_view>

#include "ketasim/model/trial.hpp"
#include "ketasim/named_rows.hpp"

namespace ketasim::dosing {

using ketasim::from_name;
using ketasim::name_of;
using ketasim::row_of;

/// Where a record acts: given to the whole body, held in the bath, or directly on its target.
enum class Site { body, bath, target };

inline constexpr std::array sites{WordRow<Site>{Site::body, "body"},
                                  WordRow<Site>{Site::bath, "bath"},
                                  WordRow<Site>{Site::target, "target"}};
static_assert(has_all_rows<sites>(), "ketasim: every Site needs its row, in order");

enum class Unit { mg, mg_per_kg, fraction, uM };

/// A unit of the amount of a record, and the site for which amounts are given in it.
struct UnitRow {
  Unit value;
  std::string_view name;
  Site site;
  bool per_kg;  ///< multiplied by body weight
  Spellings also;
  std::string_view meaning;
};

// clang-format off
inline constexpr std::array units{
    UnitRow{Unit::mg, "mg", Site::body, false, {}, "milligrams of free base"},
    UnitRow{Unit::mg_per_kg, "mg/kg", Site::body, true, {"mgkg", "mg kg-1"}, "milligrams of free base per kilogram of body weight"},
    UnitRow{Unit::fraction, "fraction", Site::target, false, {}, "share of the target's full effect or block, 0 to 1"},
    UnitRow{Unit::uM, "uM", Site::bath, false, {"um", "\u00b5M", "\u03bcM"}, "micromoles per litre, held constant"},
};
// clang-format on
static_assert(has_all_rows<units>(), "ketasim: every Unit needs its row, in order");

enum class Route { iv, im, sc, ip, intranasal, oral, oral_er, sublingual, rectal, bath, target };

/// A route of administration.
struct RouteRow {
  Route value;
  std::string_view name;
  Site site;
  bool lasts;  ///< a record by this route may have a duration
  /// Contents of one device and time to the next; 0: no devices. Facts for give_enantiomer, whose
  /// case of the route must divide the dose: `intranasal` does.
  double device_mg = 0.0, device_gap_h = 0.0;
  Spellings also;
  std::string_view meaning;
};

// clang-format off
inline constexpr std::array routes{
    RouteRow{Route::iv, "iv", Site::body, true, 0, 0, {"intravenous", "intravenously", "infusion"}, "into a vein: a bolus, or an infusion with a duration"},
    RouteRow{Route::im, "im", Site::body, false, 0, 0, {"intramuscular"}, "into a muscle"},
    RouteRow{Route::sc, "sc", Site::body, false, 0, 0, {"subcutaneous"}, "under the skin"},
    RouteRow{Route::ip, "ip", Site::body, false, 0, 0, {"intraperitoneal"}, "into the peritoneum"},
    RouteRow{Route::intranasal, "intranasal", Site::body, false, 28.0, 5.0 / 60.0, {"nasal", "in"}, "nasal spray: one device after the other, part of each swallowed"},
    RouteRow{Route::oral, "oral", Site::body, false, 0, 0, {"po", "orally"}, "swallowed, released at once"},
    RouteRow{Route::oral_er, "oral_er", Site::body, false, 0, 0, {}, "swallowed, extended release"},
    RouteRow{Route::sublingual, "sublingual", Site::body, false, 0, 0, {"sl"}, "under the tongue, part of it swallowed"},
    RouteRow{Route::rectal, "rectal", Site::body, false, 0, 0, {"pr"}, "into the rectum"},
    RouteRow{Route::bath, "bath", Site::bath, true, 0, 0, {}, "concentration held constant in the brain or the bath"},
    RouteRow{Route::target, "target", Site::target, true, 0, 0, {}, "directly on the target, without kinetics"},
};
// clang-format on
static_assert(has_all_rows<routes>(), "ketasim: every Route needs its row, in order");

/// The control arm of a trial: how blind patients are, and what they expect.
enum class Control { none, open_label, saline, midazolam, nasal_placebo, masked };

/// A control arm, with or without an oral antidepressant that is newly started.
enum class Context {
  none,
  open_label,
  saline,
  midazolam,
  nasal_placebo,
  masked,
  oral_ad,
  open_label_oral_ad,
  saline_oral_ad,
  midazolam_oral_ad,
  nasal_placebo_oral_ad,
  masked_oral_ad
};

/// What a trial itself does; its sizes are the parameters of the module trial.
struct ContextRow {
  Context value;
  std::string_view name;
  Control control;
  bool new_antidepressant;
  std::string_view meaning;
};

// clang-format off
inline constexpr std::array contexts{
    ContextRow{Context::none, "none", Control::none, false, "no trial: the effect of the drug alone"},
    ContextRow{Context::open_label, "open_label", Control::open_label, false, "patients know that they receive the drug"},
    ContextRow{Context::saline, "saline", Control::saline, false, "saline infusion as control: patients notice the drug"},
    ContextRow{Context::midazolam, "midazolam", Control::midazolam, false, "midazolam as active control"},
    ContextRow{Context::nasal_placebo, "nasal_placebo", Control::nasal_placebo, false, "nasal placebo with a bittering agent as control"},
    ContextRow{Context::masked, "masked", Control::masked, false, "given under general anaesthesia: nobody can tell"},
    ContextRow{Context::oral_ad, "oral_ad", Control::none, true, "an oral antidepressant is newly started"},
    ContextRow{Context::open_label_oral_ad, "open_label+oral_ad", Control::open_label, true, "open label, and an oral antidepressant is newly started"},
    ContextRow{Context::saline_oral_ad, "saline+oral_ad", Control::saline, true, "saline as control, and an oral antidepressant is newly started"},
    ContextRow{Context::midazolam_oral_ad, "midazolam+oral_ad", Control::midazolam, true, "midazolam as control, and an oral antidepressant is newly started"},
    ContextRow{Context::nasal_placebo_oral_ad, "nasal_placebo+oral_ad", Control::nasal_placebo, true, "nasal placebo as control, and an oral antidepressant is newly started"},
    ContextRow{Context::masked_oral_ad, "masked+oral_ad", Control::masked, true, "under general anaesthesia, and an oral antidepressant is newly started"},
};
// clang-format on
static_assert(has_all_rows<contexts>(), "ketasim: every Context needs its row, in order");

/// What a trial in this context adds to the drug [logit].
template <class P>
[[nodiscard]] model::trial::Effects<P> trial_effects(Context context,
                                                     const model::trial::Parameters<P>& p) {
  const ContextRow& row = row_of(context, contexts);
  model::trial::Effects<P> effects{};
  if (row.new_antidepressant) effects.nonspecific = p.n_oral_ad;
  switch (row.control) {
    case Control::none:
      break;
    case Control::open_label:
      effects.expectancy = p.e_open_label;
      break;
    case Control::saline:
      effects.expectancy = p.e_saline;
      effects.unblinding = p.w_saline;
      break;
    case Control::midazolam:
      effects.expectancy = p.e_midazolam;
      effects.unblinding = p.w_midazolam;
      break;
    case Control::nasal_placebo:
      effects.expectancy = p.e_nasal_placebo;
      effects.unblinding = p.w_nasal_placebo;
      break;
    case Control::masked:
      effects.expectancy = p.e_masked;
      break;
  }
  return effects;
}

}  // namespace ketasim::dosing
