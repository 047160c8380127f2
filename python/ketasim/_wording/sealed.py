"""Values that are pickled with the version that made them and with a checksum."""

from __future__ import annotations

import hashlib
import pickle
import threading
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, fields, is_dataclass
from functools import wraps
from typing import Any, NoReturn, TypeVar

import numpy as np

from ketasim._version import __version__
from ketasim.errors import KetasimError

T = TypeVar("T")


def sealed(cls: type[T]) -> type[T]:
    """Let a class refuse a pickle that was changed, or that another version of ketasim wrote.

    The state is pickled into bytes, which are stored beside their SHA-256. It is read only after
    version and checksum agree. Other versions have other equations, other defaults and other fields, so
    that numbers would no longer belong to their scenario. `value` and `comparable` seal; other public
    classes are sealed by name. What a sealed value holds is covered by its checksum.

    Parameters
    ----------
    cls : type
        Its state is that of ``__getstate__``, and the fields of a named tuple.
    """

    def reduce(self: Any, protocol: Any) -> Any:
        if getattr(_within, "sealed", False):
            return _plain(self, protocol)
        _within.sealed = True
        try:
            state = tuple(self) if isinstance(self, tuple) else self.__getstate__()
            content = pickle.dumps(state, protocol)
        finally:
            _within.sealed = False
        return (_opened, (type(self), __version__, hashlib.sha256(content).hexdigest(), content))

    reduce.__qualname__ = f"{cls.__qualname__}.__reduce_ex__"
    cls.__reduce_ex__ = reduce  # type: ignore[method-assign]
    if is_dataclass(cls) and cls.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        names = tuple(field.name for field in fields(cls))
        remedy = "make a changed copy with dataclasses.replace(value, {}=...)"
        _refuse_changes(cls, names, FrozenInstanceError, remedy)
    return cls


def unchangeable(cls: type[T]) -> type[T]:
    """Let an instance of a plain class refuse changes of its attributes, once it is made.

    `functools.cached_property` still works: it stores its value past ``__setattr__``.
    """
    own_init = cls.__init__

    @wraps(own_init)
    def init(self: T, *given: Any, **keywords: Any) -> None:
        own_init(self, *given, **keywords)
        self.__dict__["_made"] = True

    cls.__init__ = init  # type: ignore[method-assign,assignment]
    _refuse_changes(cls, (), AttributeError, "make another one")
    return cls


def _refuse_changes(
    cls: type[Any], fields_of: tuple[str, ...], error: type[AttributeError], remedy: str
) -> None:
    plain = not fields_of

    def refuse(self: Any, name: str) -> NoReturn:
        known = plain or name in fields_of
        raise error(
            f"{cls.__name__}.{name} cannot be changed: "
            + (remedy.format(name) if known else "no such field")
        )

    def set_(self: Any, name: str, given: object) -> None:
        if plain and "_made" not in self.__dict__:
            object.__setattr__(self, name, given)
        else:
            refuse(self, name)

    for name, method in (("__setattr__", set_), ("__delattr__", refuse)):
        setattr(cls, name, method)


#: Whether this thread pickles the state of a sealed value.
_within = threading.local()


def _plain(made: Any, protocol: Any) -> Any:
    """Return the parts of a value as it would be pickled unsealed."""
    own: object = type(made).__reduce__
    if own is not object.__reduce__:
        return made.__reduce__()
    return object.__reduce_ex__(made, max(protocol, 2))


def _opened(cls: Any, version: object, checksum: object, content: object) -> Any:
    """Return what was pickled.

    Raises
    ------
    KetasimError
    """
    name = cls.__name__
    if version != __version__:
        kept = " and save it as .csv, .json, .parquet or .nc" if hasattr(cls, "save") else ""
        raise KetasimError(
            f"this {name} was pickled by ketasim {version}, and this is {__version__}: make it again, or read "
            f"it with that version{kept}"
        )
    if not isinstance(content, bytes) or hashlib.sha256(content).hexdigest() != checksum:
        raise KetasimError(
            f"this pickled {name} was changed or cut: its checksum differs; make it again"
        )
    # Bytes of this process's own kind: pickle itself has already run what the file contains.
    state = pickle.loads(content)
    if issubclass(cls, tuple):
        return cls(*state)
    made = cls.__new__(cls)
    if hasattr(made, "__setstate__"):
        made.__setstate__(state)
    else:
        of_dict, of_slots = state if isinstance(state, tuple) else (state, None)
        for field, one in {**(of_dict or {}), **(of_slots or {})}.items():
            object.__setattr__(made, field, one)
    _lock(made)
    return made


def _lock(value: Any) -> None:
    """Make the arrays of a value read-only again: a pickle does not keep that."""
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    elif isinstance(value, Mapping):
        for one in value.values():
            _lock(one)
    elif isinstance(value, tuple):
        for one in value:
            _lock(one)
    elif is_dataclass(value):
        for field in fields(value):
            _lock(getattr(value, field.name))
