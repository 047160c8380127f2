"""A figure or a part of one, measured in inches, with title, message and small text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from ketasim._runtime.optional import require
from ketasim.figures._style import Pen, direct_label, tone

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

#: Font sizes [points].
TITLE, SAYS, LABEL, SMALL = 11.0, 8.5, 7.5, 6.5
#: Height of a line of text, as a multiple of its size; margin at the edges [inch].
LEADING, EDGE = 1.32, 0.12
#: Between words, as a multiple of the size.
SPACE = 0.42
_UNIT = re.compile(r"(?<=\d) (?=(?:%|×|h|min|mg|mg/kg|ng/mL|kg|points|days|weeks)(?:\W|$))")


class Ink(NamedTuple):
    """A line style: the colour of the line, and a darker one for text (contrast at least 4.5:1)."""

    line: str
    word: str
    dash: Any = "-"

    @property
    def pen(self) -> Pen:
        return Pen(self.line, self.dash, 1.8)


class Palette(NamedTuple):
    """The colours of Okabe and Ito for one background; each has its own dash pattern."""

    blue: Ink
    vermillion: Ink
    green: Ink
    purple: Ink
    black: Ink
    grey: str
    band: str
    paper: str
    ink: str

    @property
    def inks(self) -> tuple[Ink, Ink, Ink, Ink, Ink]:
        return self.blue, self.vermillion, self.green, self.purple, self.black


_DASHES: tuple[Any, ...] = ("-", (0, (4.5, 1.6)), (0, (1, 1.1)), (0, (6, 1.5, 1, 1.5)), (0, (8, 2)))
_ON_WHITE = (
    ("#0072B2", "#0069A4"),
    ("#D55E00", "#B34700"),
    ("#009E73", "#00704F"),
    ("#CC79A7", "#A04A7A"),
    ("#000000", "#000000"),
)
_ON_BLACK = (
    ("#56B4E9", "#7CC6F0"),
    ("#F0883E", "#F59B5C"),
    ("#1FBF91", "#3FD0A5"),
    ("#DD94BC", "#E5A9CA"),
    ("#F2F2F2", "#F2F2F2"),
)


def palette() -> Palette:
    """Return the colours for the current background.

    Returns
    -------
    Palette
        blue, vermillion, green, purple and black (each with ``line``, ``word`` and ``dash``), grey,
        band, paper and ink.

    Examples
    --------
    >>> import ketasim as ks
    >>> from ketasim.figures import print_style
    >>> with print_style():
    ...     ks.gallery.palette().blue.line
    '#0072B2'
    """
    colours = _ON_WHITE if tone("paper") == "white" else _ON_BLACK
    blue, vermillion, green, purple, black = (
        Ink(line, word, dash) for (line, word), dash in zip(colours, _DASHES, strict=True)
    )
    return Palette(
        blue,
        vermillion,
        green,
        purple,
        black,
        tone("grey"),
        tone("band"),
        tone("paper"),
        tone("ink"),
    )


@dataclass(frozen=True)
class Frame:
    """A rectangle of a figure [inch]: ``left``, ``bottom``, ``width`` and ``height`` within ``host``."""

    host: Figure | SubFigure
    paper: tuple[float, float]
    left: float
    bottom: float
    width: float
    height: float
    colours: Palette

    def axes(self, left: float, bottom: float, width: float, height: float, **more: Any) -> Axes:
        """Return axes at a place [inch] from the lower left corner of the rectangle."""
        across, up = self.paper
        place = (
            (self.left + left) / across, (self.bottom + bottom) / up, width / across, height / up,
        )  # fmt: skip
        return self.host.add_axes(place, **more)

    def grid(
        self, widths: Sequence[float], heights: Sequence[float], *, left: float = 0.5,
        right: float = 0.1, above: float = 0.26, below: float = 0.4, gap: tuple[float, float] = (0.5, 0.5),
        **more: Any,
    ) -> list[list[Axes]]:  # fmt: skip
        """Return rows of axes; widths and heights are shares, all other lengths are in inches."""
        across = self.width - left - right - gap[0] * (len(widths) - 1)
        up = self.height - above - below - gap[1] * (len(heights) - 1)
        rows, top = [], self.height - above
        for share in heights:
            tall, x, row = up * share / sum(heights), left, []
            for part in widths:
                wide = across * part / sum(widths)
                row.append(self.axes(x, top - tall, wide, tall, **more))
                x += wide + gap[0]
            rows.append(row)
            top -= tall + gap[1]
        return rows

    def label(
        self, ax: Axes, x: float, y: float, text: str, colour: str | None = None, **more: Any
    ) -> None:
        """Write the name of a curve or point beside it."""
        direct_label(ax, x, y, text, colour or self.colours.ink, **{"fontsize": LABEL, **more})

    def heading(self, ax: Axes, text: str, unit: str = "") -> None:
        """Write name and unit above axes."""
        above: dict[str, Any] = {
            "textcoords": "offset points", "va": "baseline", "annotation_clip": False,
        }  # fmt: skip
        name = ax.annotate(
            text, (0.0, 1.0), xycoords="axes fraction", xytext=(0, 5), fontsize=8.0, fontweight="bold", **above
        )  # fmt: skip
        if unit:
            ax.annotate(
                f"[{unit}]", (1.0, 1.0), xycoords=(name, "axes fraction"), xytext=(4, 5), fontsize=LABEL,
                color=self.colours.grey, **above,
            )  # fmt: skip
            ax.set_ylabel(f"{text} [{unit}]")
            ax.yaxis.label.set_visible(False)

    def moment(self, ax: Axes, x: float, y: float, ink: Ink, marker: str = "o") -> None:
        """Mark a point of a curve."""
        ax.plot(
            [x], [y], marker, ms=4.6, mfc=self.colours.paper, mec=ink.line, mew=1.3, zorder=9,
            clip_on=False,
        )  # fmt: skip


def sheet(host: Figure | SubFigure, width: float, height: float) -> Frame:
    """Return the whole figure, or a part of one, of this size [inch]."""
    return Frame(host, (width, height), 0.0, 0.0, width, height, palette())


def write_around(frame: Frame, title: str, says: str, small: Sequence[str]) -> Frame:
    """Write the message above and the small text below; return the remaining rectangle."""
    across, up = frame.paper
    wide = frame.width - 2.0 * EDGE
    y = frame.bottom + frame.height - EDGE
    for text, size, weight, colour in (
        (title, TITLE, "bold", frame.colours.ink),
        (says, SAYS, "normal", frame.colours.ink),
    ):
        lines = wrapped(text, size, wide, weight)
        frame.host.text(
            (frame.left + EDGE) / across, y / up, "\n".join(lines), fontsize=size, color=colour,
            fontweight=weight, va="top", linespacing=1.22,
        )  # fmt: skip
        y -= len(lines) * size * LEADING / 72.0 + 0.02
    lines = [line for text in small if text for line in wrapped(text, SMALL, wide)]
    frame.host.text(
        (frame.left + EDGE) / across, (frame.bottom + EDGE * 0.7) / up, "\n".join(lines),
        fontsize=SMALL, color=frame.colours.grey, va="bottom", linespacing=1.3,
    )  # fmt: skip
    foot = EDGE * 0.7 + len(lines) * SMALL * LEADING / 72.0 + 0.06
    return replace(frame, bottom=frame.bottom + foot, height=y - frame.bottom - foot)


def wrapped(text: str, size: float, inches: float, weight: str = "normal") -> list[str]:
    """Break text into lines that are printed no longer than ``inches``."""
    lines: list[str] = []
    line = ""
    # A number keeps its unit.
    for word in _UNIT.sub("\u00a0", " ".join(text.split())).split(" "):
        longer = f"{line} {word}".strip()
        if (
            line
            and sum(_wide(w, size, weight) + SPACE * size for w in longer.split()) > inches * 72.0
        ):
            lines.append(line)
            longer = word
        line = longer
    return [*lines, line] if line else lines


@lru_cache(maxsize=4096)
def _wide(word: str, size: float, weight: str) -> float:
    """Width of a word [points]."""
    textpath: Any = require("matplotlib.textpath", "plot")
    font: Any = require("matplotlib.font_manager", "plot")
    path = textpath.TextPath((0, 0), word, size=size, prop=font.FontProperties(weight=weight))
    # On a coarse screen letters are moved to whole dots: up to 5 % wider.
    return 1.05 * float(path.get_extents().width) if path.vertices.size else 0.0
