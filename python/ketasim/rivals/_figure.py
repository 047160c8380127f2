"""Relief under rival mechanisms, and the published numbers that each explains, on two axes."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ketasim._runtime.optional import require
from ketasim._wording.disclaimer import DISCLAIMER
from ketasim.catalogue._hypotheses import SHIPPED
from ketasim.catalogue._model_tables import readouts
from ketasim.figures._labels import Named, Word, place_words
from ketasim.figures._linear_axis import LinearAxis
from ketasim.figures._style import caption, new_figure, print_style, strip_title, tone

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ketasim.qualification._scoring import Record
    from ketasim.qualification._validate import Validation
    from ketasim.simulation._run import Run

#: Curves that differ by less at all times share a name [points].
SAME_POINTS = 0.05
#: Colours of Okabe and Ito for a light background, lines and words, each with its own dash.
COLOURS: tuple[tuple[str, str, Any], ...] = (
    ("#0072B2", "#0069A4", "-"),
    ("#D55E00", "#B34700", (0, (4.5, 1.6))),
    ("#009E73", "#00704F", (0, (1, 1.1))),
    ("#CC79A7", "#A04A7A", (0, (6, 1.5, 1, 1.5))),
    ("#000000", "#000000", (0, (8, 2))),
    ("#56B4E9", "#22789F", (0, (2, 1))),
    ("#8C6D00", "#6E5600", (0, (3, 1, 1, 1, 1, 1))),
)
MOOD = "madrs_change"


class Compared(Protocol):
    """What a figure needs of a `HypothesisComparison`."""

    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def areas(self) -> tuple[str, ...]: ...
    @property
    def runs(self) -> Mapping[str, Run]: ...
    @property
    def validations(self) -> Mapping[str, Validation]: ...
    @property
    def telling(self) -> tuple[str, ...]: ...
    def explained(self, hypothesis: str, area: str | None = None) -> tuple[int, int]: ...
    def explains(self, hypothesis: str, area: str | None = None) -> tuple[str, ...]: ...


def alike(comparison: Compared) -> list[tuple[str, ...]]:
    """Group hypotheses whose courses of the MADRS cannot be told apart in a figure."""
    groups: list[list[str]] = []
    for name, run in comparison.runs.items():
        for group in groups:
            if np.abs(comparison.runs[group[0]][MOOD] - run[MOOD]).max() < SAME_POINTS:
                group.append(name)
                break
        else:
            groups.append([name])
    return [tuple(group) for group in groups]


def draw(comparison: Compared) -> Figure:
    """Draw both parts as a figure of their own."""
    with print_style():
        figure = new_figure(8.6, 3.9)
        scored = bool(comparison.validations)
        left = figure.add_axes((0.065, 0.26, 0.4 if scored else 0.9, 0.65))
        courses(left, comparison, COLOURS)
        if scored:
            counts(figure.add_axes((0.625, 0.26, 0.365, 0.6)), comparison, COLOURS[0][0])
        caption(figure, [*textwrap.wrap(says(comparison), 150), DISCLAIMER])
        figure.set_label(f"{says(comparison)} {words(comparison)} {DISCLAIMER}")
    return figure


def says(comparison: Compared) -> str:
    """Return the message in a sentence with numbers."""
    largest = {name: run[MOOD].min() for name, run in comparison.runs.items()}
    best = min(largest, key=lambda name: largest[name])
    least = max(largest, key=lambda name: largest[name])
    text = (
        f"In the model, the MADRS falls by at most {_points(largest[best])} with {_the(best)} and "
        f"{_points(largest[least])} with {_the(least)}"
    )
    if not comparison.validations:
        return f"{text}."
    found = {name: comparison.explained(name) for name in comparison.names}
    most = max(found, key=lambda name: found[name][0])
    fewest = min(found, key=lambda name: found[name][0])
    return (
        f"{text}; of {len(comparison.telling)} published numbers that tell them apart, {_the(most)} explains "
        f"{found[most][0]} and {_the(fewest)} {found[fewest][0]}."
    )


def words(comparison: Compared) -> str:
    """Return all that the figure shows in words."""
    parts = []
    for name, run in comparison.runs.items():
        part = f"{name}: MADRS {_points(run[MOOD].min())} lower"
        if comparison.validations:
            part += ", explained " + ", ".join(
                "{} of {} ({})".format(*comparison.explained(name, area), area)
                for area in comparison.areas
            )
        parts.append(part)
    return "; ".join(parts) + "."


def _the(name: str) -> str:
    return f"the {name}" if name == SHIPPED else name


def _points(change: float) -> str:
    return f"{abs(min(change, 0.0)):.1f} points"


def courses(ax: Axes, comparison: Compared, colours: Any, size: float = 7.0) -> None:
    """Draw the change of the MADRS under each hypothesis, with direct labels."""
    end = float(next(iter(comparison.runs.values())).t[-1])
    LinearAxis(end).apply(ax)
    low = min(float(run[MOOD].min()) for run in comparison.runs.values())
    ax.set_ylim(1.22 * min(low, -1.0), 0.28 * max(-low, 1.0))
    lines, names = [], []
    for k, group in enumerate(alike(comparison)):
        line, word, dash = colours[k % len(colours)]
        run = comparison.runs[group[0]]
        ax.plot(run.t, run[MOOD], color=line, ls=dash, lw=1.8, zorder=5 - 0.1 * k)
        lines.append(Named(run.t, run[MOOD], "", line))
        names.append(Word(run.t, run[MOOD], ", ".join(group), word, k))
    place_words(ax, lines, names, size)
    strip_title(ax, "Depression score (MADRS), change", "points; down is better")


def counts(ax: Axes, comparison: Compared, colour: str, size: float = 7.5) -> None:
    """Draw a table: hypotheses by areas, telling observations inside their interval."""
    colours: Any = require("matplotlib.colors", "plot")
    patches: Any = require("matplotlib.patches", "plot")
    heat = colours.LinearSegmentedColormap.from_list("explained", [tone("paper"), colour])
    told: Mapping[tuple[str, str], tuple[int, int]] = {
        (name, area): comparison.explained(name, area)
        for name in comparison.names
        for area in comparison.areas
    }
    ax.set_xlim(0, len(comparison.areas))
    ax.set_ylim(len(comparison.names), 0)
    for i, name in enumerate(comparison.names):
        for j, area in enumerate(comparison.areas):
            inside, n = told[name, area]
            share = inside / n if n else 0.0
            ax.add_patch(
                patches.Rectangle(
                    (j + 0.04, i + 0.06), 0.92, 0.88, fc=heat(0.82 * share), ec=tone("grey"), lw=0.5
                )
            )  # fmt: skip
            strong = share > 0.6
            ax.text(
                j + 0.5, i + 0.5, str(inside), ha="center", va="center", fontsize=size,
                color=tone("paper") if strong else tone("ink"),
                fontweight="bold" if strong else "normal",
            )  # fmt: skip
    first = comparison.names[0]
    ax.set_yticks(np.arange(len(comparison.names)) + 0.5, comparison.names)
    ax.set_xticks(
        np.arange(len(comparison.areas)) + 0.5,
        [
            f"{area.replace('Receptor and circuit', 'Circuit')}\nof {told[first, area][1]}"
            for area in comparison.areas
        ],
    )
    ax.xaxis.tick_top()
    ax.set_xlabel("area [observations that tell hypotheses apart]")
    ax.set_ylabel("hypothesis")
    ax.xaxis.label.set_visible(False)
    ax.yaxis.label.set_visible(False)
    ax.tick_params(length=0, labelsize=size - 0.3, labelcolor=tone("ink"))
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)


#: Height of a row, and of all around the rows [inch].
ROW, AROUND = 0.19, 1.15
_DIRECTIONS = {1.0: "rises", 0.0: "does not change", -1.0: "falls"}


def told_apart_by(comparison: Compared, area: str) -> list[tuple[str, str]]:
    """Return words and ``obs_id`` of the telling observations of an area; like rows stand together."""
    told = set(comparison.telling)
    first = comparison.validations[comparison.names[0]]
    return sorted(
        (_said(r), r.obs_id) for r in first.records if r.obs_id in told and r.area == area
    )


def says_observations(comparison: Compared, area: str) -> str:
    """Return how many observations of an area each hypothesis explains."""
    counted = {name: comparison.explained(name, area) for name in comparison.names}
    of = next(iter(counted.values()))[1]
    return (
        f"In the model, of {of} observations ({area.lower()}) that tell the hypotheses apart, these are "
        "explained: " + ", ".join(f"{name} {n}" for name, (n, _) in counted.items()) + "."
    )


def words_observations(comparison: Compared, area: str) -> str:
    """Return which hypotheses explain each observation of an area."""
    inside = {name: set(comparison.explains(name, area)) for name in comparison.names}
    return "; ".join(
        f"{said}: {', '.join(n for n in comparison.names if obs_id in inside[n]) or 'none'}"
        for said, obs_id in told_apart_by(comparison, area)
    )


def observations(ax: Axes, comparison: Compared, area: str, colour: str, size: float = 7.0) -> None:
    """Draw a row for each telling observation: a filled dot for each hypothesis that explains it."""
    rows = told_apart_by(comparison, area)
    inside = {name: set(comparison.explains(name, area)) for name in comparison.names}
    ax.set_xlim(-0.5, len(comparison.names) - 0.5)
    ax.set_ylim(max(len(rows), 1) - 0.5, -0.5)
    for i, (_, obs_id) in enumerate(rows):
        if i % 2 == 0:
            ax.axhspan(i - 0.5, i + 0.5, color=tone("band"), lw=0, zorder=0)
        for k, name in enumerate(comparison.names):
            fill = colour if obs_id in inside[name] else tone("paper")
            ax.plot(k, i, "o", ms=5.8, mfc=fill, mec=colour, mew=1.0)
    ax.set_yticks(range(len(rows)), [said for said, _ in rows])
    ax.set_xticks(range(len(comparison.names)), [n.replace(" ", "\n") for n in comparison.names])
    ax.xaxis.tick_top()
    ax.set_xlabel("hypothesis")
    ax.set_ylabel("observation [filled: predicted inside its interval]")
    ax.xaxis.label.set_visible(False)
    ax.yaxis.label.set_visible(False)
    ax.tick_params(length=0, labelsize=size, labelcolor=tone("ink"))
    ax.tick_params(axis="x", labelsize=size - 0.6)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)


def draw_observations(comparison: Compared, area: str) -> Figure:
    """Draw the telling observations of an area as a figure of its own."""
    rows = len(told_apart_by(comparison, area))
    text = says_observations(comparison, area)
    with print_style():
        tall = AROUND + ROW * rows
        figure = new_figure(7.8, tall)
        ax = figure.add_axes((0.455, 0.66 / tall, 0.54, ROW * max(rows, 1) / tall))
        observations(ax, comparison, area, COLOURS[0][0])
        caption(figure, [*textwrap.wrap(text, 140), DISCLAIMER])
        listed = words_observations(comparison, area)
        figure.set_label(f"{text} Explained by: {listed}. {DISCLAIMER}")
    return figure


def _said(r: Record) -> str:
    """Return an observation in words: readout, result, source."""
    described = {str(row["name"]): str(row["description"]) for row in readouts()}
    # Relapse is counted from ratings over time and is no readout of the model.
    what = described.get(r.readout, r.readout)
    if r.statistic == "sign":
        result = _DIRECTIONS[r.value]
    else:
        result = f"{r.statistic} {r.value:g} {r.unit}".removesuffix(" 1")
    return f"{what}: {result} ({r.source_key})"
