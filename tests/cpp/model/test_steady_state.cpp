/// Without drug nothing moves: the healthy state is an exact equilibrium, the stressed one has
/// the values of an independent implementation.
#include <limits>
#include <string>

#include "ketasim/problem.hpp"
#include "ketasim/sensitivity.hpp"
#include "setting.hpp"

using namespace test;

namespace {

struct Stressed {
  double s, B, mtor, PSD, N, M, spines, Phi;
};

// Five decimals of the present equations; the chronic state below is approached by a run as well.
constexpr Stressed table[] = {
    {0.25, 0.92324, 0.96189, 0.96458, 0.26682, 0.66181, 0.92864, 0.89193},
    {0.50, 0.84772, 0.92116, 0.93005, 0.25408, 0.60764, 0.86172, 0.79452},
    {0.75, 0.77242, 0.87690, 0.89535, 0.24150, 0.55602, 0.79752, 0.70459},
    {1.00, 0.69723, 0.82857, 0.86034, 0.22903, 0.50669, 0.73573, 0.62145},
};

/// Half a unit of the fifth decimal, and the rounding of that half itself.
constexpr double five_decimals = 0.5e-5 * (1 + 1e-9);

/// Readouts of a state; shares of patients follow them.
const std::size_t n_measured_at_rest = model::readout_rows().size();

State<double> rest(double severity) {
  const SteadyState found = steady_state(parameters::human(), severity);
  REQUIRE(found.converged);
  return model::unpack<double>(found.y);
}

/// Calls f(full name, stressed value, healthy value) for the states of some modules.
void compare(const State<double>& stressed, const std::vector<std::string_view>& modules,
             auto&& f) {
  StateVector<double> y, healthy;
  model::pack(stressed, y);
  model::pack(rest(0.0), healthy);
  int k = 0;
  State<double>::each(stressed, [&](std::string_view module, double, const model::Variable& row) {
    if (std::find(modules.begin(), modules.end(), module) != modules.end())
      f(std::string(module) + "." + std::string(row.name) + std::string(row.suffix), y[k],
        healthy[k]);
    ++k;
  });
}

}  // namespace

TEST_CASE("steady state: health is an exact equilibrium in both species", "[model][steady_state]") {
  for (const Parameters<double>& p : {parameters::human(), parameters::rat()}) {
    const Derived<double> d = model::derived(p);
    const State<double> y = model::healthy_state(p, d);
    Inputs<double> u;
    u.strength_ref = 1.0;
    StateVector<double> state, slope;
    model::pack(y, state);
    model::pack(model::derivative(y, u, p, d), slope);
    std::vector<double> J(model::jacobian_structure().column.size());
    model::jacobian(state, u, p, d, J);
    std::size_t row = 0, entry = 0;
    State<double>::each(y, [&](std::string_view module, double value, const model::Variable& v) {
      // The rate of a state is its own Jacobian entry.
      double rate = 0.0;
      for (const auto end =
               static_cast<std::size_t>(model::jacobian_structure().row_start[row + 1]);
           entry < end; ++entry)
        if (model::jacobian_structure().column[entry] == static_cast<int>(row))
          rate = std::abs(J[entry]);
      INFO(module << "." << v.name);
      CHECK(rate > 0.0);
      CHECK(std::abs(slope[static_cast<int>(row)]) <= 1e-15 * rate * std::max(value, v.typical));
      ++row;
    });
  }
}

TEST_CASE("steady state: under stress every state is at rest, in both species",
          "[model][steady_state]") {
  for (const Parameters<double>& p : {parameters::human(), parameters::rat()})
    for (const double severity : {0.0, 0.5, 1.0}) {
      const SteadyState found = steady_state(p, severity);
      REQUIRE(found.converged);
      const Derived<double> d = model::derived(p);
      const State<double> y = model::unpack<double>(found.y);
      const Inputs<double> u =
          inputs_at_rest<double>(p, d, y, severity, std::nullopt, Context::none);
      CHECK(std::abs(y.synaptogenesis.Ad) <= 1e-14);  // rounding of translation
      CHECK(std::abs(y.synaptogenesis.G) <= 1e-14);
      CHECK(u.translation_deficit >= 0.0);
      CHECK((u.translation_deficit > 0.0) == (severity > 0.0));
      StateVector<double> slope;
      model::pack(model::derivative(y, u, p, d), slope);
      // The circuit moves within microseconds: its rates are 7e5 per h, and 1e-12 of its size is
      // what Newton leaves. All others move by less than 1e3 of their size per h.
      const auto rows = model::state_rows();
      for (int k = 0; k < n_states; ++k) {
        const auto& row = rows[static_cast<std::size_t>(k)];
        CAPTURE(severity, full_name_of(row));
        const double fastest = row.kind == model::StateKind::circuit ? 7e5 : 1.0;
        CHECK(std::abs(slope[k]) <= 1e-12 * fastest * row.typical);
      }
    }
}

TEST_CASE("steady state: derivatives by every parameter agree with differences",
          "[model][steady_state]") {
  const Scenario patient = human({});
  const std::vector<double> t{0.0, 48.0};
  std::vector<std::string> wrt;
  for (const model::ParameterRow& row : model::parameter_rows()) wrt.push_back(full_name_of(row));
  std::vector<std::size_t> readouts;
  for (std::size_t k = 0; k < n_measured_at_rest; ++k) readouts.push_back(k);
  const Sensitivity exact = sensitivity(patient, t, readouts, wrt, accurate());
  REQUIRE(exact.run.success());
  const auto read = [&](const std::string& name, double by) {
    Scenario s = patient;
    parameters::find(s.parameters, name) += by;
    const SteadyState found = steady_state(s.parameters, 1.0);
    REQUIRE(found.converged);
    const Derived<double> d = model::derived(s.parameters);
    const State<double> y = model::unpack<double>(found.y);
    const auto u = inputs_at_rest<double>(s.parameters, d, y, 1.0, std::nullopt, Context::none);
    const model::Readouts<double> all = model::readouts(y, u, s.parameters, d);
    const auto values = model::numbers(all);
    return std::vector<double>(values.begin(), values.end());
  };
  for (std::size_t w = 0; w < wrt.size(); ++w) {
    Parameters<double> p = patient.parameters;
    const double value = parameters::find(p, wrt[w]);
    const double step = 1e-4 * (value != 0.0 ? std::abs(value) : 1.0);
    const auto up = read(wrt[w], step), down = read(wrt[w], -step);
    for (std::size_t row = 0; row < t.size(); ++row)
      for (std::size_t k = 0; k < readouts.size(); ++k) {
        const double got = exact.gradient[(row * readouts.size() + k) * wrt.size() + w];
        const double want = (up[k] - down[k]) / (2.0 * step);
        // Steps of 1e-4 leave errors of 1e-8 of the value, Newton 1e-12 over 1e-4 of it.
        const double size = std::max(std::abs(up[k]), 1.0) / step;
        CAPTURE(wrt[w], readout_table()[k].name, t[row], got, want);
        CHECK(std::abs(got - want) <= 1e-6 * std::abs(want) + 1e-11 * size);
      }
  }
}

TEST_CASE("steady state: the healthy state reads as health", "[model][steady_state]") {
  const SteadyState found = steady_state(parameters::human(), 0.0);
  CHECK(found.converged);
  CHECK(found.method == "closed form");
  CHECK(found.newton_steps == 0);
  const State<double> y = model::unpack<double>(found.y);
  CHECK(y.glutamate.G == Approx(0.1413).epsilon(4e-4));  // four digits
  CHECK(y.glutamate.D == 100.0);
  CHECK(y.synaptogenesis.N == 0.28);
  CHECK(y.synaptogenesis.M == 0.72);
  CHECK(y.psychotherapy.Mt == 1.0);
  CHECK(y.disinhibition.e == 1.0);
  CHECK(y.disinhibition.i == 1.0);
}

TEST_CASE("steady state: stress gives the recorded values to their digits",
          "[model][steady_state]") {
  for (const Stressed& want : table) {
    CAPTURE(want.s);
    const SteadyState found = steady_state(parameters::human(), want.s);
    REQUIRE(found.converged);
    CHECK(found.method == "relaxation, then Newton");
    CHECK(found.newton_steps <= 6);  // the reference of translation follows the state
    const State<double> y = model::unpack<double>(found.y);
    const Parameters<double> p = parameters::human();
    CHECK(std::abs(y.bdnf_trkb.B - want.B) <= five_decimals);
    CHECK(std::abs(y.mtor.M - want.mtor) <= five_decimals);
    CHECK(std::abs(y.synaptogenesis.PSD - want.PSD) <= five_decimals);
    CHECK(std::abs(y.synaptogenesis.N - want.N) <= five_decimals);
    CHECK(std::abs(y.synaptogenesis.M - want.M) <= five_decimals);
    CHECK(std::abs(y.synaptogenesis.N + y.synaptogenesis.M - want.spines) <= five_decimals);
    CHECK(std::abs(strength(y.synaptogenesis, p.synaptogenesis, model::derived(p).synaptogenesis) -
                   want.Phi) <= five_decimals);
  }
}

TEST_CASE("steady state: stress does not reach circuit, drugs, symptoms, tolerability and memory",
          "[model][steady_state]") {
  for (const double severity : {0.25, 0.5, 0.75, 1.0}) {
    const State<double> y = rest(severity);
    compare(y, {"pharmacokinetics", "nmda_block", "symptoms", "tolerability"},
            [&](const std::string& name, double stressed, double healthy) {
              INFO(name << " at s = " << severity);
              CHECK(stressed == healthy);
            });
    // These are solved for: equal up to the rounding of the equations.
    compare(y, {"disinhibition", "glutamate", "psychotherapy"},
            [&](const std::string& name, double stressed, double healthy) {
              INFO(name << " at s = " << severity);
              CHECK(std::abs(stressed - healthy) <= 1e-14 * std::max(healthy, 1.0));
            });
  }
}

TEST_CASE("steady state: the same for a person and a rat from the receptor onward",
          "[model][steady_state]") {
  const State<double> person = rest(1.0);
  const State<double> animal = model::unpack<double>(steady_state(parameters::rat(), 1.0).y);
  CHECK(animal.synaptogenesis.M == Approx(person.synaptogenesis.M).epsilon(1e-12));
  CHECK(animal.bdnf_trkb.B == Approx(person.bdnf_trkb.B).epsilon(1e-12));
}

TEST_CASE("steady state: no drug, no change, for eight weeks", "[model][steady_state]") {
  for (const double severity : {0.0, 0.5, 1.0}) {
    const Trajectory t = run(human({}, severity), {0.0, 1.0, 24.0, 168.0, 1344.0}, 1e-6);
    const StateVector<double> size = typical_sizes();
    for (std::size_t row = 0; row < t.t.size(); ++row)
      for (int k = 0; k < n_states; ++k) {
        CAPTURE(severity, t.t[row], k);
        // Newton stops at 1e-12 of the typical size, and the slowest time constants (a year) cannot
        // amplify that.
        CHECK(std::abs(t.y[row * static_cast<std::size_t>(n_states) + static_cast<std::size_t>(k)] -
                       t.start[k]) <= 1e-11 * size[k]);
      }
    CHECK(std::abs(seen(t, "madrs_change").back()) < 1e-9);
    CHECK(std::abs(seen(t, "spine_restored").back()) < 1e-9);
  }
}

TEST_CASE("steady state: weeks of stress approach the equilibrium of months",
          "[model][steady_state]") {
  // 21 days of stress from health: 0.806 of the healthy density; months: 0.736.
  const Parameters<double> p = parameters::human();
  const Derived<double> d = model::derived(p);
  CascadeSystem<double> system{p, d, {}};
  system.inputs.stress = 1.0;
  system.inputs.strength_ref = 1.0;
  StateVector<double> y;
  model::pack(model::healthy_state(p, d), y);
  solve::Rodas<solve::Rodas5P, n_states, solve::SparseLU<double, n_states>> stepper{
      sparse_solver()};
  solve::Options<double, n_states> options;
  options.rtol = 1e-6;
  options.atol = 1e-6 * typical_sizes();
  const auto outcome = solve::integrate(stepper, system, y, {.to = 21 * 24.0}, options);
  REQUIRE(outcome.status == solve::Status::success);
  const State<double> after = model::unpack<double>(y);
  CHECK(std::abs(after.synaptogenesis.N + after.synaptogenesis.M - 0.806) <= 0.5e-3);
  const State<double> chronic = rest(1.0);
  CHECK(std::abs(chronic.synaptogenesis.N + chronic.synaptogenesis.M - 0.736) <= 0.5e-3);
}

TEST_CASE("steady state: what has not converged says so", "[model][steady_state]") {
  SteadyStateOptions hasty;
  hasty.max_newton_steps = 1;
  hasty.relaxation_steps = 0;
  const SteadyState found = steady_state(parameters::human(), 1.0, hasty);
  CHECK_FALSE(found.converged);
  CHECK(found.residual > hasty.tolerance);

  hasty.max_newton_steps = 0;
  CHECK_FALSE(steady_state(parameters::human(), 1.0, hasty).converged);
}

TEST_CASE("steady state: parameters without an equilibrium are refused, not run",
          "[model][steady_state]") {
  // The gene programme falls without bound and takes synapses below zero.
  Scenario runaway = human({infusion()});
  parameters::find(runaway.parameters, "serotonin.b_s") = std::numeric_limits<double>::max();
  CHECK_FALSE(steady_state(runaway.parameters, 1.0).converged);
  const std::vector<double> t{24.0};
  CHECK_THROWS_AS(static_cast<void>(simulate(runaway, t)), ParameterError);

  Scenario unset = human({});
  unset.parameters.glutamate.K_m = std::numeric_limits<double>::quiet_NaN();
  CHECK_FALSE(steady_state(unset.parameters, 0.0).converged);
  CHECK_THROWS_WITH(static_cast<void>(simulate(unset, t)),
                    Catch::Contains("glutamate.K_m") && Catch::Contains("uM"));
}
