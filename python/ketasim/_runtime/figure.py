"""Figures outside pyplot's global state, which notebooks show."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any

from ketasim._runtime.optional import require

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def new_figure(
    width: float,
    height: float,
    *,
    dpi: int = 150,
    style: Callable[[], AbstractContextManager[Any]] = nullcontext,
    **keywords: Any,
) -> Figure:
    """Return an empty figure of a size [inch].

    Parameters
    ----------
    width, height : float
        Size [inch].
    dpi : int
        Dots per inch in a notebook.
    style : callable
        Makes the context in which a notebook draws the figure.
    **keywords
        Of ``matplotlib.figure.Figure``.

    Raises
    ------
    MissingLibraryError
        Without matplotlib (extra ``ketasim[plot]``).
    """
    module: Any = require("matplotlib.figure", "plot")
    figure: Any = module.Figure(figsize=(width, height), dpi=dpi, **keywords)
    figure._repr_png_ = partial(_png, figure, style)
    made: Figure = figure
    return made


def _png(figure: Figure, style: Callable[[], AbstractContextManager[Any]]) -> bytes:
    buffer = BytesIO()
    with style():
        figure.savefig(buffer, format="png", dpi=figure.dpi)
    return buffer.getvalue()
