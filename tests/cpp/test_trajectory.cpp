/// Readouts: one table of names and units, every one of them in every run.
#include <catch2/catch.hpp>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "scenarios.hpp"

using namespace test;

TEST_CASE("trajectory: names are unique, have units, and lead to their place", "[trajectory]") {
  std::set<std::string_view> seen;
  const auto& table = ketasim::readout_table();
  for (std::size_t k = 0; k < table.size(); ++k) {
    CAPTURE(table[k].name);
    CHECK(seen.insert(table[k].name).second);
    CHECK_FALSE(table[k].unit.empty());
    CHECK(ketasim::readout_index(table[k].name) == k);
  }
}

TEST_CASE("trajectory: every readout of every run is a number", "[trajectory]") {
  const Trajectory run = ketasim::simulate(infusion(), std::vector{0.0, 1.0, 24.0});
  for (std::size_t k = 0; k < ketasim::readout_table().size(); ++k) {
    CAPTURE(ketasim::readout_table()[k].name);
    const std::vector<double> values = run.readout(k);
    REQUIRE(values.size() == 3);
    for (const double v : values) CHECK(std::isfinite(v));
  }
}

TEST_CASE("trajectory: readouts are those of the model at each row", "[trajectory]") {
  const Trajectory run = ketasim::simulate(infusion(), std::vector{0.5, 24.0});
  const std::vector<double> arterial = run.readout(ketasim::readout_index("ketamine_arterial"));
  for (std::size_t row = 0; row < 2; ++row)
    CHECK(arterial[row] == Approx(237.73 / run.parameters.pharmacokinetics.V1 *
                                  (at(run, row, state("pharmacokinetics.A1_S")) +
                                   at(run, row, state("pharmacokinetics.A1_R"))))
                               .epsilon(1e-14));
}

TEST_CASE("trajectory: a rise in a patient's MADRS is measured from their own baseline",
          "[trajectory]") {
  Scenario scenario = infusion();
  scenario.subject.baseline_madrs = 38.5;
  const Trajectory run = ketasim::simulate(scenario, std::vector{0.0, 24.0});
  const auto madrs = run.readout(ketasim::readout_index("madrs")),
             change = run.readout(ketasim::readout_index("madrs_change"));
  CHECK(madrs[0] == Approx(38.5).epsilon(1e-12));
  CHECK(change[0] == Approx(0).margin(1e-12));
  CHECK(change[1] == Approx(madrs[1] - 38.5).epsilon(1e-12));
  CHECK(change[1] < 0);
}

TEST_CASE("trajectory: readouts, states and units are found by name", "[trajectory]") {
  const Trajectory run = ketasim::simulate(infusion(), std::vector{0.0, 24.0});
  CHECK(run.readout("madrs_change") == run.readout(ketasim::readout_index("madrs_change")));
  CHECK(run.before("madrs") == run.before(ketasim::readout_index("madrs")));
  CHECK(run.unit("madrs_change") == "points");
  const std::size_t index = ketasim::state_index("mtor.M");
  CHECK(ketasim::state_names()[index] == "mtor.M");
  CHECK(run.state("mtor.M") == std::vector{at(run, 0, index), at(run, 1, index)});
  CHECK(run.unit("pharmacokinetics.A1_S") == "umol");
  CHECK(ketasim::readout_indices({"madrs", "cadss"}) ==
        std::vector{ketasim::readout_index("madrs"), ketasim::readout_index("cadss")});
}

TEST_CASE("trajectory: an unknown name is refused with the nearest names", "[trajectory]") {
  CHECK(refusal([] { (void)ketasim::readout_index("madr"); }) ==
        "no readout is called 'madr': did you mean 'madrs' or 'madrs_baseline' or 'madrs_change'?");
  CHECK(refusal([] { (void)ketasim::readout_index("xyzzy"); }) ==
        "no readout is called 'xyzzy': readout_table() lists the names");
  CHECK(refusal([] {
          (void)ketasim::state_index("mtor.S7");
        }).starts_with("no state is called 'mtor.S7': did you mean 'mtor.S6'"));
  const Trajectory none{};
  CHECK(refusal([&] {
          (void)none.readout("madrs_chnage");
        }).starts_with("no readout is called 'madrs_chnage': did you mean 'madrs_change'"));
  CHECK(refusal([&] { (void)none.unit("mtor.Q_1"); }) != "");
}
