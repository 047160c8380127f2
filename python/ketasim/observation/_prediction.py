"""Predictions of observations: one number for each, or the reason why there is none.

Every rule is written once, for the numbers of `ketasim.observation._numbers`: plain ones, those of
several trials at once, and numbers with slopes. Means of depression ratings are averages over
patients.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketasim import _core
from ketasim._arrays import FloatArray
from ketasim._wording.frozen import comparable
from ketasim.evidence._records import Arm, Observation
from ketasim.evidence.vocabulary import MADRS_MAX, OVER_CONTROL, SSI_MAX, STANDARDISED
from ketasim.observation._clinical import (
    MOOD,
    FollowUp,
    Mood,
    Spread,
    ever_at_or_below,
    mean_change,
    relapse_by_visit,
    sd_change,
    share_at_or_below,
)
from ketasim.observation._numbers import (
    Number,
    apply,
    extreme,
    integral,
    last_axis,
    position_of_extreme,
    take,
    value_of,
    where,
)
from ketasim.observation._sampling import (
    DAILY_H,
    LONGEST_RELAPSE_H,
    SHARES,
    relapse_clock,
    relapse_visits,
    visits,
    window,
)
from ketasim.observation._simulated_arm import Course

#: A patient with more CADSS points than this counts as dissociating, unless the row has another cut.
CADSS_CUT = 4.0


@comparable
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


@comparable
@dataclass(frozen=True, slots=True)
class Pressure:
    """What a visit adds to a rise of blood pressure, and how patients differ.

    Parameters
    ----------
    visit : float
        Largest rise at a visit without drug [mmHg]; half of it is read at one time.
    log_sd : float
        Log-SD of a rise between patients.
    before, sd_before : float
        Mean and SD of the pressure before treatment [mmHg].
    """

    visit: Number
    log_sd: float
    before: float
    sd_before: float

    def added(self, statistic: str) -> Number:
        """Return what a visit adds to a statistic of the rise [mmHg]."""
        if statistic in ("max", "fraction"):
            return self.visit
        return 0.0 if statistic == "tmax" else self.visit * 0.5

    def share_above(self, rise: Number, limit: float, *, on_level: bool) -> Number:
        """Return the share of patients above a limit of the rise, or of the pressure itself."""
        if not on_level:
            return share_above(rise, limit, self.log_sd)
        nodes, weights = np.polynomial.hermite_e.hermegauss(PRESSURE_NODES)
        share: Number = 0.0
        for node, weight in zip(nodes, weights / weights.sum(), strict=True):
            needed = limit - (self.before + node * self.sd_before)
            share = share + weight * (share_above(rise, needed, self.log_sd) if needed > 0 else 1.0)
        return share


#: Nodes over the pressure before treatment.
PRESSURE_NODES = 15


@comparable
@dataclass(frozen=True, slots=True)
class Scales:
    """Standard deviations for standardised changes, factors between scales, and spreads of side effects.

    Parameters
    ----------
    sd_change : float
        SD of the change of MADRS [points].
    k_HDRS17, k_HDRS : float
        MADRS points per Hamilton point.
    cadss_log_sd : float
        Log-SD of CADSS between patients.
    pressures : mapping of str to Pressure
        By readout.
    """

    sd_change: Number
    k_HDRS17: Number  # noqa: N815
    k_HDRS: Number  # noqa: N815
    cadss_log_sd: float
    pressures: Mapping[str, Pressure]

    @property
    def ssi_sd_change(self) -> Number:
        """SD of the change of suicidal ideation [points]: the same share of the length of the scale."""
        return self.sd_change * (SSI_MAX / MADRS_MAX)


@comparable
@dataclass(frozen=True)
class Predictor:
    """Rules that turn simulated arms into predictions.

    Parameters
    ----------
    scales : Scales
    spread : Spread
        Variability of patients.
    follow_up : FollowUp
        Visits at which relapse is looked for.
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
    follow_up: FollowUp
    default_cut: Number

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
                return _sign(o, float(value_of(self._difference_over_window(o, drug, control))))
            value = float(value_of(self.number(o, drug, control)))
        except UnpredictableError as reason:
            return Prediction(None, str(reason))
        if not math.isfinite(value):
            return Prediction(None, "the model gives no finite value")
        return Prediction(value)

    def number(self, o: Observation, drug: Course, control: Course | None) -> Number:
        """Return the predicted number of any observation but a sign.

        Parameters
        ----------
        o : Observation
        drug : Course
        control : Course or None
            As for `predict`. Readouts may have leading axes (several trials) or slopes; the number
            has them too.

        Returns
        -------
        Number
            In the unit of the observation.

        Raises
        ------
        UnpredictableError
            If the model has no counterpart; the message has the reason.
        """
        if o.statistic == "ratio":
            return self._ratio(o, drug, control)
        if o.statistic == "median_time":
            return self._median_time(o, drug)
        if o.statistic in OVER_CONTROL:
            if control is None:
                raise UnpredictableError(f"a {o.statistic} without a control arm")
            return self._of_arm(o, drug) / self._of_arm(o, control)
        value = self._of_arm(o, drug)
        if control is not None:
            value = value - self._of_arm(o, control)
        if o.readout == "effect_size":
            # Positive favours the drug; without a control arm it is the change from before to after.
            return -value / self.scales.sd_change
        standardised = o.readout == STANDARDISED and o.unit == "SMD"
        return value / self.scales.ssi_sd_change if standardised else value

    def sd_between_patients(self, o: Observation, c: Course) -> Number | None:
        """Return the SD between patients of the change that an observation is the mean of.

        Parameters
        ----------
        o : Observation
        c : Course
            The simulated arm.

        Returns
        -------
        Number or None
            In the unit of the observation; None where the model has no spread between patients.
        """
        per_point = self._per_madrs_point(o.readout)
        if per_point is None or o.statistic != "point" or o.readout == "effect_size":
            return None
        mood = Mood.of(c.run, c.sample(o.time_h))
        return sd_change(mood, self.spread) * per_point

    # --- curves ---

    def _per_madrs_point(self, readout: str) -> Number | None:
        """Return points of a depression scale per MADRS point; None for other readouts."""
        if readout in ("madrs", "madrs_change", "effect_size"):
            return 1.0
        if readout == "hdrs17_change":
            return 1.0 / self.scales.k_HDRS17
        return 1.0 / self.scales.k_HDRS if readout == "hdrs_change" else None

    def _values(self, c: Course, readout: str, index: NDArray[np.intp] | int) -> Number:
        """Return a readout at sampled times; ratings of depression are means over patients."""
        per_point = self._per_madrs_point(readout)
        if per_point is None:
            return last_axis(c.run[readout], index)
        mood = Mood.of(c.run, index)
        change = mean_change(mood, self.spread) * per_point
        return mood.baseline + change if readout == "madrs" else change

    def _at(self, c: Course, readout: str, time_h: float) -> Number:
        return self._values(c, readout, c.sample(time_h))

    # --- one arm ---

    def _of_arm(self, o: Observation, c: Course) -> Number:
        """Return the statistic of one arm, in the unit of the readout."""
        if o.readout == "relapse":
            return self._relapse(o, c)
        if o.statistic == "fraction" or o.readout in SHARES:
            return self._share(o, c)
        value = self._statistic(o, c)
        pressure = self.scales.pressures.get(o.readout)
        return value if pressure is None else value + pressure.added(o.statistic)

    def _statistic(self, o: Observation, c: Course) -> Number:
        begin, end = window(o, c.sessions)
        if o.statistic == "point":
            return self._at(c, o.readout, o.time_h)
        inside = c.samples(begin, end)
        t, x = c.t[inside], self._values(c, o.readout, inside)
        if o.statistic in ("max", "min", "max_ratio"):
            return extreme(x, largest=o.statistic != "min")
        if o.statistic == "tmax":
            starts = [s.start_h for s in c.sessions if s.start_h <= o.time_h]
            return t[position_of_extreme(x, largest=True)] - (starts[-1] if starts else 0.0)
        area = integral(x, t)
        return area / (end - begin) if o.statistic == "mean" and end > begin else area

    def _share(self, o: Observation, c: Course) -> Number:
        if o.readout in SHARES:
            cut = self._cut(o, c)
            if o.time_end_h is None:
                return share_at_or_below(Mood.of(c.run, c.sample(o.time_h)), cut, self.spread)
            daily = visits(o.time_h, o.time_end_h, DAILY_H)
            return ever_at_or_below(c.mood(daily), cut, self.spread)
        if o.method == "spontaneous":
            raise UnpredictableError(
                "the share who reported it spontaneously; the model has the rated scale"
            )
        begin, end = window(o, c.sessions)
        if o.readout in ("sedation", "abstinence", "suicidal_ideation_remission"):
            if o.time_end_h is None:
                return c.at(o.readout, o.time_h)
            return extreme(last_axis(c.run[o.readout], c.samples(begin, end)), largest=True)
        if o.readout in ("cadss", "cadss_change"):
            level = (
                c.at("cadss", begin)
                if end == begin
                else extreme(last_axis(c.run["cadss"], c.samples(begin, end)), largest=True)
            )
            return share_above(level, cadss_cut(o), self.scales.cadss_log_sd)
        pressure = self.scales.pressures.get(o.readout)
        if pressure is not None and o.cut is not None:
            rise = extreme(last_axis(c.run[o.readout], c.samples(begin, end)), largest=True)
            level = o.cut_on == "level"
            return pressure.share_above(rise + pressure.added(o.statistic), o.cut, on_level=level)
        raise UnpredictableError(
            f"a share of patients by their {o.readout}; the model has no spread of it between patients"
        )

    def _cut(self, o: Observation, c: Course) -> Number:
        """Return the MADRS at or below which the rule is met [points]."""
        half = (1.0 - _core.RESPONSE_IMPROVEMENT) * c.at("madrs_baseline", o.time_h)
        if o.readout == "response":
            return half if o.cut is None or (value_of(half) <= o.cut).all() else o.cut
        return self._remission_cut(o)

    def _remission_cut(self, o: Observation) -> Number:
        return self.default_cut if o.cut is None else o.cut

    # --- relapse and times ---

    def _followed(self, o: Observation, c: Course) -> tuple[FloatArray, Number]:
        """Return the visits [h] and the share relapsed by each."""
        if c.stress == 0.0:
            raise UnpredictableError(
                "relapse to drug use; the model knows relapse of depression only"
            )
        seen = relapse_visits(o, c.sessions)
        cut = self._remission_cut(o) if o.among == "remitters" else None
        found = relapse_by_visit(c.mood(seen), self.spread, self.follow_up, cut)
        if (value_of(found.well) < FEWEST_WELL).all():
            raise UnpredictableError("no patient is well when relapse starts to be counted")
        return seen, found.share

    def _relapse(self, o: Observation, c: Course) -> Number:
        if o.statistic not in ("fraction", "point", "ratio"):
            raise UnpredictableError(f"a {o.statistic} of relapse")
        return last_axis(self._followed(o, c)[1], -1)

    def _median_time(self, o: Observation, c: Course) -> Number:
        if o.readout == "relapse":
            seen, share = self._followed(o, c)
            clock = relapse_clock(o, c.sessions)
            return time_of_half(seen - clock, share, beyond=True)
        if o.readout not in SHARES:
            raise UnpredictableError(
                f"a median time of {o.readout}; the model has it for mood rules only"
            )
        seen = visits(o.time_h, o.time_h + LONGEST_RELAPSE_H, DAILY_H)
        share = share_at_or_below(c.mood(seen), self._cut(o, c), self.spread)
        return time_of_half(seen - o.time_h, share, beyond=False)

    # --- two arms ---

    def _ratio(self, o: Observation, drug: Course, control: Course | None) -> Number:
        if o.readout == "relapse":
            if control is None:
                raise UnpredictableError("a hazard ratio without a control arm")
            return _hazard_ratio(self._relapse(o, drug), self._relapse(o, control))
        if o.time_end_h is not None:  # share of the final change that is already reached
            early, late = (self._change(o, drug, control, h) for h in (o.time_h, o.time_end_h))
            return _quotient(early, late)
        if control is None:
            raise UnpredictableError("a ratio of two arms without a second arm")
        if o.readout in SHARES:
            return _quotient(self._share(o, drug), self._share(o, control))
        return _quotient(drug.at(o.readout, o.time_h), control.at(o.readout, o.time_h))

    def _change(
        self, o: Observation, drug: Course, control: Course | None, time_h: float
    ) -> Number:
        change = self._at(drug, o.readout, time_h) - self._values(drug, o.readout, 0)
        if control is not None:
            before = self._values(control, o.readout, 0)
            change = change - (self._at(control, o.readout, time_h) - before)
        return change

    def _difference_over_window(
        self, o: Observation, drug: Course, control: Course | None
    ) -> Number:
        """Return the mean difference from the control arm, or from the own baseline without one."""
        begin, end = window(o, drug.sessions)
        level = self._mean_level(o, drug, begin, end)
        if control is not None:
            level = level - self._mean_level(o, control, begin, end)
        elif o.readout in SHARES:
            raise UnpredictableError("a share has no own baseline")
        else:
            level = level - self._values(drug, o.readout, 0)
        return -level / self.scales.sd_change if o.readout == "effect_size" else level

    def _mean_level(self, o: Observation, c: Course, begin: float, end: float) -> Number:
        if o.readout in SHARES:
            t = np.array([begin, end]) if end > begin else np.array([begin])
            shares = value_of(share_at_or_below(c.mood(t), self._cut(o, c), self.spread))
            return float(np.mean(shares))
        if end == begin:
            return self._at(c, o.readout, begin)
        inside = c.samples(begin, end)
        return integral(self._values(c, o.readout, inside), c.t[inside]) / (end - begin)


#: Fewest patients, as a share of all, among whom relapse is counted.
FEWEST_WELL = 1e-4


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


def share_above(level: Number, cut: float, log_sd: float) -> Number:
    """Return the share above ``cut`` when individual levels are log-normal around ``level``."""

    def z(x: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(np.maximum(x, 0.0) / cut) / log_sd)

    def share(x: FloatArray) -> FloatArray:
        return np.asarray(_core.normal_cdf(z(x)))

    def slope(x: FloatArray) -> FloatArray:
        density = np.exp(-0.5 * z(x) ** 2) / math.sqrt(2.0 * math.pi)
        return np.where(x > 0.0, density / (log_sd * np.where(x > 0.0, x, 1.0)), 0.0)

    return apply(share, slope, level)


def cadss_cut(o: Observation) -> float:
    """Return the CADSS above which a patient counts as dissociating [points]."""
    return CADSS_CUT if o.cut is None else o.cut


def time_of_half(times: FloatArray, share: Number, *, beyond: bool) -> Number:
    """Return the time at which a share reaches one half, linear between visits.

    Parameters
    ----------
    times : ndarray, shape (n_visits,)
        Times since the clock started [h].
    share : Number, shape (..., n_visits)
    beyond : bool
        Where half is not reached, continue with the mean hazard of all visits, else refuse.

    Raises
    ------
    UnpredictableError
    """
    values = value_of(share)
    reached = values >= 0.5
    met = reached.any(axis=-1)
    if not beyond and not met.all():
        raise UnpredictableError("fewer than half of the patients ever meet the rule")
    after = reached.argmax(axis=-1)
    before = np.maximum(after - 1, 0)
    low, high = take(share, before), take(share, after)
    crossing = after > before
    part = where(crossing, (0.5 - low) / where(crossing, high - low, 1.0), 0.0)
    within: Number = times[before] + part * (times[after] - times[before])
    if met.all():
        return within
    last = last_axis(share, -1)
    if (value_of(last)[~met] <= 0.0).any():
        raise UnpredictableError("nobody relapses within a year")
    hazard = -_log1p(-where(met, 0.5, last)) / times[-1]
    return where(met, within, math.log(2.0) / hazard)


def _log1p(x: Number) -> Number:
    return apply(np.log1p, lambda value: 1.0 / (1.0 + value), x)


def _quotient(a: Number, b: Number) -> Number:
    if (value_of(b) == 0.0).any():
        raise UnpredictableError("a ratio to a predicted change of zero")
    return a / b


def _hazard_ratio(drug: Number, control: Number) -> Number:
    """Return the ratio of the constant hazards that give these shares of relapse."""
    if any(((value_of(x) <= 0.0) | (value_of(x) >= 1.0)).any() for x in (drug, control)):
        raise UnpredictableError("a hazard ratio where nobody or everybody relapses in one arm")
    return _log1p(-drug) / _log1p(-control)


#: Readouts that are predicted from the ratings of patients.
RATED = SHARES | {
    "relapse", "effect_size", "madrs", "madrs_change", "hdrs17_change", "hdrs_change",
}  # fmt: skip


def readouts_of(o: Observation) -> tuple[str, ...]:
    """Return the readouts of a run that enter the prediction of an observation."""
    if o.readout in RATED:
        return MOOD
    if o.statistic == "fraction" and o.readout == "cadss_change":
        return ("cadss",)
    return (o.readout,)


def why_not(o: Observation) -> str:
    """Return why a prediction of this kind has no derivative; '' if it has one."""
    if o.statistic == "sign":
        return "a direction: its prediction is -1, 0 or 1"
    if o.statistic == "tmax":
        return "the time of a peak: read off sampled times, its prediction moves in jumps"
    return ""
