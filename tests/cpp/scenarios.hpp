/// Scenarios and runs that the tests of the verbs share.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "ketasim/simulate.hpp"

namespace test {

using ketasim::Scenario;
using ketasim::SolverOptions;
using ketasim::Trajectory;
using ketasim::dosing::Dose;
using ketasim::dosing::Drug;
using ketasim::dosing::Route;
using ketasim::dosing::Unit;
using ketasim::solve::AtEvent;
using ketasim::solve::Status;

inline constexpr auto n_states = static_cast<std::size_t>(ketasim::model::n_states);

inline Dose iv(Drug drug, double mg, double start_h = 0.0, double duration_h = 0.0) {
  return {.drug = drug,
          .amount = mg,
          .unit = Unit::mg,
          .route = Route::iv,
          .start_h = start_h,
          .duration_h = duration_h};
}

/// A healthy person: their state before treatment is exact and costs nothing to find.
inline Scenario healthy(std::vector<Dose> doses) {
  Scenario scenario;
  scenario.subject.severity = 0.0;
  scenario.doses = std::move(doses);
  return scenario;
}

/// 0.5 mg/kg over 40 min for a patient.
inline Scenario infusion() {
  Scenario scenario;
  scenario.doses = {{.drug = Drug::ketamine,
                     .amount = 0.5,
                     .unit = Unit::mg_per_kg,
                     .route = Route::iv,
                     .duration_h = 2.0 / 3.0}};
  return scenario;
}

/// Position of "module.name" in the packed vector.
inline std::size_t state(std::string_view full_name) {
  std::size_t position = n_states, k = 0;
  const ketasim::model::State<double> y;
  ketasim::model::State<double>::each(y, [&](std::string_view module, const double&,
                                             const ketasim::model::Variable& row) {
    if (full_name == std::string(module) + "." + std::string(row.name) + std::string(row.suffix))
      position = k;
    ++k;
  });
  if (position == n_states) throw std::logic_error("no state " + std::string(full_name));
  return position;
}

/// A state at a row.
inline double at(const Trajectory& run, std::size_t row, std::size_t state) {
  return run.y[row * n_states + state];
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
