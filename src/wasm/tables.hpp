/// The tables of the model as JSON, with the rows of the Python package's tables.
#pragma once

#include <string>

#include "ketasim/model/table_rows.hpp"

namespace ketasim::wasm {

/// Parameters of a species, readouts, states, drugs, routes, units, contexts, variants and species,
/// and how a run can end.
[[nodiscard]] std::string tables(model::Species species);

}  // namespace ketasim::wasm
