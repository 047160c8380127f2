"""Event tables in the style of NONMEM, read into regimens and output times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ketasim._arrays import FloatArray
from ketasim.dosing._event_rows import EventRows, EventSource, read_rows, read_rows_of_all
from ketasim.dosing._regimen import Regimen


@dataclass(frozen=True, slots=True)
class EventTable:
    """What a table says.

    Attributes
    ----------
    regimen : Regimen
    t_eval : ndarray, shape (n_observations,)
        Distinct observation times [h], ascending; empty without EVID 0 rows.
    subject : str
        The ID that was read, '' without an ID column.
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
    """Read an event table.

    Parameters
    ----------
    table : path, data frame or mapping of columns
    drug, route, unit : str, optional
        Where the table has no DRUG, ROUTE or UNIT column.
    cmt : mapping of int to str, optional
        Routes of numbered compartments, for example ``{1: "oral", 2: "iv"}``.
    subject : str or int, optional
        The ID to read.
    covariates : iterable of str
        Further columns to accept and leave unread.

    Returns
    -------
    EventTable

    Raises
    ------
    EvidenceError
        With row, column, value and a remedy; nothing is half read.
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
    """Read the event tables of all subjects of a table.

    Parameters
    ----------
    table, drug, route, unit, cmt, covariates
        As in `read_event_table`.

    Returns
    -------
    dict of str to EventTable
        By ID, in the order in which they appear.

    Raises
    ------
    EvidenceError
        As `read_event_table`; also without an ID, or for a row that has none.
    """
    found = read_rows_of_all(
        table, drug=drug, route=route, unit=unit, cmt=cmt, covariates=covariates
    )
    return {subject: _event_table(rows) for subject, rows in found.items()}


def _event_table(rows: EventRows) -> EventTable:
    return EventTable(Regimen(rows.doses, rows.resets), rows.t_eval, rows.subject)
