/// The loop: from stop to stop, step by step, samples read off in between.
///
/// Every stop is reached by assignment (t = stop), so no comparison of t + h with an end can hang
/// or miss it. Between stops the right-hand side must be smooth. Samples never move a step: they
/// come from the continuous extension. Nothing in here allocates or throws; on_stop and on_sample
/// may.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <type_traits>

#include "ketasim/solve/attempt.hpp"
#include "ketasim/solve/controller.hpp"
#include "ketasim/solve/options.hpp"
#include "ketasim/solve/status.hpp"
#include "ketasim/solve/vector.hpp"

namespace ketasim::solve {
namespace detail {

/// Weighted RMS of `values` [units of tolerance].
template <class Values, class Scale>
[[nodiscard]] auto weighted_rms(const Values& values, const Scale& scale) {
  using std::sqrt;
  return sqrt((values.array() / scale.array()).square().mean());
}

template <class Stepper, class System, class Real, int N, class OnStop, class OnSample,
          class Controller>
class Integration {
 public:
  using State = Vector<Real, N>;

  Integration(Stepper& stepper, System& system, State& y, std::span<const Real> stops,
              std::span<const Real> samples, const Options<Real, N>& options, OnStop& on_stop,
              OnSample& on_sample, const Controller& controller)
      : stepper_(stepper),
        system_(system),
        y_(y),
        stops_(stops),
        samples_(samples),
        options_(options),
        on_stop_(on_stop),
        on_sample_(on_sample),
        controller_(controller) {
    for (const Positivity policy : options.positivity)
      watches_sign_ |= policy != Positivity::ignore;
  }

  Outcome run(Real t_begin, Real t_end) {
    stepper_.cost() = {};
    t_ = t_begin;
    arrive();
    while (t_ < t_end) {
      const Real next = next_stop_ < stops_.size() ? std::min(stops_[next_stop_], t_end) : t_end;
      if (!cross(next)) break;
      arrive();
    }
    outcome_.t = static_cast<double>(t_);
    outcome_.step_size = static_cast<double>(h_);
    outcome_.nfev = stepper_.cost().nfev;
    outcome_.njev = stepper_.cost().njev;
    outcome_.nlu = stepper_.cost().nlu;
    return outcome_;
  }

 private:
  enum class Cause { error, non_finite, singular, negative };

  /// Samples and stops at t, in the order asked for.
  void arrive() {
    const bool stopping = next_stop_ < stops_.size() && stops_[next_stop_] <= t_;
    const std::size_t first = next_sample_;
    if (!stopping || options_.at_event != AtEvent::after) deliver_here(first);
    if (!stopping) return;
    for (; next_stop_ < stops_.size() && stops_[next_stop_] <= t_; ++next_stop_) {
      on_stop_(next_stop_, t_, y_);
      outcome_.last_stop = static_cast<long>(next_stop_);
    }
    if (options_.at_event != AtEvent::before) deliver_here(first);
  }

  void deliver_here(std::size_t first) {
    for (next_sample_ = first; next_sample_ < samples_.size() && samples_[next_sample_] <= t_;
         ++next_sample_)
      on_sample_(next_sample_, samples_[next_sample_], static_cast<const State&>(y_));
  }

  /// Steps from t to `end`. False: the outcome says why not.
  bool cross(Real end) {
    const Real span = end - t_;
    controller_.restart();
    stepper_.begin(system_, t_, y_);
    h_ = options_.first_step > Real(0) ? options_.first_step : first_step(span);
    if (outcome_.status != Status::success) return false;
    for (;;) {
      if (stopped_from_outside()) return false;
      if (options_.max_step > Real(0)) h_ = std::min(h_, options_.max_step);
      const Real left = end - t_;
      const bool last = !(h_ < left);
      if (last)
        h_ = left;
      else if (h_ > left / 2)
        h_ = left / 2;  // rather two equal steps than one and a remainder
      const Real t1 = last ? end : t_ + h_;
      // The step is as long as the times say: over a short pulse late in a run the roundings of
      // t + h would otherwise add up to a wrong area.
      if (t1 > t_) h_ = t1 - t_;

      Cause cause = Cause::error;
      const Real error = attempt(cause);
      if (error <= Real(1)) {
        if (outcome_.steps >= options_.max_steps)
          return end_with(Status::max_steps_reached, worst_error());
        ++outcome_.steps;
        if constexpr (requires { stepper_.accepted(system_, y_, h_); })
          stepper_.accepted(system_, y_, h_);
        deliver_until(t1, last);
        y_ = y1_;
        t_ = t1;
        if (last) return true;
        h_ = controller_.accepted(h_, error, Stepper::error_order);
        stepper_.advance(system_, t_, y_);
      } else {
        if (outcome_.status != Status::success) return false;
        if (outcome_.rejected >= options_.max_rejections)
          return end_with(Status::too_many_rejections,
                          cause == Cause::negative ? negative_ : worst_error());
        ++outcome_.rejected;
        const Real next = cause == Cause::error
                              ? controller_.rejected(h_, error, Stepper::error_order)
                              : controller_.refused(h_);
        if (next < smallest_step(span)) return give_up(cause);
        h_ = next;
      }
    }
  }

  /// Tries a step of h. Returns its error in units of tolerance, or infinity with the cause.
  Real attempt(Cause& cause) {
    constexpr Real unusable = std::numeric_limits<Real>::infinity();
    if (stepper_.attempt(system_, t_, y_, h_, y1_) == Attempt::singular) {
      if (const NonFinite found = {first_non_finite(stepper_.derivative()), true, true};
          found.component >= 0)
        end_with(Status::non_finite_rhs, found.component);
      cause = Cause::singular;
      return unusable;
    }
    scale_ = options_.rtol * y_.cwiseAbs().cwiseMax(y1_.cwiseAbs()) + options_.atol;
    const Real error = weighted_rms(stepper_.error(), scale_);
    // An infinite y1 hides behind its infinite scale, but not in the sum.
    if (!std::isfinite(error) || !std::isfinite(y1_.sum())) {
      cause = Cause::non_finite;
      if (const NonFinite found = stepper_.find_non_finite(system_, t_, y_, h_); found.at_start)
        end_with(Status::non_finite_rhs, found.component);
      return unusable;
    }
    if (watches_sign_ && error <= Real(1) && refuses_sign()) {
      cause = Cause::negative;
      return unusable;
    }
    return error;
  }

  /// Applies the positivity policies to y1; warnings are counted here, as nothing can reject the
  /// step after them.
  bool refuses_sign() {
    bool warn = false, refuse = false;
    for (int i = 0; i < N && !refuse; ++i) {
      const Positivity policy = options_.positivity[static_cast<std::size_t>(i)];
      if (policy == Positivity::ignore || !(y1_[i] < -options_.atol[i])) continue;
      negative_ = i;
      warn |= policy == Positivity::warn;
      refuse |= policy != Positivity::warn;
      if (policy == Positivity::error) end_with(Status::negative_state, i);
    }
    outcome_.warnings += warn && !refuse;
    return refuse;
  }

  /// Samples in (t, t1]; at the end of a segment those at t1 wait for arrive().
  void deliver_until(Real t1, bool last) {
    for (; next_sample_ < samples_.size(); ++next_sample_) {
      const Real time = samples_[next_sample_];
      if (last ? !(time < t1) : !(time <= t1)) return;
      stepper_.interpolate(std::min(Real(1), (time - t_) / h_), y_, y1_, at_);
      on_sample_(next_sample_, time, static_cast<const State&>(at_));
    }
  }

  /// Hairer, Norsett and Wanner I, section II.4, with two changes that make it independent of the
  /// unit of time: a state below its tolerance counts as one tolerance, and a system at rest takes
  /// the span of the segment as its measure.
  Real first_step(Real span) {
    scale_ = options_.rtol * y_.cwiseAbs() + options_.atol;
    const State& f0 = stepper_.derivative();
    const Real d0 = weighted_rms(y_, scale_), d1 = weighted_rms(f0, scale_);
    if (const int i = first_non_finite(f0); i >= 0) {
      end_with(Status::non_finite_rhs, i);
      return 0;
    }
    if (const int i = first_non_finite(y_); i >= 0) {
      end_with(Status::non_finite_state, i);
      return 0;
    }
    const Real at_rest = Real(0.01) * span;
    Real h0 = d1 * span > Real(1e-5) ? Real(0.01) * std::max(d0, Real(1)) / d1 : at_rest;
    h0 = std::min(h0, at_rest);
    y1_ = y_ + h0 * f0;
    system_.rhs(t_ + h0, y1_, at_);
    ++stepper_.cost().nfev;
    at_ -= f0;
    const Real d2 = weighted_rms(at_, scale_) / h0;
    if (!std::isfinite(d2)) return Real(0.01) * h0;
    const Real fastest = std::max(d1, d2);
    const Real h1 =
        fastest * span > Real(1e-5)
            ? std::pow(Real(0.01) / fastest, Real(1) / static_cast<Real>(Stepper::order + 1))
            : span;
    return std::min({Real(100) * h0, h1, span});
  }

  [[nodiscard]] Real smallest_step(Real span) const {
    return std::max(Real(16) * std::numeric_limits<Real>::epsilon() * std::abs(t_),
                    Real(1e-25) * span);
  }

  bool stopped_from_outside() {
    if (options_.interrupt != nullptr && options_.interrupt->load(std::memory_order_relaxed))
      return !end_with(Status::interrupted, -1);
    const long attempt = attempts_++;
    if (attempt % 64 == 0 && options_.poll != nullptr && options_.poll(options_.poll_data))
      return !end_with(Status::interrupted, -1);
    if (attempt % 16 == 0 && options_.max_wall_seconds > 0) {
      const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - started_;
      if (spent.count() > options_.max_wall_seconds)
        return !end_with(Status::wall_time_exceeded, -1);
    }
    return false;
  }

  bool give_up(Cause cause) {
    switch (cause) {
      case Cause::error:
        return end_with(Status::step_too_small, worst_error());
      case Cause::singular:
        return end_with(Status::singular_matrix, -1);
      case Cause::negative:
        return end_with(Status::negative_state, negative_);
      case Cause::non_finite:
        break;
    }
    const NonFinite found = stepper_.find_non_finite(system_, t_, y_, h_);
    return end_with(found.in_rhs ? Status::non_finite_rhs : Status::non_finite_state,
                    found.component);
  }

  /// Component with the largest error of the last attempt.
  [[nodiscard]] int worst_error() const {
    int worst = -1;
    Real largest = -1;
    for (int i = 0; i < N; ++i)
      if (const Real e = std::abs(stepper_.error()[i] / scale_[i]); e > largest) {
        largest = e;
        worst = i;
      }
    return worst;
  }

  bool end_with(Status status, int component) {
    outcome_.status = status;
    outcome_.worst_component = component;
    return false;
  }

  Stepper& stepper_;
  System& system_;
  State& y_;
  std::span<const Real> stops_, samples_;
  const Options<Real, N>& options_;
  OnStop& on_stop_;
  OnSample& on_sample_;
  Controller controller_;
  State y1_ = State::Zero(), scale_ = State::Ones(), at_ = State::Zero();
  Outcome outcome_;
  Real t_ = 0, h_ = 0;
  std::size_t next_stop_ = 0, next_sample_ = 0;
  long attempts_ = 0;
  int negative_ = -1;
  bool watches_sign_ = false;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

}  // namespace detail

/// Integrates y' = f(t, y) from t_begin to t_end.
///
/// @param stepper    Rodas or Dopri5; reused between runs, one per thread
/// @param system     rhs(t, y, dydt) and, for Rodas, jacobian(t, y, J, dfdt)
/// @param y          in: at t_begin; out: the last accepted state
/// @param stops      ascending, >= t_begin; those after t_end are not applied. Those at t_begin are
/// applied before the
///                   first step, those at t_end after the last one
/// @param samples    ascending, >= t_begin; those after t_end are not delivered
/// @param on_stop    (std::size_t k, Real t, Vector& y), may change y and the system; the method
/// restarts behind it
/// @param on_sample  (std::size_t i, Real t, const Vector& y), t bit for bit as in samples; twice
/// for a sample at a stop
///                   under AtEvent::both
/// @return how it ended; a failure is never an exception and never looks like success
template <class Stepper, class System, class Real, int N, class OnStop, class OnSample,
          class Controller = Gustafsson<Real>>
Outcome integrate(Stepper& stepper, System& system, Vector<Real, N>& y,
                  std::type_identity_t<Real> t_begin,
                  std::type_identity_t<std::span<const Real>> stops,
                  std::type_identity_t<Real> t_end,
                  std::type_identity_t<std::span<const Real>> samples,
                  const Options<Real, N>& options, OnStop&& on_stop, OnSample&& on_sample,
                  const Controller& controller = {}) {
  static_assert(
      std::is_same_v<typename Stepper::State, Vector<Real, N>>,
      "ketasim: the stepper's state and the initial state must have the same size and scalar");
  detail::Integration<Stepper, System, Real, N, std::remove_reference_t<OnStop>,
                      std::remove_reference_t<OnSample>, Controller>
      integration(stepper, system, y, stops, samples, options, on_stop, on_sample, controller);
  return integration.run(t_begin, t_end);
}

}  // namespace ketasim::solve
