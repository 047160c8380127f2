"""Predictive distributions of one observed number: mixtures over trials.

A mixture has weights w_m and components; each component is the distribution of the number in one kind
of trial. For an observed value y:
    log score = -ln sum_m w_m f_m(y)
    PIT       = F(y) = sum_m w_m F_m(y);   for counts F(k - 1) + f(k)/2
    CRPS      = int (F(x) - 1{x >= y})^2 dx
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from ketasim import _core
from ketasim._arrays import FloatArray
from ketasim._wording.frozen import comparable

#: Number of quantiles from which the CRPS of a log-normal mixture is computed.
CRPS_QUANTILES = 400
#: Steps of the bisection for a quantile: 2^-60 of its bracket.
BISECTIONS = 60
#: A probability is kept this far from 0 and 1.
LEAST_SHARE = 1e-9


class Distribution(Protocol):
    """A predictive distribution of one observed number, in the unit of the observation.

    Examples
    --------
    >>> from ketasim.observation._distributions import NormalMixture
    >>> d = NormalMixture(np.ones(1), np.zeros(1), np.ones(1))
    >>> round(d.pit(0.0), 3), d.quantiles(np.array([0.025, 0.975])).round(2).tolist()
    (0.5, [-1.96, 1.96])
    """

    @property
    def mean(self) -> float:
        """Mean [unit]."""
        ...

    def log_densities(self, y: float) -> FloatArray:
        """Return the log density, or log probability of a count, in each component.

        Parameters
        ----------
        y : float
            Observed value [unit].

        Returns
        -------
        ndarray, shape (m,)
        """
        ...

    def log_density(self, y: float) -> float:
        """Return the log score: the log density, or log probability of a count.

        Parameters
        ----------
        y : float
            Observed value [unit].

        Returns
        -------
        float
        """
        ...

    def by_trial(self, y: float, n_trials: int) -> FloatArray:
        """Return the log density in each kind of trial.

        Parameters
        ----------
        y : float
            Observed value [unit].
        n_trials : int
            Components of one kind are next to each other.

        Returns
        -------
        ndarray, shape (n_trials,)
        """
        ...

    def pit(self, y: float) -> float:
        """Return the probability integral transform.

        Parameters
        ----------
        y : float
            Observed value [unit].

        Returns
        -------
        float
            From 0 to 1; half of the probability of a count itself counts as below it.
        """
        ...

    def quantiles(self, levels: FloatArray) -> FloatArray:
        """Return quantiles.

        Parameters
        ----------
        levels : ndarray, shape (n,)
            From 0 to 1.

        Returns
        -------
        ndarray, shape (n,)
            [unit].
        """
        ...

    def crps(self, y: float) -> float:
        """Return the continuous ranked probability score.

        Parameters
        ----------
        y : float
            Observed value [unit].

        Returns
        -------
        float
            [unit]; 0 is best.
        """
        ...


@dataclass(frozen=True, eq=False)
class _Mixture:
    weights: FloatArray

    def log_densities(self, y: float) -> FloatArray:
        raise NotImplementedError

    def log_density(self, y: float) -> float:
        """Log of the predictive density or probability at y."""
        return log_mean_exp(self.log_densities(y), self.weights)

    def by_trial(self, y: float, n_trials: int) -> FloatArray:
        """Log density of y in each kind of trial; components of one kind are next to each other."""
        logs = self.log_densities(y).reshape(n_trials, -1)
        weights = self.weights.reshape(n_trials, -1)
        own = weights / weights.sum(axis=1, keepdims=True)
        return np.array([log_mean_exp(a, w) for a, w in zip(logs, own, strict=True)])


def log_mean_exp(logs: FloatArray, weights: FloatArray) -> float:
    """Return ln sum_m w_m exp(l_m)."""
    top = float(logs.max())
    if not math.isfinite(top):
        return top
    return top + math.log(float(weights @ np.exp(logs - top)))


@comparable
@dataclass(frozen=True, eq=False)
class NormalMixture(_Mixture):
    """Normal components.

    Parameters
    ----------
    weights, means, sds : ndarray, shape (m,)
    """

    means: FloatArray
    sds: FloatArray

    @property
    def mean(self) -> float:
        return float(self.weights @ self.means)

    def log_densities(self, y: float) -> FloatArray:
        z = (y - self.means) / self.sds
        densities: FloatArray = -0.5 * z * z - np.log(self.sds) - 0.5 * math.log(2.0 * math.pi)
        return densities

    def cdf(self, y: float) -> float:
        return float(self.weights @ _core.normal_cdf((y - self.means) / self.sds))

    pit = cdf

    def quantiles(self, levels: FloatArray) -> FloatArray:
        """By bisection of the distribution function."""
        low = np.full(len(levels), (self.means - 9.0 * self.sds).min())
        high = np.full(len(levels), (self.means + 9.0 * self.sds).max())
        for _ in range(BISECTIONS):
            middle = 0.5 * (low + high)
            z = (middle[:, None] - self.means) / self.sds
            below = _core.normal_cdf(z) @ self.weights < levels
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return np.asarray(0.5 * (low + high))

    def crps(self, y: float) -> float:
        """E|X - y| - E|X - X'|/2, closed for normal mixtures (Grimit et al. 2006)."""
        between = _mean_distance(
            self.means[:, None] - self.means, np.hypot(self.sds[:, None], self.sds)
        )
        to_value = _mean_distance(y - self.means, self.sds)
        return float(self.weights @ to_value - 0.5 * self.weights @ between @ self.weights)


def _mean_distance(mean: FloatArray, sd: FloatArray) -> FloatArray:
    """E|X| of a normal variable."""
    z = mean / sd
    density = np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
    return np.asarray(mean * (2.0 * _core.normal_cdf(z) - 1.0) + 2.0 * sd * density)


@comparable
@dataclass(frozen=True, eq=False)
class LogNormalMixture(_Mixture):
    """Log-normal components of a positive number.

    Parameters
    ----------
    weights, log_medians, log_sds : ndarray, shape (m,)
    """

    log_medians: FloatArray
    log_sds: FloatArray

    @cached_property
    def _log(self) -> NormalMixture:
        return NormalMixture(self.weights, self.log_medians, self.log_sds)

    @property
    def mean(self) -> float:
        return float(self.weights @ np.exp(self.log_medians + 0.5 * self.log_sds**2))

    def log_densities(self, y: float) -> FloatArray:
        if y <= 0.0:
            return np.full_like(self.weights, -np.inf)
        return self._log.log_densities(math.log(y)) - math.log(y)

    def pit(self, y: float) -> float:
        return self._log.cdf(math.log(y)) if y > 0.0 else 0.0

    def quantiles(self, levels: FloatArray) -> FloatArray:
        return np.asarray(np.exp(self._log.quantiles(levels)))

    def crps(self, y: float) -> float:
        """Twice the mean pinball loss over equally spaced quantiles."""
        levels = (np.arange(CRPS_QUANTILES) + 0.5) / CRPS_QUANTILES
        q = self.quantiles(levels)
        return float(2.0 * np.mean(((y < q).astype(float) - levels) * (q - y)))


@comparable
@dataclass(frozen=True, eq=False)
class CountMixture(_Mixture):
    """Beta-binomial components of a count, observed as a share of n.

    Parameters
    ----------
    weights, shares : ndarray, shape (m,)
        Mean share of each component.
    variances : ndarray, shape (m,)
        Variance of the share beyond that of a binomial; 0 for a binomial.
    n : int
        Number of patients.
    """

    shares: FloatArray
    variances: FloatArray
    n: int

    @cached_property
    def _log_probabilities(self) -> FloatArray:
        """Shape (m, n + 1)."""
        p = np.clip(self.shares, LEAST_SHARE, 1.0 - LEAST_SHARE)[:, None]
        k = np.arange(self.n + 1.0)
        log_gamma = _core.log_gamma
        ways = log_gamma(self.n + 1.0) - log_gamma(k + 1.0) - log_gamma(self.n - k + 1.0)
        binomial = ways + k * np.log(p) + (self.n - k) * np.log1p(-p)
        over = self.variances > 1e-10 * (p * (1.0 - p))[:, 0]
        if not over.any():
            return np.asarray(binomial)
        q = p[over]
        # Var(p) = p (1 - p)/(a + b + 1)
        total = np.maximum(q * (1.0 - q) / self.variances[over, None] - 1.0, 1e-3)
        a, b = q * total, (1.0 - q) * total
        binomial[over] = (
            ways
            + log_gamma(k + a) + log_gamma(self.n - k + b) - log_gamma(self.n + total)
            + log_gamma(total) - log_gamma(a) - log_gamma(b)
        )  # fmt: skip
        return np.asarray(binomial)

    @cached_property
    def _cumulative(self) -> FloatArray:
        """P(count <= k), shape (n + 1,)."""
        return np.cumsum(self.weights @ np.exp(self._log_probabilities))

    def _count(self, y: float) -> int:
        return min(self.n, max(0, round(y * self.n)))

    @property
    def mean(self) -> float:
        return float(self.weights @ self.shares)

    def log_densities(self, y: float) -> FloatArray:
        logs: FloatArray = self._log_probabilities[:, self._count(y)]
        return logs

    def pit(self, y: float) -> float:
        k = self._count(y)
        below = self._cumulative[k - 1] if k else 0.0
        return float(0.5 * (below + self._cumulative[k]))

    def quantiles(self, levels: FloatArray) -> FloatArray:
        """The smallest share with at least that probability at or below it."""
        return np.minimum(np.searchsorted(self._cumulative, levels), self.n) / self.n

    def crps(self, y: float) -> float:
        """On the scale of shares: the sum over counts, divided by n."""
        above = np.arange(self.n + 1) >= self._count(y)
        return float(np.sum((self._cumulative - above) ** 2)) / self.n
