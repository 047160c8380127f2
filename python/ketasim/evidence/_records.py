"""The evidence as typed, frozen rows: regimens, arms of studies, and observations."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from importlib.resources import as_file, files
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from ketasim._runtime.optional import require
from ketasim._wording.frozen import comparable
from ketasim.catalogue import _vocabulary as names
from ketasim.catalogue._sources import Source, all_sources
from ketasim.catalogue._table import Table
from ketasim.errors import EvidenceError
from ketasim.evidence import vocabulary
from ketasim.files._read_csv import read_csv

if TYPE_CHECKING:
    import pandas as pd

#: Most problems that one error lists.
LISTED_PROBLEMS = 20
#: Similarity (0 to 1) from which an unknown column is taken for a misspelt optional one.
ALMOST = 0.8


@comparable
@dataclass(frozen=True, slots=True)
class DoseRecord:
    """One line of a regimen, as in a NONMEM table.

    Parameters
    ----------
    regimen_id : str
        Name of the regimen; several lines may belong to one.
    drug : str
    amount : float
        In ``amount_unit``.
    amount_unit : str
        'mg', 'mg/kg', 'fraction' or 'uM'.
    route : str
    start_h, duration_h, interval_h : float
        Start, duration, and time between repeats [h].
    additional : int
        Number of repeats.

    Examples
    --------
    >>> import ketasim as ks
    >>> evidence = ks.evidence.load()
    >>> evidence.regimens[evidence.arms["murr13_ket"].regimen_id][0].amount
    0.5
    """

    regimen_id: str
    drug: str
    amount: float
    amount_unit: str
    route: str
    start_h: float
    duration_h: float
    interval_h: float
    additional: int


@comparable
@dataclass(frozen=True, slots=True)
class Arm:
    """A group of subjects of one study.

    Parameters
    ----------
    arm_id, source_key : str
        Name of the arm, and key of the publication.
    species, population : str
        Species, and description of the subjects.
    n : float or None
        Number of subjects.
    weight_kg, age_y : float or None
        Mean body weight [kg] and age [years].
    female_fraction : float or None
        Share of women or females, from 0 to 1.
    baseline_severity : float or None
        Mean rating before treatment [points], on ``baseline_scale``.
    regimen_id, context, genotype : str
        Name of the regimen, trial context, and genotype of BDNF Val66Met or ''.
    stress : float
        Chronic stress or severity of illness, from 0 to 1.
    note : str
    baseline_scale : str
        Scale of ``baseline_severity``, one of `ketasim.evidence.vocabulary.BASELINE_SCALES`; '': that
        of the readouts observed on the arm.

    Examples
    --------
    >>> import ketasim as ks
    >>> arm = ks.evidence.load().arms["murr13_ket"]
    >>> arm.species, arm.context, arm.n
    ('human', 'midazolam', 47.0)
    """

    arm_id: str
    source_key: str
    species: str
    population: str
    n: float | None
    weight_kg: float | None
    age_y: float | None
    female_fraction: float | None
    baseline_severity: float | None
    regimen_id: str
    context: str
    genotype: str
    stress: float
    note: str
    baseline_scale: str = ""


@comparable
@dataclass(frozen=True, slots=True)
class Observation:
    """A published number.

    Parameters
    ----------
    obs_id, arm_id : str
        Name of the observation, and the arm it was made on.
    relative_to : str
        Control arm if ``value`` is a difference or ratio of two arms, else ''.
    readout, statistic : str
        Words of `ketasim.evidence.vocabulary`.
    time_h : float
        Time, or start of a window [h].
    time_end_h : float or None
        End of a window [h].
    value : float
        In ``unit``.
    unit : str
    spread : float or None
        In ``unit``.
    spread_kind : str
        Kind of spread, such as 'sd' or 'se'.
    n : float or None
        Number of subjects.
    how_read : str
        How the number was obtained: 'read' in the publication, 'secondary' (in another one),
        'digitised' from a figure, recalled from 'memory' and not looked up again, or 'derived' by a
        calculation.
    weight : float
        From 0 (shown, not counted) to 1.
    role : str
        'calibrate' or 'check'.
    source_key, note : str
    cut : float or None
        Limit of a share of patients: MADRS at or below which response or remission is counted
        [points], or the value of ``readout`` above which patients are counted (CADSS [points], rise
        of blood pressure [mmHg]). None: 50 % improvement for response, and for remission and CADSS
        the cut of the model.
    cut_from : str
        How the cut became known, one of `ketasim.evidence.vocabulary.CUT_FROM`, or ''.
    cut_on : str
        For blood pressure: the cut is a 'change' from before the dose (also meant by '') or a
        'level', the pressure itself.
    among : str
        Whose relapse is counted: 'responders' (also meant by '') or 'remitters'.
    method : str
        'rated' (also meant by '') or 'spontaneous': reported by patients without being asked.

    Examples
    --------
    >>> import ketasim as ks
    >>> observation = ks.evidence.load().observations[0]
    >>> observation.area in ks.evidence.vocabulary.AREAS
    True
    """

    obs_id: str
    arm_id: str
    relative_to: str
    readout: str
    statistic: str
    time_h: float
    time_end_h: float | None
    value: float
    unit: str
    spread: float | None
    spread_kind: str
    n: float | None
    how_read: str
    weight: float
    role: str
    source_key: str
    note: str
    cut: float | None = None
    cut_from: str = ""
    cut_on: str = ""
    among: str = ""
    method: str = ""

    @property
    def area(self) -> str:
        """Plasma, Receptor and circuit, Signalling, Synapse, Serotonin, Clinical, Side effects or Cognition."""
        return vocabulary.READOUT_AREA[self.readout]


@comparable
@dataclass(frozen=True)
class Evidence:
    """Regimens, arms and observations; every reference between them is checked.

    Parameters
    ----------
    folder : str
        Where the tables came from.
    regimens : mapping of str to tuple of DoseRecord
    arms : mapping of str to Arm
    observations : tuple of Observation
    sources : mapping of str to Source
        Publications by key: those of the folder, and those shipped with ketasim.

    Examples
    --------
    >>> import ketasim as ks
    >>> evidence = ks.evidence.load()
    >>> evidence.observations[0].arm_id in evidence.arms
    True
    """

    folder: str
    regimens: Mapping[str, tuple[DoseRecord, ...]]
    arms: Mapping[str, Arm]
    observations: tuple[Observation, ...]
    sources: Mapping[str, Source] = field(default_factory=dict)

    @cached_property
    def studies(self) -> Table:
        """The publications behind the observations: what was taken from each, and how it was read.

        Columns: name (the source key), citation, doi, pmid, url (of the page that was read, where it
        is known), arms and rows (their numbers), calibrate and check (rows by role), and read,
        secondary, digitised, memory and derived (rows by how the number was obtained; the words are
        explained at `ketasim.evidence.Observation`).

        Examples
        --------
        >>> import ketasim as ks
        >>> study = ks.evidence.load().studies["murrough2013_ajp"]
        >>> study["doi"], study["arms"], study["read"] + study["memory"] <= study["rows"]
        ('10.1176/appi.ajp.2013.13030392', 2, True)
        """
        by_key: dict[str, list[Observation]] = {}
        for o in sorted(self.observations, key=lambda o: o.source_key.casefold()):
            by_key.setdefault(o.source_key, []).append(o)
        return Table(
            [self._study(key, observations) for key, observations in by_key.items()],
            "source",
            ("name", "arms", "rows", *vocabulary.ROLES, *vocabulary.HOW_READ, "doi", "url"),
        )

    def _study(self, key: str, observations: Sequence[Observation]) -> dict[str, object]:
        source = self.sources.get(key, Source(key, ""))
        arms = {o.arm_id for o in observations} | {o.relative_to for o in observations} - {""}
        return {
            "name": key,
            "citation": source.citation,
            "doi": source.doi,
            "pmid": source.pmid,
            "url": source.url,
            "arms": len(arms),
            "rows": len(observations),
            **{role: sum(o.role == role for o in observations) for role in vocabulary.ROLES},
            **{how: sum(o.how_read == how for o in observations) for how in vocabulary.HOW_READ},
        }

    def to_dataframe(self) -> pd.DataFrame:
        """Return the observations, one row each and one column for each field (extra ``ketasim[frames]``).

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        MissingLibraryError
            Without pandas.
        """
        pandas: Any = require("pandas", "frames")
        columns = [f.name for f in fields(Observation)]
        return pandas.DataFrame([{c: getattr(o, c) for c in columns} for o in self.observations])

    def __repr__(self) -> str:
        return (
            f"<Evidence: {len(self.observations)} observations on {len(self.arms)} arms and "
            f"{len(self.regimens)} regimens from {len(self.studies)} sources; {self.folder}>"
        )


def load(folder: str | Path | None = None) -> Evidence:
    """Load evidence tables.

    Parameters
    ----------
    folder : str or Path, optional
        Contains ``regimens.csv``, ``arms.csv`` and ``observations.csv``. If it also contains
        ``sources.csv`` or ``extra_sources.csv``, every ``source_key`` must be in them or among
        the shipped sources. Default: the evidence shipped with ketasim.

        A row of remission, or of relapse among remitters, without a ``cut`` gets the
        ``remission_cut`` of its source, if that has one.

    Returns
    -------
    Evidence

    Raises
    ------
    EvidenceError
        If anything is wrong with a table: file, row, column, value, expected content and a remedy.
        Nothing is loaded then.

    Examples
    --------
    >>> import ketasim as ks
    >>> ks.evidence.load().folder
    'shipped with ketasim'
    """
    given: object = folder
    if given is not None and (not isinstance(given, (str, Path)) or not str(given)):
        raise EvidenceError(
            f"{given!r} is not a path: give a folder with regimens.csv, arms.csv and observations.csv"
        )
    if folder is not None:
        return _load(Path(folder), Path(folder).name or str(folder))
    with as_file(files("ketasim.evidence").joinpath("data")) as shipped:
        return _load(shipped, "shipped with ketasim")


def read_table(path: str | Path, columns: Sequence[str]) -> list[dict[str, str]]:
    r"""Read a CSV table that has at least the given columns.

    Parameters
    ----------
    path : str or Path
    columns : sequence of str
        Names that the header must have.

    Returns
    -------
    list of dict of str to str
        Text by column, one dictionary for each row; spaces around a cell are removed.

    Raises
    ------
    EvidenceError
        As `load` does for a malformed file.

    Examples
    --------
    >>> import ketasim as ks
    >>> path = tmp_path / "rules.csv"
    >>> _ = path.write_text("study,cut\nmine,10\n")
    >>> ks.evidence.read_table(path, ["cut"])
    [{'study': 'mine', 'cut': '10'}]
    """
    return [row.cells for row in read_csv(Path(path), columns)]


def _load(folder: Path, name: str) -> Evidence:
    try:
        exists = folder.is_dir()
    except OSError as error:
        raise EvidenceError(f"{str(folder)[:60]!r}: cannot be read: {error.strerror}") from None
    if not exists:
        raise EvidenceError(
            f"{folder}: no such folder; give one with regimens.csv, arms.csv and observations.csv"
        )
    problems: list[str] = []
    listed = _listed_sources(folder, problems)
    sources = {**all_sources(), **(listed or {})}
    doses = _rows(folder / "regimens.csv", DoseRecord, _REGIMEN_COLUMNS, problems)
    arms = _rows(folder / "arms.csv", Arm, _ARM_COLUMNS, problems, _OPTIONAL_ARM_COLUMNS)
    observations = _rows(
        folder / "observations.csv", Observation, _OBSERVATION_COLUMNS, problems,
        _OPTIONAL_OBSERVATION_COLUMNS,
    )  # fmt: skip
    if not problems:  # a row that could not be read would look like a missing key
        problems += _regimen_problems(folder / "regimens.csv", doses)
        problems += _arm_problems(folder / "arms.csv", arms, doses)
        problems += _observation_problems(folder / "observations.csv", observations, arms)
        if listed is not None:
            problems += _source_problems(folder, arms, observations, sources)
    if problems:
        raise EvidenceError(_message(folder, problems))
    regimens: dict[str, list[DoseRecord]] = {}
    for _, dose in doses:
        regimens.setdefault(dose.regimen_id, []).append(dose)
    return Evidence(
        folder=name,
        regimens={key: tuple(records) for key, records in regimens.items()},
        arms={arm.arm_id: arm for _, arm in arms},
        observations=tuple(_with_cut(o, sources) for _, o in observations),
        sources=sources,
    )


def _message(folder: Path, problems: Sequence[str]) -> str:
    if len(problems) == 1:
        return problems[0]
    shown = [f"  {p}" for p in problems[:LISTED_PROBLEMS]]
    if len(problems) > LISTED_PROBLEMS:
        shown.append(f"  ... and {len(problems) - LISTED_PROBLEMS} more")
    return "\n".join([f"{folder}: {len(problems)} problems, nothing was loaded", *shown])


# --- one row -----------------------------------------------------------------------------------

Cell = Callable[[str], Any]


class _CellError(ValueError):
    """The expected content of a cell."""


def _text(cell: str) -> str:
    return cell


def _key(cell: str) -> str:
    if not cell:
        raise _CellError("a name that is not empty")
    return cell


def _one_of(allowed: Iterable[str], *, blank: bool = False) -> Cell:
    known = tuple(allowed)

    def read(cell: str) -> str:
        if cell in known or (blank and not cell):
            return cell
        close = difflib.get_close_matches(cell[:60], known, n=1)
        hint = f"; is {close[0]!r} meant?" if close else ""
        raise _CellError(f"{'nothing or ' if blank else ''}one of {', '.join(known)}{hint}")

    return read


def _number(low: float = -math.inf, high: float = math.inf, *, blank: bool = False) -> Cell:
    bounds = f" from {low:g} to {high:g}" if math.isfinite(low) and math.isfinite(high) else ""
    if not bounds and math.isfinite(low):
        bounds = f" of at least {low:g}"
    expected = f"{'nothing or ' if blank else ''}a finite number{bounds}"

    def read(cell: str) -> float | None:
        if blank and not cell:
            return None
        try:
            value = float(cell)
        except ValueError:
            raise _CellError(expected) from None
        if not (math.isfinite(value) and low <= value <= high):
            raise _CellError(expected)
        return value

    return read


def _count(cell: str) -> int:
    value = _number(0, 1e6)(cell or "0")
    if value != int(value):
        raise _CellError("a whole number of at least 0")
    return int(value)


_REGIMEN_COLUMNS: Mapping[str, Cell] = {
    "regimen_id": _key,
    "drug": _one_of(names.DRUGS),
    "amount": _number(0.0, 1e5),
    "amount_unit": _one_of(names.UNITS),
    "route": _one_of(names.ROUTES),
    "start_h": _number(-1e4, 1e6),
    "duration_h": _number(0.0, 1e6),
    "interval_h": _number(0.0, 1e6),
    "additional": _count,
}
_ARM_COLUMNS: Mapping[str, Cell] = {
    "arm_id": _key,
    "source_key": _key,
    "species": _one_of(names.SPECIES),
    "population": _text,
    "n": _number(1.0, blank=True),
    "weight_kg": _number(1e-3, 300.0, blank=True),
    "age_y": _number(0.0, 120.0, blank=True),
    "female_fraction": _number(0.0, 1.0, blank=True),
    "baseline_severity": _number(0.0, 60.0, blank=True),
    "regimen_id": _key,
    "context": _one_of(names.CONTEXTS),
    "genotype": _text,
    "stress": _number(0.0, 1.0),
    "note": _text,
}
_OPTIONAL_ARM_COLUMNS: Mapping[str, Cell] = {
    "baseline_scale": _one_of(vocabulary.BASELINE_SCALES, blank=True),
}
_OBSERVATION_COLUMNS: Mapping[str, Cell] = {
    "obs_id": _key,
    "arm_id": _key,
    "relative_to": _text,
    "readout": _one_of(vocabulary.READOUT_UNIT),
    "statistic": _one_of(vocabulary.STATISTIC_UNIT),
    "time_h": _number(0.0, 1e6),
    "time_end_h": _number(0.0, 1e6, blank=True),
    "value": _number(),
    "unit": _key,
    "spread": _number(0.0, blank=True),
    "spread_kind": _one_of(vocabulary.SPREAD_KINDS, blank=True),
    "n": _number(1.0, blank=True),
    "how_read": _one_of(vocabulary.HOW_READ),
    "weight": _number(0.0, 1.0),
    "role": _one_of(vocabulary.ROLES),
    "source_key": _key,
    "note": _text,
}
_OPTIONAL_OBSERVATION_COLUMNS: Mapping[str, Cell] = {
    "cut": _number(0.0, blank=True),
    "cut_from": _one_of(vocabulary.CUT_FROM, blank=True),
    "cut_on": _one_of(vocabulary.CUT_ON, blank=True),
    "among": _one_of(vocabulary.AMONG, blank=True),
    "method": _one_of(vocabulary.METHODS, blank=True),
}
_SOURCE_COLUMNS: Mapping[str, Cell] = {"source_key": _key, "citation": _text}
_OPTIONAL_SOURCE_COLUMNS: Mapping[str, Cell] = {
    "doi": _text,
    "pmid": _text,
    "url": _text,
    "remission_cut": _number(0.0, vocabulary.MADRS_MAX, blank=True),
    "remission_cut_from": _one_of(vocabulary.CUT_FROM, blank=True),
}

R = TypeVar("R", DoseRecord, Arm, Observation)
Numbered = tuple[int, R]


def _rows(
    path: Path,
    row_type: type[R],
    columns: Mapping[str, Cell],
    problems: list[str],
    optional: Mapping[str, Cell] = MappingProxyType({}),
) -> list[Numbered[R]]:
    """Return typed rows with their lines; a malformed file or cell is added to ``problems``."""
    return [(line, row_type(**cells)) for line, cells in _cells(path, columns, optional, problems)]


def _cells(
    path: Path, columns: Mapping[str, Cell], optional: Mapping[str, Cell], problems: list[str]
) -> list[tuple[int, dict[str, Any]]]:
    """Return the values of the columns of every row that can be read; a missing optional cell is blank."""
    try:
        raw = read_csv(path, list(columns))
    except EvidenceError as error:
        problems.append(str(error))
        return []
    problems += _misspelt_columns(path, list(raw[0].cells), columns, optional)
    readers = {**columns, **optional}
    typed: list[tuple[int, dict[str, Any]]] = []
    for row in raw:
        cells: dict[str, Any] = {}
        for column, read in readers.items():
            value = row.cells.get(column, "")
            try:
                cells[column] = read(value)
            except _CellError as expected:
                shown = repr(value if len(value) <= 60 else value[:57] + "...")
                problems.append(
                    _at(path, row.line, f"column {column}: {shown}, expected {expected}")
                )
        if len(cells) == len(readers):
            typed.append((row.line, cells))
    return typed


def _misspelt_columns(
    path: Path, header: Sequence[str], columns: Mapping[str, Cell], optional: Mapping[str, Cell]
) -> Iterable[str]:
    """Yield names in a header that are almost those of missing optional columns."""
    missing = [name for name in optional if name not in header]
    for name in header:
        if name in columns or name in optional:
            continue
        close = difflib.get_close_matches(name[:60], missing, n=1, cutoff=ALMOST)
        if close:
            yield _at(path, 1, f"column {name!r}: is {close[0]!r} meant? Rename the column")


def _at(path: Path, line: int, what: str) -> str:
    return f"{path}, row {line}, {what}"


# --- rows together -----------------------------------------------------------------------------


def _regimen_problems(path: Path, doses: Sequence[Numbered[DoseRecord]]) -> Iterable[str]:
    seen: dict[DoseRecord, int] = {}
    for line, d in doses:
        if d in seen:
            yield _at(path, line, f"repeats row {seen[d]}; use column additional for further doses")
        seen.setdefault(d, line)
        units = names.ROUTE_FACTS[d.route]["units"]
        if d.amount_unit not in units:
            yield _at(path, line, f"column amount_unit: {d.amount_unit!r} with route {d.route!r}; by this "
                      f"route amounts are given in {' or '.join(units)}")  # fmt: skip
        if d.amount_unit == "fraction" and d.amount > 1.0:
            yield _at(path, line, f"column amount: {d.amount:g}, expected a fraction from 0 to 1")
        if d.additional and d.interval_h == 0.0:
            yield _at(path, line, f"column interval_h: 0 with {d.additional} additional doses; give the "
                      "hours between them")  # fmt: skip
        if d.start_h < 0.0 and d.drug not in names.of_family("tool_compound", "co_medication"):
            yield _at(path, line, f"column start_h: {d.start_h:g}; t = 0 is the first dose, only a tool "
                      "compound may precede it")  # fmt: skip


def _arm_problems(
    path: Path, arms: Sequence[Numbered[Arm]], doses: Sequence[Numbered[DoseRecord]]
) -> Iterable[str]:
    known = {d.regimen_id for _, d in doses}
    yield from _repeated(path, "arm_id", [(line, a.arm_id) for line, a in arms])
    for line, a in arms:
        if a.regimen_id not in known:
            yield _at(path, line, _dangling("regimen_id", a.regimen_id, known, "regimens.csv"))


def _observation_problems(
    path: Path, observations: Sequence[Numbered[Observation]], arms: Sequence[Numbered[Arm]]
) -> Iterable[str]:
    known = {a.arm_id for _, a in arms}
    yield from _repeated(path, "obs_id", [(line, o.obs_id) for line, o in observations])
    for line, o in observations:
        if o.arm_id not in known:
            yield _at(path, line, _dangling("arm_id", o.arm_id, known, "arms.csv"))
        if o.relative_to and o.relative_to not in known:
            yield _at(path, line, _dangling("relative_to", o.relative_to, known, "arms.csv"))
        if o.relative_to == o.arm_id:
            yield _at(path, line, f"column relative_to: {o.relative_to!r} is the arm itself")
        for column, what in _impossible(o):
            yield _at(path, line, f"column {column}: {what}")


def _impossible(o: Observation) -> Iterable[tuple[str, str]]:
    """Yield columns of an observation that contradict each other."""
    expected = vocabulary.unit_expected(o.readout, o.statistic)
    if o.unit != expected and not (o.readout == vocabulary.STANDARDISED and o.unit == "SMD"):
        yield "unit", f"{o.unit!r}, expected {expected!r} for a {o.statistic} of {o.readout}"
    if o.statistic == "sign" and o.value not in (-1.0, 0.0, 1.0):
        yield "value", f"{o.value:g}, expected -1, 0 or 1 for a sign"
    if o.statistic == "fraction" and not o.relative_to and not 0.0 <= o.value <= 1.0:
        yield "value", f"{o.value:g}, expected a fraction from 0 to 1"
    if o.statistic.startswith("auc") and o.area != vocabulary.PLASMA:
        yield "statistic", f"{o.statistic!r}, but an area is only defined for plasma levels"
    if o.statistic in vocabulary.OVER_CONTROL:
        if not o.relative_to:
            yield "relative_to", f"empty, expected the arm below the line of a {o.statistic}"
        if o.value <= 0.0:
            yield "value", f"{o.value:g}, expected more than 0 for {o.statistic}"
    if o.statistic in ("tmax", "median_time", "auc_0_24", "auc_inf") and o.value < 0.0:
        yield "value", f"{o.value:g}, expected at least 0 for {o.statistic}"
    if o.statistic == "mean" and o.time_end_h is None:
        yield "time_end_h", "empty, expected the end of the time a mean is taken over"
    if o.time_end_h is not None and o.time_end_h < o.time_h:
        yield "time_end_h", f"{o.time_end_h:g} lies before time_h {o.time_h:g}"
    if o.cut is not None:
        yield from _impossible_cut(o, o.cut)
    elif o.cut_from:
        yield "cut_from", f"{o.cut_from!r} without a cut; give both or neither"
    if o.cut_on and (o.cut is None or o.readout not in vocabulary.PRESSURES):
        yield (
            "cut_on",
            f"{o.cut_on!r}, but only a cut of blood pressure may be a level; leave it empty",
        )
    if o.among and o.readout != "relapse":
        yield (
            "among",
            f"{o.among!r}, but only relapse is counted among some patients; leave it empty",
        )
    if o.method == "spontaneous" and o.statistic != "fraction":
        yield "method", f"{o.method!r}, but only a fraction of patients reports spontaneously"
    if (o.spread is None) != (not o.spread_kind):
        yield "spread_kind", f"{o.spread_kind!r} with spread {o.spread}; give both or neither"


def _impossible_cut(o: Observation, cut: float) -> Iterable[tuple[str, str]]:
    at_or_below = o.readout in vocabulary.COUNTED_AT_OR_BELOW or o.among == "remitters"
    above = o.readout in vocabulary.COUNTED_ABOVE and o.statistic == "fraction"
    if not at_or_below and not above:
        yield (
            "cut",
            (
                f"{cut:g} for a {o.statistic} of {o.readout}; only a share of patients has a cut: response, "
                f"remission, relapse among remitters, or a fraction of "
                f"{', '.join(vocabulary.COUNTED_ABOVE)}. Leave it empty"
            ),
        )
    elif at_or_below and cut > vocabulary.MADRS_MAX:
        yield "cut", f"{cut:g}, expected MADRS points from 0 to {vocabulary.MADRS_MAX:g}"
    elif above and cut == 0.0:
        yield "cut", "0, expected a limit above 0"
    if not o.cut_from:
        yield (
            "cut_from",
            f"empty, expected how the cut became known: {', '.join(vocabulary.CUT_FROM)}",
        )


def _listed_sources(folder: Path, problems: list[str]) -> dict[str, Source] | None:
    """Return the publications that a folder lists; None without a list."""
    lists = [p for p in (folder / "sources.csv", folder / "extra_sources.csv") if p.exists()]
    shipped = all_sources()
    listed: dict[str, Source] = {}
    for path in lists:
        for line, c in _cells(path, _SOURCE_COLUMNS, _OPTIONAL_SOURCE_COLUMNS, problems):
            if (c["remission_cut"] is None) != (not c["remission_cut_from"]):
                problems.append(
                    _at(path, line, f"column remission_cut_from: {c['remission_cut_from']!r} with "
                        f"remission_cut {c['remission_cut']}; give both or neither")
                )  # fmt: skip
            key = c.pop("source_key")
            source = Source(key, **c)
            if source.remission_cut is None and key in shipped:
                known = shipped[key]
                source = replace(
                    source,
                    remission_cut=known.remission_cut,
                    remission_cut_from=known.remission_cut_from,
                )
            listed.setdefault(key, source)
    return listed if lists else None


def _source_problems(
    folder: Path,
    arms: Sequence[Numbered[Arm]],
    observations: Sequence[Numbered[Observation]],
    known: Mapping[str, Source],
) -> Iterable[str]:
    for name, rows in (("arms.csv", arms), ("observations.csv", observations)):
        for line, row in rows:
            if row.source_key not in known:
                what = _dangling("source_key", row.source_key, known, "sources.csv")
                yield _at(folder / name, line, what)


def _with_cut(o: Observation, sources: Mapping[str, Source]) -> Observation:
    """Give a row of remission without a cut the one of its publication."""
    source = sources.get(o.source_key)
    remission = o.readout == "remission" or o.among == "remitters"
    if o.cut is not None or not remission or source is None or source.remission_cut is None:
        return o
    return replace(o, cut=source.remission_cut, cut_from=source.remission_cut_from)


def _repeated(path: Path, column: str, keys: Sequence[tuple[int, str]]) -> Iterable[str]:
    first: dict[str, int] = {}
    for line, key in keys:
        if key in first:
            yield _at(
                path,
                line,
                f"column {column}: {key!r} is already used in row {first[key]}; rename one",
            )
        first.setdefault(key, line)


def _dangling(column: str, key: str, known: Iterable[str], file: str) -> str:
    close = difflib.get_close_matches(key, sorted(known), n=1)
    hint = f"; is {close[0]!r} meant?" if close else "; add it there"
    return f"column {column}: {key!r} is not in {file}{hint}"
