/// FORCED: relaxation towards a rhythm of a day (Prothero and Robinson 1974,
/// doi:10.1090/S0025-5718-1974-0331793-2), the only one here whose right-hand side contains the
/// time.
///
///   dy_i/dt = -lambda_i (y_i - g) + g',   g = cos(2 pi t / 24)
///
/// from y = g, which is the exact solution at any rate: errors are the method's own, those in its
/// use of df/dt among them.
#include <array>
#include <cmath>
#include <memory>
#include <numbers>

#include "contestants.hpp"
#include "ketasim/solve/sparse_lu.hpp"
#include "problem.hpp"

namespace peers {
namespace {

constexpr int n_rates = 4;

class Forced final : public Problem {
 public:
  Forced() {
    name = "FORCED";
    t_end = 7.0 * 24.0;
    start.assign(n_rates, 1.0);
    size.assign(n_rates, 1.0);
    for (int k = 1; k <= 4 * 7; ++k) samples.push_back(6.0 * k);
    for (int i = 0; i <= n_rates; ++i) row_start.push_back(i);
    for (int i = 0; i < n_rates; ++i) column.push_back(i);
  }

  void rhs(double t, const double* y, double* dydt) const override {
    const double g = std::cos(omega * t), slope = -omega * std::sin(omega * t);
    for (std::size_t i = 0; i < n_rates; ++i) dydt[i] = -lambda[i] * (y[i] - g) + slope;
  }
  void jacobian(double, const double*, double* J) const override {
    for (std::size_t i = 0; i < n_rates; ++i) J[i] = -lambda[i];
  }
  void time_derivative(double t, const double*, double* dfdt) const override {
    const double slope = -omega * std::sin(omega * t);
    const double curvature = -omega * omega * std::cos(omega * t);
    for (std::size_t i = 0; i < n_rates; ++i) dfdt[i] = lambda[i] * slope + curvature;
  }

 private:
  static constexpr double omega = 2.0 * std::numbers::pi / 24.0;  // [1/h]
  static constexpr std::array<double, n_rates> lambda{1.0, 1e2, 1e4, 1e6};
};

}  // namespace

void add_forced_problem(std::vector<Contest>& all) {
  auto problem = std::make_unique<Forced>();
  const ketasim::solve::SparsityPattern pattern{n_rates, problem->row_start, problem->column};
  all.push_back(
      contest<n_rates, ketasim::solve::SparseLU<double, n_rates>>(std::move(problem), pattern));
}

}  // namespace peers
