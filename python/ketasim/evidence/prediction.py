"""What the model says where a study measured: one number per observation, or why there is none."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ketasim.evidence.mapping import Session
from ketasim.evidence.population import (
    VISIT_EVERY_H,
    Mood,
    Spread,
    VirtualPatients,
    share_at_or_below,
)
from ketasim.evidence.tables import Arm, Observation

FloatArray = NDArray[np.float64]

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
#: A patient is counted as dissociating above so many CADSS points, unless the note says otherwise.
CADSS_CUT = 4.0

FOLD_UNITS = frozenset({"fold", "% of baseline"})
SHARES = frozenset({"response", "remission"})


class RunLike(Protocol):
    """What is read from a run: times and readouts, both of shape (n_times,)."""

    @property
    def t(self) -> FloatArray: ...

    def __getitem__(self, name: str) -> FloatArray: ...


@dataclass(frozen=True, slots=True)
class Prediction:
    """A predicted value, or a reason why the model has none.

    ``value`` is in the unit of the observation. For a sign it is -1, 0 or 1, and ``difference`` is
    the quantity whose sign was taken.
    """

    value: float | None
    reason: str = ""
    difference: float | None = None


class UnpredictableError(Exception):
    """The model has no counterpart of an observation; the message says why."""


@dataclass(frozen=True, slots=True)
class Scales:
    """Standard deviations that standardise a change, and the spread of CADSS between patients."""

    sd_change: float
    ssi_sd_change: float
    cadss_log_sd: float


@dataclass(frozen=True)
class Course:
    """One arm simulated: its run, its doses, its patients."""

    run: RunLike
    sessions: Sequence[Session]
    baseline_madrs: float | None = None
    stress: float = 1.0
    holds_end_h: frozenset[float] = frozenset()

    @cached_property
    def t(self) -> FloatArray:
        return self.run.t

    def sample(self, time_h: float) -> int:
        """Position of a sampled time; the value there is the one before a dose at that time.

        At the end of a clamp or of a tool compound it is the time while it was still there: inputs
        are right-continuous, a rating at the end of a clamp was made under it.
        """
        if time_h in self.holds_end_h:
            time_h -= JUST_BEFORE_H
        i = int(np.searchsorted(self.t, time_h))
        if i == self.t.size or not math.isclose(self.t[i], time_h, abs_tol=1e-9):
            raise LookupError(f"{time_h} h was not sampled")
        return i

    def samples(self, begin_h: float, end_h: float) -> NDArray[np.intp]:
        """Positions of the sampled times in a window, ends included."""
        return np.flatnonzero((self.t >= begin_h - 1e-9) & (self.t <= end_h + 1e-9))

    def at(self, readout: str, time_h: float) -> float:
        """Value at a sampled time, as `sample` finds it."""
        return float(self.run[readout][self.sample(time_h)])

    def between(self, readout: str, begin_h: float, end_h: float) -> tuple[FloatArray, FloatArray]:
        """Return the sampled times in a window, ends included, and the values there."""
        inside = self.samples(begin_h, end_h)
        return self.t[inside], self.run[readout][inside]

    def before(self, readout: str) -> float:
        """Value before anything was given."""
        return float(self.run[readout][0])

    def mood(self, times: FloatArray, sd_change: float) -> Mood:
        """Parts of the mood readout at sampled times."""
        index = np.searchsorted(self.t, times - 1e-9)
        madrs, change, effect = (
            self.run[n][index] for n in ("madrs", "madrs_change", "effect_size")
        )
        return Mood.from_readouts(madrs, change, effect, sd_change)


# --- when to look -------------------------------------------------------------------------------


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


# --- what to say --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Predictor:
    """Turns simulated arms into predictions.

    Parameters
    ----------
    scales : Scales
    spread : Spread
        How patients differ.
    patients : VirtualPatients
    remission_cuts : mapping of str to float
        MADRS at or below which a study counts remission, by source key.
    default_cut : float
        The same for every other study.
    """

    scales: Scales
    spread: Spread
    patients: VirtualPatients
    remission_cuts: Mapping[str, float]
    default_cut: float

    def predict(self, o: Observation, arm: Arm, drug: Course, control: Course | None) -> Prediction:
        """Predict one observation.

        Parameters
        ----------
        arm : Arm
            On which it was made.
        drug, control : Course
            The simulated arm, and that named by ``relative_to``.
        """
        try:
            if o.statistic == "sign":
                return _sign(o, self._difference_over_window(o, drug, control))
            value = self._value(o, arm, drug, control)
        except UnpredictableError as why:
            return Prediction(None, str(why))
        if not math.isfinite(value):
            return Prediction(None, "the model gives no finite value")
        return Prediction(value)

    def _value(self, o: Observation, arm: Arm, drug: Course, control: Course | None) -> float:
        if o.statistic == "ratio":
            return self._ratio(o, arm, drug, control)
        if o.readout == "relapse":
            return self._relapse(o, drug) - (self._relapse(o, control) if control else 0.0)
        if o.statistic == "median_time":
            return self._median_time(o, drug)
        value = self._of_arm(o, drug)
        if control is not None:
            value -= self._of_arm(o, control)
        if (
            o.readout == "effect_size"
        ):  # positive favours the drug; without control from pre to post
            return -value / self.scales.sd_change
        return value / self.scales.ssi_sd_change if o.unit == "SMD" else value

    def _of_arm(self, o: Observation, c: Course) -> float:
        """Take the statistic on one arm, in the unit of the readout."""
        if o.statistic == "fraction" or o.readout in SHARES:
            return self._share(o, c)
        readout = "madrs_change" if o.readout == "effect_size" else o.readout
        begin, end = window(o, c.sessions)
        if o.statistic == "point":
            return c.at(readout, o.time_h)
        t, x = c.between(readout, begin, end)
        if o.statistic == "max":
            return float(x.max())
        if o.statistic == "min":
            return float(x.min())
        if o.statistic == "tmax":
            starts = [s.start_h for s in c.sessions if s.start_h <= o.time_h]
            return float(t[np.argmax(x)]) - (starts[-1] if starts else 0.0)
        area = float(np.trapezoid(x, t))
        return area / (end - begin) if o.statistic == "mean" and end > begin else area

    def _share(self, o: Observation, c: Course) -> float:
        if o.readout in SHARES:
            cut = self._cut(o, c)
            if o.time_end_h is None:
                return float(share_at_or_below(self._mood(c, [o.time_h]), cut, self.spread)[0])
            visits = _visits(o.time_h, o.time_end_h, DAILY_H)
            return self.patients.ever_at_or_below(self._mood(c, visits), cut)
        if "spontaneous" in o.note:
            raise UnpredictableError(
                "the share who reported it spontaneously; the model has the rated scale"
            )
        begin, end = window(o, c.sessions)
        if o.readout in ("sedation", "abstinence", "suicidal_ideation_remission"):
            if o.time_end_h is None:
                return c.at(o.readout, o.time_h)
            return float(c.between(o.readout, begin, end)[1].max())
        if o.readout in ("cadss", "cadss_change"):
            level = (
                c.at("cadss", begin) if end == begin else c.between("cadss", begin, end)[1].max()
            )
            return share_above(float(level), cut_in(o.note, CADSS_CUT), self.scales.cadss_log_sd)
        raise UnpredictableError(
            f"a share of patients by their {o.readout}; the model has no spread of it between patients"
        )

    def _cut(self, o: Observation, c: Course) -> float:
        """MADRS at or below which the rule is met."""
        half = 0.5 * (c.at("madrs", o.time_h) - c.at("madrs_change", o.time_h))
        stated = re.search(r"MADRS (\d+(?:\.\d+)?) or less", o.note)
        if o.readout == "response":
            return min(half, float(stated[1])) if stated else half
        return (
            float(stated[1]) if stated else self.remission_cuts.get(o.source_key, self.default_cut)
        )

    def _mood(self, c: Course, times: Sequence[float] | FloatArray) -> Mood:
        return c.mood(np.asarray(times, dtype=np.float64), self.scales.sd_change)

    def _relapse(self, o: Observation, c: Course) -> float:
        if c.stress == 0.0:
            raise UnpredictableError(
                "relapse to drug use; the model knows relapse of depression only"
            )
        visits = _relapse_visits(o, c.sessions)
        cut = (
            self.remission_cuts.get(o.source_key, self.default_cut)
            if "remitter" in o.note
            else None
        )
        times = self.patients.relapse_times(self._mood(c, visits), visits, c.baseline_madrs, cut)
        if times.size == 0:
            raise UnpredictableError("no virtual patient is well when relapse starts to be counted")
        if o.statistic == "fraction":
            return float(np.mean(np.isfinite(times)))
        if o.statistic != "median_time":
            raise UnpredictableError(f"a {o.statistic} of relapse")
        return _median(times, "relapse") - relapse_clock(o, c.sessions)

    def _median_time(self, o: Observation, c: Course) -> float:
        if o.readout not in SHARES:
            raise UnpredictableError(
                f"a median time of {o.readout}; the model has it for mood rules only"
            )
        visits = _visits(o.time_h, o.time_h + LONGEST_RELAPSE_H, DAILY_H)
        share = share_at_or_below(self._mood(c, visits), self._cut(o, c), self.spread)
        met = np.flatnonzero(share >= 0.5)
        if met.size == 0:
            raise UnpredictableError(
                f"fewer than half of the virtual patients ever meet {o.readout}"
            )
        return float(visits[met[0]] - o.time_h)

    def _ratio(self, o: Observation, arm: Arm, drug: Course, control: Course | None) -> float:
        if o.readout == "relapse":
            if control is None:
                raise UnpredictableError("a hazard ratio without a control arm")
            return _hazard_ratio(self._relapse_share(o, drug), self._relapse_share(o, control))
        if o.time_end_h is not None:  # share of the final change that is already there
            early, late = (self._change(o, drug, control, h) for h in (o.time_h, o.time_end_h))
            return _quotient(early, late)
        if control is None:
            raise UnpredictableError("a ratio of two arms without a second arm")
        if o.readout in SHARES:
            return _quotient(self._share(o, drug), self._share(o, control))
        return _quotient(drug.at(o.readout, o.time_h), control.at(o.readout, o.time_h))

    def _relapse_share(self, o: Observation, c: Course) -> float:
        if c.stress == 0.0:
            raise UnpredictableError(
                "relapse to drug use; the model knows relapse of depression only"
            )
        visits = _relapse_visits(o, c.sessions)
        times = self.patients.relapse_times(self._mood(c, visits), visits, c.baseline_madrs, None)
        return float(np.mean(np.isfinite(times))) if times.size else math.nan

    def _change(self, o: Observation, drug: Course, control: Course | None, time_h: float) -> float:
        change = drug.at(o.readout, time_h) - drug.before(o.readout)
        if control is not None:
            change -= control.at(o.readout, time_h) - control.before(o.readout)
        return change

    def _difference_over_window(
        self, o: Observation, drug: Course, control: Course | None
    ) -> float:
        """Mean difference from the control arm, or from the own baseline without one."""
        begin, end = window(o, drug.sessions)
        readout = "madrs_change" if o.readout == "effect_size" else o.readout
        level = self._mean_level(o, readout, drug, begin, end)
        if control is None:
            if o.readout in SHARES:
                raise UnpredictableError("a share has no own baseline")
            level -= drug.before(readout)
        else:
            level -= self._mean_level(o, readout, control, begin, end)
        return -level / self.scales.sd_change if o.readout == "effect_size" else level

    def _mean_level(
        self, o: Observation, readout: str, c: Course, begin: float, end: float
    ) -> float:
        if readout in SHARES:
            t = np.array([begin, end]) if end > begin else np.array([begin])
            return float(np.mean(share_at_or_below(self._mood(c, t), self._cut(o, c), self.spread)))
        if end == begin:
            return c.at(readout, begin)
        t, x = c.between(readout, begin, end)
        return float(np.trapezoid(x, t)) / (end - begin)


#: "No change" means less than this, by unit: what eight animals a group with a variation of 20 % can
#: show, or what a small trial can. A direction needs a hundredth of it, which is above any rounding.
NO_CHANGE = {
    "1": 0.10, "fold": 0.20, "% of baseline": 20.0, "points": 3.0, "mmHg": 5.0, "SMD": 0.3,
    "%": 15.0, "ng/mL": 5.0,
}  # fmt: skip
DIRECTION_SHARE = 0.01


def _sign(o: Observation, difference: float) -> Prediction:
    from ketasim.evidence.vocabulary import READOUT_UNIT

    limit = NO_CHANGE[READOUT_UNIT[o.readout]]
    if o.value != 0.0:
        limit *= DIRECTION_SHARE
    if not math.isfinite(difference):
        return Prediction(None, "the model gives no finite value")
    direction = 0.0 if abs(difference) <= limit else math.copysign(1.0, difference)
    return Prediction(direction, difference=difference)


def share_above(level: float, cut: float, log_sd: float) -> float:
    """Share above ``cut`` when individual levels are log-normal around ``level``."""
    if level <= 0.0:
        return 0.0
    return 0.5 * math.erfc(math.log(cut / level) / (log_sd * math.sqrt(2.0)))


def cut_in(note: str, default: float) -> float:
    stated = re.search(r"score above (\d+(?:\.\d+)?)", note)
    return float(stated[1]) if stated else default


def _quotient(a: float, b: float) -> float:
    if b == 0.0:
        raise UnpredictableError("a ratio to a predicted change of zero")
    return a / b


def _hazard_ratio(drug: float, control: float) -> float:
    """Ratio of constant hazards that give these shares of relapse."""
    if not (0.0 < drug < 1.0 and 0.0 < control < 1.0):
        raise UnpredictableError("a hazard ratio where nobody or everybody relapses in one arm")
    return math.log1p(-drug) / math.log1p(-control)


def _median(times: FloatArray, what: str) -> float:
    median = float(np.median(times))
    if not math.isfinite(median):
        raise UnpredictableError(
            f"fewer than half of the virtual patients come to {what} within a year"
        )
    return median
