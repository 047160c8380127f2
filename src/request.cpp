#include "request.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ketasim {
namespace {

void check_times(std::span<const double> t_eval) {
  if (t_eval.empty()) throw ScenarioError("t_eval is empty: ask for at least one time [h]");
  for (std::size_t i = 0; i < t_eval.size(); ++i) {
    if (!std::isfinite(t_eval[i]))
      throw ScenarioError("t_eval[" + std::to_string(i) + "] = " + written(t_eval[i]) +
                          " h is not finite: give times in hours");
    if (i > 0 && t_eval[i] <= t_eval[i - 1])
      throw ScenarioError("t_eval[" + std::to_string(i) + "] = " + written(t_eval[i]) +
                          " h does not come after " + written(t_eval[i - 1]) +
                          " h: times must be strictly increasing");
  }
}

void check_options(const SolverOptions& o) {
  const auto refuse = [](const std::string& what) { throw ScenarioError(what); };
  const auto per_state = [&](const char* name, std::size_t size, const char* otherwise) {
    if (size != 0 && size != static_cast<std::size_t>(model::n_states))
      refuse(std::string(name) + " has " + std::to_string(size) + " entries: give one per state (" +
             std::to_string(model::n_states) + ") or none for " + otherwise);
  };
  const auto not_negative = [&](const char* name, double value, const char* unit,
                                const char* zero) {
    if (!(value >= 0.0))
      refuse(std::string(name) + " = " + written(value) + " " + unit +
             " must not be negative; 0 means " + zero);
  };
  const auto positive = [&](const char* name, long value) {
    if (value <= 0)
      refuse(std::string(name) + " = " + std::to_string(value) + " steps must be above 0");
  };
  if (!(o.rtol > 0.0 && o.rtol < 1.0))
    refuse("rtol = " + written(o.rtol) + " must lie between 0 and 1, both excluded");
  if (o.atol.empty() && o.atol_factor && !(*o.atol_factor > 0.0))
    refuse("atol_factor = " + written(*o.atol_factor) + " must be above 0; unset, it is rtol");
  per_state("atol", o.atol.size(), "atol_factor x typical size");
  for (std::size_t i = 0; i < o.atol.size(); ++i)
    if (!(o.atol[i] > 0.0))
      refuse("atol[" + std::to_string(i) + "] = " + written(o.atol[i]) +
             " must be above 0, in the unit of its state");
  per_state("positivity", o.positivity.size(), "Positivity::ignore");
  not_negative("max_step", o.max_step, "h", "no limit");
  not_negative("first_step", o.first_step, "h", "automatic");
  not_negative("max_wall_seconds", o.max_wall_seconds, "s", "no limit");
  for (const std::size_t index : o.only_for)
    if (index >= readout_table().size())
      throw UnknownName("only_for: no readout has index " + std::to_string(index) +
                        ": they run from 0 to " + std::to_string(readout_table().size() - 1));
  positive("max_steps", o.max_steps);
  positive("max_rejections", o.max_rejections);
}

/// Refuses a dose that starts after the last output time.
void check_reach(const Scenario& scenario, double t_end) {
  for (const dosing::Dose& dose : scenario.doses)
    if (dose.start_of(0) > t_end)
      throw ScenarioError(describe(dose) + ": begins at " + written(dose.start_of(0)) +
                          " h, after the end of the run at " + written(t_end) +
                          " h; ask for later times or remove the dose");
}

}  // namespace

StateVector<double> typical_sizes_of(const Subject& subject) {
  return typical_sizes(row_of(subject.species).parameter_set);
}

double largest_tolerance(const SolverOptions& o, const Subject& subject) {
  double largest = std::max(o.rtol, o.atol_factor.value_or(o.rtol));
  if (o.atol.empty()) return largest;
  largest = o.rtol;
  const StateVector<double> typical = typical_sizes_of(subject);
  for (std::size_t i = 0; i < o.atol.size(); ++i)
    largest = std::max(largest, o.atol[i] / typical[static_cast<int>(i)]);
  return largest;
}

solve::Options<double, model::n_states> solver_options(const SolverOptions& o,
                                                       const Subject& subject,
                                                       double seconds_spent) {
  solve::Options<double, model::n_states> s;
  s.rtol = o.rtol;
  s.atol = o.atol_factor.value_or(o.rtol) * typical_sizes_of(subject);
  if (!o.atol.empty()) s.atol = Eigen::Map<const StateVector<double>>(o.atol.data());
  s.max_step = o.max_step;
  s.first_step = o.first_step;
  s.max_steps = o.max_steps;
  s.max_rejections = o.max_rejections;
  if (o.max_wall_seconds > 0.0)  // 0 would mean no limit
    s.max_wall_seconds =
        std::max(o.max_wall_seconds - seconds_spent, std::numeric_limits<double>::min());
  s.at_event = o.at_event;
  for (std::size_t i = 0; i < o.positivity.size(); ++i) s.positivity[i] = o.positivity[i];
  s.interrupt = o.interrupt;
  s.poll = o.poll;
  s.poll_data = o.poll_data;
  return s;
}

void check_request(const Scenario& scenario, std::span<const double> t_eval,
                   const SolverOptions& options) {
  check_times(t_eval);
  check_options(options);
  check_reach(scenario, t_eval.back());
}

Recorder::Recorder(const Problem& problem, std::span<const double> t_eval)
    : result_{.t = {},
              .y = {},
              .inputs = {},
              .held_inputs = {problem.schedule.before},
              .stop_times = {},
              .parameters = problem.parameters,
              .derived = problem.derived,
              .start = problem.start,
              .outcome = {},
              .computed = problem.needed},
      t_eval_(t_eval) {
  const auto& stops = problem.schedule.stops;
  const double first_stop = stops.empty() ? 0.0 : stops.front().time;
  t_begin_ = std::min({0.0, first_stop, t_eval.front()});
  t_end_ = std::max(t_eval.back(), t_begin_);
  for (const dosing::Stop& stop : stops) {
    if (stop.time > t_end_) break;
    result_.stop_times.push_back(stop.time);
    result_.held_inputs.push_back(stop.inputs);
  }
  result_.t.reserve(t_eval.size());
  result_.y.reserve(t_eval.size() * static_cast<std::size_t>(model::n_states));
}

void Recorder::record(std::size_t i, double t, const StateVector<double>& y) {
  // Inputs are right-continuous: at a stop, those in force from then on.
  const auto after = std::upper_bound(result_.stop_times.begin(), result_.stop_times.end(), t);
  result_.t.push_back(t);
  result_.inputs.push_back(static_cast<int>(after - result_.stop_times.begin()));
  result_.y.insert(result_.y.end(), y.data(), y.data() + y.size());
  delivered_ = i + 1;
}

namespace {

/// Names the state that lies furthest beyond its bounds, if one does.
void name_state_beyond(solve::Outcome& outcome, const StateVector<double>& y) {
  double furthest = 1.0;
  const auto& rows = model::state_rows();
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const double value = y[static_cast<int>(k)], high = rows[k].bounds().high;
    if (std::isfinite(high) && value > furthest * high) {
      furthest = value / high;
      outcome.beyond = static_cast<int>(k);
      outcome.reached = value;
    }
  }
}

/// Did the equations end the run, not its caller?
bool ended_by_equations(solve::Status status) {
  using enum solve::Status;
  return status == too_many_rejections || status == step_too_small || status == non_finite_rhs ||
         status == non_finite_state || status == singular_matrix;
}

}  // namespace

Trajectory Recorder::finish(const solve::Outcome& outcome, const StateVector<double>* last) {
  const StateVector<double> unknown =
      StateVector<double>::Constant(std::numeric_limits<double>::quiet_NaN());
  for (; delivered_ < t_eval_.size();) record(delivered_, t_eval_[delivered_], unknown);
  result_.outcome = outcome;
  if (last != nullptr && ended_by_equations(outcome.status))
    name_state_beyond(result_.outcome, *last);
  return std::move(result_);
}

}  // namespace ketasim
