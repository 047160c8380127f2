// refused: ketasim: the stepper's state and the initial state must have the same size
#include <ketasim/solve/dopri5.hpp>
#include <ketasim/solve/integrate.hpp>

using namespace ketasim::solve;
struct Model {
  void rhs(double, const Vector<double, 2>& y, Vector<double, 2>& dydt) const { dydt = -y; }
};
Outcome run(Vector<double, 2>& y) {
  Model model;
  Dopri5<3> stepper;
  return integrate(stepper, model, y, {.to = 1.0});
}
