"""Palette, type and the parts that all figures share.

Colours are those of Okabe and Ito that keep 3:1 against white. Colour never stands alone: each
line also has its own dash pattern and its name beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ketasim._runtime.optional import require

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


class Pen(NamedTuple):
    """How one treatment is drawn."""

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

#: For dark rooms: what changes.
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
    """Settings while a figure is drawn or saved; those of the user come back afterwards."""
    matplotlib: Any = require("matplotlib", "plot")
    settings = {**_RC, **_DARK} if _dark.get() else _RC
    style: AbstractContextManager[None] = matplotlib.rc_context(settings)
    return style


@contextmanager
def dark(yes: bool = True) -> Iterator[None]:
    """Figures begun inside have light lines on a dark ground."""
    token = _dark.set(yes)
    try:
        yield
    finally:
        _dark.reset(token)


def tone(part: Tone) -> str:
    """Colour of the paper, of text, of what is less important, and of shaded bands, now."""
    matplotlib: Any = require("matplotlib", "plot")
    return str(matplotlib.rcParams[_TONES[part]])


def new_figure(width: float, height: float) -> Figure:
    """Figure of its own, outside pyplot's global state, that notebooks show all the same."""
    module: Any = require("matplotlib.figure", "plot")
    figure: Any = module.Figure(figsize=(width, height), dpi=150)
    figure._repr_png_ = partial(_png, figure)
    made: Figure = figure
    return made


def alt_text(figure: Figure) -> str:
    """What the figure shows, in words, for those who cannot see it; also its ``get_label()``."""
    return str(figure.get_label())


def direct_label(ax: Axes, x: float, y: float, text: str, colour: str, **keywords: Any) -> None:
    """Name a line beside it, on a white halo so that lines below stay readable."""
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
    """Heading above a strip: the name in bold, the unit in grey."""
    heading = ax.annotate(
        text, (0.0, 1.0), xycoords="axes fraction", xytext=(0, 5), textcoords="offset points",
        fontsize=8.0, fontweight="bold", va="baseline", annotation_clip=False,
    )  # fmt: skip
    ax.annotate(
        f"[{unit}]", (1.0, 1.0), xycoords=(heading, "axes fraction"), xytext=(4, 5),
        textcoords="offset points", fontsize=7.0, color=GREY, va="baseline", annotation_clip=False,
    )  # fmt: skip
    ax.set_ylabel(f"{text} [{unit}]")
    # The heading above says it; the label stays for whoever reads the axes by program.
    ax.yaxis.label.set_visible(False)


def pen_sample(figure: Figure, x: float, y: float, pen: Pen, width: float = 0.05) -> None:
    """A short line as a treatment is drawn, at a place in figure fractions."""
    lines: Any = require("matplotlib.lines", "plot")
    figure.add_artist(lines.Line2D([x, x + width], [y, y], color=pen.colour, ls=pen.dash, lw=2.0))


def caption(figure: Figure, lines: Sequence[str], inches: float = 0.1) -> None:
    """Small print at the bottom left, ``inches`` above the edge."""
    figure.text(
        0.02, inches / figure.get_figheight(), "\n".join(lines),
        fontsize=6.5, color=tone("grey"), va="bottom", linespacing=1.35,
    )  # fmt: skip


def _png(figure: Figure) -> bytes:
    buffer = BytesIO()
    with print_style():
        figure.savefig(buffer, format="png", dpi=150)
    return buffer.getvalue()
