/// Any scenario, times and options: refused in words, or a run that is honest about how it ended.
#include "input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::Input in(bytes, size);
  fuzz::answered([&] {
    const ketasim::SolverOptions options = fuzz::options(in);
    const std::vector<double> times = fuzz::times(in);
    const ketasim::Scenario scenario = fuzz::scenario(in);
    fuzz::must_be_honest(ketasim::simulate(scenario, times, options), times.size());
  });
  return 0;
}
