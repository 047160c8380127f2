"""The comparison of two arms of many trials at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from ketasim._arrays import FloatArray
from ketasim._runtime.optional import require


def ancova(
    change: FloatArray,
    baseline: FloatArray,
    control_change: FloatArray,
    control_baseline: FloatArray,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Compare an arm with the control, adjusted for the rating before treatment.

    Analysis of covariance with one slope for both arms; patients without a rating (NaN) are left out.

    Parameters
    ----------
    change, baseline : ndarray, shape (n_trials, n)
    control_change, control_baseline : ndarray, shape (n_trials, n_control)

    Returns
    -------
    difference, se, p : ndarray, each of shape (n_trials,)
        NaN where fewer than four patients were rated.

    Raises
    ------
    MissingLibraryError
        Without SciPy.
    """
    special: Any = require("scipy.special", "fit")
    arms = [_moments(change, baseline), _moments(control_change, control_baseline)]
    n, mean, base, sxx, sxy, syy = (np.array([arm[k] for arm in arms]) for k in range(6))
    slope = np.where(
        sxx.sum(0) > 0.0, sxy.sum(0) / np.where(sxx.sum(0) > 0.0, sxx.sum(0), 1.0), 0.0
    )
    apart = base[0] - base[1]
    difference = mean[0] - mean[1] - slope * apart
    free = n.sum(0) - 3.0
    enough = (free >= 1.0) & (n > 0.0).all(0)
    residual = (syy.sum(0) - slope * sxy.sum(0)) / np.where(enough, free, np.nan)
    across = np.where(sxx.sum(0) > 0.0, apart**2 / np.where(sxx.sum(0) > 0.0, sxx.sum(0), 1.0), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        se = np.sqrt(residual * ((1.0 / n).sum(0) + across))
        p = 2.0 * special.stdtr(free, -np.abs(difference / se))
    return np.where(enough, difference, np.nan), se, np.where(enough, p, np.nan)


def _moments(change: FloatArray, baseline: FloatArray) -> tuple[FloatArray, ...]:
    """Return number, means, and sums of squares around them, of the rated patients of each trial."""
    rated = np.isfinite(change)
    n = rated.sum(1).astype(np.float64)
    count = np.maximum(n, 1.0)
    y, x = np.where(rated, change, 0.0), np.where(rated, baseline, 0.0)
    mean_y, mean_x = y.sum(1) / count, x.sum(1) / count
    dy = np.where(rated, change - mean_y[:, np.newaxis], 0.0)
    dx = np.where(rated, baseline - mean_x[:, np.newaxis], 0.0)
    return n, mean_y, mean_x, (dx**2).sum(1), (dx * dy).sum(1), (dy**2).sum(1)
