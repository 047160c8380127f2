"""One infusion and six infusions in two weeks, followed for 8 weeks."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ketasim._wording.durations import in_words
from ketasim._wording.numbers import signed
from ketasim.figures._linear_axis import LinearAxis
from ketasim.gallery._exhibit import Exhibit, Story, Style, exhibit, tidy
from ketasim.gallery._frame import Frame
from ketasim.gallery._shared_runs import INFUSION, PERSON
from ketasim.scenario._scenario import Scenario
from ketasim.simulation._curve_moments import reaches
from ketasim.simulation._run import Run
from ketasim.simulation._simulate import simulate

END_H = 1344.0
COURSES = {"one infusion": INFUSION, "six in two weeks": "ketamine_six_infusions"}


@cache
def course(name: str) -> Run:
    """Simulate a course for 8 weeks, sampled at 40 min of every infusion and 1 d after it."""
    scenario = Scenario(COURSES[name])
    starts = np.array([s for dose in scenario.regimen.doses for s in dose.start_times])
    near = (starts[:, None] + np.r_[np.linspace(0.0, 3.0, 19), 40 / 60]).ravel()
    return simulate(scenario, t_eval=np.unique(np.r_[near, np.arange(0.0, END_H + 1, 4.0)]))


def starts(run: Run) -> list[float]:
    """Return the starts of the infusions [h]."""
    return [s for dose in run.scenario.regimen.doses for s in dose.start_times]


def repeated_dosing(*, style: Style = "print") -> Exhibit:
    """Draw mood, spines and dissociation over 8 weeks after one infusion and after six.

    Parameters
    ----------
    style : {'print', 'slide', 'dark'}

    Returns
    -------
    Exhibit
        Data: course, quantity, time [h], value, unit.

    Examples
    --------
    >>> import ketasim as ks
    >>> [column.heading for column in ks.gallery.repeated_dosing().data.columns]
    ['course', 'quantity', 'time [h]', 'value', 'unit']
    """
    return exhibit(story(), style)


def story() -> Story:
    one, six = (course(name) for name in COURSES)
    last = starts(six)[-1]
    lowest = int(six["madrs_change"].argmin())
    best = float(six["madrs_change"][lowest])
    half = reaches(six.t[lowest:], six["madrs_change"][lowest:], 0.5 * best) or float("nan")
    first, sixth = (_session(six, start) for start in (starts(six)[0], last))
    low = float(one["madrs_change"].min())
    says = (
        f"In the model, one infusion lowers the score by up to {signed(-low)} points, six by up to "
        f"{signed(-best)} ({best / low:.1f} times as much); half of that is lost again {in_words(half - last)} after the last."
    )
    quantities = (
        ("madrs_change", "points", 1.0),
        ("spine_restored", "%", 100.0),
        ("cadss_change", "points", 1.0),
    )
    rows = [
        (name, quantity, t, value, unit)
        for name, run in zip(COURSES, (one, six), strict=True)
        for quantity, unit, scale in quantities
        for t, value in zip(run.t.tolist(), (scale * run[quantity]).tolist(), strict=True)
    ]
    return Story(
        "repeated_dosing",
        "Effects of repeated infusions add up, then fade",
        says,
        f"Three strips over 8 weeks: depression score, lost spines regained, dissociation. {says} "
        f"Dissociation peaks at {first:.1f} points in the first of six sessions and at {sixth:.1f} in the last.",
        tidy(("course", "quantity", "time", "value", "unit"), rows, "repeated dosing", time="h"),
        _paint,
        4.7,
        f"{PERSON} After stable remission, continued esketamine halved relapse (Daly 2019); maintenance, "
        "misuse, the bladder and long-term safety are not simulated. No interval is advised.",
    )


def _session(run: Run, start: float) -> float:
    during = (run.t >= start) & (run.t <= start + 3.0)
    return float(run["cadss_change"][during].max())


def _paint(frame: Frame) -> None:
    (mood,), (spines,), (dissociation,) = frame.grid(
        (1.0,), (1.5, 1.0, 0.8), left=0.45, gap=(0.0, 0.32), below=0.36
    )
    one, six = (course(name) for name in COURSES)
    blue, green = frame.colours.blue, frame.colours.green
    for ax, quantity, title, unit, scale in (
        (mood, "madrs_change", "Depression score (MADRS), change", "points; down is better", 1.0),
        (spines, "spine_restored", "Lost dendritic spines regained", "%", 100.0),
        (dissociation, "cadss_change", "Dissociation", "CADSS points", 1.0),
    ):
        LinearAxis(END_H).apply(ax, labels=ax is dissociation)
        frame.heading(ax, title, unit)
        for run, ink in ((one, green), (six, blue)):
            if quantity == "cadss_change":
                for start in starts(run):
                    x = start + (6.0 if run is one else 0.0)
                    ax.plot(
                        [x, x],
                        [0, _session(run, start)],
                        color=ink.line,
                        lw=2.2,
                        solid_capstyle="butt",
                    )
            else:
                ax.plot(run.t, scale * run[quantity], color=ink.line, ls=ink.dash, lw=1.8)
    mood.axhline(0.0, color=frame.colours.grey, lw=0.6)
    dissociation.set_ylim(0.0, 1.25 * max(_session(run, 0.0) for run in (one, six)))
    for start in starts(six):
        mood.plot(start, 2.2, "v", color=frame.colours.ink, ms=4.5, clip_on=False)
    mood.set_ylim(None, 3.6)
    frame.label(mood, starts(six)[-1], 2.2, "six infusions", frame.colours.ink, offset=(8, -4))
    frame.label(
        mood,
        26 * 24.0,
        six.at("madrs_change", 624.0),
        "six in two weeks",
        blue.word,
        offset=(0, -12),
    )
    frame.label(
        mood, 24 * 24.0, one.at("madrs_change", 576.0), "one infusion", green.word, offset=(0, 5)
    )
    first, last = _session(six, 0.0), _session(six, starts(six)[-1])
    frame.label(
        dissociation, starts(six)[-1], last,
        f"first session {first:.1f}, last {last:.1f}: some tolerance", frame.colours.ink, offset=(8, -8),
    )  # fmt: skip
    _plain_ticks(mood, spines)


def _plain_ticks(*axes: Any) -> None:
    for ax in axes:
        ax.locator_params(axis="y", nbins=4)
