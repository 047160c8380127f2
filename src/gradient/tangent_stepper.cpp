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
inline void combine_some(std::size_t n, const Directions* S, const Stage* stages, Directions* point,
                         Directions* rhs, std::index_sequence<J...>) {
  for (std::size_t s = 0; s < n; ++s) {
    Directions p = S[s], r;
    ((p += stages[J].to_point * stages[J].k[s], r += stages[J].to_rhs * stages[J].k[s]), ...);
    point[s] = p;
    rhs[s] = r;
  }
}

}  // namespace

KETASIM_WIDEST KETASIM_INLINE_ALL void combine(std::size_t n, const Directions* S,
                                               const Stage* stages, std::size_t n_stages,
                                               Directions* point, Directions* rhs) {
  static_assert(max_stages == 8);
  switch (n_stages) {  // with a constant number of stages the sums stay in registers
    case 0:
      return combine_some(n, S, stages, point, rhs, std::make_index_sequence<0>{});
    case 1:
      return combine_some(n, S, stages, point, rhs, std::make_index_sequence<1>{});
    case 2:
      return combine_some(n, S, stages, point, rhs, std::make_index_sequence<2>{});
    case 3:
      return combine_some(n, S, stages, point, rhs, std::make_index_sequence<3>{});
    case 4:
      return combine_some(n, S, stages, point, rhs, std::make_index_sequence<4>{});
    case 5:
      return combine_some(n, S, stages, point, rhs, std::make_index_sequence<5>{});
    case 6:
      return combine_some(n, S, stages, point, rhs, std::make_index_sequence<6>{});
    case 7:
      return combine_some(n, S, stages, point, rhs, std::make_index_sequence<7>{});
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
                                                    Directions* out) {
  kernels::add_products(J, vectors(U), M, vectors(S), vectors(out));
}

std::vector<ArgumentEntry> entries_with_slopes(const Directions* a) {
  std::vector<ArgumentEntry> entries;
  for (int row = 0; row < kernels::n_states; ++row)
    for (int at = kernels::argument_row_start[static_cast<std::size_t>(row)];
         at < kernels::argument_row_start[static_cast<std::size_t>(row) + 1]; ++at) {
      const int column = kernels::argument_column[static_cast<std::size_t>(at)];
      const auto& slopes = a[column].d;
      if (std::any_of(slopes.begin(), slopes.end(), [](double x) { return x != 0.0; }))
        entries.push_back({at, row, column});
    }
  return entries;
}

KETASIM_WIDEST void add_arguments(const std::vector<ArgumentEntry>& entries, const double* Ja,
                                  const Directions* a, Directions* out) {
  for (const ArgumentEntry& entry : entries) out[entry.row] += Ja[entry.at] * a[entry.column];
}

KETASIM_WIDEST KETASIM_INLINE_ALL void solve_block(const double* factors, Directions* b) {
  kernels::solve(factors, vectors(b));
}

}  // namespace ketasim
