/// Robertson's reactions by Boost.Odeint's integrate_adaptive with a stepper of ketasim.
#include <boost/numeric/odeint/integrate/integrate_adaptive.hpp>
#include <cmath>
#include <cstdio>
#include <ketasim/solve/dense_lu.hpp>
#include <ketasim/solve/odeint.hpp>
#include <ketasim/solve/tableau.hpp>
#include <utility>

using namespace ketasim::solve;
using State = Vector<double, 3>;

int main() {
  const auto rhs = [](const State& y, State& f, double) {
    f[0] = -0.04 * y[0] + 1e4 * y[1] * y[2];
    f[2] = 3e7 * y[1] * y[1];
    f[1] = -f[0] - f[2];
  };
  const auto jacobian = [](const State& y, Matrix<double, 3>& J, double, State& dfdt) {
    J << -0.04, 1e4 * y[2], 1e4 * y[1],               //
        0.04, -1e4 * y[2] - 6e7 * y[1], -1e4 * y[1],  //
        0.0, 6e7 * y[1], 0.0;
    dfdt.setZero();
  };
  using Method = Rodas<Rodas5P, 3, DenseLU<double, 3>>;
  const auto stepper =
      boost::numeric::odeint::make_controlled(1e-12, 1e-8, OdeintStepper<Method>());
  State y{1.0, 0.0, 0.0};
  boost::numeric::odeint::integrate_adaptive(stepper, std::pair(rhs, jacobian), y, 0.0, 40.0, 1e-4);
  std::printf("%.6f\n", y[0]);
  return std::abs(y[0] - 0.7158) < 1e-4 ? 0 : 1;  // Hairer and Wanner II, section IV.1: 0.7158
}
