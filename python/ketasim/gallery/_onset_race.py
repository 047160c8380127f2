"""Onset within hours or weeks: one infusion beside a daily SSRI, on two time axes."""

from __future__ import annotations

import numpy as np

from ketasim import evidence
from ketasim._wording.durations import in_words
from ketasim._wording.numbers import signed
from ketasim.figures._era_axis import EraAxis
from ketasim.figures._labels import Named, Word, place_words
from ketasim.figures._linear_axis import LinearAxis
from ketasim.gallery._exhibit import Exhibit, Story, Style, exhibit, tidy
from ketasim.gallery._frame import LABEL, Frame
from ketasim.gallery._shared_runs import PERSON, ketamine, ssri
from ketasim.simulation._curve_moments import half_way, lowest
from ketasim.simulation._run import Run

MOOD = "madrs_change"
DAY, WEEK = 24.0, 168.0


def onset_race(*, style: Style = "print") -> Exhibit:
    """Draw the change of the depression score after one infusion and under a daily SSRI, over 8 weeks.

    Parameters
    ----------
    style : {'print', 'slide', 'dark'}

    Returns
    -------
    Exhibit
        Data: treatment, time [h], change of MADRS [points].

    Examples
    --------
    >>> import ketasim as ks
    >>> race = ks.gallery.onset_race()
    >>> [column.heading for column in race.data.columns]
    ['treatment', 'time [h]', 'madrs_change [points]']
    """
    return exhibit(story(), style)


def story() -> Story:
    fast, slow = ketamine(), ssri()
    best, end = lowest(fast.t, fast[MOOD]), lowest(slow.t, slow[MOOD])
    half = [in_words(half_way(run.t, run[MOOD]) or 0.0) for run in (fast, slow)]
    days = {day: [signed(run.at(MOOD, day * DAY)) for run in (fast, slow)] for day in (1, 42)}
    taylor = next(
        o for o in evidence.load().observations if o.obs_id == "taylor06_ssri__hdrs_change__1"
    )
    share = slow.at(MOOD, taylor.time_h) / slow.at(MOOD, taylor.time_end_h or 0.0)
    says = (
        f"In the model, one infusion is half-way to its best at {half[0]} and its effect fades over two "
        f"weeks; a daily SSRI is half-way at {half[1]} and still improves at 8 weeks."
    )
    rows = [
        (name, t, y)
        for name, run in (("ketamine, one infusion", fast), ("SSRI, daily", slow))
        for t, y in zip(run.t.tolist(), run[MOOD].tolist(), strict=True)
    ]
    return Story(
        "onset_race",
        "Relief within hours, not weeks",
        says,
        f"Two panels with the same two curves of the depression score over 8 weeks, on an axis from "
        f"seconds to weeks and on a linear one. {says} On day 1 the change is {days[1][0]} points "
        f"with ketamine and {days[1][1]} with the SSRI, after 6 weeks {days[42][0]} and "
        f"{days[42][1]}. Ketamine is best at {in_words(best.time_h)} ({signed(best.value)}), the "
        f"SSRI at {in_words(end.time_h)} ({signed(end.value)}).",
        tidy(("treatment", "time", MOOD), rows, "onset race", time="h", **{MOOD: "points"}),
        lambda frame: _paint(frame, fast, slow),
        4.1,
        f"{PERSON} An SSRI acts from the first week: {100 * share:.0f} % of its change at week 6 is "
        f"reached after week 1 in the model, {100 * taylor.value:.0f} % over placebo in trials "
        "(Taylor 2006).",
    )


def _paint(frame: Frame, fast: Run, slow: Run) -> None:
    blue, red = frame.colours.blue, frame.colours.vermillion
    ((eras, plain),) = frame.grid(
        (1.75 if frame.width > 6.5 else 2.3, 1.0), (1.0,), gap=(0.42, 0.0), left=0.42
    )
    era = EraAxis(float(fast.t[-1]))
    era.apply(eras)
    LinearAxis(float(fast.t[-1])).apply(plain)
    plain.set_xlabel("weeks", fontsize=7.5, labelpad=2)
    plain.set_xticks([2 * WEEK * i for i in range(5)], [str(2 * i) for i in range(5)])
    for ax in (eras, plain):
        for run, ink in ((slow, red), (fast, blue)):
            before = era.start_h if ax is eras else 0.0
            ax.plot(
                [before, *run.t], [run[MOOD][0], *run[MOOD]], color=ink.line, ls=ink.dash, lw=1.9,
                zorder=5,
            )  # fmt: skip
        ax.set_ylim(-7.2, 0.6)
    plain.tick_params(labelleft=False)
    frame.heading(eras, "Depression score (MADRS), change", "points; down is better")
    frame.heading(plain, "On a linear axis")
    pair = ((fast, blue), (slow, red))
    lines = [Named(run.t, run[MOOD], "", ink.line) for run, ink in pair]
    words = []
    for k, (run, ink) in enumerate(pair):
        half = half_way(run.t, run[MOOD]) or 0.0
        far = lowest(run.t, run[MOOD])
        for at, marker, said in (
            (half, "o", f"half-way: {in_words(half)}"),
            (far.time_h, "s", f"{signed(far.value)} at {in_words(far.time_h)}"),
        ):
            value = float(np.interp(at, run.t, run[MOOD]))
            frame.moment(eras, at, value, ink, marker)
            words.append(Word(np.array([at]), np.array([value]), said, ink.word, k))
    # Names come last: they may stand at any point of their lines.
    names = ("one infusion of ketamine", "a daily SSRI"), ("ketamine", "SSRI")
    for ax, shown, both in ((eras, words, names[0]), (plain, [], names[1])):
        named = [
            Word(run.t, run[MOOD], name, ink.word, k)
            for k, ((run, ink), name) in enumerate(zip(pair, both, strict=True))
        ]
        place_words(ax, lines, [*shown, *named], LABEL)
