"""Ratings of patients around one simulated trajectory: response, remission and relapse.

Sensitivity to the drug and the shift that every patient has under control conditions act on the
rating only, not on the states, so one trajectory serves a whole population. The formulas are those
of the core (include/ketasim/observation/clinical.hpp); the control condition of an arm is part of
every virtual patient.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ketasim import _core
from ketasim._arrays import FloatArray

#: Interval of the visits for relapse [h], SD of their rating error, and baseline of the patients [points].
VISIT_EVERY_H = 72.0
VISIT_NOISE_SD = 3.0
BASELINE_SD = 5.0
BASELINE_RANGE = (22.0, 55.0)
BASELINE_MEAN = 34.0

#: The readouts of `Mood`, in its order.
MOOD = ("madrs_baseline", "drug_relief", "context_relief")


class Readable(Protocol):
    """Readouts by name, each of shape (n_times,)."""

    def __getitem__(self, name: str) -> FloatArray: ...


@dataclass(frozen=True, slots=True)
class Spread:
    """Variability of patients with one exposure: parameters of the module symptoms.

    Parameters
    ----------
    sensitivity : float
        Mean sensitivity to the drug.
    omega_s : float
        Log-SD of the sensitivity.
    sd_e : float
        SD of the control shift [logit].
    sigma_y : float
        SD of the rating error [points].

    Examples
    --------
    >>> from ketasim.observation import predictor
    >>> predictor().spread.sensitivity
    1.0
    """

    sensitivity: float
    omega_s: float
    sd_e: float
    sigma_y: float


@dataclass(frozen=True, slots=True)
class Mood:
    """The quantities from which ratings are computed, at some times.

    Parameters
    ----------
    baseline : float
        MADRS before treatment [points].
    relief : ndarray, shape (n_times,)
        Relief by the drug [logit].
    context : ndarray, shape (n_times,)
        Relief by the trial context [logit].

    Examples
    --------
    >>> import ketasim as ks
    >>> from ketasim.observation import Mood
    >>> run = ks.simulate("ketamine 0.5 mg/kg iv over 40 min", t_eval=[0, 24])
    >>> Mood.of(run, np.array([1])).relief.shape
    (1,)
    """

    baseline: float
    relief: FloatArray
    context: FloatArray

    @classmethod
    def of(cls, run: Readable, index: NDArray[np.intp]) -> Mood:
        """Read the quantities from a run, at some of its times.

        Parameters
        ----------
        run : Run
            Or any object with readouts by name.
        index : ndarray of int
            Positions of the times.

        Returns
        -------
        Mood
        """
        baseline, relief, context = (run[name][index] for name in MOOD)
        return cls(float(baseline[0]), relief, context)


def share_at_or_below(mood: Mood, cut: float, spread: Spread) -> FloatArray:
    """Return the expected share of patients rated at or below ``cut`` points.

    It is the closed form of the model. Response is a cut at half the baseline.

    Parameters
    ----------
    mood : Mood
    cut : float
        MADRS [points].
    spread : Spread

    Returns
    -------
    ndarray, shape (n_times,)
        From 0 to 1.

    Examples
    --------
    >>> from ketasim.observation import Mood, predictor, share_at_or_below
    >>> mood = Mood(30.0, np.array([0.0, 2.0]), np.zeros(2))
    >>> share = share_at_or_below(mood, 15.0, predictor().spread)
    >>> bool(share[0] < share[1])
    True
    """
    share: FloatArray = _core.share_at_or_below(
        cut, mood.baseline, mood.relief, mood.context, *astuple(spread)
    )
    return share


@dataclass(frozen=True, slots=True)
class ShareSlopes:
    """Derivatives of `share_at_or_below` at one time by all its arguments."""

    cut: float
    baseline: float
    relief: float
    context: float
    sensitivity: float
    omega_s: float
    sd_e: float
    sigma_y: float


def share_slopes(mood: Mood, cut: float, spread: Spread) -> ShareSlopes:
    """Differentiate the share at or below ``cut`` points; ``mood`` has one time."""
    (relief,), (context,) = mood.relief, mood.context
    _, slopes = _core.share_slopes([cut, mood.baseline, relief, context, *astuple(spread)])
    return ShareSlopes(*slopes.tolist())


class VirtualPatients:
    """Patients that are drawn once and used for every arm, so that arms differ only by treatment.

    Parameters
    ----------
    spread : Spread
    n : int
        Number of patients, default 4000.
    seed : int
        Determines all draws, including the rating error.

    Examples
    --------
    >>> from ketasim.observation import VirtualPatients, predictor
    >>> len(VirtualPatients(predictor().spread, n=100))
    100
    """

    def __init__(self, spread: Spread, n: int = 4000, seed: int = 20240) -> None:
        generator = np.random.Generator(np.random.PCG64(seed))
        z = generator.standard_normal((3, n))
        self._own = (z[0][:, None], z[1][:, None])
        self._spread = spread
        self._baseline_z = z[2]
        self._noise_seed = seed + 1

    def __len__(self) -> int:
        return int(self._baseline_z.size)

    def ever_at_or_below(self, mood: Mood, cut: float) -> float:
        """Return the share of patients rated at or below ``cut`` points at one visit or more.

        Parameters
        ----------
        mood : Mood
            At the visits.
        cut : float
            MADRS [points].

        Returns
        -------
        float
            From 0 to 1.
        """
        rated = self._rated(mood.baseline, mood, self._spread)
        return float(np.mean(np.any(rated <= cut, axis=1)))

    def relapse_times(
        self, mood: Mood, visits_h: FloatArray, baseline: float | None, remission_cut: float | None
    ) -> FloatArray:
        """Return the times of relapse of the patients who are well at the first visit.

        Parameters
        ----------
        mood : Mood
            At the visits.
        visits_h : ndarray, shape (n_visits,)
            Times [h].
        baseline : float or None
            Mean MADRS of the patients before treatment [points]; None: 34.
        remission_cut : float or None
            Well means remission, MADRS at or below this [points]; None: at least 50 % improvement.

        Returns
        -------
        ndarray, shape (n_well,)
            Time [h] of the second of two consecutive visits with less than 50 % improvement; inf without
            relapse.
        """
        low, high = BASELINE_RANGE
        mean = BASELINE_MEAN if baseline is None else baseline
        start = np.clip(mean + BASELINE_SD * self._baseline_z, low, high)
        noisy = replace(self._spread, sigma_y=VISIT_NOISE_SD)
        rated = self._rated(start[:, None], mood, noisy)
        lost = rated > _core.response_cut(start, _core.RESPONSE_IMPROVEMENT)[:, None]
        well = ~lost[:, 0] if remission_cut is None else rated[:, 0] <= remission_cut
        again = lost[well, 1:] & lost[well, :-1]
        first = np.argmax(again, axis=1) + 1
        return np.where(again.any(axis=1), visits_h[first], np.inf)

    def _rated(self, baseline: float | FloatArray, mood: Mood, spread: Spread) -> FloatArray:
        """Return the rated MADRS [points], shape (n_patients, n_times)."""
        generator = np.random.Generator(np.random.PCG64(self._noise_seed))
        error = generator.standard_normal((mood.relief.size, len(self))).T
        own_sensitivity, own_shift = self._own
        rated: FloatArray = _core.rated_madrs(
            baseline,
            mood.relief,
            mood.context,
            spread.sensitivity,
            spread.omega_s,
            spread.sd_e,
            spread.sigma_y,
            own_sensitivity,
            own_shift,
            error,
        )
        return rated
