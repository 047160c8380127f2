"""Overrides of parameters: known names, possible values, a warning outside the plausible range."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import Any

from ketasim.errors import ParameterError
from ketasim.names import check_name
from ketasim.scenario import Scenario
from ketasim.tables import parameters


class ParameterRangeWarning(UserWarning):
    """A parameter lies outside its plausible range but is possible."""


#: People differ from the typical value by no more standard deviations than this: of a million
#: people with 20 parameters each, one differs by more in one population of 25.
FARTHEST = 6.0


def possible_range(row: Mapping[str, Any]) -> tuple[float, float]:
    """The widest values a run accepts: the plausible range, ten times wider at either end.

    Wider still where people differ by more, so that who was drawn can be simulated alone. A sign
    never changes: a rate that is positive stays positive.
    """
    low, high = float(row["low"]), float(row["high"])
    spread = math.sqrt(math.log1p((row["iiv_cv_pct"] / 100.0) ** 2))
    wider = max(10.0, math.exp(FARTHEST * spread))
    return (low / wider if low > 0 else low * wider, high * wider if high > 0 else high / wider)


def check_parameters(scenario: Scenario) -> None:
    """Check the overrides of a scenario.

    Raises
    ------
    UnknownNameError
        With the nearest names.
    ParameterError
        If a value is not finite or impossible; the message has value, unit, range and default.
    """
    table = parameters(scenario.subject.species)
    for name, value in dict(scenario.parameters).items():
        check_name(name, table.names, "parameter")
        row = table[name]
        low, high, unit = float(row["low"]), float(row["high"]), row["unit"]
        least, most = possible_range(row)
        plausible = f"plausible {low:g} to {high:g} {unit}, default {row['value']:g} {unit}"
        if not math.isfinite(value) or not least <= value <= most:
            raise ParameterError(
                f"parameter {name} = {value:g} {unit} is not possible: it must lie within "
                f"{least:g} to {most:g} {unit} ({plausible})"
            )
        if not low <= value <= high:
            warnings.warn(
                f"parameter {name} = {value:g} {unit} lies outside its plausible range ({plausible})",
                ParameterRangeWarning,
                stacklevel=4,
            )
