"""The publications behind the model, its parameters and the named regimens."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import cache

from ketasim._wording.sealed import sealed


@sealed
@dataclass(frozen=True, slots=True)
class Source:
    """A publication.

    Parameters
    ----------
    key : str
        Name of the publication in the tables, such as 'Zarate2006'.
    citation : str
    doi, pmid, url : str
        Empty where there is none.
    remission_cut : float or None
        MADRS at or below which the publication counts remission [points], if it is known to differ
        from the model's ``symptoms.remission_cut``.
    remission_cut_from : str
        How the cut became known: 'read', 'memory' ...; '' without one.

    Examples
    --------
    >>> from ketasim.catalogue import Source
    >>> print(Source("mine2026", "An author, a journal 2026", doi="10.1000/1"))
    An author, a journal 2026 doi:10.1000/1
    """

    key: str
    citation: str
    doi: str = ""
    pmid: str = ""
    url: str = ""
    remission_cut: float | None = None
    remission_cut_from: str = ""

    def __str__(self) -> str:
        return f"{self.citation} doi:{self.doi}" if self.doi else self.citation


@cache
def all_sources() -> dict[str, Source]:
    """Return every source by its key.

    Returns
    -------
    dict of str to Source

    Examples
    --------
    >>> from ketasim.catalogue import all_sources
    >>> all_sources()["Zarate2006"].doi
    '10.1001/archpsyc.63.8.856'
    """
    from importlib.resources import files  # slow to import

    found: dict[str, Source] = {}
    folder = files("ketasim").joinpath("evidence", "data")
    for name in ("sources.csv", "extra_sources.csv"):
        table = folder.joinpath(name)
        if not table.is_file():
            continue
        for row in csv.DictReader(io.StringIO(table.read_text(encoding="utf-8"))):
            key = row["source_key"]
            cut = float(row["remission_cut"]) if row["remission_cut"] else None
            found.setdefault(
                key,
                Source(
                    key,
                    row["citation"],
                    row["doi"],
                    row["pmid"],
                    row["url"],
                    cut,
                    row["remission_cut_from"],
                ),
            )
    return found
