"""The times at which a simulated arm has to be sampled to predict an observation."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from ketasim._arrays import FloatArray
from ketasim.evidence._records import Observation
from ketasim.observation._clinical import (
    VISIT_EVERY_H,
)
from ketasim.observation._scenario_of_arm import Session

#: After a dose, curves are followed in these steps: (until [h], step [h]).
DENSE_AFTER_DOSE = ((2.0, 1 / 60), (6.0, 5 / 60), (24.0, 0.25), (96.0, 1.0))


#: Elsewhere in a window, a sample at least this often [h].
COARSE_STEP_H = 6.0


#: An extreme without a window is looked for until so long after the last dose [h].
EXTREME_AFTER_H = 24.0


#: An area to infinity is taken until so long after the last dose [h]: 40 half-lives of ketamine.
AREA_AFTER_H = 240.0


#: A rule "at any visit" is looked at once a day.
DAILY_H = 24.0


#: Relapse is followed for a year.
LONGEST_RELAPSE_H = 8760.0


#: An arm dosed until so shortly before the end of follow-up is on maintenance.
MAINTENANCE_GAP_H = 336.0


#: Dosing is said to change when doses come so many times further apart.
STRETCHED = 1.6


#: What is read as a clamped level or a tool is withdrawn is read so long before [h].
JUST_BEFORE_H = 1.0 / 3600.0


SHARES = frozenset({"response", "remission"})


def sampling_times(
    o: Observation, sessions: Sequence[Session], doses_h: Iterable[float]
) -> FloatArray:
    """Return the times [h] at which an arm must be sampled for an observation, sorted."""
    if o.statistic == "fraction" and o.readout in SHARES and o.time_end_h is not None:
        return _visits(o.time_h, o.time_end_h, DAILY_H)
    if o.readout == "relapse":
        return _relapse_visits(o, sessions)
    if o.statistic == "median_time":
        return _visits(o.time_h, o.time_h + LONGEST_RELAPSE_H, DAILY_H)
    begin, end = window(o, sessions)
    if end > begin:
        return _dense(begin, end, doses_h)
    return np.array([max(0.0, begin - JUST_BEFORE_H), begin])


def window(o: Observation, sessions: Sequence[Session]) -> tuple[float, float]:
    """First and last hour an observation looks at."""
    last = max((s.end_h for s in sessions), default=0.0)
    if o.statistic == "auc_inf":
        return o.time_h, max(o.time_h, last) + AREA_AFTER_H
    if o.statistic == "auc_0_24":
        return o.time_h, o.time_h + 24.0
    if o.time_end_h is not None:
        return o.time_h, o.time_end_h
    if o.statistic in ("max", "min", "tmax"):
        # Without a window, time_h is when the extreme was seen, or nothing is known about it.
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
    """Union of times, sorted; times closer than a nanohour are one."""
    times = np.unique(np.concatenate(parts))
    keep = np.concatenate([[True], np.diff(times) > 1e-9])
    kept: FloatArray = times[keep]
    return kept


def _visits(begin: float, end: float, every: float) -> FloatArray:
    return merged_times([np.arange(begin, end, every), np.array([end])])


def relapse_clock(o: Observation, sessions: Sequence[Session]) -> float:
    """Hour from which relapse is counted.

    ``median_time`` and windows say so themselves. For a share at ``time_h`` it is the last active
    dose, or, while dosing goes on until then, the dose at which drug or amount changed or doses
    came further apart: the start of maintenance.
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


def _relapse_visits(o: Observation, sessions: Sequence[Session]) -> FloatArray:
    """Who is well is seen a day after the clock starts, relapse every third day."""
    clock = relapse_clock(o, sessions)
    if o.statistic == "median_time":
        end = clock + LONGEST_RELAPSE_H
    else:
        end = o.time_h if o.time_end_h is None else o.time_end_h
    regular = np.arange(clock + VISIT_EVERY_H, end + 1e-6, VISIT_EVERY_H)
    return np.concatenate([[clock + DAILY_H], regular])
