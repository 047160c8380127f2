/// Observed order on a forced problem with a known solution.
#include <catch2/catch.hpp>
#include <cmath>

#include "run.hpp"
#include "verification/order.hpp"

using namespace test;
using ketasim::verification::equal_steps;
using ketasim::verification::Errors;

namespace {

/// Rodas4 with the sign of d_4 turned round.
struct Planted : Rodas4 {
  static constexpr std::array<long double, 6> d{0.25L, -0.1043L, 0.1035L, 0.0362L, 0.0L, 0.0L};
};

/// Slopes between n and 2 n steps.
template <class Stepper>
Errors observed_order(int n) {
  const Errors coarse = equal_steps<Stepper>(n), fine = equal_steps<Stepper>(2 * n);
  return {std::log2(coarse.at_end / fine.at_end), std::log2(coarse.inside / fine.inside)};
}

}  // namespace

// A local error of order p + 1 belongs to a continuous extension of order p. A quarter of an order
// is left for the terms of higher order at these step sizes.
TEST_CASE("order: rodas5p has 5 at the steps and 4 between them on a forced problem",
          "[solve][order]") {
  const Errors slope = observed_order<DenseRodas5P<2>>(32);
  CAPTURE(slope.at_end, slope.inside);
  CHECK(slope.at_end > 4.75);
  CHECK(slope.inside > 4.75);
}

TEST_CASE("order: rodas4 has 4 at the steps and 3 between them on a forced problem",
          "[solve][order]") {
  const Errors slope = observed_order<DenseRodas4<2>>(32);
  CAPTURE(slope.at_end, slope.inside);
  CHECK(slope.at_end > 3.75);
  CHECK(slope.inside > 3.75);
}

TEST_CASE("order: dopri5 has 5 at the steps and 4 between them on a forced problem",
          "[solve][order]") {
  const Errors slope = observed_order<Dopri5<2>>(32);
  CAPTURE(slope.at_end, slope.inside);
  CHECK(slope.at_end > 4.75);
  CHECK(slope.inside > 4.75);
}

TEST_CASE("order: a wrong sign in d would be seen", "[solve][order]") {
  // The forced problem is only a witness if a planted error lowers the order.
  const Errors slope = observed_order<Rodas<Planted, 2, DenseLU<double, 2>>>(32);
  CAPTURE(slope.at_end);
  CHECK(slope.at_end < 2.5);
}
