/// Routes, units and trial contexts of dose records, one table each. Python, the explorer and the
/// error texts read these rows; nothing else writes them down.
#pragma once

#include <array>
#include <string_view>

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

enum class Context { none, open_label, saline, midazolam, nasal_placebo, oral_ad, masked };

/// What a trial itself does, in logits of MADRS/60: properties of the trial, not of the drug.
struct ContextRow {
  Context value;
  std::string_view name;
  double expectancy;   ///< per session
  double nonspecific;  ///< improvement whatever is given
  double unblinding;   ///< weight of functional unblinding
  std::string_view meaning;
  std::string_view source;  ///< control arms from which the logits are derived
};

// clang-format off
inline constexpr std::array contexts{
    ContextRow{Context::none, "none", 0.0, 0.0, 0.0, "no trial: the effect of the drug alone", ""},
    ContextRow{Context::open_label, "open_label", 0.48, 0.0, 0.0, "patients know that they receive the drug", "thisModel"},
    ContextRow{Context::saline, "saline", 0.10, 0.0, 0.50, "saline infusion as control: patients notice the drug", "wilkinson2019"},
    ContextRow{Context::midazolam, "midazolam", 0.55, 0.0, 0.15, "midazolam as active control", "murrough2013_ajp;wilkinson2019"},
    ContextRow{Context::nasal_placebo, "nasal_placebo", 0.40, 0.0, 0.30, "nasal placebo with a bittering agent as control", "daly2018"},
    ContextRow{Context::oral_ad, "oral_ad", 0.0, 1.2, 0.0, "a new oral antidepressant is started with the nasal spray", "jones2022"},
    ContextRow{Context::masked, "masked", 1.0, 0.0, 0.0, "given under general anaesthesia: nobody can tell", "lii2023"},
};
// clang-format on
static_assert(has_all_rows<contexts>(), "ketasim: every Context needs its row, in order");

[[nodiscard]] constexpr const ContextRow& effect_of(Context context) {
  return row_of(context, contexts);
}

}  // namespace ketasim::dosing
