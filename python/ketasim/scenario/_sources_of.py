"""The publications behind a scenario."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ketasim.catalogue._model_tables import parameters
from ketasim.catalogue._sources import Source, all_sources
from ketasim.catalogue._vocabulary import AGE_FACTS, GENOTYPE_FACTS, TRAIT_ROWS

if TYPE_CHECKING:
    from ketasim.scenario._scenario import Scenario
    from ketasim.scenario._subject import Subject


def sources_of(scenario: Scenario) -> tuple[Source, ...]:
    """Return the publications behind the parameters and the regimen of a scenario, sorted by key.

    A value that was fitted has the publications that it was fitted to; an assumed value has none. The
    factors of the subject have theirs.

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
    keys.update(_of_people(scenario.subject))
    known = all_sources()
    return tuple(known[key] for key in sorted(keys, key=str.casefold) if key in known)


def _of_people(subject: Subject) -> Iterator[str]:
    """Yield the sources of the factors of a subject."""
    rows: list[Mapping[str, Any]] = [
        row for row in TRAIT_ROWS if getattr(subject, row["trait"]) == row["name"]
    ]
    if subject.genotype is not None:
        rows.append(GENOTYPE_FACTS[subject.genotype])
    if subject.age_y is not None:
        rows += [row for row in AGE_FACTS.values() if subject.age_y > row["above_y"]]
    for row in rows:
        yield from str(row["source_key"]).split(";")
    if subject.body_size == "fat_free_mass":
        yield "Janmahasatian2005"
