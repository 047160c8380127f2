"""The publications behind a scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ketasim.catalogue._model_tables import parameters
from ketasim.catalogue._sources import Source, all_sources

if TYPE_CHECKING:
    from ketasim.scenario._scenario import Scenario


def sources_of(scenario: Scenario) -> tuple[Source, ...]:
    """Return the publications behind the parameters and the regimen of a scenario, sorted by key.

    A value that was fitted has the publications that it was fitted to; an assumed value has none.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    tuple of Source

    Examples
    --------
    >>> import ketasim as ks
    >>> from ketasim.scenario import sources_of
    >>> keys = [source.key for source in sources_of(ks.Scenario("ketamine_six_infusions"))]
    >>> "murrough2013_bp" in keys
    True
    """
    keys: set[str] = set()
    for row in parameters(scenario.subject.species):
        for field in ("source_key", "fitted_to"):
            keys.update(part.strip() for part in str(row[field]).split(";"))
    if scenario.regimen.source:
        keys.update(part.strip() for part in scenario.regimen.source.split(";"))
    known = all_sources()
    return tuple(known[key] for key in sorted(keys, key=str.casefold) if key in known)
