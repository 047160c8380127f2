// refused: ketasim: a Rosenbrock method needs jacobian
#include <ketasim/solve/dense_lu.hpp>
#include <ketasim/solve/integrate.hpp>
#include <ketasim/solve/rodas.hpp>

using namespace ketasim::solve;
struct Model {
  void rhs(double, const Vector<double, 1>& y, Vector<double, 1>& dydt) const { dydt = -y; }
};
Outcome run(Vector<double, 1>& y) {
  Model model;
  Rodas<Rodas5P, 1, DenseLU<double, 1>> stepper;
  return integrate(stepper, model, y, {.to = 1.0});
}
