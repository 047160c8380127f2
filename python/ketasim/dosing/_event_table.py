"""Event tables in the style of NONMEM, read into regimens and output times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ketasim._arrays import FloatArray
from ketasim._wording.frozen import comparable
from ketasim.dosing._event_rows import EventRows, EventSource, read_rows, read_rows_of_all
from ketasim.dosing._regimen import Regimen


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
    table : path, data frame or mapping of columns
        Columns TIME [h], AMT, RATE or DUR, II, ADDL, EVID, CMT, SS, LAG, F, DRUG, ROUTE, UNIT, ID, DV,
        MDV; only TIME is required.
    drug, route : str, optional
        For a table without a DRUG or ROUTE column.
    unit : str
        For a table without a UNIT column, default 'mg'.
    cmt : mapping of int to str, optional
        Routes of numbered compartments, for example ``{1: "oral", 2: "iv"}``.
    subject : str or int, optional
        The ID to read; needed if the table has several.
    covariates : iterable of str
        Further columns that are accepted and not read.

    Returns
    -------
    EventTable

    Raises
    ------
    EvidenceError
        With row, column, value and a remedy. A table is read whole or not at all.

    Examples
    --------
    >>> from ketasim.dosing import read_event_table
    >>> table = {"TIME": [0, 1, 24], "AMT": [35, 0, 0], "RATE": [52.5, 0, 0]}
    >>> read_event_table(table, drug="ketamine", route="iv").t_eval
    array([ 1., 24.])
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


def read_event_tables(
    table: EventSource,
    *,
    drug: str | None = None,
    route: str | None = None,
    unit: str = "mg",
    cmt: Mapping[int, str] | None = None,
    covariates: Iterable[str] = (),
) -> dict[str, EventTable]:
    """Read the doses and observation times of all subjects of an event table.

    Parameters
    ----------
    table, drug, route, unit, cmt, covariates
        As in `read_event_table`; every row needs an ID.

    Returns
    -------
    dict of str to EventTable
        By ID, in the order in which they appear.

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
    """
    found = read_rows_of_all(
        table, drug=drug, route=route, unit=unit, cmt=cmt, covariates=covariates
    )
    return {subject: _event_table(rows) for subject, rows in found.items()}


def _event_table(rows: EventRows) -> EventTable:
    return EventTable(Regimen(rows.doses, rows.resets), rows.t_eval, rows.subject)
