/// The exact Jacobian of the cascade, from its equations alone.
///
/// Structure: one evaluation with Dependence scalars. Values: one evaluation with duals whose
/// directions are groups of columns that share no row (Curtis, Powell and Reid 1974), so that every
/// entry is read off exactly.
#pragma once

#include <array>
#include <cstddef>
#include <iterator>
#include <vector>

#include "ketasim/model/cascade.hpp"
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

/// Found once per process.
[[nodiscard]] const JacobianStructure& jacobian_structure();

/// Writes the Jacobian entries in row order into `values` (n_entries,) [1/h times units of row over
/// column].
template <class T>
void jacobian(const T* y, const Inputs<T>& u, const Parameters<T>& p, const Derived<T>& d,
              T* values) {
  using D = scalar::Dual<T, n_directions>;
  const JacobianStructure& s = jacobian_structure();
  std::array<D, n_states> seeded;
  for (std::size_t j = 0; j < n_states; ++j) {
    seeded[j] = D();
    seeded[j].value = y[j];
    seeded[j].slope[static_cast<std::size_t>(s.colour[j])] = T(1);
  }
  const State<D> f = derivative(unpack<D>(seeded), u, p, d);
  std::size_t row = 0;
  std::size_t entry = 0;
  for (const D& value : numbers(f)) {
    for (const auto end = static_cast<std::size_t>(s.row_start[row + 1]); entry < end; ++entry) {
      const auto column = static_cast<std::size_t>(s.column[entry]);
      values[entry] = value.slope[static_cast<std::size_t>(s.colour[column])];
    }
    ++row;
  }
}
extern template void jacobian(const double*, const Inputs<double>&, const Parameters<double>&,
                              const Derived<double>&, double*);

/// From and to containers.
template <class T, class V, class J>
void jacobian(const V& y, const Inputs<T>& u, const Parameters<T>& p, const Derived<T>& d,
              J& values) {
  jacobian(static_cast<const T*>(std::data(y)), u, p, d, std::data(values));
}

}  // namespace ketasim::model
