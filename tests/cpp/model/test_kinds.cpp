/// Kinds of states and inputs: they say what their units allow, and the solver relies on them.
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "ketasim/cascade_system.hpp"
#include "ketasim/dosing/periodic.hpp"
#include "ketasim/dosing/schedule.hpp"
#include "ketasim/parameters/species.hpp"

using namespace ketasim;
using model::InputKind, model::StateKind;

namespace {

/// f(full name, row) for every state.
template <class F>
void each_state(F&& f) {
  const model::State<double> y;
  model::State<double>::each(y, [&](std::string_view module, double, const model::Variable& row) {
    f(std::string(module) + "." + std::string(row.name) + std::string(row.suffix), row);
  });
}

template <class F>
void each_input(F&& f) {
  const model::Inputs<double> u;
  model::Inputs<double>::each(u, [&](double, const model::Input& row) { f(row); });
}

}  // namespace

TEST_CASE("kinds: every kind occurs", "[model][kinds]") {
  std::set<StateKind> states;
  each_state([&](const std::string&, const model::Variable& row) { states.insert(row.kind); });
  CHECK(states.size() == model::state_kinds.size());
  std::set<InputKind> inputs;
  each_input([&](const model::Input& row) { inputs.insert(row.kind); });
  CHECK(inputs.size() == model::input_kinds.size());
}

TEST_CASE("kinds: a state has a unit of its kind", "[model][kinds]") {
  each_state([](const std::string& name, const model::Variable& row) {
    CAPTURE(name, row.unit);
    switch (row.kind) {
      case StateKind::amount:
        CHECK(row.unit == "umol");
        break;
      case StateKind::concentration:
        CHECK(row.unit == "uM");
        break;
      case StateKind::circuit:
        CHECK((row.unit == "1" || row.unit == "%" || row.unit == "uM"));
        break;
      default:
        CHECK(row.unit == "1");
    }
    CHECK((row.unit == "umol") == (row.kind == StateKind::amount));
    CHECK((row.rodent_share == 1.0 || row.kind == StateKind::amount));
  });
}

TEST_CASE("kinds: an input has a unit of its kind", "[model][kinds]") {
  each_input([](const model::Input& row) {
    CAPTURE(row.name, row.unit);
    CHECK(row.unit.ends_with("/h") == (row.kind == InputKind::rate));
    CHECK((row.unit == "uM") == (row.kind == InputKind::level));
  });
}

TEST_CASE("kinds: the disposition of drugs hears of nothing else than enzymes", "[model][kinds]") {
  // What a dose in steady state relies on: while enzymes rest, its states form a block of their own.
  std::vector<bool> disposition, enzyme;
  each_state([&](const std::string&, const model::Variable& row) {
    disposition.push_back(row.is_disposition());
    enzyme.push_back(row.kind == StateKind::enzyme);
  });
  CHECK(dosing::disposition_states().size() ==
        static_cast<std::size_t>(std::count(disposition.begin(), disposition.end(), true)));
  const auto& J = model::jacobian_structure();
  for (const int row : dosing::disposition_states())
    for (int e = J.row_start[static_cast<std::size_t>(row)];
         e < J.row_start[static_cast<std::size_t>(row) + 1]; ++e) {
      CAPTURE(row, J.column[static_cast<std::size_t>(e)]);
      const auto column = static_cast<std::size_t>(J.column[static_cast<std::size_t>(e)]);
      CHECK((disposition[column] || enzyme[column]));
    }
}

TEST_CASE("kinds: no state depends on one that is measured from the equilibrium, but such ones",
          "[model][kinds]") {
  std::vector<bool> measured;
  each_state([&](const std::string&, const model::Variable& row) {
    measured.push_back(row.rests_at_zero());
  });
  const auto& J = model::jacobian_structure();
  for (std::size_t row = 0; row < measured.size(); ++row)
    for (int e = J.row_start[row]; e < J.row_start[row + 1]; ++e)
      if (measured[static_cast<std::size_t>(J.column[static_cast<std::size_t>(e)])]) {
        CAPTURE(row);
        CHECK(measured[row]);
      }
  // And they rest at 0 in health.
  const auto p = parameters::human();
  StateVector<double> healthy;
  model::pack(model::healthy_state(p, model::derived(p)), healthy);
  for (std::size_t k = 0; k < measured.size(); ++k)
    if (measured[k]) CHECK(healthy[static_cast<int>(k)] == 0.0);
}

TEST_CASE("kinds: fractions are capped at 1, nothing else is", "[model][kinds]") {
  model::Inputs<double> u;
  model::Inputs<double>::each(u, [](double& value, const model::Input&) { value = 1.5; });
  dosing::detail::cap_fractions(u);
  model::Inputs<double>::each(u, [](double value, const model::Input& row) {
    CAPTURE(row.name);
    CHECK(value == (row.kind == InputKind::fraction ? 1.0 : 1.5));
  });
}

TEST_CASE("kinds: an input is found by its place", "[model][kinds]") {
  using U = model::Inputs<double>;
  CHECK(model::kind_of(&U::rate_A1_S) == InputKind::rate);
  CHECK(model::kind_of(&U::rate_mk) == InputKind::rate);
  CHECK(model::kind_of(&U::bath_bdnf) == InputKind::level);
  CHECK(model::kind_of(&U::therapy) == InputKind::fraction);
  CHECK(model::kind_of(&U::stress) == InputKind::subject);
  CHECK(model::kind_of(&U::z0) == InputKind::reference);
  CHECK(dosing::detail::is_rate(&U::rate_Ahk_R));
  CHECK_FALSE(dosing::detail::is_rate(&U::nbqx));
}

TEST_CASE("kinds: a rodent holds a hundredth of the amounts of ketamine", "[model][kinds]") {
  const StateVector<double> human = typical_sizes(), rat = typical_sizes(model::Species::rat);
  int k = 0;
  each_state([&](const std::string& name, const model::Variable& row) {
    CAPTURE(name);
    const bool ketamine = name.starts_with("pharmacokinetics.") && row.unit == "umol";
    CHECK(human[k] == row.typical);
    CHECK(rat[k] == (ketamine ? 0.01 : 1.0) * human[k]);
    ++k;
  });
}
