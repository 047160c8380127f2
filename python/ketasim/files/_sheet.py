"""Columns with names and units: the form in which a result is written to a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ketasim._version import __version__
from ketasim._wording.disclaimer import DISCLAIMER
from ketasim._wording.frozen import comparable
from ketasim._wording.lists import listed
from ketasim._wording.names import shortened
from ketasim.errors import OutputError

if TYPE_CHECKING:
    import xarray as xr

Facts = Mapping[str, str | int | float]


@comparable
@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Parameters
    ----------
    name : str
    values : sequence, shape (n_rows,)
        Not masked.
    unit : str
        Empty for text, and for tables that give a unit in every row.
    meaning : str
        One sentence for the reader of the file.

    Raises
    ------
    OutputError
        If the values are no list, or masked.

    Examples
    --------
    >>> from ketasim.files import Column
    >>> Column("time", [0.0, 1.0], "h").heading
    'time [h]'
    """

    name: str
    values: Sequence[Any] | NDArray[Any]
    unit: str = ""
    meaning: str = ""

    def __post_init__(self) -> None:
        what = f"values of column {shortened(self.name)}"
        if np.ma.is_masked(self.values):
            raise OutputError(f"{what} are masked in part: give NaN in place of them")
        if not isinstance(self.values, (list, tuple)) and getattr(self.values, "ndim", 0) != 1:
            object.__setattr__(self, "values", listed(what, self.values, "a list", OutputError))

    @property
    def heading(self) -> str:
        """``name [unit]``, as in the header of a CSV file."""
        return f"{self.name} [{self.unit}]" if self.unit else self.name


@comparable
@dataclass(frozen=True, slots=True)
class Sheet:
    """Columns of equal length, with facts about the result.

    Parameters
    ----------
    columns : tuple of Column
        The first one labels the rows.
    dimension : str
        Name of the rows: "time", "member", "parameter" ...
    facts : mapping of str to str, int or float
        Model, version, scenario, status of the run.
    sources : sequence of mappings, optional
        Publications: key, citation, doi. JSON lists them.
    by_row : bool
        Whether JSON has a list of rows (True) or of columns (False, the default).
    dataset : callable, optional
        Returns an `xarray.Dataset` over the result's own dimensions, for NetCDF. Default: the columns.

    Examples
    --------
    >>> from ketasim.files import Column, Sheet, save
    >>> sheet = Sheet((Column("time", [0.0, 1.0], "h"),), "time", {"model": "mine"})
    >>> save(sheet, tmp_path / "mine.csv").name
    'mine.csv'
    """

    columns: tuple[Column, ...]
    dimension: str
    facts: Facts
    sources: Sequence[Mapping[str, str]] = ()
    by_row: bool = False
    dataset: Callable[[], xr.Dataset] | None = field(default=None, compare=False)


def model_facts() -> dict[str, str | int | float]:
    """Return name, version and disclaimer of the model, for the head of a file."""
    return {"model": "ketasim", "version": __version__, "disclaimer": DISCLAIMER}
