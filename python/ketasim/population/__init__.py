"""Virtual populations: many subjects with individual parameters under one or more regimens."""

from ketasim._runtime.progress import progress_bar
from ketasim.population._draws import draw_parameters
from ketasim.population._ensemble import Ensemble
from ketasim.population._interrupted import PopulationInterrupted
from ketasim.population._people import draw_people
from ketasim.population._rates import Observed
from ketasim.population._simulate_population import simulate_population
from ketasim.population._summary import PopulationSummary

__all__ = [
    "Ensemble",
    "Observed",
    "PopulationInterrupted",
    "PopulationSummary",
    "draw_parameters",
    "draw_people",
    "progress_bar",
    "simulate_population",
]
