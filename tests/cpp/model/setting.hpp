/// Scenarios and readouts that the tests of the model share.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

#include "ketasim/parameters/variants.hpp"
#include "ketasim/simulate.hpp"

namespace test {

using namespace ketasim;
using dosing::Context;
using dosing::Dose;
using dosing::Drug;
using dosing::Route;
using dosing::Unit;
using model::Derived;
using model::Inputs;
using model::n_states;
using model::Parameters;
using model::State;

inline constexpr double infusion_h = 2.0 / 3.0;

[[nodiscard]] inline Dose give(Drug drug, double amount, Unit unit, Route route,
                               double start_h = 0.0, double duration_h = 0.0) {
  return {.drug = drug,
          .amount = amount,
          .unit = unit,
          .route = route,
          .start_h = start_h,
          .duration_h = duration_h};
}

/// A tool at full strength on its target.
[[nodiscard]] inline Dose hold(Drug tool, double fraction, double start_h, double duration_h) {
  return give(tool, fraction, Unit::fraction, Route::target, start_h, duration_h);
}

/// 0.5 mg/kg racemic ketamine over 40 min.
[[nodiscard]] inline Dose infusion(double start_h = 0.0, double mg_per_kg = 0.5) {
  return give(Drug::ketamine, mg_per_kg, Unit::mg_per_kg, Route::iv, start_h, infusion_h);
}

[[nodiscard]] inline Scenario human(std::vector<Dose> doses, double severity = 1.0,
                                    Context context = Context::none) {
  return {.subject = {.severity = severity}, .doses = std::move(doses), .context = context};
}

[[nodiscard]] inline Scenario rat(std::vector<Dose> doses, double severity = 0.0) {
  return {.subject = {.species = Species::rat, .severity = severity}, .doses = std::move(doses)};
}

/// A rat given ketamine intraperitoneally.
[[nodiscard]] inline Scenario rat_ip(double mg_per_kg, double severity = 0.0) {
  return rat({give(Drug::ketamine, mg_per_kg, Unit::mg_per_kg, Route::ip)}, severity);
}

/// Errors of single states reach some 10 rtol; 1e-8 keeps them below every claim made with four
/// digits.
inline constexpr double rtol = 1e-8;

[[nodiscard]] inline SolverOptions accurate(double tolerance = rtol) {
  SolverOptions options;
  options.rtol = tolerance;
  options.atol_factor = tolerance;
  return options;
}

/// A run that got to its end.
[[nodiscard]] inline Trajectory run(const Scenario& scenario, const std::vector<double>& t,
                                    double tolerance = rtol) {
  Trajectory result = simulate(scenario, t, accurate(tolerance));
  REQUIRE(result.success());
  return result;
}

[[nodiscard]] inline std::vector<double> seen(const Trajectory& run, std::string_view readout) {
  return run.readout(readout);
}

/// One readout at one time.
[[nodiscard]] inline double seen(const Scenario& scenario, std::string_view readout, double t) {
  return seen(run(scenario, {t}), readout).front();
}

[[nodiscard]] inline State<double> state_at(const Trajectory& run, std::size_t row) {
  return model::unpack<double>(run.y.data() + row * static_cast<std::size_t>(n_states));
}

/// Evenly spaced times, both ends included.
[[nodiscard]] inline std::vector<double> every(double step, double from, double to) {
  std::vector<double> t;
  for (int k = 0; from + k * step <= to + 1e-9 * step; ++k) t.push_back(from + k * step);
  return t;
}

[[nodiscard]] inline double largest(const std::vector<double>& values) {
  return *std::max_element(values.begin(), values.end());
}

/// Draws states and inputs all over the range in which the equations are used.
class Anywhere {
 public:
  explicit Anywhere(unsigned seed) : random_(seed) {}

  [[nodiscard]] double between(double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random_);
  }

  /// Every state off its baseline: amounts and concentrations up to twice, folds by half up and
  /// down, blocks so that their sum stays below 1.
  [[nodiscard]] State<double> state(const Parameters<double>& p, const Derived<double>& d) {
    State<double> y = model::healthy_state(p, d);
    State<double>::each(y, [&](std::string_view, double& value, const model::Variable& row) {
      value = value != 0.0 ? value * between(0.5, 1.5) : row.typical * between(0.1, 2.0);
    });
    return y;
  }

  /// Every input on: rates of hundreds, tools and weights between 0 and 1, BDNF near its
  /// physiological level.
  [[nodiscard]] Inputs<double> inputs() {
    Inputs<double> u;
    Inputs<double>::each(u, [&](double& value, const model::Input& row) {
      value = row.unit == "umol/h" ? between(1.0, 300.0) : between(0.05, 0.95);
      if (row.name == "bath_bdnf") value *= 1e-4;
    });
    return u;
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace test
