#include "ketasim/model/rows.hpp"

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
