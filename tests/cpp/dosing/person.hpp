/// A person of 70 kg to whom doses are given, and the words the tests of dosing share.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "ketasim/dosing/schedule.hpp"
#include "ketasim/parameters/species.hpp"

namespace test {

using namespace ketasim::dosing;
using Inputs = ketasim::model::Inputs<double>;

inline constexpr double weight_kg = 70.0;  // the reference weight: allometry changes nothing

inline const ketasim::model::Parameters<double>& human() {
  static const auto p = ketasim::parameters::human();
  return p;
}

inline Recipient person() { return {human(), weight_kg}; }

/// Position of "module.name" in the packed vector.
inline int state(std::string_view full_name) {
  int position = -1, k = 0;
  const ketasim::model::State<double> y;
  ketasim::model::State<double>::each(y, [&](std::string_view module, const double&,
                                             const ketasim::model::Variable& row) {
    if (full_name == std::string(module) + "." + std::string(row.name) + std::string(row.suffix))
      position = k;
    ++k;
  });
  if (position < 0) throw std::logic_error("no state " + std::string(full_name));
  return position;
}

inline Schedule compiled(const std::vector<Dose>& doses, const std::vector<double>& resets = {},
                         Context context = Context::none) {
  return compile(doses, resets, context, person(), {});
}

/// What is said when `attempt` is refused; empty when it is not.
template <class Attempt>
std::string refusal(Attempt&& attempt) {
  try {
    attempt();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

}  // namespace test
