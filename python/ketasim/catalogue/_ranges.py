"""Overrides of parameters: known names, possible values, a warning outside the plausible range."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ketasim.catalogue._model_tables import parameters
from ketasim.catalogue._variability import (
    FARTHEST,
    LOGIT_SCALE,
    SENSITIVITY,
    SPREAD_OF_SENSITIVITY,
    individual,
)


def possible_range(row: Mapping[str, Any]) -> tuple[float, float]:
    """The widest values a run accepts: the plausible range, ten times wider at either end.

    Wider still where people differ by more: whoever is drawn around a plausible value can be
    simulated alone. A sign never changes, and what varies on the logit scale, where it is the odds
    that are ten times wider, stays between 0 and 1. Never wider than the limits of what the number
    means: no one has more points than a rating scale.
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


def is_plausible(row: Mapping[str, Any], value: float) -> bool:
    """Whether a value needs no warning; no spread of sensitivity is that of one person."""
    if row["name"] == SPREAD_OF_SENSITIVITY and value == 0.0:
        return True
    return bool(row["low"] <= value <= row["high"])


def _spread(row: Mapping[str, Any]) -> float:
    if row["name"] == SENSITIVITY:
        # As far as is plausible; the same in all species.
        return float(parameters()[SPREAD_OF_SENSITIVITY]["high"])
    return float(row["iiv_cv_pct"]) / 100.0
