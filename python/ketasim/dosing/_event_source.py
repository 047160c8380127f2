"""Where event tables come from: files, data frames, arrays, mappings of columns, lists of rows."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np

from ketasim._wording.names import shortened
from ketasim.dosing._event_columns import means_time
from ketasim.errors import EvidenceError
from ketasim.files._read_csv import SEPARATORS, csv_text, rectangular, split_records

#: A path, a data frame, a structured array, a mapping of columns, or rows as mappings.
EventSource = str | Path | Mapping[str, Iterable[Any]] | Iterable[Mapping[str, Any]] | Any

#: A row that begins with one of these is left out, as by IGNORE=# and IGNORE=@ of NONMEM.
COMMENT = ("#", "@")

#: Most lines above the header in which it is looked for, to say where it is.
LONGEST_TITLE = 20

#: Spellings of "no value" of R, Excel, databases and Python; "." is that of NONMEM.
MISSING_WORDS = frozenset(
    ("", ".", "na", "n/a", "#n/a", "nan", "null", "#null!", "none", "<na>", "nat")
)


@dataclass(frozen=True, slots=True)
class RawTable:
    """Names of the columns, and the rows as they were written.

    Parameters
    ----------
    place : str
        Start of a message about the whole table: the path, or nothing.
    header : list of str
    rows : list of (str, list)
        Place for messages, and the cells in the order of the header.
    separator : str
        What stands between the cells of a file; empty for other tables.
    """

    place: str
    header: list[str]
    rows: list[tuple[str, list[Any]]]
    separator: str = ""


def plain(cell: object) -> object:
    """Return a cell without the array, tensor or NumPy type around a single value."""
    if type(cell) in (int, float, str):
        return cell
    if isinstance(cell, np.generic) and cell.dtype.kind in "iuf":
        return cell.item()
    if isinstance(cell, np.datetime64):
        return cell.astype("datetime64[us]").item()
    if isinstance(cell, np.timedelta64):
        return cell.astype("timedelta64[us]").item()
    if hasattr(cell, "as_py"):
        return cell.as_py()  # Arrow
    labelled = any(getattr(cell, name, None) is not None for name in ("unit", "units"))
    if getattr(cell, "shape", None) == () and hasattr(cell, "item") and not labelled:
        return cell.item()
    return cell


def missing(cell: object) -> bool:
    """Return whether a cell is empty: None, NaN, NaT, pandas.NA, a masked value, or a word for it."""
    if cell is np.ma.masked:
        return True
    cell = plain(cell)
    if cell is None:
        return True
    if type(cell) is int:
        return False
    if isinstance(cell, str):
        return cell.strip().casefold() in MISSING_WORDS
    if type(cell).__name__ in ("NAType", "NaTType"):
        return True  # pandas, which need not be installed
    try:
        return isinstance(cell, (Real, Decimal)) and math.isnan(cell)
    except (ValueError, OverflowError):  # a signalling NaN, or an integer without end
        return False


def read_cell(cell: object) -> object:
    """Return a cell without the types of other libraries; None where it is empty."""
    return None if missing(cell) else plain(cell)


def read_source(table: Any) -> RawTable:
    """Read the cells of a table.

    Raises
    ------
    EvidenceError
        If it is not a table, or a file that is not CSV.
    """
    if isinstance(table, (str, Path)):
        if not str(table):
            raise EvidenceError("the path of the table is empty: give that of a CSV file")
        return _of_file(Path(table))
    header, columns = _columns(table)
    lengths = dict(zip(header, map(len, columns), strict=True))
    if not any(lengths.values()):
        raise EvidenceError("the table is empty; add at least one row")
    if len(set(lengths.values())) > 1:
        raise EvidenceError(f"columns differ in length: {lengths}")
    rows = [(f"row {i}", list(cells)) for i, cells in enumerate(zip(*columns, strict=True))]
    return RawTable("", header, rows)


# --- files ------------------------------------------------------------------------------------


def _of_file(path: Path) -> RawTable:
    text = csv_text(path)
    separator, commented = _header_line(path, text)
    records = split_records(path, text, separator, COMMENT)
    for line, cells in _lines_with_missing_first_cell(text, separator):
        raise EvidenceError(
            f"{path}, row {line}: begins with {cells[0].strip()!r}: a comment or an empty cell? Clear "
            "the cell, or write '# ' to leave the row out"
        )
    if commented:
        header = commented
    elif records:
        header, records = records[0][1], records[1:]
    else:
        raise EvidenceError(f"{path}: the file is empty; the first row must name the columns")
    header = [name.strip() for name in header]
    rows = rectangular(path, header, records, separator)
    return RawTable(
        f"{path}: ",
        header,
        [(f"{path}, row {line}", [*cells]) for line, cells in rows],
        separator,
    )


def _header_line(path: Path, text: str) -> tuple[str, list[str]]:
    """Return the separator of a file, and the names of a header that begins with '#', else no name."""
    above: list[str] = []
    below: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith(COMMENT):
            if below:
                continue
            above.append(line.lstrip().lstrip("".join(COMMENT)))
        elif line.strip(" \t,;"):
            below.append((number, line))
            if len(below) > LONGEST_TITLE:
                break
    first = below[0][1] if below else ""
    for separator in SEPARATORS:
        if any(map(means_time, _cells_of_line(first, separator))):
            return separator, []
    for mark, name in ((None, "spaces"), ("|", "vertical bars")):
        cells = first.split(mark)
        if len(cells) > 1 and any(map(means_time, cells)):
            raise EvidenceError(
                f"{path}: the cells are separated by {name}; separate them by commas, semicolons or tabs"
            )
    for line in reversed(above):
        for separator in SEPARATORS:
            names = _cells_of_line(line, separator)
            same_length = len(names) == len(_cells_of_line(first, separator))
            if any(map(means_time, names)) and (same_length or not first):
                return separator, names
    for number, line in below[1:]:
        for separator in SEPARATORS:
            if any(map(means_time, _cells_of_line(line, separator))):
                raise EvidenceError(
                    f"{path}: row {number} names the columns; remove the rows above it, or begin them "
                    "with '#'"
                )
    return ",", []


def _cells_of_line(line: str, separator: str) -> list[str]:
    return next(csv.reader([line], delimiter=separator), [])


def _lines_with_missing_first_cell(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Find rows that begin with a word for "no value", such as #N/A, which looks like a comment."""
    for line, content in enumerate(text.splitlines(), 1):
        if content.lstrip().startswith(COMMENT):
            cells = _cells_of_line(content, separator)
            if len(cells) > 1 and missing(cells[0]):
                yield line, cells


# --- tables in memory -------------------------------------------------------------------------


def _columns(table: Any) -> tuple[list[str], list[list[Any]]]:
    """Return the names of the columns, and their cells."""
    unknown = EvidenceError(
        f"cannot read {' '.join(shortened(table).split())} as a table: give a CSV path, a data frame or a mapping "
        "of columns, or a list of rows as mappings"
    )
    if isinstance(table, np.ndarray):
        if not table.dtype.names or table.ndim > 1:
            raise EvidenceError(
                f"an array of shape {table.shape} has no names of columns: give a mapping of columns, "
                "or a structured array of one dimension"
            )
        table = np.atleast_1d(table)
        return _named([(name, table[name]) for name in table.dtype.names])
    if isinstance(table, (bytes, bytearray, memoryview, AbstractSet)):
        raise unknown
    try:
        if hasattr(table, "to_pydict"):  # Arrow, whose `columns` are arrays
            names = [str(name) for name in table.schema.names]
            _refuse_twice(names)
            return _named(list(table.to_pydict().items()))
        if hasattr(table, "collect"):  # its columns are not there yet
            raise EvidenceError(
                "the table is a lazy or distributed frame: give its rows, table.collect() of polars or "
                "table.toPandas() of Spark"
            )
        if hasattr(table, "columns"):
            names = list(table.columns)
            _refuse_twice([str(name) for name in names])
            _refuse_index(table)
            return _named([(name, table[name]) for name in names])
        if isinstance(table, Mapping):
            return _named([(name, table[name]) for name in table])
        if isinstance(table, Iterable):
            return _of_rows(list(table), unknown)
    except EvidenceError:
        raise
    except (TypeError, KeyError, ValueError, IndexError, AttributeError):
        raise unknown from None
    raise unknown


def _of_rows(rows: Sequence[Any], unknown: EvidenceError) -> tuple[list[str], list[list[Any]]]:
    if not rows:
        raise EvidenceError("the table is empty; add at least one row")
    for row in rows:
        if not isinstance(row, Mapping):
            raise unknown
    names = list(dict.fromkeys(name for row in rows for name in row))
    return _named([(name, [row.get(name) for row in rows]) for name in names])


def _named(columns: Sequence[tuple[Any, Any]]) -> tuple[list[str], list[list[Any]]]:
    if not columns:
        raise EvidenceError("the table is empty; add at least one row")
    header = [str(name) for name, _ in columns]
    _refuse_twice(header)
    return header, [_cells(str(name), values) for name, values in columns]


def _cells(column: str, values: Any) -> list[Any]:
    if isinstance(values, (Mapping, AbstractSet)):
        raise EvidenceError(
            f"column {column}: {shortened(values)} has no order of rows; give a list with one value for "
            "each row (of a data frame: to_dict('list'))"
        )
    if isinstance(values, (str, bytes, bytearray, memoryview)) or not isinstance(values, Iterable):
        raise EvidenceError(
            f"column {column}: {shortened(values)} is one value; give a list with one value for each row"
        )
    if hasattr(values, "to_pylist"):  # Arrow, whose own numbers are not those of Python
        return list(values.to_pylist())
    try:
        return list(values)
    except TypeError:  # an array without dimensions
        raise EvidenceError(
            f"column {column}: {shortened(values)} is one value; give a list with one value for each row"
        ) from None


def _refuse_twice(names: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise EvidenceError(f"column {name!r} appears twice; remove one")


def _refuse_index(frame: Any) -> None:
    """Refuse a data frame whose times or subjects are its index, which is not read."""
    levels = getattr(getattr(frame, "index", None), "names", ())
    for level in levels if isinstance(levels, Iterable) else ():
        if isinstance(level, str) and (means_time(level) or level.strip().upper() == "ID"):
            raise EvidenceError(
                f"{level!r} is the index of the data frame, not a column: give frame.reset_index()"
            )
