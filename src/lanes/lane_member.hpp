/// What a lane needs from the member that it computes, and where members come from.
///
/// Lanes are compiled once for every instruction set, members once for all. The border between them
/// consists of plain numbers and virtual functions, so that no code for a newer processor can end up
/// in a function that every processor calls.
#pragma once

#include <array>
#include <cstddef>

#include "ketasim/generated/cascade_kernels.hpp"
#include "ketasim/solve/integrator.hpp"

namespace ketasim::lanes {

using Column = std::array<double, static_cast<std::size_t>(kernels::n_states)>;

/// One member that is being integrated. The functions are those of solve::Integrator.
class LaneMember {
 public:
  virtual ~LaneMember() = default;

  /// Applies the stops at the present time and begins the next segment. False: the run is over.
  [[nodiscard]] virtual bool begin_segment() = 0;
  /// Chooses the step of the next attempt. False: the run is over.
  [[nodiscard]] virtual bool choose_step() = 0;
  [[nodiscard]] virtual bool must_repeat(double error, bool finite) const = 0;
  [[nodiscard]] virtual solve::Verdict repeat() = 0;
  [[nodiscard]] virtual solve::Verdict judge(double error) = 0;
  [[nodiscard]] virtual bool sample_in_step(double& theta) const = 0;
  virtual void deliver(const Column& at) = 0;
  /// True at the end of a segment.
  [[nodiscard]] virtual bool accept_step() = 0;

  [[nodiscard]] virtual double step() const = 0;
  [[nodiscard]] virtual const double* constants() const = 0;           ///< (kernels::n_constants,)
  [[nodiscard]] virtual const double* absolute_tolerance() const = 0;  ///< (kernels::n_states,)
  /// The state. Valid after begin_segment(); the lane writes it before begin_segment() and repeat().
  [[nodiscard]] virtual double* state() = 0;  ///< (kernels::n_states,)
};

/// Gives members to lanes and takes them back.
class MemberSource {
 public:
  virtual ~MemberSource() = default;
  /// The next member to be integrated in this lane; nullptr if there are no more.
  [[nodiscard]] virtual LaneMember* next(std::size_t lane) = 0;
  /// The run of the member in this lane is over.
  virtual void finished(std::size_t lane) = 0;
};

/// Steps that were computed for all lanes, and how many steps of a member they contained.
struct LaneCount {
  long steps = 0;
  long useful = 0;
};

/// Integrates all members of the source, W at a time. Each lane has its own time, step and stops,
/// and takes the next member as soon as its own is over.
template <int W>
LaneCount run_lanes(MemberSource& source, double rtol);

}  // namespace ketasim::lanes
