"""Moments of a curve: when it peaks, is half-way, is gone. Pure functions over samples.

Times [h] have shape (n_times,) and increase; values have the same shape. Between samples curves are
straight, so a moment is as exact as the sampling is dense.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ketasim._arrays import FloatArray


class Moment(NamedTuple):
    """A point on a curve: time [h] and the value there, in the unit of the curve."""

    time_h: float
    value: float


def highest(t: ArrayLike, y: ArrayLike) -> Moment:
    """First sample at which the curve is highest; NaN is passed over."""
    times, values = _curve(t, y)
    i = int(np.nanargmax(values))
    return Moment(float(times[i]), float(values[i]))


def lowest(t: ArrayLike, y: ArrayLike) -> Moment:
    """First sample at which the curve is lowest; NaN is passed over."""
    times, values = _curve(t, y)
    i = int(np.nanargmin(values))
    return Moment(float(times[i]), float(values[i]))


def furthest(t: ArrayLike, y: ArrayLike) -> Moment:
    """First sample that is furthest from where the curve starts, up or down."""
    times, values = _curve(t, y)
    i = int(np.nanargmax(np.abs(values - values[0])))
    return Moment(float(times[i]), float(values[i]))


def reaches(t: ArrayLike, y: ArrayLike, level: float) -> float | None:
    """First time [h] at which the curve meets a level, from either side; None if it never does."""
    times, values = _curve(t, y)
    above = values - level
    if above[0] == 0.0:
        return float(times[0])
    met = np.flatnonzero((above[:-1] * above[1:] <= 0.0) & np.isfinite(above[:-1] * above[1:]))
    return _crossing(times, above, int(met[0])) if met.size else None


def half_way(t: ArrayLike, y: ArrayLike) -> float | None:
    """When [h] the curve has come half-way from its start to its furthest point.

    None for a curve that stays where it starts.
    """
    times, values = _curve(t, y)
    far = furthest(times, values)
    if far.value == values[0]:
        return None
    return reaches(times, values, 0.5 * (float(values[0]) + far.value))


def gone(t: ArrayLike, y: ArrayLike, share: float) -> float | None:
    """When [h] the deviation from the start has fallen below ``share`` of its largest, for good.

    Parameters
    ----------
    t, y : array_like, shape (n_times,)
    share : float
        Of the largest deviation, between 0 and 1: 0.03 for "97 % gone".

    Returns
    -------
    float or None
        None if the curve is not below that share at its end, or never leaves its start.
    """
    if not 0.0 < share < 1.0:
        raise ValueError(f"share = {share!r}: must lie between 0 and 1, both excluded")
    times, values = _curve(t, y)
    left = np.abs(values - values[0])
    largest = float(np.nanmax(left))
    above = left - share * largest
    if largest == 0.0 or not above[-1] < 0.0:
        return None
    last = int(np.flatnonzero(above >= 0.0)[-1])
    return _crossing(times, above, last)


def _curve(t: ArrayLike, y: ArrayLike) -> tuple[FloatArray, FloatArray]:
    times, values = np.asarray(t, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if times.ndim != 1 or times.shape != values.shape or times.size == 0:
        raise ValueError(
            f"times have shape {times.shape} and values {values.shape}: both must be (n_times,)"
        )
    if not np.isfinite(values).any():
        raise ValueError("the curve has no finite value")
    return times, values


def _crossing(times: FloatArray, above: FloatArray, i: int) -> float:
    """Zero of the straight line from sample i to i + 1."""
    step = above[i + 1] - above[i]
    part = 0.0 if step == 0.0 else -above[i] / step
    return float(times[i] + part * (times[i + 1] - times[i]))
