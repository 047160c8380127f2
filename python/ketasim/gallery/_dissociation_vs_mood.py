"""Dissociation and relief: their time courses, and their correlation across a virtual population."""

from __future__ import annotations

from functools import cache

import numpy as np

from ketasim._arrays import FloatArray
from ketasim._wording.durations import in_words
from ketasim._wording.numbers import signed
from ketasim.figures._era_axis import EraAxis
from ketasim.gallery._exhibit import Exhibit, Story, Style, exhibit, tidy
from ketasim.gallery._frame import Frame
from ketasim.gallery._shared_runs import INFUSION, PERSON, TWO_WEEKS, infusion
from ketasim.population._ensemble import Ensemble
from ketasim.population._simulate_population import simulate_population
from ketasim.scenario._scenario import Scenario
from ketasim.simulation._curve_moments import gone, half_way

N, SEED = 200, 1


@cache
def crowd() -> Ensemble:
    """Simulate virtual patients who differ in the parameters with known variability."""
    times = np.r_[np.linspace(0.0, 2.0, 61), 24.0]
    crowd = simulate_population(
        Scenario(INFUSION), N, seed=SEED, readouts=["cadss_change", "madrs_change"], t_eval=times
    )
    assert isinstance(crowd, Ensemble)
    return crowd


def pairs() -> tuple[FloatArray, FloatArray]:
    """Return highest dissociation and relief on day 1 of each virtual patient, shape (n_patients,)."""
    ok = crowd().ok
    return crowd()["cadss_change"][ok].max(axis=1), -crowd()["madrs_change"][ok][:, -1]


def dissociation_vs_mood(*, style: Style = "print") -> Exhibit:
    """Draw dissociation beside relief: over time, and across a virtual population.

    Parameters
    ----------
    style : {'print', 'slide', 'dark'}

    Returns
    -------
    Exhibit
        Data: subject, highest dissociation [CADSS points], relief on day 1 [MADRS points].

    Examples
    --------
    >>> import ketasim as ks
    >>> [column.heading for column in ks.gallery.dissociation_vs_mood().data.columns]
    ['subject', 'cadss_peak [points]', 'relief_day_1 [points]']
    """
    return exhibit(story(), style)


def story() -> Story:
    run = infusion()
    x, y = pairs()
    r = float(np.corrcoef(x, y)[0, 1])
    over = gone(run.t, run["cadss_change"], 0.05) or float("nan")
    half = half_way(run.t, run["madrs_change"]) or float("nan")
    says = (
        f"In the model, dissociation ends at {in_words(over)}, while relief is half-way at "
        f"{in_words(half)} and lasts for days; across {len(x)} virtual patients the two correlate with "
        f"r = {signed(r, 2)}."
    )
    return Story(
        "dissociation_vs_mood",
        "Dissociation ends within hours; relief lasts for days",
        says,
        f"Two panels. Left: dissociation and relief over 14 days, each as a share of its peak. Right: a dot "
        f"for each of {len(x)} virtual patients, highest dissociation across, relief on day 1 up. {says}",
        tidy(
            ("subject", "cadss_peak", "relief_day_1"),
            [(i, float(a), float(b)) for i, (a, b) in enumerate(zip(x, y, strict=True))],
            f"{INFUSION}; {N} virtual patients, seed {SEED}",
            cadss_peak="points",
            relief_day_1="points",
        ),
        lambda frame: _paint(frame, over),
        4.1,
        f"{PERSON} In the model neither causes the other: both depend on the level of the drug, but people "
        "differ more in the later steps. Studies in people conflict: some find a weak correlation, most none. "
        "Spread of model inputs, not of real patients.",
    )


def _paint(frame: Frame, over: float) -> None:
    ((course, people),) = frame.grid((1.55, 1.0), (1.0,), left=0.42, gap=(0.55, 0.0))
    run = infusion()
    era = EraAxis(TWO_WEEKS)
    era.apply(course)
    frame.heading(course, "Over time", "% of its own peak")
    purple, blue = frame.colours.purple, frame.colours.blue
    for y, ink in ((run["cadss_change"], purple), (-run["madrs_change"], blue)):
        share = 100.0 * y / y.max()
        course.plot(
            [era.start_h, *run.t], [share[0], *share], color=ink.line, ls=ink.dash, lw=1.9, zorder=5
        )
    course.set_ylim(-4, 114)
    course.set_yticks([0, 50, 100])
    frame.moment(course, over, 5.0, purple)
    frame.label(course, over, 5.0, f"ends at {in_words(over)}", purple.word, offset=(7, 1))
    frame.label(course, 0.5, 101.0, "dissociation", purple.word, offset=(0, 3), ha="center")
    frame.label(course, 72.0, 34.0, "relief", blue.word, offset=(6, 3))
    x, y = pairs()
    frame.heading(people, "Across virtual patients")
    people.scatter(x, y, s=11, color=blue.line, alpha=0.5, lw=0)
    people.set_xlabel("highest dissociation [CADSS points]", labelpad=2)
    people.set_ylabel("relief on day 1 [MADRS points]", labelpad=2)
    people.set_ylim(min(0.0, float(y.min())) - 0.2, 1.16 * float(y.max()))
    r = float(np.corrcoef(x, y)[0, 1])
    people.text(
        0.03, 0.965, f"r = {signed(r, 2)}, {len(x)} virtual patients", transform=people.transAxes, fontsize=7.5,
        va="top",
    )  # fmt: skip
