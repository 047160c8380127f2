/// What a lane needs from the member that travels in it.
///
/// Lanes are compiled once for every instruction set, members once for all: between them there are
/// plain numbers and virtual functions, so that no code for a newer processor can end up in a
/// function that every processor calls.
#pragma once

#include <array>
#include <cstddef>

#include "ketasim/generated/cascade_kernels.hpp"
#include "ketasim/solve/integrator.hpp"

namespace ketasim::lanes {

using Column = std::array<double, static_cast<std::size_t>(kernels::n_states)>;

/// One member under way.
class Rider {
 public:
  virtual ~Rider() = default;

  /// Applies what happens at its time and begins the next segment. False: it is over.
  [[nodiscard]] virtual bool depart() = 0;
  /// Chooses the step of the next attempt. False: it is over.
  [[nodiscard]] virtual bool aim() = 0;
  /// See solve::Course.
  [[nodiscard]] virtual bool must_repeat(double error, bool sound) const = 0;
  [[nodiscard]] virtual solve::Verdict repeat() = 0;
  [[nodiscard]] virtual solve::Verdict judge(double error) = 0;
  [[nodiscard]] virtual bool sample_in_step(double& theta) const = 0;
  virtual void deliver(const Column& at) = 0;
  /// True: at the end of a segment.
  [[nodiscard]] virtual bool land() = 0;

  [[nodiscard]] virtual double step() const = 0;
  [[nodiscard]] virtual const double* constants() const = 0;           ///< (kernels::n_constants,)
  [[nodiscard]] virtual const double* absolute_tolerance() const = 0;  ///< (kernels::n_states,)
  /// The state, valid after depart(); written before depart() and repeat().
  [[nodiscard]] virtual double* state() = 0;  ///< (kernels::n_states,)
};

/// Where riders come from and go to.
class Station {
 public:
  virtual ~Station() = default;
  /// The next member to be simulated; nullptr if there are no more.
  [[nodiscard]] virtual Rider* next(std::size_t lane) = 0;
  /// The member in this lane is over.
  virtual void arrived(std::size_t lane) = 0;
};

/// Steps computed, and lanes that did something useful in them.
struct Traffic {
  long steps = 0;
  long useful = 0;
};

/// Simulates all members of the station, W at a time; each lane has its own time, step and events,
/// and takes the next member as soon as its own is over.
template <int W>
Traffic drive(Station& station, double rtol);

}  // namespace ketasim::lanes
