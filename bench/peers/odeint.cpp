/// Boost.Odeint's rosenbrock4 on uBLAS, as it comes and with its d4 corrected.
///
/// It knows one absolute tolerance for all states, so it is given y / size. Samples come from its
/// continuous extension; the last step before a stop is cut to end there.
#include "odeint.hpp"

#include <boost/numeric/odeint.hpp>
#include <boost/numeric/odeint/stepper/rosenbrock4.hpp>
#include <boost/numeric/odeint/stepper/rosenbrock4_controller.hpp>
#include <cmath>

#ifndef NDEBUG
#error "uBLAS checks every LU unless NDEBUG is defined: such a comparison would be worthless"
#endif

namespace peers {
namespace {

namespace odeint = boost::numeric::odeint;
using Vector = boost::numeric::ublas::vector<double>;
using Matrix = boost::numeric::ublas::matrix<double>;

/// It has no choice of its own; a step that is too long costs one rejection.
constexpr double first_step = 1e-3;  // after every stop [unit of time of the problem]

/// default_rosenbrock_coefficients has d4 = +0.0362 where gamma (1 + sum_j c_4j d_j) is -0.0362.
/// The sign matters to equations that contain the time.
struct Corrected : odeint::default_rosenbrock_coefficients<double> {
  const double d4 = -0.3620000000000023e-01;
};

template <class Coefficients>
class Odeint final : public Contestant {
 public:
  Odeint(const char* called, Problem& problem)
      : problem_(problem), y_(problem.start), dydt_(problem.start), J_(problem.column.size()) {
    name = called;
  }

  void prepare(double rtol) override { rtol_ = rtol; }

  void solve(Run& run) override {
    run.reset(problem_);
    const auto n = problem_.start.size();
    const auto rhs = [&](const Vector& x, Vector& dxdt, double t) {
      ++run.rhs;
      unscale(x);
      problem_.rhs(t, y_.data(), dydt_.data());
      for (std::size_t i = 0; i < n; ++i) dxdt[i] = dydt_[i] / problem_.size[i];
    };
    const auto jacobian = [&](const Vector& x, Matrix& J, double t, Vector& dfdt) {
      ++run.jacobians;
      unscale(x);
      problem_.jacobian(t, y_.data(), J_.data());
      problem_.time_derivative(t, y_.data(), dydt_.data());
      J.clear();
      for (std::size_t i = 0, e = 0; i < n; ++i)
        for (; static_cast<int>(e) < problem_.row_start[i + 1]; ++e) {
          const auto j = static_cast<std::size_t>(problem_.column[e]);
          J(i, j) = J_[e] * problem_.size[j] / problem_.size[i];
        }
      for (std::size_t i = 0; i < n; ++i) dfdt[i] = dydt_[i] / problem_.size[i];
    };
    Vector x(n), next(n), at(n);
    std::vector<double> state;
    run.success = between_stops(
        problem_, state, [&](double t0, double t1, std::size_t first, std::size_t last) {
          // The controller remembers errors, so it begins anew with the equations.
          odeint::rosenbrock4_controller<odeint::rosenbrock4<double, Coefficients>> controller(
              rtol_, rtol_);
          for (std::size_t i = 0; i < n; ++i) x[i] = state[i] / problem_.size[i];
          double t = t0, dt = first_step;
          while (t < t1) {
            if (run.steps + run.rejected > 1'000'000) return false;
            const bool to_the_end = !(dt < t1 - t);
            if (to_the_end) dt = t1 - t;
            const double before = t;
            if (controller.try_step(std::make_pair(rhs, jacobian), x, t, next, dt) ==
                odeint::fail) {
              ++run.rejected;
              if (!(dt > 1e-18 * (t1 - t0))) return false;
              continue;
            }
            ++run.steps;
            if (to_the_end) t = t1;
            if (first < last && problem_.samples[first] <= t) {
              controller.stepper().prepare_dense_output();
              for (; first < last && problem_.samples[first] <= t; ++first) {
                controller.stepper().calc_state(problem_.samples[first], at, x, before, next, t);
                for (std::size_t i = 0; i < n; ++i)
                  run.row(first, problem_)[i] = at[i] * problem_.size[i];
              }
            }
            std::swap(x, next);
          }
          for (std::size_t i = 0; i < n; ++i) state[i] = x[i] * problem_.size[i];
          return std::isfinite(boost::numeric::ublas::sum(x));
        });
    run.factorisations = run.jacobians;
  }

 private:
  void unscale(const Vector& x) {
    for (std::size_t i = 0; i < y_.size(); ++i) y_[i] = x[i] * problem_.size[i];
  }

  Problem& problem_;
  double rtol_ = 0.0;
  std::vector<double> y_, dydt_, J_;
};

}  // namespace

std::unique_ptr<Contestant> odeint_stock(Problem& problem) {
  return std::make_unique<Odeint<odeint::default_rosenbrock_coefficients<double>>>(
      "odeint rosenbrock4, stock", problem);
}
std::unique_ptr<Contestant> odeint_corrected(Problem& problem) {
  return std::make_unique<Odeint<Corrected>>("odeint rosenbrock4, d4 corrected", problem);
}

}  // namespace peers
