"""The error that a run reaches beside the error that was asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ketasim._arrays import FloatArray
from ketasim._wording.frozen import comparable
from ketasim.catalogue._model_tables import readouts, states
from ketasim.errors import ScenarioError
from ketasim.scenario._overrides import as_scenario
from ketasim.scenario._scenario import Scenario
from ketasim.simulation._run import Run
from ketasim.simulation._simulate import simulate

#: Relative tolerance of the run that others are compared with.
REFERENCE_RTOL = 1e-11

#: Smallest size of a readout by unit: a readout that stays below it is compared with it. Assays of
#: ketamine quantify about 1 ng/mL; a rating scale has whole points; other values are read in per cent.
SMALLEST: Mapping[str, float] = {
    "ng/mL": 1.0,
    "points": 1.0,
    "mmHg": 1.0,
    "% of baseline": 1.0,
    "%": 1.0,
    "1": 0.01,
    "fold": 0.01,
    "SMD": 0.01,
}


@comparable
@dataclass(frozen=True, slots=True)
class ErrorReached:
    """Errors of a run in units of the tolerance that was asked for.

    Parameters
    ----------
    rtol : float
        Tolerance asked for.
    rms : float
        Root mean square over all states, at the time at which it is largest.
    states, readouts : mapping of str to float
        Largest error over all times. For a state it is divided by
        ``rtol * (|value| + typical size)``, for a readout by ``rtol`` times its largest value in the
        run (but not less than `SMALLEST` of its unit).
    n_steps : int
        Accepted steps.

    Examples
    --------
    >>> from ketasim.qualification import error_reached
    >>> (found,) = error_reached("ketamine 35 mg im", [0, 1, 24], [1e-6])
    >>> found.rms < 10.0
    True
    """

    rtol: float
    rms: float
    states: Mapping[str, float]
    readouts: Mapping[str, float]
    n_steps: int

    @property
    def worst_state(self) -> tuple[str, float]:
        """The state with the largest error."""
        return max(self.states.items(), key=lambda item: item[1])

    @property
    def worst_readout(self) -> tuple[str, float]:
        """The readout with the largest error."""
        return max(self.readouts.items(), key=lambda item: item[1])


def error_reached(
    scenario: Scenario | str, t_eval: ArrayLike, rtols: Sequence[float] = (1e-4, 1e-6, 1e-8)
) -> tuple[ErrorReached, ...]:
    """Compare runs at several tolerances with one at a relative tolerance of 1e-11.

    Parameters
    ----------
    scenario : Scenario or str
    t_eval : array_like, shape (n_times,)
        Times that are compared [h].
    rtols : sequence of float
        Tolerances asked for.

    Returns
    -------
    tuple of ErrorReached
        One for each tolerance.

    Raises
    ------
    ScenarioError
        If the scenario is impossible.
    SimulationError
        If a run stops early.

    Examples
    --------
    >>> from ketasim.qualification import error_reached
    >>> coarse, fine = error_reached("ketamine 35 mg im", [0.5, 24], [1e-4, 1e-8])
    >>> coarse.n_steps < fine.n_steps
    True
    """
    if not len(rtols):
        raise ScenarioError("rtols is empty: give relative tolerances, such as [1e-4, 1e-6]")
    whole = as_scenario(scenario)
    exact = simulate(whole, t_eval=t_eval, rtol=REFERENCE_RTOL)
    return tuple(_error(simulate(whole, t_eval=t_eval, rtol=r), exact, float(r)) for r in rtols)


def _error(run: Run, exact: Run, rtol: float) -> ErrorReached:
    typical = np.array([float(row["typical"]) for row in states()])
    in_tolerances = np.abs(run.y - exact.y) / (rtol * (np.abs(exact.y) + typical))
    largest = in_tolerances.max(axis=0)
    return ErrorReached(
        rtol,
        float(np.sqrt(np.mean(in_tolerances**2, axis=1)).max()),
        dict(zip(states().names, largest.tolist(), strict=True)),
        {
            row["name"]: value
            for row in readouts()
            if math.isfinite(value := _of_readout(run[row["name"]], exact[row["name"]], row["unit"], rtol))
        },
        run.n_steps,
    )  # fmt: skip


def _of_readout(found: FloatArray, exact: FloatArray, unit: str, rtol: float) -> float:
    """Return the error of a readout; NaN where it is not defined for the subject."""
    if not np.isfinite(exact).all():
        return math.nan
    size = max(float(np.abs(exact).max()), SMALLEST.get(unit, 0.01))
    return float(np.abs(found - exact).max()) / (rtol * size)
