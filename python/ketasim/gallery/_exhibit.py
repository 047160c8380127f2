"""A figure together with its data and its description, and the step from a `Story` to it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from ketasim._runtime.optional import require
from ketasim._version import __version__
from ketasim._wording.disclaimer import LONG_DISCLAIMER as DISCLAIMER
from ketasim._wording.disclaimer import RISK
from ketasim._wording.names import check_name
from ketasim._wording.sealed import sealed
from ketasim.errors import OutputError
from ketasim.figures._style import PRINT_DPI, dark, new_figure, print_style
from ketasim.figures._write import write_figure
from ketasim.files._save import save
from ketasim.files._sheet import Column, Sheet
from ketasim.files._whole_file import check_writable
from ketasim.gallery._frame import Frame, sheet, write_around

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

Style = Literal["print", "slide", "dark"]
STYLES: tuple[Style, ...] = get_args(Style)

#: Width of a page and size of a slide [inch].
PAGE_WIDTH, SLIDE = 7.2, (8.0, 4.5)
#: A slide of 1920 x 1080 points.
SLIDE_DPI = 240
#: Dots per inch on the screen, and colours that a small file keeps.
SCREEN_DPI, SCREEN_COLOURS = 110, 128

FIGURE_ENDINGS = (".png", ".pdf", ".svg")


@dataclass(frozen=True, slots=True)
class Story:
    """The content of a figure, before it is drawn.

    Parameters
    ----------
    name : str
        Name of the function that makes it.
    title, says : str
        The message, and one sentence with the numbers behind it.
    alt : str
        Description of all that the figure shows.
    data : Sheet
        The drawn data, in tidy form.
    paint : callable
        Draws it into a `Frame`.
    height : float
        Height on a page [inch].
    note : str
        Small text: assumptions, and disagreement of the evidence.
    """

    name: str
    title: str
    says: str
    alt: str
    data: Sheet
    paint: Callable[[Frame], None]
    height: float = 4.3
    note: str = ""


@sealed
@dataclass(frozen=True, slots=True, eq=False)
class Exhibit:
    """A finished figure with its data and its description in words.

    Notebooks show it. Exhibits are made by the functions of `ketasim.gallery`.

    Parameters
    ----------
    name : str
        Name of the function that made it.
    says : str
        One sentence with the numbers of the message.
    alt : str
        Description of all that the figure shows.
    figure : matplotlib.figure.Figure
    data : Sheet
        The drawn data, in tidy form.
    style : {'print', 'slide', 'dark'}

    Examples
    --------
    >>> import ketasim as ks
    >>> exhibit = ks.gallery.onset_race()
    >>> exhibit.save(tmp_path / "race.csv").name
    'race.csv'
    """

    name: str
    says: str
    alt: str
    figure: Figure
    data: Sheet
    style: Style

    def save(self, path: str | Path) -> Path:
        """Write the figure (.png, .pdf, .svg) or its data (.csv, .json, .parquet, .nc).

        The description and the disclaimer are in the metadata of the figure.

        Parameters
        ----------
        path : str or Path

        Returns
        -------
        Path
            The file.

        Raises
        ------
        OutputError
            If the file cannot be written. An existing file then stays as it was.
        MissingLibraryError
            If the format needs a library that is not installed.
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
        with dark(self.style == "dark"), print_style():
            write_figure(self.figure, target, dpi=self._dpi, metadata=self._metadata(ending))
        return Path(path)

    def to_dataframe(self) -> pd.DataFrame:
        """Return the data, one row for each point (extra ``ketasim[frames]``).

        Returns
        -------
        pandas.DataFrame
            Units are in ``attrs["units"]``.

        Raises
        ------
        MissingLibraryError
            Without pandas.
        """
        pandas: Any = require("pandas", "frames")
        frame: pd.DataFrame = pandas.DataFrame({c.name: c.values for c in self.data.columns})
        frame.attrs.update(self.data.facts)
        frame.attrs["units"] = {c.name: c.unit for c in self.data.columns if c.unit}
        return frame

    def png(self, dpi: int = SCREEN_DPI) -> bytes:
        """Return the figure as a small PNG picture for a screen.

        Parameters
        ----------
        dpi : int
            Dots per inch, default 110.

        Returns
        -------
        bytes
        """
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
        description = f"{self.alt} {DISCLAIMER} {RISK}"
        title = f"ketasim: {self.name.replace('_', ' ')}"
        return {"Title": title, "Subject" if ending == ".pdf" else "Description": description}

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
    """Return a drawn figure with its description and data."""
    figure.set_label(f"{story.alt} {DISCLAIMER}")
    return Exhibit(story.name, story.says, story.alt, figure, story.data, style)


def check_style(style: object) -> None:
    """Refuse an unknown style; the message has the known ones."""
    check_name(style, STYLES, f"style ({', '.join(STYLES)})")


def tidy(names: Sequence[str], rows: Iterable[Sequence[Any]], about: str, **units: str) -> Sheet:
    """Return rows below named columns; ``units`` has the units of columns with one unit."""
    columns = list(zip(*rows, strict=True))
    facts: dict[str, str | int | float] = {
        "model": "ketasim",
        "version": __version__,
        "about": about,
        "disclaimer": f"{DISCLAIMER} {RISK}",
    }
    made = (Column(n, c, units.get(n, "")) for n, c in zip(names, columns, strict=True))
    return Sheet(tuple(made), "row", facts)
