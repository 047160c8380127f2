"""Simulation of one scenario: runs, their derivatives, steady states, and key times of curves."""

from ketasim._wording.durations import in_words
from ketasim.simulation._adjoint import Adjoint, adjoint
from ketasim.simulation._curve_moments import (
    Moment,
    furthest,
    gone,
    half_way,
    highest,
    lowest,
    reaches,
)
from ketasim.simulation._run import Run
from ketasim.simulation._sensitivity import Sensitivity, sensitivity
from ketasim.simulation._simulate import simulate
from ketasim.simulation._simulation_error import SimulationError
from ketasim.simulation._steady_state import SteadyState, steady_state

__all__ = [
    "Adjoint",
    "Moment",
    "Run",
    "Sensitivity",
    "SimulationError",
    "SteadyState",
    "adjoint",
    "furthest",
    "gone",
    "half_way",
    "highest",
    "in_words",
    "lowest",
    "reaches",
    "sensitivity",
    "simulate",
    "steady_state",
]
