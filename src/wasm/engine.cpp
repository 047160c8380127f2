/// The core as a WebAssembly module: numbers, texts and arrays across a C interface, as
/// explorer/engine.js calls it.
///
/// A scenario is described call by call: begin, then parameters and doses, then solve. Names become
/// positions in the lists of tables(). The last run can be read until the next one begins. One
/// engine per module, one thread; results are valid until the next call.
///
/// The module is compiled without exceptions. The core throws only before the first step; such
/// an error leaves through refuse(), see refusal.cpp.

#include <cmath>
#include <cstdint>

#include "ketasim/observation/clinical.hpp"
#include "ketasim/parameters/subjects.hpp"
#include "ketasim/parameters/variants.hpp"
#include "ketasim/problem.hpp"
#include "solve_problem.hpp"
#include "tables.hpp"

#define KETASIM_EXPORT(name) extern "C" __attribute__((export_name(#name)))

namespace {

using namespace ketasim;

Scenario scenario;
Trajectory last;
std::vector<double> numbers;  // arguments and results that are arrays
std::string text;

/// A position that the page gives, of n.
std::size_t checked(const char* what, double position, std::size_t n) {
  if (!(position >= 0.0 && position < static_cast<double>(n)))
    throw ScenarioError("no " + std::string(what) + " has position " + written(position) +
                        ": they are counted from 0 to " + written(static_cast<double>(n) - 1.0));
  return static_cast<std::size_t>(position);
}

/// The value of a table's row by its position.
template <class Rows>
auto at(const char* what, const Rows& rows, int position) {
  return rows[checked(what, position, rows.size())].value;
}

}  // namespace

KETASIM_EXPORT(version) const char* version() { return KETASIM_VERSION; }

/// The tables of the model as JSON. @param parameter_set  0 human, 1 rat
KETASIM_EXPORT(tables) const char* tables(int parameter_set) {
  text = wasm::tables(at("parameter set", model::parameter_sets, parameter_set));
  return text.c_str();
}

/// An array of `size` numbers: output times [h] for solve(), positions of readouts for read().
KETASIM_EXPORT(array) double* array(int size) {
  constexpr std::size_t most = 10'000'000;
  numbers.resize(checked("array of numbers", size, most));
  return numbers.data();
}

/// Forgets the scenario before.
/// @param species         position in the list of species
/// @param variant         position in the list of variants, -1 for none
/// @param baseline_madrs  [points], NaN if it is not known
KETASIM_EXPORT(begin)
void begin(int species, int variant, int context, double weight_kg, double severity,
           double baseline_madrs) {
  scenario = {.subject = {.species = at("species", parameters::species_rows, species),
                          .weight_kg = weight_kg,
                          .severity = severity},
              .context = at("context", dosing::contexts, context)};
  if (!std::isnan(baseline_madrs)) scenario.subject.baseline_madrs = baseline_madrs;
  if (variant >= 0)
    parameters::apply_variant(
        scenario.parameters,
        parameters::variants[checked("variant", variant, parameters::variants.size())].name,
        scenario.parameters.species);
}

KETASIM_EXPORT(set_parameter) void set_parameter(int position, double value) {
  model::Parameters<double>& parameters = scenario.parameters;
  const auto values = model::numbers(parameters);
  values[checked("parameter", position, values.size())] = value;
}

/// A dose, a block (route target, unit fraction) or a session.
KETASIM_EXPORT(add_dose)
void add_dose(int drug, double amount, int unit, int route, double start_h, double duration_h,
              double interval_h, int additional, double lag_h, double bioavailability) {
  scenario.doses.push_back({.drug = at("drug", dosing::drugs, drug),
                            .amount = amount,
                            .unit = at("unit", dosing::units, unit),
                            .route = at("route", dosing::routes, route),
                            .start_h = start_h,
                            .duration_h = duration_h,
                            .interval_h = interval_h,
                            .additional = additional,
                            .lag_h = lag_h,
                            .bioavailability = bioavailability,
                            .steady_state = dosing::SteadyState::none});
}

/// Refuses what solve() would refuse about the scenario.
KETASIM_EXPORT(check) void check() { (void)prepare(scenario); }

/// Solves the scenario at the times in array(). The outcome: status, t, step, worst state, last
/// stop, steps, rejected, right-hand sides, Jacobians, factorisations, then the times of the stops.
KETASIM_EXPORT(solve) const double* solve(double rtol, int max_steps) {
  const SolverOptions options{.rtol = rtol, .max_steps = max_steps};
  check_request(scenario, numbers, options);
  using Stepper = solve::Rodas<solve::Rodas5P, model::n_states, KernelLU>;
  last = solve_problem<Stepper>(prepare(scenario), numbers, options, scenario.subject);
  const solve::Outcome& o = last.outcome;
  numbers = {static_cast<double>(o.status),
             o.t,
             o.step_size,
             static_cast<double>(o.worst_component),
             static_cast<double>(o.last_stop),
             static_cast<double>(o.steps),
             static_cast<double>(o.rejected),
             static_cast<double>(o.nfev),
             static_cast<double>(o.njev),
             static_cast<double>(o.nlu),
             static_cast<double>(last.stop_times.size())};
  numbers.insert(numbers.end(), last.stop_times.begin(), last.stop_times.end());
  return numbers.data();
}

/// Columns of the last run, whose positions are in array(): readouts first, then states in the
/// order of tables(). Row by row over all times, then the value of each before treatment.
KETASIM_EXPORT(read) const double* read() {
  const std::size_t n_readouts = readout_table().size(), n_rows = last.t.size();
  if (n_rows == 0) throw ScenarioError("nothing was solved yet: call solve() before read()");
  for (const double k : numbers)
    (void)checked("readout or state", k, n_readouts + static_cast<std::size_t>(model::n_states));
  std::vector<std::size_t> positions;
  for (const double k : numbers)
    if (k < static_cast<double>(n_readouts)) positions.push_back(static_cast<std::size_t>(k));
  const std::vector<double> measured = last.readouts(positions);
  std::vector<double> columns, before;
  columns.reserve(numbers.size() * (n_rows + 1));
  auto next = measured.begin();
  for (const double k : numbers) {
    const auto position = static_cast<std::size_t>(k);
    if (position < n_readouts) {
      columns.insert(columns.end(), next, next + static_cast<std::ptrdiff_t>(n_rows));
      next += static_cast<std::ptrdiff_t>(n_rows);
      before.push_back(last.before(position));
    } else {
      const std::size_t state = position - n_readouts;
      for (std::size_t row = 0; row < n_rows; ++row)
        columns.push_back(last.y.at(row * model::n_states + state));
      before.push_back(last.start[static_cast<int>(state)]);
    }
  }
  columns.insert(columns.end(), before.begin(), before.end());
  numbers = std::move(columns);
  return numbers.data();
}

/// Sensitivity to the drug of somebody who is n standard deviations from the middle [1].
KETASIM_EXPORT(individual_sensitivity)
double individual_sensitivity(double mean, double omega_s, double n) {
  return observation::individual_sensitivity(mean, omega_s, n);
}

/// What a trial sees of the patients described in array(). A row of 11 numbers for each: MADRS
/// before treatment, drug relief, context relief, sensitivity, omega_s, sd_e, sigma_y, cut of
/// remission, then the patient's own standard normal numbers: sensitivity, shift, error. Returned are
/// three numbers for each: rated MADRS [points], responder (1 or 0), remitter (1 or 0).
KETASIM_EXPORT(observe) const double* observe() {
  constexpr std::size_t n_given = 11;
  std::vector<double> seen;
  for (std::size_t k = 0; k + n_given <= numbers.size(); k += n_given) {
    const double* of = numbers.data() + k;
    const double z0 = logit_of_rating(of[0]);
    const double madrs = observation::rated_madrs(
        z0, observation::Relief<double>{of[1], of[2]},
        observation::Spread<double>{of[3], of[4], of[5], of[6]}, {of[8], of[9], of[10]});
    seen.insert(seen.end(), {madrs, madrs <= observation::response_cut(z0) ? 1.0 : 0.0,
                             madrs <= of[7] ? 1.0 : 0.0});
  }
  numbers = std::move(seen);
  return numbers.data();
}
