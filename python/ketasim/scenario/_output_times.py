"""Output times: given by the caller and checked, or chosen so that every dose and the whole run are visible."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Sized
from typing import NoReturn

import numpy as np
from numpy.typing import ArrayLike

from ketasim._arrays import FloatArray
from ketasim._runtime.memory import check_memory
from ketasim._wording.durations import LONGEST_H, NO_TIME_H, hours
from ketasim._wording.plain_numbers import plain_numbers
from ketasim.catalogue._model_tables import states
from ketasim.dosing._dose import AT_ONCE_H, Dose
from ketasim.dosing._regimen import Regimen
from ketasim.errors import ScenarioError
from ketasim.scenario._scenario import Scenario

#: Time after the last dose, and total length, of a run without a given end [h].
FOLLOW_UP_H = 168.0
SHORTEST_H = 336.0

#: Most chosen times for subjects with their own regimens; 400 doses of one subject need as many.
#: With the times of all doses of all subjects, a result would grow with the square of the subjects.
MOST_SHARED_TIMES = 3000


def output_times(
    scenario: Scenario,
    until: float | str | None,
    t_eval: ArrayLike | None,
    regimens: Iterable[Regimen] = (),
) -> FloatArray:
    """Return output times [h] from ``until`` or ``t_eval``; refuse doses that begin after the end.

    ``regimens`` are further regimens whose doses the times must resolve; these doses may begin after
    the end.
    """
    doses = (*scenario.regimen.doses, *scenario.interventions)
    if t_eval is not None:
        if until is not None:
            raise ScenarioError("give until or t_eval, not both")
        times = _checked_times(t_eval)
    else:
        own = dict.fromkeys(dose for regimen in regimens for dose in regimen.doses)
        shown = (*doses, *own)
        end = _default_end(shown) if until is None else hours(until, "until")
        if not end > AT_ONCE_H:
            raise ScenarioError(
                f"until = {until!r}: the end must lie after 0 h, for example '14 d'"
            )
        times = _telling_times(shown, end)
        if own and times.size > MOST_SHARED_TIMES:
            kept = np.linspace(0, times.size - 1, MOST_SHARED_TIMES)
            times = times[kept.round().astype(np.intp)]
    check_reach(doses, float(times[-1]))
    return times


def check_reach(doses: Iterable[Dose], end: float) -> None:
    """Refuse a dose that begins after the end of the run [h]."""
    for dose in doses:
        start = dose.start_h + dose.lag_h
        if start > end:
            raise ScenarioError(
                f"{dose}: starts at {start:g} h, after the end of the run at {end:g} h; "
                "raise until (or t_eval) or remove the dose"
            )


def check_number_of_times(n: int) -> None:
    """Refuse more output times than memory can hold, before an array of them is made."""
    # Time, segment and all states, and a copy of the states as an array.
    numbers = 2 + 2 * len(states())
    check_memory(8.0 * n * numbers, f"{n} output times", "ask for fewer times")


def _checked_times(t_eval: ArrayLike) -> FloatArray:
    if isinstance(t_eval, Sized) and getattr(t_eval, "ndim", 1) != 0:
        check_number_of_times(len(t_eval))
    # A copy: later changes of the given array must not change a result.
    times = np.atleast_1d(
        plain_numbers(
            "t_eval",
            t_eval,
            "give numbers in hours, for example [0, 2/3, 24] or numpy.linspace(0, 336, 100)",
            "h",
        )
    )
    if times.ndim != 1 or times.size == 0:
        raise ScenarioError(
            f"t_eval has shape {times.shape}: give at least one time in a one-dimensional array [h]"
        )
    if not _in_order(times):
        _refuse_times(times)
    return times


def _in_order(times: FloatArray) -> bool:
    """Return whether times increase, are finite and within bounds, and none is a tiny number beside 0."""
    if not (times[1:] > times[:-1]).all() or not abs(times[0]) <= LONGEST_H >= abs(times[-1]):
        return False
    k = int(times.searchsorted(-NO_TIME_H))
    return not any(0.0 < abs(time) <= NO_TIME_H for time in times[k : k + 2].tolist())


def _refuse_times(times: FloatArray) -> NoReturn:
    bad = np.flatnonzero(~np.isfinite(times))
    if bad.size:
        raise ScenarioError(f"t_eval[{bad[0]}] = {times[bad[0]]}: times must be finite hours")
    near = np.flatnonzero((times != 0.0) & (np.abs(times) <= NO_TIME_H))
    if near.size:
        raise ScenarioError(f"t_eval[{near[0]}] = {times[near[0]]} h: too close to 0; give 0")
    far = np.flatnonzero(np.abs(times) > LONGEST_H)
    if far.size:
        raise ScenarioError(
            f"t_eval[{far[0]}] = {times[far[0]]:g} h: at most {LONGEST_H:,.0f} h (100 years) from t = 0"
        )
    i = int(np.flatnonzero(np.diff(times) <= 0.0)[0]) + 1
    kind = "repeats" if times[i] == times[i - 1] else "comes before"
    raise ScenarioError(
        f"t_eval[{i}] = {times[i]:g} h {kind} t_eval[{i - 1}] = {times[i - 1]:g} h: times must "
        "be strictly increasing; use numpy.unique(t_eval)"
    )


def _starts(doses: Sequence[Dose]) -> list[float]:
    return [d.start_h + d.lag_h + k * d.interval_h for d in doses for k in range(d.additional + 1)]


def _default_end(doses: Sequence[Dose]) -> float:
    return max(SHORTEST_H, max(_starts(doses), default=0.0) + FOLLOW_UP_H)


def _telling_times(doses: Sequence[Dose], end: float) -> FloatArray:
    """Return times that resolve the fast rise after every dose and the slow course of the whole run."""
    parts = [np.array([0.0]), np.linspace(0.0, end, 337)]
    starts = sorted({s for s in _starts(doses) if 0.0 <= s < end})
    per_dose = max(6, min(160, 2400 // max(1, len(starts))))
    parts += [start + np.geomspace(1 / 60, 24.0, per_dose) for start in starts]
    # Levels peak at the end of an infusion.
    parts += [np.array(_starts([d])) + d.length_h for d in doses if d.length_h < 24.0]
    times = np.unique(np.concatenate(parts))
    keep = times[(times >= 0.0) & (times <= end)]
    return np.ascontiguousarray(keep, dtype=np.float64)
