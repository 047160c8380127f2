/// Any names to differentiate by: refused in words, or a run with finite derivatives where it came.
#include "input.hpp"
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
    const auto test =
        in.yes() ? ketasim::ErrorTest::states : ketasim::ErrorTest::states_and_gradient;
    const ketasim::Sensitivity s =
        ketasim::sensitivity(fuzz::scenario(in), times, readouts, wrt, options, test);
    fuzz::must_be_honest(s.run, times.size());
    fuzz::must(s.gradient.size() == s.run.t.size() * readouts.size() * wrt.size());
    if (s.run.success())
      for (const double slope : s.gradient) fuzz::must(std::isfinite(slope));
  });
  return 0;
}
