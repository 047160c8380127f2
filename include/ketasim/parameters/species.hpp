/// The human and rat parameter sets, read from the module tables.
#pragma once

#include <cstddef>
#include <string_view>

#include "ketasim/model/cascade.hpp"
#include "ketasim/parameters/subjects.hpp"

namespace ketasim::parameters {

/// A complete set of parameters, and the species that it describes.
template <class P = double>
struct Set : model::Parameters<P> {
  model::Species species = model::Species::human;
};

/// Published and fitted values for a species.
template <class P = double>
[[nodiscard]] Set<P> of(model::Species species) {
  Set<P> p;
  p.species = species;
  const auto values = model::numbers(p);
  const auto rows = model::parameter_rows();
  for (std::size_t k = 0; k < values.size(); ++k)
    values[k] = scalar::quantity<P>(rows[k].entry(species).value, rows[k].unit.data());
  return p;
}

/// The set that describes a subject of this species: mouse, cell and slice have that of the rat.
template <class P = double>
[[nodiscard]] Set<P> of(Species species) {
  return of<P>(row_of(species).parameter_set);
}

[[nodiscard]] inline Set<double> human() { return of(model::Species::human); }
[[nodiscard]] inline Set<double> rat() { return of(model::Species::rat); }

/// The parameter called "module.name".
/// @throws UnknownName if there is none.
[[nodiscard]] double& find(model::Parameters<double>& p, std::string_view full_name);

/// The place of a parameter in every set, so that its name is looked up once for many sets.
class Place {
 public:
  /// @throws UnknownName if there is no such parameter.
  explicit Place(std::string_view full_name) {
    model::Parameters<double> any;
    bytes_ =
        reinterpret_cast<std::byte*>(&find(any, full_name)) - reinterpret_cast<std::byte*>(&any);
  }
  [[nodiscard]] double& in(model::Parameters<double>& p) const {
    return *reinterpret_cast<double*>(reinterpret_cast<std::byte*>(&p) + bytes_);
  }

 private:
  std::ptrdiff_t bytes_;
};

/// Every parameter must be finite and within its limits before a run.
/// @throws ParameterError naming the first that is not.
void check(const model::Parameters<double>& p);

}  // namespace ketasim::parameters
