"""Tables of the model: parameters, states, readouts, drugs and more, with units, grades and sources."""

from ketasim.catalogue._hypotheses import hypotheses
from ketasim.catalogue._model_tables import (
    contexts,
    drugs,
    inputs,
    parameters,
    readouts,
    routes,
    states,
    variants,
)
from ketasim.catalogue._people_table import people_table
from ketasim.catalogue._ranges import possible_range
from ketasim.catalogue._sources import Source, all_sources
from ketasim.catalogue._table import Row, Table

__all__ = [
    "Row",
    "Source",
    "Table",
    "all_sources",
    "contexts",
    "drugs",
    "hypotheses",
    "inputs",
    "parameters",
    "people_table",
    "possible_range",
    "readouts",
    "routes",
    "states",
    "variants",
]
