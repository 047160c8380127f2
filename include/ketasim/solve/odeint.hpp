/// Our Rosenbrock methods as Boost.Odeint steppers, for code that is already written around odeint.
///
///   using Method = Rodas<Rodas5P, 3, DenseLU<double, 3>>;
///   auto stepper = boost::numeric::odeint::make_dense_output(1e-9, 1e-6, OdeintStepper<Method>());
///   auto system = std::pair(rhs, jacobian);
///   boost::numeric::odeint::integrate_const(stepper, system, y, t0, t1, dt, observer);
///
/// A system is a pair rhs(y, dydt, t) and jacobian(y, J, t, dfdt), as for odeint's rosenbrock4.
/// ketasim itself does not go this way: odeint's integrate functions know neither stops nor
/// failure.
#pragma once

#include <algorithm>
#include <boost/numeric/odeint/integrate/max_step_checker.hpp>
#include <boost/numeric/odeint/stepper/controlled_step_result.hpp>
#include <boost/numeric/odeint/stepper/generation/make_controlled.hpp>
#include <boost/numeric/odeint/stepper/generation/make_dense_output.hpp>
#include <boost/numeric/odeint/stepper/stepper_categories.hpp>
#include <boost/numeric/odeint/util/unwrap_reference.hpp>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "ketasim/solve/controller.hpp"
#include "ketasim/solve/rodas.hpp"

namespace ketasim::solve {
namespace detail {

/// A pair of functions, or of references to functions, as a System.
template <class Pair>
class PairSystem {
 public:
  explicit PairSystem(Pair& pair) : pair_(pair) {}

  template <class Real, class State>
  void rhs(Real t, const State& y, State& dydt) const {
    using F = typename boost::numeric::odeint::unwrap_reference<typename Pair::first_type>::type;
    F& f = pair_.first;
    f(y, dydt, t);
  }

  template <class Real, class State, class Jacobian>
  void jacobian(Real t, const State& y, Jacobian& J, State& dfdt) const {
    using F = typename boost::numeric::odeint::unwrap_reference<typename Pair::second_type>::type;
    F& f = pair_.second;
    f(y, J, t, dfdt);
  }

 private:
  Pair& pair_;
};

template <class System>
[[nodiscard]] auto as_system(System& system) {
  using Pair = typename boost::numeric::odeint::unwrap_reference<System>::type;
  Pair& pair = system;
  return PairSystem<Pair>(pair);
}

/// Types that every odeint stepper names.
template <class Method>
struct OdeintTypes {
  using state_type = typename Method::State;
  using deriv_type = state_type;
  using value_type = typename Method::value_type;
  using time_type = value_type;
  using order_type = unsigned short;
};

}  // namespace detail

/// Error stepper: steps of a given size.
template <class Method>
class OdeintStepper : public detail::OdeintTypes<Method> {
 public:
  using Types = detail::OdeintTypes<Method>;
  using typename Types::order_type;
  using typename Types::state_type;
  using typename Types::time_type;
  using stepper_category = boost::numeric::odeint::error_stepper_tag;

  explicit OdeintStepper(Method method = Method()) : method_(std::move(method)) {}

  [[nodiscard]] order_type order() const { return stepper_order(); }
  [[nodiscard]] order_type stepper_order() const { return static_cast<order_type>(Method::order); }
  [[nodiscard]] order_type error_order() const {
    return static_cast<order_type>(Method::error_order);
  }

  template <class System>
  void do_step(System system, state_type& x, time_type t, time_type dt) {
    const state_type from = x;
    step(system, from, t, x, dt);
  }

  template <class System>
  void do_step(System system, state_type& x, time_type t, time_type dt, state_type& x_error) {
    do_step(system, x, t, dt);
    x_error = method_.error();
  }

  template <class System>
  void do_step(System system, const state_type& x, time_type t, state_type& out, time_type dt) {
    step(system, x, t, out, dt);
  }

  template <class System>
  void do_step(System system, const state_type& x, time_type t, state_type& out, time_type dt,
               state_type& x_error) {
    step(system, x, t, out, dt);
    x_error = method_.error();
  }

  [[nodiscard]] const Method& method() const { return method_; }

 private:
  template <class System>
  void step(System& system, const state_type& x, time_type t, state_type& out, time_type dt) {
    const auto adapted = detail::as_system(system);
    method_.begin(adapted, t, x);
    if (method_.attempt(adapted, t, x, dt, out) == Attempt::singular)
      throw std::runtime_error(
          "ketasim: singular matrix in a step of fixed size; use make_controlled");
  }

  Method method_;
};

/// Controlled stepper: tries a step, reports success or failure, proposes the next one.
template <class Method>
class OdeintControlled : public detail::OdeintTypes<Method> {
 public:
  using Types = detail::OdeintTypes<Method>;
  using typename Types::state_type;
  using typename Types::time_type;
  using typename Types::value_type;
  using stepper_category = boost::numeric::odeint::controlled_stepper_tag;
  using stepper_type = OdeintStepper<Method>;

  OdeintControlled(value_type atol, value_type rtol, const stepper_type& stepper)
      : OdeintControlled(atol, rtol, time_type(0), stepper) {}

  /// @param max_dt  0 = no limit
  OdeintControlled(value_type atol, value_type rtol, time_type max_dt, const stepper_type& stepper)
      : method_(stepper.method()), atol_(atol), rtol_(rtol), max_dt_(max_dt) {}

  template <class System>
  boost::numeric::odeint::controlled_step_result try_step(System system, state_type& x,
                                                          time_type& t, time_type& dt) {
    const auto result = try_step(system, static_cast<const state_type&>(x), t, next_, dt);
    if (result == boost::numeric::odeint::success) x = next_;
    return result;
  }

  /// On success t and dt move on; on failure only dt shrinks.
  template <class System>
  boost::numeric::odeint::controlled_step_result try_step(System system, const state_type& x,
                                                          time_type& t, state_type& out,
                                                          time_type& dt) {
    using std::abs;
    const auto adapted = detail::as_system(system);
    if (max_dt_ > time_type(0) && abs(dt) > max_dt_) dt = dt > time_type(0) ? max_dt_ : -max_dt_;
    if (!retrying_ || t != tried_t_ || x != tried_x_) method_.begin(adapted, t, x);
    value_type error = -1;
    if (method_.attempt(adapted, t, x, dt, out) == Attempt::done) {
      const auto scale = atol_ + rtol_ * x.array().abs().max(out.array().abs());
      error = std::sqrt((method_.error().array() / scale).square().mean());
      if (!std::isfinite(error) || !std::isfinite(out.sum())) error = -1;
    }
    retrying_ = !(error >= value_type(0) && error <= value_type(1));
    if (retrying_) {
      tried_t_ = t;
      tried_x_ = x;
      dt = error < value_type(0) ? controller_.refused(dt)
                                 : controller_.rejected(dt, error, Method::error_order);
      return boost::numeric::odeint::fail;
    }
    t += dt;
    dt = controller_.accepted(dt, error, Method::error_order);
    return boost::numeric::odeint::success;
  }

  /// Forgets the last step: call it where the right-hand side changes.
  void reset() {
    controller_.restart();
    retrying_ = false;
  }

  [[nodiscard]] Method& method() { return method_; }

 private:
  Method method_;
  value_type atol_, rtol_;
  time_type max_dt_;
  Gustafsson<value_type> controller_;
  state_type next_ = state_type::Zero(), tried_x_ = state_type::Zero();
  time_type tried_t_ = 0;
  bool retrying_ = false;
};

/// Dense-output stepper: controlled steps, and the state anywhere inside the last one.
template <class Method>
class OdeintDense : public detail::OdeintTypes<Method> {
 public:
  using Types = detail::OdeintTypes<Method>;
  using typename Types::state_type;
  using typename Types::time_type;
  using typename Types::value_type;
  using stepper_category = boost::numeric::odeint::dense_output_stepper_tag;
  using stepper_type = OdeintStepper<Method>;

  OdeintDense(value_type atol, value_type rtol, const stepper_type& stepper)
      : controlled_(atol, rtol, stepper) {}
  OdeintDense(value_type atol, value_type rtol, time_type max_dt, const stepper_type& stepper)
      : controlled_(atol, rtol, max_dt, stepper) {}

  void initialize(const state_type& x, time_type t, time_type dt) {
    const state_type copy = x;  // odeint passes current_state() itself
    current_ = previous_ = copy;
    t_ = t_previous_ = t;
    dt_ = dt;
    controlled_.reset();
  }

  template <class System>
  std::pair<time_type, time_type> do_step(System system) {
    boost::numeric::odeint::failed_step_checker too_often;
    std::swap(previous_, current_);
    t_previous_ = t_;
    while (controlled_.try_step(system, static_cast<const state_type&>(previous_), t_, current_,
                                dt_) == boost::numeric::odeint::fail)
      too_often();
    return {t_previous_, t_};
  }

  void calc_state(time_type t, state_type& x) {
    const time_type step = t_ - t_previous_;
    if (step == time_type(0))
      x = current_;
    else
      controlled_.method().interpolate((t - t_previous_) / step, previous_, current_, x);
  }

  [[nodiscard]] const state_type& current_state() const { return current_; }
  [[nodiscard]] time_type current_time() const { return t_; }
  [[nodiscard]] const state_type& previous_state() const { return previous_; }
  [[nodiscard]] time_type previous_time() const { return t_previous_; }
  [[nodiscard]] time_type current_time_step() const { return dt_; }

 private:
  OdeintControlled<Method> controlled_;
  state_type current_ = state_type::Zero(), previous_ = state_type::Zero();
  time_type t_ = 0, t_previous_ = 0, dt_ = 0;
};

}  // namespace ketasim::solve

/// odeint's own way of being told which stepper make_controlled and make_dense_output build.
namespace boost::numeric::odeint {

template <class Method>
struct get_controller<ketasim::solve::OdeintStepper<Method>> {
  using type = ketasim::solve::OdeintControlled<Method>;
};

template <class Method>
struct get_dense_output<ketasim::solve::OdeintStepper<Method>> {
  using type = ketasim::solve::OdeintDense<Method>;
};

}  // namespace boost::numeric::odeint
