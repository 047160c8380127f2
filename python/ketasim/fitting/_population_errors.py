"""Normalised prediction distribution errors: where measured values lie among simulated ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from ketasim._arrays import FloatArray
from ketasim._runtime.optional import require
from ketasim.fitting._population_likelihood import Series


def prediction_errors(s: Series, simulated: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return normalised prediction distribution errors, decorrelated within each subject.

    Parameters
    ----------
    s : Series
    simulated : ndarray, shape (n, n_values)
    rng : numpy.random.Generator
        Draws censored values among the simulated ones beyond their limit.
    """
    special: Any = require("scipy.special", "fit")
    found = np.empty(len(s.rows))
    for j, first in enumerate(s.starts):
        end = s.starts[j + 1] if j + 1 < len(s.starts) else len(s.rows)
        own = slice(first, end)
        sets = simulated[np.isfinite(simulated[:, own]).all(axis=1), own]
        values = _drawn_values(s, own, sets, rng)
        mean = sets.mean(axis=0)
        covariance = np.cov(sets, rowvar=False).reshape(len(values), len(values))
        ridge = 1e-10 * np.diag(covariance) + 1e-300
        root = np.linalg.cholesky(covariance + np.diag(ridge))
        white = np.linalg.solve(root, (sets - mean).T)
        one = np.linalg.solve(root, values - mean)
        share = (white < one[:, None]).mean(axis=1)
        least = 0.5 / len(sets)
        found[own] = special.ndtri(np.clip(share, least, 1.0 - least))
    return found


def _drawn_values(s: Series, own: slice, sets: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return measured values; censored ones are drawn from simulated ones within their limits."""
    r = s.residuals
    values = r.values[own].copy()
    for k in np.flatnonzero(s.limited[own]):
        limit = values[k]
        column = sets[:, k]
        if r.right[own][k]:
            within = column[column > limit]
        elif r.interval[own][k]:
            within = column[(column > r.lows[own][k]) & (column < limit)]
        else:
            within = column[column < limit]
        values[k] = within[rng.integers(within.size)] if within.size else limit
    return values
