"""A scenario: subject, doses, trial context, parameters, and the options of the solver."""

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
