/// Exact derivatives against central differences of solutions in long double: every parameter, and
/// the amount, the time and the length of an infusion, through the stressed state before treatment.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

// Kernels are long double throughout; of the model's headers, which give readouts and the numbers
// that follow from parameters, exponents are double in every scalar. A step of 1e-5 keeps 11 digits
// of them.
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wfloat-conversion"

#include "ketasim/adjoint.hpp"
#include "ketasim/generated/cascade_kernels.hpp"
#include "ketasim/parameters/species.hpp"
#include "ketasim/problem.hpp"
#include "ketasim/sensitivity.hpp"
#include "ketasim/solve/integrate.hpp"
#include "ketasim/solve/rodas.hpp"
#include "scenarios.hpp"

namespace {

namespace kernels = ketasim::kernels;
namespace model = ketasim::model;
namespace solve = ketasim::solve;
using T = long double;
using State = ketasim::StateVector<T>;
constexpr int n = model::n_states;

const std::vector<double> times{1.5, 2.0, 6.0, 25.0, 73.0};
const std::vector<std::string> readouts{"ketamine_venous",     "nmda_occupancy", "p_mtor",
                                        "glutamate_dialysate", "spine_density",  "madrs_change"};

/// What may vary.
struct World {
  model::Parameters<T> parameters;
  T amount = 1, start = 0, length = 0;  ///< a factor, and shifts [h]
};

/// The number of a world that `name` means to ketasim::sensitivity.
T& named(World& world, const std::string& name) {
  if (name == "dose[0].amount") return world.amount;
  if (name == "dose[0].start_h") return world.start;
  if (name == "dose[0].duration_h") return world.length;
  T* found = nullptr;
  model::Parameters<T>::each(world.parameters,
                             [&](std::string_view module, T& value, const model::Parameter& row) {
                               if (name == std::string(module) + "." + std::string(row.name))
                                 found = &value;
                             });
  if (!found) throw std::logic_error("no " + name);
  return *found;
}

class LongKernels {
 public:
  static constexpr bool autonomous = true;

  LongKernels(const model::Parameters<T>& parameters, const model::Inputs<T>& inputs) {
    std::size_t k = 0;
    model::Parameters<T>::each(
        parameters, [&](std::string_view, const T& v, const model::Parameter&) { p_[k++] = v; });
    hold(inputs);
  }
  void hold(const model::Inputs<T>& inputs) {
    std::array<T, kernels::n_inputs> u{};
    std::size_t k = 0;
    model::Inputs<T>::each(inputs, [&](const T& v, const model::Input&) { u[k++] = v; });
    kernels::constants(p_.data(), u.data(), c_.data());
  }
  void rhs(T, const State& y, State& dydt) const { kernels::rhs(y.data(), c_.data(), dydt.data()); }
  template <class Jacobian>
  void jacobian(T, const State& y, Jacobian& J, State&) const {
    kernels::jacobian(y.data(), c_.data(), J.data());
  }

 private:
  std::array<T, kernels::n_parameters> p_{};
  std::array<T, kernels::n_constants> c_{};
};

class LongLU {
 public:
  using Jacobian = std::array<T, kernels::n_entries>;
  [[nodiscard]] Jacobian make_jacobian() const { return {}; }
  [[nodiscard]] bool factorize(const Jacobian& J, T s) {
    return kernels::factorize(J.data(), s, lu_.data());
  }
  void solve(State& b) const { kernels::solve(lu_.data(), b.data()); }

 private:
  std::array<T, kernels::n_stored> lu_{};
};

/// Remembers the steps it took, a list for every segment between stops.
struct Recording : solve::Rodas<solve::Rodas5P, n, LongLU, T> {
  std::vector<std::vector<T>> lengths;

  template <class System>
  void begin(System& system, T t, const State& y) {
    lengths.emplace_back();
    Rodas::begin(system, t, y);
  }
  template <class System>
  void advance(System& system, T t, const State& y) {
    Rodas::begin(system, t, y);
  }
  template <class System>
  void accepted(System&, const State&, T h) {
    lengths.back().push_back(h);
  }
};

/// The state that a session raises by a parameter: the expectancy.
[[nodiscard]] int expectancy_state() {
  int k = 0, found = -1;
  const model::State<double> state;
  model::State<double>::each(state,
                             [&](std::string_view module, double, const model::Variable& row) {
                               if (module == "symptoms" && row.name == "E") found = k;
                               ++k;
                             });
  return found;
}

/// The scenario in long double. The first run chooses the steps; all others take the same ones,
/// stretched with their segment, so that differences do not see where steps happen to end.
class Referee {
 public:
  /// @param scenario  one infusion, which starts after time 0
  explicit Referee(const ketasim::Scenario& scenario)
      : scenario_(scenario),
        base_(ketasim::prepare(scenario)),
        start_(scenario.doses[0].start_h),
        end_(scenario.doses[0].start_h + scenario.doses[0].duration_h),
        marks_{0.0} {
    for (const auto& stop : base_.schedule.stops) marks_.push_back(stop.time);
    marks_.insert(marks_.end(), times.begin(), times.end());
    std::sort(marks_.begin(), marks_.end());
    marks_.erase(std::unique(marks_.begin(), marks_.end()), marks_.end());
    for (const double moving : {start_, end_})
      REQUIRE(std::find(marks_.begin(), marks_.end(), moving) != marks_.end());
    rest_ = base_.start.cast<T>();
    choose_steps();
  }

  /// Readouts at all times, one row after the other.
  std::vector<T> follow(const World& world) {
    enter(world);
    LongKernels system(p_, inputs_);
    State y = rest_of_world_, y1;
    std::vector<T> seen;
    for (std::size_t mark = 0; mark < marks_.size(); ++mark) {
      apply_mark(mark, world, system, y, seen);
      if (mark + 1 == marks_.size()) break;
      const T stretch =
          (at(mark + 1, world) - at(mark, world)) / (T(marks_[mark + 1]) - marks_[mark]);
      for (const T length : steps_[mark]) {
        stepper_.begin(system, T(0), y);
        if (stepper_.attempt(system, T(0), y, length * stretch, y1) != solve::Attempt::done)
          throw std::runtime_error("singular");
        y = y1;
      }
    }
    return seen;
  }

  [[nodiscard]] World world() const {
    World w{.parameters = {}};
    std::vector<T> values;
    model::Parameters<double>::each(
        scenario_.parameters,
        [&](std::string_view, double v, const model::Parameter&) { values.push_back(v); });
    std::size_t k = 0;
    model::Parameters<T>::each(
        w.parameters, [&](std::string_view, T& v, const model::Parameter&) { v = values[k++]; });
    return w;
  }

 private:
  /// Parameters, the state before treatment and the inputs that follow from them.
  void enter(const World& world) {
    const ketasim::Subject& subject = scenario_.subject;
    p_ = model::scaled_to_weight(world.parameters, T(subject.weight_kg));
    d_ = model::derived(p_);
    rest_of_world_ = rest_;
    inputs_ = {};
    inputs_.stress = subject.severity;
    LongKernels system(p_, inputs_);
    // Newton from the state of the first world, which is near.
    for (int k = 0; k < 6; ++k) {
      inputs_ = held();
      system.hold(inputs_);
      LongLU linear;
      LongLU::Jacobian J{};
      State f, none;
      system.rhs(0, rest_of_world_, f);
      system.jacobian(0, rest_of_world_, J, none);
      if (!linear.factorize(J, 0)) throw std::runtime_error("singular");
      linear.solve(f);
      rest_of_world_ += f;
      forget_symptoms();
    }
    inputs_ = held();
  }

  [[nodiscard]] model::Inputs<T> held() const {
    return ketasim::inputs_at_rest<T>(p_, d_, model::unpack<T>(rest_of_world_),
                                      T(scenario_.subject.severity), std::nullopt,
                                      scenario_.context);
  }

  /// Symptoms and tolerability are measured from rest.
  void forget_symptoms() {
    model::State<T> state = model::unpack<T>(rest_of_world_);
    state.symptoms = {};
    state.tolerability = {};
    model::pack(state, rest_of_world_);
  }

  /// A mark where it is in this world: those of the infusion move.
  [[nodiscard]] T at(std::size_t mark, const World& world) const {
    T time = marks_[mark];
    if (marks_[mark] == start_) time += world.start;
    if (marks_[mark] == end_) time += world.start + world.length;
    return time;
  }

  void apply_mark(std::size_t mark, const World& world, LongKernels& system, State& y,
                  std::vector<T>& seen) {
    if (std::find(times.begin(), times.end(), marks_[mark]) != times.end()) look(y, seen);
    const auto& stops = base_.schedule.stops;
    const auto stop = std::find_if(stops.begin(), stops.end(),
                                   [&](const auto& s) { return s.time == marks_[mark]; });
    if (stop == stops.end()) return;
    const T expectancy = ketasim::dosing::trial_effects(scenario_.context, p_.trial).expectancy;
    for (const auto& jump : stop->jumps)
      y[jump.state] = T(jump.scale) * y[jump.state] +
                      (jump.state == expectancy_state() ? expectancy : T(jump.add));
    // The same amount over another length is another rate.
    const T length = T(end_) - T(start_);
    const T rate = world.amount * length / (length + world.length);
    inputs_.rate_A1_S = rate * stop->inputs.rate_A1_S;
    inputs_.rate_A1_R = rate * stop->inputs.rate_A1_R;
    inputs_.nonspecific = stop->inputs.nonspecific;
    system.hold(inputs_);
  }

  void look(const State& y, std::vector<T>& seen) const {
    const model::Readouts<T> all = model::readouts(model::unpack<T>(y), inputs_, p_, d_);
    std::vector<T> row(readouts.size());
    model::Readouts<T>::each(all, [&](std::string_view, const T& v, const model::Readout& r) {
      const auto found = std::find(readouts.begin(), readouts.end(), r.name);
      if (found != readouts.end()) row[static_cast<std::size_t>(found - readouts.begin())] = v;
    });
    seen.insert(seen.end(), row.begin(), row.end());
  }

  void choose_steps() {
    const World unmoved = world();
    enter(unmoved);
    LongKernels system(p_, inputs_);
    State y = rest_of_world_;
    rest_ = y;
    solve::Options<T, n> options;
    options.rtol = 3e-10L;
    options.atol = options.rtol * ketasim::typical_sizes<T>();
    const std::vector<T> stops(marks_.begin(), marks_.end());
    std::vector<T> seen;
    Recording recording;
    const auto on_stop = [&](std::size_t mark, T, State& state) {
      apply_mark(mark, unmoved, system, state, seen);
    };
    const auto outcome = solve::integrate(
        recording, system, y, {.from = stops.front(), .to = stops.back(), .stops = stops}, options,
        {.on_stop = on_stop});
    if (outcome.status != solve::Status::success) throw std::runtime_error("no steps");
    steps_ = recording.lengths;
  }

  const ketasim::Scenario& scenario_;
  ketasim::Problem base_;
  double start_, end_;         ///< of the infusion [h]
  std::vector<double> marks_;  ///< stops and output times
  std::vector<std::vector<T>> steps_;
  State rest_, rest_of_world_;
  model::Parameters<T> p_;
  model::Derived<T> d_;
  model::Inputs<T> inputs_;
  solve::Rodas<solve::Rodas5P, n, LongLU, T> stepper_;
};

}  // namespace

TEST_CASE("sensitivity: every parameter and dose agrees with differences in long double",
          "[sensitivity][referee]") {
  ketasim::Scenario scenario = test::infusion();
  scenario.doses[0].start_h = 1.0;
  scenario.context = ketasim::dosing::Context::saline;

  std::vector<std::string> wrt{"dose[0].amount", "dose[0].start_h", "dose[0].duration_h"};
  model::Parameters<double>::each(
      scenario.parameters, [&](std::string_view module, double, const model::Parameter& row) {
        wrt.push_back(std::string(module) + "." + std::string(row.name));
      });
  REQUIRE(wrt.size() == 3 + kernels::n_parameters);
  std::vector<std::size_t> indices;
  for (const std::string& name : readouts) indices.push_back(ketasim::readout_index(name));

  ketasim::SolverOptions options;
  options.rtol = 1e-9;
  options.atol_factor = 1e-9;
  const ketasim::Sensitivity exact = ketasim::sensitivity(scenario, times, indices, wrt, options);
  REQUIRE(exact.run.outcome.status == solve::Status::success);
  // Backward: the sum of all readouts, each over its size.
  const ketasim::Adjoint adjoint(scenario, times, indices, wrt, options);

  Referee referee(scenario);
  World world = referee.world();
  const std::vector<T> values = referee.follow(world);
  REQUIRE(values.size() == times.size() * readouts.size());
  std::vector<double> weights(values.size());
  for (std::size_t k = 0; k < values.size(); ++k)
    weights[k] = values[k] == 0 ? 0.0 : static_cast<double>(1 / std::abs(values[k]));
  const std::vector<double> backward = adjoint.gradient(weights);
  for (std::size_t d = 0; d < wrt.size(); ++d) {
    T& number = named(world, wrt[d]);
    const T middle = number;
    // Relative; hours for what shifts, and 1 where a weight of a hypothesis is 0.
    const T scale = middle == 0 ? T(1) : std::abs(middle), h = 1e-5L * scale;
    number = middle + h;
    const std::vector<T> above = referee.follow(world);
    number = middle - h;
    const std::vector<T> below = referee.follow(world);
    number = middle;
    // The amount is a factor here and mg/kg there.
    const double unit = wrt[d] == "dose[0].amount" ? scenario.doses[0].amount : 1.0;
    double sum = 0, terms = 0;
    for (std::size_t k = 0; k < values.size(); ++k) {
      const double term = weights[k] * static_cast<double>((above[k] - below[k]) / (2 * h) * scale);
      sum += term;
      terms += std::abs(term);
    }
    INFO("the sum by " << wrt[d] << ": " << backward[d] << ", difference " << sum);
    // As below, for each of the 30 terms.
    CHECK(std::abs(backward[d] * unit * static_cast<double>(scale) - sum) <=
          1e-5 * terms + 2e-7 * static_cast<double>(values.size()));
    for (std::size_t r = 0; r < readouts.size(); ++r) {
      double error = 0, largest = 0, size = 0;
      for (std::size_t i = 0; i < times.size(); ++i) {
        const std::size_t at = i * readouts.size() + r;
        const auto difference = static_cast<double>((above[at] - below[at]) / (2 * h) * scale);
        const double found =
            exact.gradient[at * wrt.size() + d] * unit * static_cast<double>(scale);
        error = std::max(error, std::abs(found - difference));
        largest = std::max(largest, std::abs(difference));
        size = std::max(size, static_cast<double>(std::abs(values[at])));
      }
      INFO(readouts[r] << " by " << wrt[d] << ": error " << error << ", largest " << largest
                       << ", readout " << size);
      // Differences: truncation of order h^2 = 1e-10, rounding 1e-19/h. Both solutions have solver
      // errors of some 200 rtol = 2e-7 of the readout, where narrow corners are passed; derivatives,
      // whose errors steer no step, of fifty times that of the largest.
      CHECK(error <= 1e-5 * largest + 2e-7 * size);
    }
  }
}
