#include "bindings.hpp"

namespace ketasim::bindings {
namespace {

std::string letter(model::Grade grade) { return std::string(1, "ABCDE"[static_cast<int>(grade)]); }

std::string word(model::Evidence evidence) {
  switch (evidence) {
    case model::Evidence::read:
      return "read";
    case model::Evidence::secondary:
      return "secondary";
    case model::Evidence::digitised:
      return "digitised";
    case model::Evidence::memory:
      return "memory";
    case model::Evidence::derived:
      return "derived";
    case model::Evidence::assumed:
      break;
  }
  return "assumed";
}

py::list parameter_table(const std::string& species) {
  py::list rows;
  const model::Species which = species_from(species);
  const model::Parameters<double> p;
  model::Parameters<double>::each(
      p, [&](std::string_view module, const double&, const model::Parameter& row) {
        const model::Entry& e = row.entry(which);
        py::dict d;
        d["name"] = std::string(module) + "." + std::string(row.name);
        d["module"] = std::string(module);
        d["symbol"] = std::string(row.symbol);
        d["description"] = std::string(row.meaning);
        d["value"] = e.value;
        d["unit"] = std::string(row.unit);
        d["low"] = e.low;
        d["high"] = e.high;
        d["iiv_cv_pct"] = e.iiv_cv_pct;
        d["species"] = std::string(e.species);
        d["grade"] = letter(e.grade);
        d["source_key"] = std::string(e.source);
        d["evidence"] = word(e.evidence);
        d["fitted_to"] = std::string(e.fitted_to);
        d["note"] = std::string(e.note);
        rows.append(d);
      });
  return rows;
}

py::list state_table() {
  py::list rows;
  const model::State<double> y;
  model::State<double>::each(
      y, [&](std::string_view module, const double&, const model::Variable& row) {
        py::dict d;
        d["name"] = std::string(module) + "." + std::string(row.name) + std::string(row.suffix);
        d["module"] = std::string(module);
        d["unit"] = std::string(row.unit);
        d["description"] = std::string(row.meaning);
        d["typical"] = row.typical;
        rows.append(d);
      });
  return rows;
}

template <class Table>
py::list named_rows() {
  py::list rows;
  const Table table{};
  Table::each(table, [&](std::string_view module, const double&, const model::Readout& row) {
    py::dict d;
    d["name"] = std::string(row.name);
    d["module"] = std::string(module);
    d["unit"] = std::string(row.unit);
    d["description"] = std::string(row.meaning);
    rows.append(d);
  });
  return rows;
}

py::list readouts() {
  py::list rows = named_rows<model::Readouts<double>>();
  const model::symptoms::PopulationReadouts<double> population{};
  model::symptoms::PopulationReadouts<double>::each(population,
                                                    [&](const double&, const model::Readout& row) {
                                                      py::dict d;
                                                      d["name"] = std::string(row.name);
                                                      d["module"] = "symptoms";
                                                      d["unit"] = std::string(row.unit);
                                                      d["description"] = std::string(row.meaning);
                                                      rows.append(d);
                                                    });
  return rows;
}

py::list variant_table() {
  py::list rows;
  for (const parameters::Override& o : parameters::variants) {
    py::dict d;
    d["variant"] = std::string(o.variant);
    d["species"] = std::string(o.species);
    d["parameter"] = std::string(o.parameter);
    d["value"] = o.value;
    rows.append(d);
  }
  return rows;
}

py::dict context_table() {
  py::dict table;
  for (const auto& [context, name] : dosing::context_names) {
    const dosing::ContextEffect e = dosing::effect_of(context);
    table[py::str(std::string(name))] = py::make_tuple(e.expectancy, e.nonspecific, e.unblinding);
  }
  return table;
}

/// Structure of the Jacobian in compressed sparse rows: (row_start, column).
py::tuple jacobian_structure() {
  const model::JacobianStructure& s = model::jacobian_structure();
  std::vector<int> rows(s.row_start.begin(), s.row_start.end());
  return py::make_tuple(to_array(rows, {static_cast<py::ssize_t>(rows.size())}),
                        to_array(s.column, {static_cast<py::ssize_t>(s.column.size())}));
}

}  // namespace

model::Species species_from(const std::string& name) {
  return name == "human" ? model::Species::human : model::Species::rat;
}

void add_tables(py::module_& m) {
  m.def("parameter_table", &parameter_table, py::arg("species"));
  m.def("state_table", &state_table);
  m.def("readout_table", &readouts);
  m.def("variant_table", &variant_table);
  m.def("context_table", &context_table);
  m.def("jacobian_structure", &jacobian_structure);
}

}  // namespace ketasim::bindings
