/// What is thrown before the first step. Later failures are a Status in the trajectory.
#pragma once

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace ketasim {

/// A number with the fewest digits that read back as the same value.
[[nodiscard]] inline std::string written(double value) {
  std::array<char, 32> digits{};
#ifdef __cpp_lib_to_chars
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return {digits.data(), end};
#else  // older standard libraries have to_chars for integers only
  for (int precision = 1; precision <= 17; ++precision) {
    std::snprintf(digits.data(), digits.size(), "%.*g", precision, value);
    if (std::strtod(digits.data(), nullptr) == value) break;
  }
  return digits.data();
#endif
}

/// An impossible scenario: unknown combination of drug and route, negative dose, dose after the
/// end, ...
struct ScenarioError : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

/// A parameter that is missing, unknown or out of its possible range.
struct ParameterError : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

/// A name that is not in the vocabulary.
struct UnknownName : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

}  // namespace ketasim
