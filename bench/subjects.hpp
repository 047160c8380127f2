/// Who the populations are made of.
#pragma once

#include <cmath>
#include <cstddef>

#include "ketasim/ketasim.hpp"

namespace bench {

/// Subjects 0 to n-1 spread evenly over plausible values (Weyl sequences), the same in every run.
[[nodiscard]] inline ketasim::Variation subjects(std::size_t n) {
  const auto spread = [](std::size_t i, double irrational, double low, double high) {
    double whole;
    return low + (high - low) * std::modf(static_cast<double>(i + 1) * irrational, &whole);
  };
  ketasim::Variation v{
      .members = n,
      .parameters = {"pharmacokinetics.V1", "pharmacokinetics.CLint_S", "pharmacokinetics.CLint_R"},
      .values = {},
      .weight_kg = {},
      .severity = {},
      .baseline_madrs = {},
      .regimens = {},
      .regimen = {}};
  for (std::size_t i = 0; i < n; ++i) {
    v.values.push_back(spread(i, std::sqrt(2.0), 8.0, 20.0));     // [L]
    v.values.push_back(spread(i, std::sqrt(3.0), 280.0, 460.0));  // [L/h]
    v.values.push_back(spread(i, std::sqrt(5.0), 170.0, 290.0));  // [L/h]
    v.weight_kg.push_back(spread(i, std::sqrt(7.0), 50.0, 100.0));
    v.severity.push_back(spread(i, std::sqrt(11.0), 0.5, 1.0));
  }
  return v;
}

}  // namespace bench
