// Vectors are passed between functions of this file only, and all of them are inlined.
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

#include "gradient/tangent_stepper.hpp"

#include <algorithm>
#include <utility>

#include "lanes/target_clones.hpp"

namespace ketasim {

namespace {

#if defined(__GNUC__)
/// Directions as one vector of the compiler, which aliases its numbers. Loops over the numbers would
/// be unrolled in thousands of places and put together again, which takes a compiler long.
using DirectionsVector __attribute__((vector_size(sizeof(Directions)))) = double;
#else
using DirectionsVector = Directions;
#endif

[[nodiscard]] inline const DirectionsVector* vectors(const Directions* directions) {
  return reinterpret_cast<const DirectionsVector*>(directions);
}
[[nodiscard]] inline DirectionsVector* vectors(Directions* directions) {
  return reinterpret_cast<DirectionsVector*>(directions);
}

template <std::size_t... J>
inline void combine_some(solve::Range range, const Directions* S, const Stage* stages,
                         bool continues, Directions* point, Directions* rhs,
                         std::index_sequence<J...>) {
  constexpr std::size_t last = sizeof...(J) - 1;
  // Both sums in one pass, because reading the stages from memory is most of the work.
  if (continues) {
    for (int s = range.first; s < range.last; ++s) {
      Directions r;
      ((r += stages[J].to_rhs * stages[J].k[s]), ...);
      rhs[s] = r;
      point[s] += stages[last].k[s];
    }
    return;
  }
  for (int s = range.first; s < range.last; ++s) {
    Directions p = S[s], r;
    ((p += stages[J].to_point * stages[J].k[s], r += stages[J].to_rhs * stages[J].k[s]), ...);
    point[s] = p;
    rhs[s] = r;
  }
}

}  // namespace

KETASIM_WIDEST KETASIM_INLINE_ALL void combine(std::span<const solve::Range> ranges,
                                               const Directions* S, const Stage* stages,
                                               std::size_t n_stages, bool continues,
                                               Directions* point, Directions* rhs) {
  static_assert(max_stages == 8);
  const auto sum = [&](auto which) {
    for (const solve::Range& range : ranges)
      combine_some(range, S, stages, continues, point, rhs, which);
  };
  switch (n_stages) {  // with a constant number of stages the sums stay in registers
    case 1:
      return sum(std::make_index_sequence<1>{});
    case 2:
      return sum(std::make_index_sequence<2>{});
    case 3:
      return sum(std::make_index_sequence<3>{});
    case 4:
      return sum(std::make_index_sequence<4>{});
    case 5:
      return sum(std::make_index_sequence<5>{});
    case 6:
      return sum(std::make_index_sequence<6>{});
    case 7:
      return sum(std::make_index_sequence<7>{});
  }
}

KETASIM_WIDEST void add(std::size_t n, const Directions* a, const Directions* b, Directions* out) {
  for (std::size_t s = 0; s < n; ++s) out[s] = a[s] + b[s];
}

KETASIM_WIDEST KETASIM_INLINE_ALL void weighted_sum(std::size_t n,
                                                    const std::array<Term, max_terms>& terms,
                                                    Directions* out) {
  const auto sum_at = [&]<std::size_t... J>(std::size_t s, std::index_sequence<J...>) {
    Directions sum;
    ((sum += terms[J].weight * terms[J].slopes[s]), ...);
    return sum;
  };
  for (std::size_t s = 0; s < n; ++s) out[s] = sum_at(s, std::make_index_sequence<max_terms>{});
}

KETASIM_WIDEST void stage_points(std::size_t n_stages, const Weights* A, const double* y,
                                 const double* const* k, StagePack* points) {
  constexpr auto n = static_cast<std::size_t>(kernels::n_states);
  std::array<double, n> u;
  for (std::size_t i = 0; i < n_stages; ++i) {
    for (std::size_t s = 0; s < n; ++s) u[s] = y[s];
    for (std::size_t j = 0; j < i; ++j)
      for (std::size_t s = 0; s < n; ++s) u[s] += A[i][j] * k[j][s];
    for (std::size_t s = 0; s < n; ++s) points[s].set(static_cast<int>(i), u[s]);
  }
}

KETASIM_WIDEST KETASIM_INLINE_ALL void add_products(const double* J, const Directions* U,
                                                    const double* M, const Directions* S,
                                                    Directions* out, kernels::Blocks moving) {
  kernels::add_products<max_stages>(J, vectors(U), M, vectors(S), vectors(out), moving);
}

std::vector<LeafEntry> entries_with_slopes(const Directions* c, kernels::Blocks moving) {
  std::vector<LeafEntry> entries;
  for (int row = 0; row < kernels::n_states; ++row) {
    const auto r = static_cast<std::size_t>(row);
    if ((moving >> kernels::block_of_state[r] & 1u) == 0) continue;
    for (int at = kernels::leaf_row_start[r]; at < kernels::leaf_row_start[r + 1]; ++at) {
      const int column = kernels::leaf_column[static_cast<std::size_t>(at)];
      const auto& slopes = c[column].d;
      if (std::any_of(slopes.begin(), slopes.end(), [](double x) { return x != 0.0; }))
        entries.push_back({at, row, column});
    }
  }
  return entries;
}

KETASIM_WIDEST void add_leaves(const std::vector<LeafEntry>& entries, const double* L,
                               const Directions* c, Directions* out) {
  for (const LeafEntry& entry : entries) out[entry.row] += L[entry.at] * c[entry.column];
}

KETASIM_WIDEST void leaf_slopes(const double* G, const Directions* a, Directions* c) {
  for (std::size_t leaf = 0; leaf < kernels::n_leaves; ++leaf) {
    Directions sum;
    for (int e = kernels::argument_row_start[leaf]; e < kernels::argument_row_start[leaf + 1]; ++e)
      sum += G[e] * a[kernels::argument_column[static_cast<std::size_t>(e)]];
    c[leaf] = sum;
  }
}

KETASIM_WIDEST KETASIM_INLINE_ALL void solve_block(const double* factors, Directions* b,
                                                   kernels::Blocks moving) {
  kernels::solve(factors, vectors(b), moving);
}

kernels::Blocks moving_blocks(const StateVector<double>& y, const double* constants,
                              std::size_t n_blocks, const Directions* S, const Directions* c) {
  constexpr std::size_t n = kernels::n_states, n_leaves = kernels::n_leaves;
  std::array<double, kernels::n_entries> J;
  std::array<double, kernels::n_leaf_entries> L;
  kernels::jacobians(y.data(), constants, J.data(), L.data());
  // What is zero here is zero with all its slopes. NaN is not zero.
  std::array<double, n> state, f;
  std::array<double, kernels::n_constants> constant;
  std::copy(y.begin(), y.end(), state.begin());
  std::copy_n(constants, constant.size(), constant.begin());
  kernels::rhs(y.data(), constants, f.data());
  const auto unite = [](double& number, const Directions& slopes) {
    for (const double slope : slopes.d)
      if (slope != 0.0) number = 1.0;
  };
  for (std::size_t b = 0; b < n_blocks; ++b) {
    const Directions* const own = S + b * n;
    const Directions* const leaves = c + b * n_leaves;
    std::array<Directions, n> slopes_of_f{};
    for (std::size_t row = 0; row < n; ++row)
      for (int e = kernels::row_start[row]; e < kernels::row_start[row + 1]; ++e) {
        const auto at = static_cast<std::size_t>(e);
        slopes_of_f[row] += J[at] * own[kernels::column[at]];
      }
    add_leaves(entries_with_slopes(leaves), L.data(), leaves, slopes_of_f.data());
    for (std::size_t s = 0; s < n; ++s) {
      unite(state[s], own[s]);
      unite(f[s], slopes_of_f[s]);
    }
    for (std::size_t leaf = 0; leaf < n_leaves; ++leaf)
      unite(constant[static_cast<std::size_t>(kernels::leaf[leaf])], leaves[leaf]);
  }
  return moving_blocks(state.data(), f.data(), constant.data());
}

}  // namespace ketasim
