/// Failures are typed, name component and time, and never look like success.
#include <atomic>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <string>

#include "run.hpp"

using namespace test;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// y' = -y in three components; component `sick` becomes `value` after time `from`.
struct TurnsSick {
  int sick = 1;
  double from = 1, value = not_a_number;
  void rhs(double t, const Vector<double, 3>& y, Vector<double, 3>& f) const {
    f = -y;
    if (t > from) f[sick] = value;
  }
  void jacobian(double, const Vector<double, 3>&, Eigen::Matrix3d& J,
                Vector<double, 3>& dfdt) const {
    J = -Eigen::Matrix3d::Identity();
    dfdt.setZero();
  }
};

template <class Stepper, class System>
Outcome three(Stepper&& stepper, System system,
              Options<double, 3> options = tolerances<double, 3>(1e-6, 1e-9), double t_end = 10) {
  Vector<double, 3> y{1, 2, 3};
  const Outcome outcome = run(stepper, system, y, 0.0, t_end, options);
  CHECK(y.allFinite());
  return outcome;
}

/// A Jacobian that overflowed.
struct Singular {
  void rhs(double, const Vector<double, 1>&, Vector<double, 1>& f) const { f[0] = 1; }
  void jacobian(double, const Vector<double, 1>&, Eigen::Matrix<double, 1, 1>& J,
                Vector<double, 1>& dfdt) const {
    J(0, 0) = std::numeric_limits<double>::infinity();
    dfdt.setZero();
  }
};

/// y' = y^2 from 1: infinite at t = 1.
struct BlowUp {
  void rhs(double, const Vector<double, 1>& y, Vector<double, 1>& f) const { f[0] = y[0] * y[0]; }
  void jacobian(double, const Vector<double, 1>& y, Eigen::Matrix<double, 1, 1>& J,
                Vector<double, 1>& dfdt) const {
    J(0, 0) = 2 * y[0];
    dfdt.setZero();
  }
};

/// A constant slope.
struct Falls {
  double rate = -1;
  void rhs(double, const Vector<double, 1>&, Vector<double, 1>& f) const { f[0] = rate; }
  void jacobian(double, const Vector<double, 1>&, Eigen::Matrix<double, 1, 1>& J,
                Vector<double, 1>& dfdt) const {
    J(0, 0) = 0;
    dfdt.setZero();
  }
};

/// A slope that jumps twice in a ten-thousandth of an hour, without events.
struct SquareWave {
  void rhs(double t, const Vector<double, 1>&, Vector<double, 1>& f) const {
    f[0] = std::fmod(1e4 * t, 1.0) < 0.5 ? 1.0 : -1.0;
  }
  void jacobian(double, const Vector<double, 1>&, Eigen::Matrix<double, 1, 1>& J,
                Vector<double, 1>& dfdt) const {
    J(0, 0) = 0;
    dfdt.setZero();
  }
};

/// Every step differs from the last by noise far above the tolerance.
struct Noise {
  mutable unsigned state = 1;
  void rhs(double, const Vector<double, 1>&, Vector<double, 1>& f) const {
    state = state * 1664525u + 1013904223u;
    f[0] = 1e12 * (static_cast<double>(state) / 4294967296.0 - 0.5);
  }
  void jacobian(double, const Vector<double, 1>&, Eigen::Matrix<double, 1, 1>& J,
                Vector<double, 1>& dfdt) const {
    J(0, 0) = 0;
    dfdt.setZero();
  }
};

template <class System>
Outcome one(System system, const Options<double, 1>& options = tolerances<double, 1>(1e-6, 1e-9),
            double t_end = 10) {
  DenseRodas5P<1> stepper;
  Vector<double, 1> y = Vector<double, 1>::Ones();
  return run(stepper, system, y, 0.0, t_end, options);
}

}  // namespace

TEST_CASE("status: a right-hand side that turns NaN is named with component and time",
          "[solve][status]") {
  for (const double value : {not_a_number, std::numeric_limits<double>::infinity()})
    for (const int sick : {0, 1, 2}) {
      for (const Outcome& outcome : {three(DenseRodas5P<3>(), TurnsSick{sick, 1, value}),
                                     three(DenseRodas4<3>(), TurnsSick{sick, 1, value}),
                                     three(Dopri5<3>(), TurnsSick{sick, 1, value})}) {
        CAPTURE(value, sick, name(outcome.status));
        CHECK(outcome.status == Status::non_finite_rhs);
        CHECK(outcome.worst_component == sick);
        CHECK(outcome.t == Approx(1).epsilon(1e-10));
        CHECK(outcome.t <= 1);
      }
    }
}

TEST_CASE("status: NaN from the start costs no step", "[solve][status]") {
  for (const Outcome& outcome : {three(DenseRodas5P<3>(), TurnsSick{2, -1, not_a_number}),
                                 three(Dopri5<3>(), TurnsSick{2, -1, not_a_number})}) {
    CHECK(outcome.status == Status::non_finite_rhs);
    CHECK(outcome.worst_component == 2);
    CHECK(outcome.t == 0);
    CHECK(outcome.steps == 0);
    CHECK(outcome.nfev <= 2);
  }
}

TEST_CASE("status: NaN in the initial state is non_finite_state or non_finite_rhs, never success",
          "[solve][status]") {
  Falls system;
  DenseRodas5P<1> stepper;
  Vector<double, 1> y{not_a_number};
  const Outcome outcome = run(stepper, system, y, 0.0, 1.0, tolerances<double, 1>(1e-6, 1e-9));
  CHECK(outcome.status == Status::non_finite_state);
  CHECK(outcome.worst_component == 0);
}

TEST_CASE("status: a singularity ends in step_too_small just before it", "[solve][status]") {
  const Outcome outcome = one(BlowUp());
  CAPTURE(name(outcome.status), outcome.t);
  CHECK((outcome.status == Status::step_too_small || outcome.status == Status::non_finite_state ||
         outcome.status == Status::non_finite_rhs));
  CHECK(outcome.t == Approx(1).epsilon(1e-3));
  CHECK(outcome.worst_component == 0);
}

TEST_CASE("status: a matrix that cannot be factorised is singular_matrix", "[solve][status]") {
  const Outcome outcome = one(Singular());
  CHECK(outcome.status == Status::singular_matrix);
  CHECK(outcome.rejected > 0);
}

TEST_CASE("status: limits on steps, rejections and time are kept", "[solve][status]") {
  auto options = tolerances<double, 1>(1e-6, 1e-9);
  options.max_step = 1e-3;
  options.max_steps = 100;
  Outcome outcome = one(Falls(), options);
  CHECK(outcome.status == Status::max_steps_reached);
  CHECK(outcome.steps == 100);
  CHECK(outcome.t == Approx(0.1).epsilon(0.01));

  options = tolerances<double, 1>(1e-6, 1e-9);
  options.max_rejections = 7;
  outcome = one(Noise(), options);
  CHECK(outcome.status == Status::too_many_rejections);
  CHECK(outcome.rejected == 7);
  CHECK(outcome.worst_component == 0);

  options = tolerances<double, 1>(1e-6, 1e-9);
  options.max_step = 1e-9;
  options.max_steps = 1'000'000'000;
  options.max_wall_seconds = 0.05;
  outcome = one(Falls(), options);
  CHECK(outcome.status == Status::wall_time_exceeded);
  CHECK(outcome.t > 0);
}

TEST_CASE("status: a run that would need far too many rejections ends early", "[solve][status]") {
  const Outcome hopeless = one(SquareWave{}, tolerances<double, 1>(1e-6, 1e-9), 100);
  CHECK(hopeless.status == Status::too_many_rejections);
  CHECK(hopeless.rejected < 5'001);
  CHECK(hopeless.t > 0);

  // The same jumps in a shorter span are worth the work.
  const Outcome long_one = one(SquareWave{}, tolerances<double, 1>(1e-6, 1e-9), 0.25);
  CHECK(long_one.rejected > 10'000);
  CHECK(long_one.status == Status::success);

  // A higher limit asks for more patience.
  auto patient = tolerances<double, 1>(1e-6, 1e-9);
  patient.max_rejections = 400'000;
  CHECK(one(SquareWave{}, patient, 100).rejected > 19'000);
}

TEST_CASE("status: a caller can stop a run by a flag or by a poll", "[solve][status]") {
  std::atomic<bool> flag = true;
  auto options = tolerances<double, 1>(1e-6, 1e-9);
  options.interrupt = &flag;
  CHECK(one(Falls(), options).status == Status::interrupted);
  CHECK(one(Falls(), options).steps == 0);

  options.interrupt = nullptr;
  options.max_step = 1e-6;
  int asked = 0;
  options.poll_data = &asked;
  options.poll = [](void* count) { return ++*static_cast<int*>(count) == 4; };
  const Outcome outcome = one(Falls(), options);
  CHECK(outcome.status == Status::interrupted);
  CHECK(outcome.steps + outcome.rejected == 3 * 64);
}

TEST_CASE("status: each positivity policy does what it says and none clips", "[solve][status]") {
  // y falls from 1 through 0 at t = 1.
  auto options = tolerances<double, 1>(1e-6, 1e-9);
  const auto with = [&](Positivity policy) {
    options.positivity[0] = policy;
    return one(Falls(), options, 2);
  };
  CHECK(with(Positivity::ignore).status == Status::success);
  CHECK(with(Positivity::ignore).warnings == 0);
  CHECK(with(Positivity::warn).status == Status::success);
  CHECK(with(Positivity::warn).warnings > 0);

  const Outcome refused = with(Positivity::error);
  CHECK(refused.status == Status::negative_state);
  CHECK(refused.worst_component == 0);

  const Outcome rejected = with(Positivity::reject_step);
  CHECK(rejected.status == Status::negative_state);
  CHECK(rejected.worst_component == 0);
  CHECK(rejected.rejected > 0);
  CHECK(rejected.t == Approx(1).epsilon(1e-6));

  DenseRodas5P<1> stepper;
  Falls system;
  Vector<double, 1> y{1};
  options.positivity[0] = Positivity::warn;
  static_cast<void>(run(stepper, system, y, 0.0, 2.0, options));
  CHECK(y[0] == Approx(-1));
}

TEST_CASE("status: the text of every status is fixed", "[solve][status]") {
  std::string text;
  for (const Status status : all_statuses)
    text += std::string(name(status)) + ": " + std::string(remedy(status)) + "\n";
  CHECK(
      text ==
      "success: The run reached its end.\n"
      "max_steps_reached: The limit on accepted steps was reached: raise max_steps, loosen rtol, "
      "or use a stiff "
      "method (rodas5p).\n"
      "too_many_rejections: The limit on rejected steps was reached, or would be long before the "
      "end: a fast oscillation keeps the steps small, a jump of the inputs is no event, or the "
      "method is explicit (dopri5) and the equations are stiff. Move unusual parameters back "
      "towards "
      "their defaults, declare jumps as events, use a stiff method (rodas5p), or raise "
      "max_rejections.\n"
      "step_too_small: The error stayed too large down to the smallest step that times so far from "
      "0 h can tell apart: something changes faster. Begin nearer to 0 h, move unusual parameters "
      "and "
      "doses back, loosen rtol and atol, use a stiff method (rodas5p), or look for a jump in the "
      "right-hand side that is not declared as an event.\n"
      "non_finite_rhs: The right-hand side is NaN or infinite: check the parameters that enter "
      "the named component.\n"
      "non_finite_state: The state overflowed: check the parameters and doses that drive the "
      "named component for "
      "unlimited growth.\n"
      "singular_matrix: The matrix of the implicit step stayed singular or not finite: check the "
      "Jacobian, and "
      "parameters that are zero or extreme.\n"
      "negative_state: A component whose policy forbids it fell below -atol: tighten rtol and "
      "atol, or relax its "
      "positivity policy.\n"
      "wall_time_exceeded: The time limit passed: raise max_wall_seconds, shorten the run, or "
      "loosen rtol.\n"
      "interrupted: The run was stopped by the caller; the results up to this time are kept.\n"
      "readout_out_of_range: The run reached its end, but a readout is not finite or lies outside "
      "its scale: the likely cause is an unusual parameter or dose, or a loose rtol; move "
      "parameters back towards their defaults, check the doses, or lower rtol.\n");
}
