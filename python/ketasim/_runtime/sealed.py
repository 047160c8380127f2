"""Results that are pickled with the version that made them and with a checksum."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

import numpy as np

from ketasim._version import __version__
from ketasim.errors import KetasimError

T = TypeVar("T")


def sealed(cls: type[T]) -> type[T]:
    """Let a class refuse a pickle that was changed, or that another version of ketasim wrote.

    The state is pickled into bytes, which are stored beside their SHA-256. It is read only after
    version and checksum agree. Other versions have other equations and other defaults, so that the
    numbers of a result would no longer belong to its scenario.

    Parameters
    ----------
    cls : type
        Its state is that of ``__getstate__``.
    """

    def reduce(self: Any, protocol: int) -> tuple[Any, ...]:
        content = pickle.dumps(self.__getstate__(), protocol)
        return (_opened, (type(self), __version__, hashlib.sha256(content).hexdigest(), content))

    reduce.__qualname__ = f"{cls.__qualname__}.__reduce_ex__"
    cls.__reduce_ex__ = reduce  # type: ignore[method-assign, assignment]
    return cls


def _opened(cls: Any, version: object, checksum: object, content: object) -> Any:
    """Return what was pickled.

    Raises
    ------
    KetasimError
    """
    name = cls.__name__
    if version != __version__:
        raise KetasimError(
            f"this {name} was pickled by ketasim {version}, and this is {__version__}: compute it again "
            "from its scenario, or read it with that version and save it as .csv, .json, .parquet or .nc"
        )
    if not isinstance(content, bytes) or hashlib.sha256(content).hexdigest() != checksum:
        raise KetasimError(
            f"this pickled {name} was changed or cut: its checksum differs; compute it again"
        )
    made = cls.__new__(cls)
    # Bytes of this process's own kind: pickle itself has already run what the file contains.
    state = pickle.loads(content)
    if hasattr(made, "__setstate__"):
        made.__setstate__(state)
    else:
        made.__dict__.update(state)
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
