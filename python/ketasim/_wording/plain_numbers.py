"""Plain numbers from the values of a caller, without units, masks, text or truth values."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable

import numpy as np

from ketasim._arrays import FloatArray
from ketasim._wording.names import shortened
from ketasim.errors import ScenarioError

#: Kinds of NumPy data that are numbers, or objects that may be numbers.
_NUMBERS = "iufO"

#: Kinds of NumPy data that are durations or dates, and how they become hours.
_TIMES = {
    "m": "divide durations by numpy.timedelta64(1, 'h')",
    "M": "subtract the first date, and divide by numpy.timedelta64(1, 'h')",
}

#: Units that say that a number has none.
_NO_UNIT = ("", "1", "dimensionless", "1 dimensionless")

#: Spellings of the unit of a label, as the attributes of files have them.
SPELLINGS = {"h": ("h", "hr", "hour", "hours"), "kg": ("kg", "kilogram", "kilograms")}


def unit_of(given: object) -> object | None:
    """Return the unit of a quantity of a library of units; None for a plain number."""
    for name in ("units", "unit"):
        unit: object = getattr(given, name, None)
        if unit is not None and not callable(unit) and str(unit) not in _NO_UNIT:
            return unit
    return None


def number_or_none(given: object) -> float | None:
    """Return a number, also NaN and infinity; None for anything that is not one plain number.

    Numbers of NumPy, `decimal` and `fractions` are converted. Text, bytes, truth values, complex
    numbers, durations, masked values, and quantities with a unit are not numbers.
    """
    if type(given) is float:
        return given
    if isinstance(given, (bool, str, bytes, bytearray, memoryview, complex)):
        return None
    if getattr(getattr(given, "dtype", None), "kind", "f") not in _NUMBERS:
        return None
    if getattr(given, "ndim", 0) != 0 or _first_masked(given) is not None:
        return None
    if unit_of(given) is not None:
        return None
    if isinstance(given, np.ndarray) and given.dtype.kind == "O":
        return number_or_none(given.item())
    try:
        return float(given)  # type: ignore[arg-type]
    except Exception:  # noqa: BLE001  # the conversion is code of another library
        return None


def number_or_nan(given: object) -> float:
    """Return a number as `number_or_none` does; NaN for anything else."""
    number = number_or_none(given)
    return math.nan if number is None else number


def check_no_unit(name: str, given: object, unit: str = "") -> None:
    """Refuse a quantity of a library of units; ``unit`` is the one of the argument.

    Raises
    ------
    ScenarioError
    """
    own = unit_of(given)
    if own is not None:
        wanted = f" [{unit}]" if unit not in _NO_UNIT else ""
        raise ScenarioError(
            f"{name} has the unit {shortened(str(own))}: convert it and give plain numbers{wanted}"
        )


def plain_numbers(name: str, given: object, remedy: str, unit: str = "") -> FloatArray:
    """Return an array of numbers, a copy of those given.

    Parameters
    ----------
    name : str
        The argument, for the error message.
    given : object
        A number, a list of numbers, or an array of any library.
    remedy : str
        What to give instead.
    unit : str
        The unit of the argument. An array may carry its name as a label (`xarray`).

    Returns
    -------
    ndarray

    Raises
    ------
    ScenarioError
        For values with a unit, masked values, and whatever else is no number.
    """
    kind = getattr(getattr(given, "dtype", None), "kind", "")
    if kind in _TIMES:
        raise ScenarioError(f"{name} = {shortened(given)}: {_TIMES[kind]}, or {remedy}")
    label = unit_of(given)
    if not (isinstance(label, str) and label in SPELLINGS.get(unit, (unit,))):
        check_no_unit(name, given, unit)
    masked = _first_masked(given)
    if masked is not None:
        raise ScenarioError(
            f"{name}{list(masked) if masked else ''} is masked: leave masked values out, for example "
            f"with {name}.compressed()"
        )
    if isinstance(given, (list, tuple)) and not any(isinstance(x, (list, tuple)) for x in given):
        return _from_each(name, given, remedy)
    try:
        # A quantity without a unit warns when it is converted as a whole.
        values = np.asarray(getattr(given, "magnitude", given))
        if values.dtype.kind == "O" and values.ndim == 1:
            return _from_each(name, values.tolist(), remedy)
        if values.dtype.kind == "O" and values.ndim == 0:
            return np.array(_from_each(name, [values.item()], remedy, at=False)[0])
        if values.dtype.kind in _NUMBERS:
            return np.array(values, dtype=np.float64, order="C")
    except (TypeError, ValueError, OverflowError):
        pass
    raise ScenarioError(f"{name} = {shortened(given)}: {remedy}")


def _from_each(name: str, given: Collection[object], remedy: str, *, at: bool = True) -> FloatArray:
    if set(map(type, given)) <= {float}:
        return np.array(given, dtype=np.float64)
    numbers = []
    for i, one in enumerate(given):
        number = number_or_none(one)
        if number is None:
            if isinstance(one, Iterable) and np.ndim(one) > 0 and unit_of(one) is None:  # type: ignore[arg-type]
                return _of_rows(name, given, remedy)
            where = f"{name}[{i}]" if at else name
            raise ScenarioError(f"{where} = {shortened(one)}: {remedy}")
        numbers.append(number)
    return np.array(numbers, dtype=np.float64)


def _of_rows(name: str, given: Collection[object], remedy: str) -> FloatArray:
    """Return a list of arrays as one array of two or more dimensions."""
    rows = [plain_numbers(f"{name}[{i}]", one, remedy) for i, one in enumerate(given)]
    if len({row.shape for row in rows}) > 1:
        raise ScenarioError(f"{name} = {shortened(given)}: {remedy}")
    return np.array(rows)


def _first_masked(given: object) -> tuple[int, ...] | None:
    """Return the position of the first masked value of an array that can mask values."""
    if type(given) in (int, list, tuple):
        return None
    mask = getattr(given, "mask", None)
    if mask is None or callable(mask):
        return None
    masked = np.argwhere(np.asarray(mask, dtype=bool))
    if len(masked) == 0:
        return None
    return tuple(masked[0].tolist())
