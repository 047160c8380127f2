"""The spread of responses in a virtual population."""

from __future__ import annotations

from functools import cache

import numpy as np

from ketasim import evidence
from ketasim._arrays import FloatArray
from ketasim._wording.numbers import signed
from ketasim.figures._era_axis import EraAxis
from ketasim.gallery._exhibit import Exhibit, Story, Style, exhibit, tidy
from ketasim.gallery._frame import LABEL, Frame
from ketasim.gallery._shared_runs import INFUSION, TWO_WEEKS
from ketasim.population._ensemble import Ensemble
from ketasim.population._simulate_population import simulate_population
from ketasim.scenario._scenario import Scenario
from ketasim.simulation._simulate import simulate

N, SEED = 400, 1
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
#: Treatment and day of the responders shown.
ASKED = (("ketamine", 1), ("ketamine", 3), ("ketamine", 7), ("midazolam", 1))
DOTS = 20


@cache
def crowd() -> Ensemble:
    """Virtual patients: drug effect alone."""
    times = np.unique(np.r_[EraAxis(TWO_WEEKS).times(40), 24.0])
    return _simulated(Scenario(INFUSION), ["madrs_change"], times)


@cache
def _in_trial(treatment: str) -> Ensemble:
    """The same patients in a trial against midazolam, expectation included."""
    given = INFUSION if treatment == "ketamine" else "placebo iv"
    times = np.unique([0.0, *(24.0 * day for name, day in ASKED if name == treatment)])
    return _simulated(Scenario(given, context="midazolam"), ["response"], times)


def _simulated(scenario: Scenario, readouts: list[str], times: FloatArray) -> Ensemble:
    crowd = simulate_population(scenario, N, seed=SEED, readouts=readouts, t_eval=times)
    assert isinstance(crowd, Ensemble)
    return crowd


def responders() -> tuple[float, ...]:
    """Share expected to have half their score or less, for each of `ASKED`."""
    found = []
    for treatment, day in ASKED:
        found.append(_in_trial(treatment).response_rate(24.0 * day))
    return tuple(found)


def population_bands(*, style: Style = "print") -> Exhibit:
    """Draw the spread of the depression score over a virtual population, and responders among twenty.

    Parameters
    ----------
    style : {'print', 'slide', 'dark'}

    Returns
    -------
    Exhibit
        Data: time [h], quantile, change of MADRS [points].

    Examples
    --------
    >>> import ketasim as ks
    >>> [column.heading for column in ks.gallery.population_bands().data.columns]
    ['time [h]', 'quantile', 'madrs_change [points]']
    """
    return exhibit(story(), style)


def story() -> Story:
    bands = crowd().quantiles("madrs_change", QUANTILES)
    day1 = int(np.flatnonzero(crowd().t == 24.0)[0])
    shares = responders()
    average = simulate(Scenario(INFUSION), t_eval=[0.0, 24.0])
    dots = [round(DOTS * share) for share in shares]
    says = (
        f"In the model, {dots[0]} of {DOTS} respond on day 1 and {dots[2]} on day 7, with midazolam {dots[3]} "
        f"on day 1; by the drug alone, nine in ten change by {signed(bands[-1, day1])} to "
        f"{signed(bands[0, day1])} points on day 1."
    )
    trials = {
        o.time_h: 100.0 * o.value
        for o in evidence.load().observations
        if o.source_key == "han2016" and o.arm_id == "han16_ket" and o.readout == "response"
    }
    rows = [
        (t, q, value)
        for q, band in zip(QUANTILES, bands.tolist(), strict=True)
        for t, value in zip(crowd().t.tolist(), band, strict=True)
    ]
    return Story(
        "population_bands",
        "Not everybody responds, and not for equally long",
        says,
        f"Two panels. Left: median and bands of 50 and 90 % of {N} virtual patients over 14 days. Right: rows "
        f"of {DOTS} dots, filled for those whose score falls by half. {says} Share of responders: "
        + ", ".join(
            f"{name} day {day} {100 * share:.0f} %"
            for (name, day), share in zip(ASKED, shares, strict=True)
        )
        + ".",
        tidy(
            ("time", "quantile", "madrs_change"), rows,
            f"{INFUSION}; {N} virtual patients, seed {SEED}", time="h", madrs_change="points",
        ),
        _paint,
        4.2,
        "Virtual patients of 70 kg with treatment-resistant depression. Left: drug effect alone. Right: in a trial "
        "against midazolam, expectation included. In trials "
        f"{trials[24.0]:.0f} % responded on day 1 and {trials[168.0]:.0f} % on day 7 (Han 2016, pooled). "
        f"Sensitivity is skewed: the median patient changes by {signed(bands[2, day1])} points on day 1, one of "
        f"average sensitivity by {signed(average.at('madrs_change', 24.0))}. Spread of model inputs, not of real patients: it cannot say who will respond.",
    )  # fmt: skip


def _paint(frame: Frame) -> None:
    ((course, dots),) = frame.grid((1.5, 1.0), (1.0,), left=0.45, gap=(0.5, 0.0))
    blue = frame.colours.blue
    era = EraAxis(TWO_WEEKS)
    era.apply(course)
    t = np.r_[era.start_h, crowd().t]
    low, quarter, mid, three, high = (
        np.r_[band[0], band] for band in crowd().quantiles("madrs_change", QUANTILES)
    )
    course.fill_between(t, low, high, color=blue.line, alpha=0.16, lw=0, zorder=3)
    course.fill_between(t, quarter, three, color=blue.line, alpha=0.30, lw=0, zorder=4)
    course.plot(t, mid, color=blue.line, lw=2.0, zorder=5)
    frame.heading(course, "Drug alone: change of MADRS", "points")
    # Names stand on the paper, with a line to their band.
    deepest = float(low.min())
    for band, share, text, height in (
        (mid, 1.0, "median", 0.40), (0.5 * (mid + quarter), 1.0, "half of them", 0.58),
        (0.5 * (quarter + low), 1.0, "nine in ten", 0.76),
    ):  # fmt: skip
        y = float(np.interp(21.0, t, band)) * share
        course.annotate(
            text, (21.0, y), xytext=(96.0, height * deepest), fontsize=LABEL, color=blue.word, va="center",
            zorder=8,
            arrowprops={"arrowstyle": "-", "lw": 0.7, "color": frame.colours.ink, "shrinkA": 1, "shrinkB": 0,
                        "relpos": (0.0, 0.5)},
        )  # fmt: skip
    frame.heading(dots, "As in a trial: score halved")
    dots.set_xlim(-0.8, 9.8)
    dots.set_ylim(4.05 * len(ASKED) - 1.2, -1.2)
    dots.axis("off")
    for k, ((name, day), share) in enumerate(zip(ASKED, responders(), strict=True)):
        n = round(DOTS * share)
        ink = blue if name == "ketamine" else frame.colours.vermillion
        for j in range(DOTS):
            dots.plot(
                j % 10, 4.05 * k + 0.98 * (j // 10) + 0.5, "o" if ink is blue else "s", ms=6.6, mew=1.0,
                mec=ink.line, mfc=ink.line if j < n else frame.colours.paper,
            )  # fmt: skip
        dots.text(
            -0.4, 4.05 * k - 0.55, f"{name}, day {day}: {n} of {DOTS}", fontsize=7.5, va="center",
            color=ink.word,
        )  # fmt: skip
