"""Groups of people: means, spreads and sources of what they are."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ketasim.catalogue._table import Table
from ketasim.files._read_csv import read_csv

_COLUMNS = ("group", "quantity", "sex", "mean", "sd", "unit", "source_key", "note")


def people_table() -> Table:
    """Return the groups of people that `draw_people` knows: their means, spreads and sources.

    Returns
    -------
    Table
        Columns name ('group.quantity' or 'group.quantity.sex'), group, quantity, sex ('' for both), mean,
        sd, unit, source_key, note.

    Examples
    --------
    >>> import ketasim as ks
    >>> ks.people_table()["trd_trial.age"]["mean"]
    50.7
    """
    return _table()


@cache
def _table() -> Table:
    from importlib.resources import as_file, files  # a third of the modules of an import

    with as_file(files("ketasim.catalogue") / "data" / "people.csv") as path:
        rows = [row.cells for row in read_csv(Path(path), _COLUMNS)]
    made = [
        {
            "name": ".".join(filter(None, (row["group"], row["quantity"], row["sex"]))),
            **row,
            "mean": float(row["mean"]),
            "sd": float(row["sd"]) if row["sd"] else 0.0,
        }
        for row in rows
    ]
    return Table(made, "quantity of people", ("name", "mean", "sd", "unit", "source_key"))
