/// The scenarios that are timed: the common ones of the field, for a 70 kg subject under chronic
/// stress.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "ketasim/ketasim.hpp"

namespace bench {

struct Case {
  std::string name;
  ketasim::Scenario scenario;
  double end_h;

  /// 101 times: dense over the first day, where things happen within minutes, then even to the end.
  [[nodiscard]] std::vector<double> times() const {
    std::vector<double> t{0.0};
    for (int k = 0; k < 40; ++k) t.push_back(std::pow(24.0 * 60.0, k / 39.0) / 60.0);
    for (int k = 1; k <= 60; ++k) t.push_back(24.0 + (end_h - 24.0) * k / 60.0);
    return t;
  }
};

[[nodiscard]] inline ketasim::dosing::Dose infusion(double start_h) {
  return {.amount = 0.5,
          .unit = ketasim::dosing::Unit::mg_per_kg,
          .start_h = start_h,
          .duration_h = 40.0 / 60.0};
}

[[nodiscard]] inline Case one_infusion() {
  Case c{.name = "one_infusion_14d", .scenario = {}, .end_h = 336.0};
  c.scenario.doses = {infusion(0.0)};
  return c;
}

[[nodiscard]] inline Case six_infusions() {
  Case c{.name = "six_infusions_28d", .scenario = {}, .end_h = 672.0};
  for (const double start : {0.0, 48.0, 96.0, 168.0, 216.0, 264.0})
    c.scenario.doses.push_back(infusion(start));
  return c;
}

/// Esketamine spray twice a week for four weeks.
[[nodiscard]] inline Case nasal_56_x8() {
  Case c{.name = "nasal_56_x8_28d", .scenario = {}, .end_h = 672.0};
  for (const double start : {0.0, 72.0})
    c.scenario.doses.push_back({.drug = ketasim::dosing::Drug::esketamine,
                                .amount = 56.0,
                                .route = ketasim::dosing::Route::intranasal,
                                .start_h = start,
                                .interval_h = 168.0,
                                .additional = 3});
  return c;
}

/// Nothing given; what the others of the same length are compared with.
[[nodiscard]] inline Case no_drug() {
  return {.name = "no_drug_28d", .scenario = {}, .end_h = 672.0};
}

[[nodiscard]] inline Case escitalopram_daily() {
  Case c{.name = "escitalopram_daily_28d", .scenario = {}, .end_h = 672.0};
  c.scenario.doses = {{.drug = ketasim::dosing::Drug::escitalopram,
                       .amount = 10.0,
                       .route = ketasim::dosing::Route::oral,
                       .interval_h = 24.0,
                       .additional = 27}};
  return c;
}

}  // namespace bench
