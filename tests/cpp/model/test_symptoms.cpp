/// From relief to rating scales, for one patient and averaged over many.
#include "ketasim/model/symptoms.hpp"

#include <cmath>
#include <numbers>

#include "setting.hpp"

using namespace test;

namespace {

using model::symptoms::Relief;

/// Average over two standard normals by the trapezoidal rule on [-9, 9], which converges faster
/// than any power of the step for smooth integrands.
double average(auto&& f) {
  constexpr double h = 0.1;
  double sum = 0.0;
  for (int i = -90; i <= 90; ++i)
    for (int j = -90; j <= 90; ++j)
      sum += std::exp(-0.5 * h * h * (i * i + j * j)) * f(h * i, h * j);
  return sum * h * h / (2.0 * std::numbers::pi);
}

}  // namespace

TEST_CASE("symptoms: the quadrature integrates polynomials of a normal variable exactly",
          "[model][symptoms]") {
  // 21 nodes are exact to degree 41; moments are 1 x 3 x 5 x ... Rounding grows with the nodes.
  double moment = 1.0;
  for (int k = 0; k <= 20; ++k) {
    double even = 0.0, odd = 0.0;
    for (const auto& [node, weight] : model::gauss_hermite()) {
      even += weight * std::pow(node, 2 * k);
      odd += weight * std::pow(node, 2 * k + 1);
    }
    CAPTURE(k);
    CHECK(even == Approx(moment).epsilon(1e-9));
    CHECK(std::abs(odd) <= 1e-9 * moment * 10.0);
    moment *= 2 * k + 1;
  }
}

TEST_CASE("symptoms: response and remission are averages over patients and rating errors",
          "[model][symptoms]") {
  const auto p = parameters::human().symptoms;
  Inputs<double> u;
  u.z0 = model::symptoms::baseline(p, 1.0);
  for (const Relief<double> z : {Relief<double>{0.0, 0.0}, Relief<double>{0.4, 0.5},
                                 Relief<double>{1.2, 0.1}, Relief<double>{-0.1, 0.6}}) {
    const auto fraction = [&](double cut) {
      return average([&](double n, double m) {
        const double s = std::exp(p.omega_s * n - 0.5 * p.omega_s * p.omega_s);
        const double rating = 60.0 * model::expit(u.z0 - s * z.drug - z.nonspecific - p.sd_e * m);
        return 0.5 * std::erfc((rating - cut) / (p.sigma_y * std::numbers::sqrt2));
      });
    };
    CAPTURE(z.drug, z.nonspecific);
    // 21 nodes on a smooth sigmoid: a few 1e-4.
    CHECK(model::symptoms::response(z, u, p) == Approx(fraction(17.5)).margin(1e-3));
    CHECK(model::symptoms::remission(z, u, p) == Approx(fraction(10.0)).margin(1e-3));
  }
}

TEST_CASE("symptoms: scales start where severity puts them and every change at zero",
          "[model][symptoms]") {
  CHECK(seen(human({}, 1.0), "madrs", 0.0) == Approx(35.0).epsilon(1e-12));
  CHECK(seen(human({}, 0.0), "madrs", 0.0) == Approx(3.0).epsilon(1e-12));
  Scenario known = human({}, 1.0);
  known.subject.baseline_madrs = 28.0;
  CHECK(seen(known, "madrs", 0.0) == Approx(28.0).epsilon(1e-12));
  for (const char* change : {"madrs_change", "hdrs17_change", "hdrs_change", "effect_size",
                             "suicidal_ideation_change", "capsv_change", "craving_change"}) {
    INFO(change);
    CHECK(std::abs(seen(human({}, 1.0), change, 0.0)) < 1e-12);
  }
}

TEST_CASE("symptoms: effect size leaves out what a control has too", "[model][symptoms]") {
  const Dose placebo = give(Drug::placebo, 0.0, Unit::mg, Route::iv);
  const Trajectory control = run(human({placebo}, 1.0, Context::midazolam), {24.0});
  CHECK(seen(control, "madrs_change").front() < -5.0);
  CHECK(std::abs(seen(control, "effect_size").front()) < 1e-9);
  CHECK(seen(human({infusion()}, 1.0, Context::midazolam), "effect_size", 24.0) < -0.3);
}

TEST_CASE("symptoms: ratings stay on their scales however large the relief", "[model][symptoms]") {
  const auto p = parameters::human().symptoms;
  Inputs<double> u;
  u.z0 = model::symptoms::baseline(p, 1.0);
  double last = 60.0;
  for (const double relief : {-800.0, -3.0, 0.0, 1.0, 5.0, 800.0}) {
    const auto r = readouts(Relief<double>{relief, 0.0}, u, p);
    CAPTURE(relief);
    CHECK(r.madrs >= 0.0);
    CHECK(r.madrs <= last);
    CHECK(r.suicidal_ideation_remission >= 0.0);
    CHECK(r.suicidal_ideation_remission <= 1.0);
    CHECK(p.SSI0 + r.suicidal_ideation_change >= -1e-12);  // rounding of SSI0
    CHECK(p.SSI0 + r.suicidal_ideation_change <= 38.0);
    last = r.madrs;
  }
}

TEST_CASE("symptoms: sensitivity scales what the drug does, not what the trial does",
          "[model][symptoms]") {
  const auto madrs = [](double sensitivity, std::vector<Dose> doses) {
    Scenario s = human(std::move(doses), 1.0, Context::midazolam);
    s.parameters.symptoms.sensitivity = sensitivity;
    return seen(s, "madrs", 24.0);
  };
  const Dose placebo = give(Drug::placebo, 0.0, Unit::mg, Route::iv);
  CHECK(madrs(2.0, {infusion()}) < madrs(1.0, {infusion()}) - 2.0);
  CHECK(madrs(2.0, {placebo}) == Approx(madrs(1.0, {placebo})).epsilon(1e-9));
}
