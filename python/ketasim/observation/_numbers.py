"""Numbers of the rules of prediction: plain, one for each of several trials, or with slopes.

A rule is written once. Its numbers are floats; arrays, one element for each of several trials; or
`Sloped`, which carry their derivatives along:
    d(a + b) = da + db        d(a b) = a db + b da        d(a/b) = (da - (a/b) db)/b
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ketasim._arrays import FloatArray
from ketasim._wording.frozen import comparable


@comparable
@dataclass(frozen=True, slots=True, eq=False)
class Sloped:
    """A number, or an array of them, and the derivatives by the varied quantities.

    Parameters
    ----------
    value : ndarray, shape (...)
    slopes : ndarray, shape (..., n_theta)
    """

    value: FloatArray
    slopes: FloatArray

    # NumPy leaves operations with a Sloped to it.
    __array_ufunc__: ClassVar[None] = None

    def __neg__(self) -> Sloped:
        return Sloped(-self.value, -self.slopes)

    def __add__(self, other: Number) -> Sloped:
        if isinstance(other, Sloped):
            return Sloped(self.value + other.value, self.slopes + other.slopes)
        return _broadcast(self.value + other, self.slopes)

    __radd__ = __add__

    def __sub__(self, other: Number) -> Sloped:
        return self + (-other)

    def __rsub__(self, other: Plain) -> Sloped:
        return -self + other

    def __mul__(self, other: Number) -> Sloped:
        if isinstance(other, Sloped):
            slopes = self.slopes * _column(other.value) + _column(self.value) * other.slopes
            return Sloped(self.value * other.value, slopes)
        return Sloped(self.value * other, self.slopes * _column(other))

    __rmul__ = __mul__

    def __truediv__(self, other: Number) -> Sloped:
        if isinstance(other, Sloped):
            ratio = self.value / other.value
            slopes = (self.slopes - _column(ratio) * other.slopes) / _column(other.value)
            return Sloped(ratio, slopes)
        return Sloped(self.value / other, self.slopes / _column(other))

    def __rtruediv__(self, other: Plain) -> Sloped:
        ratio = other / self.value
        return Sloped(ratio, -_column(ratio) * self.slopes / _column(self.value))

    def __getitem__(self, index: Any) -> Sloped:
        """Index the value; the axis of the slopes stays."""
        key = index if isinstance(index, tuple) else (index,)
        return Sloped(np.asarray(self.value[key]), self.slopes[(*key, slice(None))])


Plain: TypeAlias = float | FloatArray
Number: TypeAlias = float | FloatArray | Sloped


def value_of(x: Number) -> FloatArray:
    """Return the value without slopes."""
    return np.asarray(x.value if isinstance(x, Sloped) else x, dtype=np.float64)


def apply(
    f: Callable[[FloatArray], FloatArray], slope: Callable[[FloatArray], FloatArray], x: Number
) -> Number:
    """Return f(x), with slopes f'(x) dx."""
    if isinstance(x, Sloped):
        return Sloped(f(x.value), _column(slope(x.value)) * x.slopes)
    return f(np.asarray(x, dtype=np.float64))


def log(x: Number) -> Number:
    """Return the natural logarithm."""
    return apply(np.log, lambda value: 1.0 / value, x)


def exp(x: Number) -> Number:
    """Return the exponential."""
    return apply(np.exp, np.exp, x)


def root(x: Number) -> Number:
    """Return the square root of a positive number."""
    return apply(np.sqrt, lambda value: 0.5 / np.sqrt(value), x)


def total(numbers: Sequence[Number]) -> Number:
    """Return the sum of at least one number."""
    first, *others = numbers
    for other in others:
        first = first + other
    return first


def log_mean_exp(logs: Number, weights: FloatArray) -> Number:
    """Return ln sum_m w_m exp(l_m) over the first axis, for weights of shape (m,).

    Its slopes are the means of those of l_m under w_m exp(l_m).
    """
    values = value_of(logs)
    w = weights.reshape(-1, *(1,) * (values.ndim - 1))
    top = values.max(axis=0)
    shift = np.where(np.isfinite(top), top, 0.0)
    parts = w * np.exp(values - shift)
    with np.errstate(divide="ignore"):
        mean = shift + np.log(parts.sum(axis=0))
    if not isinstance(logs, Sloped):
        return np.asarray(mean)
    belief = parts / parts.sum(axis=0)
    slopes = np.broadcast_to(logs.slopes, (*values.shape, logs.slopes.shape[-1]))
    return Sloped(np.asarray(mean), np.sum(_column(belief) * slopes, axis=0))


def last_axis(x: Number, index: NDArray[np.intp] | int | slice) -> Number:
    """Return elements of the last axis, which is that of time."""
    if isinstance(x, Sloped):
        return x[..., index]
    return np.asarray(x)[..., index]


def with_time(x: Number) -> Number:
    """Return the number with a last axis of one time, to meet numbers at several times."""
    if isinstance(x, Sloped):
        return Sloped(x.value[..., np.newaxis], x.slopes[..., np.newaxis, :])
    return np.asarray(x)[..., np.newaxis]


def integral(x: Number, t: FloatArray) -> Number:
    """Return the area under x over its last axis, by trapezia."""
    if isinstance(x, Sloped):
        return Sloped(
            np.asarray(np.trapezoid(x.value, t, axis=-1)),
            np.asarray(np.trapezoid(x.slopes, t, axis=-2)),
        )
    return np.asarray(np.trapezoid(np.asarray(x), t, axis=-1))


def take(x: Number, at: NDArray[np.intp]) -> Number:
    """Return one element of the last axis for each index of the leading axes."""
    place = np.asarray(at)[..., np.newaxis]
    if isinstance(x, Sloped):
        return Sloped(
            np.take_along_axis(x.value, place, axis=-1)[..., 0],
            np.take_along_axis(x.slopes, place[..., np.newaxis], axis=-2)[..., 0, :],
        )
    return np.take_along_axis(np.asarray(x), place, axis=-1)[..., 0]


def where(condition: NDArray[np.bool_] | np.bool_, a: Number, b: Number) -> Number:
    """Return a where the condition holds, else b."""
    values = np.where(condition, value_of(a), value_of(b))
    n_theta = directions((a, b))
    if n_theta is None:
        return values
    slopes = (slopes_of(x, values.shape, n_theta) for x in (a, b))
    return Sloped(values, np.where(np.asarray(condition)[..., np.newaxis], *slopes))


def extreme(x: Number, *, largest: bool) -> Number:
    """Return the largest or smallest element of the last axis; its slopes are those of that element."""
    return take(x, position_of_extreme(x, largest=largest))


def position_of_extreme(x: Number, *, largest: bool) -> NDArray[np.intp]:
    """Return the position of the largest or smallest element of the last axis."""
    values = value_of(x)
    found: NDArray[np.intp] = np.asarray(
        values.argmax(axis=-1) if largest else values.argmin(axis=-1)
    )
    return found


def directions(numbers: Sequence[Number]) -> int | None:
    """Return the number of varied quantities; None if no number has slopes."""
    return next((x.slopes.shape[-1] for x in numbers if isinstance(x, Sloped)), None)


def slopes_of(x: Number, shape: tuple[int, ...], n_theta: int) -> FloatArray:
    """Return the slopes of a number that is broadcast to a shape: (*shape, n_theta)."""
    if isinstance(x, Sloped):
        return np.broadcast_to(x.slopes, (*shape, n_theta))
    return np.zeros((*shape, n_theta))


def _column(x: Plain) -> FloatArray:
    """Align values with the leading axes of slopes."""
    return np.asarray(x, dtype=np.float64)[..., np.newaxis]


def _broadcast(value: Plain, slopes: FloatArray) -> Sloped:
    values = np.asarray(value, dtype=np.float64)
    shape = (*values.shape, slopes.shape[-1])
    return Sloped(values, slopes if slopes.shape == shape else np.broadcast_to(slopes, shape))
