"""Quantiles of very many numbers, from counts in narrow bins."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketasim._arrays import FloatArray

__all__ = ["ACCURACY", "LARGEST", "SMALLEST", "QuantileSketch", "bins", "middles"]

#: Leading bits of the significand that define a bin: 512 bins from a number to twice the number.
BITS = 9

#: Largest relative distance of a number from the middle of its bin: about 0.1 %.
ACCURACY = 2.0 ** -(BITS + 1)

#: A smaller number counts as zero; it is below the meaningful values of every readout.
SMALLEST = 2.0**-40

#: No readout is as large; a larger number is not counted and its quantiles are NaN.
LARGEST = 2.0**50

#: Number of bins, of both signs.
MOST_BINS = 2 * 90 * 2**BITS + 1

_SHIFT = 52 - BITS
_FIRST = int(np.float64(SMALLEST).view(np.int64)) >> _SHIFT


def bins(values: FloatArray) -> NDArray[np.int64]:
    """Return the bin of each number: 0 for zero, 1, 2, ... upwards and -1, -2, ... downwards.

    A bin is the sign, the exponent and the leading bits of the number as it is stored, so that it is
    the same on every computer; a logarithm would not be.

    Parameters
    ----------
    values : ndarray of float64, any shape

    Returns
    -------
    ndarray of int64, shape of values

    Examples
    --------
    >>> from ketasim.population.quantile_sketch import bins
    >>> bins(np.array([0.0, 1.0, 2.0])).tolist()
    [0, 20481, 20993]
    """
    leading: NDArray[np.int64] = np.abs(values).view(np.int64) >> _SHIFT
    size = np.maximum(leading - (_FIRST - 1), 0)
    signed: NDArray[np.int64] = np.where(values < 0.0, -size, size)
    return signed


def middles(numbers: NDArray[np.int64]) -> FloatArray:
    """Return the middle of each bin.

    Parameters
    ----------
    numbers : ndarray of int64, any shape
        Bins.

    Returns
    -------
    ndarray of float64, shape of numbers

    Examples
    --------
    >>> from ketasim.population.quantile_sketch import bins, middles
    >>> abs(middles(bins(np.array([3.0]))) / 3.0 - 1.0).item() < 0.001
    True
    """
    stored = ((np.abs(numbers) + (_FIRST - 1)) << _SHIFT) + (1 << (_SHIFT - 1))
    return np.where(numbers == 0, 0.0, np.copysign(stored.view(np.float64), numbers))


@dataclass(frozen=True, slots=True, eq=False)
class QuantileSketch:
    """The count of numbers in each bin, with the least and the greatest number.

    Counts are whole numbers, so the sum of sketches does not depend on order or grouping.

    Parameters
    ----------
    start : int
        The bin of the first count.
    counts : ndarray of uint32, shape (n_bins,)
    low, high : float
        The least and the greatest number.

    Examples
    --------
    >>> from ketasim.population.quantile_sketch import QuantileSketch, bins
    >>> numbers = np.linspace(1.0, 3.0, 101)
    >>> sketch = QuantileSketch.of(bins(numbers), 1.0, 3.0)
    >>> round(float(sketch.quantiles(0.5)), 2)
    2.0
    """

    start: int = 0  # the bin of the first count
    counts: NDArray[np.uint32] = field(default_factory=lambda: np.empty(0, np.uint32))
    low: float = np.inf
    high: float = -np.inf

    def __post_init__(self) -> None:
        self.counts.flags.writeable = False

    @classmethod
    def of(cls, numbers: NDArray[np.int64], low: float, high: float) -> QuantileSketch:
        """Return the sketch of one or more numbers.

        Parameters
        ----------
        numbers : ndarray of int64, shape (n,)
            Their bins.
        low, high : float
            The least and the greatest of the numbers.

        Returns
        -------
        QuantileSketch
        """
        start = int(numbers.min())
        return cls(start, np.bincount(numbers - start).astype(np.uint32), float(low), float(high))

    def __add__(self, other: QuantileSketch) -> QuantileSketch:
        if not other.counts.size:
            return self
        if not self.counts.size:
            return other
        start = min(self.start, other.start)
        end = max(self.start + self.counts.size, other.start + other.counts.size)
        counts = np.zeros(end - start, np.uint32)
        for part in (self, other):
            counts[part.start - start : part.start - start + part.counts.size] += part.counts
        return QuantileSketch(start, counts, min(self.low, other.low), max(self.high, other.high))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, QuantileSketch)
            and (self.start, self.low, self.high) == (other.start, other.low, other.high)
            and np.array_equal(self.counts, other.counts)
        )

    __hash__ = None  # type: ignore[assignment]

    def quantiles(self, shares: ArrayLike) -> FloatArray:
        """Return quantiles as `numpy.quantile` defines them.

        The two numbers of an interpolation are each known to `ACCURACY`, or to `SMALLEST` beside zero; the
        least and the greatest number are exact.

        Parameters
        ----------
        shares : array_like, any shape
            From 0 to 1.

        Returns
        -------
        ndarray, shape of shares
            NaN without numbers.
        """
        wanted = np.asarray(shares, dtype=np.float64)
        if not self.counts.size:
            return np.full(wanted.shape, np.nan)
        until = np.cumsum(self.counts, dtype=np.int64)
        last = until[-1] - 1
        rank = wanted * last
        below = np.floor(rank).astype(np.int64)

        def ranked(which: NDArray[np.int64]) -> FloatArray:
            middle = middles(self.start + np.searchsorted(until, which, side="right"))
            within = np.clip(middle, self.low, self.high)
            return np.where(which == 0, self.low, np.where(which == last, self.high, within))

        lower = ranked(below)
        result: FloatArray = lower + (rank - below) * (ranked(np.minimum(below + 1, last)) - lower)
        return result
