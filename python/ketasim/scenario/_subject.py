"""The person or animal that receives the doses."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ketasim._wording.frozen import value
from ketasim._wording.names import check_name, shortened
from ketasim._wording.plain_numbers import number_or_nan
from ketasim.catalogue._vocabulary import GENOTYPES, SPECIES, SPECIES_FACTS
from ketasim.errors import ScenarioError


@value
@dataclass(frozen=True, slots=True)
class Subject:
    """A person or an animal.

    Parameters
    ----------
    species : str
        'human' (default) or an animal or preparation, such as 'rat'.
    weight_kg : float, optional
        Body weight [kg]; default: that of the species, 70 for a human.
    severity : float, optional
        Chronic stress or severity of illness, from 0 (healthy) to 1 (untreated patient or chronically
        stressed animal). Default 1 for a human, 0 otherwise.
    baseline_madrs : float, optional
        MADRS before treatment [points]; default: the model's own.
    genotype : str, optional
        BDNF Val66Met, such as 'val66met'.
    age_y : float, optional
        Age [years]; above 60 it lowers hepatic plasma flow.

    Raises
    ------
    ScenarioError, UnknownNameError
        With the value, its unit and range.

    Examples
    --------
    >>> import ketasim as ks
    >>> ks.Subject(species="rat", severity=1.0).weight_kg
    0.3
    """

    species: str = "human"
    weight_kg: float | None = None
    severity: float | None = None
    baseline_madrs: float | None = None
    genotype: str | None = None
    age_y: float | None = None

    def __post_init__(self) -> None:
        check_name(self.species, SPECIES, "species")
        usual = SPECIES_FACTS[self.species]
        for field in ("weight_kg", "severity"):
            if getattr(self, field) is None:
                object.__setattr__(self, field, usual[field])
        self._within("weight_kg", usual["lightest_kg"], usual["heaviest_kg"], "kg")
        self._within("severity", 0.0, 1.0, "(0 healthy, 1 severe)")
        if self.baseline_madrs is not None:
            self._within("baseline_madrs", 0.5, 59.5, "MADRS points")
        if self.age_y is not None:
            self._within("age_y", 0.0, 120.0, "years")
        if self.genotype is not None:
            check_name(self.genotype, GENOTYPES, "genotype")

    def _within(self, field: str, low: float, high: float, unit: str) -> None:
        given = getattr(self, field)
        number = number_or_nan(given)
        if not low <= number <= high:
            what = "is outside" if math.isfinite(number) else "must be a number from"
            raise ScenarioError(
                f"{field} = {shortened(given)} {what} {low:g} to {high:g} {unit} for a {self.species}"
            )
        object.__setattr__(self, field, number)
