/// Processor time and error of one course at one tolerance, by whichever version of ketasim this is
/// compiled against: bench/versions.py compiles it against two.
///
///     course NAME RTOL LANES        prints processor time [us] and error; LANES 0: one run
///     course NAME RTOL LANES error  does not time, and prints 0 and the error
///
/// Error of a run: RMS over the states of |a - b| / (|b| + typical size), at the worst time; b from a run
/// at 1e-11. Of levels and of populations: largest |a - b| of a readout, as a share of its largest value.
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "referee.hpp"
#include "scenarios.hpp"
#include "subjects.hpp"

namespace {

constexpr double tight = 1e-11;
constexpr double shortest_s = 0.3;  ///< a course is repeated for so long
constexpr std::size_t members = 256, judged_members = 8;
const std::vector<std::string> kept{"ketamine_venous", "nmda_occupancy", "spine_density", "cadss",
                                    "madrs_change"};

double processor_s() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

bench::Case course(const std::string& name) {
  for (bench::Case c : {bench::one_infusion(), bench::six_infusions(), bench::nasal_56_x8(),
                        bench::escitalopram_daily()})
    if (c.name == name) return c;
  std::fprintf(stderr, "unknown course %s\n", name.c_str());
  std::exit(2);
}

ketasim::SolverOptions options(double rtol) {
  return bench::at_tolerance(ketasim::Method::rodas5p, rtol);
}

/// Asks for levels alone, where the version can.
template <class Options>
Options for_levels(double rtol, std::size_t level) {
  Options o = options(rtol);
  if constexpr (requires { o.only_for; }) o.only_for = {level};
  return o;
}

/// Typical sizes of the states: 0.1.0 asks for a scale of amounts.
template <class... Nothing>
auto typical_sizes(Nothing... nothing) {
  if constexpr (requires { ketasim::typical_sizes(nothing..., 1.0); })
    return ketasim::typical_sizes(nothing..., 1.0);
  else
    return ketasim::typical_sizes(nothing...);
}

double rms_at_the_worst_time(const std::vector<double>& a, const std::vector<double>& b) {
  const auto size = typical_sizes();
  const std::size_t n = ketasim::model::n_states;
  double worst = 0.0;
  for (std::size_t row = 0; row + n <= b.size(); row += n) {
    double sum = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      const double d =
          (a[row + i] - b[row + i]) / (std::abs(b[row + i]) + size[static_cast<Eigen::Index>(i)]);
      sum += d * d;
    }
    worst = std::max(worst, std::sqrt(sum / static_cast<double>(n)));
  }
  return worst;
}

double share_of_the_largest(const std::vector<double>& a, const std::vector<double>& b,
                            std::size_t row_length) {
  double worst = 0.0;
  for (std::size_t row = 0; row < b.size(); row += row_length) {
    double size = 0.0, difference = 0.0;
    for (std::size_t i = row; i < row + row_length; ++i) {
      size = std::max(size, std::abs(b[i]));
      difference = std::max(difference, std::abs(a[i] - b[i]));
    }
    if (size > 0.0) worst = std::max(worst, difference / size);
  }
  return worst;
}

std::vector<double> population(const bench::Case& c, std::size_t n, double rtol, unsigned lanes) {
  const std::vector<double> t = c.times();
  std::vector<std::size_t> readouts;
  for (const std::string& name : kept) readouts.push_back(ketasim::readout_index(name));
  std::vector<double> values(n * readouts.size() * t.size());
  const ketasim::Variation subjects = bench::subjects(n);
  const auto status = ketasim::simulate_ensemble(
      c.scenario, subjects, t, readouts, values,
      {.solver = options(rtol), .threads = 1, .lanes = lanes, .lane_use = nullptr, .progress = {}});
  for (const auto& s : status)
    if (s.refused || s.outcome.status != ketasim::solve::Status::success) std::exit(3);
  return values;
}

template <class Run>
double time_us(Run run) {
  run();
  const double begin = processor_s();
  long count = 0;
  double elapsed = 0.0;
  do {
    run();
    ++count;
    elapsed = processor_s() - begin;
  } while (elapsed < shortest_s);
  return 1e6 * elapsed / static_cast<double>(count);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const std::string asked = argv[1];
  const double rtol = std::strtod(argv[2], nullptr);
  const auto lanes = static_cast<unsigned>(std::strtoul(argv[3], nullptr, 10));
  const bool timed = argc == 4;
  const bool levels = asked.starts_with("levels:");
  const bench::Case c = course(levels ? asked.substr(7) : asked);
  const std::vector<double> t = c.times();
  double error, time = 0.0;
  if (lanes > 0) {
    error = share_of_the_largest(population(c, judged_members, rtol, 1),
                                 population(c, judged_members, tight, 1), t.size());
    if (timed) time = time_us([&] { population(c, members, rtol, lanes); });
  } else if (levels) {
    const std::size_t level = ketasim::readout_index("ketamine_venous");
    const auto o = for_levels<ketasim::SolverOptions>(rtol, level);
    const auto run = [&] { return ketasim::simulate(c.scenario, t, o); };
    error = share_of_the_largest(run().readout(level),
                                 ketasim::simulate(c.scenario, t, options(tight)).readout(level),
                                 t.size());
    if (timed) time = time_us(run);
  } else {
    const auto run = [&] { return ketasim::simulate(c.scenario, t, options(rtol)); };
    error = rms_at_the_worst_time(run().y, ketasim::simulate(c.scenario, t, options(tight)).y);
    if (timed) time = time_us(run);
  }
  std::printf("%.6g %.6g\n", time, error);
}
