"""Residuals of one run against data, with their derivatives."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, Unpack

import numpy as np

from ketasim._arrays import FloatArray
from ketasim._wording.lists import listed
from ketasim._wording.names import check_name, shortened
from ketasim._wording.plain_numbers import number_or_nan, plain_numbers
from ketasim._wording.sealed import sealed
from ketasim.catalogue._model_tables import parameters, readouts
from ketasim.dosing._dose import Dose
from ketasim.dosing._regimen import Regimen
from ketasim.errors import ParameterError, ScenarioError
from ketasim.fitting._subject_theta import BEGINNINGS, SubjectTheta
from ketasim.scenario._output_times import output_times
from ketasim.scenario._overrides import as_scenario, check_parameters
from ketasim.scenario._scenario import Scenario
from ketasim.scenario._solver_options import (
    SolverKeywords,
    check_keywords,
    one_row_per_time,
    solver_options,
)
from ketasim.simulation._sensitivity import solve
from ketasim.simulation._simulation_error import SimulationError


@sealed
class Datum(NamedTuple):
    """A measurement.

    Parameters
    ----------
    readout : str
    time_h : float
        Time [h].
    value, sd : float
        Value and standard deviation, in the unit of the readout.

    Examples
    --------
    >>> from ketasim.fitting import Datum
    >>> Datum("madrs_change", 24.0, -9.0, 2.0).sd
    2.0
    """

    readout: str
    time_h: float
    value: float
    sd: float


def residuals_and_jacobian(
    scenario: Scenario | Regimen | Dose | str,
    data: Sequence[Datum | tuple[str, float, float, float]],
    theta: Mapping[str, float],
    **solver: Unpack[SolverKeywords],
) -> tuple[FloatArray, FloatArray]:
    """Return the residuals of one scenario against data, and their exact derivatives.

    Parameters
    ----------
    scenario : Scenario, Regimen, Dose or str
        As in `simulate`.
    data : sequence of Datum or (readout, time [h], value, standard deviation)
        Value and standard deviation in the unit of the readout.
    theta : mapping of str to float
        Values of the parameters to fit, by 'module.name', or as in `Posterior` 'subject.weight_kg',
        'subject.severity', 'subject.baseline_madrs', 'dose.factor' and 'dose.lag_h'.
    **solver
        Fields of `SolverOptions`; methods ``rodas5p`` and ``rodas4``.

    Returns
    -------
    residuals : ndarray, shape (n_data,)
        (predicted - value) / sd.
    jacobian : ndarray, shape (n_data, n_theta)
        d residual / d theta, in the order of theta.

    Raises
    ------
    ScenarioError, ParameterError, UnknownNameError
        For empty data, a time, value or standard deviation that is not possible, an unknown name, a
        theta that is no number, or ``at_event="both"``.

    Notes
    -----
    If the run stops early, or a value of theta is not finite or not possible for the model, both arrays
    are NaN: a failed run is never taken for a good fit, and an optimiser can try a shorter step.

    Examples
    --------
    >>> import ketasim as ks
    >>> residuals, jacobian = ks.residuals_and_jacobian(
    ...     "ketamine 0.5 mg/kg iv over 40 min", [("madrs_change", 24.0, -9.0, 2.0)], {"mtor.tau_M": 0.1}
    ... )
    >>> residuals.shape, jacobian.shape
    ((1,), (1, 1))
    """
    check_keywords(residuals_and_jacobian, solver)
    options = one_row_per_time(solver_options(None, solver))
    if options.method == "dopri5":
        raise ScenarioError("method dopri5 has no derivatives: use rodas5p or rodas4")
    rows = _checked_data(data)
    names = list(dict.fromkeys(row.readout for row in rows))
    times, at = np.unique([row.time_h for row in rows], return_inverse=True)
    given = as_scenario(scenario)
    times = output_times(given, None, times)
    of_model, of_subject = _checked_theta(theta, given)
    free = SubjectTheta(tuple(of_subject), {"": given})
    failed = np.full(len(rows), np.nan), np.full((len(rows), len(theta)), np.nan)
    if not all(field.least <= of_subject[field.name] <= field.most for field in free.fields):
        return failed
    try:
        moved = replace(given, parameters={**given.parameters, **of_model})
        check_parameters(moved, warn=False)
        moved, fields, chain = free.moved(moved, np.array(list(of_subject.values())))
        wrt = [*of_model, *fields]
        s = solve(moved, wrt, wrt, names, times, options)
    except (SimulationError, ParameterError):
        return failed
    observed, sd = np.array([(row.value, row.sd) for row in rows]).T
    which = [names.index(row.readout) for row in rows]
    predicted = np.stack([s.run[name] for name in names])[which, at]
    found = np.stack([s[name] for name in names])[which, at]
    n = len(of_model)
    slopes = np.hstack([found[:, :n], found[:, n:] @ chain])
    order = [[*of_model, *of_subject].index(name) for name in theta]
    return (predicted - observed) / sd, slopes[:, order] / sd[:, np.newaxis]


def _checked_data(data: Sequence[Datum | tuple[str, float, float, float]]) -> list[Datum]:
    given: object = data
    what = "give a list of (readout, time [h], value, sd)"
    rows = []
    for i, row in enumerate(listed("data", given, what.removeprefix("give "))):
        try:
            readout, *numbers = row
            time_h, value, sd = map(number_or_nan, numbers)
        except (TypeError, ValueError):
            raise ScenarioError(f"data[{i}] = {shortened(row)}: {what}") from None
        if not math.isfinite(time_h):
            raise ScenarioError(
                f"data[{i}] = {shortened(tuple(row))}: the time must be a finite number of hours"
            )
        if not (math.isfinite(value) and math.isfinite(sd) and sd > 0.0):
            raise ScenarioError(
                f"data[{i}] = {shortened(tuple(row))}: value and sd must be finite numbers, sd above 0"
            )
        check_name(readout, readouts().names, "readout")
        rows.append(Datum(readout, time_h, value, sd))
    if not rows:
        raise ScenarioError("data is empty: give at least one (readout, time, value, sd)")
    return rows


def _checked_theta(
    theta: Mapping[str, float], scenario: Scenario
) -> tuple[dict[str, float], dict[str, float]]:
    """Return theta as numbers, which may be impossible: of the model, of the subject and its doses."""
    given: object = theta
    if not isinstance(given, Mapping) or not given:
        raise ScenarioError(
            f"theta = {shortened(given)}: give a mapping, such as {{'mtor.tau_M': 0.1}}"
        )
    of_subject = {name: x for name, x in given.items() if str(name).startswith(BEGINNINGS)}
    of_model = {name: x for name, x in given.items() if name not in of_subject}
    known = parameters(scenario.subject.species).names
    for name in of_model:
        check_name(name, known, "parameter")
    numbers = plain_numbers("theta", [*of_subject.values()], "give numbers").tolist()
    return (
        dict(Scenario(scenario.regimen, parameters=of_model).parameters),
        dict(zip(of_subject, numbers, strict=True)),
    )
