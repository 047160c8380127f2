/// What simulate() and sensitivity() share: a checked request, a scenario made ready, a record of
/// the rows.
#pragma once

#include <optional>
#include <span>

#include "ketasim/simulate.hpp"

namespace ketasim {

/// @throws ScenarioError for times or options that make no sense, or a dose that no row could show.
void check_request(const Scenario& scenario, std::span<const double> t_eval,
                   const SolverOptions& options);

[[nodiscard]] solve::Options<double, model::n_states> solver_options(const SolverOptions& options,
                                                                     double weight_kg);

/// Inputs of a subject at rest: what is measured from there, and what never changes in a run.
template <class T>
[[nodiscard]] model::Inputs<T> inputs_at_rest(const model::Parameters<T>& p,
                                              const model::Derived<T>& d,
                                              const model::State<T>& rest, const T& severity,
                                              const std::optional<T>& baseline_madrs,
                                              dosing::Context context) {
  model::Inputs<T> held{};
  held.stress = severity;
  held.unblinding = T(dosing::effect_of(context).unblinding);
  held.strength_ref = strength(rest.synaptogenesis, p.synaptogenesis, d.synaptogenesis);
  held.density_ref = rest.synaptogenesis.N + rest.synaptogenesis.M;
  held.z0 = baseline_madrs ? model::logit(T(*baseline_madrs / model::symptoms::madrs_max))
                           : model::symptoms::baseline(p.symptoms, severity);
  return held;
}

/// A scenario made ready: parameters scaled, baseline found, records compiled to stops.
struct Problem {
  model::Parameters<double> parameters;
  model::Derived<double> derived;
  StateVector<double> start;
  dosing::Schedule schedule;
};

/// @throws ScenarioError, ParameterError
[[nodiscard]] Problem prepare(const Scenario& scenario);

/// Collects the rows of a trajectory. The problem and t_eval must outlive it.
class Recorder {
 public:
  Recorder(const Problem& problem, std::span<const double> t_eval);

  [[nodiscard]] double t_begin() const { return t_begin_; }
  [[nodiscard]] double t_end() const { return t_end_; }
  [[nodiscard]] const std::vector<double>& stop_times() const { return result_.stop_times; }
  [[nodiscard]] int inputs_of_last_row() const { return result_.inputs.back(); }

  /// Row for t = t_eval[i].
  void record(std::size_t i, double t, const StateVector<double>& y);

  /// The trajectory, with NaN for the times that were not reached. Call once.
  [[nodiscard]] Trajectory finish(const solve::Outcome& outcome);

 private:
  Trajectory result_;
  std::span<const double> t_eval_;
  double t_begin_ = 0.0, t_end_ = 0.0;
  std::size_t delivered_ = 0;
};

}  // namespace ketasim
