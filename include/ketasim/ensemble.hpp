/// Simulates a population: each member has its own parameters, weight and severity, and all have one
/// regimen or each its own.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "ketasim/simulate.hpp"

namespace ketasim {

/// The doses of a member, and the times at which everything returns to the state before treatment.
struct Regimen {
  std::vector<dosing::Dose> doses;
  std::vector<double> resets;  ///< times [h]
};

/// What differs between members. Every matrix has one row per member; empty means "as in the base
/// scenario".
struct Variation {
  std::size_t members = 0;
  std::vector<std::string> parameters;  ///< "module.name" of every varied parameter
  std::vector<double> values;           ///< (members, parameters) row-major, before allometry
  std::vector<double> weight_kg;        ///< (members,) or empty
  std::vector<double> severity;         ///< (members,) or empty
  std::vector<double> baseline_madrs;   ///< (members,) or empty [points]
  std::vector<Regimen> regimens;        ///< in place of the doses and resets of the base scenario
  std::vector<std::size_t> regimen;     ///< (members,) index into `regimens`, or empty
};

/// How one member ended. `refused` means that its scenario was impossible and no step was taken.
struct MemberStatus {
  bool refused = false;
  solve::Outcome outcome;
  std::string message;  ///< why it was refused
};

/// The use of the lanes: of `lane_steps` computed, `useful` belonged to a member.
struct LaneUse {
  long lane_steps = 0;
  long useful = 0;
};

struct EnsembleOptions {
  SolverOptions solver;  ///< interrupt and poll are read ten times a second; at_event not both
  unsigned threads = 0;  ///< 0 = all that the process may use
  /// Members that a core computes at once: 8 (AVX-512), 4 (AVX2) or 1; 0 = the fastest on
  /// this processor. Results do not depend on it. Only method rodas5p has lanes.
  unsigned lanes = 0;
  LaneUse* lane_use = nullptr;  ///< receives the sum over threads
  /// Called on the calling thread about ten times a second with the number of members done; true
  /// stops the run.
  std::function<bool(std::size_t)> progress;
};

/// Simulates every member and keeps chosen readouts at chosen times.
/// A member depends on its own row only: its results have the bits of simulate(), for any number of
/// threads and lanes. A member that fails has its own status and NaN; the others are not affected.
/// @param values  receives (members, readouts, times), row-major; must have that size
/// @return (members,) statuses; members not reached because the run was stopped have
/// Status::interrupted
/// @throws ScenarioError if the arguments do not fit each other, or the processor does not have these
/// lanes
/// @throws UnknownName for a name that is not known
[[nodiscard]] std::vector<MemberStatus> simulate_ensemble(const Scenario& base,
                                                          const Variation& variation,
                                                          std::span<const double> t_eval,
                                                          const std::vector<std::size_t>& readouts,
                                                          std::span<double> values,
                                                          const EnsembleOptions& options = {});

/// The most members that this processor, with this build, computes at once on one core: 8, 4 or 1.
[[nodiscard]] unsigned available_lanes();

/// Threads that the process may use: the size of its affinity mask on Linux, else all.
[[nodiscard]] unsigned available_threads();

}  // namespace ketasim
