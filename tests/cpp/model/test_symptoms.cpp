/// From relief to rating scales, for one patient and averaged over many.
#include "ketasim/model/symptoms.hpp"

#include <cmath>

#include "setting.hpp"

using namespace test;

namespace {

using model::symptoms::Relief;

}  // namespace

TEST_CASE("symptoms: scales start where severity puts them and every change at zero",
          "[model][symptoms]") {
  CHECK(seen(human({}, 1.0), "madrs", 0.0) == Approx(35.0).epsilon(1e-12));
  CHECK(seen(human({}, 0.0), "madrs", 0.0) == Approx(3.0).epsilon(1e-12));
  Scenario known = human({}, 1.0);
  known.subject.baseline_madrs = 28.0;
  CHECK(seen(known, "madrs", 0.0) == Approx(28.0).epsilon(1e-12));
  for (const char* change : {"madrs_change", "hdrs17_change", "hdrs_change", "effect_size",
                             "suicidal_ideation_change", "capsv_change", "craving_change"}) {
    INFO(change);
    CHECK(std::abs(seen(human({}, 1.0), change, 0.0)) < 1e-12);
  }
}

TEST_CASE("symptoms: effect size leaves out what a control has too", "[model][symptoms]") {
  const Dose placebo = give(Drug::placebo, 0.0, Unit::mg, Route::iv);
  const Trajectory control = run(human({placebo}, 1.0, Context::midazolam), {24.0});
  CHECK(seen(control, "madrs_change").front() < -5.0);
  CHECK(std::abs(seen(control, "effect_size").front()) < 1e-9);
  CHECK(seen(human({infusion()}, 1.0, Context::midazolam), "effect_size", 24.0) < -0.3);
}

TEST_CASE("symptoms: ratings stay on their scales however large the relief", "[model][symptoms]") {
  const auto p = parameters::human().symptoms;
  Inputs<double> u;
  u.z0 = model::symptoms::baseline(p, 1.0);
  double last = 60.0;
  for (const double relief : {-800.0, -3.0, 0.0, 1.0, 5.0, 800.0}) {
    const auto r = readouts(Relief<double>{relief, 0.0}, u, p);
    CAPTURE(relief);
    CHECK(r.madrs >= 0.0);
    CHECK(r.madrs <= last);
    CHECK(r.suicidal_ideation_remission >= 0.0);
    CHECK(r.suicidal_ideation_remission <= 1.0);
    CHECK(p.SSI0 + r.suicidal_ideation_change >= -1e-12);  // rounding of SSI0
    CHECK(p.SSI0 + r.suicidal_ideation_change <= 38.0);
    last = r.madrs;
  }
}

TEST_CASE("symptoms: sensitivity scales what the drug does, not what the trial does",
          "[model][symptoms]") {
  const auto madrs = [](double sensitivity, std::vector<Dose> doses) {
    Scenario s = human(std::move(doses), 1.0, Context::midazolam);
    s.parameters.symptoms.sensitivity = sensitivity;
    return seen(s, "madrs", 24.0);
  };
  const Dose placebo = give(Drug::placebo, 0.0, Unit::mg, Route::iv);
  CHECK(madrs(2.0, {infusion()}) < madrs(1.0, {infusion()}) - 2.0);
  CHECK(madrs(2.0, {placebo}) == Approx(madrs(1.0, {placebo})).epsilon(1e-9));
}

TEST_CASE("symptoms: a number of points that a scale does not have is refused by name",
          "[model][symptoms]") {
  Scenario s = human({infusion()}, 1.0);
  s.parameters.symptoms.SSI0 = 38.0;  // the end belongs to the scale
  CHECK(std::isfinite(seen(s, "suicidal_ideation_change", 24.0)));
  s.parameters.symptoms.SSI0 = 38.1;
  CHECK_THROWS_WITH(run(s, {24.0}), Catch::Contains("symptoms.SSI0 = 38.1 points") &&
                                        Catch::Contains("within 0 to 38 points"));
  s = human({infusion()}, 1.0);
  s.parameters.tolerability.CADSS_max = 93.0;
  CHECK_THROWS_AS(run(s, {24.0}), ParameterError);
}
