/// The shortest way to integrate a test problem.
#pragma once

#include <span>
#include <vector>

#include "ketasim/solve/dense_lu.hpp"
#include "ketasim/solve/dopri5.hpp"
#include "ketasim/solve/integrate.hpp"
#include "ketasim/solve/rodas.hpp"
#include "ketasim/solve/sparse_lu.hpp"

namespace test {

using namespace ketasim::solve;

template <int N, class Real = double>
using DenseRodas5P = Rodas<Rodas5P, N, DenseLU<Real, N>, Real>;
template <int N, class Real = double>
using DenseRodas4 = Rodas<Rodas4, N, DenseLU<Real, N>, Real>;

template <class Real, int N>
[[nodiscard]] Options<Real, N> tolerances(Real rtol, Real atol) {
  Options<Real, N> options;
  options.rtol = rtol;
  options.atol.setConstant(atol);
  return options;
}

/// From t_begin to t_end without stops or samples.
template <class Stepper, class System, class Real, int N>
Outcome run(Stepper& stepper, System& system, Vector<Real, N>& y, Real t_begin, Real t_end,
            const Options<Real, N>& options) {
  return integrate(stepper, system, y, {.from = t_begin, .to = t_end}, options);
}

}  // namespace test
