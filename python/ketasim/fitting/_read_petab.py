"""A posterior from a problem of PEtab, version 1 or 2."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ketasim._runtime.optional import require
from ketasim._version import __version__
from ketasim._wording.names import check_name, shortened
from ketasim.dosing._dose import Dose
from ketasim.dosing._regimen import Regimen
from ketasim.errors import EvidenceError, KetasimError
from ketasim.files._read_csv import csv_text, rectangular, split_records
from ketasim.fitting._bridges import FARTHEST
from ketasim.fitting._error_model import ErrorModel
from ketasim.fitting._observations import Observations
from ketasim.fitting._petab_files import RECORD, TABLES
from ketasim.fitting._petab_second import NEEDED_SECOND, TABLES_SECOND, first
from ketasim.fitting._petab_tables import (
    NORMAL,
    OBSERVED,
    UNIFORM,
    Row,
    from_scale,
    petab_tables,
)
from ketasim.fitting._posterior import Posterior
from ketasim.fitting._prior import Prior, Scale
from ketasim.fitting._records import Measurement
from ketasim.observation._intervals import Z95
from ketasim.scenario._scenario import Scenario
from ketasim.scenario._subject import Subject

#: Columns without which a table cannot be read.
NEEDED = {
    "conditions": ("conditionId",),
    "observables": ("observableId", "observableFormula", "noiseFormula"),
    "measurements": ("observableId", "simulationConditionId", "measurement", "time"),
    "parameters": (
        "parameterId",
        "parameterScale",
        "lowerBound",
        "upperBound",
        "estimate",
        "objectivePriorType",
        "objectivePriorParameters",
    ),
}
#: Columns that do not change the posterior, and those that are compared in their own way.
NOT_COMPARED = frozenset({
    "conditionName", "observableName", "parameterName", "datasetId", "replicateId",
    "initializationPriorType", "initializationPriorParameters", "nominalValue",
    "lowerBound", "upperBound",
})  # fmt: skip
#: What an empty cell means.
USUAL = {"observableTransformation": "lin", "noiseDistribution": "normal"}
#: Numbers that agree to this are the same: a table may have been written by another program.
SAME = 1e-9
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def read_petab(path: str | Path) -> Posterior:
    """Read a problem of PEtab that `Posterior.to_petab` has written.

    Parameters
    ----------
    path : str or Path
        The file ``problem.yaml``.

    Returns
    -------
    Posterior
        Its ``data`` are the `Observations`. Measured values and priors are those of the tables, which
        may have been edited.

    Raises
    ------
    EvidenceError
        If the model is not that of this version of ketasim, or a table says what would not enter the
        posterior, such as another dose or formula; the message has the file, the place and a remedy.
    MissingLibraryError
        Without PyYAML or python-libsbml (extra ``ketasim[fit]``).

    Notes
    -----
    Nominal values and bounds of parameters do not enter a posterior: its start are the values of the
    model, and its limits those of `Posterior.parameters`. Bounds that leave out a part of a prior, within
    6 standard deviations and the limits, are refused. The formulas of errors have the smallest standard
    deviation, a share of the largest value of a readout: who changes that value writes the problem anew.

    Examples
    --------
    >>> import ketasim as ks
    >>> data = ks.Observations(
    ...     {"1": ks.Scenario("ketamine 35 mg iv over 40 min")},
    ...     [ks.fitting.Measurement("1", "ketamine_venous", t, c) for t, c in [(1, 95), (4, 27)]],
    ... )
    >>> posterior = ks.Posterior(data, ["pharmacokinetics.CLint_S"])
    >>> again = ks.fitting.read_petab(posterior.to_petab(tmp_path / "petab"))
    >>> again.names == posterior.names, len(again.data)
    (True, 2)
    """
    place = Path(path)
    model, files, version = _files(place)
    needed = NEEDED_SECOND if version == 2 else NEEDED
    tables = {name: _read_table(path, needed[name]) for name, path in files.items()}
    if version == 2:
        tables = first({"conditions": [], **tables}, str(place))
    record = _read_record(place)
    try:
        posterior = _posterior(record, tables, files)
        again = petab_tables(posterior)
    except EvidenceError:
        raise
    except KetasimError as error:
        raise EvidenceError(f"{place}: {error}") from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise EvidenceError(
            f"{place.parent / RECORD}: is not as ketasim wrote it ({type(error).__name__}: {error}); "
            "write the problem anew with to_petab"
        ) from None
    _check_model(model, again.sbml, str(record.get("version")))
    for name in TABLES:
        _check_table(files.get(name, place), NEEDED[name], tables[name], getattr(again, name))
    _check_bounds(files["parameters"], posterior, tables["parameters"], again.parameters)
    return posterior


# --- reading --------------------------------------------------------------------------------------


def _files(place: Path) -> tuple[Path, dict[str, Path], int]:
    """Return the model and the tables of a problem, and the version of its format."""
    yaml: Any = require("yaml", "fit")
    try:
        given = yaml.safe_load(csv_text(place))
    except yaml.YAMLError as error:
        raise EvidenceError(f"{place}: is not YAML: {error}") from None
    if not isinstance(given, Mapping) or "format_version" not in given:
        raise EvidenceError(f"{place}: is no problem of PEtab: it has no 'format_version'")
    text = str(given["format_version"])
    if text not in ("1", "1.0.0", "2", "2.0.0"):
        raise EvidenceError(
            f"{place}: format_version = {shortened(given['format_version'])}; version 1 is read, and 2.0.0"
        )
    version = int(text[0])
    listed = _listed_second(place, given) if version == 2 else _listed(place, given)
    found = {}
    for name, value in listed.items():
        names = [value] if isinstance(value, str) else value
        if not (isinstance(names, list) and len(names) == 1 and isinstance(names[0], str)):
            raise EvidenceError(
                f"{place}: {name} = {shortened(value)}: give one file, as ketasim writes it"
            )
        found[name] = place.parent / names[0]
    return found.pop("sbml"), found, version


def _listed(place: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    problems = given.get("problems")
    if not (isinstance(problems, list) and len(problems) == 1 and isinstance(problems[0], Mapping)):
        raise EvidenceError(f"{place}: has several problems, or none; ketasim writes one")
    listed = {name: problems[0].get(f"{name[:-1]}_files") for name in TABLES[:-1]}
    return listed | {
        "parameters": given.get("parameter_file"),
        "sbml": problems[0].get("sbml_files"),
    }


def _listed_second(place: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    models = given.get("model_files")
    one = list(models.values()) if isinstance(models, Mapping) else []
    if not (len(one) == 1 and isinstance(one[0], Mapping)):
        raise EvidenceError(f"{place}: has several models, or none; ketasim writes one")
    listed = {name: given.get(f"{name[:-1]}_files") for name in TABLES_SECOND}
    if not listed["conditions"]:
        del listed["conditions"]
    return listed | {"sbml": one[0].get("location")}


def _read_table(path: Path, needed: Sequence[str]) -> list[Row]:
    records = split_records(path, csv_text(path), "\t")
    header = [name.strip() for name in records[0][1]] if records else []
    for name in needed:
        if name not in header:
            raise EvidenceError(f"{path}: has no column {name}; write it as ketasim does")
    rows = rectangular(path, header, records[1:], "\t")
    return [dict(zip(header, cells, strict=True)) for _, cells in rows]


def _read_record(place: Path) -> dict[str, Any]:
    path = place.parent / RECORD
    if not path.is_file():
        raise EvidenceError(
            f"{place}: there is no {RECORD} beside it, so that ketasim has not written this problem: only "
            "problems of to_petab are read, because doses and subjects cannot be told from an SBML "
            "file; give the data as ks.Observations"
        )
    try:
        record = json.loads(csv_text(path))
    except json.JSONDecodeError as error:
        raise EvidenceError(f"{path}: is not JSON: {error}") from None
    if not isinstance(record, dict):
        raise EvidenceError(f"{path}: is not as ketasim wrote it; write the problem anew")
    return record


def _posterior(
    record: Mapping[str, Any], tables: Mapping[str, Sequence[Row]], files: Mapping[str, Path]
) -> Posterior:
    errors = {name: ErrorModel(**given) for name, given in record["error"].items()}
    subject_of = {one["condition"]: one["name"] for one in record["subjects"] if one["condition"]}
    shift = {
        one["condition"]: float(one["begins_h"]) for one in record["subjects"] if one["condition"]
    }
    measurements = [
        _measurement(files["measurements"], k, row, subject_of, shift, errors)
        for k, row in enumerate(tables["measurements"], start=2)
    ]
    data = Observations(
        {one["name"]: _scenario(one["scenario"]) for one in record["subjects"]},
        tuple(measurements),
        covariates={one["name"]: one["covariates"] for one in record["subjects"]
                    if one["covariates"]},
    )  # fmt: skip
    measured = {m.readout for m in measurements}
    priors = {}
    for row in tables["parameters"]:
        place, own_id = files["parameters"], row["parameterId"]
        if own_id not in record["parameters"]:
            raise EvidenceError(
                f"{place}: {own_id} is not a parameter of {RECORD}, which has "
                f"{', '.join(record['parameters'])}; add it in ketasim, and write the problem anew"
            )
        name, scale = record["parameters"][own_id]
        priors[name] = _prior(place, row, logit=scale == "logit")
    return Posterior(
        data,
        record["theta"],
        error={name: model for name, model in errors.items() if name in measured},
        prior=priors,
        **record["solver"],
    )


def _measurement(
    path: Path,
    line: int,
    row: Row,
    subject_of: Mapping[str, str],
    shift: Mapping[str, float],
    errors: Mapping[str, ErrorModel],
) -> Measurement:
    where = f"{path}, row {line}"
    condition, observable = row["simulationConditionId"], row["observableId"]
    readout = observable.removeprefix(OBSERVED)
    try:
        check_name(condition, subject_of, "condition")
        check_name(readout, errors, "observable")
        value, time = float(row["measurement"]), float(row["time"])
        sd = row.get("noiseParameters") or row.get("sd")
        own = float(sd) if sd else None
    except ValueError as error:
        raise EvidenceError(f"{where}: {error}") from None
    if not all(map(math.isfinite, (value, time, own or 0.0))):
        raise EvidenceError(f"{where}: measurement {value:g} at {time:g} h: give finite numbers")
    return Measurement(
        subject_of[condition], readout, time - shift[condition], value, own, where=where
    )


def _scenario(given: Mapping[str, Any]) -> Scenario:
    regimen = given["regimen"]
    return Scenario(
        Regimen(
            tuple(Dose(**dose) for dose in regimen["doses"]),
            tuple(regimen["resets"]),
            regimen["name"],
            regimen["source"],
        ),
        Subject(**given["subject"]),
        given["context"],
        tuple(Dose(**dose) for dose in given["interventions"]),
        given["parameters"],
        given["variant"],
        given["name"],
    )


def _prior(path: Path, row: Row, *, logit: bool) -> Prior:
    """Return the prior that a row of the table of parameters describes."""
    where = f"{path}, {row['parameterId']}"
    kind, written = row["objectivePriorType"], row["parameterScale"]
    if kind not in (NORMAL, UNIFORM):
        raise EvidenceError(
            f"{where}: objectivePriorType = {kind!r}; {NORMAL} and {UNIFORM} are read"
        )
    if written not in ("lin", "log") or (logit and written != "lin"):
        raise EvidenceError(
            f"{where}: parameterScale = {written!r}; {'lin is' if logit else 'lin and log are'} read"
        )
    scale: Scale = "logit" if logit else "log" if written == "log" else "linear"
    try:
        first, second = map(float, row["objectivePriorParameters"].split(";"))
    except ValueError:
        raise EvidenceError(
            f"{where}: objectivePriorParameters = {row['objectivePriorParameters']!r}; give two numbers "
            "with a semicolon between"
        ) from None
    if kind == NORMAL:
        first, second = first - Z95 * second, first + Z95 * second
    low, high = (from_scale(scale, x) for x in (first, second))
    try:
        return Prior(low, high, scale, flat=kind == UNIFORM)
    except KetasimError as error:
        raise EvidenceError(f"{where}: {error}") from None


# --- what was read is what was written ------------------------------------------------------------


def _check_model(path: Path, own: str, version: str) -> None:
    """Refuse a model that is not that of the scenarios at this version of ketasim."""
    libsbml: Any = require("libsbml", "fit")
    document = libsbml.readSBMLFromString(csv_text(path))
    model = document.getModel()
    if model is None or model.getId() != "ketasim":
        raise EvidenceError(
            f"{path}: is not a model of ketasim; only problems of to_petab are read"
        )
    if not _alike(libsbml.writeSBMLToString(document), own):
        raise EvidenceError(
            f"{path}: is not the model of ketasim {__version__} for the doses in {RECORD} (the problem was "
            f"written by {version}): change doses or the model in ketasim, and write it anew"
        )


def _check_table(
    path: Path, needed: Sequence[str], given: Sequence[Row], own: Sequence[Row]
) -> None:
    """Refuse what would not enter the posterior."""
    key = needed[0]
    if path.stem != "measurements" and key in ("conditionId", "parameterId"):
        given, own = (sorted(rows, key=lambda row: row[key]) for rows in (given, own))
    names = [row[key] for row in given]
    expected = [row[key] for row in own]
    if names != expected:
        raise EvidenceError(
            f"{path}: has {', '.join(names[:8])}, and the posterior {', '.join(expected[:8])}; write the "
            "problem anew with to_petab"
        )
    for row, mine in zip(given, own, strict=True):
        for column in dict.fromkeys([*row, *mine]):
            if column in NOT_COMPARED:
                continue
            usual = USUAL.get(column, "")
            found, wanted = row.get(column) or usual, mine.get(column) or usual
            if not _alike(found, wanted):
                raise EvidenceError(
                    f"{path}, {row[key]}: {column} = {found!r}, and the posterior has {wanted!r}: this "
                    "cannot be read back; change it in ketasim, and write the problem anew"
                )


def _check_bounds(
    path: Path, posterior: Posterior, given: Sequence[Row], own: Sequence[Row]
) -> None:
    """Refuse bounds that leave out a part of a prior that ketasim searches."""
    by_id = {row["parameterId"]: row for row in given}
    for row, mine in zip(posterior.parameters, own, strict=True):
        theirs = by_id[mine["parameterId"]]
        for column, sign in (("lowerBound", 1.0), ("upperBound", -1.0)):
            try:
                bound = float(theirs[column])
            except ValueError as error:
                raise EvidenceError(f"{path}, {mine['parameterId']}: {column}: {error}") from None
            edge = float(mine[column])
            if sign * (bound - edge) > SAME * abs(edge):
                raise EvidenceError(
                    f"{path}, {mine['parameterId']}: {column} = {bound:g} leaves out a part of the prior of "
                    f"{row.name} (to {edge:g}, {FARTHEST:g} standard deviations or the limit of what is "
                    f"possible); set it to {edge!r}, or narrow the prior"
                )


def _alike(a: str, b: str) -> bool:
    """Return whether two texts are equal but for the last digits of their numbers."""
    if a == b:
        return True
    if NUMBER.sub("#", a).split() != NUMBER.sub("#", b).split():
        return False
    pairs = zip(NUMBER.findall(a), NUMBER.findall(b), strict=True)
    return all(
        x == y or math.isclose(float(x), float(y), rel_tol=SAME, abs_tol=1e-300) for x, y in pairs
    )
