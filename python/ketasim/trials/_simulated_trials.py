"""What simulated trials have found."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from ketasim._arrays import FloatArray
from ketasim._wording.frozen import comparable
from ketasim._wording.names import check_name, shortened
from ketasim._wording.plain_numbers import number_or_nan
from ketasim.errors import ScenarioError
from ketasim.trials._design import TrialDesign


@dataclass(frozen=True, slots=True)
class Chance:
    """A share of simulated trials with its Monte-Carlo error.

    Parameters
    ----------
    share : float
    error : float
        Standard error of the share from the number of simulated trials.
    """

    share: float
    error: float

    def __str__(self) -> str:
        return f"{100.0 * self.share:.0f} % (Monte-Carlo error {100.0 * self.error:.1f} %)"


def _inside(name: str, given: object) -> float:
    number = number_or_nan(given)
    if not 0.0 < number < 1.0:
        raise ScenarioError(f"{name} = {shortened(given)}: give a number between 0 and 1")
    return number


@comparable
@dataclass(frozen=True, slots=True, eq=False)
class SimulatedTrials:
    """Simulated trials of one design.

    Parameters
    ----------
    design : TrialDesign
    seed : int
    uncertain : tuple of str
        Parameters that differ between the trials.
    effect, se, p : mapping of str to ndarray, shape (n_trials,)
        By treated arm: difference from the control of the change of the MADRS at the primary visit, adjusted for
        the baseline [points, negative is better], its standard error, and the two-sided p value; NaN where
        too few patients were rated. With several treated arms p is not adjusted for their number.
    mean_change : mapping of str to ndarray, shape (n_trials, n_visits)
        By arm: mean change of the rated patients [points].
    rated : mapping of str to ndarray, shape (n_trials, n_visits)
        By arm: number of rated patients.
    responders, remitters : mapping of str to ndarray, shape (n_trials, n_visits)
        By arm: share of all treated patients; who is not rated counts as not improved.
    failed : int
        Patients whose run failed; they count as not rated.

    Examples
    --------
    >>> import ketasim as ks
    >>> arms = [ks.TrialArm(name, f"{name} iv over 40 min", 10) for name in ("ketamine 35 mg", "placebo")]
    >>> ks.simulate_trial(ks.TrialDesign(arms, visits_h=[24]), 5).mean_change["placebo"].shape
    (5, 1)
    """

    design: TrialDesign
    seed: int
    uncertain: tuple[str, ...]
    effect: Mapping[str, FloatArray]
    se: Mapping[str, FloatArray]
    p: Mapping[str, FloatArray]
    mean_change: Mapping[str, FloatArray]
    rated: Mapping[str, FloatArray]
    responders: Mapping[str, FloatArray]
    remitters: Mapping[str, FloatArray]
    failed: int

    @property
    def n_trials(self) -> int:
        """Number of simulated trials."""
        return int(next(iter(self.effect.values())).size)

    def power(self, arm: str) -> Chance:
        """Return the chance of a significant benefit over the control.

        With parameters that differ between the trials (``uncertainty``) this is the assurance. A trial with
        too few rated patients for a comparison is not significant.

        Parameters
        ----------
        arm : str
            A treated arm.

        Returns
        -------
        Chance

        Raises
        ------
        UnknownNameError
        """
        check_name(arm, tuple(self.effect), "treated arm")
        with np.errstate(invalid="ignore"):
            won = (self.p[arm] < self.design.alpha) & (self.effect[arm] < 0.0)
        share = float(won.mean())
        return Chance(share, math.sqrt(share * (1.0 - share) / self.n_trials))

    def effect_range(self, arm: str, level: float = 0.95) -> tuple[float, float, float]:
        """Return the median effect and the range that contains a share of the trials [points].

        Parameters
        ----------
        arm : str
        level : float
            Default 0.95.

        Returns
        -------
        median, low, high : float
            NaN where no trial could be compared.

        Raises
        ------
        UnknownNameError, ScenarioError
        """
        check_name(arm, tuple(self.effect), "treated arm")
        tail = (1.0 - _inside("level", level)) / 2.0
        found = self.effect[arm][np.isfinite(self.effect[arm])]
        if not found.size:
            return math.nan, math.nan, math.nan
        median, low, high = np.quantile(found, [0.5, tail, 1.0 - tail])
        return float(median), float(low), float(high)

    def patients_for(self, arm: str, power: float = 0.8) -> float:
        """Return the patients per arm that a trial of the typical size would need.

        From the median effect and standard error of these trials, for equal arms: the normal
        approximation n = n_now [(z_alpha + z_power) se/effect]^2. The spread of effects between trials
        does not shrink with the number of patients, so this is the least.

        Parameters
        ----------
        arm : str
        power : float
            Default 0.8.

        Returns
        -------
        float
            Infinite where the median effect is no benefit; NaN where no trial could be compared.

        Raises
        ------
        UnknownNameError, ScenarioError
        """
        chance = _inside("power", power)
        median, _, _ = self.effect_range(arm)
        if math.isnan(median):
            return math.nan
        if not median < 0.0:
            return math.inf
        normal = NormalDist()
        z = normal.inv_cdf(1.0 - self.design.alpha / 2.0) + normal.inv_cdf(chance)
        sizes = {a.name: a.n for a in self.design.arms}
        assert self.design.control is not None
        now = 2.0 / (1.0 / sizes[arm] + 1.0 / sizes[self.design.control])
        return now * (z * float(np.nanmedian(self.se[arm])) / median) ** 2

    def __str__(self) -> str:
        word = "assurance" if self.uncertain else "power"
        sizes = " + ".join(str(a.n) for a in self.design.arms)
        visit = f"{self.design.primary_h:g} h against {self.design.control}"
        lines = [f"{self.n_trials} trials of {sizes} patients; change of the MADRS at {visit}"]
        for arm in self.effect:
            median, low, high = self.effect_range(arm)
            lines.append(
                f"{arm}: {median:.1f} points (95 % of trials {low:.1f} to {high:.1f}), "
                f"{word} {self.power(arm)}"
            )
            lost = int(np.isnan(self.p[arm]).sum())
            if lost:
                lines.append(
                    f"{arm}: in {lost} of {self.n_trials} trials too few patients were rated at {self.design.primary_h:g} "
                    "h for a comparison; they count as not significant"
                )
        if self.failed:
            lines.append(f"{self.failed} patients could not be simulated and count as not rated")
        return "\n".join(lines)
