/// What one core can do at most: registers full of numbers, no memory, enough independent chains to
/// hide latencies.
#include <algorithm>
#include <cstdio>

#include "clock.hpp"
#include "suites.hpp"

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace peers {
namespace {

constexpr long turns = 100'000;
[[maybe_unused]] volatile double somewhere = 0.0;

#ifdef __x86_64__

/// a = a m + c in chains of their own, as one instruction and as two.
struct Wide {
  static constexpr int numbers = 8, chains = 12;
  __attribute__((target("avx512f"))) static void fused() {
    __m512d a[chains];
    for (auto& x : a) x = _mm512_set1_pd(1.0);
    const __m512d m = _mm512_set1_pd(0.999999), c = _mm512_set1_pd(1e-6);
    for (long i = 0; i < turns; ++i)
      for (auto& x : a) x = _mm512_fmadd_pd(x, m, c);
    for (auto& x : a) somewhere = x[0] + x[7];
  }
  __attribute__((target("avx512f"))) static void apart() {
    __m512d a[chains], b[chains];
    for (int k = 0; k < chains; ++k) a[k] = b[k] = _mm512_set1_pd(1.0);
    const __m512d m = _mm512_set1_pd(0.999999), c = _mm512_set1_pd(1e-6);
    for (long i = 0; i < turns; ++i)
      for (int k = 0; k < chains; ++k) {
        a[k] = _mm512_mul_pd(a[k], m);
        b[k] = _mm512_add_pd(b[k], c);
      }
    for (int k = 0; k < chains; ++k) somewhere = a[k][0] + b[k][7];
  }
};

struct Half {
  static constexpr int numbers = 4, chains = 10;
  __attribute__((target("avx2,fma"))) static void fused() {
    __m256d a[chains];
    for (auto& x : a) x = _mm256_set1_pd(1.0);
    const __m256d m = _mm256_set1_pd(0.999999), c = _mm256_set1_pd(1e-6);
    for (long i = 0; i < turns; ++i)
      for (auto& x : a) x = _mm256_fmadd_pd(x, m, c);
    for (auto& x : a) somewhere = x[0] + x[1] + x[2] + x[3];
  }
  static constexpr int pairs = 6;
  __attribute__((target("avx2,fma"))) static void apart() {
    __m256d a[pairs], b[pairs];
    for (int k = 0; k < pairs; ++k) a[k] = b[k] = _mm256_set1_pd(1.0);
    const __m256d m = _mm256_set1_pd(0.999999), c = _mm256_set1_pd(1e-6);
    for (long i = 0; i < turns; ++i)
      for (int k = 0; k < pairs; ++k) {
        a[k] = _mm256_mul_pd(a[k], m);
        b[k] = _mm256_add_pd(b[k], c);
      }
    for (int k = 0; k < pairs; ++k) somewhere = a[k][0] + b[k][1];
  }
};

[[nodiscard]] double per_nanosecond(double operations, void (*loop)()) {
  double best = 1e300;
  for (int i = 0; i < 15; ++i) best = std::min(best, seconds(loop));
  return 1e-9 * operations * static_cast<double>(turns) / best;
}

#endif

}  // namespace

void tell_peak() {
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    std::printf("{\"peak\": 4, \"fused\": %.4g, \"apart\": %.4g}\n",
                per_nanosecond(2 * Half::numbers * Half::chains, Half::fused),
                per_nanosecond(2 * Half::numbers * Half::pairs, Half::apart));
  if (__builtin_cpu_supports("avx512f"))
    std::printf("{\"peak\": 8, \"fused\": %.4g, \"apart\": %.4g}\n",
                per_nanosecond(2 * Wide::numbers * Wide::chains, Wide::fused),
                per_nanosecond(2 * Wide::numbers * Wide::chains, Wide::apart));
#endif
}

}  // namespace peers
