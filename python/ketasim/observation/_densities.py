"""Log densities of observed numbers, for plain numbers and for numbers with slopes.

With mean mu, standard deviation s, and a share p of n patients of whom k are counted:
    normal          ln f = -(y - mu)^2/(2 s^2) - ln s - ln(2 pi)/2
    binomial        ln f = ln C(n, k) + k ln p + (n - k) ln(1 - p)
    beta-binomial   ln f = ln C(n, k) + [a]_k + [b]_(n-k) - [a + b]_n,   [x]_k = sum_(i<k) ln(x + i)
                    a = p T,  b = (1 - p) T,  T = p (1 - p)/v - 1,  v the variance of p between rows
"""

from __future__ import annotations

import math

import numpy as np

from ketasim import _core
from ketasim._arrays import FloatArray
from ketasim.observation._distributions import LEAST_SHARE
from ketasim.observation._numbers import Number, apply, log, value_of, where

HALF_LOG_2_PI = 0.5 * math.log(2.0 * math.pi)
#: With less variance than this share of p (1 - p) a beta-binomial is a binomial.
LEAST_VARIANCE = 1e-10
#: Smallest T of a beta-binomial.
LEAST_TOTAL = 1e-3


def normal(y: Number, mean: Number, sd: Number) -> Number:
    """Return the log density of a normal variable."""
    z = (y - mean) / sd
    return z * z * -0.5 - log(sd) - HALF_LOG_2_PI


def inside_share(share: Number) -> Number:
    """Return a share that is kept from 0 and 1 by `LEAST_SHARE`."""
    p = value_of(share)
    return where(p < LEAST_SHARE, LEAST_SHARE, where(p > 1 - LEAST_SHARE, 1 - LEAST_SHARE, share))


def count(k: int, n: int, share: Number, variance: Number) -> Number:
    """Return the log probability of k of n; without ``variance`` that of a binomial."""
    p = inside_share(share)
    q = 1.0 - p
    binomial = log_ways(n, k) + k * log(p) + (n - k) * log(q)
    spread = value_of(p) * value_of(q)
    over = np.asarray(value_of(variance) > LEAST_VARIANCE * spread)
    if not over.any():
        return binomial
    t = p * q / where(over, variance, 1.0) - 1.0
    t = where(value_of(t) > LEAST_TOTAL, t, LEAST_TOTAL)
    mixed = log_ways(n, k) + _rising(p * t, k) + _rising(q * t, n - k) - _rising(t, n)
    return where(over, mixed, binomial)


def log_ways(n: int, k: int) -> float:
    """Return ln C(n, k)."""
    return float(_core.log_gamma(n + 1.0) - _core.log_gamma(k + 1.0) - _core.log_gamma(n - k + 1.0))


def _rising(x: Number, k: int) -> Number:
    """Return ln(x (x + 1) ... (x + k - 1))."""
    i = np.arange(k, dtype=np.float64)

    def value(a: FloatArray) -> FloatArray:
        return np.asarray(np.log(a[..., np.newaxis] + i).sum(axis=-1))

    def slope(a: FloatArray) -> FloatArray:
        return np.asarray((1.0 / (a[..., np.newaxis] + i)).sum(axis=-1))

    return apply(value, slope, x)


def log_normal_cdf(z: Number) -> Number:
    """Return ln Phi(z), without underflow below z = -38.

    For z < -10 the continued fraction of Mills' ratio is used:
        ln Phi(z) = -z^2/2 - ln(2 pi)/2 - ln(x + 1/(x + 2/(x + 3/(x + ...)))),   x = -z
    """

    def value(x: FloatArray) -> FloatArray:
        near = np.maximum(x, -10.0)
        far = -np.minimum(x, -10.0)
        tail = -0.5 * far * far - HALF_LOG_2_PI - np.log(_mills_denominator(far))
        return np.where(x > -10.0, np.log(_core.normal_cdf(near)), tail)

    def slope(x: FloatArray) -> FloatArray:
        return np.asarray(np.exp(-0.5 * x * x - HALF_LOG_2_PI - value(x)))

    return apply(value, slope, z)


def _mills_denominator(x: FloatArray) -> FloatArray:
    """Return 1/M(x) of Mills' ratio M, for x >= 10: 40 terms are exact to rounding."""
    fraction = x
    for k in range(40, 0, -1):
        fraction = x + k / fraction
    return fraction
