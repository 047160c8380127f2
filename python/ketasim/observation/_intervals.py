"""The 95 % interval of an observation, from the columns of its row."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ketasim._wording.sealed import sealed
from ketasim.evidence import vocabulary
from ketasim.evidence._records import Arm, Observation

Z95 = 1.959963984540054


TWOFOLD = 2.0


N_UNKNOWN = 30.0


#: Standard deviation between patients, for a mean without spread [unit of the readout].
PATIENT_SD = {
    "madrs": 11.5, "madrs_change": 11.5, "hdrs17_change": 8.5, "hdrs_change": 9.6,
    "suicidal_ideation_change": 7.3, "capsv_change": 14.0, "craving_change": 60.0,
    "cadss": 10.0, "cadss_change": 10.0, "sbp_change": 10.0, "dbp_change": 8.0,
}  # fmt: skip


#: Relative standard error of a laboratory mean without spread.
LABORATORY_CV = 0.15


#: Standard error of an occupancy or a restored share, and of a share of the final change.
SHARE_SE = 0.05


CHANGE_SHARE_SE = 0.10


#: Standard error of the logarithm of a relative risk or hazard ratio.
LOG_RATIO_SE = 0.3


#: That of a ratio of plasma levels of the same people, with and without a co-medication.
LOG_EXPOSURE_SE = 0.15


@sealed
@dataclass(frozen=True, slots=True)
class Interval:
    """The 95 % interval of an observation.

    Parameters
    ----------
    low, high : float
        In the unit of the observation.
    origin : str
        Source of the interval, such as 'sd' or 'default'.

    Examples
    --------
    >>> from ketasim.observation import Interval
    >>> round(Interval(-1.96, 1.96, "se").standard_error, 3)
    1.0
    """

    low: float
    high: float
    origin: str

    @property
    def standard_error(self) -> float:
        """Standard error of a normal distribution with this 95 % interval, in the unit of the observation."""
        return (self.high - self.low) / (2.0 * Z95)


def distance(value: float, interval: Interval, predicted: float) -> float:
    """Return the signed distance of a prediction, in standard errors of the side on which it is.

    An interval that ends at the value (no patient responded) has no width on that side: a prediction
    beyond it is impossible and counts as 99.

    Parameters
    ----------
    value : float
        The observed value.
    interval : Interval
    predicted : float
        In the unit of the observation.

    Returns
    -------
    float

    Examples
    --------
    >>> from ketasim.observation import Interval, distance
    >>> round(distance(0.0, Interval(-2.0, 2.0, "se"), 1.0), 2)
    0.98
    """
    if predicted == value:
        return 0.0
    side = interval.high - value if predicted > value else value - interval.low
    if side <= 0.0:
        return math.copysign(99.0, predicted - value)
    return Z95 * (predicted - value) / side


def distance_slope(value: float, interval: Interval, predicted: float) -> float:
    """Return the derivative of `distance` by the prediction [1/unit].

    The two sides may differ: at the value itself it is that of the upper side, or of the only side.
    Beyond an interval that ends at the value `distance` is constant.
    """
    above, below = interval.high - value, value - interval.low
    if predicted == value:
        side = above if above > 0.0 else below
    else:
        side = above if predicted > value else below
    return Z95 / side if side > 0.0 else 0.0


def interval_of(o: Observation, arm: Arm) -> Interval:
    """Return the 95 % interval of an observation.

    Parameters
    ----------
    o : Observation
        Any but a sign.
    arm : Arm
        The arm on which the observation was made.

    Returns
    -------
    Interval

    Examples
    --------
    >>> import ketasim as ks
    >>> from ketasim.observation import interval_of
    >>> evidence = ks.evidence.load()
    >>> o = next(o for o in evidence.observations if o.obs_id == "murr13_ket__madrs_change__2")
    >>> interval_of(o, evidence.arms[o.arm_id]).origin
    'default'
    """
    own = own_interval(o, arm)
    if o.statistic in vocabulary.OVER_CONTROL and own is None:
        factor = math.exp(Z95 * LOG_EXPOSURE_SE)
        return Interval(o.value / factor, o.value * factor, "default")
    if o.area == vocabulary.PLASMA and o.value > 0.0:
        twofold = _within_factor(o.value, "fold error")
        if own is None:
            return twofold
        if own.low < twofold.low or own.high > twofold.high:
            return Interval(min(own.low, twofold.low), max(own.high, twofold.high), own.origin)
        return twofold
    return own or _default_interval(o, arm)


def own_interval(o: Observation, arm: Arm) -> Interval | None:
    """Return the interval of the spread in the row; None without a spread."""
    if o.spread is None:
        return None
    half = {
        "se": Z95 * o.spread,
        "reading": Z95 * o.spread,
        "ci95_halfwidth": o.spread,
        "range": o.spread,
        "sd": Z95 * o.spread / math.sqrt(_n(o, arm)),
        "cv": Z95 * o.spread * abs(o.value) / math.sqrt(_n(o, arm)),
        "iqr": Z95 * o.spread / 1.349 / math.sqrt(_n(o, arm)),
    }[o.spread_kind]
    return Interval(o.value - half, o.value + half, o.spread_kind)


def _default_interval(o: Observation, arm: Arm) -> Interval:
    """Return the interval of a row without spread."""
    if o.statistic == "ratio":
        if o.time_end_h is not None:
            return _around(o.value, CHANGE_SHARE_SE, "default")
        factor = math.exp(Z95 * LOG_RATIO_SE)
        return Interval(o.value / factor, o.value * factor, "default")
    if o.statistic in ("tmax", "median_time"):
        return _within_factor(o.value, "default")
    if vocabulary.READOUT_UNIT[o.readout] == "1":
        if o.area != vocabulary.CLINICAL and o.statistic != "fraction":
            return _around(o.value, SHARE_SE, "default")
        if not o.relative_to and 0.0 <= o.value <= 1.0:
            return wilson(o.value, _n(o, arm))
        return _around(o.value, 2.0 * math.sqrt(0.25 / _n(o, arm)), "default")
    if o.statistic == "fraction":
        return wilson(o.value, _n(o, arm))
    if o.unit == "SMD":
        return _around(o.value, _smd_se(o.value, _n(o, arm), bool(o.relative_to)), "default")
    if o.readout in PATIENT_SD:
        contrast = 2.0 if o.relative_to else 1.0
        return _around(o.value, contrast * PATIENT_SD[o.readout] / math.sqrt(_n(o, arm)), "default")
    return _around(o.value, LABORATORY_CV * abs(o.value), "default")


def wilson(share: float, n: float) -> Interval:
    """Return the Wilson score interval of a share: never empty, never outside 0 to 1.

    Parameters
    ----------
    share : float
        The observed share, from 0 to 1.
    n : float
        Number of patients.

    Returns
    -------
    Interval

    Examples
    --------
    >>> from ketasim.observation import wilson
    >>> interval = wilson(0.5, 40)
    >>> round(interval.low, 3), round(interval.high, 3)
    (0.352, 0.648)
    """
    z2 = Z95**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return Interval(
        min(share, max(0.0, centre - half)), max(share, min(1.0, centre + half)), "binomial"
    )


def _smd_se(d: float, n: float, two_arms: bool) -> float:
    """Return the standard error of a standardised difference between two halves of n, or before and after."""
    return math.sqrt((4.0 if two_arms else 1.0) / n + d * d / (2.0 * n))


def _around(value: float, se: float, origin: str) -> Interval:
    return Interval(value - Z95 * se, value + Z95 * se, origin)


def _within_factor(value: float, origin: str) -> Interval:
    return Interval(value / TWOFOLD, value * TWOFOLD, origin)


def _n(o: Observation, arm: Arm) -> float:
    return o.n or arm.n or N_UNKNOWN
