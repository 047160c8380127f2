/// The human and rat parameter sets, read from the module tables.
#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "ketasim/error.hpp"
#include "ketasim/model/cascade.hpp"
#include "ketasim/nearest_names.hpp"
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
  model::Parameters<P>::each(p, [&](std::string_view, P& value, const model::Parameter& row) {
    value = scalar::quantity<P>(row.entry(species).value, row.unit.data());
  });
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
[[nodiscard]] inline double& find(model::Parameters<double>& p, std::string_view full_name) {
  double* found = nullptr;
  model::Parameters<double>::each(p, [&](std::string_view module, double& value,
                                         const model::Parameter& row) {
    if (full_name.size() == module.size() + 1 + row.name.size() && full_name.starts_with(module) &&
        full_name[module.size()] == '.' && full_name.ends_with(row.name))
      found = &value;
  });
  if (found == nullptr) {
    std::vector<std::string> known;
    model::Parameters<double>::each(
        p, [&](std::string_view module, const double&, const model::Parameter& row) {
          known.push_back(std::string(module) + "." + std::string(row.name));
        });
    const std::string nearest = nearest_names(full_name, known);
    throw UnknownName("no parameter is called '" + std::string(full_name) +
                      "': " + (nearest.empty() ? "names are module.name" : nearest));
  }
  return *found;
}

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
inline void check(const model::Parameters<double>& p) {
  std::string wrong;
  model::Parameters<double>::each(
      p, [&](std::string_view module, const double& value, const model::Parameter& row) {
        if ((std::isfinite(value) && row.limits.holds(value)) || !wrong.empty()) return;
        const std::string name = std::string(module) + "." + std::string(row.name),
                          unit = std::string(row.unit);
        if (!std::isfinite(value))
          wrong = "missing parameter " + name + " [" + unit + "]: set a finite value";
        else
          wrong = "parameter " + name + " = " + written(value) + " " + unit +
                  " is not possible: it must lie within " + written(row.limits.low) + " to " +
                  written(row.limits.high) + " " + unit;
      });
  if (!wrong.empty()) throw ParameterError(wrong);
}

}  // namespace ketasim::parameters
