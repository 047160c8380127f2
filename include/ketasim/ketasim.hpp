/// Everything a user of the library needs.
#pragma once

#include "ketasim/adjoint.hpp"
#include "ketasim/ensemble.hpp"
#include "ketasim/observation/clinical.hpp"
#include "ketasim/parameters/species.hpp"
#include "ketasim/parameters/subjects.hpp"
#include "ketasim/parameters/variants.hpp"
#include "ketasim/scenario.hpp"
#include "ketasim/sensitivity.hpp"
#include "ketasim/simulate.hpp"
#include "ketasim/steady_state.hpp"
#include "ketasim/trajectory.hpp"
