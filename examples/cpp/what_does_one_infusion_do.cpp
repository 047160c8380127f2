/// What does one infusion of ketamine do, from the pump to the mood, and when?
#include <cmath>
#include <cstdio>
#include <ketasim/ketasim.hpp>
#include <string>
#include <utility>
#include <vector>

int main() {
  ketasim::Scenario patient;  // 70 kg, depressed, untreated
  patient.doses = {{.drug = ketasim::dosing::Drug::ketamine,
                    .amount = 0.5,
                    .unit = ketasim::dosing::Unit::mg_per_kg,
                    .route = ketasim::dosing::Route::iv,
                    .duration_h = 40.0 / 60.0}};

  const std::vector<std::pair<const char*, double>> landmarks{
      {"before", 0.0}, {"40 min", 40.0 / 60.0}, {"2 h", 2.0},   {"4 h", 4.0},
      {"1 d", 24.0},   {"3 d", 72.0},           {"7 d", 168.0}, {"14 d", 336.0}};
  std::vector<double> times;
  for (const auto& [name, time] : landmarks) times.push_back(time);

  const ketasim::Trajectory run = ketasim::simulate(patient, times);
  if (!run.success()) {
    std::fprintf(stderr, "%s\n", std::string(ketasim::solve::remedy(run.outcome.status)).c_str());
    return 1;
  }

  std::printf("Ketamine 0.5 mg/kg iv over 40 min, 70 kg\n\n%-40s", "");
  for (const auto& [name, time] : landmarks) std::printf("%9s", name);
  for (const char* readout : {"ketamine_venous", "nmda_block_interneuron", "glutamate_dialysate",
                              "p_mtor", "spine_density", "cadss", "madrs_change"}) {
    const std::string unit(run.unit(readout));
    std::printf("\n%-40s", (std::string(readout) + " [" + unit + "]").c_str());
    for (const double value : run.readout(readout))
      std::printf("%9.2f", std::round(100.0 * value) / 100.0 + 0.0);  // + 0.0: no "-0.00"
  }
  std::printf("\n\nA simulation of published hypotheses, for teaching. Not medical advice.\n");
}
