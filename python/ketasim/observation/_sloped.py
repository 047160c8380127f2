"""Exact derivatives of predictions: the chain rule from the readouts of an arm to the observations.

The rules are those of `Predictor`, applied to numbers with slopes. The derivative is that of the
predicted number; for a maximum over sampled times, for example, it is that of the largest sample.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ketasim import _core
from ketasim._arrays import FloatArray
from ketasim.evidence._records import Observation
from ketasim.observation._clinical import MOOD, Mood, share_at_or_below, share_slopes
from ketasim.observation._prediction import Predictor, cadss_cut, share_above
from ketasim.observation._sampling import SHARES, window
from ketasim.observation._simulated_arm import Course


@dataclass(frozen=True, slots=True)
class Sloped:
    """A number and its derivatives by the varied quantities, shape (n_theta,)."""

    value: float
    slopes: FloatArray

    def __neg__(self) -> Sloped:
        return Sloped(-self.value, -self.slopes)

    def __add__(self, other: Sloped) -> Sloped:
        return Sloped(self.value + other.value, self.slopes + other.slopes)

    def __sub__(self, other: Sloped) -> Sloped:
        return Sloped(self.value - other.value, self.slopes - other.slopes)

    def __mul__(self, other: Sloped | float) -> Sloped:
        if isinstance(other, Sloped):
            slopes = self.slopes * other.value + self.value * other.slopes
            return Sloped(self.value * other.value, slopes)
        return Sloped(self.value * other, self.slopes * other)

    def __truediv__(self, other: Sloped | float) -> Sloped:
        if isinstance(other, Sloped):
            ratio = self.value / other.value
            return Sloped(ratio, (self.slopes - ratio * other.slopes) / other.value)
        return Sloped(self.value / other, self.slopes / other)


def readouts_of(o: Observation) -> tuple[str, ...]:
    """Return the readouts that enter the prediction of an observation."""
    if o.statistic == "ratio" and (o.time_end_h is not None or o.readout not in SHARES):
        return (o.readout,)
    if o.readout in SHARES:
        return MOOD
    if o.readout == "effect_size":
        return ("madrs_change",)
    if o.statistic == "fraction" and o.readout == "cadss_change":
        return ("cadss",)
    return (o.readout,)


def why_not(o: Observation) -> str:
    """Return why a prediction of this kind has no derivative; '' if it has one."""
    if o.statistic == "sign":
        return "a direction: its prediction is -1, 0 or 1"
    if o.statistic == "tmax":
        return "the time of a peak: read off sampled times, its prediction moves in jumps"
    if o.statistic == "median_time":
        return "a median time: read off visits, its prediction moves in jumps"
    if o.readout == "relapse":
        return "relapse: counted among virtual patients, its prediction moves in jumps"
    if o.readout in SHARES and o.statistic != "ratio" and o.time_end_h is not None:
        return f"{o.readout} at any visit: counted among virtual patients, it moves in jumps"
    return ""


@dataclass(frozen=True)
class SlopedCourse:
    """A simulated arm and the derivatives of its readouts, each of shape (n_times, n_theta)."""

    course: Course
    slopes: Mapping[str, FloatArray]

    def sample(self, readout: str, i: int) -> Sloped:
        """Return a readout at the i-th sampled time."""
        return Sloped(float(self.course.run[readout][i]), self.slopes[readout][i])

    def at(self, readout: str, time_h: float) -> Sloped:
        return self.sample(readout, self.course.sample(time_h))

    def before(self, readout: str) -> Sloped:
        return self.sample(readout, 0)

    def area(self, readout: str, begin_h: float, end_h: float) -> Sloped:
        i = self.course.samples(begin_h, end_h)
        t = self.course.t[i]
        slopes: FloatArray = np.asarray(np.trapezoid(self.slopes[readout][i], t, axis=0))
        return Sloped(float(np.trapezoid(self.course.run[readout][i], t)), slopes)

    def extreme(self, readout: str, begin_h: float, end_h: float, *, largest: bool) -> Sloped:
        i = self.course.samples(begin_h, end_h)
        x = self.course.run[readout][i]
        return self.sample(readout, int(i[np.argmax(x) if largest else np.argmin(x)]))


@dataclass(frozen=True)
class Differentiator:
    """Derivatives of the predictions of a `Predictor`.

    Parameters
    ----------
    predictor : Predictor
        At the parameters of the runs.
    rules : mapping of str to ndarray, shape (n_theta,)
        Slopes of the numbers of the module symptoms that the rules use.
    """

    predictor: Predictor
    rules: Mapping[str, FloatArray]

    def differentiate(
        self, o: Observation, drug: SlopedCourse, control: SlopedCourse | None
    ) -> Sloped:
        """Return the prediction of an observation with a derivative, see `why_not`."""
        if o.statistic == "ratio":
            return self._ratio(o, drug, control)
        value = self._of_arm(o, drug)
        if control is not None:
            value -= self._of_arm(o, control)
        scales = self.predictor.scales
        sd_change = Sloped(scales.sd_change, self.rules["sd_change"])
        if o.readout == "effect_size":
            return -value / sd_change
        if o.unit == "SMD":
            return value / (sd_change * (scales.ssi_sd_change / scales.sd_change))
        return value

    def _of_arm(self, o: Observation, c: SlopedCourse) -> Sloped:
        if o.statistic == "fraction" or o.readout in SHARES:
            return self._share(o, c)
        readout = "madrs_change" if o.readout == "effect_size" else o.readout
        begin, end = window(o, c.course.sessions)
        if o.statistic == "point":
            return c.at(readout, o.time_h)
        if o.statistic in ("max", "min"):
            return c.extreme(readout, begin, end, largest=o.statistic == "max")
        area = c.area(readout, begin, end)
        return area / (end - begin) if o.statistic == "mean" and end > begin else area

    def _share(self, o: Observation, c: SlopedCourse) -> Sloped:
        if o.readout in SHARES:
            return self._share_at_or_below(o, c)
        begin, end = window(o, c.course.sessions)
        rated = "cadss" if o.readout == "cadss_change" else o.readout
        level = c.at(rated, begin) if end == begin else c.extreme(rated, begin, end, largest=True)
        if rated != "cadss":
            return level
        cut, log_sd = cadss_cut(o), self.predictor.scales.cadss_log_sd
        if level.value <= 0.0:
            return Sloped(0.0, np.zeros_like(level.slopes))
        z = math.log(cut / level.value) / log_sd
        density = math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
        return Sloped(
            share_above(level.value, cut, log_sd), level.slopes * density / (log_sd * level.value)
        )

    def _share_at_or_below(self, o: Observation, c: SlopedCourse) -> Sloped:
        baseline, relief, context = (c.at(name, o.time_h) for name in MOOD)
        cut = self._cut(o, baseline)
        mood = Mood(baseline.value, np.array([relief.value]), np.array([context.value]))
        spread = self.predictor.spread
        by = share_slopes(mood, cut.value, spread)
        slopes = (
            by.baseline * baseline.slopes
            + by.relief * relief.slopes
            + by.context * context.slopes
            + by.cut * cut.slopes
            + by.sensitivity * self.rules["sensitivity"]
            + by.omega_s * self.rules["omega_s"]
            + by.sd_e * self.rules["sd_e"]
            + by.sigma_y * self.rules["sigma_y"]
        )
        return Sloped(float(share_at_or_below(mood, cut.value, spread)[0]), slopes)

    def _cut(self, o: Observation, baseline: Sloped) -> Sloped:
        if o.readout == "response":
            half = baseline * (1.0 - _core.RESPONSE_IMPROVEMENT)
            if o.cut is None or half.value <= o.cut:
                return half
        elif o.cut is None:
            return Sloped(self.predictor.default_cut, self.rules["remission_cut"])
        return Sloped(o.cut, np.zeros_like(baseline.slopes))

    def _ratio(self, o: Observation, drug: SlopedCourse, control: SlopedCourse | None) -> Sloped:
        if o.time_end_h is not None:  # share of the final change that is already reached
            early, late = (self._change(o, drug, control, h) for h in (o.time_h, o.time_end_h))
            return early / late
        if control is None:
            raise ValueError("a ratio of two arms without a second arm")
        if o.readout in SHARES:
            return self._share(o, drug) / self._share(o, control)
        return drug.at(o.readout, o.time_h) / control.at(o.readout, o.time_h)

    def _change(
        self, o: Observation, drug: SlopedCourse, control: SlopedCourse | None, time_h: float
    ) -> Sloped:
        change = drug.at(o.readout, time_h) - drug.before(o.readout)
        if control is not None:
            change -= control.at(o.readout, time_h) - control.before(o.readout)
        return change
