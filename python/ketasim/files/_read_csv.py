"""A strict CSV reader: every refusal names file, row and remedy."""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ketasim._wording.sealed import sealed
from ketasim.errors import EvidenceError

#: The largest table accepted [bytes]. The shipped observations need 0.1 MB.
LARGEST_TABLE = 16 * 2**20

#: What may stand between two cells, with its name in messages.
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}


@sealed
@dataclass(frozen=True, slots=True)
class CsvRow:
    """One data row of a CSV table.

    Parameters
    ----------
    line : int
        Line of the file on which the row starts; the header is line 1.
    cells : dict of str to str
        Text by column.

    Examples
    --------
    >>> from ketasim.files import CsvRow
    >>> CsvRow(2, {"dose": "35"}).cells["dose"]
    '35'
    """

    line: int
    cells: dict[str, str]


def read_csv(path: Path, columns: Sequence[str]) -> list[CsvRow]:
    r"""Read a table that has at least the given columns, in any order.

    Parameters
    ----------
    path : Path
        A UTF-8 file, comma-separated, quoted according to RFC 4180, with a header row.
    columns : sequence of str
        Names that the header must have. Further columns are read too.

    Returns
    -------
    list of CsvRow
        At least one; blank lines are skipped, spaces around a cell are removed.

    Raises
    ------
    EvidenceError
        If the file is missing, too large, not text, empty, badly quoted or not rectangular.

    Examples
    --------
    >>> from ketasim.files import read_csv
    >>> path = tmp_path / "doses.csv"
    >>> _ = path.write_text("time,dose\n0, 35\n")
    >>> read_csv(path, ["dose"])
    [CsvRow(line=2, cells={'time': '0', 'dose': '35'})]
    """
    records = split_records(path, csv_text(path))
    if not records:
        raise EvidenceError(
            f"{path}: the file is empty; the first row must name {_listed(columns)}"
        )
    header = [name.strip() for name in records[0][1]]
    _check_header(path, header, columns)
    return [
        CsvRow(line, dict(zip(header, cells, strict=True)))
        for line, cells in rectangular(path, header, records[1:])
    ]


def rectangular(
    path: Path,
    header: Sequence[str],
    records: Sequence[tuple[int, list[str]]],
    separator: str = ",",
) -> list[tuple[int, list[str]]]:
    """Return the rows without spaces around their cells.

    Raises
    ------
    EvidenceError
        If there is no row, or one has more or fewer cells than the header has names.
    """
    rows = []
    for line, cells in records:
        if len(cells) != len(header):
            mark = SEPARATORS[separator]
            raise EvidenceError(
                f"{path}, row {line}: {len(cells)} cells, but the header names {len(header)} columns; "
                f"add the missing {mark}s, or put a cell that contains a {mark} in double quotes"
            )
        rows.append((line, [cell.strip() for cell in cells]))
    if not rows:
        raise EvidenceError(f"{path}: only a header and no rows; add at least one row")
    return rows


def csv_text(path: Path) -> str:
    """Return the text of a file.

    Raises
    ------
    EvidenceError
        If the file is missing, too large or not UTF-8.
    """
    try:
        exists = path.exists()
    except (OSError, ValueError) as error:  # a name that is too long or contains NUL
        reason = getattr(error, "strerror", None) or error
        raise EvidenceError(f"{str(path)[:60]!r}: cannot be read: {reason}") from None
    if not exists:
        raise EvidenceError(f"{path}: no such file{_neighbours(path)}")
    if not path.is_file():
        raise EvidenceError(f"{path}: not a regular file; give the path of a CSV file")
    size = path.stat().st_size
    if size > LARGEST_TABLE:
        raise EvidenceError(
            f"{path}: {size / 2**20:.0f} MB, the limit for a table is {LARGEST_TABLE >> 20} MB; "
            "nothing was read. Is this the right file?"
        )
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise EvidenceError(f"{path}: cannot be read: {error.strerror}") from None
    if b"\0" in raw:
        line = raw.count(b"\n", 0, raw.index(b"\0")) + 1
        raise EvidenceError(
            f"{path}, row {line}: byte 0x00 is not UTF-8 text; save the table as UTF-8"
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise EvidenceError(
            f"{path}, row {line}: byte 0x{raw[error.start]:02x} is not UTF-8 text; save the table as UTF-8"
        ) from None


def split_records(
    path: Path, text: str, separator: str = ",", comment: tuple[str, ...] = ()
) -> list[tuple[int, list[str]]]:
    """Return the records that are not blank, each with the line on which it starts.

    Parameters
    ----------
    path : Path
        For messages.
    text : str
    separator : str
        One of `SEPARATORS`.
    comment : tuple of str
        A record whose first character is one of these is left out.

    Raises
    ------
    EvidenceError
        If it is badly quoted.
    """
    line = 0  # the last one that was read
    start = 0  # the first one of the record; 0 before it was read

    def lines() -> Iterator[str]:
        nonlocal line, start
        for one in io.StringIO(text, newline=""):
            line += 1
            if not start:
                # Left out before the reader sees it: a comment may hold a single quote.
                if comment and one.lstrip().startswith(comment):
                    continue
                start = line
            yield one

    reader = csv.reader(lines(), delimiter=separator, strict=True)
    records: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            if any(c.strip() for c in cells):
                records.append((start, cells))
            start = 0
    except csv.Error as error:
        mark = SEPARATORS[separator]
        raise EvidenceError(
            f"{path}, row {start}: broken CSV ({error}); put a cell that contains a {mark}, a quote or a line "
            'break in double quotes, and write a quote inside it twice ("")'
        ) from None
    return records


def _check_header(path: Path, header: list[str], columns: Sequence[str]) -> None:
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise EvidenceError(f"{path}, row 1: column {twice[0]!r} appears twice; remove one")
    missing = [name for name in columns if name not in header]
    if not missing:
        return
    other_names = [name for name in header[:200] if name not in columns and len(name) < 60]
    close = difflib.get_close_matches(missing[0], other_names, n=1)
    hint = f" (is {close[0]!r} meant?)" if close else ""
    raise EvidenceError(
        f"{path}, row 1: no column {_listed(missing)}{hint}; the header must name {_listed(columns)}"
    )


def _neighbours(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"; the folder {folder} does not exist either"
    tables = sorted(p.name for p in folder.glob("*.csv"))[:8]
    return f"; {folder} holds {_listed(tables) if tables else 'no CSV file'}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(repr(n) for n in names[:20])
