"""The publications behind a scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ketasim.catalogue._model_tables import parameters
from ketasim.catalogue._sources import Source, all_sources

if TYPE_CHECKING:
    from ketasim.scenario._scenario import Scenario


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
