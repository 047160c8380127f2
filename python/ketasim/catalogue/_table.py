"""A table of named rows, for parameters, states, readouts and regimens."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, overload

from ketasim._runtime.optional import require
from ketasim._wording.frozen import FrozenMapping
from ketasim._wording.lists import listed_names
from ketasim._wording.names import check_name
from ketasim._wording.sealed import sealed, unchangeable
from ketasim.files._save import Savable
from ketasim.files._sheet import Column, Sheet, model_facts

if TYPE_CHECKING:
    import pandas as pd

Row = Mapping[str, Any]


@sealed
@unchangeable
class Table(Sequence[Row], Savable):
    """Rows that are found by name, ``table["name"]``, or by position.

    Parameters
    ----------
    rows : sequence of mappings
        All with the same keys; every row has a ``name``.
    what : str
        Kind of the rows, for error messages: "parameter", "state", "readout" ...
    shown : sequence of str
        Columns of the printed table.

    Attributes
    ----------
    names : tuple of str
        Names of the rows, in order.

    Examples
    --------
    >>> import ketasim as ks
    >>> table = ks.Table([{"name": "a", "value": 1.0}], "constant", ("name", "value"))
    >>> table["a"]["value"]
    1.0
    >>> table.names
    ('a',)
    """

    def __init__(self, rows: Sequence[Row], what: str, shown: Sequence[str]) -> None:
        # Tables are cached and shared, so their rows must not change.
        self._rows = tuple(FrozenMapping(row) for row in rows)
        self._what = what
        self._shown = tuple(shown)
        self._position = {row["name"]: i for i, row in enumerate(self._rows)}
        self.names: tuple[str, ...] = tuple(self._position)

    @overload
    def __getitem__(self, key: int | str) -> Row: ...
    @overload
    def __getitem__(self, key: slice) -> Table: ...
    def __getitem__(self, key: int | str | slice) -> Row | Table:
        """Return the row of a name or position, or a shorter table for a slice.

        Raises
        ------
        UnknownNameError
            If no row has the name; the message has the nearest names.
        """
        if isinstance(key, slice):
            return Table(self._rows[key], self._what, self._shown)
        try:
            return self._rows[operator.index(key)]  # type: ignore[arg-type]
        except TypeError:
            check_name(key, self._position, self._what)
            return self._rows[self._position[str(key)]]

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    def __contains__(self, item: object) -> bool:
        return item in self._position or item in self._rows

    def matching(self, text: str) -> Table:
        """Return the rows in which any field contains ``text``, ignoring case.

        Parameters
        ----------
        text : str

        Returns
        -------
        Table

        Examples
        --------
        >>> import ketasim as ks
        >>> ks.readouts().matching("spine").names[0]
        'spine_density'
        """
        folded = str(text).casefold()
        found = [r for r in self._rows if any(folded in str(v).casefold() for v in r.values())]
        return Table(found, self._what, self._shown)

    def of(self, names: Iterable[str]) -> Table:
        """Return the rows of these names, in this order.

        Parameters
        ----------
        names : iterable of str

        Returns
        -------
        Table

        Raises
        ------
        UnknownNameError
            If no row has one of the names; the message has the nearest.
        ScenarioError
            For something else than a list of names.

        Examples
        --------
        >>> import ketasim as ks
        >>> ks.parameters().of(["nmda_block.a_I", "nmda_block.a_E"]).names
        ('nmda_block.a_I', 'nmda_block.a_E')
        """
        chosen = listed_names("names", names, self.names[0] if self.names else "name")
        return Table([self[name] for name in chosen], self._what, self._shown)

    def to_dataframe(self) -> pd.DataFrame:
        """Return all columns as a data frame (extra ``ketasim[frames]``).

        Returns
        -------
        pandas.DataFrame
            One row for each row of the table.

        Raises
        ------
        MissingLibraryError
            Without pandas.
        """
        pandas: Any = require("pandas", "frames")
        return pandas.DataFrame([dict(r) for r in self._rows])

    def sheet(self, names: Iterable[str] | None = None) -> Sheet:
        """Return the table in columns, as `save` writes it.

        Parameters
        ----------
        names : iterable of str, optional
            Columns to keep, in this order; default: all.

        Returns
        -------
        Sheet

        Raises
        ------
        UnknownNameError
            For a column that the table does not have.
        """
        known = list(self._rows[0]) if self._rows else []
        keys = known if names is None else listed_names("names", names, "name")
        for key in keys:
            check_name(key, known or keys, "column")
        columns = tuple(Column(key, [_saved(row[key]) for row in self._rows]) for key in keys)
        return Sheet(columns, "row", model_facts(), by_row=True)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Table):
            return NotImplemented
        return (self._rows, self._what, self._shown) == (other._rows, other._what, other._shown)

    def __hash__(self) -> int:
        return hash((self.names, self._what, self._shown))

    def __repr__(self) -> str:
        cells = [[_cell(row[c]) for c in self._shown] for row in self._rows]
        widths = [
            min(48, max([len(c), *(len(line[i]) for line in cells)]))
            for i, c in enumerate(self._shown)
        ]
        lines = [
            "  ".join(text[:w].ljust(w) for text, w in zip(line, widths, strict=True)).rstrip()
            for line in [list(self._shown), *cells]
        ]
        return "\n".join([*lines, f"[{len(self)} {self._what}s]"])

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(c)}</th>" for c in self._shown)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(_cell(r[c]))}</td>" for c in self._shown) + "</tr>"
            for r in self._rows
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _saved(value: object) -> object:
    """A value that fits into one cell of a file: names in a row, values by name, a number or none."""
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {number:g}" for name, number in value.items())
    return math.nan if value is None else value


def _cell(value: object) -> str:
    value = _saved(value)
    return f"{value:.6g}" if isinstance(value, float) else str(value)
