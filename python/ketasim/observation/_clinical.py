"""Who responds, remits and relapses: virtual patients around one simulated trajectory.

Sensitivity to the drug and the shift that every patient shows under control conditions enter the
rating only, not the states, so one trajectory serves a whole population:

    m = 60 expit(z0 - s (L - r) - nsp - e),   s log-normal with mean 1,   e normal

where L - r is relief by the drug and nsp what expectancy, unblinding, a new tablet and therapy add
in the trial's context. An arm's control condition is thus part of every virtual patient.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

MADRS_MAX = 60.0

#: Relapse is rated every third day, with this noise, in patients with such a baseline [points].
VISIT_EVERY_H = 72.0
VISIT_NOISE_SD = 3.0
BASELINE_SD = 5.0
BASELINE_RANGE = (22.0, 55.0)
BASELINE_MEAN = 34.0

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(21)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


@dataclass(frozen=True, slots=True)
class Spread:
    """How patients differ: parameters of the module symptoms."""

    omega_s: float
    sd_e: float
    sigma_y: float


@dataclass(frozen=True, slots=True)
class Mood:
    """A trajectory taken apart: baseline logit, drug relief and context effect at some times.

    ``relief`` and ``context`` have shape (n_times,) and are logits.
    """

    z0: float
    relief: FloatArray
    context: FloatArray

    @classmethod
    def from_readouts(
        cls, madrs: FloatArray, madrs_change: FloatArray, effect_size: FloatArray, sd_change: float
    ) -> Mood:
        """Recover the parts from three readouts of the model, each of shape (n_times,).

        ``effect_size`` is the model's: (madrs - madrs without the drug's relief)/sd_change.
        """
        z0 = float(_logit((madrs - madrs_change)[0]))
        context = z0 - _logit(madrs - effect_size * sd_change)
        return cls(z0, z0 - context - _logit(madrs), context)

    @property
    def baseline(self) -> float:
        """MADRS before treatment [points]."""
        return float(_points(np.array(self.z0)))


def share_at_or_below(mood: Mood, cut: float, spread: Spread) -> FloatArray:
    """Share of patients rated at or below ``cut`` points, shape (n_times,).

    The closed form of the model: 21 Gauss-Hermite nodes for sensitivity and for the control shift,
    a normal rating error. Response is a cut at half the baseline.
    """
    s = np.exp(spread.omega_s * _NODES - 0.5 * spread.omega_s**2)
    e = spread.sd_e * _NODES
    logit = (
        mood.z0
        - s[:, None, None] * mood.relief
        - mood.context
        - e[None, :, None]
    )  # fmt: skip
    below = _normal_cdf((cut - _points(logit)) / spread.sigma_y)
    share: FloatArray = np.einsum("i,j,ijt->t", _WEIGHTS, _WEIGHTS, below)
    return share


@dataclass(frozen=True, slots=True)
class ShareSlopes:
    """Derivatives of `share_at_or_below` at one time by everything it depends on."""

    z0: float
    relief: float
    context: float
    cut: float
    omega_s: float
    sd_e: float
    sigma_y: float


def share_slopes(mood: Mood, cut: float, spread: Spread) -> ShareSlopes:
    """Differentiate the share at or below ``cut`` points; ``mood`` has one time."""
    s = np.exp(spread.omega_s * _NODES - 0.5 * spread.omega_s**2)
    relief, context = float(mood.relief[0]), float(mood.context[0])
    logit = mood.z0 - s[:, None] * relief - context - spread.sd_e * _NODES[None, :]
    points = _points(logit)
    u = (cut - points) / spread.sigma_y
    density = np.exp(-0.5 * u * u) / math.sqrt(2.0 * math.pi)
    by_points = _WEIGHTS[:, None] * _WEIGHTS[None, :] * density / spread.sigma_y
    by_logit = -by_points * points * (1.0 - points / MADRS_MAX)
    return ShareSlopes(
        z0=float(by_logit.sum()),
        relief=-float((by_logit * s[:, None]).sum()),
        context=-float(by_logit.sum()),
        cut=float(by_points.sum()),
        omega_s=-relief * float((by_logit * (s * (_NODES - spread.omega_s))[:, None]).sum()),
        sd_e=-float((by_logit * _NODES[None, :]).sum()),
        sigma_y=-float((by_points * u).sum()),
    )


class VirtualPatients:
    """Patients drawn once and used for every arm, so that arms differ by treatment alone.

    Parameters
    ----------
    spread : Spread
    n : int
        Number of patients.
    seed : int
        Fixes all draws, those of the rating noise included.
    """

    def __init__(self, spread: Spread, n: int = 4000, seed: int = 20240) -> None:
        generator = np.random.Generator(np.random.PCG64(seed))
        z = generator.standard_normal((3, n))
        self._sensitivity = np.exp(spread.omega_s * z[0] - 0.5 * spread.omega_s**2)
        self._shift = spread.sd_e * z[1]
        self._baseline_z = z[2]
        self._sigma_y = spread.sigma_y
        self._noise_seed = seed + 1

    def __len__(self) -> int:
        return int(self._shift.size)

    def ever_at_or_below(self, mood: Mood, cut: float) -> float:
        """Share rated at or below ``cut`` points at one visit or more."""
        logit = (
            mood.z0 - self._sensitivity[:, None] * mood.relief - mood.context - self._shift[:, None]
        )
        rated = _points(logit) + self._noise(mood.relief.size, self._sigma_y)
        return float(np.mean(np.any(rated <= cut, axis=1)))

    def relapse_times(
        self, mood: Mood, visits_h: FloatArray, baseline: float | None, remission_cut: float | None
    ) -> FloatArray:
        """Hour of relapse of those who are well at the first visit.

        Parameters
        ----------
        mood : Mood
            At the visits.
        visits_h : ndarray, shape (n_visits,)
        baseline : float or None
            Mean MADRS of the patients before treatment; None: 34.
        remission_cut : float or None
            Well means remission, MADRS at or below this; None: at least 50 % improvement.

        Returns
        -------
        ndarray, shape (n_well,)
            The second of two consecutive visits with less than 50 % improvement; inf if none came.
        """
        low, high = BASELINE_RANGE
        mean = BASELINE_MEAN if baseline is None else baseline
        start = np.clip(mean + BASELINE_SD * self._baseline_z, low, high)
        logit = (
            _logit(start)[:, None]
            - self._sensitivity[:, None] * mood.relief
            - mood.context
            - self._shift[:, None]
        )
        rated = _points(logit) + self._noise(visits_h.size, VISIT_NOISE_SD)
        lost = rated > 0.5 * start[:, None]
        well = ~lost[:, 0] if remission_cut is None else rated[:, 0] <= remission_cut
        again = lost[well, 1:] & lost[well, :-1]
        first = np.argmax(again, axis=1) + 1
        return np.where(again.any(axis=1), visits_h[first], np.inf)

    def _noise(self, n_visits: int, sd: float) -> FloatArray:
        generator = np.random.Generator(np.random.PCG64(self._noise_seed))
        return sd * generator.standard_normal((n_visits, len(self))).T


def _logit(points: FloatArray) -> FloatArray:
    share = np.asarray(points) / MADRS_MAX
    return np.log(share) - np.log1p(-share)


def _points(logit: FloatArray) -> FloatArray:
    return MADRS_MAX / (1.0 + np.exp(-np.clip(logit, -500.0, 500.0)))


def _normal_cdf(x: FloatArray) -> FloatArray:
    """Evaluate the standard normal distribution function."""
    erfc = [math.erfc(v) for v in (-x / math.sqrt(2.0)).ravel().tolist()]
    return 0.5 * np.array(erfc).reshape(x.shape)
