"""Values that cannot be changed, so that they can be hashed, pickled and shared between threads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import FrozenInstanceError, fields
from functools import wraps
from typing import Any, NoReturn, TypeVar

from ketasim._wording.names import check_name

V = TypeVar("V")
T = TypeVar("T")


def value(cls: type[T]) -> type[T]:
    """Give a frozen dataclass helpful errors for a misspelt field and for an attempt to change a field."""
    names = tuple(field.name for field in fields(cls))  # type: ignore[arg-type]
    known = frozenset(names)
    own_init = cls.__init__

    @wraps(own_init)
    def init(self: T, *given: Any, **keywords: Any) -> None:
        if not known.issuperset(keywords):
            for name in keywords:
                check_name(name, names, f"keyword of {cls.__name__}")
        own_init(self, *given, **keywords)

    def refuse(self: T, name: str, *_: object) -> NoReturn:
        remedy = f"make a changed copy with dataclasses.replace(value, {name}=...)"
        raise FrozenInstanceError(
            f"{cls.__name__}.{name} cannot be changed: {remedy if name in names else 'no such field'}"
        )

    for name, method in (("__init__", init), ("__setattr__", refuse), ("__delattr__", refuse)):
        setattr(cls, name, method)
    return cls


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

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def __repr__(self) -> str:
        return repr(self._items)

    def __reduce__(self) -> tuple[type[FrozenMapping[V]], tuple[dict[str, V]]]:
        return (type(self), (self._items,))
