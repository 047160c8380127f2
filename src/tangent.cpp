#include "tangent.hpp"

#include <algorithm>

#include "widest.hpp"

namespace ketasim {

KETASIM_WIDEST void add_scaled(std::size_t n, double coefficient, const Directions* in,
                               Directions* out) {
  for (std::size_t s = 0; s < n; ++s) out[s] += coefficient * in[s];
}

KETASIM_WIDEST void combine(std::size_t n, const Directions* S, const Stage* stages,
                            std::size_t n_stages, Directions* point, Directions* rhs) {
  for (std::size_t s = 0; s < n; ++s) {
    Directions p = S[s], r;
    for (std::size_t j = 0; j < n_stages; ++j) {
      const Directions k = stages[j].k[s];
      p += stages[j].to_point * k;
      r += stages[j].to_rhs * k;
    }
    point[s] = p;
    rhs[s] = r;
  }
}

KETASIM_WIDEST void add_products(const double* J, const Directions* U, const double* M,
                                 const Directions* S, Directions* out) {
  for (std::size_t row = 0; row < static_cast<std::size_t>(kernels::n_states); ++row) {
    Directions sum = out[row];
    for (auto e = static_cast<std::size_t>(kernels::row_start[row]);
         e < static_cast<std::size_t>(kernels::row_start[row + 1]); ++e)
      sum += J[e] * U[kernels::column[e]];
    for (auto e = static_cast<std::size_t>(kernels::row_start[row]);
         e < static_cast<std::size_t>(kernels::row_start[row + 1]); ++e)
      sum += M[e] * S[kernels::column[e]];
    out[row] = sum;
  }
}

std::vector<ArgumentEntry> entries_that_meet(const Directions* a) {
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
  kernels::solve(factors, b);
}

}  // namespace ketasim
