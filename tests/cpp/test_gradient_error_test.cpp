/// Steps chosen by the error of derivatives too: what is asked for is what comes out.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "ketasim/sensitivity.hpp"
#include "scenarios.hpp"

using ketasim::ErrorTest;
using ketasim::Method;
using ketasim::Sensitivity;

namespace {

const std::vector<double> times{0.5, 1.0, 2.0, 24.0, 72.0, 168.0};
const std::vector<std::string> wrt{
    "mtor.tau_M",     "nmda_block.K0",      "pharmacokinetics.V1", "disinhibition.w_dis",
    "symptoms.k_C",   "dose[0].amount",     "dose[0].start_h",     "dose[0].duration_h",
    "initial.mtor.M", "pharmacokinetics.fu"};
/// What `wrt` is measured in: its value, 1 h for times, the typical size of mtor.M.
std::vector<double> sizes() {
  std::vector<double> values(wrt.size(), 1.0);
  const auto parameters = ketasim::parameters::human();
  ketasim::model::Parameters<double>::each(
      parameters, [&](std::string_view module, double value, const ketasim::model::Parameter& row) {
        for (std::size_t d = 0; d < wrt.size(); ++d)
          if (wrt[d] == std::string(module) + "." + std::string(row.name)) values[d] = value;
      });
  values[5] = test::infusion().doses[0].amount;
  return values;
}

Sensitivity solved(double rtol, ErrorTest test, Method method) {
  std::vector<std::size_t> readouts;
  for (const char* name : {"nmda_occupancy", "p_mtor", "glutamate_dialysate", "spine_density"})
    readouts.push_back(ketasim::readout_index(name));
  ketasim::SolverOptions options;
  options.method = method;
  options.rtol = rtol;
  options.atol_factor = rtol;
  return ketasim::sensitivity(test::infusion(), times, readouts, wrt, options, test);
}

/// Largest error over all times, [units of rtol]: of derivatives times the size of what varies, as
/// of states, against |value| + size.
struct Errors {
  double gradient = 0.0, states = 0.0;
};

Errors errors(const Sensitivity& s, const Sensitivity& reference, double rtol) {
  Errors e;
  const std::vector<double> size = sizes();
  for (std::size_t i = 0; i < s.gradient.size(); ++i) {
    const double unit = size[i % size.size()], exact = unit * reference.gradient[i];
    // Readouts are shares and multiples of a baseline: their size is 1.
    e.gradient =
        std::max(e.gradient, std::abs(unit * s.gradient[i] - exact) / (std::abs(exact) + 1.0));
  }
  const auto typical = ketasim::typical_sizes();
  for (std::size_t i = 0; i < s.run.y.size(); ++i) {
    const double exact = reference.run.y[i];
    const double scale = std::abs(exact) + typical[static_cast<int>(i % test::n_states)];
    e.states = std::max(e.states, std::abs(s.run.y[i] - exact) / scale);
  }
  return {e.gradient / rtol, e.states / rtol};
}

}  // namespace

TEST_CASE("sensitivity: with derivatives in the error test they are as exact as asked",
          "[sensitivity]") {
  using enum ErrorTest;
  const Method method = GENERATE(Method::rodas5p, Method::rodas4);
  const Sensitivity reference = solved(1e-11, states_and_gradient, Method::rodas5p);
  for (const double rtol : {1e-4, 1e-5, 1e-6, 1e-7, 1e-8}) {
    const Sensitivity s = solved(rtol, states_and_gradient, method);
    REQUIRE(s.run.outcome.status == test::Status::success);
    const Errors e = errors(s, reference, rtol);
    CAPTURE(rtol, e.gradient, e.states);
    // What is controlled is the RMS of 104 states in each step: one of them may miss by more, and
    // errors of steps add up. The error falls with rtol, or this fails at the smallest.
    CHECK(e.gradient < 3.0);
    CHECK(e.states < 3.0);
    // Derivatives ask for more steps than states, and get them.
    const Sensitivity plain = solved(rtol, states, method);
    CHECK(s.run.outcome.steps > plain.run.outcome.steps);
    CHECK(e.gradient < errors(plain, reference, rtol).gradient);
  }
}

TEST_CASE("sensitivity: a derivative that is zero everywhere costs no step", "[sensitivity]") {
  // No rapamycin is given: nothing depends on its clearance.
  const std::vector<std::size_t> readouts{ketasim::readout_index("p_mtor")};
  const auto steps = [&](ErrorTest test) {
    return ketasim::sensitivity(test::infusion(), times, readouts, {"mtor.CL_rapa"}, {}, test)
        .run.outcome.steps;
  };
  CHECK(steps(ErrorTest::states_and_gradient) == steps(ErrorTest::states));
}
