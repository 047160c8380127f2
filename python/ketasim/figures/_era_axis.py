"""One time axis from seconds to weeks: equal bands, linear inside each, ticks in words.

Bands end at 60 s, 60 min, 24 h, 14 d and 8 wk, so that what takes a minute gets as much room as what
takes a month. Time before treatment has its own narrow slot, which a logarithm could not give it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ketasim._arrays import FloatArray
from ketasim._runtime.optional import require

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Width of the slot before treatment, in bands, and the time it stands for [h].
SLOT, SLOT_H = 0.28, 1.0 / 60.0

#: Unit in words, its hours, its steps between ticks.
_UNITS: tuple[tuple[str, float, tuple[float, ...]], ...] = (
    ("seconds", 1 / 3600, (1, 2, 5, 10, 20, 30)),
    ("minutes", 1 / 60, (1, 2, 5, 10, 20, 30)),
    ("hours", 1.0, (1, 2, 4, 8, 12, 24)),
    ("days", 24.0, (1, 2, 7, 14)),
    ("weeks", 168.0, (1, 2, 4, 8, 13, 26, 52, 104)),
)
_ENDS = (1 / 60, 1.0, 24.0, 336.0)
#: A band is opened only if the run goes on well beyond its beginning.
_WORTH = 1.5
_MOST_TICKS = 3


class Band(NamedTuple):
    """Times [h] from ``begin`` to ``end``, told in ``unit``."""

    begin: float
    end: float
    unit: str


@dataclass(frozen=True, slots=True)
class EraAxis:
    """The transform between time [h] and place on the axis [bands].

    Parameters
    ----------
    end_h : float
        Where the last band ends [h]; default 8 weeks.
    """

    end_h: float = 1344.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.end_h) and self.end_h > 0.0):
            raise ValueError(f"end_h = {self.end_h!r}: must be a time after 0 h")

    @property
    def edges(self) -> FloatArray:
        """Ends of the bands [h], from 0, shape (n_bands + 1,)."""
        inner = [end for end in _ENDS if end * _WORTH <= self.end_h]
        return np.array([0.0, *inner, self.end_h])

    @property
    def start_h(self) -> float:
        """Left edge of the slot before treatment [h]."""
        return float(self.inverse(-SLOT))

    @property
    def bands(self) -> tuple[Band, ...]:
        edges = self.edges.tolist()
        return tuple(
            Band(begin, end, _UNITS[i][0]) for i, (begin, end) in enumerate(pairwise(edges))
        )

    def forward(self, t_h: ArrayLike) -> FloatArray:
        """Place of a time; 0 h is at 0, each band is 1 wide, time before lies below 0."""
        return _through(np.asarray(t_h, dtype=np.float64), *self._knots)

    def inverse(self, place: ArrayLike) -> FloatArray:
        """Time [h] of a place."""
        times, places = self._knots
        return _through(np.asarray(place, dtype=np.float64), places, times)

    @property
    def _knots(self) -> tuple[FloatArray, FloatArray]:
        edges = self.edges
        return np.r_[-SLOT_H, edges], np.r_[-SLOT, np.arange(edges.size, dtype=np.float64)]

    def times(self, per_band: int = 120) -> FloatArray:
        """Times [h] that draw every band equally finely and hit every edge."""
        edges = self.edges
        parts = [np.linspace(a, b, per_band, endpoint=False) for a, b in pairwise(edges.tolist())]
        return np.concatenate([*parts, edges[-1:]])

    def ticks(self) -> tuple[tuple[float, str], ...]:
        """Time [h] and number of every tick; numbers count in the unit of their band."""
        found: list[tuple[float, str]] = []
        for band, (_, hours, steps) in zip(self.bands, _UNITS, strict=False):
            low, high = band.begin / hours, band.end / hours
            marks = [m for step in steps if (m := _multiples(low, high, step))]
            chosen = next((m for m in marks if len(m) <= _MOST_TICKS), [high])
            found += [(mark * hours, f"{mark:g}") for mark in chosen]
        return tuple(found)

    def apply(self, ax: Axes, labels: bool = True) -> None:
        """Give an axes this time axis.

        Bands are shaded in turn and cut by white gaps, so that nobody takes the change of scale for
        a change of the curve.

        Parameters
        ----------
        ax : matplotlib.axes.Axes
            Lines on it have time in hours.
        labels : bool
            Whether to write numbers and units below; leave out on all but the lowest of a stack.
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
            middles = [float(self.forward([band.begin, band.end]).mean()) for band in self.bands]
            units = [band.unit for band in self.bands]
            for place, text in zip((-SLOT / 2, *middles), ("before", *units), strict=True):
                ax.annotate(
                    text, (float(self.inverse(place)), 0.0), xycoords=ax.get_xaxis_transform(),
                    xytext=(0, -21), textcoords="offset points", ha="center", va="baseline",
                    fontsize=7.5, annotation_clip=False,
                )  # fmt: skip


def _through(x: FloatArray, knots: FloatArray, values: FloatArray) -> FloatArray:
    """Piecewise linear, going on straight beyond both ends."""
    i = np.clip(np.searchsorted(knots, x, side="right") - 1, 0, knots.size - 2)
    slope = (values[1:] - values[:-1]) / (knots[1:] - knots[:-1])
    placed: FloatArray = values[i] + slope[i] * (x - knots[i])
    return placed


def _multiples(low: float, high: float, step: float) -> list[float]:
    """Multiples of a step in the band, those too close to its beginning left out."""
    first = low + 0.1 * (high - low)
    count = int(np.floor(high / step * (1.0 + 1e-12)))
    if count > 10_000:
        return []
    return [step * k for k in range(1, count + 1) if step * k >= first]
