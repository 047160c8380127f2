/// Blood pressure saturates, and without drug nobody dissociates or recognises it.
#include <cmath>

#include "setting.hpp"

using namespace test;

TEST_CASE("tolerability: blood pressure rises with dose and stays below its largest rise",
          "[model][tolerability]") {
  const auto t = every(0.05, 0.05, 4.0);
  double sbp = 0.0, dbp = 0.0;
  for (const double mg_per_kg : {0.5, 1.0, 2.0, 4.0, 8.0}) {
    const Trajectory r =
        run(human({give(Drug::ketamine, mg_per_kg, Unit::mg_per_kg, Route::im)}), t);
    CAPTURE(mg_per_kg);
    CHECK(largest(seen(r, "sbp_change")) > sbp);
    CHECK(largest(seen(r, "dbp_change")) > dbp);
    sbp = largest(seen(r, "sbp_change"));
    dbp = largest(seen(r, "dbp_change"));
    CHECK(sbp < r.parameters.tolerability.SBP_max);
    CHECK(dbp < r.parameters.tolerability.DBP_max);
  }
}

TEST_CASE("tolerability: CADSS without drug is its floor, with drug it ends at 92 points",
          "[model][tolerability]") {
  const auto t = every(0.1, 0.1, 24.0);
  const Dose placebo = give(Drug::placebo, 0.0, Unit::mg, Route::iv);
  for (const double severity : {0.0, 1.0}) {
    const Trajectory none = run(human({placebo}, severity, Context::saline), t);
    for (const double points : seen(none, "cadss"))
      CHECK(points == none.parameters.tolerability.CADSS_0);
    for (const double points : seen(none, "cadss_change")) CHECK(points == 0.0);
    Scenario most = human({infusion(0.0, 2.0)}, severity);
    most.parameters.tolerability.CADSS_max = model::tolerability::cadss_end;
    const Trajectory r = run(most, t);
    for (const double points : seen(r, "cadss")) {
      CHECK(points >= r.parameters.tolerability.CADSS_0);
      CHECK(points <= model::tolerability::cadss_end);
    }
  }
}

TEST_CASE("tolerability: patients dissociate less than volunteers", "[model][tolerability]") {
  const auto peak = [](double severity) {
    return largest(seen(run(human({infusion()}, severity), every(0.1, 0.1, 3.0)), "cadss_change"));
  };
  CHECK(peak(1.0) < peak(0.5));
  CHECK(peak(0.5) < peak(0.0));
  CHECK(peak(1.0) > 0.0);
}
