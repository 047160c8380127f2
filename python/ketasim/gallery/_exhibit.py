"""A figure that carries its numbers and its description; how a story becomes one."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ketasim._runtime.optional import require
from ketasim._version import __version__
from ketasim._wording.disclaimer import LONG_DISCLAIMER as DISCLAIMER
from ketasim._wording.disclaimer import RISK
from ketasim._wording.names import check_name
from ketasim.errors import OutputError
from ketasim.figures._style import PRINT_DPI, dark, new_figure, print_style
from ketasim.files._save import save
from ketasim.files._sheet import Column, Sheet
from ketasim.files._whole_file import check_writable, whole_file
from ketasim.gallery._frame import Frame, sheet, write_around

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

Style = Literal["print", "slide", "dark"]
STYLES = ("print", "slide", "dark")

#: Width of a page and size of a slide [inch].
PAGE_WIDTH, SLIDE = 7.2, (8.0, 4.5)
#: A slide of 1920 x 1080 points.
SLIDE_DPI = 240
#: Dots per inch on the screen, and colours that a small file keeps.
SCREEN_DPI, SCREEN_COLOURS = 110, 128

FIGURE_ENDINGS = (".png", ".pdf", ".svg")


@dataclass(frozen=True, slots=True)
class Story:
    """What a figure will show, before there is any paper.

    Parameters
    ----------
    name : str
        Of the call that makes it.
    title, says : str
        The message, and one sentence with the numbers behind it.
    alt : str
        All that the figure shows, in words.
    data : Sheet
        What is drawn, in tidy form.
    paint : callable
        Draws it into a `Frame`.
    height : float
        On a page [inch].
    note : str
        Small print: what was assumed, where the evidence disagrees.
    """

    name: str
    title: str
    says: str
    alt: str
    data: Sheet
    paint: Callable[[Frame], None]
    height: float = 4.3
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Exhibit:
    """A finished figure: ``figure`` (matplotlib), ``data`` (columns with units) and ``alt``, in words.

    Notebooks show it; ``save`` writes the figure or, with the ending of a table, the data.
    """

    name: str
    says: str
    alt: str
    figure: Figure
    data: Sheet
    style: Style

    def save(self, path: str | Path) -> Path:
        """Write the figure (.png, .pdf, .svg) or its data (.csv, .json, .parquet, .nc).

        The description and the disclaimer go into the metadata of the figure.

        Raises
        ------
        OutputError
            If the file cannot be written; one of that name is then as it was before.
        """
        ending = Path(path).suffix.lower() if isinstance(path, (str, Path)) else ""
        if ending not in FIGURE_ENDINGS:
            try:
                return save(self.data, path)
            except OutputError as error:
                raise OutputError(
                    f"{error}; the figure itself: {', '.join(FIGURE_ENDINGS)}"
                ) from None
        target = check_writable(path)
        with dark(self.style == "dark"), print_style(), whole_file(target) as draft:
            self.figure.savefig(draft, dpi=self._dpi, metadata=self._metadata(ending))
        return Path(path)

    def to_dataframe(self) -> pd.DataFrame:
        """The data, one row a point (extra ``ketasim[frames]``); units are in ``attrs["units"]``."""
        pandas: Any = require("pandas", "frames")
        frame: pd.DataFrame = pandas.DataFrame({c.name: c.values for c in self.data.columns})
        frame.attrs.update(self.data.facts)
        frame.attrs["units"] = {c.name: c.unit for c in self.data.columns if c.unit}
        return frame

    def png(self, dpi: int = SCREEN_DPI) -> bytes:
        """The figure as a small picture for a screen."""
        image: Any = require("PIL.Image", "plot")
        info: Any = require("PIL.PngImagePlugin", "plot").PngInfo()
        for key, text in self._metadata(".png").items():
            info.add_itxt(key, text)
        raw, small = BytesIO(), BytesIO()
        with dark(self.style == "dark"), print_style():
            self.figure.savefig(raw, format="png", dpi=dpi)
        flat = image.open(raw).convert("RGB")
        flat.quantize(SCREEN_COLOURS, dither=image.Dither.NONE).save(
            small, "png", optimize=True, pnginfo=info
        )
        return small.getvalue()

    @property
    def _dpi(self) -> int:
        return PRINT_DPI if self.style == "print" else SLIDE_DPI

    def _metadata(self, ending: str) -> dict[str, str]:
        told = f"{self.alt} {DISCLAIMER} {RISK}"
        title = f"ketasim: {self.name.replace('_', ' ')}"
        return {"Title": title, "Subject" if ending == ".pdf" else "Description": told}

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, str], dict[str, Any]]:
        picture = base64.b64encode(self.png(SCREEN_DPI)).decode()
        return {"image/png": picture, "text/plain": self.alt}, {"image/png": {"alt": self.alt}}

    def __repr__(self) -> str:
        rows = len(self.data.columns[0].values)
        return f"<{self.name}: {self.says} {rows} rows of data; save('{self.name}.png')>"


def exhibit(story: Story, style: Style) -> Exhibit:
    """Draw a story.

    Raises
    ------
    UnknownNameError
        For an unknown style, with the known ones.
    MissingLibraryError
        Without matplotlib.
    """
    check_style(style)
    size = (PAGE_WIDTH, story.height) if style == "print" else SLIDE
    with dark(style == "dark"), print_style():
        figure = new_figure(*size)
        paper = sheet(figure, *size)
        story.paint(write_around(paper, story.title, story.says, (story.note, DISCLAIMER, RISK)))
    return finished(story, figure, style)


def finished(story: Story, figure: Figure, style: Style) -> Exhibit:
    """A drawn figure with its words and numbers."""
    figure.set_label(f"{story.alt} {DISCLAIMER}")
    return Exhibit(story.name, story.says, story.alt, figure, story.data, style)


def check_style(style: object) -> None:
    """Refuse an unknown style, and name the known ones."""
    check_name(style, STYLES, f"style ({', '.join(STYLES)})")


def tidy(names: Sequence[str], rows: Iterable[Sequence[Any]], about: str, **units: str) -> Sheet:
    """Rows below named columns; ``units`` are those of columns that have one throughout."""
    columns = list(zip(*rows, strict=True))
    facts: dict[str, str | int | float] = {
        "model": "ketasim",
        "version": __version__,
        "about": about,
        "disclaimer": f"{DISCLAIMER} {RISK}",
    }
    made = (Column(n, c, units.get(n, "")) for n, c in zip(names, columns, strict=True))
    return Sheet(tuple(made), "row", facts)
