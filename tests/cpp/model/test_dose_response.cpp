/// More drug, more relief, by degrees: no threshold in dose, by any route.
#include <cmath>
#include <utility>

#include "setting.hpp"

using namespace test;

namespace {

constexpr double week = 168.0;
constexpr int weeks = 4;

struct Course {
  Drug drug;
  Unit unit;
  Route route;
  double duration_h, lowest, highest;
};

// From a dose that hardly acts to the largest that is given to people.
const std::vector<Course> courses{
    {Drug::ketamine, Unit::mg_per_kg, Route::iv, infusion_h, 0.05, 2.0},
    {Drug::ketamine, Unit::mg_per_kg, Route::im, 0.0, 0.05, 2.0},
    {Drug::ketamine, Unit::mg_per_kg, Route::sc, 0.0, 0.05, 2.0},
    {Drug::ketamine, Unit::mg_per_kg, Route::oral, 0.0, 0.25, 8.0},
    {Drug::ketamine, Unit::mg, Route::oral_er, 0.0, 20.0, 480.0},
    {Drug::esketamine, Unit::mg, Route::intranasal, 0.0, 7.0, 168.0},
    {Drug::esketamine, Unit::mg_per_kg, Route::sublingual, 0.0, 0.1, 4.0},
    {Drug::ketamine, Unit::mg_per_kg, Route::rectal, 0.0, 0.2, 4.0},
    // The weakest blocker of NMDA receptors, by the routes of least and slowest absorption.
    {Drug::arketamine, Unit::mg_per_kg, Route::sublingual, 0.0, 0.4, 4.0},
    {Drug::arketamine, Unit::mg_per_kg, Route::oral, 0.0, 0.6, 8.0},
    {Drug::arketamine, Unit::mg_per_kg, Route::oral_er, 0.0, 0.6, 8.0},
};

/// Doses half a doubling apart, both ends included.
std::vector<double> doses_of(const Course& c) {
  const auto steps = static_cast<int>(std::ceil(2.0 * std::log2(c.highest / c.lowest)));
  std::vector<double> doses;
  for (int k = 0; k <= steps; ++k)
    doses.push_back(c.lowest * std::pow(c.highest / c.lowest, static_cast<double>(k) / steps));
  return doses;
}

/// Relief a week after the last dose of four weeks.
double relief_after(const Course& c, double amount, int per_week, double severity) {
  Dose dose = give(c.drug, amount, c.unit, c.route, 0.0, c.duration_h);
  dose.interval_h = week / per_week;
  dose.additional = weeks * per_week - 1;
  return seen(human({dose}, severity), "drug_relief", dose.additional * dose.interval_h + week);
}

}  // namespace

TEST_CASE("dose response: relief after four weeks is graded by dose, by every route",
          "[model][dose_response]") {
  // A Hill function of exponent 3 to 4 is the steepest that drug effects show; a threshold is steeper.
  constexpr double steepest = 4.0, largest_share = 0.6;
  for (const Course& c : courses)
    for (const auto& [per_week, severity] : {std::pair{1, 1.0}, {2, 1.0}, {2, 0.5}}) {
      CAPTURE(name_of(c.drug, dosing::drugs), name_of(c.route, dosing::routes), per_week, severity);
      const std::vector<double> doses = doses_of(c);
      std::vector<double> relief;
      for (const double amount : doses)
        relief.push_back(relief_after(c, amount, per_week, severity));
      const double most = largest(relief);
      CHECK(relief.front() > 0.0);
      CHECK(relief.front() < 0.5 * most);
      for (std::size_t k = 0; k + 1 < doses.size(); ++k) {
        CAPTURE(doses[k], relief[k], doses[k + 1], relief[k + 1]);
        CHECK(relief[k + 1] > relief[k]);
        CHECK(std::log(relief[k + 1] / relief[k]) <= steepest * std::log(doses[k + 1] / doses[k]));
        if (k + 2 < doses.size()) CHECK(relief[k + 2] - relief[k] <= largest_share * most);
      }
    }
}
