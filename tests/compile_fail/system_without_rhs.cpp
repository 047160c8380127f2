// refused: ketasim: a system needs a right-hand side
#include <ketasim/solve/solve.hpp>

// A model without rhs(), or with one for another number of states, is refused in one sentence.
struct Model {
  double derivative(double y) const { return -y; }
};
const auto solution =
    ketasim::solve::solve(Model{}, ketasim::solve::Vector<double, 1>(1.0), {.to = 1.0});
