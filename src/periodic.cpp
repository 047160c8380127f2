#include "ketasim/dosing/periodic.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <unsupported/Eigen/MatrixFunctions>

#include "ketasim/model/jacobian.hpp"

namespace ketasim::dosing {

std::vector<int> disposition_states() {
  std::vector<int> states;
  const auto rows = model::state_rows();
  for (int k = 0; k < model::n_states; ++k)
    if (rows[static_cast<std::size_t>(k)].is_disposition()) states.push_back(k);
  return states;
}

namespace {

/// @param who  the record as it is called in an error message, and what to give instead
PeriodicState state_of_doses(const Dose& dose, const Recipient& recipient, const std::string& who,
                             const std::string& instead) {
  const double period = dose.interval_h;
  const Effects once = effects_of(dose, dose.lag_h, recipient);

  double longest_action = 0.0;
  for (const Jump& j : once.jumps) longest_action = std::max(longest_action, j.time);
  for (const ActiveInput& a : once.inputs) longest_action = std::max(longest_action, a.end);
  if (!(longest_action <= most_at_once * period))
    throw ScenarioError(describe(dose) + ": acts for " + written(longest_action) +
                        " h with interval_h = " + written(period) + " h, so more than " +
                        std::to_string(most_at_once) +
                        " doses would act at once; lengthen interval_h, or give their sum");

  // Fold the effects of all earlier doses into one period [0, period).
  std::vector<Jump> jumps;
  std::vector<ActiveInput> folded;
  PeriodicState result{
      .states = disposition_states(), .amounts = {}, .still_to_come = {}, .still_running = {}};
  for (Jump j : once.jumps) {
    const double after_dose = j.time, whole = std::floor(after_dose / period);
    for (int k = 1; k <= static_cast<int>(whole); ++k) {
      j.time = std::max(after_dose - k * period, 0.0);
      result.still_to_come.push_back(j);
    }
    j.time = std::max(after_dose - whole * period, 0.0);
    jumps.push_back(j);
  }
  for (const ActiveInput& a : once.inputs) {
    const int first = static_cast<int>(std::floor(a.start / period)),
              last = static_cast<int>(std::ceil(a.end / period));
    for (int k = first; k < last; ++k) {
      const double from = std::max(a.start - k * period, 0.0),
                   to = std::min(a.end - k * period, period);
      if (to > from) folded.push_back({from, to, a.input, a.amount});
    }
    for (int k = 1; a.end - k * period > 0.0; ++k)
      result.still_running.push_back(
          {std::max(a.start - k * period, 0.0), a.end - k * period, a.input, a.amount});
  }

  // Linear disposition: dx/dt = A x + r(inputs), with A from the Jacobian of the equations.
  const auto& p = recipient.parameters;
  const model::Derived<double> d = model::derived(p);
  const auto n = static_cast<Eigen::Index>(result.states.size());
  std::vector<double> rest(model::n_states), f(model::n_states),
      values(model::jacobian_structure().column.size());
  const auto rates = [&](const model::Inputs<double>& u) {
    model::pack(model::derivative(model::unpack<double>(rest), u, p, d), f);
    Eigen::VectorXd r(n);
    for (Eigen::Index i = 0; i < n; ++i)
      r(i) = f[static_cast<std::size_t>(result.states[static_cast<std::size_t>(i)])];
    return r;
  };
  model::pack(model::healthy_state(p, d), rest);
  model::jacobian(rest, model::Inputs<double>{}, p, d, values);
  Eigen::MatrixXd A = Eigen::MatrixXd::Zero(n, n);
  const auto& structure = model::jacobian_structure();
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto row = static_cast<std::size_t>(result.states[static_cast<std::size_t>(i)]);
    for (int e = structure.row_start[row]; e < structure.row_start[row + 1]; ++e) {
      const auto at = std::find(result.states.begin(), result.states.end(),
                                structure.column[static_cast<std::size_t>(e)]);
      if (at != result.states.end())
        A(i, at - result.states.begin()) = values[static_cast<std::size_t>(e)];
    }
  }

  // b: the end of one period that began empty.
  std::vector<double> times{0.0, period};
  for (const Jump& j : jumps) times.push_back(j.time);
  for (const ActiveInput& a : folded) times.insert(times.end(), {a.start, a.end});
  std::sort(times.begin(), times.end());
  Eigen::VectorXd x = Eigen::VectorXd::Zero(n);
  for (std::size_t i = 0; i + 1 < times.size(); ++i) {
    for (const Jump& j : jumps) {
      if (j.time != times[i] || (i > 0 && times[i - 1] == times[i])) continue;
      const auto at = std::find(result.states.begin(), result.states.end(), j.state);
      if (at != result.states.end()) x(at - result.states.begin()) += j.add;
    }
    const double h = times[i + 1] - times[i];
    if (h <= 0.0) continue;
    model::Inputs<double> u{};
    for (const ActiveInput& a : folded)
      if (a.start <= times[i] && times[i] < a.end) u.*a.input += a.amount;
    Eigen::MatrixXd augmented = Eigen::MatrixXd::Zero(n + 1, n + 1);
    augmented.topLeftCorner(n, n) = A * h;
    augmented.topRightCorner(n, 1) = rates(u) * h;
    const Eigen::MatrixXd flow = augmented.exp();
    x = (flow.topLeftCorner(n, n) * x + flow.topRightCorner(n, 1)).eval();
  }
  const Eigen::MatrixXd M = (A * period).exp();
  const Eigen::VectorXd steady = (Eigen::MatrixXd::Identity(n, n) - M).partialPivLu().solve(x);
  // Without elimination I - M is singular, up to rounding; the slowest drug given every minute
  // stays below 1e7 doses.
  constexpr double singular = 1e12;
  if (!steady.allFinite() || steady.cwiseAbs().maxCoeff() > singular * x.cwiseAbs().maxCoeff())
    throw ScenarioError(who +
                        ": there is no steady state, as nothing removes the drug; give a clearance "
                        "above 0, or " +
                        instead);
  result.amounts.assign(steady.data(), steady.data() + n);
  return result;
}

}  // namespace

PeriodicState periodic_state(const Dose& dose, const Recipient& recipient) {
  if (!dose.ended_constant_infusion())
    return state_of_doses(dose, recipient,
                          describe(dose) + " every " + written(dose.interval_h) + " h",
                          "single doses");
  Dose without_gaps = dose;
  without_gaps.interval_h = dose.duration_h;
  PeriodicState state =
      state_of_doses(without_gaps, recipient, describe(dose), "an infusion that begins");
  state.still_to_come.clear();
  state.still_running.clear();
  return state;
}

}  // namespace ketasim::dosing
