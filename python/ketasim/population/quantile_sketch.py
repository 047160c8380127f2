"""Quantiles of more numbers than anybody wants to keep: counts in narrow bins."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketasim._arrays import FloatArray

__all__ = ["ACCURACY", "LARGEST", "SMALLEST", "QuantileSketch", "bins", "middles"]

#: Leading bits of the significand that tell bins apart: 512 bins from a number to its double.
BITS = 9

#: The middle of a bin is at most this far, as a share, from any number in it: about 0.1 %.
ACCURACY = 2.0 ** -(BITS + 1)

#: What is smaller counts as zero; no readout means anything there, whatever its unit.
SMALLEST = 2.0**-40

#: No readout gets there; what does is not counted and its quantiles are not a number.
LARGEST = 2.0**50

#: Bins there are, of both signs.
MOST_BINS = 2 * 90 * 2**BITS + 1

_SHIFT = 52 - BITS
_FIRST = int(np.float64(SMALLEST).view(np.int64)) >> _SHIFT


def bins(values: FloatArray) -> NDArray[np.int64]:
    """The bin of each number: 0 for zero, 1, 2, ... upwards and -1, -2, ... downwards.

    A bin is the sign, the exponent and the leading bits of the number as it is stored, so that
    every computer puts it into the same one; a logarithm would not.
    """
    leading: NDArray[np.int64] = np.abs(values).view(np.int64) >> _SHIFT
    size = np.maximum(leading - (_FIRST - 1), 0)
    signed: NDArray[np.int64] = np.where(values < 0.0, -size, size)
    return signed


def middles(numbers: NDArray[np.int64]) -> FloatArray:
    """The middle of each bin."""
    stored = ((np.abs(numbers) + (_FIRST - 1)) << _SHIFT) + (1 << (_SHIFT - 1))
    return np.where(numbers == 0, 0.0, np.copysign(stored.view(np.float64), numbers))


@dataclass(frozen=True, slots=True, eq=False)
class QuantileSketch:
    """How many numbers lie in each bin, and the least and the greatest of them.

    Counts are whole numbers and sums of them are exact: sketches add up to the same one in any
    order and in any grouping.
    """

    start: int = 0  # the bin of the first count
    counts: NDArray[np.uint32] = field(default_factory=lambda: np.empty(0, np.uint32))
    low: float = np.inf
    high: float = -np.inf

    def __post_init__(self) -> None:
        self.counts.flags.writeable = False

    @classmethod
    def of(cls, numbers: NDArray[np.int64], low: float, high: float) -> QuantileSketch:
        """From the bins of one number or more, the least and the greatest of the numbers."""
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
        """Quantiles as `numpy.quantile` defines them, shape of ``shares``.

        The two numbers between which it interpolates are each known to `ACCURACY`, or to
        `SMALLEST` if they are next to zero; the least and the greatest are exact.
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
