/// Our steppers under odeint's own integrate functions: they model its concepts and give our
/// answers.
#include <boost/numeric/odeint.hpp>
#include <catch2/catch.hpp>
#include <type_traits>
#include <utility>
#include <vector>

#include "ketasim/solve/odeint.hpp"
#include "run.hpp"
#include "verification/problems.hpp"

using namespace test;
namespace odeint = boost::numeric::odeint;

namespace {

using Problem = problems::Hires<>;
using State = Vector<double, 8>;
using Matrix = Eigen::Matrix<double, 8, 8>;

/// The pair of functions that odeint's rosenbrock4 takes.
auto system() {
  return std::pair(
      [](const State& y, State& dydt, double t) { Problem().rhs(t, y, dydt); },
      [](const State& y, Matrix& J, double t, State& dfdt) { Problem().jacobian(t, y, J, dfdt); });
}

constexpr double t_end = 50, dt = 0.5, absolute = 1e-12, relative = 1e-8;

State ours() {
  Problem problem;
  DenseRodas5P<8> stepper;
  State y = Problem::start();
  REQUIRE(run(stepper, problem, y, 0.0, t_end, tolerances<double, 8>(1e-11, 1e-15)).status ==
          Status::success);
  return y;
}

double distance(const State& a, const State& b) {
  return ((a - b).array().abs() / (b.array().abs() + 1e-5)).maxCoeff();
}

/// Runs odeint's integrate_const, _n_steps, _adaptive and _times with a stepper and compares each
/// end with ours.
template <class Stepper>
void conforms(Stepper stepper, double bound, bool fixed_steps) {
  const State expected = ours();
  std::vector<double> times;
  for (int i = 0; i <= 100; ++i) times.push_back(t_end * i / 100);
  std::size_t observed = 0;
  State last = expected;
  const auto observe = [&](const State& y, double) {
    ++observed;
    last = y;
  };
  const double step = fixed_steps ? 0.01 : dt, first = fixed_steps ? step : 1e-4;

  // odeint leaves a dense-output stepper's own last state in y, which lies beyond the end: the last
  // observation counts.
  State y = Problem::start();
  CHECK(odeint::integrate_const(stepper, system(), y, 0.0, t_end + step / 2, step, observe) > 0);
  CHECK(distance(last, expected) < bound);
  CHECK(observed == static_cast<std::size_t>(t_end / step) + 1);

  y = Problem::start();
  CHECK(odeint::integrate_n_steps(stepper, system(), y, 0.0, step,
                                  static_cast<std::size_t>(t_end / step),
                                  observe) == Approx(t_end));
  CHECK(distance(last, expected) < bound);

  y = Problem::start();
  CHECK(odeint::integrate_adaptive(stepper, system(), y, 0.0, t_end, first, observe) > 0);
  CHECK(distance(y, expected) < bound);

  y = Problem::start();
  observed = 0;
  odeint::integrate_times(stepper, system(), y, times, first, observe);
  CHECK(observed == times.size());
  CHECK(distance(last, expected) < bound);
}

}  // namespace

TEST_CASE("odeint: the three categories are what odeint expects", "[solve][odeint]") {
  using Stepper = OdeintStepper<DenseRodas5P<8>>;
  using Controlled = odeint::result_of::make_controlled<Stepper>::type;
  using Dense = odeint::result_of::make_dense_output<Stepper>::type;
  STATIC_REQUIRE(std::is_same_v<Stepper::stepper_category, odeint::error_stepper_tag>);
  STATIC_REQUIRE(std::is_same_v<Controlled::stepper_category, odeint::controlled_stepper_tag>);
  STATIC_REQUIRE(std::is_same_v<Dense::stepper_category, odeint::dense_output_stepper_tag>);
  CHECK(Stepper().order() == 5);
  CHECK(Stepper().error_order() == 4);
}

// Bounds: 100 times rtol for the whole run; equal steps of 0.01 leave the first transient (rates
// near 10) at 1e-5.
TEST_CASE("odeint: rodas5p conforms as error, controlled and dense-output stepper",
          "[solve][odeint]") {
  const OdeintStepper<DenseRodas5P<8>> stepper;
  conforms(stepper, 1e-5, true);
  conforms(odeint::make_controlled(absolute, relative, stepper), 1e-6, false);
  conforms(odeint::make_dense_output(absolute, relative, stepper), 1e-6, false);
}

TEST_CASE("odeint: rodas4 conforms as error, controlled and dense-output stepper",
          "[solve][odeint]") {
  const OdeintStepper<DenseRodas4<8>> stepper;
  conforms(stepper, 1e-5, true);
  conforms(odeint::make_controlled(absolute, relative, stepper), 1e-6, false);
  conforms(odeint::make_dense_output(absolute, relative, stepper), 1e-6, false);
}

TEST_CASE("odeint: the sparse stepper conforms too", "[solve][odeint]") {
  const problems::SparsePollu pollu;
  using Method = Rodas<Rodas5P, 20, SparseLU<double, 20>>;
  using Y = Vector<double, 20>;
  auto stepper =
      odeint::make_dense_output(1e-14, 1e-7, OdeintStepper<Method>(Method(pollu.pattern)));
  auto pair = std::pair([&](const Y& y, Y& dydt, double t) { pollu.rhs(t, y, dydt); },
                        [&](const Y& y, std::vector<double>& J, double t, Y& dfdt) {
                          pollu.jacobian(t, y, J, dfdt);
                        });
  Y y = problems::Pollu::start();
  odeint::integrate_adaptive(stepper, pair, y, 0.0, 60.0, 1e-6);
  CHECK(((y - problems::Pollu::reference()).array() / problems::Pollu::reference().array())
            .abs()
            .maxCoeff() < 1e-5);
}

TEST_CASE("odeint: a controlled step moves on success only, and reports its error estimate",
          "[solve][odeint]") {
  using Method = DenseRodas5P<2>;
  const problems::VanDerPol<> problem;
  using Y = Vector<double, 2>;
  auto pair = std::pair(
      [&](const Y& y, Y& dydt, double t) { problem.rhs(t, y, dydt); },
      [&](const Y& y, Eigen::Matrix2d& J, double t, Y& dfdt) { problem.jacobian(t, y, J, dfdt); });
  auto controlled = odeint::make_controlled(1e-10, 1e-10, OdeintStepper<Method>());
  Y y = problem.start();
  double t = 0, step = 1.5;
  CHECK(controlled.try_step(pair, y, t, step) == odeint::fail);
  CHECK(t == 0);
  CHECK(y == problem.start());
  CHECK(step < 1.5);
  while (controlled.try_step(pair, y, t, step) == odeint::fail) CHECK(t == 0);
  CHECK(t > 0);

  OdeintStepper<Method> stepper;
  Y error, out;
  stepper.do_step(pair, problem.start(), 0.0, out, 1e-4, error);
  CHECK(error.norm() > 0);
  y = problem.start();
  stepper.do_step(pair, y, 0.0, 1e-4, error);
  CHECK(y == out);
}

TEST_CASE("odeint: Dopri5 has the bits of odeint's runge_kutta_dopri5", "[solve][odeint]") {
  using Theirs =
      odeint::runge_kutta_dopri5<State, double, State, double, odeint::vector_space_algebra>;
  Problem problem;
  const auto rhs = [&](const State& y, State& dydt, double t) { problem.rhs(t, y, dydt); };
  Theirs theirs;
  Dopri5<8> method;
  State y = Problem::start(), f0, f1, error, their_y1, y1, their_at, at;
  problem.rhs(0.0, y, f0);
  method.begin(problem, 0.0, y);
  for (int step = 0; step < 50; ++step) {
    const double t = 0.01 * step, h = 0.01 + 1e-4 * step;
    theirs.do_step(rhs, y, f0, t, their_y1, f1, h, error);
    CHECK(method.attempt(problem, t, y, h, y1) == Attempt::done);
    CHECK(y1 == their_y1);
    CHECK(method.error() == error);
    for (const double theta : {0.1, 0.5, 1.0}) {
      theirs.calc_state(theta * h, their_at, y, f0, 0.0, their_y1, f1, h);
      method.interpolate(theta, y, y1, at);
      CHECK(at == their_at);
    }
    y = y1;
    f0 = f1;
    method.advance(problem, t, y);
    CHECK(method.derivative() == f0);
  }
}

TEST_CASE("odeint: dense output is continuous with the steps", "[solve][odeint]") {
  auto dense = odeint::make_dense_output(absolute, relative, OdeintStepper<DenseRodas5P<8>>());
  dense.initialize(Problem::start(), 0.0, 1e-3);
  auto pair = system();
  for (int i = 0; i < 20; ++i) {
    const auto [from, to] = dense.do_step(pair);
    CHECK(from == dense.previous_time());
    CHECK(to == dense.current_time());
    CHECK(to > from);
    State at;
    dense.calc_state(from, at);
    CHECK((at - dense.previous_state()).norm() == 0);
    dense.calc_state(to, at);
    CHECK((at - dense.current_state()).norm() < 1e-14);
  }
}
