"""What the columns of an event table mean: names, other spellings, units in the heading."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ketasim._wording.durations import HOURS
from ketasim._wording.names import nearest, shortened
from ketasim.catalogue._vocabulary import UNIT_FACTS, spellings
from ketasim.errors import EvidenceError

#: Rate and duration of an infusion into compartment n: parameters in NONMEM, columns here.
MODELLED_RATES = tuple(f"R{n}" for n in range(1, 10))
MODELLED_DURATIONS = tuple(f"D{n}" for n in range(1, 10))

NUMERIC = ("TIME", "AMT", "RATE", "DUR", "II", "ADDL", "EVID", "SS", "LAG", "F", "DV", "MDV")
WORDS = ("ID", "CMT", "DRUG", "ROUTE", "UNIT", "DATE", "C", "OCC")
OTHER_SPELLINGS = {
    **dict.fromkeys(("ALAG", "ALAG1"), "LAG"),
    "F1": "F",
    "DOSE": "AMT",
    "TINF": "DUR",
    **dict.fromkeys(("DAT1", "DAT2", "DAT3"), "DATE"),
    **dict.fromkeys(("EXCL", "EXCLUDE", "EXCLUDED", "EXCLUSION", "IGN", "IGNORE", "OMIT"), "C"),
    **dict.fromkeys(("OCCASION", "PERIOD", "CYCLE", "VISIT", "SESSION"), "OCC"),
}

#: Columns that change what is given or which rows count. They are not read, and are no covariates.
NOT_READ = {
    "ALAG2": "the lag of every row is read from LAG [h]",
    "F2": "the bioavailability of every row is read from F",
    **dict.fromkeys(
        ("COM", "COMMENT", "COMMENTS", "FLAG", "DROP", "SKIP", "KEEP", "INCLUDE"),
        "if it marks rows to leave out, name it C and write 'C' in those rows, '.' in the others",
    ),
    "DAY": "days are not read: give TIME in hours from the first dose, or clock times with a column DATE "
    "such as 2026-01-05",
    "CONT": "continued rows are not read: give one row for each event",
}

#: Columns in hours.
TIMES = ("TIME", "DUR", "II", "LAG", *MODELLED_DURATIONS)

#: Units in the heading of TIME that announce clock times.
CLOCK_UNITS = ("hh:mm", "hh:mm:ss", "h:m", "h:mm", "clock")

_HEADING = re.compile(r"\s*(.+?)\s*[(\[]\s*([^()\[\]]*?)\s*[)\]]\s*")
_UNIT_WORDS = spellings(UNIT_FACTS)
#: Milligrams in one unit of mass.
_MASSES = {"mg": 1.0, "g": 1e3, **dict.fromkeys(("ug", "µg", "μg", "mcg"), 1e-3)}


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is read.

    Parameters
    ----------
    name : str
        Its NONMEM name.
    heading : str
        As the table writes it.
    index : int
        Position of its cell in a row, from 0.
    factor : float
        Multiplies its numbers.
    divisor : float
        Divides its numbers: minutes become the nearest double.
    unit : str
        Unit of AMT, of the amount in RATE, or of TIME; '' if the heading has none.
    """

    name: str
    heading: str
    index: int
    factor: float = 1.0
    divisor: float = 1.0
    unit: str = ""


def means_time(heading: str) -> bool:
    """Return whether a heading names the column TIME."""
    match = _HEADING.fullmatch(heading)
    return (match[1] if match else heading.strip()).strip().lstrip("#@ ").upper() == "TIME"


def read_header(
    place: str, header: Sequence[str], covariates: Collection[str], filled: Collection[int]
) -> dict[str, Column]:
    """Return the columns that are read, by NONMEM name.

    Parameters
    ----------
    place : str
        Start of a message: the path, or nothing.
    header : sequence of str
    covariates : collection of str
        Names in upper case that the caller declares: they are not read, whatever they mean here.
    filled : collection of int
        Positions of columns that have a value in some row.

    Raises
    ------
    EvidenceError
        For an unknown column, two of one meaning, a unit that is not known, or no TIME.
    """
    columns: dict[str, Column] = {}
    for index, heading in enumerate(header):
        try:
            column = _column(heading, index, covariates, index in filled)
        except EvidenceError as error:
            raise EvidenceError(f"{place}{error}") from None
        if column is None:
            continue
        if column.name in columns:
            first = columns[column.name].heading
            spare = [h for h in (first, heading) if _plain(h) != column.name]
            remedy = "keep one"
            if spare and column.name != "C":  # rows to leave out are never left unread
                remedy += f", or declare covariates=[{spare[0]!r}] to leave it unread"
            raise EvidenceError(f"{place}columns {first!r} and {heading!r} mean the same; {remedy}")
        columns[column.name] = column
    if "TIME" not in columns:
        declared = "; it is declared as a covariate" if "TIME" in covariates else ""
        raise EvidenceError(
            f"{place}the table has no TIME column{declared} (columns: {shortened(', '.join(header))}); "
            "times are hours from the first dose"
        )
    return columns


def _plain(heading: str) -> str:
    return heading.strip().upper()


def _column(heading: str, index: int, covariates: Collection[str], filled: bool) -> Column | None:
    name, unit = _plain(heading), ""
    if name in covariates:
        return None
    if index == 0:
        name = name.lstrip("#@ ")  # a header that NONMEM takes for a comment
    if match := _HEADING.fullmatch(heading):
        name, unit = match[1].upper(), match[2]
        name = name.lstrip("#@ ") if index == 0 else name
    if name in covariates:
        return None
    name = OTHER_SPELLINGS.get(name, name)
    if name in (*NUMERIC, *WORDS, *MODELLED_RATES, *MODELLED_DURATIONS):
        return _with_unit(name, heading, index, unit)
    if not name or name.startswith("UNNAMED: "):
        if not filled:
            return None  # a separator at the end of every line
        raise EvidenceError(
            f"column {index + 1} has no name; name it or remove it (row numbers of a data frame are left "
            "out with index=False)"
        )
    if name in NOT_READ:
        raise EvidenceError(f"column {shortened(heading)}: {NOT_READ[name]}")
    close = nearest(name, [n for n in (*NUMERIC, *WORDS) if len(n) > 1])
    hint = f"did you mean {close[0]}? " if close else ""
    raise EvidenceError(
        f"unknown column {shortened(heading)}: {hint}A covariate is declared with "
        f"covariates=[{shortened(heading)}]"
    )


def _with_unit(name: str, heading: str, index: int, unit: str) -> Column:
    word = unit.lower()
    if not unit or name in ("DV", "DATE"):
        return Column(name, heading.strip(), index)
    if name in TIMES:
        if name == "TIME" and word in CLOCK_UNITS:
            return Column(name, heading.strip(), index, unit="clock")
        if word in HOURS:
            factor, divisor = _hours(word)
            return Column(name, heading.strip(), index, factor, divisor, unit=word)
        known = "s, min, h, d or wk"
    elif name == "AMT":
        if read := _amount_unit(word):
            return Column(name, heading.strip(), index, read[1], unit=read[0])
        known = ", ".join([*UNIT_FACTS, "g", "ug"])
    elif name in ("RATE", *MODELLED_RATES):
        amount, _, time = word.rpartition("/")
        if (read := _amount_unit(amount)) and time in HOURS:
            factor, divisor = _hours(time)
            return Column(name, heading.strip(), index, read[1] * divisor, factor, unit=read[0])
        known = "the unit of AMT per h or min, such as mg/h"
    elif name == "F":
        if word in ("%", "percent"):
            return Column(name, heading.strip(), index, divisor=100.0)
        if word in ("1", "-", "fraction"):
            return Column(name, heading.strip(), index)
        known = "% or fraction"
    else:
        raise EvidenceError(f"column {heading!r}: {name} has no unit; name the column {name}")
    raise EvidenceError(f"column {heading!r}: unknown unit {unit!r}; use {known}")


def _hours(word: str) -> tuple[float, float]:
    """Return factor and divisor that turn numbers of a unit of time into hours."""
    size = HOURS[word]
    return (size, 1.0) if size >= 1.0 else (1.0, round(1.0 / size))


def _amount_unit(word: str) -> tuple[str, float] | None:
    """Return the unit of the package, and how many of it make one of ``word``."""
    if word in _UNIT_WORDS:
        return _UNIT_WORDS[word], 1.0
    mass, slash, rest = word.partition("/")
    unit = f"mg{slash}{rest}"
    return (_UNIT_WORDS[unit], _MASSES[mass]) if mass in _MASSES and unit in _UNIT_WORDS else None
