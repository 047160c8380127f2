"""Runs that several figures share, each simulated once."""

from __future__ import annotations

from functools import cache

import numpy as np

from ketasim.figures._cascade import KETAMINE, SSRI
from ketasim.figures._era_axis import EraAxis
from ketasim.scenario._scenario import Scenario
from ketasim.simulation._run import Run
from ketasim.simulation._simulate import simulate

#: One infusion as it is given in trials.
INFUSION = "ketamine 0.5 mg/kg iv over 40 min"
#: The treated person: what figures say in their small print.
PERSON = (
    "In the model: an adult of 70 kg with treatment-resistant depression; drug effect alone, without "
    "expectation or placebo response."
)
TWO_WEEKS = 336.0


@cache
def ketamine() -> Run:
    """One infusion, followed for 8 weeks."""
    return demo_runs()[KETAMINE]


@cache
def ssri() -> Run:
    """Escitalopram every day for 8 weeks."""
    return demo_runs()[SSRI]


@cache
def infusion() -> Run:
    """The same infusion at the same times, up to 14 days."""
    times = ketamine().t
    return simulate(Scenario(INFUSION), t_eval=times[times <= TWO_WEEKS])


END_H = 1344.0


SCENARIOS = {
    KETAMINE: Scenario("ketamine 0.5 mg/kg iv over 40 min", context="none"),
    SSRI: Scenario("escitalopram 10 mg oral daily for 8 weeks", context="none"),
}


def demo_runs() -> dict[str, Run]:
    """Both treatments over 8 weeks, sampled for the era axis and every 2 h."""
    times = np.unique(np.r_[EraAxis(END_H).times(), np.arange(0.0, END_H, 2.0)])
    return {arm: simulate(scenario, t_eval=times) for arm, scenario in SCENARIOS.items()}
