"""One time axis from seconds to weeks: equal bands, each linear, each with ticks in its own unit.

Bands end at 60 s, 60 min, 24 h, 14 d and 8 wk, so that changes within a minute and within a month get
the same width. A narrow band at the left shows the time before treatment, which a logarithmic axis
could not.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ketasim._arrays import FloatArray
from ketasim._runtime.optional import require
from ketasim._wording.sealed import sealed
from ketasim.errors import ScenarioError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Width of the band before treatment, in bands, and its duration [h].
SLOT, SLOT_H = 0.28, 1.0 / 60.0

#: Unit, its hours, its steps between ticks.
_UNITS: tuple[tuple[str, float, tuple[float, ...]], ...] = (
    ("seconds", 1 / 3600, (1, 2, 5, 10, 20, 30)),
    ("minutes", 1 / 60, (1, 2, 5, 10, 20, 30)),
    ("hours", 1.0, (1, 2, 4, 8, 12, 24)),
    ("days", 24.0, (1, 2, 7, 14)),
    ("weeks", 168.0, (1, 2, 4, 8, 13, 26, 52, 104)),
)
_ENDS = (1 / 60, 1.0, 24.0, 336.0)
#: A band is added only if the run lasts longer than its beginning by this factor.
_WORTH = 1.5
_MOST_TICKS = 3


class Band(NamedTuple):
    """Times [h] from ``begin`` to ``end``, labelled in ``unit``."""

    begin: float
    end: float
    unit: str


@sealed
@dataclass(frozen=True, slots=True)
class EraAxis:
    """The transform between time [h] and place on the axis [bands].

    Parameters
    ----------
    end_h : float
        End of the last band [h], default 8 weeks.

    Raises
    ------
    ScenarioError
        If ``end_h`` is not a time after 0 h.

    Examples
    --------
    >>> from ketasim.figures import EraAxis
    >>> EraAxis(336.0).forward([0.0, 1.0, 24.0]).round(6).tolist()
    [0.0, 2.0, 3.0]
    """

    end_h: float = 1344.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.end_h) and self.end_h > 0.0):
            raise ScenarioError(f"end_h = {self.end_h!r}: must be a time after 0 h")

    @property
    def edges(self) -> FloatArray:
        """Ends of the bands [h], from 0, shape (n_bands + 1,)."""
        inner = [end for end in _ENDS if end * _WORTH <= self.end_h]
        return np.array([0.0, *inner, self.end_h])

    @property
    def start_h(self) -> float:
        """Left edge of the band before treatment [h], below 0."""
        return float(self.inverse(-SLOT))

    @property
    def bands(self) -> tuple[Band, ...]:
        """The bands, each with begin [h], end [h] and unit."""
        edges = self.edges.tolist()
        return tuple(
            Band(begin, end, _UNITS[i][0]) for i, (begin, end) in enumerate(pairwise(edges))
        )

    def forward(self, t_h: ArrayLike) -> FloatArray:
        """Return the place of a time; 0 h is at 0, each band is 1 wide, earlier times are below 0.

        Parameters
        ----------
        t_h : array_like, any shape
            Times [h].

        Returns
        -------
        ndarray, shape of t_h
            Places [bands].
        """
        return _through(np.asarray(t_h, dtype=np.float64), *self._knots)

    def inverse(self, place: ArrayLike) -> FloatArray:
        """Return the time of a place.

        Parameters
        ----------
        place : array_like, any shape
            Places [bands].

        Returns
        -------
        ndarray, shape of place
            Times [h].
        """
        times, places = self._knots
        return _through(np.asarray(place, dtype=np.float64), places, times)

    @property
    def _knots(self) -> tuple[FloatArray, FloatArray]:
        edges = self.edges
        return np.r_[-SLOT_H, edges], np.r_[-SLOT, np.arange(edges.size, dtype=np.float64)]

    def times(self, per_band: int = 120) -> FloatArray:
        """Return times that sample every band with equal density and include every edge.

        Parameters
        ----------
        per_band : int
            Times in each band, default 120.

        Returns
        -------
        ndarray, shape (n_bands * per_band + 1,)
            Times [h], increasing.

        Examples
        --------
        >>> from ketasim.figures import EraAxis
        >>> EraAxis(1.0).times(2).round(4).tolist()
        [0.0, 0.0083, 0.0167, 0.5083, 1.0]
        """
        edges = self.edges
        parts = [np.linspace(a, b, per_band, endpoint=False) for a, b in pairwise(edges.tolist())]
        return np.concatenate([*parts, edges[-1:]])

    def ticks(self) -> tuple[tuple[float, str], ...]:
        """Return time and label of every tick; labels count in the unit of their band.

        Returns
        -------
        tuple of (float, str)
            Times [h] and labels.
        """
        found: list[tuple[float, str]] = []
        for band, (_, hours, steps) in zip(self.bands, _UNITS, strict=False):
            low, high = band.begin / hours, band.end / hours
            marks = [m for step in steps if (m := _multiples(low, high, step))]
            chosen = next((m for m in marks if len(m) <= _MOST_TICKS), [high])
            found += [(mark * hours, f"{mark:g}") for mark in chosen]
        return tuple(found)

    def apply(self, ax: Axes, labels: bool = True) -> None:
        """Give matplotlib axes this time axis.

        Every second band is shaded and bands are separated by white gaps, so that a change of scale is not
        mistaken for a change of the curve.

        Parameters
        ----------
        ax : matplotlib.axes.Axes
            Its lines have times in hours.
        labels : bool
            Whether to write labels and units (default True); omit them on all but the lowest axes of a
            stack.
        """
        from ketasim.figures._style import tone

        ticker: Any = require("matplotlib.ticker", "plot")
        ax.set_xscale("function", functions=(self.forward, self.inverse))
        ax.set_xlim(self.start_h, self.end_h)
        ticks = self.ticks()
        ax.xaxis.set_major_locator(ticker.FixedLocator([time for time, _ in ticks]))
        ax.xaxis.set_major_formatter(ticker.FixedFormatter([name for _, name in ticks]))
        ax.xaxis.set_minor_locator(ticker.NullLocator())
        ax.tick_params(axis="x", labelbottom=labels, length=2.5 if labels else 0)
        for i, band in enumerate(self.bands):
            if i % 2 == 0:
                ax.axvspan(band.begin, band.end, color=tone("band"), lw=0, zorder=0)
            if i > 0:
                ax.axvline(band.begin, color=tone("paper"), lw=2.5, zorder=6)
        ax.axvline(0.0, color=tone("grey"), lw=0.6, zorder=6)
        if labels:
            ax.set_xlabel("time since the first dose [seconds to weeks]")
            ax.xaxis.label.set_visible(False)
            names = [
                (float(self.forward([band.begin, band.end]).mean()), band.unit, "center")
                for band in self.bands
            ]
            # The word ends where treatment begins: its band is narrow.
            for place, text, side in ((0.0, "before", "right"), *names):
                ax.annotate(
                    text, (float(self.inverse(place)), 0.0), xycoords=ax.get_xaxis_transform(),
                    xytext=(0, -21), textcoords="offset points", ha=side, va="baseline",
                    fontsize=7.5, annotation_clip=False,
                )  # fmt: skip


def _through(x: FloatArray, knots: FloatArray, values: FloatArray) -> FloatArray:
    """Interpolate linearly between knots, and extrapolate beyond both ends."""
    i = np.clip(np.searchsorted(knots, x, side="right") - 1, 0, knots.size - 2)
    slope = (values[1:] - values[:-1]) / (knots[1:] - knots[:-1])
    placed: FloatArray = values[i] + slope[i] * (x - knots[i])
    return placed


def _multiples(low: float, high: float, step: float) -> list[float]:
    """Return the multiples of a step in the band, without those close to its beginning."""
    first = low + 0.1 * (high - low)
    count = int(np.floor(high / step * (1.0 + 1e-12)))
    if count > 10_000:
        return []
    return [step * k for k in range(1, count + 1) if step * k >= first]
