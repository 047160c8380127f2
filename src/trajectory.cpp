#include "ketasim/trajectory.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ketasim/observation/clinical.hpp"
#include "readouts.hpp"

namespace ketasim {
namespace {

std::vector<model::Readout> make_table() {
  std::vector<model::Readout> table;
  const auto add = [&](std::string_view, const double&, const model::Readout& row) {
    table.push_back(row);
  };
  const model::Readouts<double> readouts{};
  model::Readouts<double>::each(readouts, add);
  const observation::Shares<double> shares{};
  observation::Shares<double>::each(
      shares, [&](const double& value, const model::Readout& row) { add("symptoms", value, row); });
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

std::vector<double> Trajectory::readout(std::size_t index) const {
  return readouts(std::span(&index, 1));
}

std::vector<double> Trajectory::readouts(std::span<const std::size_t> indices) const {
  std::vector<double> columns(indices.size() * t.size(), std::numeric_limits<double>::quiet_NaN());
  const auto row_of = [&](std::size_t row) {
    return y.data() + row * static_cast<std::size_t>(model::n_states);
  };
  const auto reached = [&](std::size_t row) { return !std::isnan(*row_of(row)); };
  for (std::size_t first = 0, end = 0; first < t.size(); first = end) {
    const auto together = [&](std::size_t row) {
      return row < t.size() && row - first < rows_at_once && inputs[row] == inputs[first] &&
             reached(row);
    };
    if (!reached(end++)) continue;
    while (together(end)) ++end;
    read(indices, row_of(first), end - first, held_inputs[static_cast<std::size_t>(inputs[first])],
         columns.data() + first, t.size());
  }
  return columns;
}

double Trajectory::before(std::size_t index) const {
  double value = 0.0;
  read(std::span(&index, 1), start.data(), 1, held_inputs.front(), &value, 1);
  return value;
}

void Trajectory::read(std::span<const std::size_t> indices, const double* rows, std::size_t n,
                      const model::Inputs<double>& u, double* columns, std::size_t stride) const {
  Columns<model::n_states> at;
  Columns<n_measured> all;
  for (std::size_t r = 0; r < rows_at_once; ++r)  // where there are fewer, the last one fills up
    for (std::size_t k = 0; k < at.size(); ++k) at[k][r] = rows[std::min(r, n - 1) * at.size() + k];
  measure(at, u, parameters, derived, all);
  const auto share = [&](auto of, double* column) {
    for (std::size_t r = 0; r < n; ++r) {
      const auto state = model::unpack<double>(rows + r * at.size());
      column[r] = of(u.z0, model::relief(state, u, parameters, derived), parameters.symptoms);
    }
  };
  for (std::size_t i = 0; i < indices.size(); ++i) {
    double* column = columns + i * stride;
    const std::string_view name = readout_table().at(indices[i]).name;
    if (name == "response")
      share(observation::response<double>, column);
    else if (name == "remission")
      share(observation::remission<double>, column);
    else
      std::copy_n(all[indices[i]].begin(), n, column);
  }
}

}  // namespace ketasim
