"""A posterior as the model and the tables of PEtab, version 1.

Schmiester et al. 2021, PLoS Comput Biol 17: e1008646. Noise by error model, with the prediction f and
the smallest standard deviation s:
    additive       a
    proportional   max(b f, s)
    combined       sqrt(a^2 + (b f)^2 + s^2)
    lognormal      b, of ln y
    given          noiseParameter1, the sd of each row
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ketasim import _core
from ketasim._arrays import FloatArray
from ketasim._runtime.optional import require
from ketasim.errors import ScenarioError
from ketasim.fitting._bridges import bounds
from ketasim.fitting._density import Density
from ketasim.fitting._error_model import ErrorModel
from ketasim.fitting._free import ERROR, Parameter
from ketasim.fitting._prior import Prior, Scale
from ketasim.fitting._records import Measurement
from ketasim.fitting._subject_theta import BEGINNINGS
from ketasim.observation._intervals import Z95
from ketasim.sbml._model import sbml_of_conditions
from ketasim.scenario._for_core import core_scenario
from ketasim.scenario._scenario import Scenario, acting_value
from ketasim.scenario._solver_options import SolverOptions
from ketasim.simulation._simulate import simulate

#: One row of a table: text by column.
Row = dict[str, str]

#: How ids of observables, of parameters on the logit scale, and of those that act in some conditions
#: only begin.
OBSERVED, LOGIT, FITTED = "observed__", "logit__", "fitted__"
#: Names of priors in the scale of the parameter.
NORMAL, UNIFORM = "parameterScaleNormal", "parameterScaleUniform"
#: Numbers of a schedule that differ less do not depend on a parameter: they are computed with rounding.
SAME = 1e-9
#: Coordinates at which the schedules are compared with those at the start.
MOVED = (0.5, -0.7)


@dataclass(frozen=True, slots=True)
class PetabTables:
    """The parts of a PEtab problem."""

    sbml: str
    conditions: list[Row]
    observables: list[Row]
    measurements: list[Row]
    parameters: list[Row]
    #: Condition by subject.
    ids: dict[str, str]
    #: Time 0 of the file before time 0 of ketasim [h], by subject.
    begins_h: dict[str, float]


def petab_tables(density: Density) -> PetabTables:
    """Return the model and the tables of a posterior.

    Raises
    ------
    ScenarioError
        If PEtab cannot say it; the message has the name and a remedy.
    MissingLibraryError
    """
    libsbml: Any = require("libsbml", "fit")
    data = density.data
    _check_data(density)
    by_subject: dict[str, list[Measurement]] = {}
    for m in data.measurements:
        by_subject.setdefault(m.subject, []).append(m)
    scenarios = [data.subjects[name] for name in by_subject]
    _check_scenarios(density, by_subject)
    document, differing, begins = sbml_of_conditions(
        libsbml,
        scenarios,
        [min(m.time_h for m in rows) for rows in by_subject.values()],
    )
    _check_readouts(density, document)
    columns: dict[str, list[str]] = {
        name: [repr(value) for value in every] for name, every in differing.items()
    }
    ids = condition_ids(by_subject)
    acting = [_acting(density, scenario) for scenario in scenarios]
    petab_ids = {
        row.name: _place(libsbml, document, row, acting, scenarios, columns)
        for row in density.parameters
        if not row.name.startswith(ERROR)
    }
    shift = dict(zip(by_subject, begins, strict=True))
    return PetabTables(
        sbml=libsbml.writeSBMLToString(document),
        conditions=[
            {
                "conditionId": ids[subject],
                "conditionName": subject,
                **{name: every[k] for name, every in columns.items()},
            }
            for k, subject in enumerate(by_subject)
        ],
        observables=_observables(density),
        measurements=_measurements(density, ids, shift),
        parameters=_parameters(density, petab_ids),
        ids=ids,
        begins_h=shift,
    )


def condition_ids(subjects: Iterable[str]) -> dict[str, str]:
    """Return an id of letters, digits and underscores for every subject.

    A number comes first, so that ids are unique, and their order is that of the subjects: pyPESTO 0.7
    with libroadrunner takes the conditions once in this order and once in that of the alphabet.
    """
    names = list(subjects)
    digits = len(str(len(names)))
    return {
        name: f"subject_{k:0{digits}d}_{re.sub(r'[^A-Za-z0-9_]', '_', name)}"
        for k, name in enumerate(names, start=1)
    }


# --- what PEtab cannot say ------------------------------------------------------------------------


def _check_data(density: Density) -> None:
    data = density.data
    only_levels = "write the values of subjects alone: ks.Observations(data.subjects, measurements)"
    if data.arm_rows or data.evidence_rows:
        first = data.arm_rows[0].arm if data.arm_rows else data.evidence_rows[0]
        raise ScenarioError(
            f"PEtab cannot say means, counts and differences of arms ({first}): it has no binomial "
            f"distribution, and no average over patients; {only_levels}"
        )
    censored = [m for m in data.measurements if m.censored]
    if censored:
        m = censored[0]
        raise ScenarioError(
            f"PEtab cannot say censored values: subject {m.subject}, {m.readout} at {m.time_h:g} h and "
            f"{len(censored) - 1} more; leave them out, which biases a fit if there are many: "
            "measurements=[m for m in data.measurements if not m.censored]"
        )
    for readout, model in density.errors.items():
        if model.blq == "M4":
            raise ScenarioError(
                f"PEtab cannot say likelihood M4, which is conditional on positive values (error of "
                f"{readout}); give it without blq"
            )
    for row in density.parameters:
        if row.name.startswith("observation."):
            raise ScenarioError(
                f"{row.name} is how studies differ and does nothing here; leave it out of theta"
            )
        if row.name.startswith(BEGINNINGS):
            raise ScenarioError(
                f"{row.name} changes doses or the state before treatment, which are numbers in an SBML "
                "file; leave it out of theta, or fit with posterior.maximum or posterior.to_pypesto"
            )


def _acting(density: Density, scenario: Scenario) -> dict[str, str]:
    """Return the name in the fit of each parameter of the model that acts in a scenario."""
    return density.acting(scenario.subject.species)


def _check_scenarios(density: Density, by_subject: dict[str, list[Measurement]]) -> None:
    scenarios = {name: density.data.subjects[name] for name in by_subject}
    rated = {s.subject.baseline_madrs is not None for s in scenarios.values()}
    if len(rated) > 1:
        raise ScenarioError(
            "some subjects have a baseline_madrs, others none, which are two models: give it for all "
            "measured subjects, or for none"
        )
    acts: set[str] = set()
    for name, scenario in scenarios.items():
        acting = _acting(density, scenario)
        acts |= set(acting.values())
        for p, factor in scenario.subject.factors().items():
            if p in acting and factor != 1.0:
                raise ScenarioError(
                    f"subject {name}: {acting[p]} is fitted, and what the subject is multiplies it by "
                    f"{factor:.4g} ({scenario}): a PEtab condition has no such product; leave the trait out "
                    f"of the subject, or {acting[p]} out of theta"
                )
    for row in density.parameters:
        if not row.name.startswith(ERROR) and row.name not in acts:
            raise ScenarioError(f"{row.name} acts in no measured subject: leave it out of theta")
    for scenario in dict.fromkeys(scenarios.values()):
        _check_schedule(density, scenario)
    for name, rows in by_subject.items():
        _check_jumps(name, scenarios[name], rows)


def _check_schedule(density: Density, scenario: Scenario) -> None:
    """Refuse free parameters that change doses or the state before treatment, which are numbers."""
    start = density.start
    own = _numbers(density, scenario, start)
    for step in MOVED:
        if np.allclose(_numbers(density, scenario, start + step), own, rtol=SAME, atol=SAME):
            continue
        for k, row in enumerate(density.parameters):
            z = start.copy()
            z[k] += step
            if not np.allclose(_numbers(density, scenario, z), own, rtol=SAME, atol=SAME):
                raise ScenarioError(
                    f"{row.name} changes the state before treatment or the size of a dose, which are "
                    f"numbers in an SBML file ({scenario}); leave it out of theta, or fit with "
                    "posterior.maximum or posterior.to_pypesto"
                )


def _numbers(density: Density, scenario: Scenario, z: FloatArray) -> FloatArray:
    """Return all numbers of the compiled doses and of the state before treatment."""
    schedule = _core.compiled_schedule(core_scenario(density.scenario(scenario, z)))
    followed = {name.removesuffix("_of_rating") for name in _core.recorded_model()["at_rest"]}
    found = [*schedule["start"]]
    for inputs in (schedule["before"], *(stop[3] for stop in schedule["stops"])):
        found += [value for name, value in inputs.items() if name not in followed]
    for time, _, jumps, _ in schedule["stops"]:
        found += [time, *(number for jump in jumps for number in jump)]
    return np.array(found, dtype=np.float64)


def _check_jumps(subject: str, scenario: Scenario, rows: Sequence[Measurement]) -> None:
    """Refuse a value at the very time of a dose that makes its readout jump."""
    times = np.unique([m.time_h for m in rows])
    # A run ends ahead of what happens at its last time.
    times = np.append(times, times[-1] + 1.0)
    before, after = (
        simulate(scenario, t_eval=times, at_event=rule) for rule in ("before", "after")
    )
    for m in rows:
        k = int(np.searchsorted(times, m.time_h))
        first, second = float(before[m.readout][k]), float(after[m.readout][k])
        if not np.isclose(first, second, rtol=1e-6, atol=1e-12):
            raise ScenarioError(
                f"subject {subject}: {m.readout} at {m.time_h:g} h is measured at the very time of a dose "
                f"that moves it from {first:g} to {second:g}, and PEtab does not say which of them is "
                "meant; move the time by a second"
            )


def _check_readouts(density: Density, document: Any) -> None:
    for readout in density.errors:
        if document.getModel().getParameter(readout) is None:
            raise ScenarioError(
                f"{readout} is an average over many patients and not part of an SBML file; leave its "
                "values out"
            )


# --- parameters -----------------------------------------------------------------------------------


def _place(
    libsbml: Any,
    document: Any,
    row: Parameter,
    acting: Sequence[dict[str, str]],
    scenarios: Sequence[Scenario],
    columns: dict[str, list[str]],
) -> str:
    """Return the id of a free parameter in the tables, and put it into the model or the conditions."""
    p = next(p for one in acting for p, name in one.items() if name == row.name)
    sbml_id = p.replace(".", "__")
    logit = row.prior.scale == "logit"
    everywhere = all(one.get(p) == row.name for one in acting)
    if logit:
        usual = [columns[sbml_id][k] for k in range(len(acting))] if sbml_id in columns else None
        columns.pop(sbml_id, None)
        made = LOGIT + sbml_id
        if document.getModel().getParameter(made) is None:
            _add_logit(libsbml, document.getModel(), sbml_id, made)
        if usual is not None and not everywhere:
            columns[made] = [repr(_logit(float(value))) for value in usual]
        sbml_id = made
    if everywhere:
        columns.pop(sbml_id, None)
        return sbml_id
    own_id = FITTED + row.name.replace(":", "__").replace(".", "__")
    if sbml_id not in columns:
        values = [_own_value(p, scenario) for scenario in scenarios]
        columns[sbml_id] = [repr(_logit(v) if logit else v) for v in values]
    for k, one in enumerate(acting):
        if one.get(p) == row.name:
            columns[sbml_id][k] = own_id
    return own_id


def _own_value(p: str, scenario: Scenario) -> float:
    return acting_value(scenario, p)


def _logit(x: float) -> float:
    return float(np.log(x / (1.0 - x)))


def _add_logit(libsbml: Any, model: Any, sbml_id: str, logit_id: str) -> None:
    """Let a fraction follow from its logit."""
    fraction = model.getParameter(sbml_id)
    made = model.createParameter()
    made.setId(logit_id)
    made.setName(f"logit of {fraction.getName()}")
    made.setConstant(True)
    made.setUnits("dimensionless")
    made.setValue(_logit(fraction.getValue()))
    fraction.setConstant(False)
    follows = model.createAssignmentRule()
    follows.setVariable(sbml_id)
    one = "1 dimensionless"
    follows.setMath(libsbml.parseL3Formula(f"{one} / ({one} + exp(-{logit_id}))"))


def _parameters(density: Density, petab_ids: dict[str, str]) -> list[Row]:
    low, high = bounds(density)
    rows = []
    for k, row in enumerate(density.parameters):
        ends = [_written(row.prior, z) for z in (low[k], high[k])]
        kind, first, second = prior_row(row.prior)
        rows.append({
            "parameterId": petab_ids.get(row.name) or error_id(row.name),
            "parameterName": row.name,
            "parameterScale": "log" if row.prior.scale == "log" else "lin",
            "lowerBound": repr(ends[0]),
            "upperBound": repr(ends[1]),
            "nominalValue": repr(_written(row.prior, density.start[k])),
            "estimate": "1",
            "objectivePriorType": kind,
            "objectivePriorParameters": f"{first!r};{second!r}",
        })  # fmt: skip
    return rows


def _written(prior: Prior, z: float) -> float:
    """Return the value in the table at a coordinate."""
    value = float(prior.value(z))
    return _logit(value) if prior.scale == "logit" else value


def from_scale(scale: Scale, x: float) -> float:
    """Return the parameter at a value on its scale."""
    if scale == "linear":
        return x
    return math.exp(x) if scale == "log" else 1.0 / (1.0 + math.exp(-x))


def prior_row(prior: Prior) -> tuple[str, float, float]:
    """Return type and parameters of a prior, in the scale of the parameter."""
    centre, sd = prior.normal()
    if prior.flat:
        return UNIFORM, centre - Z95 * sd, centre + Z95 * sd
    return NORMAL, centre, sd


def error_id(name: str) -> str:
    """Return the id of a parameter of a residual error."""
    return name.replace(".", "__")


# --- observables and measurements -----------------------------------------------------------------


def _observables(density: Density) -> list[Row]:
    least = density.least_sd()
    return [
        {
            "observableId": OBSERVED + readout,
            "observableName": readout,
            "observableFormula": f"max({readout}, {least[readout]!r})"
            if model.kind == "lognormal"
            else readout,
            "observableTransformation": "log" if model.kind == "lognormal" else "lin",
            "noiseFormula": _noise(readout, model, least[readout]),
            "noiseDistribution": "normal",
        }
        for readout, model in density.errors.items()
    ]


def _noise(readout: str, model: ErrorModel, least: float) -> str:
    def part(name: str, fixed: float | None) -> str:
        return error_id(f"{ERROR}{readout}.{name}") if fixed is None else repr(fixed)

    a, b = part("additive", model.additive), part("proportional", model.proportional)
    return {
        "additive": a,
        "proportional": f"max({b} * {readout}, {least!r})",
        "combined": f"sqrt(({a})^2 + ({b} * {readout})^2 + {least * least!r})",
        "lognormal": b,
        "given": f"noiseParameter1_{OBSERVED}{readout}",
    }[model.kind]


def _measurements(density: Density, ids: dict[str, str], begins_h: dict[str, float]) -> list[Row]:
    rows = []
    any_sd = any(m.sd is not None for m in density.data.measurements)
    for m in density.data.measurements:
        given = density.errors[m.readout].kind == "given"
        sd = "" if m.sd is None else repr(float(m.sd))
        row = {
            "observableId": OBSERVED + m.readout,
            "simulationConditionId": ids[m.subject],
            "measurement": repr(float(m.value)),
            "time": repr(float(m.time_h) + begins_h[m.subject]),
        }
        if any_sd:
            # A standard deviation that the error model does not use has a column of its own.
            row |= {"noiseParameters": sd if given else "", "sd": "" if given else sd}
        rows.append(row)
    return rows


def solver_record(options: SolverOptions) -> dict[str, Any]:
    """Return the options that are not the usual ones."""
    usual = SolverOptions()
    found = {}
    for name in SolverOptions.__dataclass_fields__:
        value = getattr(options, name)
        if value != getattr(usual, name):
            found[name] = dict(value) if hasattr(value, "items") else value
    return found
