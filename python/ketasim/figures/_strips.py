"""Strips over one time axis, for one run or for several."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from ketasim._arrays import FloatArray
from ketasim._wording.disclaimer import LONG_DISCLAIMER as DISCLAIMER
from ketasim._wording.disclaimer import RISK
from ketasim._wording.durations import in_words
from ketasim._wording.lists import listed_names
from ketasim._wording.names import check_name
from ketasim.catalogue._model_tables import readouts as readout_table
from ketasim.catalogue._model_tables import states as state_table
from ketasim.figures._curve import draw
from ketasim.figures._era_axis import EraAxis
from ketasim.figures._labels import Named, name_lines
from ketasim.figures._linear_axis import LinearAxis
from ketasim.figures._quantities import HUMAN_ONLY, STRIPS, Quantity, Strip
from ketasim.figures._style import (
    FIRST,
    PAGE_WIDTH,
    PENS,
    Pen,
    caption,
    new_figure,
    pen_sample,
    print_style,
    strip_title,
)
from ketasim.simulation._curve_moments import furthest

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ketasim.figures._drawable_run import DrawableRun
TimeAxis = Literal["auto", "era", "linear"]

#: Heights [inch]: a strip, its heading, the gap below it, the space above and below all strips.
STRIP, HEAD, GAP, TOP, BOTTOM = 1.14, 0.38, 0.04, 0.42, 0.92
#: Height of a line of the legend [inch].
KEY_LINE = 0.19
#: Space for names above the highest curve, as a share of the range.
HEADROOM = 0.15
#: A curve that changes by less than this share of its size counts as constant.
FLAT = 2e-3
#: Numbers of runs in words.
COUNTS = {1: "One", 2: "Two", 3: "Three", 4: "Four"}
#: Longest line of the heading [characters].
HEADING = 78


def plot_run(
    run: DrawableRun,
    readouts: Sequence[str] | None = None,
    *,
    axis: TimeAxis = "auto",
    uncertainty: bool = False,
) -> Figure:
    """Draw one run as strips over one time axis.

    Parameters
    ----------
    run : Run
    readouts : sequence of str, optional
        Readouts or states, one strip each; default: the cascade from drug to mood, without constant
        curves.
    axis : {'auto', 'era', 'linear'}
        As in `ketasim.Run.plot`.
    uncertainty : bool
        As in `ketasim.Run.plot`.

    Returns
    -------
    matplotlib.figure.Figure
        ``get_label()`` describes it in words.

    Raises
    ------
    MissingLibraryError
        Without matplotlib (extra ``ketasim[plot]``).
    UnknownNameError, ScenarioError
        For an unknown readout or axis.

    Examples
    --------
    >>> import ketasim as ks
    >>> from ketasim.figures import plot_run
    >>> run = ks.simulate("ketamine 0.5 mg/kg iv over 40 min", until="1 d")
    >>> len(plot_run(run, ["madrs_change"]).axes)
    1
    """
    drawn: Sequence[DrawableRun] = ()
    if uncertainty:
        from ketasim.figures._uncertainty import runs_of_draws

        drawn = runs_of_draws(run)
    return strips_figure([run], [str(run.scenario)], readouts, axis, drawn=drawn)


def strips_figure(
    runs: Sequence[DrawableRun],
    names: Sequence[str],
    readouts: Sequence[str] | None,
    axis: TimeAxis,
    note: str = "",
    drawn: Sequence[DrawableRun] = (),
) -> Figure:
    """Draw runs in strips over one time axis, each with the pen of its place.

    Parameters
    ----------
    runs : sequence of Run
        At most as many as there are pens.
    names : sequence of str
        One for each run.
    readouts, axis
        As in `plot_run`.
    note : str
        Beginning of the caption; default: the scenario of a single run.
    drawn : sequence of Run
        Runs of other parameters, drawn as a band.
    """
    strips = strips_of(runs, readouts)
    time = _time_axis(runs, axis)
    pens = PENS[: len(runs)]
    top = TOP + (KEY_LINE * len(runs) if len(runs) > 1 else 0.0)
    height = top + STRIP * len(strips) + BOTTOM
    sentences: list[str] = []
    with print_style():
        figure = new_figure(PAGE_WIDTH, height)
        _heading(figure, runs, names, pens)
        first: Axes | None = None
        for i, strip in enumerate(strips):
            bottom = height - top - STRIP * (i + 1) + GAP
            place = (0.072, bottom / height, 0.913, (STRIP - HEAD) / height)
            ax = figure.add_axes(place, sharex=first)
            first = first or ax
            time.apply(ax, labels=i == len(strips) - 1)
            if drawn:
                _draw_bands(ax, strip, drawn)
            sentences += _draw_strip(ax, strip, runs, pens, time, names)
        ends = [
            f"{name}: stopped early at {in_words(float(run.t[np.isfinite(run.y[:, 0])][-1]))}, {run.status}."
            for run, name in zip(runs, names, strict=True)
            if not run.success
        ]
        about = _about(runs) if len(runs) == 1 else note or "In the model."
        if drawn:
            about += " Bands: 95 % of draws of the calibrated parameters."
        caption(figure, [" ".join((about, *ends)), DISCLAIMER, RISK])
        shown = " beside ".join(names)
        figure.set_label(f"In the model, {shown}. {' '.join((*ends, *sentences))} {DISCLAIMER}")
    return figure


def strips_of(runs: Sequence[DrawableRun], readouts: Sequence[str] | None) -> list[Strip]:
    """Return the strips to draw: the requested ones, or all in which a curve changes."""
    if readouts is not None:
        return [_strip_of(name) for name in listed_names("readouts", readouts, "p_mtor")]
    animals = any(run.scenario.subject.species != "human" for run in runs)
    found = []
    for strip in STRIPS:
        if animals and strip.quantities in HUMAN_ONLY:
            continue
        moving = tuple(
            q
            for q in strip.quantities
            if not (q.detail and len(runs) > 1) and any(_moves(q.of(run)) for run in runs)
        )
        if moving:
            found.append(strip._replace(quantities=moving))
    # One strip is drawn for a run in which nothing changes.
    return found or [STRIPS[-2] if animals else STRIPS[-1]]


def _strip_of(name: str) -> Strip:
    check_name(name, (*readout_table().names, *state_table().names), "readout or state")
    row = readout_table()[name] if name in readout_table().names else state_table()[name]
    quantity = Quantity(name, name, row["description"], row["unit"], lambda run: run[name])
    return Strip(name, row["unit"], (quantity,))


def _moves(y: FloatArray) -> bool:
    seen = y[np.isfinite(y)]
    return bool(seen.size and np.ptp(seen) > FLAT * np.abs(seen).max())


def _time_axis(runs: Sequence[DrawableRun], axis: TimeAxis) -> EraAxis | LinearAxis:
    check_name(axis, ("auto", "era", "linear"), "axis")
    end = max(float(run.t[-1]) for run in runs)
    begin = min(0.0, *(float(run.t[0]) for run in runs))
    once = any(len(_days_of_dosing(run)) <= 1 for run in runs)
    if axis == "era" or (axis == "auto" and once and begin == 0.0):
        return EraAxis(end)
    return LinearAxis(end, begin)


def _days_of_dosing(run: DrawableRun) -> set[int]:
    return {
        int((dose.start_h + dose.lag_h + k * dose.interval_h) // 24.0)
        for dose in run.scenario.regimen.doses
        for k in range(min(dose.additional, 1) + 1)
    }


def _draw_bands(ax: Axes, strip: Strip, drawn: Sequence[DrawableRun]) -> None:
    """Draw the uncertainty of each quantity of a strip by the calibrated parameters."""
    from ketasim.figures._uncertainty import band

    for quantity in strip.quantities:
        low, high = band(quantity, drawn)
        if quantity.specific and not high.any():
            continue
        ax.fill_between(drawn[0].t, low, high, color=FIRST.colour, alpha=0.18, lw=0, zorder=2)


def _draw_strip(
    ax: Axes,
    strip: Strip,
    runs: Sequence[DrawableRun],
    pens: Sequence[Pen],
    time: EraAxis | LinearAxis,
    names: Sequence[str],
) -> list[str]:
    """Draw a strip; return one sentence for each curve."""
    strip_title(ax, strip.title, strip.unit)
    lines: list[Named] = []
    sentences: list[str] = []
    for quantity in strip.quantities:
        drawn: list[Named] = []
        for run, pen, name in zip(runs, pens, names, strict=True):
            if quantity.specific and not np.any(quantity.of(run)):
                continue
            t, y = draw(ax, quantity, run, pen, time.start_h)
            drawn.append(Named(t, y, quantity.short, pen.colour))
            sentences.append(curve_in_words(quantity, run, name if len(runs) > 1 else ""))
        # Runs differ by colour and dash; quantities that share a strip are named, once each.
        if len(strip.quantities) > 1 and drawn:
            lines.append(max(drawn, key=lambda line: float(np.nanmax(line.y) - np.nanmin(line.y))))
    low, high = ax.get_ylim()
    ax.set_ylim(low, high + HEADROOM * (high - low))
    name_lines(ax, lines)
    return sentences


def curve_in_words(quantity: Quantity, run: DrawableRun, name: str) -> str:
    """Return a sentence about a curve: its beginning and its largest change."""
    y = quantity.of(run)
    prefix = f"With {name}, " if name else ""
    if not _moves(y):
        return f"{prefix}{quantity.meaning} stays at {_number(float(y[0]))} {quantity.unit}."
    far = furthest(run.t, y)
    if _number(float(y[0])) == _number(far.value):
        return f"{prefix}{quantity.meaning} stays near {_number(float(y[0]))} {quantity.unit}."
    return (
        f"{prefix}{quantity.meaning} goes from {_number(float(y[0]))} to {_number(far.value)} "
        f"{quantity.unit} at {in_words(far.time_h)}."
    )


def _number(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")


def _about(runs: Sequence[DrawableRun]) -> str:
    scenario = runs[0].scenario
    rest = str(scenario).removeprefix(f"{scenario.name}; ").removeprefix(f"{scenario.regimen}; ")
    return f"In the model: {_shortened(rest, 1.5 * HEADING)}."


def _heading(
    figure: Figure, runs: Sequence[DrawableRun], names: Sequence[str], pens: Sequence[Pen]
) -> None:
    height = figure.get_figheight()
    top = 1.0 - 0.12 / height
    regimens = [run.scenario.regimen for run in runs]
    shared = all(regimen == regimens[0] for regimen in regimens)
    title = str(regimens[0]) if shared else f"{COUNTS[len(runs)]} treatments, one time axis"
    lines = textwrap.wrap(title, HEADING, max_lines=2, placeholder=" …")
    figure.text(0.02, top, "\n".join(lines), fontsize=9.5, fontweight="bold", va="top")
    if len(runs) == 1:
        return
    for i, (pen, name) in enumerate(zip(pens, names, strict=True)):
        y = top - (0.30 + 0.15 * (len(lines) - 1) + i * KEY_LINE) / height
        pen_sample(figure, 0.02, y, pen)
        text = _shortened(name, 1.3 * HEADING)
        figure.text(0.08, y, text, color=pen.colour, fontsize=8.0, va="center_baseline")


def _shortened(text: str, most: float) -> str:
    return text if len(text) <= most else text[: int(most) - 1].rstrip(" ;,") + " …"
