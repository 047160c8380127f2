"""NONMEM-style event tables: CSV files, data frames, arrays, mappings of columns or rows.

The columns read, in upper or lower case:

===========  ==================================================================================
TIME         hours (required), or clock times such as 08:30
DATE         the day of a clock time, 2026-01-05
AMT          dose amount, > 0 on dose rows (0 for DRUG placebo) and 0 on all others
RATE         infusion rate [AMT/h], 0 = bolus; F then scales the duration. -1: the rate is in R1,
             -2: the duration is in D1 or DUR
R1, D1       rate [AMT/h] and duration [h] where RATE is -1 or -2; R2 and D2 where CMT is 2, and so on
DUR          infusion length [h]; F then scales the rate. RATE or DUR, not both
II, ADDL     interval [h] and number of further doses; they go together, and II with SS
EVID         0 observation, 1 dose, 2 other (no effect), 3 reset, 4 reset and dose
CMT          route by name, or a number through the argument ``cmt``
SS           1 start from the steady state of this record's drug amounts, 2 add it; 3 is 1. With AMT 0
             and RATE: an infusion that has run for ever and ends at TIME
LAG, F       absorption lag [h] and bioavailability (ALAG, ALAG1 and F1 are read too)
DRUG, ROUTE, UNIT   in each row, or once through the arguments
ID           subject; choose one with the argument ``subject``, or read them all
DV, MDV      observation and missing flag; every EVID 0 row gives an output time
OCC          occasion (OCCASION, PERIOD, CYCLE, VISIT, SESSION); only checked: the times of two
             occasions must not overlap
C            'C' marks a row to leave out (EXCL, IGNORE, OMIT with 1 or 0)
===========  ==================================================================================

Times, amounts, rates and F may have a unit in the heading, ``TIME [min]``. Rows that begin with '#' or
'@' are comments. The order of the rows does not change results. TIME must not go back in a table with resets,
between two doses at one time, and to the beginning for doses and observations that follow others: the
clock may have started again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ketasim._arrays import FloatArray
from ketasim._wording.frozen import comparable
from ketasim._wording.lists import is_list
from ketasim._wording.names import check_name, shortened
from ketasim.catalogue._vocabulary import ROUTES, UNIT_FACTS, spellings
from ketasim.dosing._dose import Dose
from ketasim.dosing._event_cells import (
    EventRow,
    is_number_text,
    look_of,
    one_line,
    subject_name,
    with_decimal_points,
)
from ketasim.dosing._event_clock import times_in_hours
from ketasim.dosing._event_columns import (
    MODELLED_DURATIONS,
    MODELLED_RATES,
    Column,
    read_header,
)
from ketasim.dosing._event_source import COMMENT, EventSource, missing, read_cell, read_source
from ketasim.errors import EvidenceError, KetasimError

EVENTS = (0, 1, 2, 3, 4)

_UNIT_WORDS = spellings(UNIT_FACTS)


@comparable
@dataclass(frozen=True, slots=True)
class EventRows:
    """Doses, resets [h], observation times [h] and ID of one subject."""

    doses: tuple[Dose, ...]
    resets: tuple[float, ...]
    t_eval: FloatArray
    subject: str


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
    rows = _rows(table, _covariates(covariates))
    if subject is None and not any(row.has("ID") for row in rows):
        return _read(rows, arguments, "")
    found = _by_subject(rows)
    ids = ", ".join(list(found)[:8])
    if subject is not None:
        wanted = subject_name(subject)
        if wanted not in found:
            there = f"ID {ids}" if any(found) else "no column ID"
            raise EvidenceError(f"no rows of subject {wanted!r}; the table has {there}")
        return _read(found[wanted], arguments, wanted)
    if len(found) > 1:
        raise EvidenceError(
            f"the table has {len(found)} subjects (ID {ids}): choose one with subject=..., "
            "or read them all with Regimen.all_from_table"
        )
    return _read(rows, arguments, next(iter(found)))


def read_rows_of_all(
    table: EventSource,
    *,
    drug: str | None,
    route: str | None,
    unit: str,
    cmt: Mapping[int, str] | None,
    covariates: Iterable[str],
    on_error: str = "raise",
) -> tuple[dict[str, EventRows], dict[str, EvidenceError]]:
    """Read the rows of all subjects, by ID; parameters as in `read_event_tables`.

    Returns
    -------
    tuple of dict
        The subjects that were read, and the errors of those that were not: none unless ``on_error``
        is 'collect'.
    """
    if on_error not in ("raise", "collect"):
        raise EvidenceError(f"on_error = {shortened(on_error)}: give 'raise' or 'collect'")
    arguments = _Arguments.checked(drug, route, unit, cmt)
    read: dict[str, EventRows] = {}
    refused: dict[str, EvidenceError] = {}
    for subject, rows in _by_subject(_rows(table, _covariates(covariates)), every=True).items():
        try:
            read[subject] = _read(rows, arguments, subject)
        except EvidenceError as error:
            if on_error == "raise":
                raise
            refused[subject] = error
    return read, refused


@dataclass(frozen=True, slots=True)
class MeasuredRows:
    """Doses of one subject, its observation rows (EVID 0) with their times [h], and all its rows."""

    events: EventRows
    measured: tuple[tuple[float, EventRow], ...]
    rows: tuple[EventRow, ...]


def read_measured_rows(
    table: EventSource,
    *,
    drug: str | None,
    route: str | None,
    unit: str,
    cmt: Mapping[int, str] | None,
    extra: Iterable[str],
) -> dict[str, MeasuredRows]:
    """Read doses and observation rows of all subjects, by ID ('' without an ID column).

    Parameters
    ----------
    table, drug, route, unit, cmt
        As in `read_event_tables`; ``cmt`` has the routes only.
    extra : iterable of str
        Further columns; `EventRow.cell` has their content under the upper-case name.
    """
    arguments = _Arguments.checked(drug, route, unit, cmt, measured=True)
    found = _by_subject(_rows(table, set(), _covariates(extra)))
    return {
        subject: MeasuredRows(*_read_whole(rows, arguments, subject), tuple(rows))
        for subject, rows in found.items()
    }


@dataclass(frozen=True, slots=True)
class _Arguments:
    """Arguments of the caller that hold for the whole table."""

    drug: str | None
    route: str | None
    unit: str
    routes: dict[int, str]
    #: Whether DV is read, by the caller.
    measured: bool = False

    @classmethod
    def checked(
        cls, drug: object, route: object, unit: object, cmt: object, *, measured: bool = False
    ) -> _Arguments:
        for name, word in (("drug", drug), ("route", route), ("unit", unit)):
            if not isinstance(word, str) and (word is not None or name == "unit"):
                raise EvidenceError(f"{name} = {shortened(word)}: give its name as text")
        return cls(drug, route, unit, _compartments(cmt), measured)  # type: ignore[arg-type]


def _covariates(given: object) -> set[str]:
    if is_list(given):
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
    routes = {subject_name(number): route for number, route in given.items()}
    if not all(number.removeprefix("-").isdecimal() for number in routes):
        raise EvidenceError(
            f"cmt = {shortened(given)}: give numbers of compartments, such as {{1: 'oral', 2: 'iv'}}"
        )
    return {int(number): route for number, route in routes.items()}


def _rows(table: Any, covariates: set[str], extra: Collection[str] = frozenset()) -> list[EventRow]:
    """Return the rows that are not left out; ``extra`` columns are read too."""
    raw = read_source(table)
    filled = {i for _, cells in raw.rows for i, cell in enumerate(cells) if not missing(cell)}
    headings = [heading.strip().lstrip("#@ ").upper() for heading in raw.header]
    for name in sorted(extra):
        if name not in headings:
            raise EvidenceError(
                f"{raw.place}the table has no column {name} (columns: "
                f"{shortened(', '.join(raw.header))})"
            )
    columns = read_header(raw.place, raw.header, covariates | set(extra), filled)
    for name in sorted(extra):
        index = headings.index(name)
        columns[name] = Column(name, raw.header[index].strip(), index)
    kept = [
        (where, cells)
        for where, cells in raw.rows
        if not (isinstance(cells[0], str) and cells[0].lstrip().startswith(COMMENT))
        and not _same_text(cells, raw.header)  # a header that is repeated inside the table
    ]
    if raw.separator not in ("", ","):
        with_decimal_points(kept, columns)
    rows = [
        EventRow(where, columns, {n: read_cell(cells[c.index]) for n, c in columns.items()})
        for where, cells in kept
    ]
    rows = [row for row in rows if not row.left_out()]
    if not rows:
        raise EvidenceError(
            f"{raw.place}every row is left out (column C, or comments); nothing to read"
        )
    _check_modelled(rows)
    return rows


def _check_modelled(rows: Sequence[EventRow]) -> None:
    """Refuse columns R1, D1, ... of a table in which no row takes its rate or duration from them.

    A RATE that is no code is named first: it may be a misspelt one.
    """
    for names, code, usual in (
        (MODELLED_RATES, -1.0, "RATE [AMT/h]"),
        (MODELLED_DURATIONS, -2.0, "DUR [h]"),
    ):
        given = [name for name in names if any(row.has(name) for row in rows)]
        if given and not any(row.number("RATE") == code for row in rows):
            for row in rows:
                _check_code(row)
            raise EvidenceError(
                f"column {shortened(rows[0].columns[given[0]].heading)}: it is read where RATE is {code:g}, "
                f"and no row has RATE {code:g}; write {code:g} in RATE, or give {usual}"
            )


def _check_code(row: EventRow) -> None:
    rate = row.number("RATE")
    if rate < 0.0 and rate not in (-1.0, -2.0):
        raise row.refuse(
            "RATE",
            f"{rate:.12g} must not be negative; -1 takes the rate from R1, -2 the duration from D1",
        )


def _same_text(cells: Sequence[Any], header: Sequence[str]) -> bool:
    return all(isinstance(c, str) and c.strip() == h for c, h in zip(cells, header, strict=True))


def _by_subject(rows: Sequence[EventRow], *, every: bool = False) -> dict[str, list[EventRow]]:
    """Return the rows of each subject, in the order in which they appear."""
    found: dict[str, list[EventRow]] = {}
    for row in rows:
        subject = row.subject()
        if not subject and (every or any(found)):
            raise row.refuse("ID", "is empty; every row needs the subject it belongs to")
        if subject and "" in found:
            raise found[""][0].refuse("ID", "is empty; every row needs the subject it belongs to")
        found.setdefault(subject, []).append(row)
    by_look: dict[str, str] = {}
    for subject, own in found.items():
        other = by_look.setdefault(look_of(subject), subject)
        if other != subject:
            same = "are one number" if is_number_text(subject) else "look the same"
            raise own[0].refuse(
                "ID",
                f"{subject!a} and {other!a} {same}: one subject or two? Write one ID",
            )
    _check_ignored(found, numeric=any(map(is_number_text, found)))
    return found


def _check_ignored(found: Mapping[str, Sequence[EventRow]], *, numeric: bool) -> None:
    """Refuse a row that NONMEM leaves out by IGNORE=@ or IGNORE=C, where all other IDs are numbers."""
    for subject, rows in found.items():
        row = rows[0]
        if numeric and subject[:1].isalpha() and row.columns["ID"].index == 0:
            raise row.refuse(
                "ID",
                f"{subject!r} among IDs that are numbers: NONMEM leaves such a row out with IGNORE=@ or "
                "IGNORE=C. Begin the row with '#' to leave it out, or give the subject a number",
            )


def _read(rows: Sequence[EventRow], arguments: _Arguments, subject: str) -> EventRows:
    """Read the rows of one subject."""
    return _read_whole(rows, arguments, subject)[0]


def _read_whole(
    rows: Sequence[EventRow], arguments: _Arguments, subject: str
) -> tuple[EventRows, tuple[tuple[float, EventRow], ...]]:
    """Read the rows of one subject; return its observation rows with their times [h] too."""
    resets: list[float] = []
    observed: list[float] = []
    _check_nominal_dose(rows)
    coded = any(row.has("EVID") for row in rows)
    events = [_event(row, coded, arguments) for row in rows]
    times = times_in_hours(rows, [event in (1, 4) for event in events])
    given: list[Dose | None] = []
    for row, time, event in zip(rows, times, events, strict=True):
        if event == 0:
            observed.append(time)
        if event in (3, 4):
            resets.append(time)
        given.append(_dose(row, time, arguments) if event in (1, 4) else None)
    _check_occasions(rows, times, events, given)
    _check_pending(rows, times, events, given)
    doses = [dose for dose in given if dose is not None]
    # Sorted, so that the order of the rows does not change the regimen.
    doses.sort(key=lambda d: (d.start_h, repr(d)))
    read = EventRows(
        tuple(doses),
        tuple(sorted(resets)),
        np.unique(np.array(observed, dtype=np.float64)),
        subject,
    )
    return read, tuple(
        (time, row) for row, time, event in zip(rows, times, events, strict=True) if event == 0
    )


def _check_occasions(
    rows: Sequence[EventRow],
    times: Sequence[float],
    events: Sequence[int],
    doses: Sequence[Dose | None],
) -> None:
    """Refuse a clock that starts again: its occasions would be merged into one."""
    _check_occasion_column(rows, times)
    remedy = (
        "give hours from the first dose through all occasions, or one ID for each occasion; if the "
        "clock does not start again, sort the rows by TIME"
    )
    if (again := _clock_again(times, events)) is not None:
        raise rows[again].refuse(
            "TIME",
            f"goes back from {times[again - 1]:g} to {times[again]:g} h, and doses with observations follow as "
            f"they did before: the clock may have started again for another occasion; {remedy}",
        )
    run = 0  # how often TIME has gone back
    latest = times[0]
    first: dict[object, tuple[int, str]] = {}
    given: dict[float, str] = {}  # the place of a dose by its time
    resets = any(event in (3, 4) for event in events)
    for row, time, before, event, dose in zip(
        rows, times, (times[0], *times), events, doses, strict=False
    ):
        latest = max(latest, before)
        if time < before:
            run += 1
            if resets:
                raise row.refuse(
                    "TIME",
                    f"goes back from {before:g} to {time:g} h in a subject with resets (EVID 3 or 4): {remedy}",
                )
        if event in (3, 4) and time in given:
            raise row.refuse(
                "EVID",
                f"{event} resets at {time:g} h, the time of the dose in {given[time]}: one of them would not "
                f"count; {remedy.partition(';')[0]}",
            )
        if dose is None:
            continue
        given.setdefault(time, row.where)
        what = (time, dose.drug, dose.route, dose.length_h > 0.0)
        earlier, where = first.setdefault(what, (run, row.where))
        if earlier != run:
            raise row.refuse(
                "TIME",
                f"goes back from {latest:g} to {time:g} h, where {where} gives {dose.drug} by the same "
                f"route: {remedy}",
            )


def _clock_again(times: Sequence[float], events: Sequence[int]) -> int | None:
    """Return the row at which a further occasion begins with a clock of its own, if there is one.

    TIME goes back there to the beginning: to the first time, to a time at or before 0 as the first one
    is, or to rows whose first dose has the time of the first dose. Doses and observations follow, as they
    did before. Observations in blocks, and doses in blocks ahead of observations, are no occasions.
    """

    def first_dose(begin: int, end: int) -> int | None:
        return next((k for k in range(begin, end) if events[k] in (1, 4)), None)

    def is_observed(dose: int | None, end: int) -> bool:
        return dose is not None and any(events[k] in (0, 2) for k in range(dose, end))

    earliest = first_dose(0, len(times))
    starts = [0, *(k for k in range(1, len(times)) if times[k] < times[k - 1]), len(times)]
    for first, end in pairwise(starts[1:]):
        own = first_dose(first, end)
        if own is None or earliest is None:
            continue
        alike = (
            times[first] == times[0]
            or (times[first] <= 0.0 and times[0] <= 0.0)
            or times[own] == times[earliest]
        )
        if alike and is_observed(earliest, first) and is_observed(own, len(times)):
            return first
    return None


def _check_occasion_column(rows: Sequence[EventRow], times: Sequence[float]) -> None:
    """Refuse occasions (column OCC) whose times overlap: each has a clock of its own.

    An empty cell belongs to the occasion above it, until TIME goes back.
    """
    spans: dict[str, tuple[float, float]] = {}
    begins: dict[str, EventRow] = {}
    occasion: str | None = None
    for row, time, before in zip(rows, times, (times[0], *times), strict=False):
        given = row.word("OCC")
        if given is not None:
            occasion = subject_name(given)
        elif time < before:
            occasion = None
        if occasion is not None:
            low, high = spans.get(occasion, (time, time))
            spans[occasion] = (min(low, time), max(high, time))
            begins.setdefault(occasion, row)
    in_order = sorted(spans.items(), key=lambda item: item[1])
    for (one, (first, end)), (other, (start, _)) in pairwise(in_order):
        if start < end or start == first:
            raise begins[other].refuse(
                "OCC",
                f"{other} begins at {start:g} h, but {one} lasts from {first:g} to {end:g} h: give TIME in hours "
                "from the first dose through all of them, or one ID for each",
            )


def _check_pending(
    rows: Sequence[EventRow],
    times: Sequence[float],
    events: Sequence[int],
    doses: Sequence[Dose | None],
) -> None:
    """Refuse doses that a record announces for a time after a reset, or after a record with SS 1.

    NONMEM cancels them, and other programs give them.
    """
    for row, time, event, own in zip(rows, times, events, doses, strict=True):
        if event not in (3, 4) and (own is None or own.steady_state != 1):
            continue
        for dose, place in zip(doses, rows, strict=True):
            if dose is None or dose.start_h >= time:
                continue
            last = dose.start_h + dose.lag_h + dose.additional * dose.interval_h
            if last < time:
                continue
            column = "EVID" if event in (3, 4) else "SS"
            raise row.refuse(
                column,
                f"{row.whole(column)} at {time:g} h, but {place.where} announces doses until {last:g} h "
                "(ADDL, LAG). NONMEM cancels those after it, other programs give them: let ADDL end before "
                f"{time:g} h, and write the doses after it, if there are any, as rows of their own",
            )


def _check_nominal_dose(rows: Sequence[EventRow]) -> None:
    """Refuse a column DOSE that repeats one amount in every row, without EVID."""
    heading = rows[0].columns["AMT"].heading if "AMT" in rows[0].columns else ""
    if not heading.upper().startswith("DOSE") or len(rows) < 2:
        return
    if any(row.has("EVID") for row in rows):
        return
    amounts = {row.number("AMT") for row in rows}
    if len(amounts) == 1 and amounts != {0.0} and not any(map(_measured, rows)):
        raise rows[1].refuse(
            "AMT",
            f"{amounts.pop():g} in every row: a dose each time, or the nominal dose? Add EVID (1 on rows "
            "that give a dose, 0 on the others, with an empty amount)",
        )


def _measured(row: EventRow) -> bool:
    """Return whether DV or MDV says that the row is a measurement; DV 0 may stand on a dose row."""
    if row.has("MDV"):
        return row.number("MDV") == 0.0
    value = row.cell("DV")
    if value is None:
        return False
    try:
        return row.number("DV") != 0.0
    except EvidenceError:
        return True  # text such as '<0.5'


def _text_in_dv(row: EventRow) -> str:
    """Return the start of a message about text in DV, such as '<0.5'; '' for a number."""
    try:
        row.number("DV")
    except EvidenceError:
        return f"{one_line(row.cell('DV'))} is not a number, and "
    return ""


def _event(row: EventRow, coded: bool, arguments: _Arguments) -> int:
    """Return the EVID of a row; ``coded`` if some row of the subject has one."""
    amount, rate = row.number("AMT"), row.number("RATE")
    if (amount or rate) and not row.has("EVID"):
        if coded:
            raise row.refuse(
                "EVID", f"is empty on a row with AMT {amount:g}; write 1 for a dose, 0 for none"
            )
        if _measured(row):
            column = "DV" if row.has("DV") else "MDV"
            text = _text_in_dv(row)
            raise row.refuse(
                column,
                f"{text}the row has a measurement and a dose amount ({amount:g}): which is it? Add EVID (1 on "
                "rows that give a dose; 0 on the others, with an empty amount)",
            )
    row.number("MDV")
    if not arguments.measured:
        row.number("DV")  # not used here, but text in it means that columns are shifted
    event = row.whole("EVID", _event_of_nonmem(row, amount, rate))
    if event not in EVENTS:
        raise row.refuse("EVID", f"{event} is not known; use 0, 1, 2, 3 or 4")
    if amount < 0.0:
        raise row.refuse("AMT", f"{amount:g} must not be negative")
    compartment = row.word("CMT") or ""
    if compartment.startswith("-"):
        raise row.refuse(
            "CMT",
            f"{compartment.removesuffix('.0')} turns a compartment off in NONMEM, which empties it; this is not "
            "read: give the number without a sign, or a reset (EVID 3)",
        )
    placebo = (row.word("DRUG") or arguments.drug or "").lower() == "placebo"
    if event in (0, 2, 3):
        for column in ("AMT", "RATE", "DUR", "ADDL", "SS"):
            if row.number(column) != 0.0:
                raise row.refuse(
                    column,
                    f"{row.number(column):g} on a row with EVID {event}, which gives no dose; "
                    "set EVID 1 (or 4) or clear the cell" + _nominal_remedy(row, column),
                )
        if event == 0 and placebo and not coded:
            raise row.refuse(
                "EVID",
                "is missing: without it, AMT 0 of a placebo is a dose or an observation; write 1 on rows "
                "that give the placebo and 0 on the others",
            )
        return event
    if row.has("MDV") and row.number("MDV") == 0.0:
        raise row.refuse(
            "MDV", f"0 says that DV was measured, but EVID {event} gives a dose; write MDV 1"
        )
    if amount == 0.0 and not placebo and not _is_constant_infusion(row):
        raise row.refuse("AMT", _no_amount(row, event, rate))
    return event


def _event_of_nonmem(row: EventRow, amount: float, rate: float) -> int:
    """Return the EVID that NONMEM gives to a row without one."""
    if amount or rate:
        return 1
    return 2 if row.number("MDV") else 0


def _nominal_remedy(row: EventRow, column: str) -> str:
    heading = row.columns[column].heading
    if column != "AMT" or heading.upper() == "AMT":
        return ""
    return f". If it is the nominal dose, declare covariates=[{heading!r}] and give AMT"


def _is_constant_infusion(row: EventRow) -> bool:
    """Return whether a row is an infusion without end whose steady state is reached at TIME."""
    rate = row.number("RATE")
    return row.number("AMT") == 0.0 and bool(row.whole("SS")) and (rate > 0.0 or rate == -1.0)


def _no_amount(row: EventRow, event: int, rate: float) -> str:
    if rate and row.whole("SS"):
        return (
            f"is 0 with SS {row.whole('SS')} and RATE {rate:g}: a constant infusion up to its steady state "
            "needs its rate, RATE above 0 or -1 with R1; otherwise a dose needs an amount"
        )
    if rate:
        return f"is 0 with RATE {rate:g}: an infusion needs an amount; its length is AMT / RATE"
    return (
        f"is 0 on a dose row (EVID {event}); a dose needs an amount above 0. For a placebo "
        "write DRUG placebo"
    )


def _dose(row: EventRow, time: float, arguments: _Arguments) -> Dose:
    rate, duration = _infusion(row)
    interval, additional, steady = row.number("II"), row.whole("ADDL"), row.whole("SS")
    constant = _is_constant_infusion(row)
    if constant:
        for column in ("II", "ADDL", "LAG"):
            if row.number(column):
                raise row.refuse(
                    column,
                    f"{row.number(column):g} on a constant infusion up to its steady state (AMT 0, SS {steady}), "
                    "which ends at TIME: clear the cell, or give an amount",
                )
    if additional and not interval > 0.0:
        raise row.refuse("ADDL", f"{additional} further doses, but II is {interval:g} h")
    if interval and not additional and not steady:
        raise row.refuse(
            "II", f"{interval:g} h, but neither ADDL nor SS uses it; clear it or set ADDL"
        )
    if steady and not interval > 0.0 and not constant:
        raise row.refuse("SS", f"{steady} needs II, the interval in hours")
    # NONMEM's 3 is 1 with another first guess of its iteration; the steady state here is solved for.
    steady = 1 if steady == 3 else steady
    what = row.word("DRUG") or arguments.drug
    if what is None:
        raise row.refuse("DRUG", "is missing: add the column or pass drug='ketamine'")
    how = _route(row, arguments.route, arguments.routes)
    amount, unit = row.number("AMT"), _unit(row, arguments.unit)
    lag, bioavailability = row.number("LAG"), row.number("F", 1.0)
    try:
        return Dose(
            what.lower(),
            amount,
            unit,
            how,
            start_h=time,
            duration_h=duration,
            interval_h=interval,
            additional=additional,
            lag_h=lag,
            bioavailability=bioavailability,
            rate=rate or None,
            steady_state=steady,
        )
    except KetasimError as error:
        raise EvidenceError(f"{row.where}: {error}") from None


def _infusion(row: EventRow) -> tuple[float, float]:
    """Return rate [unit of the amount per h] and duration [h] of an infusion, one of them 0."""
    _check_code(row)
    rate, duration = row.number("RATE"), row.number("DUR")
    if rate == -1.0:
        column = _modelled_column(row, MODELLED_RATES)
        if column is None:
            raise row.refuse(
                "RATE",
                f"-1 takes the rate from a parameter: add it as the column {_wanted(row, 'R')} [AMT/h], or give "
                "RATE or DUR",
            )
        rate = _modelled(row, column)
    elif rate == -2.0:
        column = _modelled_column(row, MODELLED_DURATIONS)
        if column is None and not duration > 0.0:
            raise row.refuse(
                "RATE",
                f"-2 takes the duration from a parameter: add it as the column {_wanted(row, 'D')} [h], or give "
                "DUR",
            )
        if column is not None and duration > 0.0 and row.has(column):
            raise row.refuse(
                column,
                f"{row.number(column):g} h contradicts DUR {duration:g} h: give only one of them",
            )
        if column is not None and not duration > 0.0:
            duration = _modelled(row, column)
        rate = 0.0
    if rate > 0.0 and duration > 0.0:
        raise row.refuse("RATE", f"{rate:g} contradicts DUR {duration:g} h: give only one of them")
    return rate, duration


def _compartment(row: EventRow) -> str:
    """Return the number of the compartment of a row, '' where it has none."""
    number = (row.word("CMT") or "").removesuffix(".0")
    return number if number.isdigit() else ""


def _wanted(row: EventRow, letter: str) -> str:
    return letter + (_compartment(row) or "1")


def _modelled_column(row: EventRow, names: Sequence[str]) -> str | None:
    """Return the column that has the parameter of the row's compartment, None if there is none."""
    own = [name for name in names if name in row.columns]
    if number := _compartment(row):
        return next((name for name in own if name[1:] == number), None)
    if len(own) > 1:
        raise row.refuse(
            "RATE",
            f"{row.number('RATE'):g} needs one of {', '.join(own)}: give CMT the number of the compartment",
        )
    return own[0] if own else None


def _modelled(row: EventRow, column: str) -> float:
    if not row.has(column):
        raise row.refuse(column, f"is empty beside RATE {row.number('RATE'):g}; give its value")
    value = row.number(column)
    if not value > 0.0:
        raise row.refuse(
            column, f"{value:g} beside RATE {row.number('RATE'):g}: it must be above 0"
        )
    return value


def _unit(row: EventRow, default: str) -> str:
    """Return the unit of AMT: of the row, of the heading, or of the whole table."""
    named = row.columns["AMT"].unit if "AMT" in row.columns else ""
    unit = row.word("UNIT") or named or default
    rate = _column_of_rate(row)
    for column, other in (("UNIT", named), (rate, row.columns[rate].unit if rate else "")):
        if other and _UNIT_WORDS.get(unit.lower(), unit) != other:
            heading = row.columns["AMT" if column == "UNIT" else column].heading
            raise row.refuse(
                column if column in row.columns else "AMT",
                f"the amount is in {unit}, but {heading!r} has {other}; use one unit",
            )
    return unit


def _column_of_rate(row: EventRow) -> str:
    """Return the column that has the rate of an infusion, '' where it has none."""
    if row.number("RATE") > 0.0:
        return "RATE"
    modelled = row.number("RATE") == -1.0
    return (_modelled_column(row, MODELLED_RATES) or "") if modelled else ""


def _route(row: EventRow, route: str | None, cmt: Mapping[int, str]) -> str:
    compartment, named = row.word("CMT"), row.word("ROUTE")
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
