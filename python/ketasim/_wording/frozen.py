"""Values that cannot be changed, so that they can be hashed, pickled and shared between threads."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import wraps
from typing import Any, NoReturn, TypeVar

import numpy as np

from ketasim._wording.names import check_name
from ketasim._wording.sealed import sealed

V = TypeVar("V")
T = TypeVar("T")


def value(cls: type[T]) -> type[T]:
    """Give a frozen dataclass helpful errors for a misspelt field.

    Its pickles have a checksum, and it says how to make a changed copy (`sealed`).
    """
    names = tuple(field.name for field in fields(cls))  # type: ignore[arg-type]
    known = frozenset(names)
    own_init = cls.__init__

    @wraps(own_init)
    def init(self: T, *given: Any, **keywords: Any) -> None:
        if not known.issuperset(keywords):
            for name in keywords:
                check_name(name, names, f"keyword of {cls.__name__}")
        own_init(self, *given, **keywords)

    cls.__init__ = init  # type: ignore[method-assign,assignment]
    return sealed(cls)


def same(a: object, b: object) -> bool:
    """Return whether two values are equal: arrays as a whole, and NaN equal to itself."""
    if a is b:
        return True
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        if not (isinstance(a, np.ndarray) and isinstance(b, np.ndarray)):
            return False
        numbers = a.dtype.kind == b.dtype.kind == "f"
        return np.array_equal(a, b, equal_nan=numbers)
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (math.isnan(a) and math.isnan(b))
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return bool(a == b)


def _to_hash(value: object) -> object:
    """Return a value whose hash agrees with `same`: the hash of NaN depends on the object."""
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    if isinstance(value, tuple):
        return tuple(map(_to_hash, value))
    return value


def comparable(cls: type[T]) -> type[T]:
    """Give a frozen dataclass the equality of its fields by `same`, and a hash that agrees with it.

    Values with arrays have no hash. Pickles have a checksum (`sealed`).
    """
    names = tuple(field.name for field in fields(cls) if field.compare)  # type: ignore[arg-type]

    def equal(self: object, other: object) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return all(same(getattr(self, name), getattr(other, name)) for name in names)

    def hash_of(self: object) -> int:
        return hash(tuple(_to_hash(getattr(self, name)) for name in names))

    for name, method in (("__eq__", equal), ("__hash__", hash_of)):
        method.__qualname__ = f"{cls.__qualname__}.{name}"
        setattr(cls, name, method)
    return sealed(cls)


class FrozenMapping(Mapping[str, V]):
    """An immutable, hashable, picklable mapping; equal to any mapping with the same items."""

    __slots__ = ("_items",)
    _items: dict[str, V]

    def __init__(self, items: Mapping[str, V]) -> None:
        object.__setattr__(self, "_items", dict(items))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a FrozenMapping cannot be changed")

    def __setitem__(self, key: str, _: object) -> NoReturn:
        raise TypeError(
            f"{key!r} cannot be changed here: make a changed copy with {{**mapping, {key!r}: ...}}"
        )

    def __getitem__(self, key: str) -> V:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        return same(self._items, other) if isinstance(other, Mapping) else NotImplemented

    def __hash__(self) -> int:
        return hash(frozenset((key, _to_hash(value)) for key, value in self._items.items()))

    def __repr__(self) -> str:
        return repr(self._items)

    def __reduce__(self) -> tuple[type[FrozenMapping[V]], tuple[dict[str, V]]]:
        return (type(self), (self._items,))
