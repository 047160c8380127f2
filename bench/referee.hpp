/// How wrong a timed run was.
///
/// Error = largest |a - b| / (|b| + typical size) over all states and output times, b from a
/// referee run a million times tighter than the default. The referee counts because a method of
/// another order agrees with it; by how much is reported beside every error as `referee_agreement`.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "ketasim/ketasim.hpp"
#include "scenarios.hpp"

namespace bench {

/// Largest |a - b| / (|b| + size) of rows of states; NaN anywhere is infinitely wrong.
[[nodiscard]] inline double distance(std::span<const double> a, std::span<const double> b,
                                     const ketasim::StateVector<double>& size) {
  double largest = 0.0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    const double typical = size[static_cast<int>(i) % ketasim::model::n_states];
    const double d = std::abs(a[i] - b[i]) / (std::abs(b[i]) + typical);
    if (std::isnan(d)) return std::numeric_limits<double>::infinity();
    largest = std::max(largest, d);
  }
  return largest;
}

[[nodiscard]] inline ketasim::SolverOptions at_tolerance(ketasim::Method method, double rtol) {
  ketasim::SolverOptions options;
  options.method = method;
  options.rtol = rtol;
  options.atol_factor = rtol;
  return options;
}

struct Referee {
  std::vector<double> y;  ///< (times, states)
  double agreement = 0.0;

  explicit Referee(const Case& c) {
    // Round-off of the fastest rates keeps a double run from doing better than about 1e-12.
    constexpr double tight = 1e-11;
    const std::vector<double> t = c.times();
    y = ketasim::simulate(c.scenario, t, at_tolerance(ketasim::Method::rodas5p, tight)).y;
    agreement =
        error_of(ketasim::simulate(c.scenario, t, at_tolerance(ketasim::Method::rodas4, tight)));
  }

  [[nodiscard]] double error_of(const ketasim::Trajectory& run) const {
    return distance(run.y, y, ketasim::typical_sizes());
  }

  /// One referee per case and process: Google Benchmark calls a function several times.
  [[nodiscard]] static const Referee& of(const Case& c) {
    static std::map<std::string, Referee> known;
    return known.try_emplace(c.name, c).first->second;
  }
};

}  // namespace bench
