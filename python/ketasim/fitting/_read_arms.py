"""Tables of means, counts and differences of the arms of studies."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from ketasim._wording.durations import HOURS, hours
from ketasim._wording.names import check_name, shortened
from ketasim._wording.plain_numbers import number_or_none
from ketasim.catalogue._model_tables import readouts
from ketasim.dosing._clinical_regimens import CLINICAL_REGIMENS
from ketasim.dosing._event_source import EventSource, read_cell, read_source
from ketasim.dosing._regimen import Regimen
from ketasim.errors import EvidenceError, KetasimError
from ketasim.evidence.vocabulary import COUNTED_ABOVE, COUNTED_AT_OR_BELOW, READOUT_UNIT
from ketasim.fitting._records import ArmRow
from ketasim.scenario._scenario import Scenario
from ketasim.scenario._subject import Subject

NUMBERS = ("value", "se", "sd", "k", "n", "weight_kg", "severity", "baseline_madrs", "age_y", "cut")
OF_SUBJECT = tuple(field.name for field in fields(Subject))
WORDS = (
    *("arm", "regimen", "readout", "relative_to", "study", "context"),
    *(name for name in OF_SUBJECT if name not in NUMBERS),
)
#: What describes an arm, in every row or once.
OF_ARM = ("regimen", "context", *OF_SUBJECT)
#: Modules whose readouts are ratings and measurements of people.
OF_PEOPLE = ("symptoms", "tolerability")
#: How far a share may be from k/n: it is often printed with two digits.
ROUNDED = 0.006


@dataclass(frozen=True, slots=True)
class _Row:
    """A row by lower-case column, with its place."""

    where: str
    cells: Mapping[str, Any]

    def refuse(self, column: str, what: str) -> EvidenceError:
        return EvidenceError(f"{self.where}, column {column}: {what}")

    def word(self, column: str) -> str:
        cell = self.cells.get(column)
        return "" if cell is None else str(cell).strip()

    def number(self, column: str) -> float | None:
        cell = self.cells.get(column)
        if cell is None:
            return None
        number = number_or_none(cell)
        if number is None:
            try:
                number = float(str(cell))
            except ValueError:
                raise self.refuse(column, f"{shortened(cell)} is not a number") from None
        if not math.isfinite(number):
            raise self.refuse(column, f"{number:g} must be a finite number")
        return number


def read_arms(table: EventSource, context: str) -> tuple[dict[str, Scenario], tuple[ArmRow, ...]]:
    """Return scenarios and rows; parameters as in `Observations.from_arms`."""
    raw = read_source(table)
    header = [_column(raw.place, heading) for heading in raw.header]
    for needed in ("arm", "readout", "time"):
        if needed not in [name for name, _ in header]:
            raise EvidenceError(
                f"{raw.place}the table has no column {'time_h' if needed == 'time' else needed}; columns are "
                f"{', '.join((*WORDS, 'time_h', *NUMBERS))}"
            )
    rows = [
        _Row(where, {name: read_cell(cell) for (name, _), cell in zip(header, cells, strict=True)})
        for where, cells in raw.rows
    ]
    factor = next(factor for name, factor in header if name == "time")
    by_arm: dict[str, list[_Row]] = {}
    for row in rows:
        if not row.word("arm"):
            raise row.refuse("arm", "is empty; name the arm")
        by_arm.setdefault(row.word("arm"), []).append(row)
    arms = {name: _scenario(name, own, context) for name, own in by_arm.items()}
    for name, own in by_arm.items():
        _one_study(name, own)
    return arms, tuple(_arm_row(row, factor, arms) for row in rows if row.word("readout"))


def _column(place: str, heading: str) -> tuple[str, float]:
    """Return the name of a column, and the hours in one unit of a column of times."""
    name = heading.strip().lower()
    base, _, unit = name.replace("(", "[").rstrip(")] ").partition("[")
    if name in ("time_h", "time"):
        return "time", 1.0
    if base.strip() == "time" and unit.strip() in HOURS:
        return "time", HOURS[unit.strip()]
    if name in (*NUMBERS, *WORDS):
        return name, 1.0
    try:
        check_name(name, (*WORDS, "time_h", *NUMBERS), "column")
    except KetasimError as error:
        raise EvidenceError(f"{place}{error}; remove a column that is not needed") from None
    return name, 1.0


def _scenario(arm: str, rows: list[_Row], context: str) -> Scenario:
    found: dict[str, Any] = {}
    for column in OF_ARM:
        for row in rows:
            value = row.number(column) if column in NUMBERS else row.word(column) or None
            if value is None:
                continue
            if found.setdefault(column, value) != value:
                raise row.refuse(
                    column,
                    f"{value}, but {found[column]} in an earlier row of arm {arm!r}: give another name to "
                    "another arm",
                )
    if "regimen" not in found:
        raise rows[0].refuse(
            "regimen", f"is empty in all rows of arm {arm!r}; write it once, such as 'placebo iv'"
        )
    try:
        text = found["regimen"]
        named = CLINICAL_REGIMENS.get(text)
        regimen = Regimen.parse(text if named is None else named.text)
        subject = Subject(**{name: found[name] for name in OF_SUBJECT if name in found})
        return Scenario(regimen, subject, found.get("context", context))
    except KetasimError as error:
        raise EvidenceError(f"{rows[0].where}: arm {arm!r}: {error}") from None


def _one_study(arm: str, rows: list[_Row]) -> None:
    known = ""
    for row in rows:
        study = row.word("study")
        if study and known and study != known:
            raise row.refuse(
                "study",
                f"{study}, but {known} in an earlier row of arm {arm!r}: an arm is of one study",
            )
        known = study or known


def _check_possible(row: _Row, readout: str, arm: Scenario, relative_to: str, value: float) -> None:
    """Refuse ratings of animals, and values outside the scale of their readout."""
    facts = readouts()[readout]
    if arm.subject.species != "human" and facts["module"] in OF_PEOPLE:
        raise row.refuse(
            "readout", f"{readout} is of people, but the arm is of a {arm.subject.species}"
        )
    low, high = float(facts["scale_low"]), float(facts["scale_high"])
    if row.number("cut") is not None:
        low, high = 0.0, 1.0
    if relative_to:
        low, high = low - high, high - low
    if not low <= value <= high:
        unit = str(facts["unit"])
        share = ": a share, 64 % is 0.64" if (low, high) == (0.0, 1.0) else ""
        raise row.refuse(
            "value",
            f"{value:g} is outside the scale of {readout}, {low:g} to {high:g}{'' if unit == '1' else f' {unit}'}{share}",
        )


def _arm_row(row: _Row, factor: float, arms: Mapping[str, Scenario]) -> ArmRow:
    readout = row.word("readout")
    try:
        check_name(readout, readouts().names, "readout")
        check_name(readout, READOUT_UNIT, "readout of arms")
    except KetasimError as error:
        raise row.refuse("readout", str(error)) from None
    relative_to = row.word("relative_to")
    if relative_to and (relative_to not in arms or relative_to == row.word("arm")):
        raise row.refuse(
            "relative_to",
            f"{relative_to!r} is not another arm of this table: give the control arm a row with its regimen",
        )
    value, se, n = _value(row, readout, relative_to)
    _check_possible(row, readout, arms[row.word("arm")], relative_to, value)
    return ArmRow(
        row.word("arm"),
        readout,
        _time(row, factor),
        value,
        se,
        n,
        relative_to,
        row.word("study"),
        row.number("cut"),
        row.where,
    )


def _time(row: _Row, factor: float) -> float:
    cell = row.cells.get("time")
    if cell is None:
        raise row.refuse(
            "time_h", "is empty; give hours from the first dose, or text such as '7 d'"
        )
    text = str(cell).strip()
    try:
        plain = number_or_none(cell)
        time = plain * factor if plain is not None else hours(text, "time")
        if plain is None and text.replace(".", "", 1).lstrip("+-").isdigit():
            time = float(text) * factor
    except KetasimError as error:
        raise row.refuse("time_h", str(error)) from None
    if not time >= 0.0:
        raise row.refuse("time_h", f"{time:g} h is before the first dose at 0 h")
    return time


def _value(row: _Row, readout: str, relative_to: str) -> tuple[float, float | None, float | None]:
    """Return value, standard error and number of patients; a count has no standard error."""
    value, se, sd, k, n = (row.number(name) for name in ("value", "se", "sd", "k", "n"))
    if n is not None and not n >= 1.0:
        raise row.refuse("n", f"{n:g} patients: give at least 1")
    if k is not None:
        if readout not in COUNTED_AT_OR_BELOW and not (
            readout in COUNTED_ABOVE and row.number("cut") is not None
        ):
            raise row.refuse(
                "k",
                f"patients are not counted by {readout}; count response or remission, or give cut",
            )
        if n is None or not (0.0 <= k <= n and k == int(k) and n == int(n)):
            given = "no n" if n is None else f"n = {n:g}"
            raise row.refuse("k", f"{k:g} with {given}: give whole numbers, k from 0 to n")
        if value is not None and abs(value - k / n) > ROUNDED:
            raise row.refuse("value", f"{value:g} is not k/n = {k / n:.3g}; clear one of them")
        if se is not None or sd is not None:
            raise row.refuse("se", "is not used with a count; clear it, or give value instead of k")
        if relative_to:
            raise row.refuse("relative_to", "a count belongs to one arm; give value and se")
        return k / n, None, n
    if value is None:
        raise row.refuse("value", "is empty; give value with se, value with sd and n, or k and n")
    if sd is not None and not sd > 0.0:
        raise row.refuse("sd", f"{sd:g}; give a standard deviation above 0")
    if relative_to and sd is not None:
        raise row.refuse(
            "sd",
            "does not give the error of a difference, which two arms have: clear it and give se",
        )
    if se is not None and sd is not None:
        agrees = n is not None and math.isclose(se, sd / math.sqrt(n), rel_tol=0.1)
        if not agrees:
            if n is None:
                raise row.refuse("sd", "without n says nothing beside se; give n, or clear sd")
            raise row.refuse("se", f"{se:g} contradicts sd {sd:g}; clear one of them")
    if se is None and sd is not None:
        if n is None:
            raise row.refuse("sd", "needs n: the standard error is sd/sqrt(n)")
        se = sd / math.sqrt(n)
    if se is None or not se > 0.0:
        raise row.refuse(
            "se",
            f"{'is empty' if se is None else f'{se:g}'}; give a standard error above 0, or sd and n",
        )
    return value, se, n
