/// Solves a model of one's own: a system, its initial state and a span of time in, a solution out.
///
///   struct Decay {
///     double rate;
///     template <class T>
///     void rhs(const T&, const Vector<T, 1>& y, Vector<T, 1>& dydt) const {
///       dydt[0] = -rate * y[0];
///     }
///   };
///   const auto solution = solve(Decay{2.0}, Vector<double, 1>(1.0), {.to = 3.0, .samples = times});
///
/// The method is Rodas5P with a dense LU: for stiff and non-stiff systems of up to some tens of
/// states. integrate() leaves the choice of the stepper to the caller. With packs as numbers the same
/// call solves several members at once (lanes.hpp), with dual numbers it also differentiates
/// (gradient.hpp).
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "ketasim/error.hpp"
#include "ketasim/solve/dense_lu.hpp"
#include "ketasim/solve/dual_jacobian.hpp"
#include "ketasim/solve/integrate.hpp"
#include "ketasim/solve/rodas.hpp"
#include "ketasim/solve/tableau.hpp"

namespace ketasim::solve {

/// @tparam T  the number type of the states
template <class T, int N>
struct Solution {
  std::vector<double> t;        ///< (n_rows,): the samples; twice at a stop under AtEvent::both
  std::vector<Vector<T, N>> y;  ///< (n_rows,); NaN at samples that the run did not reach
  Vector<T, N> end;             ///< the last accepted state
  Outcome outcome;

  [[nodiscard]] bool success() const { return outcome.status == Status::success; }
};

namespace detail {

/// A system with a Jacobian for DenseLU: the system's own, or that of its right-hand side.
template <class Real, int N, class Equations>
[[nodiscard]] decltype(auto) with_jacobian(Equations& system) {
  static_assert(System<Equations, Real, N>,
                "ketasim: a system needs a right-hand side, template <class T> "
                "void rhs(const T& t, const Vector<T, N>& y, Vector<T, N>& dydt), "
                "for as many components as the initial state has");
  if constexpr (SystemWithJacobian<Equations, Real, N, Matrix<Real, N>>)
    return (system);
  else
    return DualJacobian<Equations, N>(system);
}

/// @throws std::invalid_argument for times or tolerances that make no sense
template <int N>
void check(const TimeSpan<double>& span, const Options<double, N>& options) {
  const auto refuse = [](const std::string& what) { throw std::invalid_argument(what); };
  if (!std::isfinite(span.from) || !std::isfinite(span.to) || span.to < span.from)
    refuse("span.from = " + written(span.from) + ", span.to = " + written(span.to) +
           ": both must be finite, and `to` must not come before `from`");
  const auto check_times = [&](const char* name, std::span<const double> times) {
    for (std::size_t i = 0; i < times.size(); ++i) {
      const std::string entry = std::string(name) + "[" + std::to_string(i) + "]";
      if (!(times[i] >= span.from && times[i] <= span.to))
        refuse(entry + " = " + written(times[i]) + " lies outside the span from " +
               written(span.from) + " to " + written(span.to));
      if (i > 0 && times[i] < times[i - 1])
        refuse(entry + " = " + written(times[i]) + " comes before " + written(times[i - 1]) +
               ": sort the times");
    }
  };
  check_times("span.stops", span.stops);
  check_times("span.samples", span.samples);
  if (!(options.rtol > 0.0 && options.rtol < 1.0))
    refuse("rtol = " + written(options.rtol) + " must lie between 0 and 1, both excluded");
  for (int i = 0; i < N; ++i)
    if (!(options.atol[i] > 0.0))
      refuse("atol[" + std::to_string(i) + "] = " + written(options.atol[i]) +
             " must be above 0, in the unit of its state");
}

}  // namespace detail

/// Solves y' = f(t, y) from y0.
/// @param system   rhs() as a template over its number type, or rhs() and jacobian(): see
///                 ketasim/solve/system.hpp
/// @param on_stop  called at span.stops with (k, t, y); may change y and the system
/// @return the solution at span.samples; a failed integration is in its outcome
/// @throws std::invalid_argument for times or tolerances that make no sense
template <class Equations, int N>
[[nodiscard]] Solution<double, N> solve(
    Equations&& system, const Vector<double, N>& y0, const TimeSpan<double>& span,
    const std::type_identity_t<Options<double, N>>& options = {},
    std::type_identity_t<FunctionRef<void(std::size_t, double, Vector<double, N>&)>> on_stop = {}) {
  detail::check(span, options);
  auto&& differentiable = detail::with_jacobian<double, N>(system);
  Rodas<Rodas5P, N, DenseLU<double, N>> stepper;
  Solution<double, N> solution{.t = {}, .y = {}, .end = y0, .outcome = {}};
  std::size_t reached = 0;
  const auto on_sample = [&](std::size_t i, double t, const Vector<double, N>& y) {
    solution.t.push_back(t);
    solution.y.push_back(y);
    reached = i + 1;
  };
  solution.outcome = integrate(stepper, differentiable, solution.end, span, options,
                               {.on_stop = on_stop, .on_sample = on_sample});
  for (; reached < span.samples.size(); ++reached) {
    solution.t.push_back(span.samples[reached]);
    solution.y.push_back(Vector<double, N>::Constant(std::numeric_limits<double>::quiet_NaN()));
  }
  return solution;
}

}  // namespace ketasim::solve
