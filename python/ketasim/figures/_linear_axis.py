"""A linear time axis in minutes, hours, days or weeks, for repeated doses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ketasim._runtime.optional import require
from ketasim._wording.sealed import sealed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Longest axis [h] that has a unit, its hours, its name, steps between ticks.
_UNITS = (
    (3.0, 1 / 60, "minutes", (1, 2, 5, 10, 20, 30)),
    (72.0, 1.0, "hours", (1, 2, 4, 6, 12)),
    (24.0 * 60, 24.0, "days", (1, 2, 7, 14)),
    (np.inf, 168.0, "weeks", (1, 2, 4, 8, 13, 26, 52)),
)
_MOST_TICKS = 10


@sealed
@dataclass(frozen=True, slots=True)
class LinearAxis:
    """A linear time axis, labelled in the unit that suits its length.

    Parameters
    ----------
    end_h : float
        Right edge [h].
    begin_h : float
        Left edge [h], default 0.

    Examples
    --------
    >>> from ketasim.figures import LinearAxis
    >>> LinearAxis(336.0).start_h
    0.0
    """

    end_h: float
    begin_h: float = 0.0

    @property
    def start_h(self) -> float:
        """Left edge [h]."""
        return self.begin_h

    def apply(self, ax: Axes, labels: bool = True) -> None:
        """Give matplotlib axes this time axis.

        Parameters
        ----------
        ax : matplotlib.axes.Axes
            Its lines have times in hours.
        labels : bool
            Whether to write labels and the unit, default True.
        """
        ticker: Any = require("matplotlib.ticker", "plot")
        span = self.end_h - self.begin_h
        hours, name, steps = next(row[1:] for row in _UNITS if span <= row[0])
        step = next((s for s in steps if span / (s * hours) <= _MOST_TICKS), steps[-1])
        ax.set_xlim(self.begin_h, self.end_h)
        ax.xaxis.set_major_locator(ticker.MultipleLocator(step * hours))
        ax.xaxis.set_major_formatter(ticker.FuncFormatter(lambda t, _: f"{t / hours:g}"))
        ax.tick_params(axis="x", labelbottom=labels, length=2.5)
        if labels:
            ax.set_xlabel(f"time since the first dose [{name}]")
