/// The whole cascade against a referee in long double: an infusion under stress, followed for 14
/// days.
#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

// Hill exponents and the numbers in the slopes of the exact Jacobian are double in every scalar;
// neither limits the accuracy of a long-double solution by more than the last digits of the
// exponents.
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wfloat-conversion"

#include "ketasim/cascade_system.hpp"
#include "ketasim/parameters/species.hpp"
#include "run.hpp"

using namespace test;

namespace {

using ketasim::StateVector;
constexpr int n = ketasim::model::n_states;

/// 0.5 mg/kg racemic ketamine in 70 kg over 45 min [umol/h per enantiomer].
constexpr double rate = 98.2;

/// States at five sample times from minutes to weeks, one after the other.
template <class T, class Tableau>
std::vector<StateVector<T>> infusion(T rtol) {
  const auto p = ketasim::parameters::of<T>(ketasim::model::Species::human);
  const auto d = ketasim::model::derived(p);
  ketasim::CascadeSystem<T> system{p, d, {}};
  system.inputs.stress = T(0.5);
  StateVector<T> y;
  ketasim::model::pack(ketasim::model::healthy_state(p, d), y);
  Rodas<Tableau, n, SparseLU<T, n>, T> stepper(ketasim::sparse_solver<T>());
  Options<T, n> options;
  options.rtol = rtol;
  options.atol = rtol * ketasim::typical_sizes<T>();
  const std::vector<T> stops{T(1), T(1.75)}, samples{T(1.1), T(1.75), T(3), T(25), T(170), T(336)};
  std::vector<StateVector<T>> seen;
  const auto switch_rate = [&](std::size_t k, T, auto&) {
    system.inputs.rate_A1_S = system.inputs.rate_A1_R = T(k == 0 ? rate : 0.0);
  };
  const auto record = [&](std::size_t, T, const auto& state) { seen.push_back(state); };
  const Outcome outcome =
      integrate(stepper, system, y, {.to = T(336), .stops = stops, .samples = samples}, options,
                {.on_stop = switch_rate, .on_sample = record});
  REQUIRE(outcome.status == Status::success);
  REQUIRE(seen.size() == samples.size());
  return seen;
}

/// Largest |a - b| / (|b| + typical size) over states and times: 1 rtol is the tolerance asked for.
template <class T>
double distance(const std::vector<StateVector<T>>& a,
                const std::vector<StateVector<long double>>& b) {
  const StateVector<long double> size = ketasim::typical_sizes<long double>();
  double largest = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    const auto difference = (a[i].template cast<long double>() - b[i]).array().abs();
    largest = std::max(largest, static_cast<double>(
                                    (difference / (b[i].array().abs() + size.array())).maxCoeff()));
  }
  return largest;
}

}  // namespace

TEST_CASE("cascade: double follows the long-double referee at every tolerance",
          "[solve][referee]") {
  const auto referee = infusion<long double, Rodas5P>(1e-11L);

  // The referee counts because a method of another order agrees with it a hundred times better than
  // the tightest claim below.
  CHECK(distance(infusion<long double, Rodas4>(1e-11L), referee) < 1e-9);

  // One of 104 states may miss by more than the RMS that is controlled, and errors of steps add up:
  // 10 rtol.
  for (const double rtol : {1e-4, 1e-6, 1e-8}) {
    const double rodas5p = distance(infusion<double, Rodas5P>(rtol), referee);
    const double rodas4 = distance(infusion<double, Rodas4>(rtol), referee);
    CAPTURE(rtol, rodas5p, rodas4);
    CHECK(rodas5p < 10 * rtol);
    CHECK(rodas4 < 10 * rtol);
  }
}
