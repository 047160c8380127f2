// refused: cannot convert|cannot initialize
#include <ketasim/dosing/dose.hpp>

// Words are read at the Python face; the library knows drugs, not their spelling.
const ketasim::dosing::Dose dose{.drug = "ketamine", .amount = 35.0};
