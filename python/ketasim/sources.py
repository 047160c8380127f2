"""The publications behind the model, its parameters and the named regimens."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from ketasim.tables import parameters

if TYPE_CHECKING:
    from ketasim.scenario import Scenario


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
    folder = files("ketasim.evidence")
    for name in ("sources.csv", "extra_sources.csv"):
        table = folder.joinpath("tables", name)
        if not table.is_file():
            continue
        for row in csv.DictReader(io.StringIO(table.read_text(encoding="utf-8"))):
            key = row["source_key"]
            found.setdefault(key, Source(key, row["citation"], row["doi"], row["pmid"], row["url"]))
    return found


def sources_of(scenario: Scenario) -> tuple[Source, ...]:
    """Sources of the parameters and of the regimen of a scenario, sorted by key.

    Values assumed or fitted here have no source of their own; what they were fitted to counts.
    """
    keys: set[str] = set()
    for row in parameters(scenario.subject.species):
        for field in ("source_key", "fitted_to"):
            keys.update(part.strip() for part in str(row[field]).split(";"))
    if scenario.regimen.source:
        keys.update(part.strip() for part in scenario.regimen.source.split(";"))
    known = all_sources()
    return tuple(known[key] for key in sorted(keys, key=str.casefold) if key in known)
