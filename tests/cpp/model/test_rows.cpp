#include <catch2/catch.hpp>
#include <string>
#include <string_view>

#include "ketasim/model/cascade.hpp"
#include "ketasim/scalar/dual.hpp"

using namespace ketasim;

namespace {

/// Compares the numbers and rows of a table with a walk along it.
/// @return how many numbers there are
template <class Number, class Table, class Rows>
std::size_t compare_with_walk(Table& table, const Rows& rows) {
  const auto numbers = model::numbers(table);
  std::size_t k = 0;
  const auto compare = [&](const Number& value, std::string_view name) {
    REQUIRE(k < numbers.size());
    CHECK(&value == &numbers[k]);
    CHECK(name == rows[k].name);
    ++k;
  };
  if constexpr (requires { rows[0].module; })
    Table::each(table, [&](std::string_view module, const Number& value, const auto& row) {
      CHECK(module == rows[k].module);
      compare(value, row.name);
    });
  else
    Table::each(table, [&](const Number& value, const auto& row) { compare(value, row.name); });
  CHECK(k == numbers.size());
  CHECK(k == rows.size());
  return k;
}

template <class Number>
void compare_all() {
  model::Parameters<Number> parameters;
  model::State<Number> state;
  model::Inputs<Number> inputs;
  model::Readouts<Number> readouts;
  CHECK(compare_with_walk<Number>(parameters, model::parameter_rows()) > 0);
  CHECK(compare_with_walk<Number>(state, model::state_rows()) == model::n_states);
  CHECK(compare_with_walk<Number>(inputs, model::input_rows()) > 0);
  CHECK(compare_with_walk<Number>(readouts, model::readout_rows()) > 0);
}

}  // namespace

TEST_CASE("rows: numbers and rows of every table stand in the order of a walk along it") {
  compare_all<double>();
  compare_all<long double>();
  compare_all<scalar::Dual<double, 3>>();
}

TEST_CASE("rows: the full name of a parameter or state is module.name") {
  CHECK(full_name_of(model::parameter_rows().front()) ==
        std::string(model::parameter_rows().front().module) + "." +
            std::string(model::parameter_rows().front().name));
  CHECK(full_name_of(model::state_rows().front())
            .starts_with(std::string(model::state_rows().front().module) + "."));
}
