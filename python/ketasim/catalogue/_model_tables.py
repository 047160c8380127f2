"""Tables of parameters, states and readouts: what the model says about itself."""

from __future__ import annotations

from functools import cache

from ketasim import _core
from ketasim._wording.names import check_name
from ketasim.catalogue._table import Table
from ketasim.catalogue._vocabulary import SPECIES


def parameters(species: str = "human") -> Table:
    """Every parameter of a species: value, unit, plausible range, grade and source.

    Parameters
    ----------
    species : str
        'human', 'rat', 'mouse', 'cell' or 'slice'; all but 'human' use the rat set.

    Returns
    -------
    Table
        Columns name ('module.name'), module, symbol, description, value, unit, low, high,
        iiv_cv_pct, species, grade (A-E), source_key, evidence, fitted_to, note.
    """
    check_name(species, SPECIES, "species")
    return _parameters("human" if species == "human" else "rat")


@cache
def _parameters(species: str) -> Table:
    rows = _core.parameter_table(species)
    return Table(
        rows, "parameter", ("name", "value", "unit", "low", "high", "grade", "description")
    )


@cache
def states() -> Table:
    """Every state of the model in the order of ``run.y``: name, unit, typical size, meaning."""
    return Table(_core.state_table(), "state", ("name", "unit", "typical", "description"))


@cache
def readouts() -> Table:
    """Everything that can be measured on a run: name, unit, module, meaning."""
    return Table(_core.readout_table(), "readout", ("name", "unit", "module", "description"))


def meaning(name: str) -> str:
    """Description of a readout or a state."""
    table = readouts() if name in readouts().names else states()
    return str(table[name]["description"])
