/// The rows of the model's tables, each in the order of the numbers that it describes.
///
/// The tables stand in the headers of the modules, beside the equations. They are compiled once, in
/// the library, because every walk along a table is a function of thousands of operations.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "ketasim/model/table_rows.hpp"

namespace ketasim::model {

/// A row and the module that it belongs to.
template <class Row>
struct ModuleRow : Row {
  std::string_view module;
};
using ParameterRow = ModuleRow<Parameter>;
using StateRow = ModuleRow<Variable>;
using ReadoutRow = ModuleRow<Readout>;

[[nodiscard]] std::span<const ParameterRow> parameter_rows();
[[nodiscard]] std::span<const StateRow> state_rows();
[[nodiscard]] std::span<const Input> input_rows();
/// Readouts of a state; shares of patients are in observation::Shares.
[[nodiscard]] std::span<const ReadoutRow> readout_rows();

/// "module.name", by which users know a parameter or a state.
[[nodiscard]] std::string full_name_of(const ParameterRow& row);
[[nodiscard]] std::string full_name_of(const StateRow& row);

}  // namespace ketasim::model
