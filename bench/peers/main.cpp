/// Rivals in C++, in turn, on the same equations: one line of JSON for each run that was timed.
///
///     ketasim_peers [--rounds N] [--cases S1,POLLU]
///
/// Times are processor times. The first line tells what one step is made of.
#include <time.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>
#include <string>
#include <string_view>

#include "ketasim/kernel_system.hpp"
#include "problem.hpp"

namespace {

using peers::Contest;
using peers::Contestant;
using peers::Problem;
using peers::Run;

constexpr double rtols[] = {1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9};
/// Round-off of the fastest rates keeps runs in double precision from doing better than about
/// 1e-12.
constexpr double tight = 1e-11;
/// A run that takes longer is timed, but nobody waits for tighter ones [s].
constexpr double patience = 1.0;
/// One measurement goes on at least this long [s].
constexpr double long_enough = 2e-3;

double now() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// Processor time of one call [s]. Reading the clock takes half a microsecond, so calls are timed
/// in batches, each twice as large as the last.
double seconds(const std::function<void()>& call) {
  for (long calls = 1;; calls *= 2) {
    const double began = now();
    for (long i = 0; i < calls; ++i) call();
    const double spent = now() - began;
    if (spent > long_enough) return spent / static_cast<double>(calls);
  }
}

struct Error {
  double rms = 0.0, largest = 0.0;
};

/// |y - referee| / (|referee| + size) over states and samples.
Error error_of(const Run& run, const Run& referee, const Problem& problem) {
  Error e;
  const std::size_t n = problem.size.size();
  for (std::size_t i = 0; i < run.y.size(); ++i) {
    const double d =
        std::abs(run.y[i] - referee.y[i]) / (std::abs(referee.y[i]) + problem.size[i % n]);
    e.rms += d * d;
    e.largest = d > e.largest || std::isnan(d) ? d : e.largest;
  }
  e.rms = std::sqrt(e.rms / static_cast<double>(run.y.size()));
  return e;
}

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
  p.jacobian(y, entries.data());
  ketasim::StateVector<double> b = ketasim::StateVector<double>::Ones();
  bool usable = true;
  const auto us = [](const std::function<void()>& call) {
    double best = std::numeric_limits<double>::infinity();
    for (int i = 0; i < 9; ++i) best = std::min(best, seconds(call));
    return 1e6 * best;
  };
  // s = 20 / h: a step of a quarter of an hour.
  const double factorise = us([&] { usable = usable && lu.factorize(entries, 20.0); });
  const double rhs = us([&] { p.rhs(y, f.data()); });
  const double jacobian = us([&] { p.jacobian(y, J.data()); });
  const double solve = us([&] {
    b.setOnes();
    lu.solve(b);
  });
  std::printf(
      "{\"parts_us\": {\"rhs\": %.4g, \"jacobian\": %.4g, \"factorise\": %.4g, \"solve\": %.4g, "
      "\"usable\": %s}}\n",
      rhs, jacobian, factorise, solve, usable ? "true" : "false");
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
    const Error e = error_of(solved(*all[other], problem, tight), referee, problem);
    std::printf(", \"%s\": %.3g", other == 1 ? "agreement_rodas4" : "agreement_cvode", e.rms);
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
        const Error e = error_of(run, referee, problem);
        const auto finite = [](double x) { return std::isfinite(x) ? x : -1.0; };
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
  for (Contest& contest : all)
    if (listed(cases, contest.problem->name)) compete(contest, rounds);
  return 0;
}
