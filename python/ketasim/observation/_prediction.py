"""Predictions of observations: one number for each, or the reason why there is none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ketasim import _core
from ketasim._arrays import FloatArray
from ketasim.evidence._records import Arm, Observation
from ketasim.observation._clinical import (
    Mood,
    Spread,
    VirtualPatients,
    share_at_or_below,
)
from ketasim.observation._sampling import (
    DAILY_H,
    LONGEST_RELAPSE_H,
    SHARES,
    _relapse_visits,
    _visits,
    relapse_clock,
    window,
)
from ketasim.observation._simulated_arm import Course

#: A patient with more CADSS points than this counts as dissociating, unless the row has another cut.
CADSS_CUT = 4.0

FOLD_UNITS = frozenset({"fold", "% of baseline"})


@dataclass(frozen=True, slots=True)
class Prediction:
    """A predicted value, or the reason why the model has none.

    Parameters
    ----------
    value : float or None
        In the unit of the observation; -1, 0 or 1 for a sign.
    reason : str
        Why there is no value, else ''.
    difference : float or None
        For a sign the difference whose sign was taken, in the unit of the readout.

    Examples
    --------
    >>> from ketasim.observation import Prediction
    >>> Prediction(None, "no such scale").reason
    'no such scale'
    """

    value: float | None
    reason: str = ""
    difference: float | None = None


class UnpredictableError(Exception):
    """The model has no counterpart of an observation; the message has the reason."""


@dataclass(frozen=True, slots=True)
class Scales:
    """Standard deviations for standardised changes, and the spread of CADSS between patients."""

    sd_change: float
    ssi_sd_change: float
    cadss_log_sd: float


@dataclass(frozen=True)
class Predictor:
    """Rules that turn simulated arms into predictions.

    Parameters
    ----------
    scales : object
        Standard deviations for standardised changes.
    spread : Spread
        Variability of patients.
    patients : VirtualPatients
    default_cut : float
        MADRS at or below which remission is counted where the row has no cut [points].

    Examples
    --------
    >>> from ketasim.observation import predictor
    >>> predictor().default_cut
    10.0
    """

    scales: Scales
    spread: Spread
    patients: VirtualPatients
    default_cut: float

    def predict(self, o: Observation, arm: Arm, drug: Course, control: Course | None) -> Prediction:
        """Predict one observation.

        Parameters
        ----------
        o : Observation
        arm : Arm
            The arm on which it was made.
        drug : Course
            The simulated arm.
        control : Course or None
            The simulated arm that ``relative_to`` names.

        Returns
        -------
        Prediction
        """
        try:
            if o.statistic == "sign":
                return _sign(o, self._difference_over_window(o, drug, control))
            value = self._value(o, arm, drug, control)
        except UnpredictableError as reason:
            return Prediction(None, str(reason))
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
        if o.readout == "effect_size":
            # Positive favours the drug; without a control arm it is the change from before to after.
            return -value / self.scales.sd_change
        return value / self.scales.ssi_sd_change if o.unit == "SMD" else value

    def _of_arm(self, o: Observation, c: Course) -> float:
        """Return the statistic of one arm, in the unit of the readout."""
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
        if o.method == "spontaneous":
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
            return share_above(float(level), cadss_cut(o), self.scales.cadss_log_sd)
        raise UnpredictableError(
            f"a share of patients by their {o.readout}; the model has no spread of it between patients"
        )

    def _cut(self, o: Observation, c: Course) -> float:
        """Return the MADRS at or below which the rule is met [points]."""
        baseline = c.at("madrs_baseline", o.time_h)
        half = float(_core.response_cut(baseline, _core.RESPONSE_IMPROVEMENT))
        if o.readout == "response":
            return half if o.cut is None else min(half, o.cut)
        return self._remission_cut(o)

    def _remission_cut(self, o: Observation) -> float:
        return self.default_cut if o.cut is None else o.cut

    def _mood(self, c: Course, times: Sequence[float] | FloatArray) -> Mood:
        return c.mood(np.asarray(times, dtype=np.float64))

    def _relapse(self, o: Observation, c: Course) -> float:
        if c.stress == 0.0:
            raise UnpredictableError(
                "relapse to drug use; the model knows relapse of depression only"
            )
        visits = _relapse_visits(o, c.sessions)
        cut = self._remission_cut(o) if o.among == "remitters" else None
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
        if o.time_end_h is not None:  # share of the final change that is already reached
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
        cut = self._remission_cut(o) if o.among == "remitters" else None
        times = self.patients.relapse_times(self._mood(c, visits), visits, c.baseline_madrs, cut)
        return float(np.mean(np.isfinite(times))) if times.size else math.nan

    def _change(self, o: Observation, drug: Course, control: Course | None, time_h: float) -> float:
        change = drug.at(o.readout, time_h) - drug.before(o.readout)
        if control is not None:
            change -= control.at(o.readout, time_h) - control.before(o.readout)
        return change

    def _difference_over_window(
        self, o: Observation, drug: Course, control: Course | None
    ) -> float:
        """Return the mean difference from the control arm, or from the own baseline without one."""
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


#: Largest difference that counts as "no change", by unit: the detectable difference of eight animals
#: per group with a variation of 20 %, or of a small trial. A direction needs a hundredth of it, which
#: is above rounding errors.
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
    """Return the share above ``cut`` when individual levels are log-normal around ``level``."""
    if level <= 0.0:
        return 0.0
    return 0.5 * math.erfc(math.log(cut / level) / (log_sd * math.sqrt(2.0)))


def cadss_cut(o: Observation) -> float:
    """Return the CADSS above which a patient counts as dissociating [points]."""
    return CADSS_CUT if o.cut is None else o.cut


def _quotient(a: float, b: float) -> float:
    if b == 0.0:
        raise UnpredictableError("a ratio to a predicted change of zero")
    return a / b


def _hazard_ratio(drug: float, control: float) -> float:
    """Return the ratio of the constant hazards that give these shares of relapse."""
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
