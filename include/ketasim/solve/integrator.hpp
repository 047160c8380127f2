/// The state of one integration: the present time, the next step, and whether an attempt is accepted.
///
/// Every stop is reached by assignment (t = stop), so no comparison of t + h with an end can hang
/// or miss it. Between stops the right-hand side must be smooth. Samples never move a step: they
/// come from the continuous extension. Nothing in here allocates or throws; on_stop and on_sample
/// may.
///
/// integrate() uses one integrator with one stepper. Lanes (ketasim/solve/lane_loop.hpp) use several
/// integrators: their steps are computed together, and each integrator judges its own.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>

#include "ketasim/solve/controller.hpp"
#include "ketasim/solve/options.hpp"
#include "ketasim/solve/status.hpp"
#include "ketasim/solve/stepper.hpp"
#include "ketasim/solve/vector.hpp"

namespace ketasim::solve {
/// How an attempt ended, and what was wrong with one that was not accepted.
enum class Verdict { accepted, rejected, over };
enum class Cause { error, non_finite, singular, negative };

/// Root of the mean of ratio(0)^2 to ratio(N - 1)^2, of which those outside `ranges` are zero. The sum has
/// a fixed order, so that it has the same bits for one number and for each of W.
template <class Real, int N, class Ratio>
[[nodiscard]] inline Real root_mean_square(std::span<const Range> ranges, Ratio ratio) {
  using std::sqrt;
  constexpr int partial_sums = 8;
  std::array<Real, partial_sums> sum;
  sum.fill(Real(0));
  const auto add = [&](int i, int k) {
    const Real r = ratio(i);
    sum[static_cast<std::size_t>(k)] += r * r;
  };
  for (const Range& range : ranges) {
    int i = range.first;
    for (; i < range.last && i % partial_sums != 0; ++i) add(i, i % partial_sums);
    for (; i + partial_sums <= range.last; i += partial_sums)
      for (int k = 0; k < partial_sums; ++k) add(i + k, k);
    for (; i < range.last; ++i) add(i, i % partial_sums);
  }
  for (std::size_t half = partial_sums / 2; half > 0; half /= 2)
    for (std::size_t k = 0; k < half; ++k) sum[k] += sum[k + half];
  return sqrt(sum[0] / Real(N));
}

/// Weighted RMS of `values` [units of tolerance].
template <class Real, int N>
[[nodiscard]] Real weighted_rms(const Vector<Real, N>& values, const Vector<Real, N>& scale) {
  static constexpr Range all{0, N};
  return root_mean_square<Real, N>({&all, 1}, [&](int i) { return values[i] / scale[i]; });
}

/// Keeps references to its arguments, and to the arrays and function objects in them.
template <class Stepper, class System, class Real, int N, class Controller = Gustafsson<Real>>
class Integrator {
 public:
  using State = Vector<Real, N>;

  Integrator(Stepper& stepper, System& system, State& y, const TimeSpan<Real>& span,
             const Options<Real, N>& options, const Observers<Real, N>& observers,
             const Controller& controller = {})
      : stepper_(stepper),
        system_(system),
        y_(y),
        stops_(span.stops),
        samples_(span.samples),
        options_(options),
        observers_(observers),
        controller_(controller),
        t_(span.from),
        t_end_(span.to) {
    stepper_.cost() = {};
    for (const Positivity policy : options.positivity)
      watches_sign_ |= policy != Positivity::ignore;
  }

  /// Applies the stops and delivers the samples at t. False: the run is over.
  bool apply_stops() {
    if (outcome_.status != Status::success) return false;
    const bool stopping = next_stop_ < stops_.size() && stops_[next_stop_] <= t_;
    const std::size_t first = next_sample_;
    if (!stopping || options_.at_event != AtEvent::after) deliver_here(first);
    if (stopping) {
      for (; next_stop_ < stops_.size() && stops_[next_stop_] <= t_; ++next_stop_) {
        observers_.on_stop(next_stop_, t_, y_);
        outcome_.last_stop = static_cast<long>(next_stop_);
      }
      if (options_.at_event != AtEvent::before) deliver_here(first);
    }
    return t_ < t_end_;
  }

  /// Begins the segment that reaches from t to the next stop.
  /// @param f0  dy/dt at t
  void begin_segment(const State& f0) {
    segment_end_ = next_stop_ < stops_.size() ? std::min(stops_[next_stop_], t_end_) : t_end_;
    segment_ = segment_end_ - t_;
    controller_.restart();
    watched_rejections_ = outcome_.rejected;
    watched_from_ = t_;
    h_ = options_.first_step > Real(0) ? options_.first_step : first_step(f0);
  }

  /// Chooses h for the next attempt. False: the run is over.
  bool choose_step() {
    if (outcome_.status != Status::success || stopped_from_outside()) return false;
    if (options_.max_step > Real(0)) h_ = std::min(h_, options_.max_step);
    const Real left = segment_end_ - t_;
    last_ = !(h_ < left);
    if (last_)
      h_ = left;
    else if (h_ > left / 2)
      h_ = left / 2;  // two equal steps, not one step and a short rest
    t1_ = last_ ? segment_end_ : t_ + h_;
    // The step is the difference of the rounded times. Otherwise the roundings of t + h would add up
    // to a wrong area under a short pulse late in a run.
    if (t1_ > t_) h_ = t1_ - t_;
    return true;
  }

  /// Tries the step with the stepper, which must have begun at (t, y).
  Verdict attempt() {
    Cause cause = Cause::error;
    const Real error = try_step(cause);
    return judge(error, cause);
  }

  /// Accepts or rejects an attempt with this error [units of tolerance]. After an accepted attempt
  /// the caller delivers the samples in the step, then calls accept_step().
  Verdict judge(Real error, Cause cause = Cause::error) {
    if (error <= Real(1)) {
      if (outcome_.steps >= options_.max_steps)
        return end_with(Status::max_steps_reached, worst_error());
      ++outcome_.steps;
      error_ = error;
      return Verdict::accepted;
    }
    if (outcome_.status != Status::success) return Verdict::over;
    if (outcome_.rejected >= options_.max_rejections || would_reject_too_often())
      return end_with(Status::too_many_rejections,
                      cause == Cause::negative ? negative_ : worst_error());
    ++outcome_.rejected;
    if (outcome_.rejected == watched_rejections_ + watch_length()) {
      watched_rejections_ = outcome_.rejected;
      watched_from_ = t_;
    }
    const Real next = cause == Cause::error ? controller_.rejected(h_, error, Stepper::error_order)
                                            : controller_.refused(h_);
    if (next < smallest_step()) return give_up(cause);
    h_ = next;
    return Verdict::rejected;
  }

  /// Whether a sample lies in (t, t1], and where: 0 < theta <= 1. At the end of a segment those at
  /// t1 are delivered by apply_stops().
  [[nodiscard]] bool sample_in_step(Real& theta) const {
    if (next_sample_ >= samples_.size()) return false;
    const Real time = samples_[next_sample_];
    if (last_ ? !(time < t1_) : !(time <= t1_)) return false;
    theta = std::min(Real(1), (time - t_) / h_);
    return true;
  }

  void deliver(const State& at) {
    observers_.on_sample(next_sample_, samples_[next_sample_], at);
    ++next_sample_;
  }

  /// Moves t to the end of the accepted step. True: the end of the segment is reached.
  bool accept_step() {
    t_ = t1_;
    if (last_) return true;
    h_ = controller_.accepted(h_, error_, Stepper::error_order);
    return false;
  }

  [[nodiscard]] Real t() const { return t_; }
  [[nodiscard]] Real h() const { return h_; }
  [[nodiscard]] State& y() { return y_; }
  [[nodiscard]] const State& y1() const { return y1_; }

  [[nodiscard]] Outcome outcome() {
    outcome_.t = static_cast<double>(t_);
    outcome_.step_size = static_cast<double>(h_);
    outcome_.nfev = stepper_.cost().nfev;
    outcome_.njev = stepper_.cost().njev;
    outcome_.nlu = stepper_.cost().nlu;
    return outcome_;
  }

  /// For an attempt that was computed in a lane, with the bits that the stepper would give. True if
  /// its error alone does not decide: then write the state into y() and call repeat().
  /// @param finite  the LU and the new state are finite
  [[nodiscard]] bool must_repeat(Real error, bool finite) const {
    if (!finite || !std::isfinite(error) || watches_sign_) return true;
    if (error <= Real(1)) return outcome_.steps >= options_.max_steps;
    Controller after = controller_;
    return outcome_.rejected >= options_.max_rejections || would_reject_too_often() ||
           after.rejected(h_, error, Stepper::error_order) < smallest_step();
  }

  /// Makes the last attempt again with the stepper, and judges it.
  Verdict repeat() {
    const Cost before = stepper_.cost();
    stepper_.begin(system_, t_, y_);
    Cause cause = Cause::error;
    const Real error = try_step(cause);
    stepper_.cost() = before;
    return judge(error, cause);
  }

  /// Counts work that a lane did for this run.
  void add_cost(const Cost& cost) {
    stepper_.cost().nfev += cost.nfev;
    stepper_.cost().njev += cost.njev;
    stepper_.cost().nlu += cost.nlu;
  }

 private:
  void deliver_here(std::size_t first) {
    for (next_sample_ = first; next_sample_ < samples_.size() && samples_[next_sample_] <= t_;
         ++next_sample_)
      observers_.on_sample(next_sample_, samples_[next_sample_], y_);
  }

  /// Tries a step of h. Returns its error in units of tolerance, or infinity with the cause.
  Real try_step(Cause& cause) {
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
    // An infinite y1 has an infinite scale and a zero ratio, but its sum is not finite.
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

  /// Applies the positivity policies to y1. Warnings are counted here, because no later test can
  /// reject the step.
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

  /// Hairer, Norsett and Wanner I, section II.4, with two changes that make it independent of the
  /// unit of time: a state below its tolerance counts as one tolerance, and the first step of a
  /// system at rest is a fraction of the segment.
  Real first_step(const State& f0) {
    const Real span = segment_;
    scale_ = options_.rtol * y_.cwiseAbs() + options_.atol;
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

  /// Rejections after which progress is looked at: 1/20 of the limit, and enough to tell a hard place
  /// from a hard segment.
  [[nodiscard]] long watch_length() const { return std::max(1000L, options_.max_rejections / 20); }

  /// Whether the rest of the segment would need more than twice the rejections allowed, at the
  /// pace since progress was last looked at. A run without hope ends early.
  [[nodiscard]] bool would_reject_too_often() const {
    if (outcome_.rejected + 1 < watched_rejections_ + watch_length()) return false;
    const Real needed = static_cast<Real>(watch_length()) * (segment_end_ - t_);
    return needed > Real(2) * static_cast<Real>(options_.max_rejections) * (t_ - watched_from_);
  }

  [[nodiscard]] Real smallest_step() const {
    return std::max(Real(16) * std::numeric_limits<Real>::epsilon() * std::abs(t_),
                    Real(1e-25) * segment_);
  }

  bool stopped_from_outside() {
    if (options_.interrupt != nullptr && options_.interrupt->load(std::memory_order_relaxed))
      return stop_with(Status::interrupted);
    const long attempt = attempts_++;
    if (attempt % 64 == 0 && options_.poll != nullptr && options_.poll(options_.poll_data))
      return stop_with(Status::interrupted);
    if (attempt % 16 == 0 && options_.max_wall_seconds > 0) {
      const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - started_;
      if (spent.count() > options_.max_wall_seconds) return stop_with(Status::wall_time_exceeded);
    }
    return false;
  }

  Verdict give_up(Cause cause) {
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

  Verdict end_with(Status status, int component) {
    outcome_.status = status;
    outcome_.worst_component = component;
    return Verdict::over;
  }

  bool stop_with(Status status) {
    end_with(status, -1);
    return true;
  }

  Stepper& stepper_;
  System& system_;
  State& y_;
  std::span<const Real> stops_, samples_;
  const Options<Real, N>& options_;
  Observers<Real, N> observers_;
  Controller controller_;
  State y1_ = State::Zero(), scale_ = State::Ones(), at_ = State::Zero();
  Outcome outcome_;
  Real t_, t_end_, segment_end_ = 0, segment_ = 0;
  Real h_ = 0, t1_ = 0, error_ = 0;
  bool last_ = false;
  std::size_t next_stop_ = 0, next_sample_ = 0;
  long attempts_ = 0;
  long watched_rejections_ = 0;  ///< their number when progress was last looked at
  Real watched_from_ = 0;        ///< t at that moment
  int negative_ = -1;
  bool watches_sign_ = false;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

}  // namespace ketasim::solve
