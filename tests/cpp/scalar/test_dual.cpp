/// Dual numbers: the value is what double computes, the slopes are the derivatives.
#include "ketasim/scalar/dual.hpp"

#include <cmath>

#include "ketasim/scalar/concept.hpp"
#include "model/setting.hpp"

using namespace test;
using ketasim::scalar::Dual;

namespace {

using D = Dual<double, 1>;

D variable(double x) {
  D d(x);
  d.slope[0] = 1.0;
  return d;
}

}  // namespace

TEST_CASE("dual: scalars meet their concept", "[scalar][dual]") {
  STATIC_REQUIRE(ketasim::scalar::Scalar<double>);
  STATIC_REQUIRE(ketasim::scalar::Scalar<long double>);
  STATIC_REQUIRE(ketasim::scalar::Scalar<Dual<double, 14>>);
}

TEST_CASE("dual: arithmetic and functions have the values of double, bit for bit",
          "[scalar][dual]") {
  Anywhere anywhere(8);
  for (int repeat = 0; repeat < 1000; ++repeat) {
    const double a = anywhere.between(-9.0, 9.0), b = anywhere.between(0.1, 9.0);
    const D x = variable(a), y = variable(b);
    CHECK((x + y).value == a + b);
    CHECK((x - y).value == a - b);
    CHECK((x * y).value == a * b);
    CHECK((x / y).value == a / b);
    CHECK((x / b).value == a / b);
    CHECK((a / y).value == a / b);
    CHECK((a - y).value == a - b);
    CHECK((-x).value == -a);
    CHECK(sqrt(y).value == std::sqrt(b));
    CHECK(exp(x).value == std::exp(a));
    CHECK(log(y).value == std::log(b));
    CHECK(pow(y, 2.9).value == std::pow(b, 2.9));
    CHECK(softplus(x).value == ketasim::scalar::softplus(a));
    CHECK(even_power(x, 3.0).value == ketasim::scalar::even_power(a, 3.0));
  }
}

TEST_CASE("dual: slopes are those of the calculus", "[scalar][dual]") {
  for (const double a : {0.3, 1.0, 4.2}) {
    const D x = variable(a);
    // A handful of roundings.
    const auto equals = [](const D& f, double slope) {
      return f.slope[0] == Approx(slope).epsilon(1e-14);
    };
    CHECK(equals(x * x, 2.0 * a));
    CHECK(equals(1.0 / x, -1.0 / (a * a)));
    CHECK(equals((x + 1.0) / (x * x), -(a + 2.0) / (a * a * a)));
    CHECK(equals(sqrt(x), 0.5 / std::sqrt(a)));
    CHECK(equals(exp(x), std::exp(a)));
    CHECK(equals(log(x), 1.0 / a));
    CHECK(equals(pow(x, 2.9), 2.9 * std::pow(a, 1.9)));
    CHECK(equals(softplus(x), 1.0 / (1.0 + std::exp(-a))));
    CHECK(equals(softplus(-x), -1.0 / (1.0 + std::exp(a))));
    CHECK(equals(even_power(-x, 3.0), 3.0 * a * a));
  }
  CHECK(even_power(variable(0.0), 3.0).slope[0] == 0.0);
}

TEST_CASE("dual: the whole cascade has the values of double, bit for bit", "[scalar][dual]") {
  using Dy = Dual<double, 3>;
  Anywhere anywhere(9);
  for (const Parameters<double>& p : {parameters::human(), parameters::rat()})
    for (int repeat = 0; repeat < 20; ++repeat) {
      const Derived<double> d = model::derived(p);
      const State<double> y = anywhere.state(p, d);
      const Inputs<double> u = anywhere.inputs();
      std::vector<double> packed(n_states), plain(n_states);
      model::pack(y, packed);
      model::pack(model::derivative(y, u, p, d), plain);
      std::vector<Dy> seeded(packed.begin(), packed.end());
      for (std::size_t k = 0; k < n_states; ++k) seeded[k].slope[k % 3] = 1.0;
      const State<Dy> f = model::derivative(model::unpack<Dy>(seeded), u, p, d);
      std::vector<double> values;
      State<Dy>::each(f, [&](std::string_view, const Dy& value, const model::Variable&) {
        values.push_back(value.value);
      });
      CHECK(values == plain);
    }
}
