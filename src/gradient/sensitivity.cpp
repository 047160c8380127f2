#include "ketasim/sensitivity.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "gradient/differentiable.hpp"
#include "gradient/roomy_stack.hpp"
#include "gradient/saltation.hpp"
#include "gradient/sloped_problem.hpp"
#include "gradient/tangent_stepper.hpp"
#include "ketasim/observation/clinical.hpp"
#include "needed_blocks.hpp"
#include "readouts.hpp"
#include "solve_problem.hpp"

namespace ketasim {
namespace {

using namespace gradient;

/// One readout with its slopes.
[[nodiscard]] D readout(std::size_t index, const model::State<D>& y, const model::Inputs<D>& u,
                        const SlopedProblem& block, const std::array<D, n_measured>& all) {
  if (index < all.size()) return all[index];
  const auto& symptoms = block.parameters.symptoms;
  const auto relief = model::relief(y, u, block.parameters, block.derived);
  return readout_table()[index].name == "response" ? observation::response(u.z0, relief, symptoms)
                                                   : observation::remission(u.z0, relief, symptoms);
}

/// Appends the slopes of all readouts in one row of the trajectory.
/// @param inputs  as in Trajectory::inputs
void append_gradient_row(const StateVector<double>& state, const Slopes& S, int inputs,
                         const std::vector<SlopedProblem>& blocks, Sensitivity& result) {
  const std::size_t n_readouts = result.readouts.size(), n_wrt = result.wrt.size();
  const std::size_t first = result.gradient.size();
  result.gradient.resize(first + n_readouts * n_wrt);
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    const auto& schedule = blocks[b].schedule;
    const model::Inputs<D>& u =
        inputs == 0 ? schedule.before : schedule.stops[static_cast<std::size_t>(inputs) - 1].inputs;
    const model::State<D> dual = with_slopes(state.data(), S.data() + b * model::n_states);
    std::array<D, n_measured> all;
    measure(dual, u, blocks[b].parameters, blocks[b].derived, all);
    for (std::size_t r = 0; r < n_readouts; ++r) {
      const D value = readout(result.readouts[r], dual, u, blocks[b], all);
      for (std::size_t w = 0; w < directions_per_block; ++w)
        if (const std::size_t d = b * directions_per_block + w; d < n_wrt)
          result.gradient[first + r * n_wrt + d] = value.slope[w];
    }
  }
}

template <class Tableau>
Sensitivity simulate_with_slopes(const Scenario& scenario, const Problem& problem,
                                 const std::vector<SlopedProblem>& blocks,
                                 std::span<const double> t_eval,
                                 const std::vector<std::size_t>& readouts,
                                 const std::vector<std::string>& wrt, const SolverOptions& options,
                                 std::optional<Slopes> sizes) {
  const std::size_t n_blocks = blocks.size(), n = model::n_states;
  Slopes start(n_blocks * n), leaves(n_blocks * kernels::n_leaves);
  const auto write_leaves = [&](Slopes& to, const auto& inputs_of) {
    const LeafJacobian G(problem.parameters, inputs_of(problem.schedule));
    for (std::size_t b = 0; b < n_blocks; ++b)
      write_leaf_slopes(G, blocks[b].parameters, inputs_of(blocks[b].schedule),
                        to.data() + b * kernels::n_leaves);
  };
  for (std::size_t b = 0; b < n_blocks; ++b)
    std::copy(blocks[b].start.begin(), blocks[b].start.end(),
              start.begin() + static_cast<std::ptrdiff_t>(b * n));
  write_leaves(leaves, [](const auto& s) { return s.before; });

  const auto chosen = solver_options(options, scenario.subject, problem.seconds_spent);
  std::optional<SlopeTolerance> tolerance;
  if (sizes) tolerance = {chosen.rtol, chosen.atol, std::move(*sizes)};
  TangentStepper<Tableau> stepper(std::move(start), std::move(leaves), std::move(tolerance));
  Recorder rows(problem, t_eval);
  KernelSystem system(problem.parameters, problem.schedule.before, problem.needed);
  Saltation saltation(system, blocks);
  const ApplyStop apply_stop{problem, system};
  Sensitivity result{.run = {}, .wrt = wrt, .readouts = readouts, .gradient = {}};
  StateVector<double> y = problem.start;
  const auto on_stop = [&](std::size_t k, double t, StateVector<double>& state) {
    saltation.apply(k, state, problem.start, stepper.slopes());
    apply_stop(k, t, state);
    write_leaves(stepper.leaves(), [k](const auto& s) { return s.stops[k].inputs; });
  };
  const auto on_sample = [&](std::size_t i, double t, const StateVector<double>& state) {
    rows.record(i, t, state);
    append_gradient_row(state, stepper.slopes_of_sample(), rows.inputs_of_last_row(), blocks,
                        result);
  };
  const solve::Outcome outcome = solve::integrate(stepper, system, y, rows.span(), chosen,
                                                  {.on_stop = on_stop, .on_sample = on_sample});
  result.run = rows.finish(outcome, &y);
  result.run.judge_readouts(largest_tolerance(options, scenario.subject),
                            typical_sizes_of(scenario.subject));
  result.gradient.resize(result.run.t.size() * readouts.size() * wrt.size(),
                         std::numeric_limits<double>::quiet_NaN());
  return result;
}

Sensitivity differentiated(const Scenario& scenario, std::span<const double> t_eval,
                           const std::vector<std::size_t>& readouts,
                           const std::vector<std::string>& wrt, const SolverOptions& options,
                           ErrorTest error_test) {
  check_differentiable(scenario, t_eval, readouts, wrt, options);
  const VariedScenario plain = not_varied<D>(scenario);
  const StateVector<double> typical = typical_sizes_of(scenario.subject);
  std::vector<VariedScenario> varied;
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
  Deadline deadline = deadline_of(options);
  Problem problem = prepare(scenario, deadline);
  problem.needed = needed_blocks(options.only_for);
  std::vector<SlopedProblem> blocks;
  blocks.reserve(varied.size());
  solve::Status prepared = problem.prepared;
  for (const VariedScenario& v : varied) {
    if (prepared != solve::Status::success) break;
    blocks.push_back(prepare(scenario, problem, v, deadline));
    prepared = deadline.status();
  }
  if (prepared != solve::Status::success)
    return {.run = Recorder(problem, t_eval).finish_unprepared(prepared),
            .wrt = wrt,
            .readouts = readouts,
            .gradient = std::vector<double>(t_eval.size() * readouts.size() * wrt.size(),
                                            std::numeric_limits<double>::quiet_NaN())};
  std::optional<Slopes> tested_sizes;
  if (error_test == ErrorTest::states_and_gradient) tested_sizes = std::move(sizes);
  const auto differentiate = options.method == Method::rodas4
                                 ? simulate_with_slopes<solve::Rodas4>
                                 : simulate_with_slopes<solve::Rodas5P>;
  return differentiate(scenario, problem, blocks, t_eval, readouts, wrt, options,
                       std::move(tested_sizes));
}

}  // namespace

std::vector<double> Sensitivity::derivative(std::string_view readout, std::string_view by) const {
  std::vector<std::string> names;
  for (const std::size_t index : readouts) names.emplace_back(readout_table()[index].name);
  const auto r = std::find(names.begin(), names.end(), readout) - names.begin();
  const auto w = std::find(wrt.begin(), wrt.end(), by) - wrt.begin();
  const auto refuse = [](std::string_view name, const std::vector<std::string>& known) {
    std::string list;
    for (const std::string& one : known) list += (list.empty() ? "" : ", ") + one;
    throw UnknownName("'" + std::string(name) + "' is not in this sensitivity: there are " + list);
  };
  if (static_cast<std::size_t>(r) == names.size()) refuse(readout, names);
  if (static_cast<std::size_t>(w) == wrt.size()) refuse(by, wrt);
  std::vector<double> column(run.t.size());
  for (std::size_t row = 0; row < column.size(); ++row)
    column[row] = gradient[(row * names.size() + static_cast<std::size_t>(r)) * wrt.size() +
                           static_cast<std::size_t>(w)];
  return column;
}

Sensitivity sensitivity(const Scenario& scenario, std::span<const double> t_eval,
                        const std::vector<std::size_t>& readouts,
                        const std::vector<std::string>& wrt, const SolverOptions& options,
                        ErrorTest error_test) {
  Sensitivity result;
  with_room_on_the_stack(
      [&](const SolverOptions& own) {
        result = differentiated(scenario, t_eval, readouts, wrt, own, error_test);
      },
      options);
  return result;
}

}  // namespace ketasim
