#include "tangent.hpp"

// The three loops that take the time, for the widest registers the machine has. Without contraction
// every version rounds alike.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__ELF__)
#define KETASIM_WIDEST __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define KETASIM_WIDEST
#endif

namespace ketasim {

KETASIM_WIDEST void add_scaled(std::size_t n, double coefficient, const Directions* in,
                               Directions* out) {
  for (std::size_t s = 0; s < n; ++s) out[s] += coefficient * in[s];
}

KETASIM_WIDEST void add_product(const int* row_start, const int* column, const double* values,
                                const Directions* in, Directions* out) {
  for (std::size_t row = 0; row < static_cast<std::size_t>(kernels::n_states); ++row) {
    Directions sum = out[row];
    for (int e = row_start[row]; e < row_start[row + 1]; ++e) sum += values[e] * in[column[e]];
    out[row] = sum;
  }
}

KETASIM_WIDEST __attribute__((flatten)) void solve_block(const double* factors, Directions* b) {
  kernels::solve(factors, b);
}

}  // namespace ketasim
