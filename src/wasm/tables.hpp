/// What the model says about itself, as JSON: the rows of the Python package's tables.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ketasim/model/table_rows.hpp"

namespace ketasim::wasm {

/// Parameters of a species, readouts, states, vocabularies of dose records and contexts,
/// variants, and how a run can end.
[[nodiscard]] std::string tables(model::Species species);

/// Variants of the circuit in the order of `parameters::variants`.
[[nodiscard]] std::vector<std::string_view> variant_names();

}  // namespace ketasim::wasm
