/// Any dose records and resets: refused in words, or stops in order with finite jumps and inputs,
/// the same for any order of the records.
#include <algorithm>

#include "input.hpp"
#include "ketasim/problem.hpp"

namespace {

void must_be_equal(const ketasim::dosing::Schedule& a, const ketasim::dosing::Schedule& b) {
  fuzz::must(a.stops.size() == b.stops.size());
  for (std::size_t k = 0; k < a.stops.size(); ++k) {
    fuzz::must(a.stops[k].time == b.stops[k].time && a.stops[k].reset == b.stops[k].reset);
    fuzz::must(a.stops[k].jumps.size() == b.stops[k].jumps.size());
    const auto of_a = ketasim::model::numbers(a.stops[k].inputs),
               of_b = ketasim::model::numbers(b.stops[k].inputs);
    fuzz::must(std::equal(of_a.begin(), of_a.end(), of_b.begin(), of_b.end()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::Input in(bytes, size);
  fuzz::answered([&] {
    ketasim::Scenario scenario = fuzz::scenario(in);
    const ketasim::dosing::Schedule schedule = ketasim::prepare(scenario).schedule;
    double last = -std::numeric_limits<double>::infinity();
    for (const ketasim::dosing::Stop& stop : schedule.stops) {
      fuzz::must(std::isfinite(stop.time) && stop.time > last);
      last = stop.time;
      for (const ketasim::dosing::Jump& jump : stop.jumps) {
        fuzz::must(jump.state >= 0 && jump.state < ketasim::model::n_states);
        fuzz::must(std::isfinite(jump.scale) && std::isfinite(jump.add));
      }
      for (const double value : ketasim::model::numbers(stop.inputs))
        fuzz::must(std::isfinite(value));
    }
    std::reverse(scenario.doses.begin(), scenario.doses.end());
    std::reverse(scenario.resets.begin(), scenario.resets.end());
    must_be_equal(schedule, ketasim::prepare(scenario).schedule);
  });
  return 0;
}
