/// Any names to differentiate by: refused in words, or a run with finite derivatives where it came.
#include "input.hpp"
#include "ketasim/adjoint.hpp"
#include "ketasim/sensitivity.hpp"

namespace {

std::string name(fuzz::Input& in) {
  static const std::vector<std::string> fields{"amount",     "start_h", "duration_h",
                                               "interval_h", "lag_h",   "bioavailability"};
  const auto rows = ketasim::model::parameter_rows();
  switch (in.below(6)) {
    case 0:
      return "dose[" + std::to_string(in.below(5)) + "]." + fields[in.below(fields.size())];
    case 1:
      return "initial." + ketasim::state_names()[in.below(ketasim::state_names().size())];
    case 2:
      return in.yes() ? "weight_kg" : in.yes() ? "severity" : "baseline_madrs";
    case 3:
      return in.text(24);
    default:
      return full_name_of(rows[in.below(rows.size())]);
  }
}

/// The adjoint takes the same steps and gives the sum of the forward derivatives.
void must_agree_backward(const ketasim::Sensitivity& s, const ketasim::Scenario& scenario,
                         const std::vector<double>& times, const ketasim::SolverOptions& options) {
  const ketasim::Adjoint adjoint(scenario, times, s.readouts, s.wrt, options);
  fuzz::must(adjoint.run().outcome.steps == s.run.outcome.steps);
  if (!s.run.success()) return;
  std::vector<double> weights;
  const auto values = s.run.readouts(s.readouts);
  for (const double value : values) weights.push_back(1.0 / std::max(1.0, std::abs(value)));
  const auto backward = adjoint.gradient(weights);
  for (std::size_t w = 0; w < s.wrt.size(); ++w) {
    double sum = 0.0, size = 0.0;
    for (std::size_t k = 0; k < weights.size(); ++k) {
      const double term = weights[k] * s.gradient[k * s.wrt.size() + w];
      sum += term;
      size += std::abs(term);
    }
    fuzz::must(std::isfinite(backward[w]));
    // Rounding alone, which cancellation may enlarge.
    fuzz::must(std::abs(backward[w] - sum) <= 1e-6 * size + 1e-7);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::Input in(bytes, size);
  fuzz::answered([&] {
    ketasim::SolverOptions options = fuzz::options(in);
    options.max_steps = std::min(options.max_steps, 40L);
    const std::vector<double> times = fuzz::times(in);
    std::vector<std::string> wrt(in.below(3));
    for (std::string& by : wrt) by = name(in);
    std::vector<std::size_t> readouts(in.below(3));
    for (std::size_t& k : readouts)
      k = in.below(in.byte() < 240 ? ketasim::readout_table().size() : 300);
    const ketasim::Scenario scenario = fuzz::scenario(in);
    const auto test =
        in.yes() ? ketasim::ErrorTest::states : ketasim::ErrorTest::states_and_gradient;
    const ketasim::Sensitivity s =
        ketasim::sensitivity(scenario, times, readouts, wrt, options, test);
    fuzz::must_be_honest(s.run, times.size());
    fuzz::must(s.gradient.size() == s.run.t.size() * readouts.size() * wrt.size());
    if (s.run.success())
      for (const double slope : s.gradient) fuzz::must(std::isfinite(slope));
    if (test == ketasim::ErrorTest::states) must_agree_backward(s, scenario, times, options);
  });
  return 0;
}
