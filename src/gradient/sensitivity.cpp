#include "ketasim/sensitivity.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>

#include "gradient/tangent_stepper.hpp"
#include "ketasim/observation/clinical.hpp"
#include "readouts.hpp"
#include "solve_problem.hpp"

namespace ketasim {
namespace {

using D = scalar::Dual<double, directions_per_block>;
using dosing::BasicDose;

/// A scenario whose numbers carry the slopes of one block of directions.
struct Varied {
  model::Parameters<D> parameters;
  D weight_kg, severity;
  std::optional<D> baseline_madrs;
  std::vector<BasicDose<D>> doses;
  std::array<D, model::n_states> initial{};  ///< added to the state before treatment
};

[[nodiscard]] BasicDose<D> dual(const dosing::Dose& d) {
  return {.drug = d.drug,
          .amount = d.amount,
          .unit = d.unit,
          .route = d.route,
          .start_h = d.start_h,
          .duration_h = d.duration_h,
          .interval_h = d.interval_h,
          .additional = d.additional,
          .lag_h = d.lag_h,
          .bioavailability = d.bioavailability,
          .steady_state = d.steady_state};
}

[[nodiscard]] Varied without_slopes(const Scenario& s) {
  Varied v{.parameters = {},
           .weight_kg = s.subject.weight_kg,
           .severity = s.subject.severity,
           .baseline_madrs = {},
           .doses = {},
           .initial = {}};
  std::vector<double> values;
  model::Parameters<double>::each(
      s.parameters,
      [&](std::string_view, double value, const model::Parameter&) { values.push_back(value); });
  std::size_t k = 0;
  model::Parameters<D>::each(v.parameters, [&](std::string_view, D& value,
                                               const model::Parameter&) { value = values[k++]; });
  if (s.subject.baseline_madrs) v.baseline_madrs = D(*s.subject.baseline_madrs);
  for (const dosing::Dose& dose : s.doses) v.doses.push_back(dual(dose));
  return v;
}

/// "dose[3].amount" gives 3 and "amount".
[[nodiscard]] std::optional<std::pair<std::size_t, std::string_view>> dose_field(
    std::string_view name) {
  constexpr std::string_view opening = "dose[";
  if (!name.starts_with(opening)) return std::nullopt;
  std::size_t index = 0;
  const char* const end = name.data() + name.size();
  const auto [rest, error] = std::from_chars(name.data() + opening.size(), end, index);
  if (error != std::errc{} || !std::string_view(rest, end).starts_with("].")) return std::nullopt;
  return std::pair{index, std::string_view(rest + 2, end)};
}

[[nodiscard]] D& of_dose(Varied& v, std::size_t index, std::string_view field,
                         const std::string& name) {
  if (index >= v.doses.size())
    throw ScenarioError(name + ": there are " + std::to_string(v.doses.size()) +
                        " dose records, counted from 0");
  BasicDose<D>& dose = v.doses[index];
  const auto refuse = [&](const std::string& why) -> D& {
    throw ScenarioError(name + " cannot be differentiated: " + why);
  };
  if (dose.steady_state != dosing::SteadyState::none)
    return refuse("the dose starts from steady state; give the doses before it one by one");
  if (field == "amount") return dose.amount;
  if (field == "start_h") return dose.start_h;
  if (field == "lag_h") return dose.lag_h;
  if (field == "bioavailability") return dose.bioavailability;
  if (field == "interval_h")
    return dose.additional > 0 ? dose.interval_h : refuse("the dose is not repeated");
  if (field == "duration_h")
    return dose.duration_h.value > 0.0 ? dose.duration_h
                                       : refuse("a bolus has no length; give it a duration");
  throw UnknownName("no field of a dose is called '" + std::string(field) +
                    "'; there are amount, start_h, duration_h, interval_h, lag_h, bioavailability");
}

/// The number called `name`.
[[nodiscard]] D& find(Varied& v, const std::string& name) {
  if (name == "weight_kg") return v.weight_kg;
  if (name == "severity") return v.severity;
  if (name == "baseline_madrs") {
    if (!v.baseline_madrs)
      throw ScenarioError(
          "baseline_madrs cannot be differentiated: it is not set and follows from severity; "
          "set it, or vary severity");
    return *v.baseline_madrs;
  }
  if (const auto field = dose_field(name)) return of_dose(v, field->first, field->second, name);
  D* found = nullptr;
  model::Parameters<D>::each(v.parameters,
                             [&](std::string_view module, D& value, const model::Parameter& row) {
                               if (name == std::string(module) + "." + std::string(row.name))
                                 found = &value;
                             });
  std::size_t k = 0;
  const model::State<double> states;
  model::State<double>::each(states,
                             [&](std::string_view module, double, const model::Variable& row) {
                               if (name == "initial." + std::string(module) + "." +
                                               std::string(row.name) + std::string(row.suffix))
                                 found = &v.initial[k];
                               ++k;
                             });
  if (!found)
    throw UnknownName("nothing that can vary is called '" + name +
                      "'; there are parameters (module.name), weight_kg, severity, baseline_madrs, "
                      "dose[i].field and initial.module.state");
  return *found;
}

/// By how much `number`, found by `name`, is moved for a change of states that counts.
[[nodiscard]] double size_of(const Varied& v, const D& number, const std::string& name,
                             const StateVector<double>& typical) {
  if (name.starts_with("initial.")) return typical[static_cast<int>(&number - v.initial.data())];
  if (name.starts_with("dose[") && name.ends_with("_h")) return 1.0;
  return number.value == 0.0 ? 1.0 : std::abs(number.value);
}

[[nodiscard]] Directions slopes_of(const D& x) { return {x.slope}; }

/// Everything that enters a run, with the slopes of one block of directions.
struct Block {
  model::Parameters<D> parameters;  ///< after allometry
  model::Derived<D> derived;
  std::array<Directions, model::n_states> start;
  dosing::BasicSchedule<D> schedule;
};

/// Slopes of parameters and inputs, in the order of the kernels' arguments.
void write_arguments(const model::Parameters<D>& p, const model::Inputs<D>& u, Directions* to) {
  model::Parameters<D>::each(p, [&](std::string_view, const D& value, const model::Parameter&) {
    *to++ = slopes_of(value);
  });
  model::Inputs<D>::each(u, [&](const D& value, const model::Input&) { *to++ = slopes_of(value); });
}

/// Slopes of the equilibrium before treatment: J S = -f_a a'. States that are measured from it stay
/// 0; no other state depends on them.
void differentiate_rest(const Problem& problem, const model::Parameters<D>& p, const D& severity,
                        std::array<Directions, model::n_states>& S) {
  model::Inputs<double> rest{};
  rest.stress = severity.value;
  KernelSystem system(problem.parameters, rest);
  KernelLU linear;
  KernelLU::Jacobian J = linear.make_jacobian();
  std::array<double, kernels::n_argument_entries> Ja{};
  kernels::jacobian(problem.start.data(), system.constants(), J.data());
  kernels::argument_jacobian(problem.start.data(), system.constants(), Ja.data());
  if (!linear.factorize(J, 0.0))
    throw ParameterError(
        "the state before treatment cannot be differentiated: its Jacobian is "
        "singular; move parameters back towards their defaults");
  model::Inputs<D> u{};
  u.stress = severity;
  std::vector<Directions> a(kernels::n_arguments);
  write_arguments(p, u, a.data());
  S.fill(Directions{});
  add_arguments(entries_that_meet(a.data()), Ja.data(), a.data(), S.data());
  solve_block(linear.factors(), S.data());  // (-J)^-1 f_a a'
  std::size_t k = 0;
  const model::State<double> states;
  model::State<double>::each(states, [&](std::string_view, double, const model::Variable& row) {
    if (row.rests_at_zero()) S[k] = Directions{};
    ++k;
  });
}

[[nodiscard]] model::State<D> with_slopes(const double* y, const Directions* S) {
  std::array<D, model::n_states> dual;
  for (std::size_t s = 0; s < dual.size(); ++s) {
    dual[s].value = y[s];
    dual[s].slope = S[s].d;
  }
  return model::unpack<D>(dual);
}

[[nodiscard]] Block prepare(const Scenario& scenario, const Problem& problem, Varied v) {
  Block block;
  block.parameters = model::scaled_to_weight(v.parameters, v.weight_kg);
  block.derived = model::derived(block.parameters);
  differentiate_rest(problem, block.parameters, v.severity, block.start);
  const model::Inputs<D> held = inputs_at_rest(
      block.parameters, block.derived, with_slopes(problem.start.data(), block.start.data()),
      v.severity, v.baseline_madrs, scenario.context);
  block.schedule = dosing::compile(v.doses, scenario.resets, scenario.context,
                                   {block.parameters, v.weight_kg}, held);
  for (std::size_t s = 0; s < block.start.size(); ++s) block.start[s] += slopes_of(v.initial[s]);
  return block;
}

[[nodiscard]] model::Inputs<double> values(const model::Inputs<D>& u) {
  std::vector<double> v;
  model::Inputs<D>::each(u, [&](const D& x, const model::Input&) { v.push_back(x.value); });
  model::Inputs<double> r;
  std::size_t k = 0;
  model::Inputs<double>::each(r, [&](double& x, const model::Input&) { x = v[k++]; });
  return r;
}

[[nodiscard]] bool moves(const D& time) {
  for (const double slope : time.slope)
    if (slope != 0.0) return true;
  return false;
}

/// Derivatives at an event. State jumps first, then the inputs change one by one; each change that
/// moves in time adds the right-hand side before it minus the one after it, times the slope of its
/// time.
class Saltation {
 public:
  Saltation(KernelSystem& system, const std::vector<Block>& blocks)
      : system_(system), blocks_(blocks) {}

  void apply(std::size_t k, const StateVector<double>& before, const StateVector<double>& start,
             Slopes& S) {
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      const auto& schedule = blocks_[b].schedule;
      const dosing::BasicStop<D>& stop = schedule.stops[k];
      Directions* const own = S.data() + b * model::n_states;
      StateVector<double> y = before;
      model::Inputs<D> u = k == 0 ? schedule.before : schedule.stops[k - 1].inputs;
      if (stop.reset) {
        y = start;
        std::copy(blocks_[b].start.begin(), blocks_[b].start.end(), own);
      }
      for (const dosing::BasicJump<D>& jump : stop.jumps) apply(jump, u, y, own);
      change_inputs(schedule, stop, u, y, own);
    }
  }

 private:
  void apply(const dosing::BasicJump<D>& jump, const model::Inputs<D>& u, StateVector<double>& y,
             Directions* S) {
    const auto at = static_cast<std::size_t>(jump.state);
    const double old = y[jump.state];
    if (moves(jump.time)) add(u, y, slopes_of(jump.time), S);
    y[jump.state] = jump.scale.value * old + jump.add.value;
    S[at] = jump.scale.value * S[at] + old * slopes_of(jump.scale) + slopes_of(jump.add);
    if (moves(jump.time)) add(u, y, -1.0 * slopes_of(jump.time), S);
  }

  /// Inputs that begin or end at this stop, one after the other.
  void change_inputs(const dosing::BasicSchedule<D>& schedule, const dosing::BasicStop<D>& stop,
                     model::Inputs<D> u, const StateVector<double>& y, Directions* S) {
    const bool nothing_moves =
        std::none_of(schedule.active.begin(), schedule.active.end(), [&](const auto& a) {
          return (a.start.value == stop.time && moves(a.start)) ||
                 (a.end.value == stop.time && moves(a.end));
        });
    if (nothing_moves) return;
    std::vector<dosing::BasicActiveInput<D>> acting;
    for (const auto& a : schedule.active)
      if (a.start.value < stop.time && stop.time <= a.end.value) acting.push_back(a);
    const auto now = [&] {
      model::Inputs<D> sum = stop.inputs;
      // What never changes, then what acts: as the schedule is compiled.
      for (const auto& a : schedule.active) sum.*a.input = schedule.before.*a.input;
      for (const auto& a : acting) sum.*a.input = sum.*a.input + a.amount;
      dosing::detail::cap_fractions(sum);
      return sum;
    };
    const auto step = [&](const D& time) {
      const model::Inputs<D> next = now();
      if (moves(time)) {
        add(u, y, slopes_of(time), S);
        add(next, y, -1.0 * slopes_of(time), S);
      }
      u = next;
    };
    for (std::size_t i = acting.size(); i-- > 0;) {
      if (acting[i].end.value != stop.time) continue;
      const D end = acting[i].end;
      acting.erase(acting.begin() + static_cast<std::ptrdiff_t>(i));
      step(end);
    }
    for (const auto& a : schedule.active) {
      if (a.start.value != stop.time || a.end.value <= stop.time) continue;
      acting.push_back(a);
      step(a.start);
    }
  }

  /// S += f(y, u) slope.
  void add(const model::Inputs<D>& u, const StateVector<double>& y, const Directions& slope,
           Directions* S) {
    system_.hold(values(u));
    StateVector<double> f;
    system_.rhs(0.0, y, f);
    for (std::size_t s = 0; s < static_cast<std::size_t>(model::n_states); ++s)
      S[s] += f[static_cast<int>(s)] * slope;
  }

  KernelSystem& system_;
  const std::vector<Block>& blocks_;
};

/// One readout with its slopes.
[[nodiscard]] D readout(std::size_t index, const model::State<D>& y, const model::Inputs<D>& u,
                        const Block& block, const std::array<D, n_measured>& all) {
  if (index < all.size()) return all[index];
  const auto& symptoms = block.parameters.symptoms;
  const auto relief = model::relief(y, u, block.parameters, block.derived);
  return readout_table()[index].name == "response" ? observation::response(u.z0, relief, symptoms)
                                                   : observation::remission(u.z0, relief, symptoms);
}

template <class Tableau>
Sensitivity run_with_slopes(const Scenario& scenario, const Problem& problem,
                            const std::vector<Block>& blocks, std::span<const double> t_eval,
                            const std::vector<std::size_t>& readouts,
                            const std::vector<std::string>& wrt, const SolverOptions& options,
                            std::optional<Slopes> sizes) {
  const std::size_t n_blocks = blocks.size(), n = model::n_states;
  Slopes start(n_blocks * n), arguments(n_blocks * kernels::n_arguments);
  const auto hold = [&](Slopes& a, const auto& inputs_of) {
    for (std::size_t b = 0; b < n_blocks; ++b)
      write_arguments(blocks[b].parameters, inputs_of(blocks[b].schedule),
                      a.data() + b * kernels::n_arguments);
  };
  for (std::size_t b = 0; b < n_blocks; ++b)
    std::copy(blocks[b].start.begin(), blocks[b].start.end(),
              start.begin() + static_cast<std::ptrdiff_t>(b * n));
  hold(arguments, [](const auto& s) { return s.before; });

  const auto chosen = solver_options(options, scenario.subject.weight_kg);
  std::optional<SlopeTolerance> tolerance;
  if (sizes) tolerance = {chosen.rtol, chosen.atol, std::move(*sizes)};
  TangentStepper<Tableau> stepper(std::move(start), std::move(arguments), std::move(tolerance));
  Recorder rows(problem, t_eval);
  KernelSystem system(problem.parameters, problem.schedule.before);
  Saltation saltation(system, blocks);
  const ApplyStop apply_stop{problem, system};
  Sensitivity result{.run = {}, .wrt = wrt, .readouts = readouts, .gradient = {}};
  StateVector<double> y = problem.start;
  const solve::Outcome outcome = solve::integrate(
      stepper, system, y, rows.t_begin(), rows.stop_times(), rows.t_end(), t_eval, chosen,
      [&](std::size_t k, double t, StateVector<double>& state) {
        saltation.apply(k, state, problem.start, stepper.slopes());
        apply_stop(k, t, state);
        hold(stepper.arguments(), [k](const auto& s) { return s.stops[k].inputs; });
      },
      [&](std::size_t i, double t, const StateVector<double>& state) {
        rows.record(i, t, state);
        const Slopes& S = stepper.slopes_of_sample();
        const int held = rows.inputs_of_last_row();
        const std::size_t first = result.gradient.size();
        result.gradient.resize(first + readouts.size() * wrt.size());
        for (std::size_t b = 0; b < n_blocks; ++b) {
          const auto& schedule = blocks[b].schedule;
          const model::Inputs<D>& u =
              held == 0 ? schedule.before
                        : schedule.stops[static_cast<std::size_t>(held) - 1].inputs;
          const model::State<D> dual = with_slopes(state.data(), S.data() + b * n);
          std::array<D, n_measured> all;
          measure(dual, u, blocks[b].parameters, blocks[b].derived, all);
          for (std::size_t r = 0; r < readouts.size(); ++r) {
            const D value = readout(readouts[r], dual, u, blocks[b], all);
            for (std::size_t w = 0; w < directions_per_block; ++w)
              if (const std::size_t d = b * directions_per_block + w; d < wrt.size())
                result.gradient[first + r * wrt.size() + d] = value.slope[w];
          }
        }
      });
  result.run = rows.finish(outcome);
  result.gradient.resize(result.run.t.size() * readouts.size() * wrt.size(),
                         std::numeric_limits<double>::quiet_NaN());
  return result;
}

}  // namespace

Sensitivity sensitivity(const Scenario& scenario, std::span<const double> t_eval,
                        const std::vector<std::size_t>& readouts,
                        const std::vector<std::string>& wrt, const SolverOptions& options,
                        ErrorTest error_test) {
  check_request(scenario, t_eval, options);
  if (options.method == Method::dopri5)
    throw ScenarioError("method dopri5 has no derivatives: use rodas5p or rodas4");
  if (wrt.empty()) throw ScenarioError("wrt is empty: name at least one thing that varies");
  for (const std::size_t index : readouts)
    if (index >= readout_table().size())
      throw UnknownName("there is no readout " + std::to_string(index));
  const Varied plain = without_slopes(scenario);
  const StateVector<double> typical = typical_sizes_in(scenario.subject.weight_kg);
  std::vector<Varied> varied;
  Slopes sizes;
  for (std::size_t d = 0; d < wrt.size(); ++d) {
    const std::size_t lane = d % directions_per_block;
    if (lane == 0) {
      varied.push_back(plain);
      sizes.emplace_back();
    }
    D& number = find(varied.back(), wrt[d]);
    number.slope[lane] = 1.0;
    sizes.back().d[lane] = size_of(varied.back(), number, wrt[d], typical);
  }
  const Problem problem = prepare(scenario);
  std::vector<Block> blocks;
  for (const Varied& v : varied) blocks.push_back(prepare(scenario, problem, v));
  std::optional<Slopes> tested;
  if (error_test == ErrorTest::states_and_gradient) tested = std::move(sizes);
  const auto solve = options.method == Method::rodas4 ? run_with_slopes<solve::Rodas4>
                                                      : run_with_slopes<solve::Rodas5P>;
  return solve(scenario, problem, blocks, t_eval, readouts, wrt, options, std::move(tested));
}

}  // namespace ketasim
