"""Figures of programmes and of monitoring, with direct labels."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ketasim._arrays import FloatArray
from ketasim._wording.disclaimer import DISCLAIMER
from ketasim.figures._style import caption, direct_label, new_figure, print_style, strip_title, tone

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from ketasim.clinic._programme import Programme
    from ketasim.population._ensemble import Ensemble
    from ketasim.simulation._run import Run

DAY_H = 24.0
#: Colours of Okabe and Ito for a light background: line, word, dash.
COLOURS: tuple[tuple[str, str, Any], ...] = (
    ("#0072B2", "#0069A4", "-"),
    ("#D55E00", "#B34700", (0, (4.5, 1.6))),
    ("#009E73", "#00704F", (0, (1, 1.1))),
    ("#CC79A7", "#A04A7A", (0, (6, 1.5, 1, 1.5))),
    ("#000000", "#000000", (0, (8, 2))),
)
#: Short names of what is watched, and their order.
WATCHED = {
    "dissociated": "dissociation", "sedated": "sedation", "rise_40": "pressure rise\nabove 40 mmHg",
    "sbp_180": "180 mmHg\nor more",
}  # fmt: skip
#: Times of the bars [h], and their distance from each other.
BAR_H, BESIDE_H = (1.0, 2.0, 4.0, 6.0), 0.11


class Watched(Protocol):
    """What a figure needs of a `Monitoring`."""

    @property
    def t(self) -> FloatArray: ...
    @property
    def share(self) -> Mapping[str, FloatArray]: ...
    @property
    def low(self) -> Mapping[str, FloatArray]: ...
    @property
    def high(self) -> Mapping[str, FloatArray]: ...
    @property
    def fit_h(self) -> FloatArray: ...


class Patient(Protocol):
    """What a figure needs of a `ProgrammeRun`."""

    @property
    def programme(self) -> Programme: ...
    @property
    def run(self) -> Run: ...
    @property
    def ratings(self) -> FloatArray: ...
    @property
    def levels(self) -> tuple[int | None, ...]: ...


class Patients(Protocol):
    """What a figure needs of a `ProgrammePopulation`."""

    @property
    def programme(self) -> Programme: ...
    @property
    def people(self) -> Ensemble: ...
    @property
    def ratings(self) -> FloatArray: ...
    @property
    def levels(self) -> NDArray[np.intp]: ...


def of_monitoring(watched: Watched, says: str) -> Figure:
    with print_style():
        figure = new_figure(7.4, 3.9)
        signs(figure.add_axes((0.07, 0.22, 0.36, 0.64)), watched, COLOURS)
        leaving(figure.add_axes((0.61, 0.22, 0.37, 0.64)), watched, COLOURS[0])
        caption(figure, [*textwrap.wrap(says, 135), DISCLAIMER])
        figure.set_label(f"{says} {DISCLAIMER}")
    return figure


def signs(ax: Axes, watched: Watched, colours: Sequence[Any], size: float = 7.0) -> None:
    """Draw the share of patients with each sign by time; names stand at the right of the axes."""
    for k, sign in enumerate(WATCHED):
        line, _, dash = colours[k]
        ax.plot(watched.t, 100.0 * watched.share[sign], color=line, ls=dash, lw=1.8, zorder=5)
        # Bars beside each other at a few times: bands of four signs would cover one another.
        at = [int(np.argmin(np.abs(watched.t - h - BESIDE_H * (k - 1.5)))) for h in BAR_H]
        low, high = (100.0 * edge[sign][at] for edge in (watched.low, watched.high))
        ax.vlines(watched.t[at], low, high, color=line, lw=1.2, zorder=4)
        for edge in (low, high):
            ax.plot(watched.t[at], edge, ls="none", marker="_", ms=4.0, color=line, zorder=4)
    _hours(ax, watched.t)
    ax.set_ylim(-4.0, 100.0)
    ax.set_yticks([0, 20, 40, 60, 80, 100])
    free = -100.0
    by_end = sorted(
        enumerate(WATCHED.items()), key=lambda item: float(watched.share[item[1][0]][-1])
    )
    for k, (sign, said) in by_end:
        tall = 5.5 * (1 + said.count("\n"))
        y = max(100.0 * float(watched.share[sign][-1]) - tall / 2, free + 1.5)
        free = y + tall
        direct_label(
            ax, float(watched.t[-1]), y + tall / 2, said, colours[k][1], fontsize=size, va="center", offset=(5, 0)
        )  # fmt: skip
    strip_title(ax, "Patients with a sign", "%; bars: 95 % of clinics")


def leaving(ax: Axes, watched: Watched, colour: Any, size: float = 7.0) -> None:
    """Draw the share that is fit to leave by time, with the two-hour window and the 95 % line."""
    line, word, _ = colour
    fit = 100.0 * (1.0 - watched.share["unfit"])
    ax.fill_between(
        watched.t, 100.0 * (1.0 - watched.high["unfit"]), 100.0 * (1.0 - watched.low["unfit"]), color=line,
        alpha=0.15, lw=0,
    )  # fmt: skip
    ax.plot(watched.t, fit, color=line, lw=1.9, zorder=5)
    _hours(ax, watched.t)
    ax.set_ylim(0.0, 114.0)
    ax.set_yticks([0, 20, 40, 60, 80, 95])
    ax.axhline(95.0, color=tone("grey"), lw=0.8, ls=(0, (4, 2)))
    if watched.t[-1] >= 2.0:
        ax.axvline(2.0, color=tone("grey"), lw=0.8, ls=(0, (4, 2)))
        direct_label(ax, 2.0, 3.0, "2 h window", tone("grey"), fontsize=size, offset=(3, 0))
    middle = float(watched.fit_h[1])
    if np.isfinite(middle):
        ax.plot([middle], [95.0], "o", ms=4.6, mfc=tone("paper"), mec=line, mew=1.3, zorder=9)
        direct_label(
            ax, middle, 100.0, f"95 % at {middle:.1f} h", word, fontsize=size, ha="center", offset=(0, 3)
        )  # fmt: skip
    strip_title(ax, "Fit to leave", "%; band: 95 % of clinics")


def _hours(ax: Axes, t: FloatArray) -> None:
    ax.set_xlim(float(t[0]), float(t[-1]))
    ax.set_xlabel("time after the dose [h]")


def of_patient(patient: Patient) -> Figure:
    programme, run = patient.programme, patient.run
    with print_style():
        figure = new_figure(7.2, 3.6)
        ax = figure.add_axes((0.08, 0.2, 0.9, 0.66))
        blue, red = COLOURS[0], COLOURS[1]
        ax.plot(run.t / DAY_H, run["madrs"], color=blue[0], lw=1.7)
        days = np.array(programme.visits_h) / DAY_H
        ax.plot(
            days, patient.ratings, "o", ms=4.2, mfc=tone("paper"), mec=red[0], mew=1.2, zorder=6
        )
        top = 1.16 * max(float(run["madrs"].max()), float(patient.ratings.max()))
        for day, level in zip(days, patient.levels, strict=True):
            text = "–" if level is None else f"{programme.levels[level].amount:g}"
            ax.annotate(text, (day, top), ha="center", va="top", fontsize=6.5, color=tone("ink"))
        ax.set_ylim(0.0, 1.04 * top)
        ax.set_xlim(-1.5, float(run.t[-1]) / DAY_H)
        ax.set_xlabel("time since the first visit [days]")
        end = float(run.t[-1]) / DAY_H
        direct_label(ax, end, float(run["madrs"][-1]), "MADRS", blue[1], ha="right")
        direct_label(
            ax, float(days[-1]), float(patient.ratings[-1]), "rated", red[1], ha="right", va="top", offset=(-4, -3)
        )  # fmt: skip
        unit = programme.levels[0].unit
        strip_title(ax, f"One patient: {programme}", f"points; above: dose [{unit}], – none")
        says = (
            f"In the model, the last rating is {patient.ratings[-1]:.0f} of {patient.ratings[0]:.0f} points after "
            f"{sum(k is not None for k in patient.levels)} doses at {days.size} visits."
        )
        caption(figure, [says, DISCLAIMER])
        figure.set_label(f"{says} {DISCLAIMER}")
    return figure


def of_population(patients: Patients) -> Figure:
    programme = patients.programme
    with print_style():
        figure = new_figure(7.4, 4.4)
        above = figure.add_axes((0.08, 0.56, 0.9, 0.34))
        below = figure.add_axes((0.08, 0.17, 0.9, 0.26))
        ratings(above, patients, COLOURS[0])
        doses(below, patients, COLOURS)
        says = summary(patients)
        caption(figure, [*textwrap.wrap(says, 135), DISCLAIMER])
        figure.set_label(f"{says} {DISCLAIMER}")
        strip_title(above, f"Ratings: {programme}", "points; median, 50 and 90 % of patients")
        strip_title(below, "Dose at each visit", "% of patients")
    return figure


def summary(patients: Patients) -> str:
    """Return the message in a sentence with numbers."""
    ok = patients.people.ok
    rated, levels = patients.ratings[ok], patients.levels[ok]
    better = 100.0 * float((rated[:, -1] <= 0.5 * rated[:, 0]).mean())
    given = (levels >= 0).sum(axis=1)
    few, many = int(given.min()), int(given.max())
    doses_given = (
        f"{few} doses each" if few == many else f"{given.mean():.1f} doses, from {few} to {many},"
    )
    return (
        f"In the model, {better:.0f} % of {ok.sum()} patients are rated at half of their first rating or less at "
        f"the last visit; they get {doses_given} at {levels.shape[1]} visits."
    )


def ratings(ax: Axes, patients: Patients, colour: Any) -> None:
    """Draw quantiles of the ratings at each visit."""
    days = np.array(patients.programme.visits_h) / DAY_H
    rated = patients.ratings[patients.people.ok]
    q05, q25, q50, q75, q95 = np.quantile(rated, (0.05, 0.25, 0.5, 0.75, 0.95), axis=0)
    ax.fill_between(days, q05, q95, color=colour[0], alpha=0.14, lw=0)
    ax.fill_between(days, q25, q75, color=colour[0], alpha=0.22, lw=0)
    ax.plot(days, q50, "-o", color=colour[0], lw=1.7, ms=3.2)
    ax.set_ylim(0.0, 1.06 * float(q95.max()))
    ax.set_xlim(-1.5, days[-1] + 1.5)
    ax.tick_params(labelbottom=False)


def doses(ax: Axes, patients: Patients, colours: Sequence[Any], size: float = 7.0) -> None:
    """Draw the share of patients at each dose, by visit, as stacked bars; names above, at the right."""
    programme = patients.programme
    days = np.array(programme.visits_h) / DAY_H
    levels = patients.levels[patients.people.ok]
    width = 0.8 * float(np.diff(days).min()) if days.size > 1 else 1.0
    bottom = np.zeros(days.size)
    for k, level in enumerate(programme.levels):
        share = 100.0 * (levels == k).mean(axis=0)
        line = colours[k % len(colours)][0]
        ax.bar(
            days, share, width, bottom=bottom, color=line, edgecolor=tone("paper"), lw=0.8,
            label=f"{level.amount:g} {level.unit}" if share.any() else "_",
        )  # fmt: skip
        bottom += share
    # In the order of the stack, from below.
    ax.legend(
        loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=len(programme.levels), frameon=False, fontsize=size,
        handlelength=1.0, handletextpad=0.4, columnspacing=1.2, borderaxespad=0.1,
    )  # fmt: skip
    ax.set_ylim(0.0, 100.0)
    ax.set_xlim(-1.5, days[-1] + 1.5)
    ax.set_xlabel("time since the first visit [days]")
