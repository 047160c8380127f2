/// What a lane of the cascade needs from its member.
///
/// Lanes are compiled once for every instruction set, members once for all. The border between them
/// consists of plain numbers and virtual functions, so that no code for a newer processor can end up
/// in a function that every processor calls.
#pragma once

#include "ketasim/moving_states.hpp"
#include "ketasim/solve/lane_loop.hpp"

namespace ketasim::lanes {

class CascadeMember : public solve::LaneMember<kernels::n_states> {
 public:
  [[nodiscard]] virtual const double* constants() const = 0;  ///< (kernels::n_constants,)
  [[nodiscard]] virtual kernels::Blocks moving() const = 0;
};

/// Integrates all members of the source, W at a time.
template <int W>
solve::LaneCount run_lanes(solve::MemberSource<CascadeMember>& source, double rtol);

}  // namespace ketasim::lanes
