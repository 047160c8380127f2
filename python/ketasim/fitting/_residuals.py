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
        Values of the parameters to fit, by 'module.name'.
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
    ScenarioError, UnknownNameError
        For empty data, a value or standard deviation that is not possible, or an unknown name.

    Notes
    -----
    If the run stops early, or theta is not finite, both arrays are NaN, so that a failed run is never
    taken for a good fit.

    Examples
    --------
    >>> import ketasim as ks
    >>> residuals, jacobian = ks.residuals_and_jacobian(
    ...     "ketamine 0.5 mg/kg iv over 40 min", [("madrs_change", 24.0, -9.0, 2.0)], {"mtor.tau_M": 0.1}
    ... )
    >>> residuals.shape, jacobian.shape
    ((1,), (1, 1))
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
