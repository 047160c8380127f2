"""Relapse after a simulated treatment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ketasim._arrays import FloatArray
from ketasim._wording.durations import hours
from ketasim._wording.frozen import comparable
from ketasim._wording.names import check_name
from ketasim.catalogue._vocabulary import DRUG_FACTS
from ketasim.errors import ScenarioError
from ketasim.observation._clinical import MOOD, Mood, Spread, relapse_by_visit
from ketasim.observation._prediction import FEWEST_WELL, UnpredictableError, time_of_half
from ketasim.observation._predictor import predictor
from ketasim.observation._sampling import follow_up_visits
from ketasim.scenario._scenario import Scenario, acting_value
from ketasim.simulation._run import Run

#: Longest gap between output times of a run from which visits are interpolated [h].
LONGEST_GAP_H = 24.0
AMONG = ("responders", "remitters")


@comparable
@dataclass(frozen=True, slots=True, eq=False)
class RelapseCurve:
    """Cumulative share of well patients who have relapsed, by time since the last dose.

    Attributes
    ----------
    time_h : ndarray, shape (n_visits,)
        Visits: time since ``since_h`` [h].
    share : ndarray, shape (n_visits,)
        Share relapsed by each visit, from 0 to 1; 0 at the first visit.
    well : float
        Share of all patients who are well at the first visit and are followed, from 0 to 1.
    among : str
        'responders' or 'remitters'.
    since_h : float
        Time from which relapse is counted [h of the run].

    Examples
    --------
    >>> import ketasim as ks
    >>> run = ks.simulate("ketamine 0.5 mg/kg iv over 40 min", t_eval=np.arange(0.0, 745.0, 12.0))
    >>> curve = ks.relapse(run)
    >>> curve.time_h[:3].tolist()
    [24.0, 72.0, 144.0]
    """

    time_h: FloatArray
    share: FloatArray
    well: float
    among: str
    since_h: float

    def __post_init__(self) -> None:
        for values in (self.time_h, self.share):
            values.flags.writeable = False

    @property
    def median_h(self) -> float:
        """Time since the last dose at which half has relapsed [h]; inf if that is after the last visit."""
        try:
            return float(np.asarray(time_of_half(self.time_h, self.share, beyond=False)))
        except UnpredictableError:
            return np.inf

    def at(self, time: float | str) -> float:
        """Return the share relapsed by a time since the last dose, linear between visits.

        Parameters
        ----------
        time : float or str
            Time since ``since_h`` [h], or text such as '4 wk'.

        Returns
        -------
        float
            From 0 to 1.

        Raises
        ------
        ScenarioError
            Before the first or after the last visit.
        """
        t = hours(time, "time")
        if not self.time_h[0] <= t <= self.time_h[-1]:
            raise ScenarioError(
                f"time = {t:g} h: visits are from {self.time_h[0]:g} to {self.time_h[-1]:g} h after "
                "the last dose"
            )
        return float(np.interp(t, self.time_h, self.share))

    def __repr__(self) -> str:
        half = (
            f"half by {self.median_h / 24.0:.0f} d"
            if np.isfinite(self.median_h)
            else "less than half"
        )
        return (
            f"<RelapseCurve: {100.0 * self.share[-1]:.0f} % of {self.among} by "
            f"{self.time_h[-1] / 24.0:.0f} d, {half}; {100.0 * self.well:.0f} % of patients are followed>"
        )


def relapse(
    run: Run,
    *,
    since: float | str | None = None,
    until: float | str | None = None,
    among: Literal["responders", "remitters"] = "responders",
) -> RelapseCurve:
    """Return how many well patients relapse after a treatment.

    Patients who are well a day after the last dose are seen every third day. Relapse is the second
    of two visits in a row with less than 50 % improvement. Patients differ in sensitivity, in their
    shift under control conditions and in baseline, ratings have errors; the average over them is a
    closed form (`ketasim.observation.relapse_by_visit`).

    Parameters
    ----------
    run : Run
        With output times at most 24 h apart from a day after ``since`` on.
    since : float or str, optional
        Time from which relapse is counted [h], or text such as '12 d'; default: the last dose of a
        drug that is no placebo.
    until : float or str, optional
        End of the follow-up [h of the run]; default: the end of the run.
    among : {'responders', 'remitters'}
        Well means at least 50 % improvement, or a MADRS at or below ``symptoms.remission_cut``.

    Returns
    -------
    RelapseCurve
        By time since the last dose [h].

    Raises
    ------
    ScenarioError
        If the run stopped early, if it has no active dose and ``since`` is not given, if its output
        begins after the first visit or ends before the second, if its output times are too far apart, or
        if nobody is well at the first visit.

    Examples
    --------
    >>> import ketasim as ks
    >>> run = ks.simulate(
    ...     "ketamine 0.5 mg/kg iv over 40 min", context="open_label", t_eval=np.arange(0.0, 745.0, 12.0)
    ... )
    >>> curve = ks.relapse(run)
    >>> bool(curve.at("4 wk") > curve.at("1 wk"))
    True
    """
    check_name(among, AMONG, "group")
    if not isinstance(run, Run):
        raise ScenarioError(f"run is of type {type(run).__name__}: give the Run of ks.simulate")
    if not run.success:
        raise ScenarioError(f"the run stopped early ({run.status}): relapse needs a whole one")
    begin = _last_dose(run.scenario) if since is None else hours(since, "since")
    first, last = float(run.t[0]), float(run.t[-1])
    end = last if until is None else hours(until, "until")
    seen = follow_up_visits(begin, end)
    second = begin + predictor().follow_up.visit_every
    if end < second:
        remedy = "simulate longer" if end == last else "give a later until"
        raise ScenarioError(
            f"until = {end:g} h: the first two visits are at {seen[0]:g} and {second:g} h; {remedy}"
        )
    if end > last + 1e-9:
        raise ScenarioError(f"until = {end:g} h: the run ends at {last:g} h; simulate longer")
    if seen[0] < first - 1e-9:
        raise ScenarioError(
            f"the first visit is at {seen[0]:g} h and the run's first output at {first:g} h: simulate "
            f"with t_eval from {seen[0]:g} h on, or give a later since"
        )
    _check_gaps(run.t, float(seen[0]), float(seen[-1]))
    baseline, relief, context = (np.interp(seen, run.t, run[name]) for name in MOOD)

    def value(name: str) -> float:
        return acting_value(run.scenario, f"symptoms.{name}")

    spread = Spread(*(value(name) for name in ("sensitivity", "omega_s", "sd_e", "sigma_y")))
    found = relapse_by_visit(
        Mood(float(baseline[0]), relief, context),
        spread,
        predictor().follow_up,
        value("remission_cut") if among == "remitters" else None,
    )
    well = float(np.asarray(found.well))
    if well < FEWEST_WELL:
        raise ScenarioError(
            f"nobody is among the {among} at {seen[0]:g} h: {well:.1g} of all patients"
        )
    return RelapseCurve(seen - begin, np.asarray(found.share), well, among, begin)


def _last_dose(scenario: Scenario) -> float:
    starts = [
        dose.start_h + dose.additional * dose.interval_h
        for dose in scenario.regimen.doses
        if dose.amount > 0.0 and dose.drug != "placebo" and DRUG_FACTS[dose.drug]["opens_session"]
    ]
    if not starts:
        raise ScenarioError(
            "the run has no active dose: give since, the time from which to count [h]"
        )
    return max(starts)


def _check_gaps(times: FloatArray, begin: float, end: float) -> None:
    first = max(int(np.searchsorted(times, begin + 1e-9)) - 1, 0)
    inside = times[first : int(np.searchsorted(times, end - 1e-9)) + 1]
    gap = float(np.diff(inside).max(initial=0.0))
    if gap > LONGEST_GAP_H + 1e-9:
        raise ScenarioError(
            f"output times of the run are up to {gap:g} h apart between {begin:g} and {end:g} h: "
            f"simulate with t_eval at most {LONGEST_GAP_H:g} h apart, such as numpy.arange(0, {end:g}, 12)"
        )
