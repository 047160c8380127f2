/// How derivatives jump at an event.
#pragma once

#include <algorithm>
#include <vector>

#include "gradient/sloped_problem.hpp"
#include "ketasim/kernel_system.hpp"

namespace ketasim::gradient {
namespace detail {

template <class T>
[[nodiscard]] model::Inputs<double> values(const model::Inputs<T>& u) {
  model::Inputs<double> r;
  std::ranges::transform(model::numbers(u), model::numbers(r).begin(),
                         [](const T& x) { return scalar::value(x); });
  return r;
}

[[nodiscard]] inline bool varies(const D& x) {
  for (const double slope : x.slope)
    if (slope != 0.0) return true;
  return false;
}
[[nodiscard]] inline bool varies(const Taped& x) { return x.varies(); }

}  // namespace detail

/// Inputs that begin or end at a stop, one after the other: calls change(time, before, after) for
/// those whose time varies.
/// @param u  the inputs before the stop
template <class T, class Change>
void for_each_change(const dosing::BasicSchedule<T>& schedule, const dosing::BasicStop<T>& stop,
                     model::Inputs<T> u, Change change) {
  const bool fixed_in_time =
      std::none_of(schedule.active.begin(), schedule.active.end(), [&](const auto& a) {
        return (scalar::value(a.start) == stop.time && detail::varies(a.start)) ||
               (scalar::value(a.end) == stop.time && detail::varies(a.end));
      });
  if (fixed_in_time) return;
  std::vector<dosing::BasicActiveInput<T>> active;
  for (const auto& a : schedule.active)
    if (scalar::value(a.start) < stop.time && stop.time <= scalar::value(a.end))
      active.push_back(a);
  const auto inputs_now = [&] {
    model::Inputs<T> sum = stop.inputs;
    // The inputs before treatment, then the active ones: the order of summation of the schedule.
    for (const auto& a : schedule.active) sum.*a.input = schedule.before.*a.input;
    for (const auto& a : active) sum.*a.input = sum.*a.input + a.amount;
    dosing::detail::cap_fractions(sum);
    return sum;
  };
  const auto change_at = [&](const T& time) {
    const model::Inputs<T> next = inputs_now();
    if (detail::varies(time)) change(time, u, next);
    u = next;
  };
  for (std::size_t i = active.size(); i-- > 0;) {
    if (scalar::value(active[i].end) != stop.time) continue;
    const T end = active[i].end;
    active.erase(active.begin() + static_cast<std::ptrdiff_t>(i));
    change_at(end);
  }
  for (const auto& a : schedule.active) {
    if (scalar::value(a.start) != stop.time || scalar::value(a.end) <= stop.time) continue;
    active.push_back(a);
    change_at(a.start);
  }
}

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
      for_each_change(schedule, stop, u, [&](const D& time, const auto& u0, const auto& u1) {
        add(u0, y, slopes_of(time), own);
        add(u1, y, -1.0 * slopes_of(time), own);
      });
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
