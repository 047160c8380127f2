"""Results into files: CSV, JSON, Parquet or NetCDF by ending; whole or not at all."""

from __future__ import annotations

import csv
import json
import math
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from ketasim.errors import KetasimError
from ketasim.names import check_name, shortened
from ketasim.optional import require
from ketasim.population import Ensemble
from ketasim.population_summary import PopulationSummary
from ketasim.run import Run
from ketasim.sheet import Column, Sheet, sheet_of
from ketasim.tables import Table

#: Rows turned into text at a time, so that a large population needs no second copy of itself.
CHUNK = 10_000


class OutputError(KetasimError, OSError):
    """A file cannot be written: unknown ending, missing folder, no permission, full disk."""


def save(
    result: Run | Ensemble | PopulationSummary | Table | Sheet,
    path: str | Path,
    names: Iterable[str] | None = None,
) -> Path:
    """Write a result to CSV, JSON, Parquet or NetCDF, by the ending of ``path``.

    Units travel along: in the headings of a CSV file (``madrs_change [points]``, below ``#`` lines
    of provenance), under ``units`` in JSON, in the field metadata of Parquet and in the attributes
    of NetCDF variables.

    Parameters
    ----------
    result : Run, Ensemble, PopulationSummary, Table or Sheet
    path : str or Path
        Ending ``.csv``, ``.json``, ``.parquet`` or ``.nc``; an existing file is replaced.
    names : iterable of str, optional
        Readouts or states to write; default: every readout, and for NetCDF every state too.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    OutputError
        If it cannot be written. A file of that name is then as it was before.
    MissingLibraryError
        If the format needs a library that is not installed.
    UnknownNameError
        For a name the result does not have.
    """
    target = check_path(path)
    given: object = result
    if not isinstance(given, Saved):
        raise OutputError(
            f"cannot save a {type(given).__name__}: give a Run, an Ensemble or a table such as "
            "ks.parameters()"
        )
    write = _WRITERS[target.suffix.lower()]
    chosen = _chosen(names)
    with whole_file(target) as draft:
        write(result, chosen, draft)
    return Path(path)


def _chosen(names: object) -> Names:
    if names is None:
        return None
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise OutputError(f"names = {shortened(names)}: give a list, such as ['madrs_change']")
    chosen = tuple(names)
    if not chosen:
        raise OutputError("names is empty: name at least one column, or leave it out for all")
    return chosen


def check_path(path: str | Path) -> Path:
    """Make sure, before any work is done, that ``path`` could be written by `save`.

    Returns
    -------
    Path
        Absolute, links followed.

    Raises
    ------
    OutputError, MissingLibraryError
    """
    ending = _path(path).suffix.lower()
    if ending not in _WRITERS:
        said = f"ending {ending!r}" if ending else "no ending"
        raise OutputError(
            f"cannot tell the format of {str(path)!r} ({said}): use .csv, .json, .parquet or .nc"
        )
    target = check_writable(path)
    for library in _LIBRARIES.get(ending, ()):
        require(library, "io")
    return target


def check_writable(path: str | Path) -> Path:
    """Make sure that a file of any format could be written at ``path``; leaves nothing behind.

    Raises
    ------
    OutputError
    """
    target = _resolved(path)
    if target.is_dir():
        raise OutputError(f"cannot write {str(path)!r}: it is a folder; add a file name")
    if not target.parent.is_dir():
        raise OutputError(
            f"cannot write {str(path)!r}: there is no folder {str(target.parent)!r}; create it first"
        )
    if target.exists() and not (target.is_file() and os.access(target, os.W_OK)):
        raise OutputError(f"cannot write {str(path)!r}: what is there may not be replaced")
    # Permission bits say too little (root, read-only and full file systems), so try.
    probe = _draft_name(target)
    try:
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        raise OutputError(f"cannot write {str(path)!r}: {error.strerror}") from error
    return target


def check_folder(path: str | Path) -> Path:
    """Make sure that files could be written into a folder, existing or not; leaves nothing behind.

    Raises
    ------
    OutputError
    """
    folder = _resolved(path)
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    if not existing.is_dir():
        raise OutputError(f"cannot write into {str(path)!r}: {str(existing)!r} is not a folder")
    check_writable(existing / "draft")
    return folder


def _path(path: object) -> Path:
    if not isinstance(path, (str, Path)) or not str(path):
        raise OutputError(
            f"{shortened(path)} is no path: give the name of a file, such as 'run.csv'"
        )
    return Path(path)


def _resolved(path: object) -> Path:
    """Absolute, links followed; a name that no file system takes is refused."""
    try:
        resolved = _path(path).expanduser().resolve()
        resolved.exists()
    except (OSError, ValueError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or error
        raise OutputError(f"cannot write {shortened(path)}: {why}") from error
    return resolved


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Give a draft in the same folder to write to; it takes the name ``target`` only when finished.

    Raises
    ------
    OutputError
        If writing fails; ``target`` is then untouched and the draft is gone.
    """
    draft = _draft_name(target)
    try:
        yield draft
        draft.replace(target)
    except OSError as error:
        raise OutputError(f"cannot write {str(target)!r}: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _draft_name(target: Path) -> Path:
    # Keeps the ending: libraries choose by it.
    return target.with_name(f".{target.stem}.{secrets.token_hex(4)}{target.suffix}")


Saved = Run | Ensemble | PopulationSummary | Table | Sheet
Names = tuple[str, ...] | None


def _sheet(result: Saved, names: Names) -> Sheet:
    return result if isinstance(result, Sheet) else sheet_of(result, names)


def _write_csv(result: Saved, names: Names, path: Path) -> None:
    sheet = _sheet(result, names)
    with path.open("x", encoding="utf-8", newline="") as file:
        for key, fact in sheet.facts.items():
            file.write(f"# {key}: {' '.join(str(fact).split())}\n")
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(column.heading for column in sheet.columns)
        lines.writerows(_rows(sheet))


def _rows(sheet: Sheet) -> Iterator[tuple[Any, ...]]:
    # Python floats print as the shortest text that reads back to the same number.
    length = len(sheet.columns[0].values) if sheet.columns else 0
    for start in range(0, length, CHUNK):
        yield from zip(
            *(_plain(c.values[start : start + CHUNK]) for c in sheet.columns), strict=True
        )


def _plain(values: Any) -> list[Any]:
    return values.tolist() if isinstance(values, np.ndarray) else list(values)


def _write_json(result: Saved, names: Names, path: Path) -> None:
    sheet = _sheet(result, names)
    content: dict[str, Any] = {"metadata": dict(sheet.facts)}
    if isinstance(result, Run):
        content["metadata"]["sources"] = [
            {"key": s.key, "citation": s.citation, "doi": s.doi} for s in result.sources
        ]
    if isinstance(result, Table):
        headings = [c.name for c in sheet.columns]
        content["rows"] = [
            {k: _null(v) for k, v in zip(headings, row, strict=True)} for row in _rows(sheet)
        ]
    else:
        content["units"] = {c.name: c.unit for c in sheet.columns if c.unit}
        content["data"] = {c.name: [_null(v) for v in _plain(c.values)] for c in sheet.columns}
    with path.open("x", encoding="utf-8") as file:
        # Piece by piece: one string of a large population would double its memory.
        pieces = json.JSONEncoder(ensure_ascii=False, allow_nan=False).iterencode(content)
        while part := "".join(islice(pieces, CHUNK)):
            file.write(part)
        file.write("\n")


def _null(value: Any) -> Any:
    """JSON has no NaN: what was not computed is null."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _write_parquet(result: Saved, names: Names, path: Path) -> None:
    pandas: Any = require("pandas", "io")
    arrow: Any = require("pyarrow", "io")
    parquet: Any = require("pyarrow.parquet", "io")
    sheet = _sheet(result, names)
    table = arrow.Table.from_pandas(
        pandas.DataFrame({c.name: c.values for c in sheet.columns}), preserve_index=False
    )
    # pandas reads PANDAS_ATTRS back into frame.attrs; other readers find units in each field.
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


def _write_netcdf(result: Saved, names: Names, path: Path) -> None:
    xarray: Any = require("xarray", "io")
    require("h5netcdf", "io")
    if isinstance(result, Run) and names is None:
        dataset = result.to_xarray()
        dataset.attrs["sources"] = "; ".join(source.key for source in result.sources)
    elif isinstance(result, Ensemble | PopulationSummary):
        dataset = result.to_xarray()
        for name in names or ():
            check_name(name, result.names, "readout of this ensemble")
        if names is not None:
            dataset = dataset[[*names]]
    else:
        sheet = _sheet(result, names)
        data: dict[str, Any] = {
            c.name: (sheet.dimension, np.asarray(c.values), _field_metadata(c))
            for c in sheet.columns
        }
        # A column named like the dimension becomes its coordinate.
        dataset = xarray.Dataset(data, attrs=dict(sheet.facts))
    dataset.to_netcdf(path, engine="h5netcdf")


_WRITERS: dict[str, Callable[[Saved, Names, Path], None]] = {
    ".csv": _write_csv,
    ".json": _write_json,
    ".parquet": _write_parquet,
    ".nc": _write_netcdf,
}

#: What a format needs beyond the standard library; all of it comes with ``ketasim[io]``.
_LIBRARIES = {
    ".parquet": ("pandas", "pyarrow"),
    ".nc": ("xarray", "h5netcdf", "h5py"),
}
