"""Results as CSV, JSON, Parquet or NetCDF files, chosen by ending; a file is written whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from ketasim._runtime.optional import require
from ketasim._wording.lists import listed_names
from ketasim._wording.names import check_name, shortened
from ketasim.errors import KetasimError, OutputError
from ketasim.files._sheet import Column, Sheet
from ketasim.files._whole_file import check_writable, whole_file, written_path

#: Rows that are turned into text at once: a large population is not copied as a whole.
CHUNK = 10_000

#: What a spreadsheet would calculate, also in the forms of full width: at the beginning of a cell, or of
#: what another separator than the comma makes a cell.
_STARTS = "=+\\-@\uff1d\uff0b\uff0d\uff20"
_FORMULA = re.compile(rf"""["\s]*['{_STARTS}]|[\t\r\n]""")
_FORMULA_WITHIN = re.compile(rf"""([;\t\r\n]["\s]*)(['{_STARTS}])""")
_FORMULA_IN_FACT = re.compile(rf"""([,;]["\s]*)([{_STARTS}])""")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


class Savable(ABC):
    r"""A result that can be laid out in columns and written to a file.

    Subclasses implement `sheet`.

    Examples
    --------
    >>> from ketasim.files import Column, Savable, Sheet
    >>> class Doses(Savable):
    ...     def sheet(self, names=None):
    ...         return Sheet((Column("dose", [35.0], "mg"),), "row", {})
    >>> Doses().save(tmp_path / "doses.csv").read_text()
    'dose [mg]\n35.0\n'
    """

    __slots__ = ()

    @abstractmethod
    def sheet(self, names: Iterable[str] | None = None) -> Sheet:
        """Return the result in columns, as `save` writes them.

        Parameters
        ----------
        names : iterable of str, optional
            Columns to keep, in this order; default: all of them.

        Returns
        -------
        Sheet
        """

    def save(self, path: str | Path, names: Iterable[str] | None = None) -> Path:
        """Write to CSV, JSON, Parquet or NetCDF, by the ending of the file.

        Units are in the headings of a CSV file (``madrs_change [points]``, below ``#`` lines with the
        facts of the run), under ``units`` in JSON, in the field metadata of Parquet and in the attributes
        of NetCDF variables.

        Parameters
        ----------
        path : str or Path
            Ending ``.csv``, ``.json``, ``.parquet`` or ``.nc``; an existing file is replaced.
        names : iterable of str, optional
            Columns to write, in this order; default: all of them.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        OutputError
            If the file cannot be written. An existing file then stays as it was.
        MissingLibraryError
            If the format needs a library that is not installed.
        UnknownNameError
            For a name that the result does not have.

        Examples
        --------
        >>> import ketasim as ks
        >>> run = ks.simulate("ketamine 0.5 mg/kg iv over 40 min", until="1 d")
        >>> path = run.save(tmp_path / "run.csv", ["madrs_change"])
        >>> lines = path.read_text().splitlines()
        >>> [line for line in lines if not line.startswith("#")][0]
        'time [h],madrs_change [points]'
        """
        return save(self, path, names)


def save(
    result: Savable | Sheet,
    path: str | Path,
    names: Iterable[str] | None = None,
) -> Path:
    """Write a result to CSV, JSON, Parquet or NetCDF, by the ending of ``path``.

    Units are in the headings of a CSV file (``madrs_change [points]``, below ``#`` lines with the
    facts of the result; an apostrophe before text such as ``'=1+1`` keeps spreadsheets from calculating
    it), under ``units`` in JSON, in the field metadata of Parquet and in the
    attributes of NetCDF variables.

    Parameters
    ----------
    result : Run, Ensemble, PopulationSummary, Table or Sheet
    path : str or Path
        Ending ``.csv``, ``.json``, ``.parquet`` or ``.nc``; an existing file is replaced.
    names : iterable of str, optional
        Columns to write: for a run readouts or states, default every readout, and for NetCDF every
        state too.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    OutputError
        If the file cannot be written. An existing file then stays as it was.
    MissingLibraryError
        If the format needs a library that is not installed.
    UnknownNameError
        For a name that the result does not have.

    Examples
    --------
    >>> import ketasim as ks
    >>> from ketasim.files import save
    >>> save(ks.states(), tmp_path / "states.json", ["name", "unit"]).name
    'states.json'
    """
    target = check_path(path)
    given: object = result
    if not isinstance(given, Savable | Sheet):
        raise OutputError(
            f"cannot save a {type(given).__name__}: give a Run, an Ensemble or a table such as "
            "ks.parameters()"
        )
    write = _WRITERS[target.suffix.lower()]
    sheet = _sheet(result, _chosen(names))
    _check_columns(sheet)
    with whole_file(target) as draft:
        try:
            write(sheet, draft)
        except KetasimError:
            raise
        except (
            ValueError,
            TypeError,
        ) as error:  # half a character, NUL, numbers and text in one column
            raise OutputError(
                f"cannot write {str(path)!r}: its content does not fit into a {target.suffix.lower()} file "
                f"({shortened(str(error))})"
            ) from error
    return Path(path)


def _chosen(names: object) -> Names:
    if names is None:
        return None
    return listed_names("names", names, "madrs_change", OutputError)


def check_path(path: str | Path) -> Path:
    """Check, before any work is done, that `save` could write ``path``.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Path
        Absolute, with symbolic links resolved.

    Raises
    ------
    OutputError
        For an unknown ending, a missing folder or a missing permission.
    MissingLibraryError
        If the format needs a library that is not installed.

    Examples
    --------
    >>> from ketasim.files import check_path
    >>> check_path(tmp_path / "run.csv").name
    'run.csv'
    """
    ending = written_path(path).suffix.lower()
    if ending not in _WRITERS:
        found = f"ending {ending!r}" if ending else "no ending"
        raise OutputError(
            f"cannot tell the format of {str(path)!r} ({found}): use .csv, .json, .parquet or .nc"
        )
    target = check_writable(path)
    for library in _LIBRARIES.get(ending, ()):
        require(library, "io")
    return target


Names = tuple[str, ...] | None


def _sheet(result: Savable | Sheet, names: Names) -> Sheet:
    if not isinstance(result, Sheet):
        return result.sheet(names)
    if names is None:
        return result
    by_name = {column.name: column for column in result.columns}
    for name in names:
        check_name(name, by_name, "column")
    return replace(result, columns=tuple(by_name[name] for name in names), dataset=None)


def _check_columns(sheet: Sheet) -> None:
    """Refuse columns that no table can have."""
    names = [column.name for column in sheet.columns]
    for column in sheet.columns:
        if names.count(column.name) > 1:
            raise OutputError(
                f"two columns are called {column.name!r}: give each a name of its own"
            )
        if len(column.values) != len(sheet.columns[0].values):
            raise OutputError(
                f"column {column.name!r} has {len(column.values)} values, but {names[0]!r} has "
                f"{len(sheet.columns[0].values)}: give one value for each row"
            )


def _write_csv(sheet: Sheet, path: Path) -> None:
    with path.open("x", encoding="utf-8", newline="") as file:
        for key, fact in sheet.facts.items():
            file.write(f"# {_comment(key)}: {_comment(fact)}\n")
        # Python quotes a cell with a carriage return only if lines end with one.
        lines = csv.writer(_LineFeeds(file), lineterminator="\r\n")
        lines.writerow(_no_formula(column.heading) for column in sheet.columns)
        lines.writerows(map(_no_formula, row) for row in _rows(sheet))


class _LineFeeds:
    """A file whose lines come with a carriage return and go without."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, line: str) -> int:
        return self._file.write(f"{line[:-2]}\n")


def _comment(fact: object) -> str:
    """Return a fact in one line that can be opened as a row of cells: a spreadsheet splits it, too."""
    return _FORMULA_IN_FACT.sub(r"\1'\2", " ".join(str(fact).split()))


def _no_formula(cell: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula; numbers stay as they are.

    An apostrophe is put before text that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line end, and
    inside the text before such a character after a semicolon, a tab or a line end. Apostrophes that stand
    there already are doubled, so that removing one at each such place gives the text back.
    """
    if not isinstance(cell, str) or _NUMBER.fullmatch(cell):
        return cell
    within = _FORMULA_WITHIN.sub(r"\1'\2", cell)
    return f"'{within}" if _FORMULA.match(within) else within


def _rows(sheet: Sheet) -> Iterator[tuple[Any, ...]]:
    # Python writes a float as the shortest text that is read back as the same number.
    length = len(sheet.columns[0].values) if sheet.columns else 0
    for start in range(0, length, CHUNK):
        yield from zip(
            *(_plain(c.values[start : start + CHUNK]) for c in sheet.columns), strict=True
        )


def _plain(values: Any) -> list[Any]:
    return values.tolist() if isinstance(values, np.ndarray) else list(values)


def _write_json(sheet: Sheet, path: Path) -> None:
    content: dict[str, Any] = {"metadata": {k: _null(v) for k, v in sheet.facts.items()}}
    if sheet.sources:
        content["metadata"]["sources"] = [dict(source) for source in sheet.sources]
    if sheet.by_row:
        headings = [c.name for c in sheet.columns]
        content["rows"] = [
            {k: _null(v) for k, v in zip(headings, row, strict=True)} for row in _rows(sheet)
        ]
    else:
        content["units"] = {c.name: c.unit for c in sheet.columns if c.unit}
        content["data"] = {c.name: [_null(v) for v in _plain(c.values)] for c in sheet.columns}
    with path.open("x", encoding="utf-8") as file:
        # In pieces: one string would double the memory of a large population.
        pieces = json.JSONEncoder(ensure_ascii=False, allow_nan=False).iterencode(content)
        while part := "".join(islice(pieces, CHUNK)):
            file.write(part)
        file.write("\n")


def _null(value: Any) -> Any:
    """Return a plain value, None for a number that JSON cannot write, such as NaN."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _write_parquet(sheet: Sheet, path: Path) -> None:
    pandas: Any = require("pandas", "io")
    arrow: Any = require("pyarrow", "io")
    parquet: Any = require("pyarrow.parquet", "io")
    table = arrow.Table.from_pandas(
        pandas.DataFrame({c.name: c.values for c in sheet.columns}), preserve_index=False
    )
    # pandas reads PANDAS_ATTRS into frame.attrs; other readers find the units in each field.
    units = {c.name: c.unit for c in sheet.columns if c.unit}
    attributes = json.dumps({"units": units, **sheet.facts}, ensure_ascii=False)
    fields = [
        field.with_metadata(_field_metadata(column))
        for field, column in zip(table.schema, sheet.columns, strict=True)
    ]
    metadata = {**(table.schema.metadata or {}), b"PANDAS_ATTRS": attributes.encode()}
    metadata |= {key: str(fact) for key, fact in sheet.facts.items()}
    parquet.write_table(table.cast(arrow.schema(fields, metadata=metadata)), path)


def _field_metadata(column: Column) -> dict[str, str]:
    facts = {"units": column.unit, "long_name": column.meaning}
    return {key: text for key, text in facts.items() if text}


def _write_netcdf(sheet: Sheet, path: Path) -> None:
    xarray: Any = require("xarray", "io")
    h5netcdf: Any = require("h5netcdf", "io")
    if sheet.dataset is not None:
        dataset = sheet.dataset()
    else:
        data: dict[str, Any] = {
            c.name: (sheet.dimension, np.asarray(c.values), _field_metadata(c))
            for c in sheet.columns
        }
        # A column named like the dimension becomes its coordinate.
        dataset = xarray.Dataset(data, attrs=dict(sheet.facts))
    # In memory first: on a full disk the HDF5 library would end the process at its exit.
    content = io.BytesIO()
    with h5netcdf.File(content, "w") as file:
        dataset.dump_to_store(xarray.backends.H5NetCDFStore(file))
    path.write_bytes(content.getbuffer())


_WRITERS: dict[str, Callable[[Sheet, Path], None]] = {
    ".csv": _write_csv,
    ".json": _write_json,
    ".parquet": _write_parquet,
    ".nc": _write_netcdf,
}

#: Libraries that a format needs; all are installed with ``ketasim[io]``.
_LIBRARIES = {
    ".parquet": ("pandas", "pyarrow"),
    ".nc": ("xarray", "h5netcdf", "h5py"),
}
