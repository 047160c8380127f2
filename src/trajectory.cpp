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

double Trajectory::value(std::size_t index, const model::State<double>& state,
                         const model::Inputs<double>& u) const {
  const std::string_view name = readout_table().at(index).name;
  if (name == "response")
    return model::symptoms::response(model::relief(state, u, parameters, derived), u,
                                     parameters.symptoms);
  if (name == "remission")
    return model::symptoms::remission(model::relief(state, u, parameters, derived), u,
                                      parameters.symptoms);
  double found = std::numeric_limits<double>::quiet_NaN();
  std::size_t k = 0;
  const model::Readouts<double> all = model::readouts(state, u, parameters, derived);
  model::Readouts<double>::each(all, [&](std::string_view, double value, const model::Readout&) {
    if (k++ == index) found = value;
  });
  return found;
}

std::vector<double> Trajectory::readout(std::size_t index) const {
  std::vector<double> values(t.size(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t row = 0; row < t.size(); ++row) {
    const double* first = y.data() + row * static_cast<std::size_t>(model::n_states);
    if (!std::isnan(*first))
      values[row] = value(index, model::unpack<double>(first),
                          held_inputs[static_cast<std::size_t>(inputs[row])]);
  }
  return values;
}

double Trajectory::before(std::size_t index) const {
  return value(index, model::unpack<double>(start), held_inputs.front());
}

}  // namespace ketasim
