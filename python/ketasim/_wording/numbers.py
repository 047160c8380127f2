"""Checks of whole numbers."""

from __future__ import annotations

import math
from numbers import Integral

from ketasim._wording.names import shortened
from ketasim.errors import ScenarioError

#: More threads than any one computer runs at once.
MOST_THREADS = 4096


def check_whole(name: str, number: object, least: int, most: float = math.inf) -> None:
    """Refuse what is not a whole number in a range.

    Raises
    ------
    ScenarioError
    """
    whole = isinstance(number, Integral) and not isinstance(number, bool)
    if not (whole and least <= number <= most):  # type: ignore[operator]
        reach = f"of at least {least}" if most == math.inf else f"from {least} to {most}"
        raise ScenarioError(f"{name} = {shortened(number)} must be a whole number {reach}")


def signed(value: float, digits: int = 1) -> str:
    """A number with a true minus sign, and never minus nothing."""
    text = f"{value:.{digits}f}"
    return (text.lstrip("-") if float(text) == 0.0 else text).replace("-", "−")
