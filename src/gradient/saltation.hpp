/// How derivatives jump at an event.
#pragma once

#include <algorithm>
#include <vector>

#include "gradient/sloped_problem.hpp"
#include "ketasim/kernel_system.hpp"

namespace ketasim::gradient {
namespace detail {

[[nodiscard]] inline model::Inputs<double> values(const model::Inputs<D>& u) {
  model::Inputs<double> r;
  std::ranges::transform(model::numbers(u), model::numbers(r).begin(),
                         [](const D& x) { return x.value; });
  return r;
}

[[nodiscard]] inline bool varies(const D& x) {
  for (const double slope : x.slope)
    if (slope != 0.0) return true;
  return false;
}

}  // namespace detail

/// Derivatives at an event: the jumps of the state, then the changes of the inputs in order. A change
/// at time t(a), where a varies, adds (f before - f after) dt/da to the slopes S = dy/da.
class Saltation {
 public:
  Saltation(KernelSystem& system, const std::vector<SlopedProblem>& blocks)
      : system_(system), blocks_(blocks) {}

  void apply(std::size_t k, const StateVector<double>& before, const StateVector<double>& start,
             Slopes& S) {
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      const auto& schedule = blocks_[b].schedule;
      const dosing::BasicStop<D>& stop = schedule.stops[k];
      Directions* const own = S.data() + b * model::n_states;
      StateVector<double> y = before;
      model::Inputs<D> u = k == 0 ? schedule.before : schedule.stops[k - 1].inputs;
      if (stop.reset) {
        y = start;
        std::copy(blocks_[b].start.begin(), blocks_[b].start.end(), own);
      }
      for (const dosing::BasicJump<D>& jump : stop.jumps) apply(jump, u, y, own);
      change_inputs(schedule, stop, u, y, own);
    }
  }

 private:
  void apply(const dosing::BasicJump<D>& jump, const model::Inputs<D>& u, StateVector<double>& y,
             Directions* S) {
    const auto at = static_cast<std::size_t>(jump.state);
    const double old = y[jump.state];
    if (detail::varies(jump.time)) add(u, y, slopes_of(jump.time), S);
    y[jump.state] = jump.scale.value * old + jump.add.value;
    S[at] = jump.scale.value * S[at] + old * slopes_of(jump.scale) + slopes_of(jump.add);
    if (detail::varies(jump.time)) add(u, y, -1.0 * slopes_of(jump.time), S);
  }

  /// Inputs that begin or end at this stop, one after the other.
  void change_inputs(const dosing::BasicSchedule<D>& schedule, const dosing::BasicStop<D>& stop,
                     model::Inputs<D> u, const StateVector<double>& y, Directions* S) {
    const bool fixed_in_time =
        std::none_of(schedule.active.begin(), schedule.active.end(), [&](const auto& a) {
          return (a.start.value == stop.time && detail::varies(a.start)) ||
                 (a.end.value == stop.time && detail::varies(a.end));
        });
    if (fixed_in_time) return;
    std::vector<dosing::BasicActiveInput<D>> active;
    for (const auto& a : schedule.active)
      if (a.start.value < stop.time && stop.time <= a.end.value) active.push_back(a);
    const auto inputs_now = [&] {
      model::Inputs<D> sum = stop.inputs;
      // The inputs before treatment, then the active ones: the order of summation of the schedule.
      for (const auto& a : schedule.active) sum.*a.input = schedule.before.*a.input;
      for (const auto& a : active) sum.*a.input = sum.*a.input + a.amount;
      dosing::detail::cap_fractions(sum);
      return sum;
    };
    const auto change_at = [&](const D& time) {
      const model::Inputs<D> next = inputs_now();
      if (detail::varies(time)) {
        add(u, y, slopes_of(time), S);
        add(next, y, -1.0 * slopes_of(time), S);
      }
      u = next;
    };
    for (std::size_t i = active.size(); i-- > 0;) {
      if (active[i].end.value != stop.time) continue;
      const D end = active[i].end;
      active.erase(active.begin() + static_cast<std::ptrdiff_t>(i));
      change_at(end);
    }
    for (const auto& a : schedule.active) {
      if (a.start.value != stop.time || a.end.value <= stop.time) continue;
      active.push_back(a);
      change_at(a.start);
    }
  }

  /// S += f(y, u) slope.
  void add(const model::Inputs<D>& u, const StateVector<double>& y, const Directions& slope,
           Directions* S) {
    system_.hold(detail::values(u));
    StateVector<double> f;
    system_.rhs(0.0, y, f);
    for (std::size_t s = 0; s < static_cast<std::size_t>(model::n_states); ++s)
      S[s] += f[static_cast<int>(s)] * slope;
  }

  KernelSystem& system_;
  const std::vector<SlopedProblem>& blocks_;
};

}  // namespace ketasim::gradient
