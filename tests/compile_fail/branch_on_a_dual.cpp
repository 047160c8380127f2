// refused: no match for .*operator>|invalid operands to binary expression
#include <ketasim/scalar/dual.hpp>

// A comparison would cut the derivative; the model is smooth and compares nothing.
using Number = ketasim::scalar::Dual<double, 2>;
Number positive_part(const Number& x) { return x > Number(0.0) ? x : Number(0.0); }
