"""Is a prediction inside? Every observation against its own 95 % interval.

The interval comes from what the row says, in this order:

1. ``sign``: no interval; the direction must be right. For 0 ("no significant change") the model's
   difference must be below a tolerance (`prediction.NO_CHANGE`).
2. Plasma: fold error. A level, an area or a time of the peak is inside within a factor of two, or
   within its own interval where that is wider.
3. ``spread``: ``se`` x 1.96; ``sd`` and ``cv`` (of the value) through n to a standard error; ``iqr``
   as 1.349 sd; ``ci95_halfwidth`` as it is; ``range`` (half of it) as limits; ``reading`` is the
   standard error of reading a figure.
4. Shares without spread: the Wilson interval of n patients.
5. Nothing else: a stated standard deviation between patients by readout (`PATIENT_SD`) through n, a
   share of the value for laboratory readouts (`LABORATORY_CV`), a factor of two for times.

Where n is blank the arm's is taken, and where that is blank too, `N_UNKNOWN`. A contrast of two
arms without spread has twice the standard error of one mean, n being the number of both.
"""

from __future__ import annotations

from dataclasses import dataclass

from ketasim.evidence._records import Arm, Observation
from ketasim.observation._intervals import Z95, distance, interval_of
from ketasim.observation._prediction import Prediction


@dataclass(frozen=True, slots=True)
class Record:
    """One observation and how the model fares on it.

    Attributes
    ----------
    value, predicted : float
        In ``unit``; ``predicted`` is None where the model has no counterpart: see ``reason``.
    spread : float or None
        Standard error used [unit]; None for a sign.
    low, high : float or None
        The 95 % interval [unit].
    z : float or None
        Distance from the value in standard errors; |z| <= 1.96 exactly inside the interval.
    fold_error : float or None
        Larger over smaller, at least 1, where both are positive.
    within : bool or None
        Inside its interval; None where nothing is predicted.
    scored : bool
        Counts in the tally: predicted, and not of weight 0.
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


def score(o: Observation, arm: Arm, prediction: Prediction) -> Record:
    """Score a prediction of an observation on an arm."""
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


def fold_error(value: float, predicted: float) -> float | None:
    """Divide the larger of two positive numbers by the smaller."""
    if value <= 0.0 or predicted <= 0.0:
        return None
    return max(value / predicted, predicted / value)
