#include "ketasim/trajectory.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>

#include "ketasim/nearest_names.hpp"
#include "ketasim/observation/clinical.hpp"
#include "needed_blocks.hpp"
#include "readouts.hpp"

namespace ketasim {
namespace {

std::vector<model::Readout> make_table() {
  std::vector<model::Readout> table;
  for (const model::ReadoutRow& row : model::readout_rows()) table.push_back(row);
  const observation::Shares<double> shares{};
  observation::Shares<double>::each(
      shares, [&](const double&, const model::Readout& row) { table.push_back(row); });
  return table;
}

std::vector<std::string> readout_names() {
  std::vector<std::string> names;
  for (const model::Readout& row : readout_table()) names.emplace_back(row.name);
  return names;
}

/// @throws UnknownName with the nearest names, or `hint` if none is like it
std::size_t index_in(const std::vector<std::string>& names, std::string_view name,
                     const std::string& what, const std::string& hint) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    const std::string nearest = nearest_names(name, names);
    throw UnknownName("no " + what + " is called '" + std::string(name) +
                      "': " + (nearest.empty() ? hint : nearest));
  }
  return static_cast<std::size_t>(found - names.begin());
}

}  // namespace

const std::vector<model::Readout>& readout_table() {
  static const std::vector<model::Readout> table = make_table();
  return table;
}

std::size_t readout_index(std::string_view name) {
  static const std::vector<std::string> names = readout_names();
  return index_in(names, name, "readout", "readout_table() lists the names");
}

std::vector<std::size_t> readout_indices(std::initializer_list<std::string_view> names) {
  std::vector<std::size_t> indices;
  for (const std::string_view name : names) indices.push_back(readout_index(name));
  return indices;
}

const std::vector<std::string>& state_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const model::StateRow& row : model::state_rows()) all.push_back(full_name_of(row));
    return all;
  }();
  return names;
}

std::size_t state_index(std::string_view name) {
  return index_in(state_names(), name, "state", "state_names() lists them, as module.name");
}

std::string_view unit_of(std::string_view name) {
  if (name.find('.') == std::string_view::npos) return readout_table()[readout_index(name)].unit;
  return model::state_rows()[state_index(name)].unit;
}

std::vector<double> Trajectory::readout(std::string_view name) const {
  return readout(readout_index(name));
}

double Trajectory::before(std::string_view name) const { return before(readout_index(name)); }

std::vector<double> Trajectory::state(std::string_view name) const {
  const std::size_t index = state_index(name);
  std::vector<double> column(t.size());
  for (std::size_t row = 0; row < t.size(); ++row)
    column[row] = y[row * static_cast<std::size_t>(model::n_states) + index];
  return column;
}

std::vector<double> Trajectory::readout(std::size_t index) const {
  return readouts(std::span(&index, 1));
}

const double* Trajectory::row_at(std::size_t index) const {
  return y.data() + index * static_cast<std::size_t>(model::n_states);
}

void Trajectory::check_computed(std::span<const std::size_t> indices) const {
  for (const std::size_t index : indices)
    if (computed != kernels::all_blocks && (needed_blocks(std::span(&index, 1)) & ~computed) != 0)
      throw ScenarioError(std::string(readout_table().at(index).name) +
                          " was not computed: name it in only_for, or leave only_for out");
}

std::vector<double> Trajectory::readouts(std::span<const std::size_t> indices) const {
  check_computed(indices);
  std::vector<double> columns(indices.size() * t.size(), std::numeric_limits<double>::quiet_NaN());
  const auto reached = [&](std::size_t index) { return !std::isnan(*row_at(index)); };
  for (std::size_t first = 0, end = 0; first < t.size(); first = end) {
    const auto together = [&](std::size_t row) {
      return row < t.size() && row - first < rows_at_once && inputs[row] == inputs[first] &&
             reached(row);
    };
    if (!reached(end++)) continue;
    while (together(end)) ++end;
    read(indices, row_at(first), end - first, held_inputs[static_cast<std::size_t>(inputs[first])],
         columns.data() + first, t.size());
  }
  return columns;
}

template <class Body>
void Trajectory::for_rows_at_once(Body body) const {
  const auto width = static_cast<std::size_t>(model::n_states);
  Columns<model::n_states> at;
  Columns<n_measured> all;
  for (std::size_t first = 0, end = 0; first < t.size(); first = end) {
    while (end < t.size() && end - first < rows_at_once && inputs[end] == inputs[first]) ++end;
    for (std::size_t r = 0; r < rows_at_once; ++r)  // where there are fewer, the last one fills up
      for (std::size_t k = 0; k < at.size(); ++k)
        at[k][r] = y[std::min(first + r, end - 1) * width + k];
    measure(at, held_inputs[static_cast<std::size_t>(inputs[first])], parameters, derived, all);
    body(first, end, all);
  }
}

std::vector<double> Trajectory::judge_readouts(double tolerance, const StateVector<double>& typical,
                                               std::span<const std::size_t> indices) {
  if (!success() || t.empty()) return indices.empty() ? std::vector<double>{} : readouts(indices);
  check_computed(indices);
  std::vector<double> columns(indices.size() * t.size());
  Columns<n_measured> lowest, highest, not_finite{};
  for (auto& column : lowest) column.fill(std::numeric_limits<double>::infinity());
  for (auto& column : highest) column.fill(-std::numeric_limits<double>::infinity());
  for_rows_at_once([&](std::size_t first, std::size_t end, const Columns<n_measured>& all) {
    choose(indices, row_at(first), end - first,
           held_inputs[static_cast<std::size_t>(inputs[first])], all, columns.data() + first,
           t.size());
    for (std::size_t k = 0; k < n_measured; ++k)
      for (std::size_t r = 0; r < rows_at_once; ++r) {
        const double value = all[k][r];
        lowest[k][r] = value < lowest[k][r] ? value : lowest[k][r];
        highest[k][r] = value > highest[k][r] ? value : highest[k][r];
        not_finite[k][r] += value - value;  // 0, or NaN from now on
      }
  });

  // What errors of the steps add up to, in units of the tolerance of one step.
  constexpr double tolerances = 100.0;
  std::array<model::Scale, n_measured> allowed;
  // Width of the scale or, where it has no end, the largest value, at least `usual`.
  const auto all_within = [&](const auto& usual) {
    bool all_in = true;
    for (std::size_t k = 0; k < n_measured; ++k) {
      const double low = *std::min_element(lowest[k].begin(), lowest[k].end()),
                   high = *std::max_element(highest[k].begin(), highest[k].end());
      const model::Scale& scale = readout_table()[k].scale;
      const double width = std::isfinite(scale.high - scale.low)
                               ? scale.high - scale.low
                               : std::max({usual(k), std::abs(low), std::abs(high)});
      const double margin = tolerances * tolerance * width;
      allowed[k] = {scale.low - margin, scale.high + margin};
      const double off = std::accumulate(not_finite[k].begin(), not_finite[k].end(), 0.0);
      all_in &= off == 0.0 && allowed[k].holds(low) && allowed[k].holds(high);
    }
    return all_in;
  };
  const auto one_unit = [](std::size_t) { return 1.0; };
  if (all_within(one_unit)) return columns;

  // One unit may be far below what the tolerance of the states allows: an amount that is small beside
  // a typical one is a high level in a small animal. Then what typical states show is usual.
  // Not on the stack, which may be small.
  const auto states = std::make_unique<Columns<model::n_states>>();
  const auto columns_shown = std::make_unique<Columns<n_measured>>();
  for (std::size_t k = 0; k < states->size(); ++k) (*states)[k].fill(typical[static_cast<int>(k)]);
  measure(*states, held_inputs.front(), parameters, derived, *columns_shown);
  const Columns<n_measured>& shown = *columns_shown;
  const auto as_typical = [&](std::size_t k) {
    return std::isfinite(shown[k][0]) ? std::max(1.0, std::abs(shown[k][0])) : 1.0;
  };
  if (all_within(as_typical)) return columns;

  for_rows_at_once([&](std::size_t first, std::size_t end, const Columns<n_measured>& all) {
    for (std::size_t r = 0; r < end - first && success(); ++r)
      for (std::size_t k = 0; k < n_measured && success(); ++k)
        if (!std::isfinite(all[k][r]) || !allowed[k].holds(all[k][r])) {
          outcome.status = solve::Status::readout_out_of_range;
          outcome.worst_component = static_cast<int>(k);
          outcome.t = t[first + r];
        }
  });
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
  choose(indices, rows, n, u, all, columns, stride);
}

template <class Computed>
void Trajectory::choose(std::span<const std::size_t> indices, const double* rows, std::size_t n,
                        const model::Inputs<double>& u, const Computed& all, double* columns,
                        std::size_t stride) const {
  const auto share = [&](auto of, double* column) {
    for (std::size_t r = 0; r < n; ++r) {
      const auto state =
          model::unpack<double>(rows + r * static_cast<std::size_t>(model::n_states));
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
