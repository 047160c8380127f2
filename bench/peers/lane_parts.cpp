/// Parts of a step of four members at once; compiled for AVX2, as their lanes are.
#define EIGEN_DONT_VECTORIZE  // packs are vectors already
#define EIGEN_NO_DEBUG

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <memory>

#include "clock.hpp"
#include "ketasim/generated/cascade_kernels.hpp"
#include "ketasim/scalar/pack.hpp"
#include "ketasim/solve/rodas.hpp"
#include "suites.hpp"

namespace peers {

#if defined(__AVX2__)
namespace {

namespace kernels = ketasim::kernels;
using P = ketasim::scalar::Pack<4>;
using State = ketasim::solve::Vector<P, kernels::n_states>;

/// What is left of a step without the equations and their linear systems.
struct NoSystem {
  static constexpr bool autonomous = true;
  void rhs(const P&, const State&, State&) const {}
  template <class Jacobian>
  void jacobian(const P&, const State&, Jacobian&, State&) const {}
};
struct NoLinear {
  struct Jacobian {};
  [[nodiscard]] Jacobian make_jacobian() const { return {}; }
  [[nodiscard]] bool factorize(const Jacobian&, const P&) { return true; }
  void solve(State&) const {}
};

struct Numbers {
  std::array<P, static_cast<std::size_t>(kernels::n_constants)> c;
  std::array<P, static_cast<std::size_t>(kernels::n_states)> y, f, b;
  std::array<P, static_cast<std::size_t>(kernels::n_entries)> J;
  std::array<P, static_cast<std::size_t>(kernels::n_stored)> lu;
  ketasim::solve::Rodas<ketasim::solve::Rodas5P, kernels::n_states, NoLinear, P> sums;
  State from, to;
};

/// What a call writes is wanted, though nobody reads it.
void want(void* written) { asm volatile("" : : "r"(written) : "memory"); }

template <class Call>
[[nodiscard]] double us_a_member(const Call& call) {
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < 9; ++i) best = std::min(best, seconds(call));
  return 1e6 * best / P::width;
}

}  // namespace

void tell_lane_parts(const double* constants, const double* y) {
  const auto n = std::make_unique<Numbers>();
  for (std::size_t k = 0; k < n->c.size(); ++k) n->c[k] = P(constants[k]);
  for (std::size_t k = 0; k < n->y.size(); ++k) n->y[k] = P(y[k]);
  n->from.fill(P(1.0));
  kernels::jacobian(n->y.data(), n->c.data(), n->J.data());
  // s = 20 / h: a step of a quarter of an hour.
  const double factorise = us_a_member([&] {
    (void)kernels::factorize(n->J.data(), P(20.0), n->lu.data());
    want(n.get());
  });
  const double rhs = us_a_member([&] {
    kernels::rhs(n->y.data(), n->c.data(), n->f.data());
    want(n.get());
  });
  const double jacobian = us_a_member([&] {
    kernels::jacobian(n->y.data(), n->c.data(), n->J.data());
    want(n.get());
  });
  const double solve = us_a_member([&] {
    n->b.fill(P(1.0));
    kernels::solve(n->lu.data(), n->b.data());
    want(n.get());
  });
  NoSystem none;
  const double sums = us_a_member([&] {
    (void)n->sums.attempt(none, P(0.0), n->from, P(1.0), n->to);
    want(n.get());
  });
  std::printf(
      "{\"lane_parts_us\": {\"rhs\": %.4g, \"jacobian\": %.4g, \"factorise\": %.4g, \"solve\": "
      "%.4g, "
      "\"sums\": %.4g}}\n",
      rhs, jacobian, factorise, solve, sums);
}
#else
void tell_lane_parts(const double*, const double*) {}
#endif

}  // namespace peers
