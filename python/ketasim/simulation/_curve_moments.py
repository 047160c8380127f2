"""Key times of a curve: its peak, half of its change, its disappearance. Functions of samples.

Times [h] have shape (n_times,) and increase; values have the same shape. Curves are linear between
samples, so a result is as exact as the sampling is dense.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ketasim._arrays import FloatArray
from ketasim._wording.plain_numbers import plain_numbers, unit_of
from ketasim._wording.sealed import sealed
from ketasim.errors import ScenarioError


@sealed
class Moment(NamedTuple):
    """A point on a curve.

    Parameters
    ----------
    time_h : float
        Time [h].
    value : float
        In the unit of the curve.

    Examples
    --------
    >>> from ketasim.simulation import Moment
    >>> Moment(24.0, -5.2).time_h
    24.0
    """

    time_h: float
    value: float


def highest(t: ArrayLike, y: ArrayLike) -> Moment:
    """Return the first sample at which the curve is highest; NaN is ignored.

    Parameters
    ----------
    t, y : array_like, shape (n_times,)
        Times [h] and values.

    Returns
    -------
    Moment

    Raises
    ------
    ScenarioError
        If shapes differ or no value is finite.

    Examples
    --------
    >>> from ketasim.simulation import highest
    >>> highest([0.0, 1.0, 2.0], [0.0, 3.0, 1.0])
    Moment(time_h=1.0, value=3.0)
    """
    times, values = _curve(t, y)
    i = int(np.nanargmax(values))
    return Moment(float(times[i]), float(values[i]))


def lowest(t: ArrayLike, y: ArrayLike) -> Moment:
    """Return the first sample at which the curve is lowest; NaN is ignored.

    Parameters
    ----------
    t, y : array_like, shape (n_times,)
        Times [h] and values.

    Returns
    -------
    Moment

    Raises
    ------
    ScenarioError
        If shapes differ or no value is finite.

    Examples
    --------
    >>> from ketasim.simulation import lowest
    >>> lowest([0.0, 1.0, 2.0], [0.0, -3.0, -1.0])
    Moment(time_h=1.0, value=-3.0)
    """
    times, values = _curve(t, y)
    i = int(np.nanargmin(values))
    return Moment(float(times[i]), float(values[i]))


def furthest(t: ArrayLike, y: ArrayLike) -> Moment:
    """Return the first sample that is furthest from the first value, above or below it.

    Parameters
    ----------
    t, y : array_like, shape (n_times,)
        Times [h] and values.

    Returns
    -------
    Moment

    Raises
    ------
    ScenarioError
        If shapes differ or no value is finite.

    Examples
    --------
    >>> from ketasim.simulation import furthest
    >>> furthest([0.0, 1.0, 2.0], [10.0, 11.0, 7.0])
    Moment(time_h=2.0, value=7.0)
    """
    times, values = _curve(t, y)
    i = int(np.nanargmax(np.abs(values - values[0])))
    return Moment(float(times[i]), float(values[i]))


def reaches(t: ArrayLike, y: ArrayLike, level: float) -> float | None:
    """Return the first time at which the curve meets a level, from either side.

    Parameters
    ----------
    t, y : array_like, shape (n_times,)
        Times [h] and values.
    level : float
        In the unit of the curve.

    Returns
    -------
    float or None
        Time [h], interpolated; None if the level is never met.

    Raises
    ------
    ScenarioError
        If shapes differ or no value is finite.

    Examples
    --------
    >>> from ketasim.simulation import reaches
    >>> reaches([0.0, 1.0, 2.0], [0.0, 2.0, 4.0], 3.0)
    1.5
    """
    times, values = _curve(t, y)
    above = values - level
    if above[0] == 0.0:
        return float(times[0])
    met = np.flatnonzero((above[:-1] * above[1:] <= 0.0) & np.isfinite(above[:-1] * above[1:]))
    return _crossing(times, above, int(met[0])) if met.size else None


def half_way(t: ArrayLike, y: ArrayLike) -> float | None:
    """Return the time at which the curve has made half of its largest change.

    Parameters
    ----------
    t, y : array_like, shape (n_times,)
        Times [h] and values.

    Returns
    -------
    float or None
        Time [h], interpolated; None for a constant curve.

    Raises
    ------
    ScenarioError
        If shapes differ or no value is finite.

    Examples
    --------
    >>> from ketasim.simulation import half_way
    >>> half_way([0.0, 1.0, 2.0], [0.0, 2.0, 1.0])
    0.5
    """
    times, values = _curve(t, y)
    far = furthest(times, values)
    if far.value == values[0]:
        return None
    return reaches(times, values, 0.5 * (float(values[0]) + far.value))


def gone(t: ArrayLike, y: ArrayLike, share: float) -> float | None:
    """Return the time after which the deviation from the start stays below a share of its largest.

    Parameters
    ----------
    t, y : array_like, shape (n_times,)
        Times [h] and values.
    share : float
        Share of the largest deviation, between 0 and 1: 0.03 for "97 % gone".

    Returns
    -------
    float or None
        Time [h], interpolated; None if the deviation at the end is not below that share, or the curve
        is constant.

    Raises
    ------
    ScenarioError
        If ``share`` is not between 0 and 1, shapes differ or no value is finite.

    Examples
    --------
    >>> from ketasim.simulation import gone
    >>> gone([0.0, 1.0, 2.0], [0.0, 10.0, 0.0], 0.1)
    1.9
    """
    if not 0.0 < share < 1.0:
        raise ScenarioError(f"share = {share!r}: must lie between 0 and 1, both excluded")
    times, values = _curve(t, y)
    left = np.abs(values - values[0])
    largest = float(np.nanmax(left))
    above = left - share * largest
    if largest == 0.0 or not above[-1] < 0.0:
        return None
    last = int(np.flatnonzero(above >= 0.0)[-1])
    return _crossing(times, above, last)


def _curve(t: ArrayLike, y: ArrayLike) -> tuple[FloatArray, FloatArray]:
    times = plain_numbers("t", t, "give times in hours", "h")
    # A curve of a labelled array has the unit of its readout, which the result keeps.
    label = unit_of(y)
    values = plain_numbers("y", y, "give numbers", label if isinstance(label, str) else "")
    if times.ndim != 1 or times.shape != values.shape or times.size == 0:
        raise ScenarioError(
            f"times have shape {times.shape} and values {values.shape}: both must be (n_times,)"
        )
    if not np.isfinite(values).any():
        raise ScenarioError("the curve has no finite value")
    return times, values


def _crossing(times: FloatArray, above: FloatArray, i: int) -> float:
    """Return the zero of the straight line from sample i to i + 1."""
    step = above[i + 1] - above[i]
    part = 0.0 if step == 0.0 else -above[i] / step
    return float(times[i] + part * (times[i + 1] - times[i]))
