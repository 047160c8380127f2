#include "ketasim/trajectory.hpp"

#include <algorithm>
#include <limits>

namespace ketasim {
namespace {

std::vector<model::Readout> make_table() {
  std::vector<model::Readout> table;
  const auto add = [&](std::string_view, const double&, const model::Readout& row) {
    table.push_back(row);
  };
  const model::Readouts<double> readouts{};
  model::Readouts<double>::each(readouts, add);
  const model::symptoms::PopulationReadouts<double> population{};
  model::symptoms::PopulationReadouts<double>::each(
      population,
      [&](const double& value, const model::Readout& row) { add("symptoms", value, row); });
  return table;
}

}  // namespace

const std::vector<model::Readout>& readout_table() {
  static const std::vector<model::Readout> table = make_table();
  return table;
}

std::size_t readout_index(std::string_view name) {
  const auto& table = readout_table();
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const model::Readout& r) { return r.name == name; });
  if (found == table.end())
    throw UnknownName("no readout is called '" + std::string(name) +
                      "': readout_table() lists the names");
  return static_cast<std::size_t>(found - table.begin());
}

std::vector<double> Trajectory::values(std::span<const std::size_t> indices,
                                       const model::State<double>& state,
                                       const model::Inputs<double>& u) const {
  std::vector<double> all, chosen;
  all.reserve(readout_table().size());
  chosen.reserve(indices.size());
  const model::Readouts<double> measured = model::readouts(state, u, parameters, derived);
  model::Readouts<double>::each(measured, [&](std::string_view, double value,
                                              const model::Readout&) { all.push_back(value); });
  for (const std::size_t index : indices) {
    const std::string_view name = readout_table().at(index).name;
    if (name == "response")
      chosen.push_back(model::symptoms::response(model::relief(state, u, parameters, derived), u,
                                                 parameters.symptoms));
    else if (name == "remission")
      chosen.push_back(model::symptoms::remission(model::relief(state, u, parameters, derived), u,
                                                  parameters.symptoms));
    else
      chosen.push_back(all[index]);
  }
  return chosen;
}

std::vector<double> Trajectory::readout(std::size_t index) const {
  return readouts(std::span(&index, 1));
}

std::vector<double> Trajectory::readouts(std::span<const std::size_t> indices) const {
  std::vector<double> columns(indices.size() * t.size(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t row = 0; row < t.size(); ++row) {
    const double* first = y.data() + row * static_cast<std::size_t>(model::n_states);
    if (std::isnan(*first)) continue;
    const std::vector<double> at_row = values(indices, model::unpack<double>(first),
                                              held_inputs[static_cast<std::size_t>(inputs[row])]);
    for (std::size_t k = 0; k < at_row.size(); ++k) columns[k * t.size() + row] = at_row[k];
  }
  return columns;
}

double Trajectory::before(std::size_t index) const {
  return values(std::span(&index, 1), model::unpack<double>(start), held_inputs.front()).front();
}

}  // namespace ketasim
