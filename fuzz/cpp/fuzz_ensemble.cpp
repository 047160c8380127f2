/// Any variation, of any sizes: refused in words, or members with the bits of single runs.
#include <cstring>

#include "input.hpp"
#include "ketasim/ensemble.hpp"

namespace {

std::vector<double> column(fuzz::Input& in, std::size_t members, double low, double high) {
  std::vector<double> values(in.byte() < 240 ? members : in.below(6));
  for (double& value : values) value = in.mostly(low, high);
  return values;
}

void must_be_as_alone(const ketasim::Scenario& scenario, const std::vector<double>& times,
                      const std::vector<std::size_t>& readouts,
                      const ketasim::SolverOptions& options, const ketasim::MemberStatus& status,
                      const double* values) {
  try {
    const ketasim::Trajectory run = ketasim::simulate(scenario, times, options);
    fuzz::must(!status.refused && status.outcome.status == run.outcome.status);
    for (std::size_t r = 0; r < readouts.size(); ++r) {
      const std::vector<double> alone = run.readout(readouts[r]);
      fuzz::must(
          std::memcmp(alone.data(), values + r * times.size(), times.size() * sizeof(double)) == 0);
    }
  } catch (const std::invalid_argument& refusal) {
    fuzz::must(status.refused && status.message == refusal.what());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace ketasim;
  fuzz::Input in(bytes, size);
  fuzz::answered([&] {
    EnsembleOptions ensemble;
    ensemble.solver = fuzz::options(in);
    ensemble.threads = 1 + static_cast<unsigned>(in.below(2));
    ensemble.lanes = in.byte() < 200 ? 0 : static_cast<unsigned>(in.below(10));
    const std::vector<double> times = fuzz::times(in);
    Variation v;
    v.members = in.below(7);
    const auto rows = model::parameter_rows();
    for (std::size_t n = in.below(3); n > 0; --n) {
      v.parameters.push_back(in.byte() < 240 ? full_name_of(rows[in.below(rows.size())])
                                             : in.text(20));
    }
    v.values.resize(in.byte() < 240 ? v.members * v.parameters.size() : in.below(20));
    for (double& value : v.values) value = in.mostly(0.0, 10.0);
    if (in.yes()) v.weight_kg = column(in, v.members, 0.1, 100.0);
    if (in.yes()) v.severity = column(in, v.members, 0.0, 1.0);
    if (in.byte() < 60) v.baseline_madrs = column(in, v.members, 1.0, 59.0);
    if (in.byte() < 80) {
      for (std::size_t n = in.below(3); n > 0; --n) {
        const Scenario own = fuzz::scenario(in);
        v.regimens.push_back({own.doses, own.resets});
      }
      v.regimen.resize(v.members);
      for (std::size_t& k : v.regimen) k = in.below(in.byte() < 240 ? v.regimens.size() + 1 : 9);
    }
    const Scenario base = fuzz::scenario(in);
    std::vector<std::size_t> readouts(in.below(4));
    for (std::size_t& k : readouts) k = in.below(in.byte() < 240 ? readout_table().size() : 300);
    std::vector<double> values(in.byte() < 240 ? v.members * readouts.size() * times.size()
                                               : in.below(100));
    const std::vector<MemberStatus> status =
        simulate_ensemble(base, v, times, readouts, values, ensemble);
    fuzz::must(status.size() == v.members);
    for (std::size_t m = 0; m < v.members; ++m) {
      Scenario own = base;
      for (std::size_t k = 0; k < v.parameters.size(); ++k)
        parameters::find(own.parameters, v.parameters[k]) = v.values[m * v.parameters.size() + k];
      if (!v.weight_kg.empty()) own.subject.weight_kg = v.weight_kg[m];
      if (!v.severity.empty()) own.subject.severity = v.severity[m];
      if (!v.baseline_madrs.empty()) own.subject.baseline_madrs = v.baseline_madrs[m];
      if (!v.regimen.empty()) {
        own.doses = v.regimens[v.regimen[m]].doses;
        own.resets = v.regimens[v.regimen[m]].resets;
      }
      must_be_as_alone(own, times, readouts, ensemble.solver, status[m],
                       values.data() + m * readouts.size() * times.size());
    }
  });
  return 0;
}
