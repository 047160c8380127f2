"""What counts as a list of values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard


def is_list(given: object) -> TypeGuard[Iterable[Any]]:
    """Return whether a value has values in order: a list, an array, a generator, a set of names.

    Text, bytes and mappings are no lists, and neither is an array without dimensions, which has the
    methods of one and raises when they are called.
    """
    if isinstance(given, (str, bytes, bytearray, memoryview, Mapping)):
        return False
    return isinstance(given, Iterable) and getattr(given, "ndim", 1) != 0
