"""Times of the events of a subject: hours, or clock times and dates turned into hours."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from ketasim._wording.names import shortened
from ketasim.dosing._event_cells import EventRow

_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}(?:\.[0-9]{1,6})?))?")
_NO_COLON = re.compile(r"0[0-9][0-5][0-9]")
_MERIDIEM = re.compile(r"[0-9]{1,2}(:[0-9]{2}){0,2}\s*[ap]\.?m\.?", re.IGNORECASE)
_DATE = re.compile(r"([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?)?")
_DATE_AND_CLOCK = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
    r"(Z|[-+][0-9]{2}:?[0-9]{2})?"
)

#: The years 2000 to 2099 as days of a spreadsheet.
_SERIAL_DAYS = (36526.0, 73051.0)

#: How TIME can be written, in the words of messages.
_FORMS = {"hours": "hours", "clock": "a clock time", "date": "a date with a clock time"}

_Time = float | dt.timedelta | dt.datetime


def times_in_hours(rows: Sequence[EventRow], doses: Sequence[bool]) -> list[float]:
    """Return the time of each row of one subject [h].

    Clock times and dates become hours from the first dose, or from the first row if there is no
    dose. Times in hours stay as they are.

    Parameters
    ----------
    rows : sequence of EventRow
    doses : sequence of bool
        Which of them give a dose.

    Raises
    ------
    EvidenceError
        If a time is missing or cannot be read, or if the day of a clock time is not known.
    """
    read = [_time(row) for row in rows]
    forms = [form for form, _ in read]
    for row, form in zip(rows, forms, strict=True):
        if form != forms[0]:
            raise row.refuse(
                "TIME",
                f"{shortened(row.cell('TIME'))} is {_FORMS[form]}, but {rows[0].where} has "
                f"{_FORMS[forms[0]]}; write all times of a subject in one way",
            )
    if forms[0] == "hours":
        for row in rows:
            if row.has("DATE"):
                raise row.refuse(
                    "DATE",
                    f"{shortened(row.cell('DATE'))} beside TIME in hours: if TIME counts the hours from the "
                    "first dose, declare covariates=['DATE']; if it is the hour of the day, write it as "
                    "08:30",
                )
        hours = [float(time) for _, time in read]  # type: ignore[arg-type]
        _check_serial_days(rows, hours)
        return hours
    moments = [_moment(row, time) for row, (_, time) in zip(rows, read, strict=True)]
    if not any(row.has("DATE") for row in rows) and forms[0] == "clock":
        for row in rows:
            if row.word("OCC") != rows[0].word("OCC"):
                raise row.refuse(
                    "TIME",
                    f"{row.word('TIME')} of occasion {row.word('OCC')}: the day is not known; add a column DATE "
                    "such as 2026-01-05, or give hours from the first dose",
                )
        for before, row, a, b in zip(rows, rows[1:], moments, moments[1:], strict=False):
            if b < a:
                raise row.refuse(
                    "TIME",
                    f"the clock goes back from {before.word('TIME')} to {row.word('TIME')}: the day is not "
                    "known; add a column DATE such as 2026-01-05, or give hours from the first dose",
                )
    if len({moment.tzinfo is None for moment in moments}) > 1:
        raise rows[0].refuse("TIME", "some times have a time zone and others have none; give one")
    # Within one zone Python subtracts clock times, so that a change to summer time would count.
    moments = [m if m.tzinfo is None else m.astimezone(dt.UTC) for m in moments]
    zero = min(
        (moment for moment, dose in zip(moments, doses, strict=True) if dose), default=min(moments)
    )
    return [(moment - zero).total_seconds() / 3600.0 for moment in moments]


def _check_serial_days(rows: Sequence[EventRow], hours: Sequence[float]) -> None:
    """Refuse days since 1900, as spreadsheets store dates, that are taken for hours."""
    first, last = _SERIAL_DAYS
    if rows[0].columns["TIME"].unit or not all(first <= time < last for time in hours):
        return
    day = dt.date(1899, 12, 30) + dt.timedelta(days=int(hours[0]))
    raise rows[0].refuse(
        "TIME",
        f"{hours[0]:g}: all times of the subject look like days of a spreadsheet, here {day}; give dates as "
        "2026-01-05 08:30, or hours from the first dose (TIME [h] in the heading if they are hours)",
    )


def _time(row: EventRow) -> tuple[str, _Time]:
    """Return the form of TIME, and hours, a time of the day, or a date with a time."""
    value = row.cell("TIME")
    if value is None:
        raise row.refuse("TIME", "is empty; every row needs a time in hours")
    announced = row.columns["TIME"].unit
    found = _clock_or_date(row, value)
    if found is None:
        if announced == "clock":
            raise row.refuse("TIME", f"{shortened(value)} is not a clock time such as 08:30")
        return "hours", row.number("TIME")
    if announced not in ("", "clock", "h", "hr", "hour", "hours"):
        raise row.refuse(
            "TIME", f"{shortened(value)} is {_FORMS[found[0]]}, not a number of {announced}"
        )
    return found


def _clock_or_date(row: EventRow, value: object) -> tuple[str, _Time] | None:
    if isinstance(value, dt.datetime):
        return "date", value
    if isinstance(value, dt.date):
        raise row.refuse("TIME", f"{value} is a date without a clock time; write 2026-01-05 08:30")
    if isinstance(value, dt.time):
        if value.tzinfo is not None:
            raise row.refuse(
                "TIME", f"{value} has a time zone but no date; write 2026-01-05T08:30+01:00"
            )
        return "clock", dt.datetime.combine(dt.date.min, value) - dt.datetime.min
    if not isinstance(value, str):
        return None
    text = value.strip()
    if match := _CLOCK.fullmatch(text):
        hours, minutes, seconds = int(match[1]), int(match[2]), float(match[3] or 0.0)
        if hours > 23 or minutes > 59 or seconds >= 60.0:
            raise row.refuse(
                "TIME",
                f"{value!r} is not a clock time: from 00:00 to 23:59. A length of time is given in hours, "
                "such as 24.5",
            )
        return "clock", dt.timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if _DATE_AND_CLOCK.fullmatch(text):
        try:
            return "date", dt.datetime.fromisoformat(text)
        except ValueError:
            raise row.refuse("TIME", f"{value!r} is not a date of the calendar") from None
    if _NO_COLON.fullmatch(text):
        raise row.refuse(
            "TIME",
            f"{value!r}: a clock time or a number of hours? Write {text[:2]}:{text[2:]}, or {int(text)}",
        )
    if _MERIDIEM.fullmatch(text):
        raise row.refuse("TIME", f"{value!r}: write the clock time with 24 hours, such as 20:30")
    if _DATE.fullmatch(text):
        raise row.refuse(
            "TIME", f"{value!r} is a date without a clock time; write 2026-01-05 08:30"
        )
    return None


def _moment(row: EventRow, time: _Time) -> dt.datetime:
    date = _date(row)
    if isinstance(time, dt.datetime):
        if date is not None and date != time.date():
            raise row.refuse("DATE", f"{date} contradicts TIME {row.word('TIME')!r}; keep one")
        return time
    assert isinstance(time, dt.timedelta)
    if date is None:
        if "DATE" in row.columns:
            raise row.refuse(
                "DATE",
                f"is empty beside the clock time {row.word('TIME')}; give the day, 2026-01-05",
            )
        date = dt.date(2000, 1, 1)  # one day for all rows; only differences count
    return dt.datetime.combine(date, dt.time()) + time


def _date(row: EventRow) -> dt.date | None:
    value = row.cell("DATE")
    if value is None:
        return None
    if isinstance(value, dt.datetime):
        if value.time() != dt.time():
            raise row.refuse(
                "DATE",
                f"{value} has a clock time of its own; write it into TIME as 2026-01-05 08:30",
            )
        return value.date()
    if isinstance(value, dt.date):
        return value
    match = _DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    try:
        if match is None:
            raise ValueError
        return dt.date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        raise row.refuse(
            "DATE",
            f"{shortened(value)} is not a date such as 2026-01-05 (year, month, day); write it so, or give "
            "TIME in hours from the first dose and declare covariates=['DATE']",
        ) from None
