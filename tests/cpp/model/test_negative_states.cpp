/// A solver may leave states at -1e-12: equations, readouts and Jacobian stay finite there and
/// hardly move.
#include <cmath>
#include <string>

#include "ketasim/model/jacobian.hpp"
#include "setting.hpp"

using namespace test;

namespace {

/// All states that rest at zero, at `value`.
State<double> nearly_rest(const Parameters<double>& p, const Derived<double>& d, double value) {
  State<double> y = model::healthy_state(p, d);
  State<double>::each(y, [&](std::string_view, double& v, const model::Variable&) {
    if (v == 0.0) v = value;
  });
  return y;
}

}  // namespace

TEST_CASE("negative states: every equation, readout and slope is finite at -1e-12",
          "[model][negative_states]") {
  for (Parameters<double> p : {parameters::human(), parameters::rat()}) {
    p.bdnf_trkb.w_direct = p.mtor.w_RERK = 1.0;
    const Derived<double> d = model::derived(p);
    Inputs<double> u;
    u.strength_ref = 1.0;
    u.z0 = model::symptoms::baseline(p.symptoms, 1.0);
    const State<double> y = nearly_rest(p, d, -1e-12);
    const State<double> f = model::derivative(y, u, p, d),
                        at_rest = model::derivative(nearly_rest(p, d, 0.0), u, p, d);
    std::vector<double> packed(n_states), slope(n_states), slope_at_rest(n_states),
        J(model::jacobian_structure().column.size());
    model::pack(y, packed);
    model::pack(f, slope);
    model::pack(at_rest, slope_at_rest);
    model::jacobian(packed, u, p, d, J);
    for (const double entry : J) CHECK(std::isfinite(entry));
    for (std::size_t k = 0; k < n_states; ++k) {
      CAPTURE(k);
      CHECK(std::isfinite(slope[k]));
      // The fastest rate is 7e5 per h; 1e-12 moves a slope by no more than a few of that.
      CHECK(std::abs(slope[k] - slope_at_rest[k]) <= 1e-12 * 4e6);
    }
    const auto r = model::readouts(y, u, p, d);
    model::Readouts<double>::each(r, [](std::string_view, double value, const model::Readout& row) {
      INFO(row.name);
      CHECK(std::isfinite(value));
    });
  }
}

TEST_CASE("negative states: a run that starts there ends at rest", "[model][negative_states]") {
  const Parameters<double> p = parameters::human();
  const Derived<double> d = model::derived(p);
  CascadeSystem<double> system{p, d, {}};
  system.inputs.strength_ref = 1.0;
  StateVector<double> y, rest;
  model::pack(nearly_rest(p, d, -1e-12), y);
  model::pack(model::healthy_state(p, d), rest);
  solve::Rodas<solve::Rodas5P, n_states, solve::SparseLU<double, n_states>> stepper{
      sparse_solver()};
  solve::Options<double, n_states> options;
  options.rtol = 1e-6;
  options.atol = 1e-6 * typical_sizes();
  const auto outcome = solve::integrate(stepper, system, y, {.to = 1000.0}, options);
  CHECK(outcome.status == solve::Status::success);
  // D reads G at 100 % per 0.14 uM, so -1e-12 uM somewhere becomes 1e-9 at most.
  CHECK((y - rest).cwiseAbs().maxCoeff() < 1e-9);
}
