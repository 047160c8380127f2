/// The loop: from stop to stop, each hit exactly, with samples from dense output and no call to odeint's integrate_*.
///
/// Between stops the system is smooth. A stop may change the state and the system; the method restarts behind it with
/// an automatic first step, so a pulse of any width is seen. Steps never land on samples: the answer does not depend
/// on the output grid. Nothing here allocates, throws or touches a string.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <span>

#include "ketasim/solve/controller.hpp"
#include "ketasim/solve/options.hpp"
#include "ketasim/solve/rodas.hpp"
#include "ketasim/solve/status.hpp"

namespace ketasim::solve {

namespace detail {

/// Weighted root mean square of v against atol + rtol max(|y0|, |y1|); the worst component comes along.
template <class Real, int N>
struct ErrorNorm {
  Real value;
  int worst;
};

template <class Real, int N>
[[nodiscard]] ErrorNorm<Real, N> error_norm(const Vector<Real, N>& v, const Vector<Real, N>& y0,
                                            const Vector<Real, N>& y1, const Options<Real, N>& o) {
  const auto scaled =
      (v.array() / (o.atol.array() + o.rtol * y0.array().abs().max(y1.array().abs()))).square().eval();
  int worst = 0;
  scaled.maxCoeff(&worst);
  return {std::sqrt(scaled.mean()), worst};
}

template <class Real, int N>
[[nodiscard]] int first_non_finite(const Vector<Real, N>& v) {
  for (int i = 0; i < N; ++i)
    if (!std::isfinite(v[i])) return i;
  return -1;
}

/// Hairer, Norsett and Wanner I, II.4: a first step from the size and the change of the derivative.
template <class Real, int N, class System>
[[nodiscard]] Real first_step(const System& system, Real t, const Vector<Real, N>& y, const Vector<Real, N>& f,
                              Real span, int error_order, const Options<Real, N>& o, Counters& count) {
  const Real d0 = error_norm<Real, N>(y, y, y, o).value, d1 = error_norm<Real, N>(f, y, y, o).value;
  Real h0 = (d0 < Real(1e-5) || d1 < Real(1e-5)) ? Real(1e-6) * span : Real(0.01) * d0 / d1;
  h0 = std::min(h0, span);
  const Vector<Real, N> y1 = y + h0 * f;
  Vector<Real, N> f1;
  system.rhs(t + h0, y1, f1);
  ++count.nfev;
  if (!f1.allFinite()) return h0 / Real(100);
  const Real d2 = error_norm<Real, N>(Vector<Real, N>(f1 - f), y, y, o).value / h0;
  const Real steepest = std::max(d1, d2);
  const Real h1 = steepest <= Real(1e-15)
                      ? std::max(Real(1e-6) * span, h0 * Real(1e-3))
                      : std::pow(Real(0.01) / steepest, Real(1) / Real(error_order + 1));
  return std::min({Real(100) * h0, h1, span});
}

}  // namespace detail

/// Integrates y from t_begin to t_end.
/// @param stops    ascending, >= t_begin; each is reached exactly and on_stop(k, t, y) may change y and the system
/// @param samples  ascending; on_sample(i, t, y) gets every one that is reached, per Options::at_event on a stop.
///                 Samples before t_begin get the initial state
/// @return how it ended; y holds the state at Outcome::t
template <class Stepper, class System, class Real, int N, class OnStop, class OnSample>
Outcome integrate(Stepper& stepper, System& system, Vector<Real, N>& y, Real t_begin, std::span<const Real> stops,
                  Real t_end, std::span<const Real> samples, const Options<Real, N>& options, OnStop&& on_stop,
                  OnSample&& on_sample) {
  using State = Vector<Real, N>;
  Outcome out;
  Counters& count = out.counters;
  PredictiveController<Real> controller(Stepper::error_order);
  State y1, error, sampled;
  Real t = t_begin;
  std::size_t stop = 0, sample = 0;
  const auto started = std::chrono::steady_clock::now();
  const auto finish = [&](Status status, int worst = -1) {
    out.status = status;
    out.t = static_cast<double>(t);
    out.worst = worst;
    return out;
  };
  /// Samples at the present time, on one side of a stop.
  const auto deliver_here = [&](bool last_side) {
    std::size_t i = sample;
    for (; i < samples.size() && samples[i] <= t; ++i) on_sample(i, samples[i], y);
    if (last_side) sample = i;
  };

  if (const int bad = detail::first_non_finite<Real, N>(y); bad >= 0) return finish(Status::non_finite_state, bad);

  while (true) {
    // Stops at the present time, samples around them.
    if (stop < stops.size() && stops[stop] <= t) {
      if (options.at_event != AtEvent::after) deliver_here(options.at_event == AtEvent::before);
      for (; stop < stops.size() && stops[stop] <= t; ++stop) {
        on_stop(stop, stops[stop], y);
        out.last_stop = static_cast<long>(stop);
      }
      if (options.at_event != AtEvent::before) deliver_here(true);
      if (const int bad = detail::first_non_finite<Real, N>(y); bad >= 0) return finish(Status::non_finite_state, bad);
    } else {
      deliver_here(true);
    }
    if (t >= t_end) return finish(Status::success);

    // One smooth segment.
    const Real segment_end = stop < stops.size() && stops[stop] < t_end ? stops[stop] : t_end;
    ++count.restarts;
    controller.restart();
    if (!stepper.evaluate(system, t, y, count))
      return finish(Status::non_finite_rhs, detail::first_non_finite<Real, N>(stepper.f()));
    Real h = options.first_step > Real(0)
                 ? options.first_step
                 : detail::first_step<Real, N>(system, t, y, stepper.f(), segment_end - t, Stepper::error_order,
                                               options, count);
    while (t < segment_end) {
      if (options.interrupt && options.interrupt->load(std::memory_order_relaxed)) return finish(Status::interrupted);
      const long tried = count.steps + count.rejected;
      if ((tried & 63) == 63) {
        if (options.poll && options.poll(options.poll_data)) return finish(Status::interrupted);
        const std::chrono::duration<double> used = std::chrono::steady_clock::now() - started;
        if (options.max_wall_seconds > 0 && used.count() > options.max_wall_seconds)
          return finish(Status::wall_time_exceeded);
      }
      if (count.steps >= options.max_steps) return finish(Status::max_steps_reached, out.worst);
      if (count.rejected >= options.max_rejections) return finish(Status::too_many_rejections, out.worst);

      if (options.max_step > Real(0)) h = std::min(h, options.max_step);
      const Real remaining = segment_end - t;
      bool last = false;
      Real step = h;
      if (step >= remaining * Real(0.999)) {
        step = remaining;
        last = true;
      } else if (step > remaining / Real(2)) {
        step = remaining / Real(2);  // two even steps rather than a long and a tiny one
      }
      out.step = static_cast<double>(step);
      if (!last && step < Real(16) * std::numeric_limits<Real>::epsilon() * std::fabs(t))
        return finish(Status::step_too_small, out.worst);

      const Trial trial = stepper.attempt(system, t, y, step, y1, error, count);
      if (trial != Trial::done) {
        ++count.rejected;
        out.worst = trial == Trial::non_finite ? detail::first_non_finite<Real, N>(y1) : -1;
        h = controller.after_failed(step);
        if (h < std::numeric_limits<Real>::min() * Real(1e6) ||
            h < std::numeric_limits<Real>::epsilon() * std::fabs(t))
          return finish(trial == Trial::singular ? Status::singular_matrix : Status::non_finite_rhs, out.worst);
        continue;
      }
      const auto norm = detail::error_norm<Real, N>(error, y, y1, options);
      out.worst = norm.worst;
      bool rejected = !(norm.value <= Real(1));
      Real next = Real(0);
      if (!rejected) {
        for (int i = 0; i < N; ++i) {
          const Positivity policy = options.positivity[static_cast<std::size_t>(i)];
          if (policy == Positivity::ignore || y1[i] >= -options.atol[i]) continue;
          if (policy == Positivity::error) return finish(Status::negative_state, i);
          if (policy == Positivity::warn) {
            if (out.warnings++ == 0) out.first_warned = i;
          } else {
            rejected = true;
            out.worst = i;
          }
        }
        if (rejected) next = controller.after_failed(step);
      } else {
        next = std::isfinite(norm.value) ? controller.after_rejected(step, norm.value) : controller.after_failed(step);
      }
      if (rejected) {
        ++count.rejected;
        h = next;
        continue;
      }

      // Accepted: samples inside, then move on.
      ++count.steps;
      const Real t1 = last ? segment_end : t + step;
      for (; sample < samples.size() && samples[sample] < t1; ++sample) {
        stepper.interpolate((samples[sample] - t) / step, y, y1, sampled);
        on_sample(sample, samples[sample], sampled);
      }
      h = controller.after_accepted(step, norm.value);
      t = t1;
      y = y1;
      out.t = static_cast<double>(t);
      if (t < segment_end && !stepper.evaluate(system, t, y, count))
        return finish(Status::non_finite_rhs, detail::first_non_finite<Real, N>(stepper.f()));
    }
  }
}

}  // namespace ketasim::solve
