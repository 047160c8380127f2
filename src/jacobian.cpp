#include "ketasim/model/jacobian.hpp"

#include <algorithm>
#include <bitset>
#include <stdexcept>
#include <string>

#include "ketasim/model/rows.hpp"
#include "ketasim/scalar/dependence.hpp"

namespace ketasim::model {
namespace {

JacobianStructure find_jacobian_structure() {
  using D = scalar::Dependence<n_states>;
  Parameters<double> p;
  const auto parameters = parameter_rows();
  std::transform(parameters.begin(), parameters.end(), numbers(p).begin(),
                 [](const ParameterRow& row) { return row.human_entry.value; });
  State<D> y;
  std::size_t k = 0;
  for (D& value : numbers(y)) value = D::of(k++);
  const State<D> f = derivative(y, Inputs<double>{}, p, derived(p));

  JacobianStructure s;
  std::vector<std::bitset<n_states>> rows;
  for (const D& value : numbers(f)) rows.push_back(value.on);
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

}  // namespace

const JacobianStructure& jacobian_structure() {
  static const JacobianStructure structure = find_jacobian_structure();
  return structure;
}

template void jacobian(const double*, const Inputs<double>&, const Parameters<double>&,
                       const Derived<double>&, double*);

}  // namespace ketasim::model
