/// Integrates from stop to stop; samples inside a step come from the continuous extension.
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>

#include "ketasim/solve/controller.hpp"
#include "ketasim/solve/integrator.hpp"
#include "ketasim/solve/options.hpp"
#include "ketasim/solve/status.hpp"
#include "ketasim/solve/vector.hpp"

namespace ketasim::solve {

/// Integrates y' = f(t, y) from t_begin to t_end.
///
/// @param stepper    Rodas or Dopri5; reused between runs, one per thread
/// @param system     rhs(t, y, dydt) and, for Rodas, jacobian(t, y, J, dfdt)
/// @param y          in: at t_begin; out: the last accepted state
/// @param stops      ascending, >= t_begin. Those at t_begin are applied before the first step,
///                   those at t_end after the last one, those after t_end not at all
/// @param samples    ascending, >= t_begin;
///                   those after t_end are not delivered
/// @param on_stop    (std::size_t k, Real t, Vector& y),
///                   may change y and the system; the method restarts behind it
/// @param on_sample  (std::size_t i, Real t, const Vector& y),
///                   t bit for bit as in samples;
///                   twice for a sample at a stop under AtEvent::both
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
  Integrator<Stepper, System, Real, N, std::remove_reference_t<OnStop>,
         std::remove_reference_t<OnSample>, Controller>
      integrator(stepper, system, y, stops, samples, options, on_stop, on_sample, controller);
  Vector<Real, N> at = Vector<Real, N>::Zero();
  integrator.start(t_begin, t_end);
  while (integrator.apply_stops()) {
    stepper.begin(system, integrator.t(), y);
    integrator.begin_segment(stepper.derivative());
    while (integrator.choose_step()) {
      const Verdict verdict = integrator.attempt();
      if (verdict == Verdict::over) break;
      if (verdict == Verdict::rejected) continue;
      if constexpr (requires { stepper.accepted(system, y, integrator.h()); })
        stepper.accepted(system, y, integrator.h());
      for (Real theta; integrator.sample_in_step(theta); integrator.deliver(at))
        stepper.interpolate(theta, y, integrator.y1(), at);
      y = integrator.y1();
      if (integrator.accept_step()) break;
      stepper.advance(system, integrator.t(), y);
    }
  }
  return integrator.outcome();
}

}  // namespace ketasim::solve
