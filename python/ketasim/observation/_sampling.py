"""The times at which a simulated arm is sampled to predict an observation."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from ketasim._arrays import FloatArray
from ketasim.evidence._records import Observation
from ketasim.observation._clinical import FollowUp
from ketasim.observation._scenario_of_arm import Session

#: Sampling steps after a dose: (until [h], step [h]).
DENSE_AFTER_DOSE = ((2.0, 1 / 60), (6.0, 5 / 60), (24.0, 0.25), (96.0, 1.0))


#: Longest sampling step elsewhere in a window [h].
COARSE_STEP_H = 6.0


#: Without a window, an extreme is searched until this time after the last dose [h].
EXTREME_AFTER_H = 24.0


#: An area to infinity ends at this time after the last dose [h]: 40 half-lives of ketamine.
AREA_AFTER_H = 240.0


#: Visits of a rule "at any visit" are one day apart [h].
DAILY_H = 24.0


#: Relapse is followed for a year [h].
LONGEST_RELAPSE_H = 8760.0


#: An arm with a dose within this time before the end of follow-up is on maintenance [h].
MAINTENANCE_GAP_H = 336.0


#: Dosing has changed when intervals are longer by this factor.
STRETCHED = 1.6


#: A reading at the end of a clamp or tool is taken this long before it [h].
JUST_BEFORE_H = 1.0 / 3600.0


SHARES = frozenset({"response", "remission"})


def sampling_times(
    o: Observation, sessions: Sequence[Session], doses_h: Iterable[float]
) -> FloatArray:
    """Return the times at which an arm must be sampled for an observation.

    Parameters
    ----------
    o : Observation
    sessions : sequence of Session
    doses_h : iterable of float
        Starts of doses and ends of infusions [h].

    Returns
    -------
    ndarray, shape (n_times,)
        Times [h], increasing.

    Examples
    --------
    >>> import ketasim as ks
    >>> from ketasim.observation import plans, sampling_times
    >>> evidence = ks.evidence.load()
    >>> o = next(o for o in evidence.observations if o.obs_id == "murr13_ket__madrs_change__2")
    >>> plan = plans(evidence)[o.arm_id]
    >>> sampling_times(o, plan.sessions, plan.doses_h).round(2).tolist()
    [24.0, 24.0]
    """
    if o.statistic == "fraction" and o.readout in SHARES and o.time_end_h is not None:
        return visits(o.time_h, o.time_end_h, DAILY_H)
    if o.readout == "relapse":
        return relapse_visits(o, sessions)
    if o.statistic == "median_time":
        return visits(o.time_h, o.time_h + LONGEST_RELAPSE_H, DAILY_H)
    begin, end = window(o, sessions)
    if end > begin:
        return _dense(begin, end, doses_h)
    return np.array([max(0.0, begin - JUST_BEFORE_H), begin])


def window(o: Observation, sessions: Sequence[Session]) -> tuple[float, float]:
    """Return the first and the last hour of an observation."""
    last = max((s.end_h for s in sessions), default=0.0)
    if o.statistic == "auc_inf":
        return o.time_h, max(o.time_h, last) + AREA_AFTER_H
    if o.statistic == "auc_0_24":
        return o.time_h, o.time_h + 24.0
    if o.time_end_h is not None:
        return o.time_h, o.time_end_h
    if o.statistic == "auc_ratio":
        return o.time_h, max(o.time_h, last) + AREA_AFTER_H
    if o.statistic in ("max", "min", "tmax", "max_ratio"):
        # Without a window, time_h is the time of the extreme, or unknown.
        return 0.0, max(o.time_h, last + EXTREME_AFTER_H)
    return o.time_h, o.time_h


def _dense(begin: float, end: float, doses_h: Iterable[float]) -> FloatArray:
    offsets = np.unique(
        np.concatenate([
            np.arange(0.0, until + step / 2, step) for until, step in DENSE_AFTER_DOSE
        ])
    )  # fmt: skip
    steps = max(2, math.ceil((end - begin) / COARSE_STEP_H) + 1)
    parts = [np.linspace(begin, end, steps)]
    parts += [dose + offsets for dose in doses_h if dose < end]
    times = np.concatenate(parts)
    return merged_times([times[(times >= begin) & (times <= end)]])


def merged_times(parts: Sequence[FloatArray]) -> FloatArray:
    """Return the union of times; times closer than 1e-9 h are one.

    Parameters
    ----------
    parts : sequence of ndarray
        Times [h].

    Returns
    -------
    ndarray, shape (n_times,)
        Times [h], increasing.

    Examples
    --------
    >>> from ketasim.observation import merged_times
    >>> merged_times([np.array([0.0, 24.0]), np.array([2.0, 24.0])]).tolist()
    [0.0, 2.0, 24.0]
    """
    times = np.unique(np.concatenate(parts))
    keep = np.concatenate([[True], np.diff(times) > 1e-9])
    kept: FloatArray = times[keep]
    return kept


def visits(begin: float, end: float, every: float) -> FloatArray:
    """Return times from begin to end [h], both included."""
    return merged_times([np.arange(begin, end, every), np.array([end])])


def relapse_clock(o: Observation, sessions: Sequence[Session]) -> float:
    """Return the hour from which relapse is counted.

    For ``median_time`` and windows it is their first hour. For a share at ``time_h`` it is the last
    active dose or, while dosing continues until then, the dose at which drug or amount changed or
    doses became less frequent: the start of maintenance.

    Parameters
    ----------
    o : Observation
        Of relapse.
    sessions : sequence of Session

    Returns
    -------
    float
        Time [h].

    Examples
    --------
    >>> import ketasim as ks
    >>> from ketasim.observation import plans, relapse_clock
    >>> evidence = ks.evidence.load()
    >>> o = next(o for o in evidence.observations if o.readout == "relapse")
    >>> relapse_clock(o, plans(evidence)[o.arm_id].sessions) >= 0.0
    True
    """
    if o.statistic == "median_time" or o.time_end_h is not None:
        return o.time_h
    active = [s for s in sessions if s.drug != "placebo" and s.start_h < o.time_h]
    if not active:
        return min((s.start_h for s in sessions), default=0.0)
    if o.time_h - active[-1].start_h > MAINTENANCE_GAP_H:
        return active[-1].start_h
    starts = [s.start_h for s in active]
    gaps = np.diff(starts)
    for k in range(1, len(active)):
        changed = (active[k].drug, active[k].amount) != (active[0].drug, active[0].amount)
        stretched = (
            2 <= k < len(gaps) and gaps[k] > STRETCHED * np.median(gaps[:k])
            and gaps[k] >= np.median(gaps[k:])
        )  # fmt: skip
        if changed or stretched:
            return starts[k]
    return starts[-1]


def relapse_visits(o: Observation, sessions: Sequence[Session]) -> FloatArray:
    """Return the visits of a follow-up, see `follow_up_visits`."""
    clock = relapse_clock(o, sessions)
    if o.statistic == "median_time":
        return follow_up_visits(clock, clock + LONGEST_RELAPSE_H)
    return follow_up_visits(clock, o.time_h if o.time_end_h is None else o.time_end_h)


def follow_up_visits(clock: float, end: float) -> FloatArray:
    """Return the visits: well patients are chosen a day after the clock starts, then every third day."""
    every = FollowUp.published().visit_every
    return np.concatenate([[clock + DAILY_H], np.arange(clock + every, end + 1e-6, every)])
