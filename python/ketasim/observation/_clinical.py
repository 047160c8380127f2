"""Who responds, remits and relapses around one simulated trajectory.

Sensitivity to the drug and the shift that every patient shows under control conditions enter the
rating only, not the states, so one trajectory serves a whole population. The formulas are those of
the core (include/ketasim/observation/clinical.hpp); an arm's control condition is part of every
virtual patient.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ketasim import _core
from ketasim._arrays import FloatArray

#: Relapse is rated every third day, with this noise, in patients with such a baseline [points].
VISIT_EVERY_H = 72.0
VISIT_NOISE_SD = 3.0
BASELINE_SD = 5.0
BASELINE_RANGE = (22.0, 55.0)
BASELINE_MEAN = 34.0

#: The readouts that `Mood` holds, in its order.
MOOD = ("madrs_baseline", "drug_relief", "context_relief")


class Readable(Protocol):
    """What readouts are read from, each of shape (n_times,)."""

    def __getitem__(self, name: str) -> FloatArray: ...


@dataclass(frozen=True, slots=True)
class Spread:
    """How patients with one exposure differ: parameters of the module symptoms."""

    #: Mean sensitivity to the drug [1].
    sensitivity: float
    #: Log-SD of the sensitivity [1].
    omega_s: float
    #: SD of the control shift [logit].
    sd_e: float
    #: SD of the rating error [points].
    sigma_y: float


@dataclass(frozen=True, slots=True)
class Mood:
    """What ratings follow from, at some times.

    ``baseline`` is MADRS before treatment [points]; ``relief`` by the drug and by the ``context``
    are logits of shape (n_times,).
    """

    baseline: float
    relief: FloatArray
    context: FloatArray

    @classmethod
    def of(cls, run: Readable, index: NDArray[np.intp]) -> Mood:
        """Read from a run, at some of its times."""
        baseline, relief, context = (run[name][index] for name in MOOD)
        return cls(float(baseline[0]), relief, context)


def share_at_or_below(mood: Mood, cut: float, spread: Spread) -> FloatArray:
    """Share of patients rated at or below ``cut`` points, shape (n_times,).

    The closed form of the model. Response is a cut at half the baseline.
    """
    share: FloatArray = _core.share_at_or_below(
        cut, mood.baseline, mood.relief, mood.context, *astuple(spread)
    )
    return share


@dataclass(frozen=True, slots=True)
class ShareSlopes:
    """Derivatives of `share_at_or_below` at one time by everything it depends on."""

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
        self._own = (z[0][:, None], z[1][:, None])
        self._spread = spread
        self._baseline_z = z[2]
        self._noise_seed = seed + 1

    def __len__(self) -> int:
        return int(self._baseline_z.size)

    def ever_at_or_below(self, mood: Mood, cut: float) -> float:
        """Share rated at or below ``cut`` points at one visit or more."""
        rated = self._rated(mood.baseline, mood, self._spread)
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
        noisy = replace(self._spread, sigma_y=VISIT_NOISE_SD)
        rated = self._rated(start[:, None], mood, noisy)
        lost = rated > _core.response_cut(start, _core.RESPONSE_IMPROVEMENT)[:, None]
        well = ~lost[:, 0] if remission_cut is None else rated[:, 0] <= remission_cut
        again = lost[well, 1:] & lost[well, :-1]
        first = np.argmax(again, axis=1) + 1
        return np.where(again.any(axis=1), visits_h[first], np.inf)

    def _rated(self, baseline: float | FloatArray, mood: Mood, spread: Spread) -> FloatArray:
        """Rated MADRS, shape (n_patients, n_times)."""
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
