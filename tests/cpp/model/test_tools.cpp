/// Tool compounds held for two weeks, alone and in pairs, with and without ketamine: no state leaves
/// its physiological bounds, no readout its scale, and a tool alone neither cures nor harms for long.
#include <cmath>
#include <string>

#include "setting.hpp"

using namespace test;

namespace {

constexpr std::array tools{Drug::nbqx,      Drug::anti_bdnf, Drug::vdcc_blocker, Drug::anisomycin,
                           Drug::rapamycin, Drug::ly379268,  Drug::ly341495,     Drug::naltrexone};
constexpr double week = 168.0, held_h = 2.0 * week, end_h = 4.0 * week;

/// Within the block, around its end, and two weeks beyond.
const std::vector<double> times = [] {
  std::vector<double> t{0.1, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0};
  for (const double h : every(0.5, 24.0, 28.0)) t.push_back(h);
  for (const double h : every(12.0, 36.0, held_h - 1.0)) t.push_back(h);
  for (const double h : {0.0, 0.1, 0.5, 1.0, 2.0, 4.0, 8.0}) t.push_back(held_h + h);
  for (const double h : every(16.0, held_h + 16.0, end_h)) t.push_back(h);
  return t;
}();

using Tools = std::vector<Drug>;

/// Each tool, then each pair.
std::vector<Tools> combinations() {
  std::vector<Tools> all;
  for (const Drug tool : tools) all.push_back({tool});
  for (std::size_t i = 0; i < tools.size(); ++i)
    for (std::size_t j = i + 1; j < tools.size(); ++j) all.push_back({tools[i], tools[j]});
  return all;
}

std::string words(const Tools& held) {
  std::string names;
  for (const Drug tool : held) names += std::string(dosing::name_of(tool, dosing::drugs)) + " ";
  return names;
}

struct Who {
  Species species;
  double severity;
};

constexpr std::array everybody{Who{Species::human, 1.0}, Who{Species::human, 0.0},
                               Who{Species::rat, 1.0}};

/// Tolerance of the runs; errors of single states reach some ten of it.
constexpr double rtol_here = 1e-6;

Trajectory held(const Who& who, const Tools& held_tools, double fraction, bool ketamine) {
  std::vector<Dose> doses;
  for (const Drug tool : held_tools) doses.push_back(hold(tool, fraction, 0.0, held_h));
  if (ketamine) doses.push_back(infusion(24.0));
  const Scenario s{.subject = {.species = who.species, .severity = who.severity},
                   .doses = std::move(doses),
                   .parameters = parameters::of(who.species)};
  return run(s, times, rtol_here);
}

void check_bounds(const Trajectory& r, Species species) {
  const StateVector<double> size = typical_sizes(parameters::of(species).species);
  const auto rows = model::state_rows();
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const model::Scale bounds = rows[k].bounds();
    const double slack = 10.0 * rtol_here * size[static_cast<int>(k)];
    double low = bounds.high, high = bounds.low;
    for (std::size_t row = 0; row < r.t.size(); ++row) {
      const double value = r.y[row * rows.size() + k];
      low = std::min(low, value);
      high = std::max(high, value);
    }
    CAPTURE(full_name_of(rows[k]), low, high);
    CHECK(low >= bounds.low - slack);
    CHECK(high <= bounds.high + slack);
  }
}

void check_scales(const Trajectory& r) {
  for (std::size_t k = 0; k < readout_table().size(); ++k) {
    const model::Readout& row = readout_table()[k];
    CAPTURE(row.name);
    // A block of receptors may miss its end by the tolerance of its states.
    const double slack = row.scale == model::unbounded ? 0.0 : rtol_here;
    const model::Scale scale{row.scale.low - slack, row.scale.high + slack};
    const std::vector<double> values = r.readout(k);
    const auto out = std::find_if_not(values.begin(), values.end(), [&](double value) {
      return std::isfinite(value) && scale.holds(value);
    });
    CHECK(out == values.end());
  }
}

}  // namespace

TEST_CASE("tools: two weeks of one or two of them leave every state and readout within its bounds",
          "[model][tools]") {
  for (const Who& who : everybody)
    for (const double fraction : {1.0, 0.05})
      for (const bool ketamine : {false, true})
        for (const Tools& combination : combinations()) {
          CAPTURE(name_of(who.species, parameters::species_rows), who.severity, fraction, ketamine,
                  words(combination));
          const Trajectory r = held(who, combination, fraction, ketamine);
          check_bounds(r, who.species);
          check_scales(r);
        }
}

TEST_CASE("tools: surface TrkB stays bounded at the ends of all plausible ranges",
          "[model][tools]") {
  // A tool that lowers BDNF for two weeks keeps TrkB at the surface: at most all that there is.
  std::mt19937_64 draw(1);
  const auto rows = model::parameter_rows();
  for (int corner = 0; corner < 200; ++corner) {
    const Drug tool = tools[static_cast<std::size_t>(corner) % tools.size()];
    Scenario s{.subject = {.severity = 0.0},
               .doses = {hold(tool, 1.0, 0.0, held_h), infusion(24.0)},
               .parameters = parameters::of(Species::human)};
    const auto values = model::numbers(s.parameters);
    for (std::size_t k = 0; k < rows.size(); ++k)
      if (rows[k].module == "bdnf_trkb" || rows[k].module == "mtor") {
        const model::Entry& entry = rows[k].human_entry;
        values[k] = draw() % 2 == 0 ? entry.low : entry.high;
      }
    const auto& p = s.parameters.bdnf_trkb;
    const double th0 = 1.0 / (p.K_B + 1.0), all_trkb = 1.0 + p.k_int * th0 / p.k_rec;
    const double largest_trkb = all_trkb / th0 * (1.0 + p.w_direct * p.g_direct);
    CAPTURE(corner, words({tool}));
    const Trajectory r = run(s, times, rtol_here);
    REQUIRE(r.success());
    check_scales(r);
    CHECK(largest(r.state("bdnf_trkb.S")) <= all_trkb * (1.0 + rtol_here));
    CHECK(largest(r.readout("p_trkb")) <= largest_trkb * (1.0 + rtol_here));
  }
}

TEST_CASE("tools: none makes anybody worse by more than a few points", "[model][tools]") {
  // Anisomycin stops translation itself and with it the upkeep of synapses.
  constexpr double few_points = 5.0;
  for (const Who& who : everybody)
    for (const double fraction : {1.0, 0.05})
      for (const bool ketamine : {false, true})
        for (const Tools& combination : combinations()) {
          CAPTURE(name_of(who.species, parameters::species_rows), who.severity, fraction, ketamine,
                  words(combination));
          CHECK(largest(seen(held(who, combination, fraction, ketamine), "madrs_change")) <
                few_points);
        }
}

TEST_CASE("tools: two weeks after its end no tool alone leaves relief or harm behind",
          "[model][tools]") {
  for (const Who& who : everybody)
    for (const double fraction : {1.0, 0.05})
      for (const Tools& combination : combinations()) {
        CAPTURE(name_of(who.species, parameters::species_rows), who.severity, fraction,
                words(combination));
        // An mGlu2/3 antagonist raises AMPA throughput as ketamine does and is an antidepressant in
        // rodents itself (Chaki 2013, doi:10.1016/j.neuropharm.2012.05.017): some relief outlasts it.
        const bool antidepressant =
            combination.front() == Drug::ly341495 || combination.back() == Drug::ly341495;
        const double relief = seen(held(who, combination, fraction, false), "drug_relief").back();
        CHECK(std::abs(relief) < (antidepressant ? 0.25 : 0.1));
      }
}

TEST_CASE("tools: block of AMPA receptors through a whole course does not worsen the MADRS",
          "[model][tools]") {
  const std::vector<double> t = every(6.0, 0.5, 2.0 * week);
  const Trajectory blocked = run(human({infusion(), hold(Drug::nbqx, 1.0, -0.5, 15.0 * 24.0)}), t);
  const auto change = seen(blocked, "madrs_change");
  CHECK(largest(change) < 1.0);
  // Nor is there any of the relief that ketamine gives without it.
  const auto free = seen(run(human({infusion()}), t), "madrs_change");
  CHECK(*std::min_element(change.begin(), change.end()) >
        0.1 * *std::min_element(free.begin(), free.end()));
}

TEST_CASE("tools: an opioid block prevents relief and does not take it away", "[model][tools]") {
  constexpr double start = 48.0;
  const std::vector<double> t{24.0, start - 1e-3, start + 1e-3, start + 48.0, week, 2.0 * week};
  const auto relief = [&](const std::vector<Dose>& block) {
    std::vector<Dose> doses = block;
    doses.push_back(infusion());
    Scenario s = human(std::move(doses));
    s.parameters.symptoms.w_opioid = 1.0;
    return seen(run(s, t), "drug_relief");
  };
  const auto free = relief({}), late = relief({hold(Drug::naltrexone, 1.0, start, 48.0)}),
             early = relief({hold(Drug::naltrexone, 1.0, -1.0, 25.0)});
  REQUIRE(free[0] > 0.1);
  // No jump when the block starts, and the relief goes on as without it.
  CHECK(late[2] == Approx(late[1]).epsilon(1e-3));
  for (std::size_t k = 0; k < t.size(); ++k) {
    CAPTURE(t[k]);
    CHECK(late[k] == Approx(free[k]).epsilon(0.05));
  }
  // What was blocked at induction does not come back when the block ends.
  for (std::size_t k = 0; k < t.size(); ++k) {
    CAPTURE(t[k]);
    CHECK(std::abs(early[k]) < 0.15 * free[k]);
  }
}
