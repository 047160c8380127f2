// refused: ketasim: a stepper lacks a member
#include <ketasim/solve/integrate.hpp>

using namespace ketasim::solve;
struct Model {
  void rhs(double, const Vector<double, 1>& y, Vector<double, 1>& dydt) const { dydt = -y; }
};

// Euler's method without an error estimate: no step could be judged.
struct Euler {
  using State = Vector<double, 1>;
  using value_type = double;
  static constexpr int size = 1, order = 1, error_order = 1;
  Attempt attempt(Model&, double, const State& y, double h, State& y1) {
    y1 = y - h * y;
    return Attempt::done;
  }
};
Outcome run(Vector<double, 1>& y) {
  Model model;
  Euler stepper;
  return integrate(stepper, model, y, {.to = 1.0});
}
