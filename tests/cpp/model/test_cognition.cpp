/// Cognition: impaired while the drug is in the brain, by the dose, and not without it.
#include <cmath>

#include "setting.hpp"

using namespace test;

namespace {

double error_at(const Scenario& s, double t) { return seen(s, "working_memory_error", t); }
double learning_at(const Scenario& s, double t) { return seen(s, "episodic_memory", t); }

Scenario volunteer(std::vector<Dose> doses) { return human(std::move(doses), 0.0); }

}  // namespace

TEST_CASE("cognition: without drug nothing is impaired, and it recovers with the drug",
          "[model][cognition]") {
  const std::vector<double> t{-1.0, 0.6, 2.0, 6.0, 24.0};
  const Trajectory r = run(volunteer({infusion()}), t);
  const auto error = seen(r, "working_memory_error"), learning = seen(r, "episodic_memory");
  CHECK(error[0] == 1.0);
  CHECK(learning[0] == 0.0);
  CHECK(error[1] > 1.2);
  CHECK(learning[1] < -0.3);
  for (std::size_t k = 2; k < t.size(); ++k) {
    CAPTURE(t[k]);
    CHECK(error[k] < error[k - 1]);
    CHECK(learning[k] > learning[k - 1]);
  }
  CHECK(error.back() == Approx(1.0).margin(1e-4));
  CHECK(learning.back() == Approx(0.0).margin(1e-4));
}

TEST_CASE("cognition: spatial working memory in 40 volunteers", "[model][cognition]") {
  // 4.75 and 6.89 degrees; the standard error of the difference is 0.61 degrees.
  const Scenario s = volunteer(
      {give(Drug::ketamine, 0.23, Unit::mg_per_kg, Route::iv, 0.0, 1.0 / 30.0),
       give(Drug::ketamine, 0.58 * 7.0 / 6.0, Unit::mg_per_kg, Route::iv, 1.0 / 30.0, 7.0 / 6.0)});
  CHECK(4.75 * (error_at(s, 0.75) - 1.0) == Approx(2.15).margin(0.61));
}

TEST_CASE("cognition: nasal esketamine 84 mg, impaired 40 min after it and not at 2 h",
          "[model][cognition]") {
  const Scenario s = volunteer({give(Drug::esketamine, 84.0, Unit::mg, Route::intranasal)});
  const double last_device = 1.0 / 6.0, se = 1.0 / std::sqrt(24.0);
  CHECK(learning_at(s, last_device + 0.667) == Approx(-0.65).margin(0.05));
  for (const double h : {2.0, 4.0, 6.0})
    CHECK(std::abs(learning_at(s, last_device + h)) < 1.96 * se);
}

TEST_CASE("cognition: impairment grows with the dose; 10 mg into the muscle do little",
          "[model][cognition]") {
  const auto over_80_min = [](double mg_per_kg) {
    return volunteer({give(Drug::ketamine, mg_per_kg, Unit::mg_per_kg, Route::iv, 0.0, 4.0 / 3.0)});
  };
  CHECK(error_at(over_80_min(0.8), 1.2) > error_at(over_80_min(0.4), 1.2) + 0.1);
  CHECK(learning_at(over_80_min(0.8), 1.2) < learning_at(over_80_min(0.4), 1.2) - 0.2);
  const auto into_muscle = [](double mg) {
    return volunteer({give(Drug::ketamine, mg, Unit::mg, Route::im)});
  };
  CHECK(learning_at(into_muscle(25.0), 0.25) < -0.3);
  CHECK(learning_at(into_muscle(10.0), 0.25) > -0.1);
}
