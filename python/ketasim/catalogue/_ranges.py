"""The possible values of parameters."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from ketasim import _core
from ketasim.catalogue._variability import (
    FARTHEST,
    LOGIT_SCALE,
    SENSITIVITY,
    SPREAD_OF_SENSITIVITY,
    individual,
)


def possible_range(row: Mapping[str, Any]) -> tuple[float, float]:
    """Return the widest range that a run accepts: ten times beyond each end of the plausible range.

    The range is wider where people differ by more, so that every subject drawn around a plausible
    value can also be simulated alone. The sign never changes. Parameters that vary on the logit scale
    have odds up to ten times beyond and stay between 0 and 1. The range never exceeds the limits of the
    quantity itself, such as the ends of a rating scale.

    Parameters
    ----------
    row : mapping of str to object
        A row of `ketasim.parameters`.

    Returns
    -------
    tuple of float
        Lowest and highest possible value, in the unit of the parameter.

    Examples
    --------
    >>> import ketasim as ks
    >>> from ketasim.catalogue import possible_range
    >>> low, high = possible_range(ks.parameters()["mtor.tau_M"])
    >>> print(f"{low:g} to {high:g} h")
    0.003 to 3 h
    """
    name, low, high = row["name"], float(row["low"]), float(row["high"])
    if name in LOGIT_SCALE:
        least, most = low / (low + 10.0 * (1.0 - low)), high / (high + (1.0 - high) / 10.0)
    else:
        least = low / 10 if low > 0 else low * 10
        most = high * 10 if high > 0 else high / 10
    spread = _spread(row)
    if spread > 0.0:
        least = min(least, float(individual(name, low, spread, -FARTHEST)))
        most = max(most, float(individual(name, high, spread, FARTHEST)))
    if name == SPREAD_OF_SENSITIVITY:
        least = 0.0
    return max(least, float(row["limit_low"])), min(most, float(row["limit_high"]))


def limits_before(row: Mapping[str, Any], factor: float) -> tuple[float, float]:
    """Return the values within the limits of the quantity, alone and times a factor above 0."""
    low, high = float(row["limit_low"]), float(row["limit_high"])
    return max(low, low / factor), min(high, high / factor)


def is_plausible(row: Mapping[str, Any], value: float) -> bool:
    """Return whether a value needs no warning; a spread of sensitivity of 0 is that of one person."""
    if row["name"] == SPREAD_OF_SENSITIVITY and value == 0.0:
        return True
    return bool(row["low"] <= value <= row["high"])


@cache
def _largest_spread_of_sensitivity() -> float:
    rows = _core.parameter_table("human")
    return next(float(row["high"]) for row in rows if row["name"] == SPREAD_OF_SENSITIVITY)


def _spread(row: Mapping[str, Any]) -> float:
    if row["name"] == SENSITIVITY:
        # The largest plausible spread; the same in all species.
        return _largest_spread_of_sensitivity()
    return float(row["iiv_cv_pct"]) / 100.0
