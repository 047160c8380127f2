"""Known disagreements of the model with the literature, in words."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path
from typing import NamedTuple

from ketasim._wording.sealed import sealed
from ketasim.files._read_csv import read_csv


@sealed
class Disagreement(NamedTuple):
    """A known disagreement: a title, and the text that continues it.

    Parameters
    ----------
    title, text : str
        Plain text with code between backticks.

    Examples
    --------
    >>> from ketasim.qualification import Disagreement
    >>> Disagreement("Durability.", "Relief fades.").title
    'Durability.'
    """

    title: str
    text: str


def known_disagreements() -> tuple[Disagreement, ...]:
    """Return where the model is known to disagree with the literature.

    Returns
    -------
    tuple of Disagreement

    Examples
    --------
    >>> from ketasim.qualification import known_disagreements
    >>> len(known_disagreements()) > 10
    True
    """
    place = files("ketasim.qualification").joinpath("data", "known_disagreements.csv")
    with as_file(place) as path:
        rows = read_csv(Path(path), ["title", "text"])
    return tuple(Disagreement(row.cells["title"], row.cells["text"]) for row in rows)
