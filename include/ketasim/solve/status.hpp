/// How an integration ended, and what to try next.
#pragma once

#include <array>
#include <string_view>

namespace ketasim::solve {

enum class Status {
  success,
  max_steps_reached,
  too_many_rejections,
  step_too_small,
  non_finite_rhs,
  non_finite_state,
  singular_matrix,
  negative_state,
  wall_time_exceeded,
  interrupted,
  readout_out_of_range
};

inline constexpr std::array all_statuses{
    Status::success,         Status::max_steps_reached,   Status::too_many_rejections,
    Status::step_too_small,  Status::non_finite_rhs,      Status::non_finite_state,
    Status::singular_matrix, Status::negative_state,      Status::wall_time_exceeded,
    Status::interrupted,     Status::readout_out_of_range};

[[nodiscard]] constexpr std::string_view name(Status status) {
  switch (status) {
    case Status::success:
      return "success";
    case Status::max_steps_reached:
      return "max_steps_reached";
    case Status::too_many_rejections:
      return "too_many_rejections";
    case Status::step_too_small:
      return "step_too_small";
    case Status::non_finite_rhs:
      return "non_finite_rhs";
    case Status::non_finite_state:
      return "non_finite_state";
    case Status::singular_matrix:
      return "singular_matrix";
    case Status::negative_state:
      return "negative_state";
    case Status::wall_time_exceeded:
      return "wall_time_exceeded";
    case Status::interrupted:
      return "interrupted";
    case Status::readout_out_of_range:
      return "readout_out_of_range";
  }
  return "unknown";
}

/// What happened and the change that is most likely to help, in one line.
[[nodiscard]] constexpr std::string_view remedy(Status status) {
  switch (status) {
    case Status::success:
      return "The run reached its end.";
    case Status::max_steps_reached:
      return "The limit on accepted steps was reached: raise max_steps, loosen rtol, or use a "
             "stiff method (rodas5p).";
    case Status::too_many_rejections:
      return "The limit on rejected steps was reached, or would be long before the end: a fast "
             "oscillation keeps the steps small, a jump of the inputs is no event, or the method "
             "is "
             "explicit (dopri5) and the equations are stiff. Move unusual parameters back towards "
             "their defaults, declare jumps as events, use a stiff method (rodas5p), or raise "
             "max_rejections.";
    case Status::step_too_small:
      return "The error stayed too large down to the smallest step that times so far from 0 h can "
             "tell apart: something changes faster. Begin nearer to 0 h, move unusual parameters "
             "and "
             "doses back, loosen rtol and atol, use a stiff method (rodas5p), or look for a jump "
             "in "
             "the right-hand side that is not declared as an event.";
    case Status::non_finite_rhs:
      return "The right-hand side is NaN or infinite: check the parameters that enter the named "
             "component.";
    case Status::non_finite_state:
      return "The state overflowed: check the parameters and doses that drive the named component "
             "for unlimited "
             "growth.";
    case Status::singular_matrix:
      return "The matrix of the implicit step stayed singular or not finite: check the Jacobian, "
             "and parameters that "
             "are zero or extreme.";
    case Status::negative_state:
      return "A component whose policy forbids it fell below -atol: tighten rtol and atol, or "
             "relax its positivity "
             "policy.";
    case Status::wall_time_exceeded:
      return "The time limit passed: raise max_wall_seconds, shorten the run, or loosen rtol.";
    case Status::interrupted:
      return "The run was stopped by the caller; the results up to this time are kept.";
    case Status::readout_out_of_range:
      return "The run reached its end, but a readout is not finite or lies outside its scale: the "
             "likely cause is an unusual parameter or dose, or a loose rtol; move parameters back "
             "towards their defaults, check the doses, or lower rtol.";
  }
  return "";
}

/// The end of an integration. Components and stops are counted from 0; -1 means none.
struct Outcome {
  Status status = Status::success;
  double t = 0;          ///< last accepted time
  double step_size = 0;  ///< last step tried
  /// Largest scaled error of the failed step, or the non-finite or negative component; the readout,
  /// if it is readout_out_of_range, whose t is the time of that readout.
  int worst_component = -1;
  long last_stop = -1;  ///< last stop applied
  /// The component that lay furthest beyond its bounds at t, and its value; filled by those who know
  /// the bounds.
  int beyond = -1;
  double reached = 0;
  long steps = 0;  ///< accepted
  long rejected = 0;
  long nfev = 0;      ///< right-hand sides
  long njev = 0;      ///< Jacobians
  long nlu = 0;       ///< factorisations
  long warnings = 0;  ///< accepted steps with a component below -atol under Positivity::warn
};

}  // namespace ketasim::solve
