"""The closed vocabularies of scenarios, read from the compiled core.

Nothing is listed here: a drug, a route or a variant that is added in C++ is known here too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ketasim import _core
from ketasim._wording.frozen import FrozenMapping

Facts = Mapping[str, Mapping[str, Any]]


def _by_name(rows: Iterable[dict[str, Any]]) -> Facts:
    return FrozenMapping({row["name"]: FrozenMapping(row) for row in rows})


#: The rows of the core's tables by their names.
DRUG_FACTS = _by_name(_core.drug_table())
ROUTE_FACTS = _by_name(_core.route_table())
UNIT_FACTS = _by_name(_core.unit_table())
SPECIES_FACTS = _by_name(_core.species_table())
GENOTYPE_FACTS = _by_name(_core.genotype_table())
AGE_FACTS = _by_name(_core.age_table())
#: Factors of parameters by what a person is; a trait has several rows.
TRAIT_ROWS = tuple(FrozenMapping(row) for row in _core.trait_table())

DRUGS = tuple(DRUG_FACTS)
ROUTES = tuple(ROUTE_FACTS)
UNITS = tuple(UNIT_FACTS)
SPECIES = tuple(SPECIES_FACTS)
GENOTYPES = tuple(GENOTYPE_FACTS)
#: The words of each trait, such as 'female' and 'male' of 'sex'.
TRAITS: Mapping[str, tuple[str, ...]] = FrozenMapping(
    {
        trait: tuple(dict.fromkeys(row["name"] for row in TRAIT_ROWS if row["trait"] == trait))
        for trait in dict.fromkeys(row["trait"] for row in TRAIT_ROWS)
    }
)
#: Degrees of hepatic impairment of which no number was open to be read, and what is known.
LIVER_NOT_READ: Mapping[str, str] = FrozenMapping(
    {
        "mild": "8 people with mild impairment were studied after the spray (NCT02611505)",
        "moderate": "area and half-life after the spray are larger in moderate impairment (Spravato label)",
        "severe": "severe impairment was not studied, and the label does not recommend the spray",
    }
)
CONTEXTS = tuple(row["name"] for row in _core.context_table())
VARIANTS = tuple(row["name"] for row in _core.variant_table())

_WORDS = _core.words()
METHODS, AT_EVENT, POSITIVITY = (_WORDS[n] for n in ("method", "at_event", "positivity"))
#: How a number came to us.
EVIDENCE = _WORDS["evidence"]

#: Limits of dose records: most_doses, most_at_once, shortest_duration_h and longest_h.
LIMITS: Mapping[str, float] = FrozenMapping(_core.LIMITS)

#: Targets of `ketasim.block`, and their tool compounds.
BLOCKS = FrozenMapping({row["target"]: drug for drug, row in DRUG_FACTS.items() if row["target"]})


def of_family(*families: str) -> tuple[str, ...]:
    """Return the drugs of these families."""
    return tuple(drug for drug, row in DRUG_FACTS.items() if row["family"] in families)


def spellings(facts: Facts) -> dict[str, str]:
    """Return the name for every accepted spelling, in lower case."""
    return {word.lower(): name for name, row in facts.items() for word in (name, *row["also"])}


def infuses(route: str) -> bool:
    """Return whether a dose by this route is infused and may have a rate."""
    return bool(ROUTE_FACTS[route]["lasts"] and ROUTE_FACTS[route]["site"] == "body")


def parameter_set(species: str) -> str:
    """Return the parameter set of a species: 'human' or 'rat'."""
    return str(SPECIES_FACTS[species]["parameter_set"])
