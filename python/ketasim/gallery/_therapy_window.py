"""The plasticity window after an infusion, and its possible value for psychotherapy."""

from __future__ import annotations

from functools import cache

import numpy as np

from ketasim._arrays import FloatArray
from ketasim._wording.durations import in_words
from ketasim._wording.numbers import signed
from ketasim.dosing._dose import Dose
from ketasim.gallery._exhibit import Exhibit, Story, Style, exhibit, tidy
from ketasim.gallery._frame import Frame
from ketasim.gallery._shared_runs import INFUSION, PERSON, infusion
from ketasim.scenario._scenario import Scenario
from ketasim.simulation._curve_moments import highest
from ketasim.simulation._simulate import simulate

#: Four daily sessions; the score is read on this day.
SESSIONS, READ_DAY = 4, 30
#: Day of the first session.
FIRST_DAYS = np.arange(1.0, 22.0)
HYPOTHESES: dict[str, dict[str, float]] = {
    "learning counts more in the window": {},
    "no window (null)": {"psychotherapy.psi": 0.0, "psychotherapy.psi_T": 0.0},
}


@cache
def relief(hypothesis: str) -> FloatArray:
    """Return the change of MADRS on day 30 by the day of the first of four sessions, shape (n_days,)."""
    return np.array([_read(hypothesis, float(day)) for day in FIRST_DAYS])


@cache
def _read(hypothesis: str, first_day: float | None) -> float:
    sessions = () if first_day is None else (
        Dose("psychotherapy", 1.0, "fraction", "target", start_h=24.0 * first_day, interval_h=24.0,
             additional=SESSIONS - 1),
    )  # fmt: skip
    scenario = Scenario(INFUSION, interventions=sessions, parameters=HYPOTHESES[hypothesis])
    return simulate(scenario, t_eval=[0.0, 24.0 * READ_DAY]).at("madrs_change", 24.0 * READ_DAY)


def therapy_window(*, style: Style = "print") -> Exhibit:
    """Draw the plasticity window, and the score on day 30 by the day on which four sessions begin.

    Parameters
    ----------
    style : {'print', 'slide', 'dark'}

    Returns
    -------
    Exhibit
        Data: hypothesis, day of the first session, change of MADRS on day 30 [points].

    Examples
    --------
    >>> import ketasim as ks
    >>> [column.heading for column in ks.gallery.therapy_window().data.columns]
    ['hypothesis', 'first_day [d]', 'madrs_change [points]']
    """
    return exhibit(story(), style)


def story() -> Story:
    run = infusion()
    window = run["psychotherapy.W"]
    top = highest(run.t, window)
    with_window, without = (relief(h) for h in HYPOTHESES)
    none = _read(next(iter(HYPOTHESES)), None)
    says = (
        f"In the model, the window peaks at {in_words(top.time_h)}; four sessions from day "
        f"{FIRST_DAYS[0]:.0f} lead to {signed(with_window[0], 2)} points on day {READ_DAY} with the window and "
        f"{signed(without[0], 2)} without it; from day {FIRST_DAYS[-1]:.0f} to {signed(with_window[-1], 2)} and "
        f"{signed(without[-1], 2)}, no session to {signed(none, 2)}."
    )
    rows = [
        (hypothesis, day, value)
        for hypothesis in HYPOTHESES
        for day, value in zip(FIRST_DAYS.tolist(), relief(hypothesis).tolist(), strict=True)
    ]
    return Story(
        "therapy_window",
        "A window for psychotherapy: an unproven hypothesis",
        says,
        f"Two panels. Left: openness of the window over 14 days. Right: score on day {READ_DAY} by the day of "
        f"the first of four daily sessions, with and without a window. {says} Without a window the score is "
        f"between {signed(float(without.min()), 2)} and {signed(float(without.max()), 2)}.",
        tidy(
            ("hypothesis", "first_day", "madrs_change"), rows, "psychotherapy window", first_day="d",
            madrs_change="points",
        ),
        lambda frame: _paint(frame, none),
        4.1,
        f"{PERSON} Later sessions do as well because they are closer to day {READ_DAY}. The window is a "
        "hypothesis: in the one small randomised trial of cognitive therapy after ketamine the clinician-rated difference was not significant (Wilkinson 2021).",
    )  # fmt: skip


def _paint(frame: Frame, none: float) -> None:
    ((window, effect),) = frame.grid((1.0, 1.15), (1.0,), left=0.42, gap=(0.55, 0.0))
    run = infusion()
    green, blue = frame.colours.green, frame.colours.blue
    days = run.t / 24.0
    window.fill_between(days, 0.0, run["psychotherapy.W"], color=green.line, alpha=0.25, lw=0)
    window.plot(days, run["psychotherapy.W"], color=green.line, lw=1.9)
    frame.heading(window, "Openness of the window", "1 = its usual peak")
    window.set_xlim(0.0, 14.0)
    window.set_ylim(0.0, 1.2)
    window.set_xticks([0, 2, 4, 7, 10, 14])
    window.set_xlabel("time since one infusion [days]", labelpad=2)
    top = highest(run.t, run["psychotherapy.W"])
    frame.moment(window, top.time_h / 24.0, top.value, green)
    frame.label(
        window,
        top.time_h / 24.0,
        top.value,
        f"widest at {in_words(top.time_h)}",
        green.word,
        offset=(8, 3),
    )
    week = run.at("psychotherapy.W", 168.0)
    frame.label(window, 7.0, week, f"day 7: {week:.1f}", green.word, offset=(5, 3))
    frame.heading(effect, f"Score (MADRS) on day {READ_DAY}, change", "points")
    for hypothesis, ink in zip(HYPOTHESES, (blue, frame.colours.vermillion), strict=True):
        effect.plot(FIRST_DAYS, relief(hypothesis), color=ink.line, ls=ink.dash, lw=1.9)
    effect.axhline(none, color=frame.colours.grey, lw=0.9)
    low = float(relief(next(iter(HYPOTHESES))).min())
    # From 0, so that a small difference looks small.
    effect.set_ylim(1.3 * low, 0.0)
    effect.set_xlim(0.0, 22.0)
    effect.set_xticks([1, 7, 14, 21])
    effect.set_xlabel("day of the first of four daily sessions", labelpad=2)
    frame.label(effect, 0.4, none, "no session", frame.colours.grey, offset=(0, 3))
    with_window, null = (relief(h) for h in HYPOTHESES)
    frame.label(
        effect,
        2.0,
        float(with_window[1]),
        "learning counts more\nin the window",
        blue.word,
        offset=(12, -34),
    )
    frame.label(
        effect, 12.0, float(null[11]), "no window", frame.colours.vermillion.word, offset=(-30, 6)
    )
