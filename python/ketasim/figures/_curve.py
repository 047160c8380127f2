"""The line of one quantity of one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ketasim._arrays import FloatArray
from ketasim.figures._quantities import DAILY_FROM_H, Quantity, daily
from ketasim.figures._style import FIRST, Pen

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ketasim.figures._drawable_run import DrawableRun

DOTTED: Any = (0, (1, 1.3))


def draw(
    ax: Axes, quantity: Quantity, run: DrawableRun, pen: Pen, before_h: float, scale: float = 1.0
) -> tuple[FloatArray, FloatArray]:
    """Draw a quantity times ``scale``, constant from ``before_h`` [h] to the first time of the run.

    Quantities that vary with every tablet are drawn as daily mean and range after the first day.

    Returns
    -------
    times [h] and values of the line as drawn : ndarray, shape (n_points,)
    """
    y = scale * quantity.of(run)
    t = run.t
    if before_h < t[0]:
        t, y = np.r_[before_h, t], np.r_[y[0], y]
    dash = DOTTED if quantity.minor else pen.dash
    width = 1.2 if quantity.minor else pen.width
    style = {"color": pen.colour, "ls": dash, "lw": width, "zorder": 5 if pen is FIRST else 4}
    if not quantity.daily or t[-1] < DAILY_FROM_H:
        ax.plot(t, y, gid=quantity.name, **style)
        return t, y
    early = t <= DAILY_FROM_H
    ax.plot(t[early], y[early], gid=quantity.name, **style)
    days, mean, low, high = daily(run.t, y[-run.t.size :])
    ax.fill_between(days, low, high, color=pen.colour, alpha=0.22, lw=0, zorder=3)
    ax.plot(days, mean, gid=f"{quantity.name}: daily mean", **style)
    return np.r_[t[early], days[1:]], np.r_[y[early], mean[1:]]
