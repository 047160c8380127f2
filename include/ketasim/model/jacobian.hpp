/// The exact Jacobian of the cascade, from its equations alone.
///
/// Structure: one evaluation with Dependence scalars. Values: one evaluation with duals whose
/// directions are groups of columns that share no row (Curtis, Powell and Reid 1974), so that every
/// entry is read off exactly.
#pragma once

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

#include "ketasim/model/cascade.hpp"
#include "ketasim/scalar/dependence.hpp"
#include "ketasim/scalar/dual.hpp"

namespace ketasim::model {

/// Compressed sparse rows of the Jacobian, and the colour of every column.
struct JacobianStructure {
  std::array<int, n_states + 1> row_start{};
  std::vector<int> column;  ///< (n_entries,), ascending within a row
  std::array<int, n_states> colour{};
  int n_colours = 0;
};

/// Directions carried by one dual evaluation: the number of colours the cascade needs.
inline constexpr std::size_t n_directions = 14;

[[nodiscard]] inline JacobianStructure find_jacobian_structure() {
  using D = scalar::Dependence<n_states>;
  Parameters<double> p;
  Parameters<double>::each(p, [](std::string_view, double& value, const Parameter& row) {
    value = row.human_entry.value;
  });
  State<D> y;
  std::size_t k = 0;
  State<D>::each(y, [&](std::string_view, D& value, const Variable&) { value = D::of(k++); });
  const State<D> f = derivative(y, Inputs<double>{}, p, derived(p));

  JacobianStructure s;
  std::vector<std::bitset<n_states>> rows;
  State<D>::each(
      f, [&](std::string_view, const D& value, const Variable&) { rows.push_back(value.on); });
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (int j = 0; j < n_states; ++j)
      if (rows[i][static_cast<std::size_t>(j)]) s.column.push_back(j);
    s.row_start[i + 1] = static_cast<int>(s.column.size());
  }

  // Greedy colouring, busiest columns first.
  std::array<std::bitset<n_states>, n_states> columns;
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t j = 0; j < n_states; ++j) columns[j][i] = rows[i][j];
  std::array<int, n_states> order{};
  for (int j = 0; j < n_states; ++j) order[static_cast<std::size_t>(j)] = j;
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return columns[static_cast<std::size_t>(a)].count() >
           columns[static_cast<std::size_t>(b)].count();
  });
  std::vector<std::bitset<n_states>> taken;
  for (const int j : order) {
    const auto& column = columns[static_cast<std::size_t>(j)];
    const auto free = std::find_if(taken.begin(), taken.end(),
                                   [&](const auto& t) { return (t & column).none(); });
    const auto colour = free - taken.begin();
    if (free == taken.end()) taken.emplace_back();
    taken[static_cast<std::size_t>(colour)] |= column;
    s.colour[static_cast<std::size_t>(j)] = static_cast<int>(colour);
  }
  s.n_colours = static_cast<int>(taken.size());
  if (taken.size() > n_directions)
    throw std::logic_error("the Jacobian needs " + std::to_string(taken.size()) +
                           " colours: raise n_directions");
  return s;
}

[[nodiscard]] inline const JacobianStructure& jacobian_structure() {
  static const JacobianStructure structure = find_jacobian_structure();
  return structure;
}

/// Writes the Jacobian entries in row order into `values` (n_entries,) [1/h times units of row over
/// column].
template <class T, class V, class J>
void jacobian(const V& y, const Inputs<T>& u, const Parameters<T>& p, const Derived<T>& d,
              J& values) {
  using D = scalar::Dual<T, n_directions>;
  const JacobianStructure& s = jacobian_structure();
  std::array<D, n_states> seeded;
  for (std::size_t j = 0; j < n_states; ++j) {
    seeded[j] = D();
    seeded[j].value = y[static_cast<int>(j)];
    seeded[j].slope[static_cast<std::size_t>(s.colour[j])] = T(1);
  }
  const State<D> f = derivative(unpack<D>(seeded), u, p, d);
  std::size_t row = 0;
  std::size_t entry = 0;
  State<D>::each(f, [&](std::string_view, const D& value, const Variable&) {
    for (const auto end = static_cast<std::size_t>(s.row_start[row + 1]); entry < end; ++entry) {
      const auto column = static_cast<std::size_t>(s.column[entry]);
      values[entry] = value.slope[static_cast<std::size_t>(s.colour[column])];
    }
    ++row;
  });
}

}  // namespace ketasim::model
