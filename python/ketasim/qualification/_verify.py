"""Comparison of this build with reference values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.resources import as_file, files
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np

from ketasim._wording.frozen import comparable
from ketasim._wording.names import check_name, nearest, shortened
from ketasim.catalogue._model_tables import parameters, readouts
from ketasim.dosing._dose import Dose
from ketasim.dosing._regimen import Regimen
from ketasim.errors import EvidenceError, KetasimError
from ketasim.files._read_csv import CsvRow, read_csv
from ketasim.scenario._scenario import Scenario
from ketasim.scenario._subject import Subject
from ketasim.simulation._simulate import simulate

SCENARIO_COLUMNS = [
    "scenario",
    "species",
    "weight_kg",
    "stress",
    "context",
    "baseline_severity",
    "parameter_set",
    "drug",
    "amount",
    "amount_unit",
    "route",
    "start_h",
    "duration_h",
    "interval_h",
    "additional",
]
VALUE_COLUMNS = ["scenario", "readout", "time_h", "value", "unit"]

#: Reference values have six significant digits; the error of integration must be far below.
VERIFY_RTOL = 1e-9


@comparable
@dataclass(frozen=True, slots=True)
class Comparison:
    """One reference value and the value of this build."""

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


@comparable
@dataclass(frozen=True, slots=True)
class Verification:
    """The result of `verify`.

    Parameters
    ----------
    rows : tuple of Comparison
        Scenario, readout, time [h], reference, computed value and unit of each reference value.
    rtol : float
        Relative agreement required.

    Examples
    --------
    >>> import ketasim as ks
    >>> ks.Verification((), 1e-5).ok  # without values nothing is verified
    False
    """

    rows: tuple[Comparison, ...]
    rtol: float

    @property
    def failures(self) -> tuple[Comparison, ...]:
        """The reference values that differ by more than ``rtol``, or whose run failed."""
        # NaN is a failure: every comparison with it is false.
        return tuple(r for r in self.rows if not r.relative_error <= self.rtol)

    @property
    def ok(self) -> bool:
        """Whether there are reference values and all of them agree."""
        return bool(self.rows) and not self.failures

    @property
    def largest_error(self) -> float:
        """The largest relative error; NaN without values."""
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
    r"""Recompute the values of one table in the scenarios of another.

    Parameters
    ----------
    scenarios : str or Path
        CSV, one row for each dose record; rows of one scenario share its name. ``parameter_set`` is
        empty, a variant, or overrides ``module.name=value`` separated by ``;`` (both may be given).
    values : str or Path
        CSV with scenario, readout, time_h, value, unit.
    rtol : float
        Relative agreement required, default 1e-5.

    Returns
    -------
    Verification
        ``ok`` is True only if every value agrees; a failed run does not agree.

    Raises
    ------
    EvidenceError
        For a malformed table: file, row, column and expected content.

    Examples
    --------
    >>> import ketasim as ks
    >>> from importlib.resources import files
    >>> shipped = files("ketasim.qualification") / "reference"
    >>> lines = (shipped / "reference_values.csv").read_text().splitlines()
    >>> _ = (tmp_path / "values.csv").write_text("\n".join(lines[:3]))
    >>> ks.verify(str(shipped / "scenarios.csv"), tmp_path / "values.csv").ok
    True
    """
    given: object = rtol
    if isinstance(given, bool) or not isinstance(given, Real) or not 0.0 < rtol < 1.0:
        raise EvidenceError(
            f"rtol = {shortened(given)}: give a relative tolerance between 0 and 1, such as 1e-5"
        )
    built = reference_scenarios(scenarios)
    by_scenario: dict[str, list[tuple[CsvRow, Comparison]]] = {}
    for row in read_csv(_path(values), VALUE_COLUMNS):
        comparison = _reference(_path(values), row, built)
        by_scenario.setdefault(comparison.scenario, []).append((row, comparison))
    results: dict[int, Comparison] = {}
    for name, rows in by_scenario.items():
        times = np.unique([comparison.time_h for _, comparison in rows])
        with _placed(_path(scenarios), f"scenario {name!r}"):
            run = simulate(built[name], t_eval=times, rtol=VERIFY_RTOL, on_failure="return")
        for row, comparison in rows:
            computed = run.at(comparison.readout, comparison.time_h)
            results[row.line] = replace(comparison, computed=computed)
    return Verification(tuple(results[line] for line in sorted(results)), rtol)


def _path(given: object) -> Path:
    if not isinstance(given, (str, Path)) or not str(given):
        raise EvidenceError(f"{shortened(given)} is not a path: give that of a CSV file")
    return Path(given)


def _reference(path: Path, row: CsvRow, built: Mapping[str, Scenario]) -> Comparison:
    """Return the comparison of a row, before the value is computed."""
    cells = row.cells
    if cells["scenario"] not in built:
        near = nearest(cells["scenario"], built)
        raise EvidenceError(
            f"{path}, row {row.line}, column scenario: {shortened(cells['scenario'])} is not in the "
            f"table of scenarios; {f'is {near[0]!r} meant?' if near else 'add it there'}"
        )
    with _placed(path, f"row {row.line}, column readout"):
        check_name(cells["readout"], readouts().names, "readout")
    unit = str(readouts()[cells["readout"]]["unit"])
    if cells["unit"] != unit:
        raise EvidenceError(
            f"{path}, row {row.line}, column unit: {cells['unit']!r}, but {cells['readout']} is in {unit!r}"
        )
    time, reference = (_number(path, row, column) for column in ("time_h", "value"))
    return Comparison(cells["scenario"], cells["readout"], time, reference, math.nan, unit)


def reference_scenarios(path: str | Path | None = None) -> dict[str, Scenario]:
    """Read the scenarios of a table of reference values.

    Parameters
    ----------
    path : str or Path, optional
        A table with one row for each dose; default: the one shipped with ketasim.

    Returns
    -------
    dict of str to Scenario
        By the name in the table.

    Raises
    ------
    EvidenceError
        With file, row, column and a remedy.

    Examples
    --------
    >>> from ketasim.qualification import reference_scenarios
    >>> print(reference_scenarios()["human_iv_0.5_mdd"].subject.species)
    human
    """
    if path is None:
        shipped = files("ketasim.qualification").joinpath("reference", "scenarios.csv")
        with as_file(shipped) as found:
            return reference_scenarios(found)
    return dict(_scenarios(_path(path), read_csv(_path(path), SCENARIO_COLUMNS)))


def _scenarios(path: Path, rows: list[CsvRow]) -> Iterator[tuple[str, Scenario]]:
    grouped: dict[str, list[CsvRow]] = {}
    for row in rows:
        grouped.setdefault(row.cells["scenario"], []).append(row)
    for name, together in grouped.items():
        first = together[0]
        for row in together[1:]:
            for column in SCENARIO_COLUMNS[1:7]:
                if row.cells[column] != first.cells[column]:
                    raise EvidenceError(
                        f"{path}, row {row.line}, column {column}: {row.cells[column]!r}, but row "
                        f"{first.line} of the same scenario says {first.cells[column]!r}; make them equal"
                    )
        doses = tuple(_dose(path, row) for row in together if row.cells["drug"])
        with _placed(path, f"row {first.line}"):
            yield name, _scenario(path, first, doses)


def _scenario(path: Path, row: CsvRow, doses: tuple[Dose, ...]) -> Scenario:
    cells = row.cells
    variant, overrides = _parameter_set(path, row)
    subject = Subject(
        species=cells["species"],
        weight_kg=_number(path, row, "weight_kg"),
        severity=_number(path, row, "stress"),
        baseline_madrs=(
            _number(path, row, "baseline_severity") if cells["baseline_severity"] else None
        ),
    )
    return Scenario(
        Regimen(doses),
        subject=subject,
        context=cells["context"] or "none",
        parameters=overrides,
        variant=variant,
        name=cells["scenario"],
    )


@contextmanager
def _placed(path: Path, where: str) -> Iterator[None]:
    """Add the file and the place in it to an error of the library."""
    try:
        yield
    except EvidenceError:
        raise
    except KetasimError as error:
        raise EvidenceError(f"{path}, {where}: {error}") from None


def _dose(path: Path, row: CsvRow) -> Dose:
    columns = ("start_h", "duration_h", "interval_h", "additional", "amount")
    numbers: dict[str, Any] = {c: _number(path, row, c) if row.cells[c] else 0.0 for c in columns}
    with _placed(path, f"row {row.line}"):
        return Dose(
            row.cells["drug"], unit=row.cells["amount_unit"], route=row.cells["route"], **numbers
        )


def _parameter_set(path: Path, row: CsvRow) -> tuple[str | None, dict[str, float]]:
    text = row.cells["parameter_set"]
    variant, overrides = None, {}
    for part in filter(None, (p.strip() for p in text.replace(",", ";").split(";"))):
        name, equals, value = part.partition("=")
        if equals:
            overrides[name.strip()] = _number(path, row, "parameter_set", value.strip())
        else:
            variant = part
    with _placed(path, f"row {row.line}, column parameter_set"):
        for name in overrides:
            check_name(name, parameters(row.cells["species"]).names, "parameter")
    return variant, overrides


def _number(path: Path, row: CsvRow, column: str, text: str | None = None) -> float:
    cell = row.cells[column] if text is None else text
    try:
        number = float(cell)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise EvidenceError(
            f"{path}, row {row.line}, column {column}: {shortened(cell)} is not a finite number"
        )
    return number
