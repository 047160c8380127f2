"""Event tables in the style of NONMEM, read into regimens and output times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, overload

from ketasim._arrays import FloatArray
from ketasim._wording.frozen import comparable
from ketasim.dosing._event_rows import EventRows, read_rows, read_rows_of_all
from ketasim.dosing._event_source import EventSource
from ketasim.dosing._regimen import Regimen
from ketasim.errors import EvidenceError


@comparable
@dataclass(frozen=True, slots=True)
class EventTable:
    """Regimen and observation times of one subject of an event table.

    Parameters
    ----------
    regimen : Regimen
    t_eval : ndarray, shape (n_observations,)
        Distinct observation times [h], ascending; empty without EVID 0 rows.
    subject : str
        The ID that was read, '' without an ID column.

    Examples
    --------
    >>> from ketasim.dosing import read_event_table
    >>> table = {"TIME": [0, 24], "AMT": [28, 0], "EVID": [1, 0]}
    >>> events = read_event_table(table, drug="esketamine", route="intranasal")
    >>> print(events.regimen, events.t_eval)
    esketamine 28 mg intranasal [24.]
    """

    regimen: Regimen
    t_eval: FloatArray
    subject: str


def read_event_table(
    table: EventSource,
    *,
    drug: str | None = None,
    route: str | None = None,
    unit: str = "mg",
    cmt: Mapping[int, str] | None = None,
    subject: str | int | None = None,
    covariates: Iterable[str] = (),
) -> EventTable:
    """Read the doses and observation times of one subject from an event table in the style of NONMEM.

    Parameters
    ----------
    table : path, data frame, structured array, mapping of columns or list of rows
        Columns TIME [h], AMT, RATE (with R1 or D1) or DUR, II, ADDL, EVID, CMT, SS, LAG, F, DRUG, ROUTE, UNIT, ID, DV,
        MDV, DATE and C; only TIME is required.
    drug, route : str, optional
        For a table without a DRUG or ROUTE column.
    unit : str
        For a table without a UNIT column, default 'mg'.
    cmt : mapping of int to str, optional
        Routes of numbered compartments, for example ``{1: "oral", 2: "iv"}``.
    subject : str or int, optional
        The ID to read; needed if the table has several.
    covariates : iterable of str
        Columns that are not read, whatever their name: ``["WT", "DV"]``.

    Returns
    -------
    EventTable

    Raises
    ------
    EvidenceError
        With row, column, value and a remedy. A table is read whole or not at all. Also where data
        contradict themselves: an amount beside an observation without EVID, or a TIME that goes back
        as if the clock had started again for another occasion.

    Notes
    -----
    A file is UTF-8 text. Its cells are separated by commas, semicolons or tabs. With semicolons or
    tabs a decimal comma is read, unless other numbers have decimal points or the comma may separate
    thousands.

    Rows that begin with ``#`` or ``@``, and rows marked in the column C, are left out. An empty cell
    may be written as ``.``, NA, N/A, #N/A, NaN or NULL; in data frames as NaN, None, NaT or
    pandas.NA.

    TIME, DUR, II and LAG may have s, min, h, d or wk in the heading, AMT a unit of mass, RATE a unit
    such as mg/h, F a percent sign: ``TIME [min]``, ``AMT (mg)``.

    TIME may hold clock times with a column DATE, or dates with a clock time. They become hours from
    the first dose of the subject.

    Without EVID a row with an amount is a dose; of the other rows those with MDV 1 have no effect and
    the rest are observations, as in NONMEM. A placebo is a row with DRUG placebo, EVID 1 and AMT 0.

    Examples
    --------
    >>> from ketasim.dosing import read_event_table
    >>> table = {"TIME": [0, 1, 24], "AMT": [35, 0, 0], "RATE": [52.5, 0, 0]}
    >>> read_event_table(table, drug="ketamine", route="iv").t_eval
    array([ 1., 24.])

    >>> ward = [
    ...     {"DATE": "2026-01-05", "TIME": "08:30", "AMT (mg)": 35, "DUR [min]": 40},
    ...     {"DATE": "2026-01-06", "TIME": "09:00"},
    ... ]
    >>> events = read_event_table(ward, drug="ketamine", route="iv")
    >>> print(events.regimen, events.t_eval)
    ketamine 35 mg iv over 40 min [24.5]
    """
    rows = read_rows(
        table,
        drug=drug,
        route=route,
        unit=unit,
        cmt=cmt,
        subject=subject,
        covariates=covariates,
    )
    return _event_table(rows)


@overload
def read_event_tables(
    table: EventSource,
    *,
    drug: str | None = None,
    route: str | None = None,
    unit: str = "mg",
    cmt: Mapping[int, str] | None = None,
    covariates: Iterable[str] = (),
    on_error: Literal["raise"] = "raise",
) -> dict[str, EventTable]: ...


@overload
def read_event_tables(
    table: EventSource,
    *,
    drug: str | None = None,
    route: str | None = None,
    unit: str = "mg",
    cmt: Mapping[int, str] | None = None,
    covariates: Iterable[str] = (),
    on_error: Literal["collect"],
) -> tuple[dict[str, EventTable], dict[str, EvidenceError]]: ...


def read_event_tables(
    table: EventSource,
    *,
    drug: str | None = None,
    route: str | None = None,
    unit: str = "mg",
    cmt: Mapping[int, str] | None = None,
    covariates: Iterable[str] = (),
    on_error: Literal["raise", "collect"] = "raise",
) -> dict[str, EventTable] | tuple[dict[str, EventTable], dict[str, EvidenceError]]:
    """Read the doses and observation times of all subjects of an event table.

    Parameters
    ----------
    table, drug, route, unit, cmt, covariates
        As in `read_event_table`; every row needs an ID.
    on_error : {'raise', 'collect'}
        What happens at a subject whose rows cannot be read. 'raise', the default: its error is raised.
        'collect': the other subjects are read, and its error is returned. Faults of the whole table,
        such as an unknown column, are always raised.

    Returns
    -------
    dict of str to EventTable
        By ID, in the order in which they appear. With ``on_error="collect"`` a tuple: this dict, and a
        dict of the errors by ID.

    Raises
    ------
    EvidenceError
        As `read_event_table`; also for a row without an ID.

    Examples
    --------
    >>> from ketasim.dosing import read_event_tables
    >>> table = {"ID": [1, 2], "TIME": [0, 0], "AMT": [28, 56]}
    >>> list(read_event_tables(table, drug="esketamine", route="intranasal"))
    ['1', '2']

    >>> table["TIME"] = [0, None]
    >>> tables, refused = read_event_tables(
    ...     table, drug="esketamine", route="intranasal", on_error="collect"
    ... )
    >>> list(tables), list(refused)
    (['1'], ['2'])
    """
    found, refused = read_rows_of_all(
        table,
        drug=drug,
        route=route,
        unit=unit,
        cmt=cmt,
        covariates=covariates,
        on_error=on_error,
    )
    tables = {subject: _event_table(rows) for subject, rows in found.items()}
    return (tables, refused) if on_error == "collect" else tables


def _event_table(rows: EventRows) -> EventTable:
    return EventTable(Regimen(rows.doses, rows.resets), rows.t_eval, rows.subject)
