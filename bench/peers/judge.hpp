/// How wrong an answer is.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>

#include "problem.hpp"

namespace peers {

struct Error {
  double rms = 0.0, largest = 0.0;
};

/// |y - referee| / (|referee| + size) over states and samples.
[[nodiscard]] inline Error error_of(const Run& run, const Run& referee,
                                    std::span<const double> size) {
  Error e;
  const std::size_t n = size.size();
  for (std::size_t i = 0; i < run.y.size(); ++i) {
    const double d = std::abs(run.y[i] - referee.y[i]) / (std::abs(referee.y[i]) + size[i % n]);
    e.rms += d * d;
    e.largest = d > e.largest || std::isnan(d) ? d : e.largest;
  }
  e.rms = std::sqrt(e.rms / static_cast<double>(run.y.size()));
  return e;
}

}  // namespace peers
