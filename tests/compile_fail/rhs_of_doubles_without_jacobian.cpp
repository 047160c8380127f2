// refused: ketasim: rhs\(\) is not a template over its number type
#include <ketasim/solve/solve.hpp>

// A right-hand side for double alone gives no Jacobian.
using ketasim::solve::Vector;
struct Model {
  void rhs(double, const Vector<double, 1>& y, Vector<double, 1>& dydt) const { dydt = -y; }
};
const auto solution = ketasim::solve::solve(Model{}, Vector<double, 1>(1.0), {.to = 1.0});
