"""Calibration of the predictive distributions: PIT histograms and coverage (extra ``ketasim[plot]``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ketasim._runtime.optional import require
from ketasim._wording.disclaimer import DISCLAIMER
from ketasim.evidence.vocabulary import CLINICAL, PLASMA
from ketasim.qualification._figure import GREY, LIGHT, _frame
from ketasim.qualification._scoring import Record

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Okabe-Ito; the marker differs together with the colour.
GROUPS = (
    (CLINICAL, "#0072B2", "o"),
    (PLASMA, "#D55E00", "s"),
    ("All other areas", "#009E73", "^"),
)
PIT_BINS = 10
COVERAGE_LEVELS = np.linspace(0.05, 0.95, 19)


def calibration(records: Sequence[Record], title: str = "") -> Figure:
    """Draw PIT histograms, one for each group of areas, and the coverage of all intervals.

    Parameters
    ----------
    records : sequence of Record
    title : str
        Where the evidence came from.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    MissingLibraryError
        Without matplotlib.
    """
    figure_module: Any = require("matplotlib.figure", "plot")
    figure: Figure = figure_module.Figure(figsize=(12.0, 7.2), layout="constrained", dpi=120)
    grid = figure.add_gridspec(2, 3, height_ratios=(1.0, 1.35))
    coverage = figure.add_subplot(grid[1, :2])
    _frame(coverage, "Coverage: share of observations inside their prediction interval")
    coverage.plot([0, 100], [0, 100], color=GREY, lw=0.9)
    coverage.text(84, 95, "as promised", color=GREY, fontsize=8.5, ha="right")
    ends: list[tuple[float, str, str]] = []
    for k, (name, colour, marker) in enumerate(GROUPS):
        pits = np.array(
            [r.pit for r in records if r.scored and r.pit is not None and _of(r) == name]
        )
        _histogram(figure.add_subplot(grid[0, k]), name, pits, colour)
        if pits.size:
            inside = [100.0 * np.mean(np.abs(pits - 0.5) <= 0.5 * p) for p in COVERAGE_LEVELS]
            coverage.plot(
                100.0 * COVERAGE_LEVELS, inside, marker=marker, ms=4.5, color=colour, lw=1.4
            )
            ends.append((float(inside[-1]), name, colour))
    _labels(coverage, ends)
    coverage.set_xlim(0, 122)
    coverage.set_xticks(range(0, 101, 20))
    coverage.set_ylim(0, 103)
    coverage.set_xlabel("prediction interval [%]")
    coverage.set_ylabel("observations inside [%]")
    _explain(figure.add_subplot(grid[1, 2]))
    figure.suptitle(
        "Calibration of the predictive distributions" + (f" ({title})" if title else ""),
        fontsize=12,
    )
    figure.supxlabel(DISCLAIMER, fontsize=8.5, color=GREY)
    return figure


def _of(r: Record) -> str:
    return r.area if r.area in (CLINICAL, PLASMA) else GROUPS[-1][0]


def _histogram(ax: Axes, name: str, pits: np.ndarray, colour: str) -> None:
    _frame(ax, f"{name}: {pits.size} observations")
    if not pits.size:
        ax.text(0.5, 0.5, "no such observation", transform=ax.transAxes, ha="center", color=GREY)
        return
    expected = pits.size / PIT_BINS
    # A bin of a uniform PIT holds a binomial count: mean and two standard deviations.
    margin = 2.0 * np.sqrt(expected * (1.0 - 1.0 / PIT_BINS))
    ax.axhspan(max(expected - margin, 0.0), expected + margin, color=LIGHT, zorder=0)
    ax.hist(
        pits,
        bins=np.linspace(0.0, 1.0, PIT_BINS + 1).tolist(),
        color=colour,
        edgecolor="white",
        zorder=2,
    )
    ax.axhline(expected, color=GREY, lw=0.9, zorder=3)
    ax.set_xlim(0.0, 1.0)
    ax.set_xlabel("PIT [share of the distribution below the value]", fontsize=8.5)
    ax.set_ylabel("observations", fontsize=8.5)


def _labels(ax: Axes, ends: Sequence[tuple[float, str, str]]) -> None:
    """Write the names beside the ends of the curves, apart from each other."""
    last = 200.0
    for height, name, colour in sorted(ends, reverse=True):
        at = min(height, last - 6.0)
        ax.text(97.5, at, name, color=colour, fontsize=9, va="center")
        last = at


def _explain(ax: Axes) -> None:
    ax.axis("off")
    ax.text(
        0.0,
        0.95,
        "PIT: flat where predictions are calibrated.\n"
        "High at both ends: intervals are too narrow.\n"
        "High in the middle: too wide.\n"
        "Higher on one side: predictions are biased;\non the left, values are below them.\n"
        "Grey band: two standard deviations of chance.\n\n"
        "Coverage: above the line, intervals are too\nwide; below, too narrow.",
        va="top",
        fontsize=9,
        transform=ax.transAxes,
    )
