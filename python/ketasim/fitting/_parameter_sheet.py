"""Sheets with one row for each parameter of a fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ketasim._wording.lists import listed_names
from ketasim._wording.names import check_name
from ketasim.files._sheet import Column, Sheet, model_facts


def parameter_sheet(columns: Mapping[str, Sequence[object]], names: Iterable[str] | None) -> Sheet:
    """Return columns, or some of them, as a sheet.

    Raises
    ------
    UnknownNameError
    """
    chosen = tuple(columns) if names is None else listed_names("names", names, "parameter")
    for name in chosen:
        check_name(name, columns, "column")
    parts = tuple(Column(name, list(columns[name])) for name in chosen)
    return Sheet(parts, "parameter", model_facts(), by_row=True)
