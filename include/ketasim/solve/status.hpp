/// How a run ended: a closed list of causes, each with its remedy.
#pragma once

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
  interrupted
};

struct StatusText {
  std::string_view name, cause, remedy;
};

[[nodiscard]] constexpr StatusText describe(Status status) {
  switch (status) {
    case Status::success:
      return {"success", "reached the end of the time span", "none needed"};
    case Status::max_steps_reached:
      return {"max_steps_reached", "the step limit was reached", "raise max_steps, loosen rtol or shorten the run"};
    case Status::too_many_rejections:
      return {"too_many_rejections", "too many steps were rejected",
              "loosen rtol and atol, or look for a parameter that makes the model change abruptly"};
    case Status::step_too_small:
      return {"step_too_small", "the step fell below the resolution of time",
              "loosen rtol and atol, or look for a state that runs away"};
    case Status::non_finite_rhs:
      return {"non_finite_rhs", "a derivative is not a finite number",
              "check the parameters of the named state's module"};
    case Status::non_finite_state:
      return {"non_finite_state", "a state is not a finite number", "check the doses and the initial state"};
    case Status::singular_matrix:
      return {"singular_matrix", "the linear system of the implicit step could not be solved",
              "set max_step to a smaller value or use another method"};
    case Status::negative_state:
      return {"negative_state", "a state that must not be negative fell below minus its tolerance",
              "tighten rtol and atol, or set its positivity policy to warn"};
    case Status::wall_time_exceeded:
      return {"wall_time_exceeded", "the allowed wall time is used up", "raise max_wall_seconds or loosen rtol"};
    case Status::interrupted:
      return {"interrupted", "the run was interrupted from outside", "start it again"};
  }
  return {"unknown", "", ""};
}

/// Work done.
struct Counters {
  long steps = 0, rejected = 0, nfev = 0, njev = 0, nlu = 0, restarts = 0;
};

/// What is known about a run when it ends, whatever the reason.
struct Outcome {
  Status status = Status::success;
  double t = 0;          ///< time reached
  double step = 0;       ///< size of the last step tried
  int worst = -1;        ///< component with the largest scaled error, or the one that is not finite; -1 = none
  long last_stop = -1;   ///< index of the last stop passed, -1 = none
  Counters counters;
  long warnings = 0;     ///< steps with a negative component under the policy `warn`
  int first_warned = -1; ///< the first such component
};

}  // namespace ketasim::solve
