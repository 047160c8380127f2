"""The publications behind the model, its parameters and the named regimens."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Source:
    """A publication."""

    key: str
    citation: str
    doi: str = ""
    pmid: str = ""
    url: str = ""

    def __str__(self) -> str:
        return f"{self.citation} doi:{self.doi}" if self.doi else self.citation


@cache
def all_sources() -> dict[str, Source]:
    """Every source by its key."""
    found: dict[str, Source] = {}
    folder = files("ketasim").joinpath("evidence", "data")
    for name in ("sources.csv", "extra_sources.csv"):
        table = folder.joinpath(name)
        if not table.is_file():
            continue
        for row in csv.DictReader(io.StringIO(table.read_text(encoding="utf-8"))):
            key = row["source_key"]
            found.setdefault(key, Source(key, row["citation"], row["doi"], row["pmid"], row["url"]))
    return found
