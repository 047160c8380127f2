/// Integrates from stop to stop; samples inside a step come from the continuous extension.
#pragma once

#include <type_traits>

#include "ketasim/solve/controller.hpp"
#include "ketasim/solve/integrator.hpp"
#include "ketasim/solve/options.hpp"
#include "ketasim/solve/status.hpp"
#include "ketasim/solve/stepper.hpp"
#include "ketasim/solve/system.hpp"
#include "ketasim/solve/vector.hpp"

namespace ketasim::solve {

/// Integrates y' = f(t, y) over `span`.
///
///   integrate(stepper, system, y, {.from = 0.0, .to = 10.0, .stops = stops, .samples = samples},
///             options, {.on_stop = [&](std::size_t k, double t, auto& y) { ... },
///                       .on_sample = [&](std::size_t i, double t, const auto& y) { ... }});
///
/// solve() in ketasim/solve/solve.hpp needs less: it chooses the stepper and records the samples.
///
/// @param stepper  Rodas, Dopri5 or another Stepper; reused between runs, one per thread
/// @param system   see ketasim/solve/system.hpp
/// @param y        in: at span.from; out: the last accepted state
/// @return how it ended; a failure is never an exception and never looks like success
template <class Method, class Equations, class Real, int N, class Controller = Gustafsson<Real>>
Outcome integrate(Method& stepper, Equations& system, Vector<Real, N>& y,
                  const std::type_identity_t<TimeSpan<Real>>& span,
                  const std::type_identity_t<Options<Real, N>>& options = {},
                  const std::type_identity_t<Observers<Real, N>>& observers = {},
                  const Controller& controller = {}) {
  static_assert(System<Equations, Real, N>,
                "ketasim: a system needs a right-hand side, "
                "void rhs(Real t, const Vector<Real, N>& y, Vector<Real, N>& dydt), "
                "for as many components as the state has");
  static_assert(Stepper<Method>,
                "ketasim: a stepper lacks a member that ketasim/solve/stepper.hpp lists");
  static_assert(
      std::is_same_v<typename Method::State, Vector<Real, N>>,
      "ketasim: the stepper's state and the initial state must have the same size and scalar");
  static_assert(StepperFor<Method, Equations>,
                "ketasim: this stepper cannot step this system; ketasim/solve/stepper.hpp lists "
                "what is called");
  Integrator<Method, Equations, Real, N, Controller> integrator(stepper, system, y, span, options,
                                                                observers, controller);
  Vector<Real, N> at = Vector<Real, N>::Zero();
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
