/// Rivals in C++, in turn, on the same equations: one line of JSON for each run that was timed.
///
///     ketasim_peers [--rounds N] [--cases S1,POLLU]
///
/// Times are processor times, of two threads those on the clock. The first lines tell what one step
/// is made of and what the processor can do.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>
#include <string>
#include <string_view>

#include "../scenarios.hpp"
#include "clock.hpp"
#include "judge.hpp"
#include "ketasim/kernel_system.hpp"
#include "ketasim/problem.hpp"
#include "problem.hpp"
#include "suites.hpp"

namespace {

using peers::Contest;
using peers::Contestant;
using peers::Error;
using peers::error_of;
using peers::Problem;
using peers::Run;
using peers::seconds;

constexpr double rtols[] = {1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9};
/// Round-off of the fastest rates keeps runs in double precision from doing better than about
/// 1e-12.
constexpr double tight = 1e-11;
/// A run that takes longer is timed, but nobody waits for tighter ones [s].
constexpr double patience = 1.0;

/// JSON knows no NaN.
double finite(double x) { return std::isfinite(x) ? x : -1.0; }

Run solved(Contestant& who, const Problem& problem, double rtol) {
  Run run;
  run.reset(problem);
  who.prepare(rtol);
  who.solve(run);
  return run;
}

void tell_parts(Contest& s1) {
  Problem& p = *s1.problem;
  const Run run = solved(*s1.contestants.front(), p, 1e-8);
  const double* y = run.y.data();  // two hours after the start of the infusion: everything moves
  std::vector<double> f(p.start.size()), J(p.column.size());
  ketasim::KernelLU lu;
  auto entries = lu.make_jacobian();
  p.jacobian(p.samples.front(), y, entries.data());
  ketasim::StateVector<double> b = ketasim::StateVector<double>::Ones();
  bool usable = true;
  const auto us = [](const std::function<void()>& call) {
    double best = std::numeric_limits<double>::infinity();
    for (int i = 0; i < 9; ++i) best = std::min(best, seconds(call));
    return 1e6 * best;
  };
  // s = 20 / h: a step of a quarter of an hour.
  const double factorise = us([&] { usable = usable && lu.factorize(entries, 20.0); });
  const double rhs = us([&] { p.rhs(p.samples.front(), y, f.data()); });
  const double jacobian = us([&] { p.jacobian(p.samples.front(), y, J.data()); });
  const double solve = us([&] {
    b.setOnes();
    lu.solve(b);
  });
  std::printf(
      "{\"parts_us\": {\"rhs\": %.4g, \"jacobian\": %.4g, \"factorise\": %.4g, \"solve\": %.4g, "
      "\"usable\": %s}}\n",
      rhs, jacobian, factorise, solve, usable ? "true" : "false");
#ifdef __x86_64__
  if (!__builtin_cpu_supports("avx2")) return;
  const ketasim::Problem ready = ketasim::prepare(bench::one_infusion().scenario);
  const ketasim::KernelSystem system(ready.parameters, ready.schedule.stops.front().inputs);
  peers::tell_lane_parts(system.constants(), y);
#endif
}

void compete(Contest& contest, int rounds) {
  Problem& problem = *contest.problem;
  auto& all = contest.contestants;
  const char* const name = problem.name.c_str();
  const Run referee = solved(*all[0], problem, tight);
  std::printf(
      "{\"case\": \"%s\", \"states\": %d, \"entries\": %zu, \"stops\": %zu, \"samples\": %zu", name,
      problem.n(), problem.column.size(), problem.stops.size(), problem.samples.size());
  for (const std::size_t other : {1, 2}) {
    const Error e = error_of(solved(*all[other], problem, tight), referee, problem.size);
    std::printf(", \"%s\": %.3g", other == 1 ? "agreement_rodas4" : "agreement_cvode",
                finite(e.rms));
  }
  std::printf("}\n");

  std::vector<double> tightest(all.size(), 0.0);
  for (int round = 0; round < rounds; ++round)
    for (const double rtol : rtols)
      for (std::size_t i = 0; i < all.size(); ++i) {
        if (rtol < tightest[i]) continue;
        Contestant& who = *all[i];
        Run run;
        run.reset(problem);
        who.prepare(rtol);
        if (round == 0) who.solve(run);  // warm
        const double s = seconds([&] { who.solve(run); });
        if (s > patience) tightest[i] = rtol;
        const Error e = error_of(run, referee, problem.size);
        std::printf(
            "{\"run\": \"%s\", \"who\": \"%s\", \"round\": %d, \"rtol\": %g, \"success\": %s, "
            "\"seconds\": %.6g, \"rms\": %.4g, \"max\": %.4g, \"steps\": %ld, \"rejected\": %ld, "
            "\"rhs\": %ld, \"jacobians\": %ld, \"factorisations\": %ld}\n",
            name, who.name.c_str(), round, rtol, run.success ? "true" : "false", s, finite(e.rms),
            finite(e.largest), run.steps, run.rejected, run.rhs, run.jacobians, run.factorisations);
        std::fflush(stdout);
      }
}

bool listed(const std::string& cases, const std::string& name) {
  return cases.empty() || ("," + cases + ",").find("," + name + ",") != std::string::npos;
}

}  // namespace

int main(int argc, char** argv) {
  int rounds = 5;
  std::string cases;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::string_view(argv[i]) == "--rounds") rounds = std::atoi(argv[i + 1]);
    if (std::string_view(argv[i]) == "--cases") cases = argv[i + 1];
  }
  std::vector<Contest> all = peers::contests();
  tell_parts(all.front());
  peers::tell_operations();
  peers::tell_peak();
  for (Contest& contest : all)
    if (listed(cases, contest.problem->name)) compete(contest, rounds);
  for (const peers::Suite& suite : peers::suites)
    if (listed(cases, suite.name)) suite.run(rounds);
  return 0;
}
