"""Recompute reference values and compare: does this build do what the specification says?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ketasim.dose import Dose
from ketasim.errors import EvidenceError
from ketasim.regimen import Regimen
from ketasim.scenario import Scenario
from ketasim.simulate import simulate
from ketasim.subject import Subject
from ketasim.tables import readouts

SCENARIO_COLUMNS = ["scenario", "species", "weight_kg", "stress", "context", "baseline_severity", "parameter_set", "drug", "amount", "amount_unit", "route", "start_h", "duration_h", "interval_h", "additional"]
VALUE_COLUMNS = ["scenario", "readout", "time_h", "value", "unit"]

#: Reference values carry six significant digits; integration must add nothing to that.
VERIFY_RTOL = 1e-9


@dataclass(frozen=True, slots=True)
class Comparison:
    """One reference value and what this build makes of it."""

    scenario: str
    readout: str
    time_h: float
    reference: float
    computed: float
    unit: str

    @property
    def relative_error(self) -> float:
        """|computed / reference - 1|; NaN when the run failed; absolute where reference is 0."""
        if self.reference == 0.0:
            return abs(self.computed)
        return abs(self.computed / self.reference - 1.0)


@dataclass(frozen=True, slots=True)
class Verification:
    """The outcome of `verify`."""

    rows: tuple[Comparison, ...]
    rtol: float

    @property
    def failures(self) -> tuple[Comparison, ...]:
        # A NaN is a failure: it compares false with everything.
        return tuple(r for r in self.rows if not r.relative_error <= self.rtol)

    @property
    def ok(self) -> bool:
        return bool(self.rows) and not self.failures

    @property
    def largest_error(self) -> float:
        return max((r.relative_error for r in self.rows), default=math.nan)

    def __repr__(self) -> str:
        lines = [f"{'scenario':26} {'readout':28} {'t [h]':>8} {'reference':>12} {'computed':>14}"]
        lines += [
            f"{r.scenario:26} {r.readout:28} {r.time_h:8g} {r.reference:12.6g} {r.computed:14.9g}"
            f"  {'ok' if r.relative_error <= self.rtol else 'MISMATCH'}"
            for r in self.rows
        ]
        verdict = (
            f"all {len(self.rows)} values agree to {self.rtol:g} (largest relative error "
            f"{self.largest_error:.1e})"
            if self.ok
            else f"{len(self.failures)} of {len(self.rows)} values differ by more than {self.rtol:g}"
        )
        return "\n".join([*lines, verdict])


def verify(scenarios: str | Path, values: str | Path, rtol: float = 1e-5) -> Verification:
    """Recompute the values of one table in the scenarios of another.

    Parameters
    ----------
    scenarios : path
        CSV, one row per dose record; rows of one scenario share its name. ``parameter_set`` is
        empty, a variant, or overrides ``module.name=value`` separated by ``;`` (both may be given).
    values : path
        CSV with scenario, readout, time_h, value, unit.
    rtol : float
        Relative agreement asked for.

    Returns
    -------
    Verification
        ``ok`` is True only if every value agrees; a failed run is a mismatch.

    Raises
    ------
    EvidenceError
        For a malformed table: file, row, column and what was expected.
    """
    from ketasim.evidence.tables import read_table

    if not rtol > 0.0:
        raise EvidenceError(f"rtol = {rtol}: give a relative tolerance above 0, such as 1e-5")
    built = dict(_scenarios(Path(scenarios), read_table(Path(scenarios), SCENARIO_COLUMNS)))
    wanted: dict[str, list[tuple[int, dict[str, str]]]] = {}
    rows = read_table(Path(values), VALUE_COLUMNS)
    for line, row in enumerate(rows, 2):
        if row["scenario"] not in built:
            raise EvidenceError(
                f"{values}: row {line}, column scenario: {row['scenario']!r} is not a scenario of "
                f"{scenarios}"
            )
        wanted.setdefault(row["scenario"], []).append((line, row))
    results: dict[int, Comparison] = {}
    for name, asked in wanted.items():
        times = np.unique([_number(values, line, "time_h", row["time_h"]) for line, row in asked])
        run = simulate(built[name], t_eval=times, rtol=VERIFY_RTOL, on_failure="return")
        for line, row in asked:
            time = float(row["time_h"])
            reference = _number(values, line, "value", row["value"])
            unit = str(readouts()[row["readout"]]["unit"])
            if row["unit"] != unit:
                raise EvidenceError(
                    f"{values}: row {line}, column unit: {row['unit']!r}, but {row['readout']} is in "
                    f"{unit!r}"
                )
            computed = run.at(row["readout"], time)
            results[line] = Comparison(name, row["readout"], time, reference, computed, unit)
    return Verification(tuple(results[line] for line in sorted(results)), rtol)


def _scenarios(path: Path, rows: list[dict[str, str]]) -> Iterator[tuple[str, Scenario]]:
    grouped: dict[str, list[tuple[int, dict[str, str]]]] = {}
    for line, row in enumerate(rows, 2):
        grouped.setdefault(row["scenario"], []).append((line, row))
    for name, lines in grouped.items():
        line, first = lines[0]
        variant, overrides = _parameter_set(path, line, first["parameter_set"])
        baseline = first["baseline_severity"]
        subject = Subject(
            species=first["species"],
            weight_kg=_number(path, line, "weight_kg", first["weight_kg"]),
            severity=_number(path, line, "stress", first["stress"]),
            baseline_severity=_number(path, line, "baseline_severity", baseline) if baseline else None,
        )
        doses = tuple(_dose(path, at, row) for at, row in lines if row["drug"])
        yield (
            name,
            Scenario(
                Regimen(doses),
                subject=subject,
                context=first["context"] or "none",
                parameters=overrides,
                variant=variant,
                name=name,
            ),
        )


def _dose(path: Path, line: int, row: dict[str, str]) -> Dose:
    def value(column: str) -> float:
        return _number(path, line, column, row[column]) if row[column] else 0.0

    keywords: dict[str, Any] = {c: value(c) for c in ("start_h", "duration_h", "interval_h")}
    return Dose(
        row["drug"],
        value("amount"),
        row["amount_unit"],
        row["route"],
        additional=int(value("additional")),
        **keywords,
    )


def _parameter_set(path: Path, line: int, text: str) -> tuple[str | None, dict[str, float]]:
    variant, overrides = None, {}
    for part in filter(None, (p.strip() for p in text.replace(",", ";").split(";"))):
        name, equals, value = part.partition("=")
        if equals:
            overrides[name.strip()] = _number(path, line, "parameter_set", value.strip())
        else:
            variant = part
    return variant, overrides


def _number(path: str | Path, line: int, column: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise EvidenceError(f"{path}: row {line}, column {column}: {text!r} is not a finite number")
    return number


