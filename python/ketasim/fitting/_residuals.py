"""Residuals of one run against data, with their derivatives."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Unpack

import numpy as np

from ketasim._arrays import FloatArray
from ketasim.catalogue._model_tables import parameters
from ketasim.dosing._dose import Dose
from ketasim.dosing._regimen import Regimen
from ketasim.errors import ScenarioError
from ketasim.scenario._overrides import as_scenario
from ketasim.scenario._scenario import Scenario
from ketasim.scenario._solver_options import SolverKeywords
from ketasim.simulation._sensitivity import sensitivity
from ketasim.simulation._simulation_error import SimulationError


class Datum(NamedTuple):
    """A measurement: readout, time [h], value and standard deviation in the unit of the readout."""

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
    """What least squares needs of one arm.

    Parameters
    ----------
    scenario
        As in `simulate`.
    data : sequence of (readout, time [h], value, standard deviation)
    theta : mapping of str to float
        Parameters to fit ('module.name') and where to evaluate.

    Returns
    -------
    residuals : ndarray, shape (n_data,)
        (predicted - value) / sd.
    jacobian : ndarray, shape (n_data, n_theta)
        Their derivatives by theta, in its order.

    Notes
    -----
    Where the run stops early or theta is impossible for the model, both are NaN throughout: a failed
    run never looks like a good fit. Unknown names raise.
    """
    rows = [Datum(*row) for row in data]
    if not rows:
        raise ScenarioError("data is empty: give at least one (readout, time, value, sd)")
    for i, row in enumerate(rows):
        if not (math.isfinite(row.value) and math.isfinite(row.sd) and row.sd > 0.0):
            raise ScenarioError(
                f"data[{i}] = {tuple(row)}: value and sd must be finite, sd above 0"
            )
    names = list(dict.fromkeys(row.readout for row in rows))
    times, at = np.unique([row.time_h for row in rows], return_inverse=True)
    given = as_scenario(scenario)
    table = parameters(given.subject.species)
    wrt = [str(table[name]["name"]) for name in theta]
    failed = np.full(len(rows), np.nan), np.full((len(rows), len(wrt)), np.nan)
    if not all(math.isfinite(value) for value in theta.values()):
        return failed
    moved = as_scenario(given, parameters={**given.parameters, **theta})
    try:
        s = sensitivity(moved, wrt, names, t_eval=times, **solver)
    except SimulationError:
        return failed
    observed, sd = np.array([(row.value, row.sd) for row in rows]).T
    which = [names.index(row.readout) for row in rows]
    predicted = np.stack([s.run[name] for name in names])[which, at]
    slopes = np.stack([s[name] for name in names])[which, at]
    return (predicted - observed) / sd, slopes / sd[:, np.newaxis]
