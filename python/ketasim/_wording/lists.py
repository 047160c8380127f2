"""What counts as a list of values, and a list of names read from an argument."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard

from ketasim._wording.names import shortened
from ketasim.errors import KetasimError, ScenarioError


def is_list(given: object) -> TypeGuard[Iterable[Any]]:
    """Return whether a value has values in order: a list, an array, a generator, a set of names.

    Text, bytes and mappings are no lists, and neither is an array without dimensions, which has the
    methods of one and raises when they are called.
    """
    if isinstance(given, (str, bytes, bytearray, memoryview, Mapping)):
        return False
    return isinstance(given, Iterable) and getattr(given, "ndim", 1) != 0


def listed(
    argument: str,
    given: object,
    remedy: str,
    refusal: type[KetasimError] = ScenarioError,
) -> tuple[Any, ...]:
    """Return the values of a list, which is read once: a generator has nothing left after it.

    Parameters
    ----------
    argument : str
        Its name, for the message.
    given : object
    remedy : str
        What to give instead, such as "a list of hours".
    refusal : type of KetasimError
        Raised if it is no list.
    """
    if not is_list(given):
        raise refusal(f"{argument} = {shortened(given)}: give {remedy}")
    return tuple(given)


def listed_names(
    argument: str,
    given: object,
    example: str,
    refusal: type[KetasimError] = ScenarioError,
) -> tuple[str, ...]:
    """Return a list of one name or more, each of them once; whether they are known is not checked.

    Parameters
    ----------
    argument, given, refusal
        As in `listed`.
    example : str
        A name that may be meant.
    """
    remedy = f"a list of names, such as [{example!r}]"
    names = listed(argument, given, remedy, refusal)
    if not names:
        raise refusal(f"{argument} is empty: give {remedy}")
    for name in names:
        if not isinstance(name, str):
            raise refusal(f"{argument} has {shortened(name)}: a name is text")
        if names.count(name) > 1:
            raise refusal(f"{argument} has {shortened(name)} twice: name it once")
    return tuple(map(str, names))
