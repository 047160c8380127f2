"""Figures of fits: traces, profiles, predictive bands and checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ketasim._arrays import FloatArray
from ketasim._runtime.figure import new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Colours of Okabe and Ito.
BLUE, VERMILLION, GREY = "#0072B2", "#D55E00", "#5F5F5F"
PANEL = (2.6, 2.1)
COLUMNS = 3
#: Dots per inch in a notebook.
DPI = 75


class Checked(Protocol):
    """What is drawn of a readout of a visual predictive check."""

    @property
    def unit(self) -> str: ...
    @property
    def times(self) -> FloatArray: ...
    @property
    def observed(self) -> FloatArray: ...
    @property
    def simulated(self) -> FloatArray: ...
    @property
    def below(self) -> FloatArray: ...
    @property
    def simulated_below(self) -> FloatArray: ...
    @property
    def data_times(self) -> FloatArray: ...
    @property
    def data(self) -> FloatArray: ...


def panels(n: int, columns: int = COLUMNS, height: float = PANEL[1]) -> tuple[Figure, list[Any]]:
    rows = -(-n // columns)
    figure = new_figure(PANEL[0] * min(n, columns), height * rows, dpi=DPI, layout="constrained")
    return figure, [figure.add_subplot(rows, min(n, columns), k + 1) for k in range(n)]


def _title(axes: Any, name: str, unit: str) -> None:
    axes.set_title(name, fontsize=8)
    axes.set_xlabel("" if unit == "1" else unit, fontsize=7)
    axes.tick_params(labelsize=7)


def trace_figure(
    names: Sequence[str], units: Sequence[str], values: FloatArray, says: str
) -> Figure:
    """Draw the distribution of every parameter, and below it the chains."""
    columns = min(len(names), COLUMNS)
    figure, axes = panels(2 * columns * -(-len(names) // columns), columns, 1.6)
    for k, name in enumerate(names):
        row, column = divmod(k, columns)
        top = axes[2 * row * columns + column]
        below = axes[(2 * row + 1) * columns + column]
        top.hist(values[:, :, k].ravel(), bins=40, color=BLUE, density=True)
        top.set_yticks([])
        _title(top, name, units[k])
        below.plot(values[:, :, k].T, color=GREY, linewidth=0.3, alpha=0.5)
        below.set_xlabel("draw", fontsize=7)
        below.tick_params(labelsize=7)
    for one in axes:
        one.set_visible(bool(one.has_data()))
    figure.set_label(f"Draws of {', '.join(names)}: {says}.")
    return figure


def identifiability_figure(
    names: Sequence[str],
    units: Sequence[str],
    verdicts: Sequence[str],
    paths: Sequence[FloatArray] | FloatArray,
    falls: Sequence[FloatArray] | FloatArray,
    threshold: float,
) -> Figure:
    """Draw how the log-likelihood falls as each parameter moves from the maximum."""
    figure, axes = panels(len(names))
    for k, one in enumerate(axes):
        seen = np.isfinite(falls[k])
        one.plot(paths[k][seen], falls[k][seen], color=BLUE, marker=".", markersize=3)
        one.axhline(threshold, color=VERMILLION, linestyle="--", linewidth=0.8)
        one.set_ylim(-0.2, 3.0 * threshold)
        shown = paths[k][seen & (np.nan_to_num(falls[k], nan=np.inf) < 4.0 * threshold)]
        if shown.size > 1 and float(np.ptp(shown)) > 0.0:
            one.set_xlim(float(shown.min()), float(shown.max()))
        _title(one, f"{names[k]}\n{verdicts[k]}", units[k])
    if axes:
        axes[0].set_ylabel("fall of log-likelihood", fontsize=7)
    said = "; ".join(f"{name} {verdict}" for name, verdict in zip(names, verdicts, strict=True))
    figure.set_label(f"Fall of the log-likelihood, dashed at {threshold:g}: {said}.")
    return figure


def bands_figure(
    t: FloatArray,
    quantiles: Mapping[str, tuple[FloatArray, FloatArray]],
    units: Mapping[str, str],
    scenario: str,
) -> Figure:
    """Draw the band of parameter uncertainty in that of patients."""
    figure, axes = panels(len(quantiles), 1, 2.4)
    figure.set_size_inches(6.0, 2.4 * len(quantiles))
    days = float(t[-1]) > 72.0
    x = t / 24.0 if days else t
    for one, (name, (own, both)) in zip(axes, quantiles.items(), strict=True):
        one.fill_between(x, both[0], both[2], color=BLUE, alpha=0.15, linewidth=0)
        one.fill_between(x, own[0], own[2], color=BLUE, alpha=0.45, linewidth=0)
        one.plot(x, own[1], color=BLUE)
        one.set_ylabel(f"{name} [{units[name]}]", fontsize=8)
        one.tick_params(labelsize=7)
    axes[-1].set_xlabel("time [d]" if days else "time [h]", fontsize=8)
    axes[0].set_title(
        f"{scenario}\ndark: 95 % of parameter uncertainty; light: 95 % of patients", fontsize=7
    )
    figure.set_label(
        f"Predictions for {scenario}: 95 % of parameter uncertainty, and of patients, of "
        f"{', '.join(quantiles)}."
    )
    return figure


def check_figure(readouts: Mapping[str, Checked], corrected: bool) -> Figure:
    """Draw observed percentiles in the bands of simulated ones, and the share below the limit."""
    censored = any(one.below.any() or one.simulated_below.any() for one in readouts.values())
    rows = 2 if censored else 1
    figure, axes = panels(rows * len(readouts), len(readouts), 2.4)
    figure.set_size_inches(3.6 * len(readouts), 2.6 * rows)
    for k, (name, one) in enumerate(readouts.items()):
        top = axes[k]
        for q, dash in enumerate(("--", "-", "--")):
            low, _, high = one.simulated[q]
            top.fill_between(one.times, low, high, color=BLUE, alpha=0.3, linewidth=0)
            top.plot(one.times, one.observed[q], color=VERMILLION, linestyle=dash, linewidth=1)
        top.plot(one.data_times, one.data, ".", color=GREY, markersize=2)
        if one.data.size and one.data.min() > 0.0 and one.data.max() > 20.0 * one.data.min():
            top.set_yscale("log")
        word = "prediction-corrected " if corrected else ""
        top.set_ylabel(f"{word}{name} [{one.unit}]", fontsize=7)
        top.tick_params(labelsize=7)
        last = top
        if censored:
            last = axes[len(readouts) + k]
            low, _, high = one.simulated_below
            last.fill_between(one.times, low, high, color=BLUE, alpha=0.3, linewidth=0)
            last.plot(one.times, one.simulated_below[1], color=BLUE, linewidth=1)
            last.plot(one.times, one.below, color=VERMILLION, linewidth=1, linestyle="--")
            last.set_ylim(-0.02, 1.02)
            last.set_ylabel("share below limit", fontsize=7)
            last.tick_params(labelsize=7)
        last.set_xlabel("time [h]", fontsize=7)
    figure.set_label(
        "Visual predictive check: 10th, 50th and 90th percentile of the data (lines) in 95 % of simulated "
        f"data sets (bands) of {', '.join(readouts)}."
    )
    return figure
