/// The block of NMDA receptors stays a fraction, completes in the limit, and obeys competition.
#include <cmath>
#include <string>

#include "setting.hpp"

using namespace test;

namespace {

using Block = model::nmda_block::State<double>;

struct Pool {
  std::string name;
  double ketamine, memantine, mk801;
  [[nodiscard]] double free() const { return 1.0 - ketamine - memantine - mk801; }
};

std::vector<Pool> pools(const Block& y) {
  return {{"I", y.b_I, y.b_mem_I, y.b_mk_I},
          {"E", y.b_E, y.b_mem_E, y.b_mk_E},
          {"X", y.b_X, y.b_mem_X, y.b_mk_X}};
}

Block set(double value) {
  Block y;
  Block::each(y, [&](double& v, const model::Variable& row) {
    if (row.name.starts_with("b_")) v = value;
  });
  return y;
}

/// Dissociation constants of ketamine, memantine and MK-801 at one pool [uM].
struct Constants {
  double ketamine, memantine, mk801;
};

Constants constants(const model::nmda_block::Parameters<double>& p, const std::string& pool) {
  const double g = 1.0 + p.Mg / (pool == "I" ? p.K_Mg_I : pool == "E" ? p.K_Mg_E : p.K_Mg_X);
  return {p.K0 * g, p.K0_mem * g * (pool == "X" ? p.x_mem : 1.0), p.K0_mk * g};
}

}  // namespace

TEST_CASE("nmda block: no mixture of blockers leaves the range of fractions",
          "[model][nmda_block]") {
  Anywhere anywhere(5);
  for (int repeat = 0; repeat < 25; ++repeat) {
    std::vector<Dose> doses;
    for (int k = 0; k < 4; ++k) {
      const double t = anywhere.between(0.0, 3.0);
      doses.push_back(give(Drug::ketamine, std::exp(anywhere.between(-1.0, 5.7)), Unit::mg_per_kg,
                           Route::ip, t));
      doses.push_back(give(Drug::memantine, std::exp(anywhere.between(-1.0, 5.2)), Unit::mg_per_kg,
                           Route::ip, t + 0.1));
      doses.push_back(give(Drug::mk801, std::exp(anywhere.between(-4.0, 2.9)), Unit::mg_per_kg,
                           Route::ip, t + 0.2));
    }
    constexpr double tolerance = 1e-6;
    const Trajectory t = run(rat(doses, anywhere.between(0.0, 1.0)),
                             {0.05, 0.3, 0.8, 1.5, 2.5, 3.5, 6.0, 24.0, 96.0}, tolerance);
    for (std::size_t row = 0; row < t.t.size(); ++row) {
      const State<double> y = state_at(t, row);
      CAPTURE(repeat, t.t[row]);
      // A state may err by some ten tolerances.
      for (const Pool& q : pools(y.nmda_block))
        for (const double fraction : {q.ketamine, q.memantine, q.mk801, q.free()}) {
          CAPTURE(q.name);
          CHECK(fraction >= -10 * tolerance);
          CHECK(fraction <= 1.0 + 10 * tolerance);
        }
      const auto beta = effective_block(y.nmda_block, t.parameters.nmda_block);
      for (const double b : {beta.I, beta.E, beta.X}) {
        CHECK(b >= -10 * tolerance);
        CHECK(b <= 1.0 + 10 * tolerance);
      }
      CHECK(y.disinhibition.H <= 1.0 + 10 * tolerance);
      CHECK(y.disinhibition.H >= -10 * tolerance);
      CHECK(y.disinhibition.e > 0.0);
      CHECK(y.disinhibition.i > 0.0);
    }
  }
}

TEST_CASE("nmda block: at the edges of the range every equation points inward",
          "[model][nmda_block]") {
  Anywhere anywhere(6);
  const auto p = parameters::human().nmda_block;
  for (int repeat = 0; repeat < 200; ++repeat) {
    Inputs<double> u;
    u.bath_mem = std::exp(anywhere.between(-5.0, 8.0));
    u.bath_mk = std::exp(anywhere.between(-10.0, 3.0));
    const double C = std::exp(anywhere.between(-5.0, 8.0)), x = anywhere.between(0.0, 5.0);
    const auto empty = pools(derivative(set(0.0), u, p, C, x));
    for (const Pool& rate : empty)
      for (const double r : {rate.ketamine, rate.memantine, rate.mk801}) CHECK(r >= 0.0);
    // Full: the shares of three blockers sum to 1.
    for (const Pool& rate : pools(derivative(set(1.0 / 3.0), u, p, C, x)))
      CHECK(rate.ketamine + rate.memantine + rate.mk801 <= 1e-12);  // rounding of 1 - 3 x 1/3
  }
}

TEST_CASE("nmda block: held blockers share each pool by concentration over constant",
          "[model][nmda_block]") {
  Anywhere anywhere(7);
  const auto p = parameters::human().nmda_block;
  for (int repeat = 0; repeat < 50; ++repeat) {
    Inputs<double> u;
    u.bath_mem = std::exp(anywhere.between(-2.0, 4.0));
    u.bath_mk = std::exp(anywhere.between(-8.0, -4.0));
    const double C = std::exp(anywhere.between(-2.0, 4.0));
    Block y;
    const auto share = [&](const std::string& pool, double& ketamine, double& memantine,
                           double& mk801) {
      const Constants K = constants(p, pool);
      const double a = C / K.ketamine, b = u.bath_mem / K.memantine, c = u.bath_mk / K.mk801;
      ketamine = a / (1.0 + a + b + c);
      memantine = b / (1.0 + a + b + c);
      mk801 = c / (1.0 + a + b + c);
    };
    share("I", y.b_I, y.b_mem_I, y.b_mk_I);
    share("E", y.b_E, y.b_mem_E, y.b_mk_E);
    share("X", y.b_X, y.b_mem_X, y.b_mk_X);
    // Use changes how fast this equilibrium is reached, never where it lies.
    for (const double x : {0.2, 1.0, 3.0})
      for (const Pool& rate : pools(derivative(y, u, p, C, x)))
        for (const double r : {rate.ketamine, rate.memantine, rate.mk801})
          // Rates of at most 3240/h x 0.5 open, on terms of order 100: rounding.
          CHECK(std::abs(r) <= 1e-9);
  }
}

TEST_CASE("nmda block: complete in the limit of concentration", "[model][nmda_block]") {
  double last_I = 0.0, last_E = 0.0;
  for (const double uM : {1.0, 10.0, 100.0, 300.0}) {
    const Trajectory t =
        run(rat({give(Drug::ketamine, uM, Unit::uM, Route::bath, 0.0, 48.0)}), {47.0}, 1e-6);
    const double I = seen(t, "nmda_block_interneuron")[0], E = seen(t, "nmda_block_pyramidal")[0];
    const auto& p = t.parameters.nmda_block;
    CAPTURE(uM);
    CHECK(I > last_I);
    CHECK(E > last_E);
    // One site: C/(C + K) once binding is at rest.
    CHECK(I == Approx(uM / (uM + constants(p, "I").ketamine)).epsilon(1e-5));
    CHECK(E == Approx(uM / (uM + constants(p, "E").ketamine)).epsilon(1e-5));
    last_I = I;
    last_E = E;
  }
  CHECK(1.0 - last_I < 0.01);  // 300 uM, the largest bath, is hundreds of times the constants
  CHECK(1.0 - last_E < 0.01);
}

TEST_CASE("nmda block: affinities are those of unbound rat occupancy", "[model][nmda_block]") {
  // Whole-tissue IC50 1.42 uM ketamine, racemic norketamine 9.11 uM [Shaffer2014]; the two pools
  // are weighted by share_E, so the fit meets the first to 10 %.
  const auto occupancy = [](Drug drug, double uM) {
    return seen(rat({give(drug, uM, Unit::uM, Route::bath, 0.0, 24.0)}), "nmda_occupancy", 23.0);
  };
  CHECK(occupancy(Drug::ketamine, 1.42) == Approx(0.5).epsilon(0.1));
  // Potencies are relative to ketamine: the same occupancy at 9.11/1.42 times the concentration.
  CHECK(occupancy(Drug::norketamine, 9.11) ==
        Approx(occupancy(Drug::ketamine, 1.42)).epsilon(2e-3));
  // S and R make up the racemate.
  const auto p = parameters::rat().nmda_block;
  CHECK(0.5 * (p.pot_S + p.pot_R) == Approx(1.0).epsilon(1e-12));
  CHECK(occupancy(Drug::esketamine, 1.0) > occupancy(Drug::ketamine, 1.0));
  CHECK(occupancy(Drug::arketamine, 1.0) < occupancy(Drug::ketamine, 1.0));
}

TEST_CASE("nmda block: the open fraction follows use and is capped", "[model][nmda_block]") {
  // Blocked receptors without drug recover at o_q koff: the open fraction seen from outside.
  const auto p = parameters::human().nmda_block;
  const auto open_I = [&](double x) {
    Block y;
    y.b_I = 0.5;
    return -derivative(y, Inputs<double>{}, p, 0.0, x).b_I / (0.5 * p.koff);
  };
  CHECK(open_I(1.0) == Approx(p.a_I).epsilon(1e-12));
  CHECK(open_I(0.0) == 0.0);
  CHECK(open_I(2.0) > open_I(1.0));
  CHECK(open_I(1e9) == Approx(p.a_max).epsilon(1e-6));
}

TEST_CASE("nmda block: memantine spares resting receptors in magnesium", "[model][nmda_block]") {
  const Trajectory t =
      run(rat({give(Drug::memantine, 1.0, Unit::uM, Route::bath, 0.0, 200.0)}), {199.0});
  const Block y = state_at(t, 0).nmda_block;
  const Constants K = constants(t.parameters.nmda_block, "X");
  CHECK(y.b_mem_X == Approx(1.0 / (1.0 + K.memantine)).epsilon(1e-4));
  CHECK(y.b_mem_X < 0.2 * y.b_mem_E);
}
