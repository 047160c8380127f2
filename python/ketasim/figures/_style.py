"""Colours, type and elements that all figures share.

The colours are those of Okabe and Ito with a contrast of at least 3:1 against white. Each line also
has its own dash pattern and its name beside it, so that colour is never needed to tell lines apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ketasim._runtime.figure import new_figure as figure_for_notebooks
from ketasim._runtime.optional import require
from ketasim._wording.sealed import sealed

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, VERMILLION, GREEN, PURPLE, BLACK = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000"
GREY, LIGHT = "#5F5F5F", "#F1F3F5"

#: Dots per inch of every file.
PRINT_DPI = 300
#: Two columns of a journal page [inch].
PAGE_WIDTH = 7.2


@sealed
class Pen(NamedTuple):
    """The line style of one treatment.

    Parameters
    ----------
    colour : str
        Hexadecimal colour.
    dash : str or tuple
        A matplotlib line style.
    width : float
        Line width [points].

    Examples
    --------
    >>> from ketasim.figures import PENS
    >>> PENS[0].colour
    '#0072B2'
    """

    colour: str
    dash: Any
    width: float


FIRST, SECOND = Pen(BLUE, "-", 1.8), Pen(VERMILLION, (0, (4.5, 1.6)), 1.6)
PENS = (FIRST, SECOND, Pen(GREEN, (0, (1, 1)), 1.6), Pen(PURPLE, (0, (6, 1.5, 1, 1.5)), 1.6))

_RC: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["Helvetica Neue", "Helvetica", "Arial", "Liberation Sans", "DejaVu Sans"],
    "font.size": 7.5,
    "axes.titlesize": 8.0,
    "axes.labelsize": 7.5,
    "axes.linewidth": 0.6,
    "axes.edgecolor": GREY,
    "axes.unicode_minus": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": 7.0,
    "ytick.labelsize": 7.0,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "lines.solid_capstyle": "round",
    "lines.dash_capstyle": "butt",
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "text.color": BLACK,
    "grid.color": LIGHT,
    "savefig.facecolor": "auto",
    "savefig.dpi": PRINT_DPI,
    "pdf.fonttype": 42,
    "svg.hashsalt": "ketasim",
}

#: Settings that differ on a dark background.
_DARK: dict[str, Any] = {
    "figure.facecolor": "#121212",
    "axes.facecolor": "#121212",
    "text.color": "#F2F2F2",
    "axes.labelcolor": "#F2F2F2",
    "axes.edgecolor": "#B4B4B4",
    "xtick.color": "#B4B4B4",
    "ytick.color": "#B4B4B4",
    "grid.color": "#22262B",
}
_dark: ContextVar[bool] = ContextVar("dark", default=False)

Tone = Literal["paper", "ink", "grey", "band"]
_TONES = {
    "paper": "axes.facecolor",
    "ink": "text.color",
    "grey": "xtick.color",
    "band": "grid.color",
}


def print_style() -> AbstractContextManager[None]:
    """Return a context in which matplotlib has the settings of ketasim; the user's are restored after it.

    Returns
    -------
    context manager

    Raises
    ------
    MissingLibraryError
        Without matplotlib (extra ``ketasim[plot]``).

    Examples
    --------
    >>> import matplotlib
    >>> from ketasim.figures import print_style
    >>> with print_style():
    ...     matplotlib.rcParams["font.size"]
    7.5
    """
    matplotlib: Any = require("matplotlib", "plot")
    settings = {**_RC, **_DARK} if _dark.get() else _RC
    style: AbstractContextManager[None] = matplotlib.rc_context(settings)
    return style


@contextmanager
def dark(yes: bool = True) -> Iterator[None]:
    """Give figures that are made inside the block light lines on a dark background.

    Parameters
    ----------
    yes : bool
        False changes nothing; default True.

    Yields
    ------
    None

    Examples
    --------
    >>> import matplotlib
    >>> from ketasim.figures import dark, print_style
    >>> with dark(), print_style():
    ...     matplotlib.rcParams["figure.facecolor"]
    '#121212'
    """
    token = _dark.set(yes)
    try:
        yield
    finally:
        _dark.reset(token)


def tone(part: Tone) -> str:
    """Return the current colour of the background, of text, of less important text, or of shaded bands."""
    matplotlib: Any = require("matplotlib", "plot")
    return str(matplotlib.rcParams[_TONES[part]])


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure outside pyplot's global state, which notebooks show.

    Parameters
    ----------
    width, height : float
        Size [inch].

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    MissingLibraryError
        Without matplotlib (extra ``ketasim[plot]``).

    Examples
    --------
    >>> from ketasim.figures import new_figure
    >>> new_figure(7.2, 4.0).get_size_inches().tolist()
    [7.2, 4.0]
    """
    return figure_for_notebooks(width, height, style=print_style)


def alt_text(figure: Figure) -> str:
    """Return the description of the figure in words, its ``get_label()``."""
    return str(figure.get_label())


def direct_label(ax: Axes, x: float, y: float, text: str, colour: str, **keywords: Any) -> None:
    """Write the name of a line beside it, with a halo in the background colour."""
    effects: Any = require("matplotlib.patheffects", "plot")
    ax.annotate(
        text,
        (x, y),
        xytext=keywords.pop("offset", (0, 3)),
        textcoords="offset points",
        color=colour,
        zorder=8,
        path_effects=[effects.withStroke(linewidth=2.0, foreground=tone("paper"))],
        annotation_clip=False,
        **{"fontsize": 7.0, "ha": "left", "va": "bottom", **keywords},
    )


def strip_title(ax: Axes, text: str, unit: str) -> None:
    """Write the heading of a strip: the name in bold, the unit in grey."""
    heading = ax.annotate(
        text, (0.0, 1.0), xycoords="axes fraction", xytext=(0, 5), textcoords="offset points",
        fontsize=8.0, fontweight="bold", va="baseline", annotation_clip=False,
    )  # fmt: skip
    ax.annotate(
        f"[{unit}]", (1.0, 1.0), xycoords=(heading, "axes fraction"), xytext=(4, 5),
        textcoords="offset points", fontsize=7.0, color=GREY, va="baseline", annotation_clip=False,
    )  # fmt: skip
    ax.set_ylabel(f"{text} [{unit}]")
    # Hidden, because the heading shows it; programs can still read the label.
    ax.yaxis.label.set_visible(False)


def pen_sample(figure: Figure, x: float, y: float, pen: Pen, width: float = 0.05) -> None:
    """Draw a short line in the style of a treatment, at a place in figure fractions."""
    lines: Any = require("matplotlib.lines", "plot")
    figure.add_artist(lines.Line2D([x, x + width], [y, y], color=pen.colour, ls=pen.dash, lw=2.0))


def caption(figure: Figure, lines: Sequence[str], inches: float = 0.1) -> None:
    """Write small text at the bottom left, ``inches`` above the edge."""
    figure.text(
        0.02, inches / figure.get_figheight(), "\n".join(lines),
        fontsize=6.5, color=tone("grey"), va="bottom", linespacing=1.35,
    )  # fmt: skip
