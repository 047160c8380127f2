/// Courses of treatment of a 70 kg subject under chronic stress.
#include "../scenarios.hpp"
#include "cascade.hpp"
#include "contestants.hpp"

namespace peers {
namespace {

using namespace ketasim::dosing;
/// S1: the headline.
[[nodiscard]] ketasim::Scenario one_infusion() {
  ketasim::Scenario s;
  s.doses = {bench::infusion(0.0)};
  return s;
}

/// S1b: the same on top of a daily tablet, so that there are events every day.
[[nodiscard]] ketasim::Scenario tablets_and_an_infusion() {
  ketasim::Scenario s = one_infusion();
  s.doses.push_back({.drug = Drug::escitalopram,
                     .amount = 10.0,
                     .route = Route::oral,
                     .interval_h = 24.0,
                     .additional = 6});
  return s;
}

/// S2: four weeks, two drugs, two routes.
[[nodiscard]] ketasim::Scenario infusions_and_spray() {
  ketasim::Scenario s = bench::six_infusions().scenario;
  for (const double start : {336.0, 408.0})
    s.doses.push_back({.drug = Drug::esketamine,
                       .amount = 56.0,
                       .route = Route::intranasal,
                       .start_h = start,
                       .interval_h = 168.0,
                       .additional = 1});
  return s;
}

/// 2, 6, 12 and 24 h of every day.
[[nodiscard]] std::vector<double> four_a_day(int days) {
  std::vector<double> t;
  for (int day = 0; day < days; ++day)
    for (const double hour : {2.0, 6.0, 12.0, 24.0}) t.push_back(24.0 * day + hour);
  return t;
}

}  // namespace

void add_cascade(std::vector<Contest>& all) {
  const auto add = [&](const char* called, const ketasim::Scenario& scenario, int days) {
    all.push_back(contest<ketasim::model::n_states, ketasim::KernelLU>(
        std::make_unique<Cascade>(called, ketasim::prepare(scenario), four_a_day(days))));
  };
  add("S1", one_infusion(), 7);
  add("S1b", tablets_and_an_infusion(), 7);
  add("S2", infusions_and_spray(), 28);
}

}  // namespace peers
