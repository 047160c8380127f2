"""What the model says about itself: tables of parameters, states and readouts, with their sources."""

from ketasim.catalogue._model_tables import parameters, readouts, states
from ketasim.catalogue._ranges import possible_range
from ketasim.catalogue._sources import Source, all_sources
from ketasim.catalogue._table import Row, Table

__all__ = [
    "Row",
    "Source",
    "Table",
    "all_sources",
    "parameters",
    "possible_range",
    "readouts",
    "states",
]
