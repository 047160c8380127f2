/// Many subjects: the bits of single runs at any number of threads, and each member on its own.
#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "ketasim/ensemble.hpp"
#include "scenarios.hpp"

using namespace test;

namespace {

using ketasim::EnsembleOptions;
using ketasim::MemberStatus;
using ketasim::Variation;

const std::vector<double> times{0, 1, 24};

std::vector<std::size_t> readouts() {
  return {ketasim::readout_index("madrs_change"), ketasim::readout_index("ketamine_venous")};
}

/// Nobody differs from the base scenario.
Variation alike(std::size_t n) {
  Variation v;
  v.members = n;
  return v;
}

/// Subjects who differ in weight, severity and two parameters.
Variation people(std::size_t n) {
  Variation v = alike(n);
  v.parameters = {"pharmacokinetics.V1", "symptoms.sensitivity"};
  for (std::size_t k = 0; k < n; ++k) {
    const double x = static_cast<double>(k) / static_cast<double>(n);
    v.values.insert(v.values.end(), {8 + 6 * x, 0.5 + x});
    v.weight_kg.push_back(50 + 50 * x);
    v.severity.push_back(k % 3 == 0 ? 0.0 : x);
    v.baseline_madrs.push_back(25 + 10 * x);
  }
  return v;
}

/// The chosen members of a variation.
Variation some(const Variation& all, const std::vector<std::size_t>& members) {
  Variation v = alike(members.size());
  v.parameters = all.parameters;
  for (const std::size_t m : members) {
    for (std::size_t p = 0; p < all.parameters.size(); ++p)
      v.values.push_back(all.values[m * all.parameters.size() + p]);
    v.weight_kg.push_back(all.weight_kg[m]);
    v.severity.push_back(all.severity[m]);
    v.baseline_madrs.push_back(all.baseline_madrs[m]);
  }
  return v;
}

struct Kept {
  std::vector<double> values;  ///< (members, readouts, times)
  std::vector<MemberStatus> status;

  std::vector<double> member(std::size_t m) const {
    const auto size = static_cast<std::ptrdiff_t>(values.size() / status.size());
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(m) * size;
    return {first, first + size};
  }
};

Kept simulated(const Variation& v, const EnsembleOptions& options,
               const Scenario& base = infusion()) {
  Kept kept;
  kept.values.assign(v.members * readouts().size() * times.size(), -1.0);
  kept.status = ketasim::simulate_ensemble(base, v, times, readouts(), kept.values, options);
  return kept;
}

EnsembleOptions on(unsigned threads) {
  EnsembleOptions options;
  options.threads = threads;
  return options;
}

/// The same member as a run of its own.
Scenario alone(const Variation& v, std::size_t m) {
  Scenario s = infusion();
  for (std::size_t p = 0; p < v.parameters.size(); ++p)
    ketasim::parameters::find(s.parameters, v.parameters[p]) =
        v.values[m * v.parameters.size() + p];
  s.subject = {.weight_kg = v.weight_kg[m],
               .severity = v.severity[m],
               .baseline_madrs = v.baseline_madrs[m]};
  return s;
}

std::vector<double> kept_of(const Trajectory& run) {
  std::vector<double> values;
  for (const std::size_t r : readouts()) {
    const auto readout = run.readout(r);
    values.insert(values.end(), readout.begin(), readout.end());
  }
  return values;
}

bool all_nan(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double v) { return std::isnan(v); });
}

/// Equal to the last bit; NaN equals NaN.
bool same(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

}  // namespace

TEST_CASE("ensemble: 1, 2 and 8 threads, and a subset, give the same bits", "[ensemble]") {
  const Variation v = people(12);
  const Kept one = simulated(v, on(1));
  for (const MemberStatus& s : one.status) CHECK(s.outcome.status == Status::success);
  CHECK(std::none_of(one.values.begin(), one.values.end(), [](double x) { return std::isnan(x); }));
  for (const unsigned threads : {2U, 8U, 50U}) {
    CAPTURE(threads);
    CHECK(simulated(v, on(threads)).values == one.values);
  }
  const std::vector<std::size_t> chosen{11, 3, 4};
  const Kept subset = simulated(some(v, chosen), on(2));
  for (std::size_t k = 0; k < chosen.size(); ++k) CHECK(subset.member(k) == one.member(chosen[k]));
}

TEST_CASE("ensemble: a member has the bits and the counters of a run of its own", "[ensemble]") {
  const Variation v = people(4);
  const Kept kept = simulated(v, on(2));
  for (std::size_t m = 0; m < v.members; ++m) {
    const Trajectory run = ketasim::simulate(alone(v, m), times);
    CHECK(kept.member(m) == kept_of(run));
    CHECK(kept.status[m].outcome.steps == run.outcome.steps);
    CHECK(kept.status[m].outcome.nfev == run.outcome.nfev);
  }
}

TEST_CASE("ensemble: what is not varied is as in the base scenario", "[ensemble]") {
  const Kept kept = simulated(alike(2), on(1));
  CHECK(kept.member(0) == kept_of(ketasim::simulate(infusion(), times)));
  CHECK(kept.member(1) == kept.member(0));
}

TEST_CASE("ensemble: an impossible member is refused alone, with the words of a single run",
          "[ensemble]") {
  Variation v = people(4);
  const Kept good = simulated(v, on(2));
  v.weight_kg[1] = -5;
  v.values[2 * 2] = std::numeric_limits<double>::quiet_NaN();
  const Kept kept = simulated(v, on(2));
  for (const std::size_t m : {1U, 2U}) {
    CHECK(kept.status[m].refused);
    CHECK(kept.status[m].outcome.status != Status::success);
    CHECK(kept.status[m].message == refusal([&] { (void)ketasim::simulate(alone(v, m), times); }));
    CHECK(all_nan(kept.member(m)));
  }
  CHECK(kept.status[1].message ==
        "weight_kg = -5 kg is outside 2 to 300 kg for species human: give the weight in kg, or the "
        "species it belongs to");
  for (const std::size_t m : {0U, 3U}) {
    CHECK_FALSE(kept.status[m].refused);
    CHECK(kept.member(m) == good.member(m));
  }
}

TEST_CASE("ensemble: a member that stops early has its status, its part and NaN", "[ensemble]") {
  const Variation v = people(6);
  std::vector<long> steps;
  for (const MemberStatus& s : simulated(v, on(2)).status) steps.push_back(s.outcome.steps);
  EnsembleOptions options = on(2);
  options.solver.max_steps = *std::min_element(steps.begin(), steps.end());
  const Kept kept = simulated(v, options);
  int failed = 0;
  for (std::size_t m = 0; m < v.members; ++m) {
    const Trajectory run = ketasim::simulate(alone(v, m), times, options.solver);
    CHECK(kept.status[m].outcome.status == run.outcome.status);
    CHECK(kept.status[m].outcome.t == run.outcome.t);
    CHECK(same(kept.member(m), kept_of(run)));
    if (run.success()) continue;
    ++failed;
    CHECK(run.outcome.status == Status::max_steps_reached);
    CHECK(std::isnan(kept.member(m).back()));
  }
  REQUIRE(failed > 0);
  REQUIRE(failed < 6);
}

TEST_CASE("ensemble: progress is asked on the calling thread and can stop the run", "[ensemble]") {
  const auto caller = std::this_thread::get_id();
  EnsembleOptions options = on(2);
  std::size_t asked = 0, last = 0;
  bool elsewhere = false, backwards = false;
  options.progress = [&](std::size_t done) {
    elsewhere |= std::this_thread::get_id() != caller;
    backwards |= done < last;
    last = done;
    return ++asked == 1;
  };
  // Far more than can be done before the first question.
  const Variation crowd = alike(200'000);
  const Kept kept = simulated(crowd, options);
  CHECK(asked == 2);  // once on the way, once at the end
  CHECK_FALSE(elsewhere);
  CHECK_FALSE(backwards);
  CHECK(last < crowd.members);
  const auto interrupted = std::count_if(
      kept.status.begin(), kept.status.end(),
      [](const MemberStatus& s) { return s.outcome.status == Status::interrupted && !s.refused; });
  CHECK(interrupted > 0);
  CHECK(all_nan(kept.member(crowd.members - 1)));
  CHECK(kept.status.back().outcome.status == Status::interrupted);
}

TEST_CASE("ensemble: progress ends with the number of members", "[ensemble]") {
  EnsembleOptions options = on(2);
  std::size_t last = 0;
  options.progress = [&](std::size_t done) {
    last = done;
    return false;
  };
  (void)simulated(people(5), options);
  CHECK(last == 5);
}

TEST_CASE("ensemble: the solver's own interrupt and poll stop it too", "[ensemble]") {
  const std::atomic<bool> flag = true;
  EnsembleOptions options = on(2);
  options.solver.interrupt = &flag;
  for (const MemberStatus& s : simulated(people(3), options).status)
    CHECK(s.outcome.status == Status::interrupted);

  options.solver.interrupt = nullptr;
  int asked = 0;
  options.solver.poll_data = &asked;
  options.solver.poll = [](void* count) { return ++*static_cast<int*>(count) == 2; };
  const Kept kept = simulated(alike(200'000), options);
  CHECK(asked == 2);
  CHECK(kept.status.back().outcome.status == Status::interrupted);
}

TEST_CASE("ensemble: arguments that do not fit each other are refused with both sizes",
          "[ensemble]") {
  const auto refused = [](const Variation& v, const EnsembleOptions& options = {}) {
    return refusal([&] { (void)simulated(v, options); });
  };
  Variation v = people(3);
  v.weight_kg.pop_back();
  CHECK(refused(v) == "weight_kg has 2 values for 3 members: give 3");
  v = people(3);
  v.severity.push_back(1);
  CHECK(refused(v) == "severity has 4 values for 3 members: give 3");
  v = people(3);
  v.baseline_madrs.resize(1);
  CHECK(refused(v) == "baseline_madrs has 1 values for 3 members: give 3");
  v = people(3);
  v.values.pop_back();
  CHECK(refused(v) == "values has 5 values for 3 members: give 6");
  v = people(3);
  v.regimen = {0, 0};
  CHECK(refused(v) == "regimen has 2 values for 3 members: give 3");
  v.regimen = {0, 0, 1};
  v.regimens.resize(1);
  CHECK(refused(v) == "regimen 1 of a member does not exist: 1 are given, counted from 0");
  v = people(3);
  v.parameters[0] = "pharmacokinetics.V_1";
  CHECK(refused(v) ==
        "no parameter is called 'pharmacokinetics.V_1': did you mean 'pharmacokinetics.V1' or "
        "'pharmacokinetics.V2' or 'pharmacokinetics.V3'?");
  std::vector<double> small(5);
  CHECK(refusal([&] {
          (void)ketasim::simulate_ensemble(infusion(), people(3), times, readouts(), small);
        }) == "the result buffer has 5 values: 3 members x 2 readouts x 3 times need 18");
  std::vector<double> buffer(9);
  CHECK(refusal([&] {
          (void)ketasim::simulate_ensemble(infusion(), people(3), times, {9999}, buffer);
        }).starts_with("no readout has index 9999: they run from 0 to "));
  // Two rows at an event would run into the next member.
  EnsembleOptions both;
  both.solver.at_event = AtEvent::both;
  CHECK(refused(people(3), both) ==
        "at_event = both gives a time two rows where an event falls on it, an ensemble has one: "
        "choose before or after");
}

TEST_CASE("ensemble: members with regimens of their own have the bits of single runs",
          "[ensemble]") {
  const Scenario none;
  Scenario twice = infusion();
  twice.doses.push_back(twice.doses.front());
  twice.doses.back().start_h = 3.0;
  twice.resets = {12.0};
  Variation v = people(7);
  for (const Scenario& s : {none, infusion(), twice}) v.regimens.push_back({s.doses, s.resets});
  v.regimens.push_back({infusion().doses, {}});
  v.regimens.back().doses.front().start_h = 30.0;  // after the last of the times
  v.regimen = {0, 1, 2, 2, 3, 1, 0};
  for (const unsigned lanes : {1U, 4U, 8U})
    for (const unsigned threads : {1U, 2U}) {
      if (lanes > ketasim::available_lanes()) continue;
      CAPTURE(lanes, threads);
      EnsembleOptions options = on(threads);
      options.lanes = lanes;
      const Kept kept = simulated(v, options);
      for (std::size_t m = 0; m < v.members; ++m) {
        CAPTURE(m);
        Scenario own = alone(v, m);
        own.doses = v.regimens[v.regimen[m]].doses;
        own.resets = v.regimens[v.regimen[m]].resets;
        if (m == 4) {
          CHECK(kept.status[m].refused);
          CHECK(kept.status[m].message == refusal([&] { (void)simulate(own, times); }));
          CHECK(all_nan(kept.member(m)));
        } else {
          CHECK(same(kept.member(m), kept_of(simulate(own, times))));
        }
      }
    }
}

TEST_CASE("ensemble: nobody is an ensemble too", "[ensemble]") {
  CHECK(simulated(alike(0), on(4)).status.empty());
  CHECK(ketasim::available_threads() >= 1);
}
