/// Sessions: expectancy jumps, the plasticity window, therapy inside it, and a retrieved memory.
#include <cmath>

#include "setting.hpp"

using namespace test;

namespace {

/// Expectancy E at given times.
std::vector<double> expectancy(const std::vector<Dose>& doses, Context context,
                               const std::vector<double>& t) {
  const Trajectory r = run(human(doses, 1.0, context), t);
  std::vector<double> E;
  for (std::size_t row = 0; row < t.size(); ++row) E.push_back(state_at(r, row).symptoms.E);
  return E;
}

Dose placebo(double start_h) { return give(Drug::placebo, 0.0, Unit::mg, Route::iv, start_h); }

/// The window W over days.
std::vector<double> window(const Scenario& s, const std::vector<double>& t) {
  const Trajectory r = run(s, t);
  std::vector<double> W;
  for (std::size_t row = 0; row < t.size(); ++row) W.push_back(state_at(r, row).psychotherapy.W);
  return W;
}

}  // namespace

TEST_CASE("sessions: the first adds e_ctx, each next half of what is missing to twice that",
          "[model][sessions]") {
  constexpr double after = 1e-6;
  const Parameters<double> p = parameters::human();
  for (const dosing::ContextRow& row : dosing::contexts) {
    CAPTURE(row.name);
    const double e_ctx = dosing::trial_effects(row.value, p.trial).expectancy;
    const auto got = expectancy({placebo(0.0), placebo(72.0), placebo(144.0)}, row.value,
                                {after, 72.0 + after, 144.0 + after});
    double want = 0.0;
    for (const double E : got) {
      want += 0.5 * (2.0 * e_ctx - want);
      CHECK(E == Approx(want).epsilon(1e-6).margin(1e-9));
      want *= std::exp(-72.0 / p.symptoms.tau_Ex);
    }
  }
}

TEST_CASE("sessions: every psychoactive drug opens one, antidepressants and tools do not",
          "[model][sessions]") {
  const auto opened = [](const Dose& dose) {
    return expectancy({dose}, Context::open_label, {24.0}).front() > 0.0;
  };
  for (const Drug drug : {Drug::ketamine, Drug::esketamine, Drug::arketamine, Drug::norketamine,
                          Drug::hnk_2r6r, Drug::hnk_2s6s, Drug::memantine, Drug::mk801})
    CHECK(opened(give(drug, 1.0, Unit::mg, Route::ip)));
  CHECK(opened(placebo(0.0)));
  for (const Drug drug : {Drug::escitalopram, Drug::fluoxetine, Drug::rapamycin})
    CHECK_FALSE(opened(give(drug, 1.0, Unit::mg, Route::oral)));
  CHECK_FALSE(opened(hold(Drug::nbqx, 1.0, 0.0, 1.0)));
  CHECK_FALSE(opened(hold(Drug::psychotherapy, 1.0, 0.0, 6.0)));
}

TEST_CASE("sessions: an oral trial improves everybody with its own time constant",
          "[model][sessions]") {
  const std::vector<double> t{100.0, 427.0, 2000.0};
  const Parameters<double> p = parameters::human();
  for (const Context context : {Context::oral_ad, Context::midazolam_oral_ad}) {
    const Trajectory r = run(human({}, 1.0, context), t);
    for (std::size_t row = 0; row < t.size(); ++row)
      CHECK(
          state_at(r, row).symptoms.Ns ==
          Approx(p.trial.n_oral_ad * (1.0 - std::exp(-t[row] / p.symptoms.tau_ns))).epsilon(1e-6));
  }
}

TEST_CASE("sessions: unblinding needs a drug that is felt", "[model][sessions]") {
  const double by_drug =
      state_at(run(human({infusion()}, 1.0, Context::saline), {4.0}), 0).symptoms.U;
  const double by_placebo =
      state_at(run(human({placebo(0.0)}, 1.0, Context::saline), {4.0}), 0).symptoms.U;
  CHECK(by_drug > 0.5);
  CHECK(by_placebo == 0.0);
}

TEST_CASE("sessions: nobody who gets a placebo believes to have received drug",
          "[model][sessions]") {
  Dose course = placebo(0.0);
  course.interval_h = 72.0;
  course.additional = 7;
  for (const dosing::ContextRow& row : dosing::contexts) {
    CAPTURE(row.name);
    const Trajectory r = run(human({course}, 1.0, row.value), every(24.0, 1.0, 700.0));
    for (std::size_t k = 0; k < r.t.size(); ++k) CHECK(state_at(r, k).symptoms.U == 0.0);
  }
}

TEST_CASE("sessions: a control and a new antidepressant add up", "[model][sessions]") {
  Dose course = infusion();
  course.interval_h = 72.0;
  course.additional = 3;
  const auto t = every(24.0, 1.0, 700.0);
  const auto relief = [&](Context context) { return run(human({course}, 1.0, context), t); };
  const Trajectory both = relief(Context::midazolam_oral_ad), control = relief(Context::midazolam),
                   antidepressant = relief(Context::oral_ad), none = relief(Context::none);
  for (std::size_t k = 0; k < t.size(); ++k) {
    CAPTURE(t[k]);
    const auto y = state_at(both, k).symptoms;
    CHECK(y.E == Approx(state_at(control, k).symptoms.E).epsilon(1e-9));
    CHECK(y.U == Approx(state_at(control, k).symptoms.U).epsilon(1e-6));
    CHECK(y.Ns == Approx(state_at(antidepressant, k).symptoms.Ns).epsilon(1e-6));
  }
  const auto context = [](const Trajectory& r) { return seen(r, "context_relief"); };
  for (std::size_t k = 0; k < t.size(); ++k)
    CHECK(context(both)[k] ==
          Approx(context(control)[k] + context(antidepressant)[k]).epsilon(1e-6));
  // What the drug does is the same in every context.
  for (const Trajectory* r : {&both, &control, &antidepressant})
    for (std::size_t k = 0; k < t.size(); ++k)
      CHECK(seen(*r, "drug_relief")[k] == Approx(seen(none, "drug_relief")[k]).epsilon(1e-6));
}

TEST_CASE("window: peaks near 1 about 36 h after one infusion and is 0.30 at day 7",
          "[model][window]") {
  const auto t = every(1.0, 1.0, 168.0);
  const auto W = window(human({infusion()}), t);
  const auto peak = std::max_element(W.begin(), W.end());
  CHECK(*peak == Approx(1.0).margin(0.05));  // "1.0", one decimal
  CHECK(t[static_cast<std::size_t>(peak - W.begin())] == Approx(36.0).margin(3.0));  // "about"
  CHECK(W.back() == Approx(0.30).margin(0.005));
}

TEST_CASE("window: closed by whatever blocks the commitment", "[model][window]") {
  const double open = window(human({infusion()}), {36.0}).front();
  for (const Drug tool : {Drug::rapamycin, Drug::nbqx})
    CHECK(window(human({infusion(), hold(tool, 1.0, -0.5, 24.0)}), {36.0}).front() < 0.05 * open);
}

TEST_CASE("window: sessions inside consolidate, psi = 0 is the null hypothesis",
          "[model][window]") {
  const auto with_sessions = [](double first_h, double psi) {
    std::vector<Dose> doses{infusion()};
    if (first_h > 0.0)
      for (int day = 0; day < 4; ++day)
        doses.push_back(hold(Drug::psychotherapy, 1.0, first_h + 24.0 * day, 0.0));
    Scenario s = human(doses);
    s.parameters.psychotherapy.psi = psi;
    return state_at(run(s, {30 * 24.0}), 0);
  };
  const State<double> without = with_sessions(0.0, 4.0), inside = with_sessions(24.0, 4.0),
                      late = with_sessions(15 * 24.0, 4.0), null = with_sessions(24.0, 0.0);
  CHECK(inside.symptoms.C > 1.2 * without.symptoms.C);
  CHECK(inside.symptoms.C > 1.2 * late.symptoms.C);
  // Without psi a session consolidates nothing; what it teaches is separate.
  CHECK(null.symptoms.C == Approx(without.symptoms.C).epsilon(1e-6));
  CHECK(null.psychotherapy.T_ == Approx(inside.psychotherapy.T_).epsilon(1e-6));
  CHECK(without.psychotherapy.T_ == 0.0);
}

TEST_CASE("sessions: MADRS at day 30 is lower with two a day on days 1-4 or 15-18 than with none",
          "[model][sessions]") {
  const auto change = [](double first_h) {
    std::vector<Dose> doses{infusion()};
    if (first_h > 0.0)
      for (int half_day = 0; half_day < 8; ++half_day)
        doses.push_back(hold(Drug::psychotherapy, 1.0, first_h + 12.0 * half_day, 0.0));
    return seen(human(doses), "madrs_change", 30 * 24.0);
  };
  const double none = change(0.0), early = change(24.0), late = change(15 * 24.0);
  CHECK(none < 0.0);
  // What eight sessions teach is worth a point or more, and is fresher where they were late.
  CHECK(early < none - 1.0);
  CHECK(late < none - 1.0);
}

TEST_CASE("memory: weakened only by block while it is labile", "[model][sessions]") {
  const auto trace = [](std::vector<Dose> doses) {
    return state_at(run(human(std::move(doses), 0.0), {24.0}), 0).psychotherapy.Mt;
  };
  const Dose retrieval = hold(Drug::memory_retrieval, 1.0, 0.0, 0.0);
  const double both = trace({retrieval, infusion(0.25)});
  CHECK(both < 0.9);
  CHECK(trace({retrieval}) == Approx(1.0).epsilon(1e-12));
  CHECK(trace({infusion(0.25)}) == Approx(1.0).epsilon(1e-12));
  CHECK(trace({infusion(-12.0), retrieval}) > both + 0.5 * (1.0 - both));
  CHECK(seen(human({retrieval, infusion(0.25)}, 0.0), "craving_change", 24.0) < -10.0);
}
