"""Tables in the style of NONMEM as measurements: DV, MDV, CENS, LIMIT, LLOQ, DVID and covariates."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from ketasim._wording.lists import is_list, listed_names
from ketasim._wording.names import check_name, shortened
from ketasim._wording.plain_numbers import number_or_nan
from ketasim.catalogue._model_tables import readouts
from ketasim.catalogue._vocabulary import GENOTYPES, ROUTES, TRAITS
from ketasim.dosing._event_cells import EventRow, is_number_text, one_line, subject_name
from ketasim.dosing._event_rows import MeasuredRows, read_measured_rows
from ketasim.dosing._event_source import EventSource, read_source
from ketasim.dosing._regimen import Regimen
from ketasim.errors import EvidenceError, KetasimError
from ketasim.fitting._records import Censored, Measurement
from ketasim.scenario._scenario import Scenario
from ketasim.scenario._subject import Subject

#: Columns that are read where the table has them.
OPTIONAL = ("CENS", "LIMIT", "LLOQ", "DVID")
#: Fields of a subject that a column of numbers may set.
SUBJECT_FIELDS = ("weight_kg", "age_y", "severity", "baseline_madrs")
#: Fields of a subject that a column of words may set, and the words.
WORD_FIELDS: Mapping[str, tuple[str, ...]] = {
    **{field: tuple(words) for field, words in TRAITS.items()},
    "genotype": tuple(GENOTYPES),
}
#: ng/mL in one unit of a level.
LEVELS = {
    **dict.fromkeys(("ng/ml", "ug/l", "µg/l", "μg/l", "mcg/l"), 1.0),
    **dict.fromkeys(("ug/ml", "µg/ml", "μg/ml", "mcg/ml", "mg/l"), 1e3),
    **dict.fromkeys(("ng/l", "pg/ml"), 1e-3),
}


class _Columns(NamedTuple):
    """Which columns of the table have which meaning, and the arguments that hold for all rows."""

    dvid: Mapping[str, str]
    cmt: Mapping[str, str]
    readout: str | None
    dv_unit: str | None
    lloq: float | Mapping[str, float] | None
    censored: str
    sd: str
    present: frozenset[str]


def read_subjects(
    table: EventSource,
    *,
    drug: str | None,
    route: str | None,
    unit: str,
    cmt: Mapping[int, str] | None,
    dvid: Mapping[int | str, str] | None,
    readout: str | None,
    dv_unit: str | None,
    covariates: Mapping[str, str | None] | Iterable[str],
    lloq: float | Mapping[str, float] | None,
    censored: str | None,
    sd: str | None,
    context: str,
) -> tuple[dict[str, Scenario], tuple[Measurement, ...], dict[str, dict[str, float]]]:
    """Return scenarios, measurements and covariates; parameters as in `Observations.from_table`."""
    _check_words(dv_unit=dv_unit, censored=censored, sd=sd)
    _check_lloq(lloq)
    source = table if isinstance(table, (str,)) or hasattr(table, "columns") else _twice(table)
    header = [h.strip().lstrip("#@ ").upper() for h in read_source(source).header]
    fields = _fields(covariates)
    routes, measured = _compartments(cmt)
    columns = _Columns(
        _readouts("dvid", dvid or {}),
        measured,
        None if readout is None else _readout("readout", readout),
        dv_unit,
        lloq,
        (censored or "").strip().upper(),
        (sd or "").strip().upper(),
        frozenset(header),
    )
    extra = {name for name in OPTIONAL if name in header} | set(fields)
    extra |= {name for name in (columns.censored, columns.sd) if name}
    found = read_measured_rows(
        source, drug=drug, route=route, unit=unit, cmt=routes, extra=sorted(extra)
    )
    subjects: dict[str, Scenario] = {}
    measurements: list[Measurement] = []
    given: dict[str, dict[str, float]] = {}
    for subject, rows in found.items():
        name = subject or "1"
        given[name] = _covariates(rows, fields)
        of_subject = {
            field: given[name][column] * _factor_of_heading(column, field)
            for column, field in fields.items()
            if field in SUBJECT_FIELDS and column in given[name]
        }
        subjects[name] = _scenario(name, rows, {**of_subject, **_words(rows, fields)}, context)
        for time, row in rows.measured:
            one = _measurement(name, time, row, columns)
            if one is not None:
                measurements.append(one)
    if not measurements:
        raise EvidenceError(
            "the table has no measured value: rows with EVID 0 and MDV 0 need one in the column DV"
        )
    return subjects, tuple(measurements), given


def _twice(table: Any) -> Any:
    """Return a source that can be read twice."""
    if isinstance(table, Mapping):
        return table
    return list(table) if isinstance(table, Iterable) and not isinstance(table, str) else table


# --- arguments ------------------------------------------------------------------------------------


def _fields(given: object) -> dict[str, str | None]:
    """Return the field of the subject by column, None for a covariate that is only kept."""
    if isinstance(given, Mapping):
        named = {str(k).strip().upper(): v for k, v in given.items()}
    elif is_list(given):
        columns = [*given]
        names = listed_names("covariates", columns, "WT", EvidenceError) if columns else ()
        named = {name.strip().upper(): None for name in names}
    else:
        raise EvidenceError(
            f"covariates = {shortened(given)}: give a mapping, such as {{'WT': 'weight_kg'}}"
        )
    set_by: dict[str, str] = {}
    for column, field in named.items():
        if field is not None:
            _named(field, (*SUBJECT_FIELDS, *WORD_FIELDS), "covariates", "field of a subject")
            if set_by.setdefault(field, column) != column:
                raise EvidenceError(
                    f"covariates: {set_by[field]} and {column} both set {field}: keep one of them"
                )
    return named


def _compartments(given: object) -> tuple[dict[int, str], dict[str, str]]:
    """Divide compartments into routes of doses and readouts of measured values."""
    if given is not None and not isinstance(given, Mapping):
        raise EvidenceError(f"cmt = {shortened(given)}: give {{1: 'iv', 2: 'ketamine_venous'}}")
    routes: dict[int, str] = {}
    measured: dict[str, str] = {}
    for number, name in (given or {}).items():
        if isinstance(name, str) and name.lower() in ROUTES:
            routes[number] = name
        else:
            measured[subject_name(number)] = _named(
                name, (*readouts().names, *ROUTES), "cmt", "route or readout"
            )
    return routes, measured


def _readouts(what: str, given: Mapping[Any, str]) -> dict[str, str]:
    if not isinstance(given, Mapping):
        raise EvidenceError(f"{what} = {shortened(given)}: give {{1: 'ketamine_venous'}}")
    return {subject_name(k): _readout(what, name) for k, name in given.items()}


def _readout(what: str, name: object) -> str:
    return _named(name, readouts().names, what, "readout")


def _named(name: object, known: Iterable[str], what: str, kind: str) -> str:
    try:
        check_name(name, tuple(known), kind)
    except KetasimError as error:
        raise EvidenceError(f"{what}: {error}") from None
    return str(name)


def _check_words(**given: object) -> None:
    for name, word in given.items():
        if word is not None and not isinstance(word, str):
            kind = "a unit, such as 'mg/L'" if name == "dv_unit" else "the name of a column"
            raise EvidenceError(f"{name} = {shortened(word)}: give {kind}")


def _check_lloq(given: object) -> None:
    if isinstance(given, Mapping):
        for name in given:
            _readout("lloq", name)
    limits = given.values() if isinstance(given, Mapping) else () if given is None else (given,)
    for limit in limits:
        if not 0.0 < number_or_nan(limit) < math.inf:
            raise EvidenceError(
                f"lloq = {shortened(limit)}: give a number above 0 in the unit of DV, or "
                "{'ketamine_venous': 2.0}"
            )


# --- subjects -------------------------------------------------------------------------------------


def _covariates(rows: MeasuredRows, fields: Mapping[str, str | None]) -> dict[str, float]:
    """Return the covariates of a subject that are numbers; they may not change."""
    found: dict[str, float] = {}
    for column, field in fields.items():
        for row in rows.rows:
            if field in WORD_FIELDS or not row.has(column):
                continue
            if (
                field is None
                and isinstance(row.cell(column), str)
                and not is_number_text(row.cell(column).strip())
            ):
                raise row.refuse(
                    column,
                    f"{one_line(row.cell(column))} is not a number, as a covariate is; words set a field of the subject, "
                    "such as covariates={'SEX': 'sex'}",
                )
            value = row.number(column)
            if found.setdefault(column, value) != value:
                raise row.refuse(
                    column,
                    f"{value:g}, but {found[column]:g} in an earlier row of this subject: a covariate that "
                    "changes is not read; keep its first value",
                )
    return found


def _words(rows: MeasuredRows, fields: Mapping[str, str | None]) -> dict[str, str]:
    """Return the fields of a subject that are words; they may not change."""
    found: dict[str, str] = {}
    for column, field in fields.items():
        if field is None or field not in WORD_FIELDS:
            continue
        known = WORD_FIELDS[field]
        for row in rows.rows:
            word = row.word(column)
            if word is None:
                continue
            if word.lower() not in known:
                raise row.refuse(
                    column,
                    f"{one_line(word)} is not known as {field}: write {', '.join(map(repr, known))}, or leave "
                    "the cell empty where it is none of these or not known",
                )
            if found.setdefault(field, word.lower()) != word.lower():
                raise row.refuse(
                    column,
                    f"{one_line(word)}, but {found[field]!r} in an earlier row of this subject: write one of them",
                )
    return found


def _scenario(
    subject: str, rows: MeasuredRows, of_subject: Mapping[str, Any], context: str
) -> Scenario:
    where = rows.rows[0].where
    try:
        regimen = Regimen(rows.events.doses, resets=rows.events.resets)
        return Scenario(regimen, Subject(**of_subject), context)
    except KetasimError as error:
        raise EvidenceError(f"{where}: subject {subject!r}: {error}") from None


#: Units in the heading of a covariate that is a field of the subject, in the unit of the field.
COVARIATE_UNITS: Mapping[str, Mapping[str, float]] = {
    "weight_kg": {"kg": 1.0, "g": 1e-3, **dict.fromkeys(("lb", "lbs"), 0.45359237)},
    "age_y": {
        **dict.fromkeys(("y", "yr", "yrs", "year", "years"), 1.0),
        **dict.fromkeys(("mo", "month", "months"), 1.0 / 12.0),
    },
    "severity": {"1": 1.0},
    "baseline_madrs": dict.fromkeys(("points", "1"), 1.0),
}
_HEADING = re.compile(r".+?\s*[(\[]\s*([^()\[\]]*?)\s*[)\]]")


def _factor_of_heading(column: str, field: str) -> float:
    """Return what makes a covariate such as 'WT (lb)' a field of the subject."""
    match = _HEADING.fullmatch(column)
    if match is None:
        return 1.0
    known = COVARIATE_UNITS[field]
    unit = match[1].lower()
    if unit not in known:
        raise EvidenceError(
            f"column {column}: the unit {shortened(match[1])} of {field} is not known: use one of "
            f"{', '.join(known)}, or a heading without unit"
        )
    return known[unit]


# --- measured values ------------------------------------------------------------------------------


def _measurement(subject: str, time: float, row: EventRow, columns: _Columns) -> Measurement | None:
    missing = row.number("MDV") if row.has("MDV") else 0.0
    flagged = bool(columns.censored) and row.number(columns.censored) != 0.0
    cens = row.whole("CENS") if row.has("CENS") else 0
    if cens not in (-1, 0, 1):
        raise row.refuse("CENS", f"{cens} is not known: 1 below DV, -1 above DV, 0 measured")
    if missing:
        if flagged or cens:
            raise row.refuse(
                "MDV",
                f"{missing:g} leaves the row out, but {columns.censored if flagged else 'CENS'} says that it is "
                "censored: write MDV 0 to count it, or clear the mark",
            )
        return None
    readout = _readout_of(row, columns)
    factor = _factor(row, readout, columns.dv_unit)
    value, below = _dv(row)
    if value is not None and not below:
        _check_scale(row, readout, value * factor)
    own = None
    if columns.sd and row.has(columns.sd):
        in_heading = _HEADING.fullmatch(columns.sd)
        own = row.number(columns.sd)
        own *= _factor_of(row, columns.sd, readout, in_heading[1]) if in_heading else factor
        if not own > 0.0:
            raise row.refuse(columns.sd, f"{own:g} must be above 0: the size of the error of DV")
    limit = row.number("LLOQ") if row.has("LLOQ") else _lloq(columns.lloq, readout)
    if below or flagged or (limit is not None and value is not None and value < limit and not cens):
        if "CENS" in columns.present and row.has("CENS") and cens == 0 and not below:
            if flagged:
                raise row.refuse(
                    "CENS",
                    f"0, but {columns.censored} marks the row as censored: write CENS 1, or clear the mark",
                )
            raise row.refuse(
                "CENS", f"0, but DV {value:g} is below LLOQ {limit:g}: write CENS 1, or raise DV"
            )
        if flagged and not below and value is not None and limit is not None and value > limit:
            raise row.refuse(
                columns.censored,
                f"marks a value below the limit {limit:g}, but DV is {value:g}: clear the mark, or write the limit in DV",
            )
        at = value if below else limit if limit is not None else value
        return replace(_below(row, subject, readout, time, at, factor), sd=own)
    if value is None:
        raise row.refuse(
            "DV", "is empty on an observation: write MDV 1 to leave the row out, or the value"
        )
    if cens == 1:
        if limit is not None and value != limit:
            raise row.refuse(
                "CENS",
                f"1 says that the value is below DV {value:g}, but the limit of quantification is {limit:g}: "
                "write the limit in DV, or CENS 0",
            )
        return replace(_below(row, subject, readout, time, value, factor), sd=own)
    if cens == -1:
        return replace(_above(row, subject, readout, time, value, factor), sd=own)
    return Measurement(subject, readout, time, value * factor, own, where=row.where)


def _check_scale(row: EventRow, readout: str, value: float) -> None:
    """Refuse a value that its readout cannot have; a level may be measured below 0."""
    facts = readouts()[readout]
    unit = str(facts["unit"])
    low = -math.inf if unit == "ng/mL" else float(facts["scale_low"])
    high = float(facts["scale_high"])
    if not low <= value <= high:
        raise row.refuse(
            "DV",
            f"{value:g} is outside the scale of {readout}, {low:g} to {high:g}{'' if unit == '1' else f' {unit}'}",
        )


def _below(
    row: EventRow, subject: str, readout: str, time: float, limit: float | None, factor: float
) -> Measurement:
    """Return a value below a limit, or between LIMIT and it."""
    one = _limited(row, subject, readout, time, limit, factor, "left")
    if limit is None or not row.has("LIMIT"):
        return one
    low = row.number("LIMIT")
    if not low < limit:
        raise row.refuse("LIMIT", f"{low:g} is not below DV {limit:g}: the value lies between them")
    return replace(one, censored="interval", low=low * factor)


def _above(
    row: EventRow, subject: str, readout: str, time: float, limit: float, factor: float
) -> Measurement:
    """Return a value above a limit, or between it and LIMIT."""
    one = _limited(row, subject, readout, time, limit, factor, "right")
    if not row.has("LIMIT"):
        return one
    high = row.number("LIMIT")
    if not high > limit:
        raise row.refuse(
            "LIMIT",
            f"{high:g} is not above DV {limit:g}, which CENS -1 makes the lower limit: the value lies between them",
        )
    return replace(one, censored="interval", value=high * factor, low=limit * factor)


def _limited(
    row: EventRow,
    subject: str,
    readout: str,
    time: float,
    limit: float | None,
    factor: float,
    kind: Censored,
) -> Measurement:
    if limit is None or not (limit > 0.0 or readouts()[readout]["unit"] != "ng/mL"):
        raise row.refuse(
            "DV",
            "is censored, but its limit is not known: pass lloq=..., add a column LLOQ, or write the "
            "limit in DV",
        )
    return Measurement(subject, readout, time, limit * factor, None, kind, where=row.where)


def _dv(row: EventRow) -> tuple[float | None, bool]:
    """Return the value, or the limit of text such as '<0.5'."""
    cell = row.cell("DV")
    if cell is None:
        return None, False
    below = isinstance(cell, str) and cell.strip().startswith("<")
    text = cell.strip().lstrip("<= ") if below else cell
    try:
        return replace(row, cells={**row.cells, "DV": text}).number("DV"), below
    except EvidenceError:
        raise row.refuse(
            "DV",
            f"{one_line(cell)} is not a number: write the value, '<0.5' for a value below 0.5, or MDV 1 to "
            "leave the row out",
        ) from None


def _lloq(given: float | Mapping[str, float] | None, readout: str) -> float | None:
    if isinstance(given, Mapping):
        value = given.get(readout)
        return None if value is None else float(value)
    return None if given is None else float(given)


def _readout_of(row: EventRow, columns: _Columns) -> str:
    for column, known in (("DVID", columns.dvid), ("CMT", columns.cmt)):
        word = row.word(column) if column in row.columns else None
        if word is None or (column == "DVID" and not known):
            continue
        key = subject_name(word)
        if key in known:
            return known[key]
        if key in readouts().names:
            return key
        if columns.readout is None or known:
            raise row.refuse(
                column,
                f"{word} has no readout: pass {column.lower()}={{{word}: 'ketamine_venous'}}, or readout=...",
            )
    if columns.readout is None:
        raise row.refuse(
            "CMT", "does not say what was measured: pass readout='ketamine_venous', or cmt or dvid"
        )
    return columns.readout


def _factor(row: EventRow, readout: str, given: str | None) -> float:
    """Return what makes DV a value in the unit of the readout."""
    heading = row.columns["DV"].heading if "DV" in row.columns else ""
    named = given or next(
        (heading.partition(mark)[2].rstrip(")] ").strip() for mark in "[(" if mark in heading), ""
    )
    return _factor_of(row, "DV", readout, named)


def _factor_of(row: EventRow, column: str, readout: str, named: str) -> float:
    """Return what makes a value in a unit one in that of the readout."""
    unit = str(readouts()[readout]["unit"])
    if not named or named.lower() == unit.lower():
        return 1.0
    if unit == "ng/mL" and named.lower() in LEVELS:
        return LEVELS[named.lower()]
    known = "ng/mL, ug/L, ug/mL, mg/L" if unit == "ng/mL" else unit
    raise row.refuse(column, f"unit {named!r}: {readout} is in {unit}; give {known}")
