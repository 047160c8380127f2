"""Checks of whole numbers, and numbers with a minus sign."""

from __future__ import annotations

import math
from numbers import Integral

import numpy as np

from ketasim._wording.names import shortened
from ketasim.errors import ScenarioError

#: More threads than one computer runs at once.
MOST_THREADS = 4096


def check_whole(name: str, number: object, least: int, most: float = math.inf) -> None:
    """Refuse a value that is not a whole number from ``least`` to ``most``.

    Raises
    ------
    ScenarioError
    """
    whole = isinstance(number, Integral) and not isinstance(number, (bool, np.timedelta64))
    if not (whole and least <= number <= most):  # type: ignore[operator]
        bounds = f"of at least {least}" if most == math.inf else f"from {least} to {most}"
        raise ScenarioError(f"{name} = {shortened(number)} must be a whole number {bounds}")


def check_truth(name: str, given: object) -> None:
    """Refuse a switch that is neither True nor False.

    Raises
    ------
    ScenarioError
    """
    if not isinstance(given, (bool, np.bool_)):
        raise ScenarioError(f"{name} = {shortened(given)}: give True or False")


def signed(value: float, digits: int = 1) -> str:
    """Write a number with the minus sign U+2212; a rounded zero has no sign.

    Parameters
    ----------
    value : float
    digits : int
        Digits after the decimal point, default 1.

    Returns
    -------
    str

    Examples
    --------
    >>> from ketasim.figures import signed
    >>> signed(-5.24), signed(-0.04)
    ('−5.2', '0.0')
    """
    text = f"{value:.{digits}f}"
    return (text.lstrip("-") if float(text) == 0.0 else text).replace("-", "−")
