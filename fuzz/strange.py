"""Values that a program may be given by mistake, and what counts as an answer to them."""

from __future__ import annotations

import datetime
import decimal
import fractions
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

import ketasim as ks

#: Numbers at the edges of what a double, an integer or a limit can hold.
NUMBERS = (
    *(0, 1, -1, 2, 24, 70, 10**6, 10**18, 10**400, -(10**400), True, False),
    *(0.0, -0.0, 0.5, 1.0, 1e-9, 1e-10, 1e-300, 5e-324, 1e6, 1e300, 1.7e308, 876_000.0),
    *(math.inf, -math.inf, math.nan),
)

#: Things that are no plain numbers.
OBJECTS = (
    *(None, "", " ", "0.5", "1e3", "1_000", "nan", "inf", "1 h", "40 min", "\x00", "\ud800", "µ"),
    *(b"", b"0.5", bytearray(b"1"), 1j, complex(1, 0), Ellipsis, NotImplemented, object(), int),
    *((), [], {}, set(), frozenset({1}), range(3), (1.0,), [1.0, 2.0], [[1.0]], {"a": 1}, [None]),
    *(decimal.Decimal("0.5"), decimal.Decimal("NaN"), decimal.Decimal("sNaN")),
    *(fractions.Fraction(1, 3), datetime.timedelta(hours=1), datetime.datetime(2026, 1, 5)),
    *(
        np.float32(0.1),
        np.float64("nan"),
        np.int8(3),
        np.bool_(True),
        np.str_("1"),
        np.bytes_(b"1"),
    ),
    *(
        np.longdouble(1) / 3,
        np.timedelta64(1, "h"),
        np.datetime64("NaT"),
        np.ma.masked,
        np.complex64(1),
    ),
    *(np.array(1.0), np.array([1.0, 2.0]), np.array([]), np.array([[1.0]]), np.array(["a"])),
    *(np.array([1.0, None], dtype=object), np.ma.array([1.0, 2.0], mask=[False, True])),
    *(pd.NA, pd.NaT, pd.Series([1.0, 2.0]), pd.DataFrame({"TIME": [0.0]}), Path("x"), lambda: 1.0),
)

numbers = st.one_of(st.sampled_from(NUMBERS), st.floats(), st.integers(-100, 10_000))
strange = st.one_of(numbers, st.sampled_from(OBJECTS), st.text(max_size=8))


def answer(ask: Callable[[], Any]) -> Any:
    """Return an answer, or None for a refusal in words; every other exception is a fault."""
    try:
        return ask()
    except ks.KetasimError as error:
        message = str(error)
        assert len(message) > 10, f"says nothing: {message!r}"
        return None


def mostly(usual: Any) -> st.SearchStrategy[Any]:
    """Return the usual value most of the time, and a strange one otherwise."""
    return st.one_of(st.just(usual), st.just(usual), st.just(usual), strange)
