/// Doses seen through the whole model: what goes in is there, short pulses count in full, and F,
/// lag and duration mean what they say.
#include <catch2/catch.hpp>
#include <cmath>
#include <random>
#include <vector>

#include "scenarios.hpp"

using namespace test;

namespace {

constexpr double umol_per_mg = 1000 / 237.73;

/// Nothing leaves and nothing is converted: what went in must be there.
Scenario without_elimination(std::vector<Dose> doses) {
  Scenario scenario = healthy(std::move(doses));
  scenario.parameters.pharmacokinetics.CLint_S = 0.0;
  scenario.parameters.pharmacokinetics.CLint_R = 0.0;
  return scenario;
}

/// Ketamine in the body [umol] at a row.
double present(const Trajectory& run, std::size_t row) {
  double sum = 0;
  for (const char* e : {"_S", "_R"})
    for (const char* place :
         {"A1", "A2", "A3", "Ah", "An", "Asw", "Apo", "Aim", "Asc", "Aip", "Asl", "Arc"})
      sum += at(run, row, state(std::string("pharmacokinetics.") + place + e));
  return sum;
}

Trajectory run(const Scenario& scenario, const std::vector<double>& times, double rtol = 1e-6) {
  SolverOptions options;
  options.rtol = rtol;
  options.atol_factor = rtol;
  Trajectory result = ketasim::simulate(scenario, times, options);
  REQUIRE(result.success());
  return result;
}

}  // namespace

TEST_CASE("doses: what went in is present, for random overlapping regimens", "[doses]") {
  // Runge-Kutta and Rosenbrock steps keep linear sums exactly, so this holds at a loose tolerance
  // too, and a dose given twice or cut short cannot hide in it.
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> u(0, 1);
  for (int trial = 0; trial < 200; ++trial) {
    const double origin = trial % 2 == 0 ? 0.0 : 3000 * u(random);
    std::vector<Dose> doses;
    double given = 0;
    for (int k = 0; k < 8; ++k) {
      const double mg = trial % 4 < 2 ? 20 : 1 + 49 * u(random);  // half of them at equal rates
      const double length = k % 4 == 3 ? std::pow(10, -6 * u(random)) : std::floor(4 * u(random));
      doses.push_back(iv(k % 2 ? Drug::ketamine : Drug::esketamine, mg,
                         origin + std::floor(6 * u(random)), length));
      given += mg * umol_per_mg;
    }
    CAPTURE(trial, origin);
    const Trajectory result = run(without_elimination(doses), {origin + 12, origin + 40}, 1e-4);
    CHECK(present(result, 0) == Approx(given).epsilon(1e-10));
    CHECK(present(result, 1) == Approx(given).epsilon(1e-10));
  }
}

TEST_CASE("doses: every route brings its bioavailable fraction, and no more", "[doses]") {
  const auto p = ketasim::parameters::human().pharmacokinetics;
  struct Row {
    Route route;
    double fraction;
  };
  for (const Row& row : {Row{Route::im, p.F_im}, Row{Route::sc, p.F_sc}, Row{Route::ip, 1},
                         Row{Route::oral, p.F_gut}, Row{Route::oral_er, p.F_er * p.F_gut},
                         Row{Route::sublingual, p.FR_sl + (1 - p.FR_sl) * p.F_gut},
                         Row{Route::intranasal, p.FR_n + (1 - p.FR_n) * p.f_sw * p.F_gut},
                         // A rectal dose loses its gut-wall share on the way out of the depot.
                         Row{Route::rectal, p.FR_rc + (1 - p.FR_rc) * p.F_gut}}) {
    CAPTURE(ketasim::dosing::name_of(row.route, ketasim::dosing::routes));
    Dose dose{.drug = Drug::ketamine, .amount = 28, .route = row.route};
    const Trajectory result = run(without_elimination({dose}), {100}, 1e-8);
    // Depots empty within 100 h; linear sums leave rounding only.
    CHECK(present(result, 0) == Approx(28 * umol_per_mg * row.fraction).epsilon(1e-9));
  }
}

TEST_CASE("doses: a pulse of a millionth of the horizon counts in full", "[doses]") {
  const double horizon = 1000;
  for (const double start : {0.0, 123.456, 500.0, 998.0}) {
    CAPTURE(start);
    const Scenario pulse = without_elimination({iv(Drug::esketamine, 20, start, 1e-6 * horizon)});
    CHECK(present(run(pulse, {horizon}), 0) == Approx(20 * umol_per_mg).epsilon(1e-10));
  }
}

TEST_CASE("doses: an infusion tends to the bolus at its middle, with the square of its length",
          "[doses]") {
  const std::size_t venous = ketasim::readout_index("esketamine_venous");
  const std::vector<double> times{10};
  const double bolus = run(healthy({iv(Drug::esketamine, 20, 2)}), times, 1e-12).readout(venous)[0];
  double previous = 0;
  for (const double length : {0.4, 0.2, 0.1, 0.05}) {
    CAPTURE(length);
    const double error =
        run(healthy({iv(Drug::esketamine, 20, 2 - length / 2, length)}), times, 1e-12)
            .readout(venous)[0] -
        bolus;
    // The first neglected term is of fourth order: a quarter to within a few per cent.
    if (previous != 0) CHECK(error == Approx(previous / 4).epsilon(0.03));
    previous = error;
  }
  // No longer than the tolerance of times it is the bolus, to the last bit.
  CHECK(run(healthy({iv(Drug::esketamine, 20, 2, 1e-10)}), times).y ==
        run(healthy({iv(Drug::esketamine, 20, 2)}), times).y);
}

TEST_CASE("doses: F scales the amount, a duration stays, and lag shifts both", "[doses]") {
  // Powers of two, so that equal means equal to the last bit.
  const std::vector<double> times{0.5, 1, 2, 3, 8};
  Dose given = iv(Drug::esketamine, 32, 0.5, 2);
  given.bioavailability = 0.25;
  given.lag_h = 0.5;
  CHECK(run(healthy({given}), times).y == run(healthy({iv(Drug::esketamine, 8, 1, 2)}), times).y);
  // The route's own fraction comes on top.
  Dose oral{.drug = Drug::esketamine, .amount = 32, .route = Route::oral, .bioavailability = 0.25},
      less{.drug = Drug::esketamine, .amount = 8, .route = Route::oral};
  CHECK(run(healthy({oral}), times).y == run(healthy({less}), times).y);
}

TEST_CASE("doses: repeats are the doses one by one", "[doses]") {
  Dose course = iv(Drug::ketamine, 20, 1, 0.5);
  course.interval_h = 7.3;
  course.additional = 3;
  std::vector<Dose> single;
  for (int k = 0; k <= 3; ++k) single.push_back(iv(Drug::ketamine, 20, 1 + k * 7.3, 0.5));
  CHECK(run(healthy({course}), {5, 30}).y == run(healthy(single), {5, 30}).y);
}

TEST_CASE("doses: the equations are safe a hair below zero", "[doses]") {
  const Trajectory rest = run(infusion(), {0});
  const ketasim::CascadeSystem<double> system{rest.parameters, rest.derived, rest.held_inputs[0]};
  ketasim::StateVector<double> at_zero, below, f_zero, f_below;
  for (int k = 0; k < ketasim::model::n_states; ++k) {
    // The exception is a fold that cannot come near zero: a delayed mean of synaptic proteins, 0.63
    // of health when translation is blocked for ever under chronic stress.
    if (k == static_cast<int>(state("synaptogenesis.W2"))) continue;
    CAPTURE(k);
    at_zero = below = rest.start;
    at_zero[k] = 0.0;
    below[k] = -1e-12;
    system.rhs(0.0, at_zero, f_zero);
    system.rhs(0.0, below, f_below);
    CHECK(f_below.allFinite());
    // Smooth through zero: the slope is bounded by the fastest rate of the model, 7e5 per hour.
    CHECK((f_below - f_zero).cwiseAbs().maxCoeff() < 1e-5);
  }
}
