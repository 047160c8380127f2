#include <cmath>
#include <sstream>
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

void check(const model::Parameters<double>& p) {
  const auto rows = model::parameter_rows();
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const model::ParameterRow& row = rows[k];
    const double value = model::numbers(p)[k];
    if (std::isfinite(value) && row.limits.holds(value)) continue;
    std::ostringstream message;
    if (!std::isfinite(value))
      message << "missing parameter " << full_name_of(row) << " [" << row.unit
              << "]: set a finite value";
    else
      message << "parameter " << full_name_of(row) << " = " << written(value) << ' ' << row.unit
              << " is not possible: it must lie within " << written(row.limits.low) << " to "
              << written(row.limits.high) << ' ' << row.unit;
    throw ParameterError(message.str());
  }
}

}  // namespace ketasim::parameters
