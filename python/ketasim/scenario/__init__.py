"""A scenario: who is given what, in which setting, under which assumptions, and how it is solved."""

from ketasim.scenario._overrides import ParameterRangeWarning
from ketasim.scenario._scenario import Scenario, differences
from ketasim.scenario._solver_options import SolverOptions
from ketasim.scenario._sources_of import sources_of
from ketasim.scenario._subject import Subject

__all__ = [
    "ParameterRangeWarning",
    "Scenario",
    "SolverOptions",
    "Subject",
    "differences",
    "sources_of",
]
