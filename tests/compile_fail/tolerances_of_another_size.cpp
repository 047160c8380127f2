// refused: YOU_MIXED_MATRICES_OF_DIFFERENT_SIZES
#include <ketasim/solve/options.hpp>

// One absolute tolerance per state: two do not fit a system of three.
void set(ketasim::solve::Options<double, 3>& options) {
  options.atol = ketasim::solve::Vector<double, 2>::Constant(1e-6);
}
