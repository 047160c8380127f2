/// A healthy subject on whom chronic stress sets in at 0, without any drug.
#pragma once

#include <optional>

#include "ketasim/parameters/species.hpp"
#include "ketasim/problem.hpp"
#include "ketasim/steady_state.hpp"

namespace peers {

/// A scenario starts from its own equilibrium, so this way into depression is put together here.
/// @param rest  from where symptoms are measured
[[nodiscard]] inline ketasim::Problem stressed(const ketasim::model::Parameters<double>& p,
                                               const ketasim::StateVector<double>& rest) {
  ketasim::Problem ready{p, ketasim::model::derived(p), ketasim::steady_state(p, 0.0).y, {}};
  ready.schedule.before =
      ketasim::inputs_at_rest(p, ready.derived, ketasim::model::unpack<double>(rest), 1.0,
                              std::optional<double>(), ketasim::dosing::Context::none);
  return ready;
}

}  // namespace peers
