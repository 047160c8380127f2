/// What a step is made of, at the end of an infusion, where every part of the cascade is moving.
#include <benchmark/benchmark.h>

#include "ketasim/solve/dense_lu.hpp"
#include "scenarios.hpp"

namespace {

using ketasim::StateVector;
constexpr int n = ketasim::model::n_states;

/// s = 1/(h gamma) of a step of a quarter of an hour [1/h].
constexpr double shift = 20.0;

struct Moment {
  ketasim::Trajectory run = ketasim::simulate(bench::one_infusion().scenario, std::vector{0.6});
  ketasim::CascadeSystem<double> system{run.parameters, run.derived, run.held_inputs.at(1)};
  StateVector<double> y = Eigen::Map<const StateVector<double>>(run.y.data());
};

void rhs(benchmark::State& state) {
  const Moment at;
  StateVector<double> y = at.y, dydt;
  for (auto _ : state) {
    benchmark::DoNotOptimize(y.data());
    at.system.rhs(0.0, y, dydt);
    benchmark::DoNotOptimize(dydt.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(rhs)->Name("rhs/double");

void jacobian(benchmark::State& state) {
  const Moment at;
  auto J = ketasim::sparse_solver().make_jacobian();
  StateVector<double> y = at.y, dfdt;
  for (auto _ : state) {
    benchmark::DoNotOptimize(y.data());
    at.system.jacobian(0.0, y, J, dfdt);
    benchmark::DoNotOptimize(J.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["entries"] = static_cast<double>(J.size());
  state.counters["directions"] = static_cast<double>(ketasim::model::n_directions);
}
BENCHMARK(jacobian)->Name("jacobian/double");

/// Largest residual of W x = dy/dt relative to the right-hand side; 0 would be exact.
double residual(const Moment& at, const StateVector<double>& x, const StateVector<double>& b) {
  const ketasim::model::JacobianStructure& s = ketasim::model::jacobian_structure();
  auto J = ketasim::sparse_solver().make_jacobian();
  StateVector<double> dfdt, r = shift * x - b;
  at.system.jacobian(0.0, at.y, J, dfdt);
  for (int i = 0; i < n; ++i)
    for (int e = s.row_start[static_cast<std::size_t>(i)];
         e < s.row_start[static_cast<std::size_t>(i) + 1]; ++e)
      r[i] -= J[static_cast<std::size_t>(e)] * x[s.column[static_cast<std::size_t>(e)]];
  return r.cwiseAbs().maxCoeff() / b.cwiseAbs().maxCoeff();
}

void sparse_factorize(benchmark::State& state) {
  const Moment at;
  auto linear = ketasim::sparse_solver();
  auto J = linear.make_jacobian();
  StateVector<double> dfdt;
  at.system.jacobian(0.0, at.y, J, dfdt);
  for (auto _ : state) {
    bool usable = linear.factorize(J, shift);
    benchmark::DoNotOptimize(usable);
    benchmark::ClobberMemory();
  }
  state.counters["stored_entries"] = static_cast<double>(linear.stored_entries());
}
BENCHMARK(sparse_factorize)->Name("lu/sparse/factorize");

void sparse_solve(benchmark::State& state) {
  const Moment at;
  auto linear = ketasim::sparse_solver();
  auto J = linear.make_jacobian();
  StateVector<double> dfdt, b, x;
  at.system.jacobian(0.0, at.y, J, dfdt);
  at.system.rhs(0.0, at.y, b);
  if (!linear.factorize(J, shift)) {
    state.SkipWithError("a pivot cancelled");
    return;
  }
  for (auto _ : state) {
    x = b;
    linear.solve(x);
    benchmark::DoNotOptimize(x.data());
    benchmark::ClobberMemory();
  }
  state.counters["error"] = residual(at, x, b);
}
BENCHMARK(sparse_solve)->Name("lu/sparse/solve");

/// The same by Eigen's dense LU with pivoting: what the structure is worth.
void dense_factorize(benchmark::State& state) {
  const Moment at;
  ketasim::solve::DenseLU<double, n> linear;
  const ketasim::model::JacobianStructure& s = ketasim::model::jacobian_structure();
  auto values = ketasim::sparse_solver().make_jacobian();
  StateVector<double> dfdt;
  at.system.jacobian(0.0, at.y, values, dfdt);
  auto J = ketasim::solve::DenseLU<double, n>::make_jacobian();
  for (int i = 0; i < n; ++i)
    for (int e = s.row_start[static_cast<std::size_t>(i)];
         e < s.row_start[static_cast<std::size_t>(i) + 1]; ++e)
      J(i, s.column[static_cast<std::size_t>(e)]) = values[static_cast<std::size_t>(e)];
  for (auto _ : state) {
    bool usable = linear.factorize(J, shift);
    benchmark::DoNotOptimize(usable);
    benchmark::ClobberMemory();
  }
  StateVector<double> b, x;
  at.system.rhs(0.0, at.y, b);
  x = b;
  linear.solve(x);
  state.counters["error"] = residual(at, x, b);
}
BENCHMARK(dense_factorize)->Name("lu/dense/factorize");

}  // namespace
