/// Patients followed from visit to visit: closed forms against draws and against all sequences.
#include "ketasim/observation/visits.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>
#include <vector>

#include "ketasim/parameters/species.hpp"
#include "ketasim/scalar/dual.hpp"

using namespace ketasim;
using observation::FollowUp;
using observation::Relief;
using observation::Spread;
using observation::Well;

namespace {

const model::symptoms::Parameters<double> p = parameters::human().symptoms;
const double z0 = model::symptoms::baseline(p, 1.0);
const Spread<double> who = observation::spread(p);
/// A response that is lost over six visits.
const std::vector<Relief<double>> falling = {{1.2, 0.6}, {1.0, 0.5}, {0.7, 0.4},
                                             {0.5, 0.3}, {0.3, 0.2}, {0.1, 0.1}};

FollowUp<double> rule(Well well) {
  return {.well = well, .remission_cut = 10.0, .baseline_sd = 5.0, .visit_error = 3.0};
}

}  // namespace

TEST_CASE("visits: a rule that is met once is met as often as by drawn patients",
          "[observation][visits]") {
  constexpr int n = 20000;
  std::mt19937_64 bits(3);
  std::normal_distribution<double> normal;
  for (const double cut : {10.0, 17.5}) {
    int met = 0;
    for (int i = 0; i < n; ++i) {
      const double s = observation::individual_sensitivity(1.0, who.omega_s, normal(bits));
      const double shift = who.sd_e * normal(bits);
      bool ever = false;
      for (const Relief<double>& z : falling) {
        const double m = model::symptoms::madrs(z0, s, Relief<double>{z.drug, z.context + shift});
        ever |= m + who.sigma_y * normal(bits) <= cut;
      }
      met += ever ? 1 : 0;
    }
    const double closed = observation::ever_at_or_below<double>(cut, z0, falling, who);
    CAPTURE(cut);
    CHECK(std::abs(static_cast<double>(met) / n - closed) <=
          3.0 * std::sqrt(closed * (1.0 - closed) / n));
  }
  const std::vector<Relief<double>> once = {falling[2]};
  CHECK(observation::ever_at_or_below<double>(17.5, z0, once, who) ==
        Approx(observation::share_at_or_below(17.5, z0, falling[2], who)).margin(1e-6));
}

TEST_CASE("visits: relapse comes as often as in drawn patients", "[observation][visits]") {
  constexpr int n = 40000;
  for (const Well well : {Well::responders, Well::remitters}) {
    std::mt19937_64 bits(5);
    std::normal_distribution<double> normal;
    std::vector<int> relapsed(falling.size(), 0);
    int followed = 0;
    for (int i = 0; i < n; ++i) {
      const double s = observation::individual_sensitivity(1.0, who.omega_s, normal(bits));
      const double shift = who.sd_e * normal(bits);
      const double share = model::symptoms::madrs(z0) / 60.0;
      const double own = z0 + 5.0 * normal(bits) / (60.0 * share * (1.0 - share));
      const double half = 0.5 * model::symptoms::madrs(own);
      const auto rated = [&](const Relief<double>& z) {
        return model::symptoms::madrs(own, s, Relief<double>{z.drug, z.context + shift}) +
               3.0 * normal(bits);
      };
      if (rated(falling[0]) > (well == Well::responders ? half : 10.0)) continue;
      ++followed;
      bool lost = false, gone = false;
      for (std::size_t k = 1; k < falling.size(); ++k) {
        const bool ill = rated(falling[k]) > half;
        gone |= ill && lost;
        lost = ill;
        relapsed[k] += gone ? 1 : 0;
      }
    }
    const std::vector<double> closed = observation::relapse<double>(z0, falling, who, rule(well));
    CHECK(std::abs(static_cast<double>(followed) / n - closed.back()) <=
          3.0 * std::sqrt(closed.back() * (1.0 - closed.back()) / n));
    CHECK(closed[0] == 0.0);
    CHECK(closed[1] == 0.0);  // two visits are needed
    for (std::size_t k = 2; k < falling.size(); ++k) {
      CAPTURE(k, followed);
      CHECK(std::abs(static_cast<double>(relapsed[k]) / followed - closed[k]) <=
            3.0 * std::sqrt(closed[k] * (1.0 - closed[k]) / followed));
    }
  }
}

TEST_CASE("visits: the recursion sums the chances of all sequences", "[observation][visits]") {
  // One patient: no spread but the rating error. Three visits after the first, eight sequences.
  const Spread<double> alike{.sensitivity = 1.0, .omega_s = 0.0, .sd_e = 0.0, .sigma_y = 3.0};
  FollowUp<double> one = rule(Well::responders);
  one.baseline_sd = 0.0;
  const std::vector<Relief<double>> visits(falling.begin(), falling.begin() + 4);
  const std::vector<double> closed = observation::relapse<double>(z0, visits, alike, one);
  std::array<double, 3> ill{};
  for (std::size_t k = 0; k < 3; ++k) {
    const double m = model::symptoms::madrs(z0, 1.0, visits[k + 1]);
    ill[k] = observation::normal_cdf((m - 17.5) / 3.0);
  }
  double by_third = 0.0;
  for (int sequence = 0; sequence < 8; ++sequence) {
    double chance = 1.0;
    std::array<bool, 3> is_ill{};
    for (std::size_t k = 0; k < 3; ++k) {
      is_ill[k] = ((sequence >> k) & 1) == 1;
      chance *= is_ill[k] ? ill[k] : 1.0 - ill[k];
    }
    if ((is_ill[0] && is_ill[1]) || (is_ill[1] && is_ill[2])) by_third += chance;
  }
  CHECK(closed[1] == 0.0);
  CHECK(closed[2] == Approx(ill[0] * ill[1]).epsilon(1e-12));
  CHECK(closed[3] == Approx(by_third).epsilon(1e-12));
}

TEST_CASE("visits: slopes of relapse are those of its differences", "[observation][visits]") {
  using D = scalar::Dual<double, 7>;
  const std::vector<double> at = {z0, 1.0, who.omega_s, who.sd_e, 5.0, 3.0, 0.4};
  const auto share = [](const auto& x) {
    using P = std::decay_t<decltype(x[0])>;
    std::vector<Relief<P>> visits;
    for (const Relief<double>& z : falling) visits.push_back({P(z.drug), P(z.context)});
    visits[3].drug = x[6];
    const FollowUp<P> followed{Well::responders, P(10.0), x[4], x[5]};
    return observation::relapse<P>(x[0], visits, Spread<P>{x[1], x[2], x[3], x[5]}, followed)[5];
  };
  std::vector<D> dual(at.begin(), at.end());
  for (std::size_t k = 0; k < at.size(); ++k) dual[k].slope[k] = 1.0;
  const D value = share(dual);
  CHECK(value.value == Approx(share(at)).epsilon(1e-14));
  for (std::size_t k = 0; k < at.size(); ++k) {
    std::vector<double> more = at, less = at;
    more[k] += 1e-5;
    less[k] -= 1e-5;
    CAPTURE(k);
    // A central difference of 1e-5 is good to its square and to rounding over it.
    CHECK(value.slope[k] == Approx((share(more) - share(less)) / 2e-5).margin(1e-8));
  }
}
