"""NONMEM-style event tables: CSV files, data frames or mappings of columns.

The columns read, in upper or lower case:

========  =====================================================================================
TIME      hours (required)
AMT       dose amount, > 0 on dose rows and 0 on all others
RATE      infusion rate [AMT/h], 0 = bolus; F then scales the duration
DUR       infusion length [h]; F then scales the rate. RATE or DUR, not both
II, ADDL  interval [h] and number of further doses; they go together, and II with SS
EVID      0 observation, 1 dose, 2 other (no effect), 3 reset, 4 reset and dose
CMT       route by name, or a number through the argument ``cmt``
SS        1 start from the steady state of this record's drug amounts, 2 add it
LAG, F    absorption lag [h] and bioavailability (ALAG, ALAG1 and F1 are read too)
DRUG, ROUTE, UNIT   in each row, or once through the arguments
ID        subject; choose one with the argument ``subject``, or read them all
DV, MDV   observation and missing flag; every EVID 0 row gives an output time
========  =====================================================================================

The order of the rows does not change results.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ketasim._arrays import FloatArray
from ketasim._wording.frozen import comparable
from ketasim._wording.names import check_name, nearest, shortened
from ketasim._wording.plain_numbers import number_or_none
from ketasim.catalogue._vocabulary import ROUTES
from ketasim.dosing._dose import Dose
from ketasim.errors import EvidenceError, KetasimError
from ketasim.files._read_csv import read_csv

NUMERIC = ("TIME", "AMT", "RATE", "DUR", "II", "ADDL", "EVID", "SS", "LAG", "F", "DV", "MDV")
WORDS = ("ID", "CMT", "DRUG", "ROUTE", "UNIT")
OTHER_SPELLINGS = {"ALAG": "LAG", "ALAG1": "LAG", "F1": "F", "DOSE": "AMT", "TINF": "DUR"}
EVENTS = (0, 1, 2, 3, 4)


#: A path, a data frame, or a mapping of columns.
EventSource = str | Path | Mapping[str, Iterable[Any]] | Any


@comparable
@dataclass(frozen=True, slots=True)
class EventRows:
    """Doses, resets [h], observation times [h] and ID of one subject."""

    doses: tuple[Dose, ...]
    resets: tuple[float, ...]
    t_eval: FloatArray
    subject: str


@dataclass(frozen=True, slots=True)
class _Row:
    where: str
    cells: Mapping[str, Any]

    def refuse(self, column: str, what: str) -> EvidenceError:
        return EvidenceError(f"{self.where}, column {column}: {what}")

    def number(self, column: str, default: float = 0.0) -> float:
        value = self.cells.get(column)
        if value is None or (isinstance(value, str) and value.strip() in ("", ".", "NA")):
            return default
        if value is np.ma.masked:
            return default
        try:
            number = float(value) if isinstance(value, str) else number_or_none(value)
        except ValueError:
            number = None
        if number is None:
            raise self.refuse(column, f"{shortened(value)} is not a number")
        if math.isnan(number) and not isinstance(value, str):
            return default  # an empty cell of a data frame
        if not math.isfinite(number):
            raise self.refuse(column, f"{value!r} must be a finite number")
        return number

    def whole(self, column: str, default: int = 0) -> int:
        number = self.number(column, default)
        if number != int(number) or abs(number) > 1e9:
            raise self.refuse(column, f"{number:g} must be a whole number, at most 1e9")
        return int(number)

    def subject(self) -> str:
        """Return the ID, '' where there is none; 1.0 is read as 1, because data frames turn IDs into floats."""
        given = self.cells.get("ID")
        if isinstance(given, float) and given.is_integer():
            return str(int(given))
        return self.word("ID", "") or ""

    def word(self, column: str, default: str | None) -> str | None:
        value = self.cells.get(column)
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return default
        text = str(value).strip()
        return default if text in ("", ".") else text


def read_rows(
    table: EventSource,
    *,
    drug: str | None,
    route: str | None,
    unit: str,
    cmt: Mapping[int, str] | None,
    subject: str | int | None,
    covariates: Iterable[str],
) -> EventRows:
    """Read the rows of one subject; parameters as in `read_event_table`."""
    arguments = _Arguments.checked(drug, route, unit, cmt)
    rows = _selected(_rows(table, _covariates(covariates)), subject)
    return _read(rows, arguments, str(subject) if subject is not None else _only_id(rows))


def read_rows_of_all(
    table: EventSource,
    *,
    drug: str | None,
    route: str | None,
    unit: str,
    cmt: Mapping[int, str] | None,
    covariates: Iterable[str],
) -> dict[str, EventRows]:
    """Read the rows of all subjects, by ID; parameters as in `read_event_tables`."""
    arguments = _Arguments.checked(drug, route, unit, cmt)
    by_id: dict[str, list[_Row]] = {}
    for row in _rows(table, _covariates(covariates)):
        if not (subject := row.subject()):
            raise row.refuse("ID", "is empty; every row needs the subject it belongs to")
        by_id.setdefault(subject, []).append(row)
    return {subject: _read(rows, arguments, subject) for subject, rows in by_id.items()}


@dataclass(frozen=True, slots=True)
class _Arguments:
    """Arguments of the caller that hold for the whole table."""

    drug: str | None
    route: str | None
    unit: str
    routes: dict[int, str]

    @classmethod
    def checked(cls, drug: object, route: object, unit: object, cmt: object) -> _Arguments:
        for name, word in (("drug", drug), ("route", route), ("unit", unit)):
            if not isinstance(word, str) and (word is not None or name == "unit"):
                raise EvidenceError(f"{name} = {shortened(word)}: give its name as text")
        return cls(drug, route, unit, _compartments(cmt))  # type: ignore[arg-type]


def _read(rows: Iterable[_Row], arguments: _Arguments, subject: str) -> EventRows:
    doses: list[Dose] = []
    resets: list[float] = []
    observed: list[float] = []
    for row in rows:
        time = row.number("TIME", math.nan)
        if math.isnan(time):
            raise row.refuse("TIME", "is empty; every row needs a time in hours")
        event = _event(row)
        if event == 0:
            observed.append(time)
        if event in (3, 4):
            resets.append(time)
        if event in (1, 4):
            doses.append(
                _dose(row, time, arguments.drug, arguments.route, arguments.unit, arguments.routes)
            )
    # Sorted, so that the order of the rows does not change the regimen.
    doses.sort(key=lambda d: (d.start_h, repr(d)))
    return EventRows(
        tuple(doses),
        tuple(sorted(resets)),
        np.unique(np.array(observed, dtype=np.float64)),
        subject,
    )


def _covariates(given: object) -> set[str]:
    if isinstance(given, Iterable) and not isinstance(given, str):
        names = list(given)
        if all(isinstance(name, str) for name in names):
            return {name.strip().upper() for name in names}
    raise EvidenceError(f"covariates = {shortened(given)}: give a list of columns, such as ['WT']")


def _compartments(given: object) -> dict[int, str]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise EvidenceError(
            f"cmt = {shortened(given)}: give a mapping, such as {{1: 'oral', 2: 'iv'}}"
        )
    for route in given.values():
        try:
            check_name(route.lower() if isinstance(route, str) else route, ROUTES, "route")
        except KetasimError as error:
            raise EvidenceError(f"cmt = {shortened(given)}: {error}") from None
    return dict(given)


def _rows(table: Any, covariates: set[str]) -> list[_Row]:
    if isinstance(table, (str, Path)):
        if not str(table):
            raise EvidenceError("the path of the table is empty: give that of a CSV file")
        path = Path(table)
        raw = [(f"{path}, row {r.line}", dict(r.cells)) for r in read_csv(path, ())]
        names = _names(f"{path}: ", raw[0][1], covariates)
    else:
        raw = _columns(table)
        names = _names("", raw[0][1], covariates)
    return [
        _Row(where, {n: cells[c] for c, n in names.items() if n is not None})
        for where, cells in raw
    ]


def _names(place: str, columns: Iterable[str], covariates: set[str]) -> dict[str, str | None]:
    """Return the meaning of each column of a table; None for a column that is not read."""
    try:
        names = {column: _name(column, covariates) for column in columns}
    except EvidenceError as error:
        raise EvidenceError(f"{place}{error}") from None
    if "TIME" not in names.values():
        raise EvidenceError(
            f"{place}the table has no TIME column (columns: {shortened(', '.join(names))}); times are "
            "hours from the first dose"
        )
    for known in set(names.values()) - {None}:
        twice = [c for c, n in names.items() if n == known]
        if len(twice) > 1:
            raise EvidenceError(
                f"{place}columns {' and '.join(map(repr, twice))} mean the same; keep one"
            )
    return names


def _columns(table: Any) -> list[tuple[str, dict[str, Any]]]:
    """Return the rows of a data frame or a mapping of columns, each with its place for messages."""
    try:
        columns = list(table.columns) if hasattr(table, "columns") else list(table)
        data = {str(c): _cells(str(c), table[c]) for c in columns}
    except EvidenceError:
        raise
    except (TypeError, KeyError, ValueError):
        raise EvidenceError(
            f"cannot read {shortened(table)} as a table: give a CSV path, a data frame or a mapping "
            "of columns"
        ) from None
    lengths = {name: len(values) for name, values in data.items()}
    if not data or not any(lengths.values()):
        raise EvidenceError("the table is empty; add at least one row")
    if len(set(lengths.values())) > 1:
        raise EvidenceError(f"columns differ in length: {lengths}")
    return [
        (f"row {i}", {name: values[i] for name, values in data.items()})
        for i in range(next(iter(lengths.values())))
    ]


def _cells(column: str, values: Any) -> list[Any]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise EvidenceError(
            f"column {column}: {shortened(values)} is one value; give a list with one value for each row"
        )
    return list(values)


def _name(column: str, covariates: set[str]) -> str | None:
    name = str(column).strip().upper()
    name = OTHER_SPELLINGS.get(name, name)
    if name in NUMERIC or name in WORDS:
        return name
    if name in covariates:
        return None
    close = nearest(name, (*NUMERIC, *WORDS))
    hint = f"did you mean {close[0]}? " if close else ""
    raise EvidenceError(
        f"unknown column {shortened(column)}: {hint}A covariate is declared with "
        f"covariates=[{shortened(column)}]"
    )


def _selected(rows: list[_Row], subject: str | int | None) -> list[_Row]:
    ids = list(dict.fromkeys(row.subject() for row in rows))
    if subject is not None:
        wanted = str(subject)
        if wanted not in ids:
            there = f"ID {', '.join(ids[:8])}" if any(ids) else "no column ID"
            raise EvidenceError(f"no rows of subject {wanted!r}; the table has {there}")
        return [row for row in rows if row.subject() == wanted]
    if len(ids) > 1:
        raise EvidenceError(
            f"the table has {len(ids)} subjects (ID {', '.join(ids[:8])}): choose one with subject=..., "
            "or read them all with Regimen.all_from_table"
        )
    return rows


def _only_id(rows: list[_Row]) -> str:
    return rows[0].subject() if rows else ""


def _event(row: _Row) -> int:
    amount, rate = row.number("AMT"), row.number("RATE")
    for column in ("DV", "MDV"):
        row.number(column)  # not used here, but text in it means that columns are shifted
    event = row.whole("EVID", 1 if amount or rate else 0)
    if event not in EVENTS:
        raise row.refuse("EVID", f"{event} is not known; use 0, 1, 2, 3 or 4")
    if amount < 0.0:
        raise row.refuse("AMT", f"{amount:g} must not be negative")
    if event in (0, 2, 3):
        for column in ("AMT", "RATE", "DUR", "ADDL", "SS"):
            if row.number(column) != 0.0:
                raise row.refuse(
                    column,
                    f"{row.number(column):g} on a row with EVID {event}, which gives no dose; "
                    "set EVID 1 (or 4) or clear the cell",
                )
    elif amount == 0.0:
        raise row.refuse(
            "AMT", f"is 0 on a dose row (EVID {event}); a dose needs an amount above 0"
        )
    return event


def _dose(
    row: _Row,
    time: float,
    drug: str | None,
    route: str | None,
    unit: str,
    cmt: Mapping[int, str],
) -> Dose:
    rate, duration = row.number("RATE"), row.number("DUR")
    if rate < 0.0:
        raise row.refuse(
            "RATE", f"{rate:g} (a modelled rate or duration) is not supported; give DUR in hours"
        )
    if rate > 0.0 and duration > 0.0:
        raise row.refuse("RATE", f"{rate:g} contradicts DUR {duration:g} h: give only one of them")
    interval, additional, steady = row.number("II"), row.whole("ADDL"), row.whole("SS")
    if additional and not interval > 0.0:
        raise row.refuse("ADDL", f"{additional} further doses, but II is {interval:g} h")
    if interval and not additional and not steady:
        raise row.refuse(
            "II", f"{interval:g} h, but neither ADDL nor SS uses it; clear it or set ADDL"
        )
    if steady and not interval > 0.0:
        raise row.refuse("SS", f"{steady} needs II, the interval in hours")
    what = row.word("DRUG", drug)
    if what is None:
        raise row.refuse("DRUG", "is missing: add the column or pass drug='ketamine'")
    how = _route(row, route, cmt)
    try:
        return Dose(
            what.lower(),
            row.number("AMT"),
            row.word("UNIT", unit) or unit,
            how,
            start_h=time,
            duration_h=duration,
            interval_h=interval,
            additional=additional,
            lag_h=row.number("LAG"),
            bioavailability=row.number("F", 1.0),
            rate=rate or None,
            steady_state=steady,
        )
    except KetasimError as error:
        raise EvidenceError(f"{row.where}: {error}") from None


def _route(row: _Row, route: str | None, cmt: Mapping[int, str]) -> str:
    compartment, named = row.word("CMT", None), row.word("ROUTE", None)
    if compartment is not None:
        text = compartment.removesuffix(".0")
        if text.lstrip("-").isdigit():
            if int(text) not in cmt:
                raise row.refuse(
                    "CMT",
                    f"{text} has no route: pass cmt={{{text}: 'iv'}} or write the route's name",
                )
            compartment = cmt[int(text)]
        if named is not None and named.lower() != compartment.lower():
            raise row.refuse("CMT", f"{compartment!r} contradicts ROUTE {named!r}; keep one")
        named = compartment
    how = named if named is not None else route
    if how is None:
        raise row.refuse("ROUTE", "is missing: add ROUTE or CMT, or pass route='iv'")
    try:
        check_name(how.lower(), ROUTES, "route")
    except KetasimError as error:
        raise row.refuse("ROUTE", str(error)) from None
    return how.lower()
