/// Nothing allocates between the first and the last step. Every operator new of this executable is
/// counted.
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <new>
#include <vector>

#include "run.hpp"
#include "verification/problems.hpp"

namespace {
std::atomic<long> allocations = 0;

void* counted_or_null(std::size_t bytes) noexcept {
  ++allocations;
  return std::malloc(bytes == 0 ? 1 : bytes);
}

void* counted(std::size_t bytes) {
  if (void* memory = counted_or_null(bytes)) return memory;
  throw std::bad_alloc();
}
}  // namespace

void* operator new(std::size_t bytes) { return counted(bytes); }
void* operator new[](std::size_t bytes) { return counted(bytes); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return counted_or_null(bytes);
}
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
  return counted_or_null(bytes);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }

using namespace test;

namespace {

/// Allocations during a run with stops, samples and rejections.
template <class Stepper, class Problem, int N>
long allocations_of(Stepper& stepper, const Problem& problem, Vector<double, N> y, double t_end,
                    double rtol, Outcome& outcome) {
  std::vector<double> samples;
  for (int i = 0; i <= 500; ++i) samples.push_back(t_end * i / 500);
  const std::vector<double> stops{0.3 * t_end, 0.6 * t_end};
  auto options = tolerances<double, N>(rtol, 1e-3 * rtol);
  options.positivity.fill(Positivity::warn);
  double sum = 0;
  const auto raise = [](std::size_t, double, auto& state) { state[0] *= 1.1; };
  const auto add = [&](std::size_t, double, const auto& state) { sum += state[0]; };
  const long before = allocations;
  outcome = integrate(stepper, problem, y, {.to = t_end, .stops = stops, .samples = samples},
                      options, {.on_stop = raise, .on_sample = add});
  return allocations - before;
}

}  // namespace

TEST_CASE("integrate: no allocation during a run", "[solve][allocation]") {
  Outcome outcome;
  const auto start = problems::VanDerPol<>::start();

  DenseRodas5P<2> rodas5p;
  CHECK(allocations_of<DenseRodas5P<2>, problems::VanDerPol<>, 2>(rodas5p, {}, start, 2, 1e-5,
                                                                  outcome) == 0);
  CHECK(outcome.status == Status::success);
  CHECK(outcome.rejected > 0);

  DenseRodas4<2> rodas4;
  CHECK(allocations_of<DenseRodas4<2>, problems::VanDerPol<>, 2>(rodas4, {}, start, 2, 1e-5,
                                                                 outcome) == 0);
  CHECK(outcome.status == Status::success);

  Dopri5<8> dopri5;
  CHECK(allocations_of<Dopri5<8>, problems::Hires<>, 8>(dopri5, {}, problems::Hires<>::start(), 1,
                                                        1e-6, outcome) == 0);
  CHECK(outcome.status == Status::success);

  using Sparse = Rodas<Rodas5P, 20, SparseLU<double, 20>>;
  const problems::SparsePollu pollu;
  static_cast<void>(problems::Pollu::reactions());
  Sparse sparse(pollu.pattern);
  CHECK(allocations_of<Sparse, problems::SparsePollu, 20>(sparse, pollu, problems::Pollu::start(),
                                                          60, 1e-6, outcome) == 0);
  CHECK(outcome.status == Status::success);
}

TEST_CASE("integrate: no allocation on the way to a failure", "[solve][allocation]") {
  struct Sick {
    void rhs(double t, const Vector<double, 2>& y, Vector<double, 2>& f) const {
      f = t > 1 ? Vector<double, 2>::Constant(std::numeric_limits<double>::quiet_NaN())
                : Vector<double, 2>(-y);
    }
    void jacobian(double, const Vector<double, 2>&, Eigen::Matrix2d& J,
                  Vector<double, 2>& dfdt) const {
      J = -Eigen::Matrix2d::Identity();
      dfdt.setZero();
    }
  };
  Outcome outcome;
  DenseRodas5P<2> stepper;
  CHECK(allocations_of<DenseRodas5P<2>, Sick, 2>(stepper, {}, {1, 2}, 2, 1e-5, outcome) == 0);
  CHECK(outcome.status == Status::non_finite_rhs);
}
