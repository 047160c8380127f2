#include "ketasim/tables.hpp"

#include <pybind11/stl.h>

#include <type_traits>

#include "bindings.hpp"

namespace ketasim::bindings {
namespace {

/// A table of ketasim/tables.hpp as a list of dicts.
template <class Table>
py::list rows_of(Table&& table) {
  py::list rows;
  table([&](auto&& fill) {
    py::dict row;
    fill([&](const char* name, const auto& value) {
      if constexpr (std::is_same_v<std::decay_t<decltype(value)>, tables::Texts>)
        row[name] = py::tuple(py::cast(value));
      else
        row[name] = value;
    });
    rows.append(row);
  });
  return rows;
}

py::list parameter_table(const std::string& species) {
  const model::Species set = parameters::species_row(species).parameter_set;
  return rows_of([&](auto&& row) { tables::parameters(set, row); });
}

/// Words of plain lists: what a solver option or a column of evidence may be.
py::dict words() {
  py::dict lists;
  const auto add = [&](const char* list, const auto& rows) {
    tables::Texts names;
    for (const auto& row : rows) names.push_back(row.name);
    lists[list] = py::tuple(py::cast(names));
  };
  add("method", methods);
  add("at_event", at_event_rules);
  add("positivity", positivity_policies);
  add("grade", model::grades);
  add("evidence", model::evidences);
  return lists;
}

/// Structure of the Jacobian in compressed sparse rows: (row_start, column).
py::tuple jacobian_structure() {
  const model::JacobianStructure& s = model::jacobian_structure();
  std::vector<int> rows(s.row_start.begin(), s.row_start.end());
  return py::make_tuple(to_array(rows, {static_cast<py::ssize_t>(rows.size())}),
                        to_array(s.column, {static_cast<py::ssize_t>(s.column.size())}));
}

}  // namespace

void add_tables(py::module_& m) {
  m.def("parameter_table", &parameter_table, py::arg("species"));
  const auto add = [&](const char* name, auto table) {
    m.def(name, [table] { return rows_of(table); });
  };
  add("trial_parameter_table", [](auto&& row) { tables::trial_parameters(row); });
  add("state_table", [](auto&& row) { tables::states(row); });
  add("input_table", [](auto&& row) { tables::inputs(row); });
  add("readout_table", [](auto&& row) { tables::readouts(row); });
  add("drug_table", [](auto&& row) { tables::drugs(row); });
  add("route_table", [](auto&& row) { tables::routes(row); });
  add("unit_table", [](auto&& row) { tables::units(row); });
  add("context_table", [](auto&& row) { tables::contexts(row); });
  add("variant_table", [](auto&& row) { tables::variants(row); });
  add("override_table", [](auto&& row) { tables::overrides(row); });
  add("species_table", [](auto&& row) { tables::species(row); });
  add("genotype_table", [](auto&& row) { tables::genotypes(row); });
  add("trait_table", [](auto&& row) { tables::traits(row); });
  add("allometry_table", [](auto&& row) { tables::allometry(row); });
  add("age_table", [](auto&& row) { tables::ages(row); });
  m.def("words", &words);
  m.def("jacobian_structure", &jacobian_structure);
}

}  // namespace ketasim::bindings
