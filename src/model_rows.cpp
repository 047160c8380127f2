#include "ketasim/model/rows.hpp"

#include <type_traits>
#include <vector>

#include "ketasim/model/cascade.hpp"

namespace ketasim::model {
namespace {

template <class Row, class Table>
std::vector<ModuleRow<Row>> rows_of_modules() {
  std::vector<ModuleRow<Row>> rows;
  const Table table{};
  Table::each(table, [&](std::string_view module, const double&, const Row& row) {
    rows.push_back({row, module});
  });
  return rows;
}

/// Do the members of a table stand in memory in the order of its rows? side_by_side() counts on it.
template <class Table>
consteval bool stands_in_order() {
  const Table table{};
  const double* last = nullptr;
  bool ordered = true;
  const auto next = [&](const double& value) {
    ordered = ordered && (last == nullptr || last < &value);
    last = &value;
  };
  if constexpr (std::is_same_v<Table, Inputs<double>>)
    Table::each(table, [&](const double& value, const Input&) { next(value); });
  else
    Table::each(table, [&](std::string_view, const double& value, const auto&) { next(value); });
  return ordered;
}
static_assert(stands_in_order<Parameters<double>>() && stands_in_order<State<double>>() &&
                  stands_in_order<Inputs<double>>() && stands_in_order<Readouts<double>>(),
              "ketasim: declare the members of a module's table in the order of its rows");

}  // namespace

std::span<const ParameterRow> parameter_rows() {
  static const auto rows = rows_of_modules<Parameter, Parameters<double>>();
  return rows;
}

std::span<const StateRow> state_rows() {
  static const auto rows = rows_of_modules<Variable, State<double>>();
  return rows;
}

std::span<const Input> input_rows() {
  static const auto rows = [] {
    std::vector<Input> all;
    const Inputs<double> inputs;
    Inputs<double>::each(inputs, [&](const double&, const Input& row) { all.push_back(row); });
    return all;
  }();
  return rows;
}

std::span<const ReadoutRow> readout_rows() {
  static const auto rows = rows_of_modules<Readout, Readouts<double>>();
  return rows;
}

std::string full_name_of(const ParameterRow& row) {
  return std::string(row.module) + "." + std::string(row.name);
}

std::string full_name_of(const StateRow& row) {
  return std::string(row.module) + "." + std::string(row.name) + std::string(row.suffix);
}

}  // namespace ketasim::model
