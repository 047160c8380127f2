/// Any sequence of calls by the explorer page. The module has no exceptions: there, what is thrown
/// becomes an error of the page. Here it is caught, and the next call goes on.
#include <stdexcept>

#include "input.hpp"
#include "ketasim/observation/clinical.hpp"
#include "solve_problem.hpp"
#include "wasm/tables.hpp"

// A native program has a function of this name.
#define read page_read
#include "wasm/engine.cpp"
#undef read

namespace {

/// A position in a table, mostly one that exists.
int position(fuzz::Input& in, std::size_t n) {
  return in.byte() < 245 ? static_cast<int>(in.below(n)) : static_cast<int>(in.word());
}

void call(fuzz::Input& in) {
  switch (in.below(8)) {
    case 0:
      begin(position(in, 5), position(in, 4) - 1, position(in, 12), in.mostly(0.1, 100.0),
            in.mostly(0.0, 1.0), in.yes() ? in.mostly(1.0, 59.0) : std::nan(""));
      break;
    case 1:
      set_parameter(position(in, 280), in.mostly(0.0, 10.0));
      break;
    case 2: {
      const ketasim::dosing::Dose d = fuzz::dose(in);
      const auto of = [](auto value) { return static_cast<int>(value); };
      add_dose(in.byte() < 245 ? of(d.drug) : position(in, 99), d.amount,
               in.byte() < 245 ? of(d.unit) : position(in, 9),
               in.byte() < 245 ? of(d.route) : position(in, 20), d.start_h, d.duration_h,
               d.interval_h, d.additional, d.lag_h, d.bioavailability);
      break;
    }
    case 3:
      check();
      break;
    case 4:
    case 5: {
      const std::vector<double> times = fuzz::times(in);
      double* given = array(static_cast<int>(times.size()));
      std::copy(times.begin(), times.end(), given);
      const double* outcome =
          ::solve(in.byte() < 200 ? 1e-6 : in.number(), 1 + position(in, 200) % 200);
      fuzz::must(outcome[0] >= 0.0 && outcome[0] < 20.0);
      fuzz::must_be_honest(last, times.size());
      break;
    }
    case 6: {
      const std::size_t n = in.below(9);
      double* given = array(static_cast<int>(n));
      for (std::size_t k = 0; k < n; ++k)
        given[k] = in.byte() < 245 ? static_cast<double>(in.below(160)) : in.number();
      (void)page_read();
      break;
    }
    default: {
      double* given = array(in.byte() < 245 ? 11 : position(in, 40));
      for (int k = 0; k < 11 && in.yes(); ++k) given[k] = in.mostly(0.0, 2.0);
      (void)observe();
      if (in.byte() < 10) fuzz::must(::tables(position(in, 2))[0] == '{');
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::Input in(bytes, size);
  scenario = {};
  last = {};
  numbers.clear();
  for (std::size_t n = 1 + in.below(12); n > 0; --n) fuzz::answered([&] { call(in); });
  return 0;
}
