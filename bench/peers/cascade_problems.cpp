/// Courses of a 70 kg subject: treatment under chronic stress, and how stress led there.
#include "../scenarios.hpp"
#include "cascade.hpp"
#include "contestants.hpp"
#include "kernel_rodas.hpp"
#include "stressed.hpp"

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

/// S3: how depression develops, and nothing is given.
[[nodiscard]] ketasim::Problem onset_of_stress() {
  const ketasim::model::Parameters<double> p = ketasim::parameters::human();
  return stressed(p, ketasim::steady_state(p, 0.0).y);
}

/// S4: the fast end. A bolus spreads through blood and brain within seconds to minutes.
[[nodiscard]] ketasim::Scenario bolus() {
  ketasim::Scenario s;
  s.doses = {{.amount = 0.5, .unit = Unit::mg_per_kg}};
  return s;
}

/// 2, 6, 12 and 24 h of every day.
[[nodiscard]] std::vector<double> four_a_day(int days) {
  std::vector<double> t;
  for (int day = 0; day < days; ++day)
    for (const double hour : {2.0, 6.0, 12.0, 24.0}) t.push_back(24.0 * day + hour);
  return t;
}

/// Every second of the first minutes.
[[nodiscard]] std::vector<double> every_second(int minutes) {
  std::vector<double> t;
  for (int k = 1; k <= 60 * minutes; ++k) t.push_back(k / 3600.0);
  return t;
}

}  // namespace

void add_cascade(std::vector<Contest>& all) {
  const auto add = [&](const char* called, const ketasim::Problem& ready,
                       std::vector<double> times) {
    Contest c = contest<ketasim::model::n_states, ketasim::KernelLU>(
        std::make_unique<Cascade>(called, ready, std::move(times)));
    auto& who = c.contestants;
    // What users get comes first; last, the equations called and compiled as for the others.
    who.push_back(std::make_unique<Ketasim<ketasim::KernelRodas<ketasim::solve::Rodas5P>, Shipped>>(
        "ketasim, Rodas5P", *c.problem));
    std::swap(who.front(), who.back());
    who.back()->name = "ketasim, Rodas5P, baseline";
    who[1] = std::make_unique<Ketasim<ketasim::KernelRodas<ketasim::solve::Rodas4>, Shipped>>(
        "ketasim, Rodas4", *c.problem);
    all.push_back(std::move(c));
  };
  add("S1", ketasim::prepare(one_infusion()), four_a_day(7));
  add("S1b", ketasim::prepare(tablets_and_an_infusion()), four_a_day(7));
  add("S2", ketasim::prepare(infusions_and_spray()), four_a_day(28));
  add("S3", onset_of_stress(), four_a_day(28));
  add("S4", ketasim::prepare(bolus()), every_second(10));
}

}  // namespace peers
