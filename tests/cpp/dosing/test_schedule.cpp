/// A regimen compiled to stops: each dose exactly once, sums by identity, no dependence on order.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "person.hpp"

using namespace test;

namespace {

constexpr double g_mol = 237.73;  // ketamine

Dose esketamine_iv(double mg, double start, double duration = 0.0) {
  return {.drug = Drug::esketamine,
          .amount = mg,
          .unit = Unit::mg,
          .route = Route::iv,
          .start_h = start,
          .duration_h = duration};
}

Dose window(Drug drug, double fraction, double start, double duration) {
  return {.drug = drug,
          .amount = fraction,
          .unit = Unit::fraction,
          .route = Route::target,
          .start_h = start,
          .duration_h = duration};
}

double level_at(const Schedule& schedule, double t, double Inputs::*input) {
  double level = schedule.before.*input;
  for (const Stop& stop : schedule.stops)
    if (stop.time <= t) level = stop.inputs.*input;
  return level;
}

/// What an input brings from the first stop to the last.
double area(const Schedule& schedule, double Inputs::*input) {
  double sum = 0;
  for (std::size_t k = 0; k + 1 < schedule.stops.size(); ++k)
    sum += schedule.stops[k].inputs.*input * (schedule.stops[k + 1].time - schedule.stops[k].time);
  return sum;
}

/// What jumps bring to a state.
double jumped(const Schedule& schedule, int into) {
  double sum = 0;
  for (const Stop& stop : schedule.stops)
    for (const Jump& jump : stop.jumps)
      if (jump.state == into) sum += jump.add;
  return sum;
}

std::vector<double> values(const Inputs& u) {
  std::vector<double> all;
  Inputs::each(u, [&](double v, const ketasim::model::Input&) { all.push_back(v); });
  return all;
}

void check_same(const Schedule& a, const Schedule& b) {
  REQUIRE(a.stops.size() == b.stops.size());
  for (std::size_t k = 0; k < a.stops.size(); ++k) {
    CHECK(a.stops[k].time == b.stops[k].time);
    CHECK(a.stops[k].reset == b.stops[k].reset);
    CHECK(values(a.stops[k].inputs) == values(b.stops[k].inputs));
    // Jumps of different states commute, so they are compared state by state.
    const auto by_state = [](std::vector<Jump> jumps) {
      std::stable_sort(jumps.begin(), jumps.end(),
                       [](const Jump& x, const Jump& y) { return x.state < y.state; });
      std::vector<std::tuple<int, double, double>> plain;
      for (const Jump& j : jumps) plain.emplace_back(j.state, j.scale, j.add);
      return plain;
    };
    CHECK(by_state(a.stops[k].jumps) == by_state(b.stops[k].jumps));
  }
}

}  // namespace

TEST_CASE("schedule: each of 10 000 random repeated doses is given exactly once, on time",
          "[dosing][schedule]") {
  std::mt19937_64 random(42);
  std::uniform_real_distribution<double> u(0, 1);
  const int depot = state("serotonin.A_esc_gut");
  int wrong = 0;
  for (int trial = 0; trial < 10'000; ++trial) {
    // Half of them in decimal fractions, whose sums are where times that look equal come from.
    const bool tenths = trial % 2 == 0;
    const auto draw = [&](double largest) {
      return tenths ? 0.1 * std::floor(10 * largest * u(random)) : largest * u(random);
    };
    Dose dose{.drug = Drug::escitalopram, .amount = 10, .route = Route::oral};
    dose.start_h = draw(2000) - 100;
    dose.interval_h = 0.1 + draw(200);
    dose.lag_h = draw(10);
    dose.additional = static_cast<int>(8 * u(random));
    const Schedule schedule = compiled({dose});
    std::vector<double> times;
    for (const Stop& stop : schedule.stops)
      for (const Jump& jump : stop.jumps)
        if (jump.state == depot) times.push_back(stop.time);
    std::vector<double> expected;
    for (int k = 0; k <= dose.additional; ++k)
      expected.push_back(dose.start_h + dose.lag_h + k * dose.interval_h);
    wrong += times != expected;
  }
  CHECK(wrong == 0);
}

TEST_CASE("schedule: 1 000 random overlapping regimens bring exactly what was prescribed",
          "[dosing][schedule]") {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> u(0, 1);
  const int blood = state("pharmacokinetics.A1_S");
  double worst = 0;
  int negative = 0, stops_too_close = 0;
  for (int trial = 0; trial < 1000; ++trial) {
    // From the first day to the tenth year; late times are rounded to a picohour and more.
    const double origin = trial % 3 == 0 ? 0.0 : std::pow(10, 5 * u(random));
    std::vector<Dose> doses;
    double prescribed = 0;
    for (int k = 0; k < 12; ++k) {
      const double mg = trial % 2 == 0 ? 20 : 1 + 99 * u(random);  // even trials: equal rates
      double at = origin + 0.5 * std::floor(8 * u(random));        // so that starts and ends meet
      double length = 0.5 * std::floor(5 * u(random));             // 0 is a bolus
      if (k % 4 == 1) at += 4e-10 * (2 * u(random) - 1);           // nearly the same time
      if (k % 4 == 2) length = std::pow(10, -6 * u(random));       // down to 4 milliseconds
      doses.push_back(esketamine_iv(mg, at, length));
      prescribed += mg * 1000 / g_mol;
    }
    const Schedule schedule = compiled(doses);
    for (std::size_t k = 0; k < schedule.stops.size(); ++k) {
      negative += schedule.stops[k].inputs.rate_A1_S < 0;
      if (k > 0)
        stops_too_close +=
            schedule.stops[k].time - schedule.stops[k - 1].time <= shortest_duration_h;
    }
    CHECK(schedule.stops.back().inputs.rate_A1_S == 0.0);  // all ended, to the last bit
    const double given = jumped(schedule, blood) + area(schedule, &Inputs::rate_A1_S);
    worst = std::max(worst, std::abs(given / prescribed - 1));
  }
  CHECK(worst < 1e-10);
  CHECK(negative == 0);
  CHECK(stops_too_close == 0);
}

TEST_CASE("schedule: overlapping infusions of one rate add up and end one by one",
          "[dosing][schedule]") {
  // 0-2 h, 1-3 h and 1-2 h at the same rate.
  const Schedule s =
      compiled({esketamine_iv(20, 0, 2), esketamine_iv(20, 1, 2), esketamine_iv(10, 1, 1)});
  const double rate = 10 * 1000 / g_mol;
  std::vector<double> times;
  for (const Stop& stop : s.stops) times.push_back(stop.time);
  CHECK(times == std::vector<double>{0, 1, 2, 3});
  CHECK(level_at(s, -1, &Inputs::rate_A1_S) == 0.0);
  CHECK(level_at(s, 0, &Inputs::rate_A1_S) == Approx(rate));
  CHECK(level_at(s, 1, &Inputs::rate_A1_S) == Approx(3 * rate));
  CHECK(level_at(s, 2, &Inputs::rate_A1_S) == Approx(rate));
  CHECK(level_at(s, 3, &Inputs::rate_A1_S) == 0.0);
}

TEST_CASE("schedule: intervals are closed left and open right", "[dosing][schedule]") {
  const Schedule s = compiled({window(Drug::nbqx, 0.5, 1, 2), window(Drug::nbqx, 0.3, 3, 1)});
  CHECK(level_at(s, 1, &Inputs::nbqx) == 0.5);
  CHECK(level_at(s, 3, &Inputs::nbqx) == 0.3);  // one ends where the other begins
  CHECK(level_at(s, 4, &Inputs::nbqx) == 0.0);
}

TEST_CASE("schedule: fractions of a target are capped at 1, concentrations are not",
          "[dosing][schedule]") {
  const std::vector<std::pair<Drug, double Inputs::*>> tools{
      {Drug::nbqx, &Inputs::nbqx},
      {Drug::anti_bdnf, &Inputs::anti_bdnf},
      {Drug::vdcc_blocker, &Inputs::vdcc_blocker},
      {Drug::anisomycin, &Inputs::anisomycin},
      {Drug::rapamycin, &Inputs::rapamycin},
      {Drug::ly379268, &Inputs::ly379268},
      {Drug::ly341495, &Inputs::ly341495},
      {Drug::naltrexone, &Inputs::naltrexone},
      {Drug::psychotherapy, &Inputs::therapy}};
  for (const auto& [drug, input] : tools) {
    CAPTURE(name_of(drug, drugs));
    const Schedule s = compiled({window(drug, 0.7, 0, 2), window(drug, 0.6, 1, 2)});
    CHECK(level_at(s, 0, input) == 0.7);
    CHECK(level_at(s, 1, input) == 1.0);
    CHECK(level_at(s, 2, input) == 0.6);
  }
  const Dose bath{
      .drug = Drug::ketamine, .amount = 2, .unit = Unit::uM, .route = Route::bath, .duration_h = 1};
  CHECK(level_at(compiled({bath, bath}), 0, &Inputs::bath_S) == 2.0);
}

TEST_CASE("schedule: the order of the records does not matter, to the last bit",
          "[dosing][schedule]") {
  std::vector<Dose> doses{
      esketamine_iv(20, 0, 1),
      esketamine_iv(20, 0, 1),
      esketamine_iv(0.1, 0.5, 0.7),
      esketamine_iv(30, 1),
      esketamine_iv(7, 1),
      window(Drug::nbqx, 0.7, 0.25, 3),
      window(Drug::nbqx, 0.2, 0.3, 1),
      window(Drug::memory_retrieval, 0.4, 1, 0),
      window(Drug::memory_retrieval, 0.9, 1, 0),
      {.drug = Drug::placebo, .route = Route::iv, .start_h = 1},
      {.drug = Drug::ketamine, .amount = 84, .route = Route::intranasal, .start_h = 1},
      {.drug = Drug::esketamine,
       .amount = 30,
       .route = Route::iv,
       .start_h = -0.5,
       .duration_h = 5,
       .interval_h = 2,
       .steady_state = SteadyState::add},
      {.drug = Drug::esketamine,
       .amount = 25,
       .route = Route::iv,
       .start_h = 1,
       .duration_h = 3,
       .interval_h = 2,
       .additional = 2,
       .steady_state = SteadyState::replace},
      {.drug = Drug::escitalopram,
       .amount = 10,
       .route = Route::oral,
       .interval_h = 24,
       .additional = 3,
       .steady_state = SteadyState::replace}};
  std::vector<double> resets{0.75, 1.0};
  const Schedule first = compiled(doses, resets, Context::saline);
  std::mt19937_64 random(1);
  for (int k = 0; k < 50; ++k) {
    std::shuffle(doses.begin(), doses.end(), random);
    std::shuffle(resets.begin(), resets.end(), random);
    check_same(compiled(doses, resets, Context::saline), first);
  }
}

TEST_CASE("schedule: times that differ by rounding are one stop", "[dosing][schedule]") {
  // 0.1 + 0.2 is not 0.3.
  Dose lagged = esketamine_iv(10, 0.1);
  lagged.lag_h = 0.2;
  const Schedule s = compiled({lagged, esketamine_iv(10, 0.3)});
  REQUIRE(s.stops.size() == 1);
  CHECK(jumped(s, state("pharmacokinetics.A1_S")) == Approx(2 * 10 * 1000 / g_mol));
}

TEST_CASE("schedule: doses before, at and after 0 are all kept", "[dosing][schedule]") {
  const Schedule s = compiled({esketamine_iv(1, -24), esketamine_iv(1, 0), esketamine_iv(1, 1e5)});
  REQUIRE(s.stops.size() == 3);
  CHECK(s.stops.front().time == -24.0);
  CHECK(s.stops.back().time == 1e5);
}

TEST_CASE("schedule: a session adds half of the expectancy that is missing", "[dosing][schedule]") {
  Dose course = esketamine_iv(10, 0);
  course.interval_h = 24;
  course.additional = 3;
  const double e = human().trial.e_open_label;
  const Schedule s = compiled({course}, {}, Context::open_label);
  const int expectancy = state("symptoms.E");
  double level = 0;
  for (std::size_t k = 0; k < s.stops.size(); ++k) {
    for (const Jump& jump : s.stops[k].jumps)
      if (jump.state == expectancy) level = jump.scale * level + jump.add;
    // e, 3/2 e, 7/4 e ... towards 2 e
    CHECK(level == Approx(2 * e * (1 - std::pow(0.5, static_cast<double>(k + 1)))).epsilon(1e-15));
  }
  CHECK(s.stops.size() == 4);
  const Dose placebo{.drug = Drug::placebo, .route = Route::oral};
  const Dose tablet{.drug = Drug::escitalopram, .amount = 10, .route = Route::oral};
  CHECK(jumped(compiled({placebo}, {}, Context::saline), expectancy) == human().trial.e_saline);
  CHECK(jumped(compiled({tablet}, {}, Context::saline), expectancy) == 0.0);
}

TEST_CASE("schedule: non-specific improvement begins at 0 and stays, whatever is reset",
          "[dosing][schedule]") {
  const Schedule s = compiled({esketamine_iv(1, -2)}, {5}, Context::oral_ad);
  CHECK(level_at(s, -1, &Inputs::nonspecific) == 0.0);
  CHECK(level_at(s, 0, &Inputs::nonspecific) == human().trial.n_oral_ad);
  CHECK(level_at(s, 6, &Inputs::nonspecific) == human().trial.n_oral_ad);
}

TEST_CASE("schedule: a reset ends what runs and leaves what begins with it", "[dosing][schedule]") {
  const Dose for_ever{.drug = Drug::esketamine,
                      .amount = 10,
                      .route = Route::iv,
                      .start_h = 0,
                      .duration_h = 9,
                      .interval_h = 4,
                      .steady_state = SteadyState::replace};
  const Schedule s = compiled({esketamine_iv(10, 0, 4), esketamine_iv(10, 2, 2), for_ever,
                               window(Drug::nbqx, 0.5, 1, 9), esketamine_iv(10, 3)},
                              {2});
  CHECK(level_at(s, 1, &Inputs::nbqx) == 0.5);
  CHECK(level_at(s, 2, &Inputs::nbqx) == 0.0);
  // 10 mg in 2 h goes on; of the 10 mg in 4 h and of the infusions that steady state left behind
  // nothing does.
  CHECK(level_at(s, 2, &Inputs::rate_A1_S) == Approx(5 * 1000 / g_mol));
  CHECK(s.stops.back().inputs.rate_A1_S == 0.0);
  for (const Stop& stop : s.stops) CHECK(stop.reset == (stop.time == 2.0));
  CHECK(jumped(compiled({esketamine_iv(10, 3)}, {2}), state("pharmacokinetics.A1_S")) ==
        Approx(10 * 1000 / g_mol));
  CHECK(refusal([] { (void)compiled({}, {std::nan("")}); }) ==
        "reset at nan h: give a finite time in hours");
}

TEST_CASE("schedule: a steady state replaces drug and its infusions, nothing else",
          "[dosing][schedule]") {
  const Dose daily{.drug = Drug::escitalopram,
                   .amount = 10,
                   .route = Route::oral,
                   .start_h = 2,
                   .interval_h = 24,
                   .steady_state = SteadyState::replace};
  const std::vector<Dose> running{esketamine_iv(10, 0, 4), window(Drug::nbqx, 0.5, 1, 9),
                                  window(Drug::psychotherapy, 1, 1, 6)};
  auto doses = running;
  doses.push_back(daily);
  const Schedule s = compiled(doses);
  CHECK(level_at(s, 1, &Inputs::rate_A1_S) > 0.0);
  CHECK(level_at(s, 2, &Inputs::rate_A1_S) == 0.0);
  CHECK(level_at(s, 2, &Inputs::nbqx) == 0.5);
  CHECK(level_at(s, 2, &Inputs::therapy) == 1.0);
  doses.back().steady_state = SteadyState::add;
  CHECK(level_at(compiled(doses), 2, &Inputs::rate_A1_S) > 0.0);
}

TEST_CASE("schedule: a steady state is refused where enzymes were changed before it",
          "[dosing][schedule]") {
  const auto steady = [](Drug drug, double amount, Route route, Unit unit, double start = 0) {
    return Dose{.drug = drug,
                .amount = amount,
                .unit = unit,
                .route = route,
                .start_h = start,
                .duration_h = route == Route::oral ? 0.0 : 1.0,
                .interval_h = 12,
                .additional = 1,
                .steady_state = SteadyState::replace};
  };
  const Dose infused = steady(Drug::ketamine, 10, Route::iv, Unit::mg);
  const auto beside = [](const Dose& dose, const Dose& other) {
    return refusal([&] { (void)compiled({dose, other}); });
  };
  for (const Drug drug : {Drug::clarithromycin, Drug::grapefruit, Drug::ticlopidine,
                          Drug::rifampicin, Drug::st_johns_wort}) {
    const Dose before = window(drug, 1, -24, 48);
    CHECK(beside(infused, before)
              .find("some begins before 0 h; give the doses before it one by one") !=
          std::string::npos);
    // What begins later finds the steady state as it was.
    CHECK(beside(infused, window(drug, 1, 0, 48)).empty());
    CHECK(beside(infused, window(drug, 1, 5, 48)).empty());
    // The enzymes remove none of these.
    CHECK(beside(steady(Drug::ketamine, 1, Route::bath, Unit::uM), before).empty());
    CHECK(beside(steady(Drug::nbqx, 0.5, Route::target, Unit::fraction), before).empty());
    CHECK(beside(steady(Drug::escitalopram, 10, Route::oral, Unit::mg), before).empty());
    CHECK(beside(steady(Drug::hnk_2r6r, 10, Route::iv, Unit::mg), before).empty());
    // Enzymes themselves have no steady state.
    CHECK(refusal([&] {
            (void)compiled({steady(drug, 1, Route::target, Unit::fraction)});
          }).find("the enzymes that it changes do not start from a steady state") !=
          std::string::npos);
  }
  CHECK(beside(infused, window(Drug::lamotrigine, 1, -24, 48)).empty());
  CHECK(beside(steady(Drug::norketamine, 10, Route::iv, Unit::mg),
               window(Drug::rifampicin, 1, -24, 48)) != "");

  Dose constant = infused;  // 3 mg in an hour
  constant.amount = 3;
  constant.interval_h = 0;
  constant.additional = 0;
  constant.start_h = 4;
  CHECK(beside(constant, window(Drug::rifampicin, 1, -24, 48)) ==
        "ketamine 3 mg/h iv constant until 4 h: a steady state stands for doses without "
        "co-medication that changes enzymes, but some begins before 4 h; give an infusion that "
        "begins days earlier, at its rate, or let the co-medication begin later");
}

TEST_CASE("schedule: an impossible record is refused before anything is compiled",
          "[dosing][schedule]") {
  CHECK(refusal([] {
          (void)compiled({esketamine_iv(1, 0), esketamine_iv(-1, 5)});
        }) == "esketamine -1 mg iv at 5 h: amount = -1 mg must be finite and not negative");
}
