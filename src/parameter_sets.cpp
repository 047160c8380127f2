#include <cmath>
#include <string>
#include <vector>

#include "ketasim/error.hpp"
#include "ketasim/model/rows.hpp"
#include "ketasim/nearest_names.hpp"
#include "ketasim/parameters/species.hpp"

namespace ketasim::parameters {

double& find(model::Parameters<double>& p, std::string_view full_name) {
  const auto rows = model::parameter_rows();
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const std::string_view module = rows[k].module, name = rows[k].name;
    if (full_name.size() == module.size() + 1 + name.size() && full_name.starts_with(module) &&
        full_name[module.size()] == '.' && full_name.ends_with(name))
      return model::numbers(p)[k];
  }
  std::vector<std::string> known;
  for (const model::ParameterRow& row : rows) known.push_back(full_name_of(row));
  const std::string nearest = nearest_names(full_name, known);
  throw UnknownName("no parameter is called '" + std::string(full_name) +
                    "': " + (nearest.empty() ? "names are module.name" : nearest));
}

namespace {

[[noreturn]] void refuse(const model::ParameterRow& row, double value) {
  const std::string name = full_name_of(row), unit = std::string(row.unit);
  if (!std::isfinite(value))
    throw ParameterError("missing parameter " + name + " [" + unit + "]: set a finite value");
  if (row.limits.low == model::positive.low)
    throw ParameterError(
        "parameter " + name + " = " + written(value) + " " + unit +
        " is not possible: it must be above 0" +
        (std::isinf(row.limits.high) ? " " : " and at most " + written(row.limits.high) + " ") +
        unit);
  throw ParameterError("parameter " + name + " = " + written(value) + " " + unit +
                       " is not possible: it must lie within " + written(row.limits.low) + " to " +
                       written(row.limits.high) + " " + unit);
}

}  // namespace

void check(const model::Parameters<double>& p) {
  const auto rows = model::parameter_rows();
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const double value = model::numbers(p)[k];
    if (!std::isfinite(value) || !rows[k].limits.holds(value)) refuse(rows[k], value);
  }
}

}  // namespace ketasim::parameters
