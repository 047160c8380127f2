"""The tables of PEtab, version 2, from those of version 1, and back.

Version 2 has long conditions, experiments instead of conditions in the measurements, and priors of the
parameter itself instead of its scale. Distributions stay what they are: normal on the logarithm is
log-normal. The density by the parameter has another maximum than that by its logarithm.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from ketasim.errors import EvidenceError
from ketasim.fitting._petab_tables import NORMAL, UNIFORM, PetabTables, Row

#: Tables of version 2, and columns without which they cannot be read.
NEEDED_SECOND = {
    "conditions": ("conditionId", "targetId", "targetValue"),
    "experiments": ("experimentId", "time", "conditionId"),
    "observables": ("observableId", "observableFormula", "noiseFormula"),
    "measurements": ("observableId", "experimentId", "measurement", "time"),
    "parameters": (
        "parameterId",
        "lowerBound",
        "upperBound",
        "estimate",
        "priorDistribution",
        "priorParameters",
    ),
}
TABLES_SECOND = tuple(NEEDED_SECOND)
#: Prior of version 2 by type and scale of version 1.
DISTRIBUTIONS = {
    (NORMAL, "lin"): "normal",
    (NORMAL, "log"): "log-normal",
    (UNIFORM, "lin"): "uniform",
    (UNIFORM, "log"): "log-uniform",
}
_PLACEHOLDER = re.compile(r"noiseParameter1_\w+")
#: Columns of version 1 that version 2 does not have.
_DROPPED = {
    "observables": ("observableTransformation",),
    "parameters": ("parameterScale", "objectivePriorType", "objectivePriorParameters"),
}


def second(tables: PetabTables) -> dict[str, list[Row]]:
    """Return the rows of every table of version 2."""
    return {
        "conditions": [
            {"conditionId": row["conditionId"], "targetId": target, "targetValue": value}
            for row in tables.conditions
            for target, value in row.items()
            if target not in ("conditionId", "conditionName")
        ],
        "experiments": [
            {
                "experimentId": row["conditionId"],
                "time": "0.0",
                # A condition that changes nothing is none in version 2.
                "conditionId": row["conditionId"] if len(row) > 2 else "",
            }
            for row in tables.conditions
        ],
        "observables": [_observable(row) for row in tables.observables],
        "measurements": [
            {
                "experimentId" if name == "simulationConditionId" else name: value
                for name, value in row.items()
            }
            for row in tables.measurements
        ],
        "parameters": [_parameter(row) for row in tables.parameters],
    }


def _without(row: Row, table: str) -> Row:
    return {name: value for name, value in row.items() if name not in _DROPPED[table]}


def _observable(row: Row) -> Row:
    log = row["observableTransformation"] == "log"
    held = _PLACEHOLDER.findall(row["noiseFormula"])
    return _without(row, "observables") | {
        "noiseDistribution": "log-normal" if log else "normal",
        "noisePlaceholders": held[0] if held else "",
    }


def _parameter(row: Row) -> Row:
    kind, scale = row["objectivePriorType"], row["parameterScale"]
    numbers = row["objectivePriorParameters"]
    if (kind, scale) == (UNIFORM, "log"):
        numbers = ";".join(repr(math.exp(float(x))) for x in numbers.split(";"))
    return _without(row, "parameters") | {
        "estimate": "true",
        "priorDistribution": DISTRIBUTIONS[kind, scale],
        "priorParameters": numbers,
    }


def first(tables: Mapping[str, Sequence[Row]], place: str) -> dict[str, list[Row]]:
    """Return the rows of every table of version 1.

    Raises
    ------
    EvidenceError
        For what version 1, as ketasim writes it, cannot say.
    """
    conditions: dict[str, Row] = {}
    named: dict[str, Row] = {}
    for row in tables["conditions"]:
        named.setdefault(row["conditionId"], {})[row["targetId"]] = row["targetValue"]
    for row in tables["experiments"]:
        name = row["experimentId"]
        if name in conditions or float(row["time"] or "nan") != 0.0:
            raise EvidenceError(
                f"{place}: experiment {name} has several periods, or one that does not begin at time 0; ketasim "
                "writes one"
            )
        changes = named.get(row["conditionId"], {})
        conditions[name] = {"conditionId": name, "conditionName": name, **changes}
    return {
        "conditions": list(conditions.values()),
        "observables": [_first_observable(row, place) for row in tables["observables"]],
        "measurements": [
            {
                "simulationConditionId" if name == "experimentId" else name: value
                for name, value in row.items()
            }
            for row in tables["measurements"]
        ],
        "parameters": [_first_parameter(row, place) for row in tables["parameters"]],
    }


def _first_observable(row: Row, place: str) -> Row:
    noise = row.get("noiseDistribution") or "normal"
    if noise not in ("normal", "log-normal"):
        raise EvidenceError(
            f"{place}: {row['observableId']}: noiseDistribution = {noise!r}; normal and log-normal are read"
        )
    kept = {name: value for name, value in row.items() if name != "noisePlaceholders"}
    return kept | {
        "observableTransformation": "log" if noise == "log-normal" else "lin",
        "noiseDistribution": "normal",
    }


def _first_parameter(row: Row, place: str) -> Row:
    told = {written: key for key, written in DISTRIBUTIONS.items()}
    written, where = row["priorDistribution"], f"{place}: {row['parameterId']}"
    if written not in told:
        raise EvidenceError(f"{where}: priorDistribution = {written!r}; {', '.join(told)} are read")
    if row["estimate"].lower() != "true":
        raise EvidenceError(f"{where}: estimate = {row['estimate']!r}; ketasim writes true")
    kind, scale = told[written]
    numbers = row["priorParameters"]
    if written == "log-uniform":
        try:
            numbers = ";".join(repr(math.log(float(x))) for x in numbers.split(";"))
        except ValueError:
            raise EvidenceError(
                f"{where}: priorParameters = {numbers!r}; give two positive numbers with a semicolon between"
            ) from None
    kept = {
        name: value
        for name, value in row.items()
        if name not in ("priorDistribution", "priorParameters")
    }
    return kept | {
        "estimate": "1",
        "parameterScale": scale,
        "objectivePriorType": kind,
        "objectivePriorParameters": numbers,
    }
