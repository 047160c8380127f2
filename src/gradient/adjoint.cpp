#include "ketasim/adjoint.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <utility>

#include "gradient/adjoint_step.hpp"
#include "gradient/differentiable.hpp"
#include "gradient/directions.hpp"
#include "gradient/rest.hpp"
#include "gradient/roomy_stack.hpp"
#include "gradient/saltation.hpp"
#include "gradient/sloped_problem.hpp"
#include "gradient/step_recorder.hpp"
#include "ketasim/observation/clinical.hpp"
#include "needed_blocks.hpp"
#include "readouts.hpp"
#include "solve_problem.hpp"

namespace ketasim {
namespace gradient {

/// What happened in a run, in its order.
enum class Kind { row, stop };
struct Happened {
  Kind kind;
  std::size_t index;    ///< of the row or stop
  std::size_t n_steps;  ///< accepted by then
  double theta = -1.0;  ///< of a row inside the last step; otherwise the row stands at its end
};

struct AdjointRecord {
  Scenario scenario;
  std::vector<std::size_t> readouts;
  std::vector<std::string> wrt;
  StageWeights method;
  Problem problem;
  Trajectory run;
  std::vector<Happened> happened;
  std::deque<RecordedStep> steps;
  std::vector<StateVector<double>> before_stop;
};

namespace {

template <class Tableau>
void run_and_record(std::span<const double> t_eval, const SolverOptions& options,
                    AdjointRecord& record) {
  const Problem& problem = record.problem;
  record.method = stage_weights<Tableau>();
  Recorder rows(problem, t_eval);
  if (problem.prepared != solve::Status::success) {
    record.run = rows.finish_unprepared(problem.prepared);
    return;
  }
  std::vector<Happened>& happened = record.happened;
  StepRecorder<Tableau> stepper(record.steps);
  KernelSystem system(problem.parameters, problem.schedule.before, problem.needed);
  const ApplyStop apply_stop{problem, system};
  StateVector<double> y = problem.start;
  std::size_t n_rows = 0;
  const auto on_stop = [&](std::size_t k, double t, StateVector<double>& state) {
    happened.push_back({Kind::stop, k, record.steps.size()});
    record.before_stop.push_back(state);
    apply_stop(k, t, state);
  };
  const auto on_sample = [&](std::size_t i, double t, const StateVector<double>& state) {
    rows.record(i, t, state);
    happened.push_back({Kind::row, n_rows++, record.steps.size(), stepper.take_theta()});
  };
  const solve::Outcome outcome =
      solve::integrate(stepper, system, y, rows.span(),
                       solver_options(options, record.scenario.subject, problem.seconds_spent),
                       {.on_stop = on_stop, .on_sample = on_sample});
  record.run = rows.finish(outcome, &y);
  record.run.judge_readouts(largest_tolerance(options, record.scenario.subject),
                            typical_sizes_of(record.scenario.subject));
}

[[nodiscard]] double product(const Numbers& a, const StateVector<double>& b) {
  double sum = 0.0;
  for (std::size_t s = 0; s < a.size(); ++s) sum += a[s] * b[static_cast<int>(s)];
  return sum;
}

/// Goes back through a run. The tape has, in this order, what varies, the parameters after allometry,
/// the state before treatment, and the compiled regimen; readouts are taped row by row.
class Backward {
 public:
  explicit Backward(const AdjointRecord& record)
      : record_(record),
        step_(record.method),
        taping_(tape_),
        scenario_(not_varied<Taped>(record.scenario)),
        system_(record.problem.parameters, record.problem.schedule.before),
        at_event_(system_) {}

  [[nodiscard]] std::vector<double> gradient(std::span<const double> weights) {
    prepare();
    const std::size_t n_readouts = record_.readouts.size();
    segment_ = record_.before_stop.size();
    system_.hold(inputs(segment_));
    std::size_t n_steps = record_.steps.size();
    const auto go_back_to = [&](std::size_t step) {
      while (n_steps > step) {
        const RecordedStep& last = record_.steps[--n_steps];
        step_.back(last.h, last.y.data(), last.k.data(), system_.constants(), inside_, lambda_);
        inside_.clear();
      }
    };
    for (auto what = record_.happened.rbegin(); what != record_.happened.rend(); ++what) {
      go_back_to(what->n_steps);
      if (what->kind == Kind::row) {
        go_back_over_row(*what, weights.subspan(what->index * n_readouts, n_readouts));
      } else {
        finish_segment();
        segment_ = what->index;
        go_back_over_stop(what->index);
        system_.hold(inputs(segment_));
      }
    }
    go_back_to(0);
    finish_segment();
    go_back_over_rest();
    std::vector<double> gradient;
    for (const Taped* varied : wrt_) gradient.push_back(tape_.weight(varied->place()));
    return gradient;
  }

 private:
  void prepare() {
    for (const std::string& name : record_.wrt) {
      Taped& number = find(scenario_, name);
      if (!number.varies()) number = Taped::leaf(number.number());
      wrt_.push_back(&number);
    }
    parameters_ = model::scaled_to_weight(scenario_.parameters, scenario_.weight_kg);
    derived_ = model::derived(parameters_);
    before_rest_ = tape_.size();
    for (std::size_t s = 0; s < rest_.size(); ++s)
      rest_[s] = Taped::leaf(record_.problem.start[static_cast<int>(s)]);
    const model::Inputs<Taped> held =
        inputs_at_rest(parameters_, derived_, model::unpack<Taped>(rest_), scenario_.severity,
                       scenario_.baseline_madrs, record_.scenario.context);
    schedule_ = dosing::compile(scenario_.doses, record_.scenario.resets, record_.scenario.context,
                                {parameters_, scenario_.weight_kg}, held);
  }

  void add(const Taped& to, double weight) {
    if (to.varies()) tape_.weight(to.place()) += weight;
  }
  /// The inputs before the first stop are those of segment 0.
  [[nodiscard]] const model::Inputs<double>& inputs(std::size_t segment) const {
    const dosing::Schedule& s = record_.problem.schedule;
    return segment == 0 ? s.before : s.stops[segment - 1].inputs;
  }
  [[nodiscard]] const model::Inputs<Taped>& taped_inputs(std::size_t segment) const {
    return segment == 0 ? schedule_.before : schedule_.stops[segment - 1].inputs;
  }

  void go_back_over_row(const Happened& row, std::span<const double> weights) {
    if (std::ranges::all_of(weights, [](double w) { return w == 0.0; })) return;
    const std::size_t before = tape_.size();
    const double* const state =
        record_.run.y.data() + row.index * static_cast<std::size_t>(model::n_states);
    std::array<Taped, model::n_states> leaves;
    for (std::size_t s = 0; s < leaves.size(); ++s) leaves[s] = Taped::leaf(state[s]);
    const model::State<Taped> y = model::unpack<Taped>(leaves);
    const auto& u = taped_inputs(static_cast<std::size_t>(record_.run.inputs[row.index]));
    const model::Readouts<Taped> measured = model::readouts(y, u, parameters_, derived_);
    for (std::size_t r = 0; r < weights.size(); ++r)
      if (weights[r] != 0.0) add(readout(record_.readouts[r], y, u, measured), weights[r]);
    tape_.sweep(before);
    Numbers by_state;
    for (std::size_t s = 0; s < leaves.size(); ++s) by_state[s] = tape_.weight(leaves[s].place());
    tape_.shrink(before);
    if (row.theta >= 0.0)
      inside_.push_back({row.theta, by_state});
    else
      for (std::size_t s = 0; s < lambda_.size(); ++s) lambda_[s] += by_state[s];
  }

  [[nodiscard]] Taped readout(std::size_t index, const model::State<Taped>& y,
                              const model::Inputs<Taped>& u,
                              const model::Readouts<Taped>& measured) const {
    if (index < n_measured) return model::numbers(measured)[index];
    const auto relief = model::relief(y, u, parameters_, derived_);
    return readout_table()[index].name == "response"
               ? observation::response(u.z0, relief, parameters_.symptoms)
               : observation::remission(u.z0, relief, parameters_.symptoms);
  }

  /// lambda . f(y, u)
  [[nodiscard]] double rate_of_change(const model::Inputs<double>& u,
                                      const StateVector<double>& y) {
    at_event_.hold(u);
    StateVector<double> f;
    at_event_.rhs(0.0, y, f);
    return product(lambda_, f);
  }

  /// As Saltation, backward.
  void go_back_over_stop(std::size_t k) {
    const dosing::BasicStop<Taped>& stop = schedule_.stops[k];
    const model::Inputs<Taped>& u = taped_inputs(k);
    std::vector<StateVector<double>> y{stop.reset ? record_.problem.start : record_.before_stop[k]};
    for (const dosing::BasicJump<Taped>& jump : stop.jumps) {
      y.push_back(y.back());
      y.back()[jump.state] = value(jump.scale) * y.back()[jump.state] + value(jump.add);
    }
    for_each_change(schedule_, stop, u, [&](const Taped& time, const auto& u0, const auto& u1) {
      add(time, rate_of_change(detail::values(u0), y.back()) -
                    rate_of_change(detail::values(u1), y.back()));
    });
    for (std::size_t j = stop.jumps.size(); j-- > 0;) {
      const dosing::BasicJump<Taped>& jump = stop.jumps[j];
      const auto at = static_cast<std::size_t>(jump.state);
      if (jump.time.varies()) add(jump.time, -rate_of_change(inputs(k), y[j + 1]));
      add(jump.scale, lambda_[at] * y[j][jump.state]);
      add(jump.add, lambda_[at]);
      lambda_[at] *= value(jump.scale);
      if (jump.time.varies()) add(jump.time, rate_of_change(inputs(k), y[j]));
    }
    if (!stop.reset) return;
    for (std::size_t s = 0; s < lambda_.size(); ++s) start_bar_[s] += lambda_[s];
    lambda_.fill(0.0);
  }

  /// Hands what the steps since the last stop found to parameters and inputs.
  void finish_segment() {
    const auto leaves = step_.take_leaves();
    const auto by_argument = by_arguments(inputs(segment_), leaves.data());
    const auto u = model::numbers(taped_inputs(segment_));
    for (std::size_t k = 0; k < u.size(); ++k) add(u[k], by_argument[kernels::n_parameters + k]);
  }

  /// Adds to the weights of the parameters; @return the derivatives by all arguments
  std::array<double, kernels::n_arguments> by_arguments(const model::Inputs<double>& u,
                                                        const double* leaves) {
    std::array<double, kernels::n_arguments> by_argument{};
    LeafJacobian(record_.problem.parameters, u).add_transposed(leaves, by_argument.data());
    const auto p = model::numbers(std::as_const(parameters_));
    for (std::size_t k = 0; k < p.size(); ++k) add(p[k], by_argument[k]);
    return by_argument;
  }

  /// The state before treatment solves f(y, a) = 0: backward, with W = -J, x = W'^-1 lambda and a* = f_a' x.
  /// What differentiate_rest() holds at 0 has no weight here.
  void go_back_over_rest() {
    for (std::size_t s = 0; s < lambda_.size(); ++s) {
      const double weight = start_bar_[s] + lambda_[s];
      add(rest_[s], weight);
      add(scenario_.initial[s], weight);
    }
    tape_.sweep(before_rest_ + rest_.size());
    Numbers x;
    for (std::size_t s = 0; s < x.size(); ++s)
      x[s] = varies_at_rest(s) ? tape_.weight(rest_[s].place()) : 0.0;
    const Problem& problem = record_.problem;
    const model::Inputs<double> u = inputs_of_rest(problem, record_.scenario.subject.severity);
    system_.hold(u);
    KernelLU::Jacobian J{};
    kernels::jacobian(problem.start.data(), system_.constants(), J.data());
    kernels::solve_transposed(factors_of_rest(J).factors(), x.data());
    std::array<double, kernels::n_leaves> leaves{};
    kernels::add_gradient(problem.start.data(), system_.constants(), x.data(), leaves.data());
    const auto by_argument = by_arguments(u, leaves.data());
    static const auto stress = static_cast<std::size_t>(&u.stress - model::numbers(u).data());
    add(scenario_.severity, by_argument[kernels::n_parameters + stress]);
    tape_.shrink(before_rest_);
    tape_.sweep(0);
  }

  const AdjointRecord& record_;
  AdjointStep step_;
  scalar::Tape tape_;
  scalar::Taping taping_;

  TapedScenario scenario_;
  std::vector<const Taped*> wrt_;
  model::Parameters<Taped> parameters_;
  model::Derived<Taped> derived_;
  std::array<Taped, model::n_states> rest_;
  std::size_t before_rest_ = 0;  ///< size of the tape
  dosing::BasicSchedule<Taped> schedule_;

  KernelSystem system_, at_event_;
  std::size_t segment_ = 0;
  std::vector<Inside> inside_;
  Numbers lambda_{},
      start_bar_{};  ///< dL/dy at the present time; dL/dy of the state before treatment
};

}  // namespace
}  // namespace gradient

using gradient::AdjointRecord;

Adjoint::Adjoint(const Scenario& scenario, std::span<const double> t_eval,
                 const std::vector<std::size_t>& readouts, const std::vector<std::string>& wrt,
                 const SolverOptions& options) {
  gradient::check_differentiable(scenario, t_eval, readouts, wrt, options);
  for (auto varied = gradient::not_varied<gradient::D>(scenario); const std::string& name : wrt)
    (void)gradient::find(varied, name);
  auto record = std::make_unique<AdjointRecord>();
  record->scenario = scenario;
  record->readouts = readouts;
  record->wrt = wrt;
  const auto work = [&](const SolverOptions& own) {
    record->problem = prepare(scenario, deadline_of(own));
    record->problem.needed = needed_blocks(own.only_for);
    if (own.method == Method::rodas4)
      gradient::run_and_record<solve::Rodas4>(t_eval, own, *record);
    else
      gradient::run_and_record<solve::Rodas5P>(t_eval, own, *record);
  };
  gradient::with_room_on_the_stack(work, options);
  record_ = std::move(record);
}

Adjoint::Adjoint(Adjoint&&) noexcept = default;
Adjoint& Adjoint::operator=(Adjoint&&) noexcept = default;
Adjoint::~Adjoint() = default;

const Trajectory& Adjoint::run() const { return record_->run; }
const std::vector<std::string>& Adjoint::wrt() const { return record_->wrt; }
const std::vector<std::size_t>& Adjoint::readouts() const { return record_->readouts; }

std::vector<double> Adjoint::gradient(std::span<const double> weights) const {
  const std::size_t n_rows = run().t.size(), n_readouts = readouts().size();
  if (weights.size() != n_rows * n_readouts)
    throw ScenarioError("there are " + std::to_string(weights.size()) +
                        " weights: give one for each of " + std::to_string(n_rows) + " rows and " +
                        std::to_string(n_readouts) + " readouts");
  for (std::size_t i = 0; i < weights.size(); ++i)
    if (!std::isfinite(weights[i]))
      throw ScenarioError("the weight of row " + std::to_string(i / n_readouts) + ", readout " +
                          std::string(readout_table()[readouts()[i % n_readouts]].name) + " is " +
                          written(weights[i]) + ": give finite weights");
  // Rows that were not reached stand behind all others.
  const auto reached = static_cast<std::size_t>(std::ranges::count_if(
      record_->happened, [](const auto& h) { return h.kind == gradient::Kind::row; }));
  if (std::ranges::any_of(weights.subspan(reached * n_readouts), [](double w) { return w != 0.0; }))
    return std::vector<double>(wrt().size(), std::numeric_limits<double>::quiet_NaN());
  if (reached == 0) return std::vector<double>(wrt().size(), 0.0);
  std::vector<double> result;
  const auto work = [&](const SolverOptions&) {
    result = gradient::Backward(*record_).gradient(weights);
  };
  gradient::with_room_on_the_stack(work, {});
  return result;
}

}  // namespace ketasim
