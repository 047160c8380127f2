"""The score of a prediction: its distance from the observation and its 95 % interval.

The interval is taken from the row, in this order:

1. ``sign``: no interval; the direction must be right. For 0 ("no significant change") the model's
   difference must be below a tolerance (`NO_CHANGE`).
2. Plasma: fold error. A level, an area or a time of the peak is inside within a factor of two, or
   within its own interval where that is wider.
3. ``spread``: ``se`` x 1.96; ``sd`` and ``cv`` (of the value) through n to a standard error; ``iqr``
   as 1.349 sd; ``ci95_halfwidth`` unchanged; ``range`` (half of it) as limits; ``reading`` is the
   standard error of reading a figure.
4. Shares without spread: the Wilson interval of n patients.
5. All other rows: a stated standard deviation between patients by readout (`PATIENT_SD`) through n,
   a share of the value for laboratory readouts (`LABORATORY_CV`), a factor of two for times.

Where n is blank, n of the arm is used, and where that is blank too, `N_UNKNOWN`. A contrast of two
arms without spread has twice the standard error of one mean; n is the number of both.

Beside that verdict a prediction has a distribution: clinical rows that of `ketasim.observation.forecast`,
the others that of their kind of measurement (`ketasim.qualification._residuals`). From it come
prediction intervals, log score, CRPS and PIT.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ketasim._wording.frozen import comparable
from ketasim.evidence._records import Arm, Observation
from ketasim.observation._distributions import Distribution
from ketasim.observation._intervals import Z95, distance, interval_of
from ketasim.observation._prediction import Prediction


@comparable
@dataclass(frozen=True, slots=True)
class Record:
    """One observation and the score of its prediction.

    Attributes
    ----------
    obs_id, area, readout, statistic, arm_id, relative_to, source_key, role : str
        As in `ketasim.evidence.Observation`.
    weight, time_h : float
        Weight from 0 to 1, and time [h].
    time_end_h : float or None
        End of a window [h].
    value : float
        Observed value, in ``unit``.
    unit : str
    predicted : float or None
        In ``unit``; None where the model has no counterpart, see ``reason``.
    difference : float or None
        Difference whose sign was taken, in the unit of the readout.
    spread : float or None
        Standard error used [unit]; None for a sign.
    low, high : float or None
        The 95 % interval [unit].
    interval_from : str
        Origin of the interval.
    z : float or None
        Distance from the value in standard errors; |z| <= 1.96 exactly inside the interval.
    fold_error : float or None
        Larger over smaller value, at least 1, where both are positive.
    within : bool or None
        Whether the prediction is inside the interval; None without a prediction.
    scored : bool
        Whether it counts: predicted, and weight above 0.
    reason : str
        Why there is no prediction, or why it does not count.
    trial : str
        Trial of a clinical row, else ''.
    lo50, hi50, lo80, hi80, lo95, hi95 : float or None
        Prediction intervals [unit]: where another study of this kind is expected. None for directions
        and where the model has no distribution.
    log_score : float or None
        Logarithm of the predicted density [1/unit], or probability of a count, at the value; higher is
        better.
    crps : float or None
        Continuous ranked probability score [unit]; 0 is best.
    pit : float or None
        Probability integral transform: share of the predictive distribution below the value.
    log_score_control, crps_control, log_score_mbma, crps_mbma : float or None
        The same scores of the two baselines, *control only* and *statistical MBMA*.

    Examples
    --------
    >>> import ketasim as ks
    >>> from ketasim.observation import Prediction
    >>> from ketasim.qualification import score
    >>> evidence = ks.evidence.load()
    >>> observation = evidence.observations[0]
    >>> score(observation, evidence.arms[observation.arm_id], Prediction(observation.value)).z
    0.0
    """

    obs_id: str
    area: str
    readout: str
    statistic: str
    arm_id: str
    relative_to: str
    source_key: str
    role: str
    weight: float
    time_h: float
    time_end_h: float | None
    value: float
    unit: str
    predicted: float | None
    difference: float | None
    spread: float | None
    low: float | None
    high: float | None
    interval_from: str
    z: float | None
    fold_error: float | None
    within: bool | None
    scored: bool
    reason: str
    trial: str = ""
    lo50: float | None = None
    hi50: float | None = None
    lo80: float | None = None
    hi80: float | None = None
    lo95: float | None = None
    hi95: float | None = None
    log_score: float | None = None
    crps: float | None = None
    pit: float | None = None
    log_score_control: float | None = None
    crps_control: float | None = None
    log_score_mbma: float | None = None
    crps_mbma: float | None = None


def score(o: Observation, arm: Arm, prediction: Prediction) -> Record:
    """Score a prediction of an observation on an arm.

    Parameters
    ----------
    o : Observation
    arm : Arm
        The arm on which the observation was made.
    prediction : Prediction

    Returns
    -------
    Record

    Examples
    --------
    >>> import ketasim as ks
    >>> from ketasim.observation import Prediction
    >>> from ketasim.qualification import score
    >>> evidence = ks.evidence.load()
    >>> observation = evidence.observations[0]
    >>> score(observation, evidence.arms[observation.arm_id], Prediction(observation.value)).within
    True
    """
    interval = None if o.statistic == "sign" else interval_of(o, arm)
    predicted = prediction.value
    z = fold = within = None
    if predicted is not None:
        fold = fold_error(o.value, predicted) if o.statistic != "sign" else None
        if interval is None:
            within = predicted == o.value
        else:
            z = distance(o.value, interval, predicted)
            within = abs(z) <= Z95 * (1.0 + 1e-12)
    return Record(
        obs_id=o.obs_id,
        area=o.area,
        readout=o.readout,
        statistic=o.statistic,
        arm_id=o.arm_id,
        relative_to=o.relative_to,
        source_key=o.source_key,
        role=o.role,
        weight=o.weight,
        time_h=o.time_h,
        time_end_h=o.time_end_h,
        value=o.value,
        unit=o.unit,
        predicted=predicted,
        difference=prediction.difference,
        spread=interval.standard_error if interval else None,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        interval_from=interval.origin if interval else "sign",
        z=z,
        fold_error=fold,
        within=within,
        scored=predicted is not None and o.weight > 0.0,
        reason=prediction.reason or ("weight 0: shown, not counted" if o.weight == 0.0 else ""),
    )


#: Levels of the prediction intervals [%].
LEVELS = (50, 80, 95)


def with_scores(
    record: Record,
    model: Distribution | None,
    baselines: Mapping[str, Distribution] | None = None,
    trial: str = "",
) -> Record:
    """Add prediction intervals and scores to a record.

    Parameters
    ----------
    record : Record
    model : Distribution or None
        Predictive distribution of the number.
    baselines : mapping of str to Distribution, optional
        By ``control`` and ``mbma``.
    trial : str
        Name of the trial.

    Returns
    -------
    Record
    """
    found: dict[str, Any] = {"trial": trial}
    y = record.value
    if model is not None:
        tails = np.array([0.005 * (100 - level) for level in LEVELS])
        low, high = model.quantiles(tails), model.quantiles(1.0 - tails)
        for k, level in enumerate(LEVELS):
            found[f"lo{level}"], found[f"hi{level}"] = float(low[k]), float(high[k])
        found |= {"log_score": _finite(model.log_density(y)), "crps": model.crps(y)}
        found["pit"] = model.pit(y)
        for name, of_baseline in (baselines or {}).items():
            found[f"log_score_{name}"] = _finite(of_baseline.log_density(y))
            found[f"crps_{name}"] = of_baseline.crps(y)
    return replace(record, **found)


def _finite(log_score: float) -> float:
    """Return a log score of at least that of a chance of 1e-30."""
    return max(log_score, LEAST_LOG_SCORE)


#: Least log score of a row: what is not possible by a prediction counts as a chance of 1e-30.
LEAST_LOG_SCORE = math.log(1e-30)


def fold_error(value: float, predicted: float) -> float | None:
    """Divide the larger of two positive numbers by the smaller.

    Parameters
    ----------
    value, predicted : float
        In the same unit.

    Returns
    -------
    float or None
        At least 1; None if a number is not positive.

    Examples
    --------
    >>> from ketasim.qualification import fold_error
    >>> fold_error(50.0, 100.0)
    2.0
    """
    if value <= 0.0 or predicted <= 0.0:
        return None
    return max(value / predicted, predicted / value)
