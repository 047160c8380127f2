"""Runs that several figures share; each is simulated once."""

from __future__ import annotations

from functools import cache

from ketasim._arrays import FloatArray
from ketasim.figures._cascade import KETAMINE, SSRI
from ketasim.gallery.demo import demo_runs
from ketasim.scenario._scenario import Scenario
from ketasim.simulation._curve_moments import highest, reaches
from ketasim.simulation._run import Run
from ketasim.simulation._simulate import simulate

#: The usual infusion of trials.
INFUSION = "ketamine 0.5 mg/kg iv over 40 min"
#: The treated person, for the small text of figures.
PERSON = (
    "In the model: an adult of 70 kg with treatment-resistant depression; drug effect alone, without "
    "expectation or placebo response."
)
TWO_WEEKS = 336.0


@cache
def ketamine() -> Run:
    """Return one infusion, simulated for 8 weeks."""
    return demo_runs()[KETAMINE]


@cache
def ssri() -> Run:
    """Return daily escitalopram, simulated for 8 weeks."""
    return demo_runs()[SSRI]


@cache
def infusion() -> Run:
    """Return the same infusion at the same times, up to 14 days."""
    times = ketamine().t
    return simulate(Scenario(INFUSION), t_eval=times[times <= TWO_WEEKS])


def half_lost(t: FloatArray, y: FloatArray) -> float | None:
    """Return the time [h] at which a curve is back at half of its peak."""
    after = t >= highest(t, y).time_h
    return reaches(t[after], y[after], 0.5 * float(y.max()))
