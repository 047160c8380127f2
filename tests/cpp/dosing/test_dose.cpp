/// A record that cannot be is refused with the record, the field, its value, its unit and a remedy.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <random>

#include "person.hpp"

using namespace test;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

const Dose bolus{.drug = Drug::ketamine, .amount = 35, .unit = Unit::mg, .route = Route::iv};

template <class Change>
std::string refused(Change&& change, Dose dose = bolus) {
  change(dose);
  return refusal([&] { check(dose); });
}

}  // namespace

TEST_CASE("dose: an impossible field is refused by name, value, unit and remedy",
          "[dosing][dose]") {
  CHECK(refused([](Dose&) {}).empty());
  const std::string record = "ketamine 35 mg iv at 0 h: ";
  CHECK(refused([](Dose& d) { d.amount = -1.5; }) ==
        "ketamine -1.5 mg iv at 0 h: amount = -1.5 mg must be finite and not negative");
  CHECK(refused([](Dose& d) { d.amount = infinity; }) ==
        "ketamine inf mg iv at 0 h: amount = inf mg must be finite and not negative");
  CHECK(refused([](Dose& d) { d.duration_h = -1e-12; }) ==
        record + "duration_h = -1e-12 h must be finite and not negative");
  CHECK(refused([](Dose& d) { d.interval_h = -24; }) ==
        record + "interval_h = -24 h must be finite and not negative");
  CHECK(refused([](Dose& d) { d.lag_h = -0.5; }) ==
        record + "lag_h = -0.5 h must be finite and not negative");
  CHECK(refused([](Dose& d) { d.bioavailability = -0.1; }) ==
        record + "bioavailability = -0.1 must be finite and not negative");
  CHECK(refused([](Dose& d) { d.start_h = infinity; }) ==
        "ketamine 35 mg iv at inf h: start_h = inf h must be finite");
  CHECK(refused([](Dose& d) { d.additional = -2; }) ==
        record + "additional = -2 must not be negative");
  CHECK(refused([](Dose& d) { d.additional = 3; }) ==
        record + "additional = 3 with interval_h = 0 h: give an interval_h above 0 h");
  CHECK(refused([](Dose& d) { d.steady_state = SteadyState::add; }) ==
        record +
            "steady state with interval_h = 0 h: give an interval_h above 0 h; for a constant "
            "infusion, amount and duration_h of its rate, and lag_h = 0");
}

TEST_CASE("dose: what is not a number is refused in every field", "[dosing][dose]") {
  for (double Dose::*field : {&Dose::amount, &Dose::start_h, &Dose::duration_h, &Dose::interval_h,
                              &Dose::lag_h, &Dose::bioavailability})
    CHECK(refused([&](Dose& d) { d.*field = std::nan(""); }) != "");
}

TEST_CASE("dose: route, unit and duration must fit each other", "[dosing][dose]") {
  const std::string record = "ketamine 35 mg iv at 0 h: ";
  CHECK(refused([](Dose& d) { d.unit = Unit::fraction; }) ==
        "ketamine 35 fraction iv at 0 h: route iv and unit fraction do not go together: by this "
        "route amounts are given in mg, mg/kg");
  CHECK(refused([](Dose& d) { d.route = Route::bath; }) ==
        "ketamine 35 mg bath at 0 h: route bath and unit mg do not go together: by this route "
        "amounts are given in uM");

  const Dose block{.drug = Drug::nbqx,
                   .amount = 0.9,
                   .unit = Unit::fraction,
                   .route = Route::target,
                   .duration_h = 3};
  CHECK(refused([](Dose&) {}, block).empty());
  CHECK(refused([](Dose& d) { d.amount = 1.25; }, block) ==
        "nbqx 1.25 fraction target at 0 h: amount = 1.25 is a fraction and must lie between 0 and "
        "1");
  CHECK(refused([](Dose& d) { d.duration_h = 0; }, block) ==
        "nbqx 0.9 fraction target at 0 h: duration_h = 0 h must be above 0 h: say how long it "
        "acts");

  CHECK(refused([](Dose& d) { d.duration_h = 1; }).empty());
  CHECK(refused([](Dose& d) { d.route = Route::im, d.duration_h = 1; }) ==
        "ketamine 35 mg im at 0 h: only iv, bath, target records have a duration; remove "
        "duration_h = 1 h");
  // A placebo imitates whatever it stands for; sessions and retrieval have a length of their own.
  CHECK(refused([](Dose& d) {
          d.drug = Drug::placebo, d.route = Route::im, d.duration_h = 1;
        }).empty());
  CHECK(refused([](Dose& d) { d.drug = Drug::psychotherapy, d.duration_h = 0; }, block).empty());
  CHECK(refused([](Dose& d) { d.drug = Drug::memory_retrieval, d.duration_h = 0; }, block).empty());
}

TEST_CASE("dose: repeats start at t0 + lag + k ii, never at a running sum", "[dosing][dose]") {
  // A tenth is not a binary number: a running sum is off from the sixth repeat on.
  const Dose dose{.interval_h = 0.1, .additional = 1000};
  double running = 0;
  int differ = 0;
  for (int k = 0; k <= dose.additional; ++k, running += dose.interval_h) {
    CHECK(dose.start_of(k) == k * 0.1);
    differ += running != dose.start_of(k);
  }
  CHECK(differ > 900);  // so the two can be told apart
}
