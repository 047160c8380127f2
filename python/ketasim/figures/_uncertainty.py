"""Runs of one scenario at draws from the posterior of the calibrated parameters."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ketasim._arrays import FloatArray
from ketasim.errors import ScenarioError
from ketasim.figures._drawable_run import DrawableRun
from ketasim.figures._quantities import Quantity
from ketasim.fitting._calibrated import calibrated
from ketasim.scenario._overrides import ParameterRangeWarning
from ketasim.simulation._simulate import simulate

#: Draws of a band, and the central share that it shows.
DRAWS, SHARE = 100, 0.95


def runs_of_draws(run: DrawableRun) -> list[DrawableRun]:
    """Return the run at draws of the calibrated parameters; those set in its scenario stay.

    Raises
    ------
    ScenarioError
        For animals and variants, to which the calibration does not belong.
    """
    scenario = run.scenario
    if scenario.subject.species != "human" or scenario.variant is not None:
        raise ScenarioError(
            f"uncertainty=True: the posterior is that of the standard model in humans, not of "
            f"{scenario.variant or scenario.subject.species}"
        )
    drawn = calibrated().draws(DRAWS).flat()
    names = [name for name in drawn if not name.startswith("observation.")]
    found: list[DrawableRun] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ParameterRangeWarning)
        for k in range(DRAWS):
            parameters = {name: float(drawn[name][k]) for name in names}
            one = replace(scenario, parameters={**parameters, **scenario.parameters})
            found.append(simulate(one, t_eval=run.t))
    return found


def band(quantity: Quantity, runs: Sequence[DrawableRun]) -> tuple[FloatArray, FloatArray]:
    """Return the central band of a quantity over runs, each end of shape (n_times,)."""
    values = np.array([quantity.of(run) for run in runs])
    low, high = np.quantile(values, [(1.0 - SHARE) / 2.0, (1.0 + SHARE) / 2.0], axis=0)
    return low, high
