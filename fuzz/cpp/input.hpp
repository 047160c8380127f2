/// Turns the bytes of a fuzzer into numbers, choices and scenarios. Every byte sequence is a valid
/// input; what is missing at its end reads as zero.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "ketasim/simulate.hpp"
#include "ketasim/tables.hpp"

namespace fuzz {

class Input {
 public:
  Input(const std::uint8_t* bytes, std::size_t size) : bytes_(bytes, size) {}

  [[nodiscard]] std::uint8_t byte() {
    if (bytes_.empty()) return 0;
    const std::uint8_t first = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return first;
  }

  [[nodiscard]] bool yes() { return (byte() & 1U) != 0; }

  /// From 0 to n - 1.
  [[nodiscard]] std::size_t below(std::size_t n) {
    return (std::size_t{byte()} + (n > 256 ? 256 * std::size_t{byte()} : 0)) % n;
  }

  [[nodiscard]] std::uint32_t word() {
    std::uint32_t value = 0;
    for (int k = 0; k < 4; ++k) value = value << 8U | byte();
    return value;
  }

  /// Any number: one that matters, one of moderate size, or any bits.
  [[nodiscard]] double number() {
    static constexpr double infinity = std::numeric_limits<double>::infinity();
    static constexpr std::array special{0.0,
                                        -0.0,
                                        1.0,
                                        -1.0,
                                        0.5,
                                        24.0,
                                        1e-9,
                                        1e-10,
                                        1e-300,
                                        5e-324,
                                        1e6,
                                        1e300,
                                        28.0,
                                        60.0,
                                        876000.0,
                                        876001.0,
                                        70.0,
                                        1e15,
                                        infinity,
                                        -infinity,
                                        std::numeric_limits<double>::quiet_NaN(),
                                        std::numeric_limits<double>::max()};
    const std::uint8_t kind = byte();
    if (kind < special.size()) return special[kind];
    if (kind < 224) return between(-10.0, 500.0);
    double bits = 0.0;
    std::array<std::uint8_t, sizeof(double)> raw{};
    for (std::uint8_t& b : raw) b = byte();
    std::memcpy(&bits, raw.data(), sizeof(double));
    return bits;
  }

  [[nodiscard]] double between(double low, double high) {
    return low + (high - low) * (word() / 4294967295.0);
  }

  /// A number that is possible most of the time.
  [[nodiscard]] double mostly(double low, double high) {
    return byte() < 230 ? between(low, high) : number();
  }

  [[nodiscard]] std::string text(std::size_t longest) {
    std::string letters;
    for (std::size_t n = below(longest + 1); n > 0; --n) letters += static_cast<char>(byte());
    return letters;
  }

  template <class Rows>
  [[nodiscard]] auto value_of(const Rows& rows) {
    return rows[below(rows.size())].value;
  }

 private:
  std::span<const std::uint8_t> bytes_;
};

[[nodiscard]] inline ketasim::dosing::Dose dose(Input& in) {
  using namespace ketasim::dosing;
  Dose d;
  d.drug = in.value_of(drugs);
  // A route that the drug has, most of the time, and a unit that goes with it.
  const DrugRow& row = ketasim::row_of(d.drug, drugs);
  d.route = in.value_of(routes);
  for (int k = 0; k < 11 && !row.can_be_given_by(d.route) && in.byte() < 250; ++k)
    d.route = routes[(static_cast<std::size_t>(d.route) + 1) % routes.size()].value;
  d.unit = in.value_of(units);
  const Site site = ketasim::row_of(d.route, routes).site;
  if (ketasim::row_of(d.unit, units).site != site && in.byte() < 250)
    d.unit = site == Site::body ? Unit::mg : site == Site::bath ? Unit::uM : Unit::fraction;
  d.amount = in.mostly(0.0, d.unit == Unit::fraction ? 1.0 : 200.0);
  d.start_h = in.mostly(0.0, 100.0);
  if (in.yes()) d.duration_h = in.mostly(0.0, 50.0);
  if (in.yes()) {
    d.interval_h = in.mostly(0.1, 100.0);
    // Few repeats: each costs time under the sanitizers. The checks see any number.
    d.additional = in.byte() < 250 ? static_cast<int>(in.below(20)) : static_cast<int>(in.word());
    if (d.additional > 50 && d.additional < most_doses) d.additional = 50;
    if (in.byte() < 60) d.steady_state = in.yes() ? SteadyState::replace : SteadyState::add;
  }
  if (in.byte() < 30) d.lag_h = in.mostly(0.0, 10.0);
  if (in.byte() < 30) d.bioavailability = in.mostly(0.0, 1.0);
  return d;
}

[[nodiscard]] inline ketasim::Scenario scenario(Input& in) {
  using namespace ketasim;
  Scenario s{.subject = {.species = in.value_of(parameters::species_rows)}};
  const parameters::SpeciesRow& row = row_of(s.subject.species);
  if (in.yes()) s.subject.weight_kg = in.mostly(row.lightest_kg, row.heaviest_kg);
  if (in.yes()) s.subject.severity = in.mostly(0.0, 1.0);
  if (in.yes()) s.subject.baseline_madrs = in.mostly(0.5, 59.5);
  s.context = in.value_of(dosing::contexts);
  for (std::size_t n = in.below(5); n > 0; --n) s.doses.push_back(dose(in));
  for (std::size_t n = in.below(3); n > 0; --n) s.resets.push_back(in.mostly(-10.0, 200.0));
  if (in.byte() < 60)
    parameters::apply_variant(s.parameters,
                              parameters::variants[in.below(parameters::variants.size())].name,
                              s.parameters.species);
  const auto rows = model::parameter_rows();
  for (std::size_t n = in.below(4); n > 0; --n) {
    const std::size_t k = in.below(rows.size());
    const model::Entry& e = rows[k].entry(s.parameters.species);
    model::numbers(s.parameters)[k] = in.mostly(e.low, e.high);
  }
  return s;
}

/// Options with few steps, so that an input takes milliseconds.
[[nodiscard]] inline ketasim::SolverOptions options(Input& in) {
  using namespace ketasim;
  SolverOptions o;
  o.method = in.value_of(methods);
  if (in.yes()) o.rtol = in.byte() < 230 ? std::pow(10.0, -in.between(1.0, 12.0)) : in.number();
  if (in.byte() < 60) o.atol_factor = in.mostly(1e-12, 1e-2);
  if (in.byte() < 20) o.atol.assign(in.below(2 * model::n_states), in.mostly(1e-9, 1.0));
  if (in.byte() < 40) o.max_step = in.mostly(0.0, 100.0);
  if (in.byte() < 40) o.first_step = in.mostly(0.0, 1.0);
  o.max_steps = in.byte() < 240 ? 1000 : static_cast<std::int32_t>(in.word()) % 200;
  o.max_rejections = in.byte() < 240 ? 200 : static_cast<std::int32_t>(in.word()) % 200;
  o.at_event = in.value_of(at_event_rules);
  if (in.byte() < 30)
    o.positivity.assign(in.yes() ? model::n_states : in.below(300),
                        in.value_of(positivity_policies));
  return o;
}

[[nodiscard]] inline std::vector<double> times(Input& in) {
  std::vector<double> t;
  double last = in.yes() ? 0.0 : in.mostly(-20.0, 100.0);
  for (std::size_t n = 1 + in.below(6); n > 0; --n) {
    t.push_back(last);
    last += in.mostly(0.01, 100.0);
  }
  return t;
}

/// Runs what is tried; a refusal, which is a std::invalid_argument with words, is an answer.
template <class Attempt>
void answered(Attempt&& attempt) {
  try {
    attempt();
  } catch (const std::invalid_argument& refusal) {
    if (std::strlen(refusal.what()) < 10) std::abort();  // a message that says nothing
  }
}

/// Ends the process where a condition does not hold; assert() would vanish with NDEBUG.
inline void must(bool holds) {
  if (!holds) __builtin_trap();
}

/// What holds of every run, however it ended.
inline void must_be_honest(const ketasim::Trajectory& run, std::size_t rows) {
  constexpr auto width = static_cast<std::size_t>(ketasim::model::n_states);
  must(run.t.size() >= rows && run.y.size() == run.t.size() * width);
  must(run.inputs.size() == run.t.size());
  bool ended = false;
  for (std::size_t row = 0; row < run.t.size(); ++row) {
    std::size_t finite = 0;
    for (std::size_t k = 0; k < width; ++k) finite += std::isfinite(run.y[row * width + k]) ? 1 : 0;
    must(finite == 0 || finite == width);
    must(finite == 0 || !ended);
    ended = finite == 0;
    must(static_cast<std::size_t>(run.inputs[row]) < run.held_inputs.size());
  }
  if (run.success()) must(!ended);
  for (std::size_t k = 0; k < ketasim::readout_table().size(); ++k) {
    const std::vector<double> values = run.readout(k);
    must(values.size() == run.t.size());
    if (run.success())
      for (const double value : values) must(std::isfinite(value));
  }
}

}  // namespace fuzz
