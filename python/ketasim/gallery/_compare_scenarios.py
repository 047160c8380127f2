"""Two runs or scenarios in panels from drug to mood."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ketasim._arrays import FloatArray
from ketasim._runtime.optional import require
from ketasim._wording.durations import in_words
from ketasim._wording.names import shortened
from ketasim._wording.numbers import signed
from ketasim.dosing._dose import Dose
from ketasim.dosing._regimen import Regimen
from ketasim.errors import ScenarioError
from ketasim.figures._curve import draw
from ketasim.figures._era_axis import EraAxis
from ketasim.figures._linear_axis import LinearAxis
from ketasim.figures._quantities import HUMAN_ONLY, STRIPS, Quantity, Strip
from ketasim.figures._style import Pen
from ketasim.gallery._exhibit import Exhibit, Story, Style, exhibit, tidy
from ketasim.gallery._frame import Frame, Ink, wrapped
from ketasim.scenario._output_times import output_times
from ketasim.scenario._overrides import as_scenario
from ketasim.scenario._scenario import Scenario, differences
from ketasim.simulation._curve_moments import furthest
from ketasim.simulation._run import Run
from ketasim.simulation._simulate import simulate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Given = Run | Scenario | Regimen | Dose | str

#: Short names of dotted lines.
_DOTTED = {"blood_pressure": "pressure, mmHg", "ampa": "AMPA", "strength": "strength"}
#: From drug to mood, two columns of three.
SHOWN = (STRIPS[0], STRIPS[3], STRIPS[4], STRIPS[2], STRIPS[5], STRIPS[6])


def compare_scenarios(
    a: Given, b: Given, *, labels: tuple[str, str] | None = None, style: Style = "print"
) -> Exhibit:
    """Draw two runs on the same axes: the first solid and blue, the second dashed and vermillion.

    Parameters
    ----------
    a, b : Run, Scenario, Regimen, Dose or str
        All but a run are simulated until a week after the last dose of both, drug effect alone.
    labels : pair of str, optional
        Names; default: the parts in which the scenarios differ.
    style : {'print', 'slide', 'dark'}

    Returns
    -------
    Exhibit
        Data: run, quantity, time [h], value, unit.

    Raises
    ------
    ScenarioError, UnknownNameError
        For a scenario that cannot be simulated, or a wrong number of labels.

    See Also
    --------
    ketasim.compare : Draws two runs, with chosen readouts, as a matplotlib figure.

    Examples
    --------
    >>> import ketasim as ks
    >>> exhibit = ks.gallery.compare_scenarios("ketamine 35 mg im", "ketamine 35 mg oral")
    >>> [column.heading for column in exhibit.data.columns]
    ['run', 'quantity', 'time [h]', 'value', 'unit']
    """
    return exhibit(story(a, b, labels), style)


def story(a: Given, b: Given, labels: tuple[str, str] | None = None) -> Story:
    runs = _both(a, b)
    differing = differences(runs[0].scenario, runs[1].scenario)
    if labels is None:
        found = [" · ".join(part[i] for part in differing) or str(runs[0].scenario) for i in (1, 2)]
        labels = (found[0], found[1] if differing else f"{found[1]} (the same)")
    if isinstance(labels, str) or len(labels) != 2 or not all(isinstance(n, str) for n in labels):
        raise ScenarioError(f"labels = {shortened(labels)}: give two names, one for each run")
    only = f"Only this differs: {differing[0][0]}." if len(differing) == 1 else ""
    strips = _strips(runs)
    if not strips:
        raise ScenarioError(
            "nothing changes in either run, so there is nothing to compare: give a drug to one"
        )
    sentences = [_in_words(q, runs, labels) for strip in strips for q in strip.quantities[:1]]
    human = all(run.scenario.subject.species == "human" for run in runs)
    says = f"In the model, {sentences.pop() if human else sentences.pop(0)}"
    rows = [
        (name, q.name, t, value, q.unit)
        for name, run in zip(labels, runs, strict=True)
        for strip in strips
        for q in strip.quantities
        for t, value in zip(run.t.tolist(), q.of(run).tolist(), strict=True)
    ]
    return Story(
        "compare_scenarios",
        "Two treatments, one time axis",
        says,
        f"Panels from drug to mood for two runs: {labels[0]} (solid), and {labels[1]} (dashed). {only} {says} "
        f"{' '.join(sentences)}",
        tidy(("run", "quantity", "time", "value", "unit"), rows, " beside ".join(labels), time="h"),
        lambda frame: _paint(frame, runs, labels, strips),
        5.2,
        f"{only} {_subjects(runs)}".strip(),
    )


def _both(a: Given, b: Given) -> tuple[Run, Run]:
    scenarios = [
        given.scenario if isinstance(given, Run) else as_scenario(given) for given in (a, b)
    ]
    ends = [float(given.t[-1]) for given in (a, b) if isinstance(given, Run)]
    times = [output_times(s, None, None) for s in scenarios]
    end = max(ends) if ends else max(float(t[-1]) for t in times)
    # Dense after the doses of both, so that both are drawn at the same times.
    merged = np.unique(np.concatenate([*(t[t <= end] for t in times), EraAxis(end).times(80)]))
    made = [
        given if isinstance(given, Run) else simulate(s, t_eval=merged)
        for given, s in zip((a, b), scenarios, strict=True)
    ]
    return made[0], made[1]


def _strips(runs: Sequence[Run]) -> list[Strip]:
    animal = any(run.scenario.subject.species != "human" for run in runs)
    hidden = {q for group in HUMAN_ONLY for q in group} if animal else set()
    return [
        strip._replace(quantities=kept)
        for strip in SHOWN
        if (
            kept := tuple(
                q
                for q in strip.quantities
                if not q.detail and q not in hidden and any(_moves(q.of(run)) for run in runs)
            )
        )
    ]


def _moves(values: FloatArray) -> bool:
    """Return whether a curve changes by more than the solver's tolerance: 1e-6 of its value, or of 1 unit."""
    return float(np.ptp(values)) > 1e-6 * max(1.0, float(np.abs(values).max()))


def _in_words(q: Quantity, runs: Sequence[Run], labels: Sequence[str]) -> str:
    parts = []
    for run, name in zip(runs, labels, strict=True):
        far = furthest(run.t, q.of(run))
        digits = 0 if abs(far.value) >= 99.5 else 1
        parts.append(f"{signed(far.value, digits)} {q.unit} at {in_words(far.time_h)} with {name}")
    return f"{q.meaning}: at most {parts[0]}; {parts[1]}."


def _subjects(runs: Sequence[Run]) -> str:
    subjects = [run.scenario.subject for run in runs]
    texts = [f"{s.species} of {s.weight_kg:g} kg, severity {s.severity:g}" for s in subjects]
    return f"In the model: {' beside '.join(dict.fromkeys(texts))}."


def _paint(
    frame: Frame, runs: Sequence[Run], labels: Sequence[str], strips: Sequence[Strip]
) -> None:
    inks = (frame.colours.blue, frame.colours.vermillion)
    across, up = frame.paper
    y = frame.height - 0.12
    for ink, name in zip(inks, labels, strict=True):
        _sample(frame, 0.12, y, ink)
        line = wrapped(name, 7.5, frame.width - 0.8)
        frame.host.text(
            (frame.left + 0.55) / across, (frame.bottom + y) / up, line[0] + (" …" if len(line) > 1 else ""),
            color=ink.word, fontsize=7.5, va="center_baseline",
        )  # fmt: skip
        y -= 0.17
    once = any(
        len({s // 24 for d in run.scenario.regimen.doses for s in d.start_times}) <= 1
        for run in runs
    )
    end = max(float(run.t[-1]) for run in runs)
    time: Any = EraAxis(end) if once else LinearAxis(end)
    rows = (len(strips) + 1) // 2
    grid = frame.grid((1.0, 1.0), (1.0,) * rows, left=0.45, above=0.62, below=0.4, gap=(0.5, 0.34))
    places = [grid[i % rows][i // rows] for i in range(2 * rows)]
    for ax in places[len(strips) :]:
        ax.set_visible(False)
    for i, (ax, strip) in enumerate(zip(places, strips, strict=False)):
        last = i % rows == rows - 1 or i == len(strips) - 1
        time.apply(ax, labels=last)
        _fill(frame, ax, strip, runs, inks, time.start_h)


def _fill(
    frame: Frame, ax: Axes, strip: Strip, runs: Sequence[Run], inks: Sequence[Ink], before: float
) -> None:
    dotted = [_DOTTED.get(q.name, q.short) for q in strip.quantities if q.minor]
    unit = strip.unit.split(";")[0].removesuffix(" treatment")
    frame.heading(ax, strip.title, "; dotted: ".join([unit, *dotted[:1]]))
    for q in strip.quantities:
        for run, ink in zip(runs, inks, strict=True):
            if q.specific and not np.any(q.of(run)):
                continue
            draw(ax, q, run, Pen(ink.line, ink.dash, 1.7), before)
    ax.locator_params(axis="y", nbins=4)
    # Every axis has 0, so that a small effect looks small.
    low, high = (
        function(edge, 0.0) for function, edge in zip((min, max), ax.get_ylim(), strict=True)
    )
    ax.set_ylim(low, high + 0.12 * (high - low))


def _sample(frame: Frame, x: float, y: float, ink: Ink) -> None:
    lines: Any = require("matplotlib.lines", "plot")
    across, up = frame.paper
    xs = [(frame.left + x) / across, (frame.left + x + 0.36) / across]
    ys = [(frame.bottom + y) / up] * 2
    frame.host.add_artist(lines.Line2D(xs, ys, color=ink.line, ls=ink.dash, lw=1.9))
