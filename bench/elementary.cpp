/// pow as the right-hand side calls it, beside the C library's: 64 values in cache.
#include <benchmark/benchmark.h>

#include <array>
#include <cmath>

#include "ketasim/scalar/elementary.hpp"

namespace {

constexpr std::size_t n = 64;

struct Arguments {
  std::array<double, n> base, exponent;

  Arguments() {
    for (std::size_t k = 0; k < n; ++k) base[k] = 0.5 + 0.1 * static_cast<double>(k);
    exponent.fill(1.7);
  }
};

template <class Power>
void power(benchmark::State& state, Power compute) {
  Arguments a;
  std::array<double, n> result;
  for (auto _ : state) {
    benchmark::DoNotOptimize(a);
    compute(a, result);
    benchmark::DoNotOptimize(result);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(n));
}

void single_calls(benchmark::State& state) {
  power(state, [](const Arguments& a, std::array<double, n>& to) {
    for (std::size_t k = 0; k < n; ++k) to[k] = ketasim::elementary::pow(a.base[k], a.exponent[k]);
  });
}
void packed_calls(benchmark::State& state) {
  power(state, [](const Arguments& a, std::array<double, n>& to) {
    constexpr std::array<double, 0> none{};
    to = ketasim::elementary::powers(a.base, a.exponent, none, none).pow;
  });
}
void of_the_c_library(benchmark::State& state) {
  power(state, [](const Arguments& a, std::array<double, n>& to) {
    for (std::size_t k = 0; k < n; ++k) to[k] = std::pow(a.base[k], a.exponent[k]);
  });
}
BENCHMARK(single_calls)->Name("pow/single_calls");
BENCHMARK(packed_calls)->Name("pow/packed_calls");
BENCHMARK(of_the_c_library)->Name("pow/c_library");

}  // namespace
