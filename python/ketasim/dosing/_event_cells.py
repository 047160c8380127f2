"""One row of an event table: its cells as numbers and words, refused by row and column."""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import Any, TypeGuard

import numpy as np

from ketasim._wording.names import shortened
from ketasim.dosing._event_columns import TIMES, WORDS, Column
from ketasim.dosing._event_source import plain
from ketasim.errors import EvidenceError

#: A number as tables write it. Python's own float() also takes 3_5 for 35, and digits of any script.
_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_DECIMAL_COMMA = re.compile(r"[-+]?[0-9]*,[0-9]+([eE][-+]?[0-9]+)?")
#: May be a thousand and may be a decimal: 1,000.
_EITHER_COMMA = re.compile(r"[-+]?[1-9][0-9]{0,2},[0-9]{3}")
#: From here on not every whole number is a double.
_EXACT = 2.0**53
_WHOLE_TEXT = re.compile(r"([-+]?[0-9]+)\.0*")


def one_line(value: object) -> str:
    """Return the ``repr`` of a cell, short and without line breaks."""
    return " ".join(shortened(value).split())


def is_number(value: object) -> TypeGuard[float]:
    """Return whether a value is a real number; True and False are none."""
    if type(value) in (int, float):
        return True
    return isinstance(value, (Real, Decimal)) and not isinstance(value, (bool, np.bool_))


@dataclass(frozen=True, slots=True)
class EventRow:
    """A row of an event table.

    Parameters
    ----------
    where : str
        Its place, for messages.
    columns : mapping of str to Column
        By NONMEM name.
    cells : mapping of str to object
        By NONMEM name; None where a cell is empty.
    """

    where: str
    columns: Mapping[str, Column]
    cells: Mapping[str, Any]

    def refuse(self, column: str, what: str) -> EvidenceError:
        """Return an error with row and column, as the table names it."""
        heading = self.columns[column].heading if column in self.columns else column
        shown = column if heading.upper() == column else heading
        return EvidenceError(f"{self.where}, column {shown}: {what}")

    def cell(self, column: str) -> Any:
        """Return the cell of a column; None where it is empty or there is no such column."""
        return self.cells.get(column)

    def has(self, column: str) -> bool:
        """Return whether the row has a value in a column."""
        return self.cell(column) is not None

    def number(self, column: str, default: float = 0.0) -> float:
        """Return a number in the unit of the package, ``default`` for an empty cell.

        Raises
        ------
        EvidenceError
            If it is not a finite number.
        """
        value = self.cell(column)
        if value is None:
            return default
        if isinstance(value, dt.timedelta) and column in TIMES:
            return value.total_seconds() / 3600.0
        if isinstance(value, str):
            text = value.strip()
            if _NUMBER.fullmatch(text) is None:
                raise self.refuse(column, f"{one_line(value)} is not a number{_hint(column, text)}")
            number = float(text)
        elif is_number(value):
            try:
                number = float(value)
            except (OverflowError, ValueError):
                raise self.refuse(column, f"{one_line(value)} is not a number") from None
        else:
            raise self.refuse(column, f"{one_line(value)} is not a number{_hint(column, value)}")
        if not math.isfinite(number):
            raise self.refuse(column, f"{value!r} must be a finite number")
        if column == "RATE" and number in (-1.0, -2.0):
            return number  # codes, not rates: the unit of the heading is not theirs
        known = self.columns[column]
        return number * known.factor / known.divisor

    def whole(self, column: str, default: int = 0) -> int:
        """Return a whole number.

        Raises
        ------
        EvidenceError
            If it is none.
        """
        number = self.number(column, default)
        if number != int(number) or abs(number) > 1e9:
            raise self.refuse(column, f"{number:g} must be a whole number, at most 1e9")
        return int(number)

    def subject(self) -> str:
        """Return the ID, '' where there is none; 1.0 is 1, because data frames turn IDs into floats.

        Raises
        ------
        EvidenceError
            If it is neither text nor a number.
        """
        given = self.cell("ID")
        if given is None:
            return ""
        if isinstance(given, str) and given.strip().startswith("#"):
            raise self.refuse(
                "ID",
                f"{given!r} looks like a comment; begin the row with '#' to leave it out, or rename the "
                "subject",
            )
        if isinstance(given, (bool, np.bool_)):
            raise self.refuse("ID", f"{given} is not an ID: give a number or text")
        if isinstance(given, (float, np.floating)) and abs(float(given)) > _EXACT:
            raise self.refuse(
                "ID",
                f"{given:.0f} is too large for a number with a decimal point, so that two subjects may have "
                "become one: give IDs as text",
            )
        return subject_name(given if is_number(given) else self.word("ID"))

    def word(self, column: str) -> str | None:
        """Return a cell as text, None where it is empty.

        Raises
        ------
        EvidenceError
            If it is bytes or a truth value.
        """
        value = self.cell(column)
        if isinstance(value, (bytes, bytearray)):
            raise self.refuse(column, f"{shortened(value)} are bytes; give text (decode('utf-8'))")
        if isinstance(value, (bool, np.bool_)):
            raise self.refuse(column, f"{value} is no name; give text")
        return None if value is None else str(value).strip()

    def left_out(self) -> bool:
        """Return whether the column C (or EXCL ...) marks the row to be left out.

        Raises
        ------
        EvidenceError
            If it holds something else than its marks.
        """
        value = self.cell("C")
        if value is None:
            return False
        letter = self.columns["C"].heading.lstrip("#@ ").upper() == "C"
        mark = str(value).strip().upper().removesuffix(".0")
        if mark in (("C",) if letter else ("C", "X", "1", "TRUE", "T", "YES", "Y")):
            return True
        if mark in ("0", "FALSE", "F", "NO", "N"):
            return False
        marks = "'C' marks a row to leave out and '.' the others" if letter else "write 1 or 0"
        raise self.refuse("C", f"{shortened(value)} is not known: {marks}")


def subject_name(given: object) -> str:
    """Return the name of a subject: 1, 1.0, '1' and '1.0' are one."""
    given = plain(given)
    if is_number(given) and math.isfinite(given) and float(given).is_integer():
        return str(int(given))
    text = str(given).strip()
    whole = _WHOLE_TEXT.fullmatch(text)
    return whole[1] if whole else text


def is_number_text(text: str) -> bool:
    """Return whether a table would write a number so."""
    return _NUMBER.fullmatch(text) is not None


def look_of(subject: str) -> str:
    """Return what is the same for IDs that look the same: 1, 01, +1 and 1e0; letters by their look."""
    if is_number_text(subject) and len(subject) < 40:
        return str(Decimal(subject).normalize())
    return " ".join(unicodedata.normalize("NFKC", subject).split())


def _hint(column: str, value: object) -> str:
    if column == "DV":
        return (
            "; observed values are not used: declare covariates=['DV'] to leave the column unread"
        )
    if isinstance(value, (bool, np.bool_)):
        return ": write 1 or 0"
    if isinstance(value, (bytes, bytearray)):
        return ": bytes; give a number or text"
    if isinstance(value, str) and _DECIMAL_COMMA.fullmatch(value):
        return ": write a decimal point, not a comma"
    if hasattr(value, "units") or hasattr(value, "unit"):
        return ": give plain numbers; their unit can stand in the heading, such as TIME [min]"
    if column == "TIME":
        return (
            ": give hours from the first dose, or a clock time such as 08:30 with a column DATE such "
            "as 2026-01-05"
        )
    if column in TIMES:
        return ": give hours"
    return ""


def with_decimal_points(
    rows: Sequence[tuple[str, list[Any]]], columns: Mapping[str, Column]
) -> None:
    """Turn decimal commas of numeric columns into points, in place.

    Raises
    ------
    EvidenceError
        If some numbers have points, or if a comma may separate thousands.
    """
    found = [
        (where, cells, column)
        for where, cells in rows
        for name, column in columns.items()
        if name not in WORDS and _DECIMAL_COMMA.fullmatch(cells[column.index].strip())
    ]
    if not found:
        return
    decimal = any(not _EITHER_COMMA.fullmatch(c[k.index].strip()) for _, c, k in found)
    points = any(
        "." in cells[column.index] and _NUMBER.fullmatch(cells[column.index].strip())
        for _, cells in rows
        for name, column in columns.items()
        if name not in WORDS
    )
    if points or not decimal:
        where, cells, column = found[0]
        why = (
            "other numbers of the table have a decimal point"
            if points
            else "the comma may stand for a decimal point or for thousands"
        )
        raise EvidenceError(
            f"{where}, column {column.heading}: {cells[column.index]!r}: {why}; write all numbers with "
            "decimal points"
        )
    for _, cells, column in found:
        cells[column.index] = cells[column.index].replace(",", ".")
