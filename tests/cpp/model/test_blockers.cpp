/// Each tool darkens what lies below its target and nothing above: the effect of ketamine, with and
/// without the tool, from drug to spines.
#include <cmath>
#include <string>

#include "setting.hpp"

using namespace test;

namespace {

/// The tool acts from half an hour before ketamine to the end.
const std::vector<double> times = [] {
  std::vector<double> t = every(0.1, 0.1, 2.0);
  for (const double h : every(1.0, 3.0, 30.0)) t.push_back(h);
  return t;
}();

Scenario treated(std::vector<Dose> doses) {
  Scenario s = rat(std::move(doses), 1.0);
  s.parameters.symptoms.w_opioid = 1.0;  // or naltrexone would act on nothing
  return s;
}

/// Runs with ketamine (10 mg/kg ip in a stressed rat) and without, under one tool or none.
struct Effect {
  Trajectory with, without;

  explicit Effect(const std::vector<Dose>& tool)
      : with(run(treated([&] {
                   auto doses = tool;
                   doses.push_back(give(Drug::ketamine, 10.0, Unit::mg_per_kg, Route::ip));
                   return doses;
                 }()),
                 times)),
        without(run(treated(tool), times)) {}

  /// What ketamine adds to a readout at every time.
  [[nodiscard]] std::vector<double> on(std::string_view readout) const {
    std::vector<double> a = seen(with, readout);
    const std::vector<double> b = seen(without, readout);
    for (std::size_t k = 0; k < a.size(); ++k) a[k] -= b[k];
    return a;
  }
};

double size(const std::vector<double>& curve) {
  double most = 0.0;
  for (const double v : curve) most = std::max(most, std::abs(v));
  return most;
}

const Effect& untreated() {
  static const Effect effect({});
  return effect;
}

/// Largest difference that the tool makes to the effect on a readout, relative to the effect
/// itself.
double touched(const Effect& under_tool, std::string_view readout) {
  std::vector<double> change = under_tool.on(readout);
  const std::vector<double> before = untreated().on(readout);
  for (std::size_t k = 0; k < change.size(); ++k) change[k] -= before[k];
  return size(change) / size(before);
}

/// Share of the effect that is left under the tool.
double left(const Effect& under_tool, std::string_view readout) {
  return size(under_tool.on(readout)) / size(untreated().on(readout));
}

using Names = std::vector<std::string_view>;

void nothing_above(const Effect& under_tool, const Names& readouts, double tolerance) {
  for (const std::string_view readout : readouts) {
    INFO(readout);
    CHECK(touched(under_tool, readout) <= tolerance);
  }
}

void dark_below(const Effect& under_tool, const Names& readouts, double most) {
  for (const std::string_view readout : readouts) {
    INFO(readout);
    CHECK(left(under_tool, readout) <= most);
  }
}

Effect under(Drug tool) { return Effect({hold(tool, 1.0, -0.5, 31.0)}); }

// The chain, from top to bottom.
const Names drug{"ketamine_arterial", "norketamine_venous", "hnk_venous", "cadss", "sbp_change"};
const Names block{"nmda_block_interneuron", "nmda_block_pyramidal", "nmda_occupancy"};
const Names circuit{"pyramidal_rate", "interneuron_rate", "glutamate_dialysate",
                    "glutamate_cycling"};
const Names ampa{"ampa_throughput"};
const Names trkb{"p_trkb", "p_akt", "p_erk"};
const Names mtor{"p_mtor", "p_s6k", "p_4ebp1"};
const Names synapse{"psd95",        "glua1",          "synapsin1",        "spine_density",
                    "spine_mature", "spine_restored", "synaptic_strength"};

/// Nothing flows upward, so only the steps of the solver differ: some ten rtol.
constexpr double solver = 1e-6;
/// Use speeds binding: less release, later block. The equilibrium is the same.
constexpr double use = 0.1;
/// Synaptic GluA1 feeds back on AMPA throughput with a gain of 0.05: 0.05 x 0.33 of 0.52.
constexpr double glua1_feedback = 0.05;

/// A signal that is gone: a seventh is left of what the resting part of release still carries. Of
/// synapses a tenth is left; less than half where eEF2 still raises translation.
constexpr double signal_gone = 0.15, synapse_gone = 0.1, most_gone = 0.5;

}  // namespace

TEST_CASE("blockers: without a tool ketamine moves every stage", "[model][blockers]") {
  for (const Names& stage : {drug, block, circuit, ampa, trkb, mtor, synapse})
    for (const std::string_view readout : stage) {
      INFO(readout);
      CHECK(size(untreated().on(readout)) > 0.01);
    }
  CHECK(largest(untreated().on("spine_restored")) > 0.3);
}

TEST_CASE("blockers: NBQX takes AMPA throughput and everything below it", "[model][blockers]") {
  const Effect nbqx = under(Drug::nbqx);
  nothing_above(nbqx, drug, solver);
  nothing_above(nbqx, block, use);
  dark_below(nbqx, ampa, signal_gone);
  dark_below(nbqx, {"bdnf_extracellular"}, signal_gone);
  dark_below(nbqx, trkb, signal_gone);
  dark_below(nbqx, mtor, signal_gone);
  dark_below(nbqx, synapse, synapse_gone);
  // eEF2 is reached from resting receptors, past AMPA.
  CHECK(left(nbqx, "p_eef2") > 0.7);
  // Pyramids are released from inhibition all the same.
  CHECK(left(nbqx, "pyramidal_rate") > 0.5);
}

TEST_CASE("blockers: an mGlu2/3 agonist halves release and takes what needs the surge",
          "[model][blockers]") {
  const Effect agonist = under(Drug::ly379268);
  nothing_above(agonist, drug, solver);
  nothing_above(agonist, block, use);
  dark_below(agonist, {"glutamate_dialysate", "glutamate_cycling", "ampa_throughput"}, 0.5);
  dark_below(agonist, {"bdnf_extracellular"}, signal_gone);
  dark_below(agonist, trkb, signal_gone);
  dark_below(agonist, mtor, signal_gone);
  dark_below(agonist, synapse, most_gone);
  CHECK(seen(agonist.without, "ampa_throughput").back() < 0.75);
}

TEST_CASE("blockers: an mGlu2/3 antagonist raises release at rest and under ketamine",
          "[model][blockers]") {
  const Effect antagonist = under(Drug::ly341495);
  nothing_above(antagonist, drug, solver);
  nothing_above(antagonist, block, use);
  CHECK(seen(antagonist.without, "glutamate_dialysate").back() > 105.0);
  CHECK(left(antagonist, "glutamate_dialysate") > 1.2);
  CHECK(left(antagonist, "ampa_throughput") > 1.2);
}

TEST_CASE("blockers: anti-BDNF takes TrkB and everything below it", "[model][blockers]") {
  const Effect anti_bdnf = under(Drug::anti_bdnf);
  nothing_above(anti_bdnf, drug, solver);
  nothing_above(anti_bdnf, block, solver);
  nothing_above(anti_bdnf, circuit, solver);
  nothing_above(anti_bdnf, ampa, glua1_feedback);
  dark_below(anti_bdnf, {"bdnf_extracellular"}, signal_gone);
  dark_below(anti_bdnf, trkb, signal_gone);
  dark_below(anti_bdnf, mtor, signal_gone);
  dark_below(anti_bdnf, synapse, synapse_gone);
}

TEST_CASE("blockers: block of L-type channels takes the release of BDNF and all below",
          "[model][blockers]") {
  const Effect vdcc = under(Drug::vdcc_blocker);
  nothing_above(vdcc, drug, solver);
  nothing_above(vdcc, block, solver);
  nothing_above(vdcc, circuit, solver);
  nothing_above(vdcc, ampa, glua1_feedback);
  dark_below(vdcc, {"bdnf_extracellular"}, signal_gone);
  dark_below(vdcc, trkb, signal_gone);
  dark_below(vdcc, mtor, signal_gone);
  dark_below(vdcc, synapse, most_gone);
  // The synthesis of BDNF on eEF2 is another way in.
  CHECK(left(vdcc, "bdnf_protein") > 0.7);
}

TEST_CASE("blockers: anisomycin takes whatever is newly made", "[model][blockers]") {
  const Effect anisomycin = under(Drug::anisomycin);
  nothing_above(anisomycin, drug, solver);
  nothing_above(anisomycin, block, solver);
  nothing_above(anisomycin, circuit, solver);
  nothing_above(anisomycin, ampa, glua1_feedback);
  dark_below(anisomycin, {"bdnf_protein"}, synapse_gone);
  dark_below(anisomycin, synapse, synapse_gone);
  // The kinases still fire on the BDNF that was stored.
  CHECK(left(anisomycin, "p_erk") > 0.5);
}

TEST_CASE("blockers: rapamycin takes mTORC1 and synapses, not TrkB, ERK and Akt",
          "[model][blockers]") {
  const Effect rapamycin = under(Drug::rapamycin);
  nothing_above(rapamycin, drug, solver);
  nothing_above(rapamycin, block, solver);
  nothing_above(rapamycin, circuit, solver);
  nothing_above(rapamycin, ampa, glua1_feedback);
  // p70S6K inhibits eEF2K, which lowers the synthesis of BDNF: a loop that rapamycin opens.
  CHECK(left(rapamycin, "bdnf_extracellular") > 0.9);
  for (const std::string_view readout : trkb) {
    INFO(readout);
    CHECK(left(rapamycin, readout) > 0.9);
  }
  dark_below(rapamycin, mtor, synapse_gone);
  dark_below(rapamycin, synapse, synapse_gone);
}

TEST_CASE("blockers: naltrexone gates commitment and acute relief, if that hypothesis is on",
          "[model][blockers]") {
  const Effect naltrexone = under(Drug::naltrexone);
  for (const Names& stage : {drug, block, circuit}) nothing_above(naltrexone, stage, solver);
  nothing_above(naltrexone, ampa, glua1_feedback);
  for (const std::string_view readout : {"p_trkb", "p_akt", "p_erk", "p_mtor", "p_s6k"}) {
    INFO(readout);
    CHECK(left(naltrexone, readout) > 0.9);
  }
  // Translation raises synaptic proteins a little without any growth phase.
  dark_below(naltrexone, synapse, most_gone);
  dark_below(naltrexone, {"madrs_change", "hdrs_change", "suicidal_ideation_change"}, most_gone);
  CHECK(size(untreated().on("madrs_change")) > 5.0);
}

TEST_CASE("blockers: half a tool does less than a whole one", "[model][blockers]") {
  for (const Drug tool : {Drug::nbqx, Drug::anti_bdnf, Drug::vdcc_blocker, Drug::rapamycin}) {
    const Effect half({hold(tool, 0.5, -0.5, 31.0)});
    INFO(dosing::name_of(tool, dosing::drugs));
    CHECK(left(half, "p_mtor") < 1.0);
    CHECK(left(half, "p_mtor") > left(under(tool), "p_mtor"));
  }
}

TEST_CASE("blockers: rapamycin by mouth reaches the human brain too thinly to matter",
          "[model][blockers]") {
  // An independent implementation: 6 mg give 0.01 nM unbound, 2 % inhibition, and 0.7 % less relief.
  const Dose tablet = give(Drug::rapamycin, 6.0, Unit::mg, Route::oral, -2.0);
  const Trajectory r =
      run(human({infusion(), tablet}, 1.0, Context::midazolam), every(1.0, 1.0, 24.0));
  // Means over the day, to the one digit that is given.
  double C = 0.0, inhibition = 0.0;
  for (std::size_t row = 0; row < r.t.size(); ++row) {
    const double now = state_at(r, row).mtor.C_rapa;
    C += now / 24.0;
    inhibition += now / (now + r.parameters.mtor.IC50_rapa) / 24.0;
  }
  CHECK(C == Approx(1e-5).margin(0.5e-5));
  CHECK(inhibition == Approx(0.02).margin(0.005));
  const double alone =
      seen(run(human({infusion()}, 1.0, Context::midazolam), {24.0}), "madrs_change").back();
  CHECK(seen(r, "madrs_change").back() / alone == Approx(0.993).margin(0.02));
}
