// refused: cannot convert|cannot initialize
#include <ketasim/dosing/dose.hpp>

using namespace ketasim::dosing;
const Dose dose{.amount = 35.0, .unit = Route::iv, .route = Unit::mg};
