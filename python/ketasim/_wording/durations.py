"""Durations as text: '14 d', '36 h', '40 min', '2 weeks'; numbers without a unit are hours."""

from __future__ import annotations

import re

from ketasim import _core
from ketasim._wording.names import shortened
from ketasim._wording.plain_numbers import number_or_nan
from ketasim.errors import ScenarioError

#: Longest accepted time from t = 0 [h], 100 years; a larger one is a wrong unit.
LONGEST_H: float = _core.LIMITS["longest_h"]

#: Times closer to 0 count as 0 [h]: the solver cannot take a step below the smallest normal number.
NO_TIME_H = 1e-300

#: Hours in one unit of time.
HOURS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1.0 / 3600.0),
    **dict.fromkeys(("min", "minute", "minutes"), 1.0 / 60.0),
    **dict.fromkeys(("h", "hr", "hour", "hours"), 1.0),
    **dict.fromkeys(("d", "day", "days"), 24.0),
    **dict.fromkeys(("wk", "week", "weeks"), 168.0),
}

_DURATION = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*([a-zA-Z]*)\s*")


def hours(value: float | str, what: str = "duration") -> float:
    """Read a duration.

    Parameters
    ----------
    value : float or str
        Hours, or a number with s, min, h, d or wk.
    what : str
        Its name in the error message.

    Returns
    -------
    float
        Hours.

    Raises
    ------
    ScenarioError
        If it is not a finite duration.
    """
    if isinstance(value, str):
        match = _DURATION.fullmatch(value)
        unit = match[2].lower() or "h" if match else ""
        if match is None or unit not in HOURS:
            raise ScenarioError(
                f"{what} = {value!r} is not a duration: write a number with s, min, h, d or wk, "
                "for example '40 min' or '14 d'"
            )
        number = float(match[1])
        # By division '40 min' is the nearest double to 2/3.
        result = number / 60.0 if HOURS[unit] == 1.0 / 60.0 else number * HOURS[unit]
    else:
        result = number_or_nan(value)
    if not abs(result) <= LONGEST_H:
        raise ScenarioError(
            f"{what} = {shortened(value)}: give hours, at most {LONGEST_H:,.0f} (100 years), or text such as "
            "'14 d'"
        )
    return result


def in_words(hours: float) -> str:
    """Write a time in the unit of its size, rounded.

    Parameters
    ----------
    hours : float
        A time, at least 0 [h].

    Returns
    -------
    str
        For example '40 s', '41 min', '1.7 h', '2.1 days' or '3.4 weeks'.

    Examples
    --------
    >>> from ketasim.simulation import in_words
    >>> in_words(2 / 3), in_words(50.0), in_words(1000.0)
    ('40 min', '2.1 days', '6 weeks')
    """
    if hours < 1.5 / 60.0:
        return f"{hours * 3600.0:.0f} s"
    if hours < 1.5:
        return f"{hours * 60.0:.0f} min"
    if hours < 36.0:
        return _number(hours) + " h"
    if hours < 21.0 * 24.0:
        return _number(hours / 24.0) + " days"
    return _number(hours / 168.0) + " weeks"


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 9.95 else f"{value:.1f}".removesuffix(".0")


def exact_text(hours: float) -> str:
    """Write a time to four digits in minutes, hours or whole days: ``40 min``, ``2 h``, ``7 d``."""
    if hours == 0.0:
        return "0"
    if abs(hours) < 1.0:
        return f"{hours * 60.0:.4g} min"
    whole_days = abs(hours) >= 24.0 and (hours / 24.0).is_integer()
    return f"{hours / 24.0:g} d" if whole_days else f"{hours:.4g} h"
