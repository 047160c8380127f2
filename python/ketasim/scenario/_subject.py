"""The person or animal that receives the doses."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ketasim._wording.frozen import value
from ketasim._wording.names import check_name, shortened
from ketasim._wording.plain_numbers import number_or_nan
from ketasim.catalogue._body_size import (
    BODY_SIZES,
    SHORTEST_CM,
    TALLEST_CM,
    WEIGHT_EXPONENTS,
    size_over_weight,
)
from ketasim.catalogue._model_tables import parameters
from ketasim.catalogue._vocabulary import (
    AGE_FACTS,
    GENOTYPE_FACTS,
    GENOTYPES,
    LIVER_NOT_READ,
    SPECIES,
    SPECIES_FACTS,
    TRAIT_ROWS,
    TRAITS,
    parameter_set,
)
from ketasim.errors import ScenarioError

#: Range of ages [years]; the model has no numbers for the effect in younger people.
ADULT_Y, OLDEST_Y = 18.0, 120.0

#: Range of a rating before treatment [points].
RATED = (0.5, 59.5)

#: Fields that only people have.
OF_PEOPLE = (*TRAITS, "age_y", "height_cm", "body_size")


@value
@dataclass(frozen=True, slots=True)
class Subject:
    """A person or an animal.

    What a subject is multiplies parameters: `factors` says which, and by how much. A factor multiplies
    the value that a scenario gives to the parameter, or else the model's own; factors of genotype,
    traits, age and body size multiply each other. The names of references, such as
    ``kidney="normal"``, multiply by 1.

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
        BDNF Val66Met, such as 'val66met'; of people and of animals.
    age_y : float, optional
        Age of a person [years], 18 to 120. Above 60 years hepatic plasma flow falls, up to 86 years: the
        people in whom this was estimated were 18 to 86 years old (PerezRuixo2021). Older people have the
        flow of 86 years, and a run warns.
    sex : str, optional
        'female' or 'male': women clear S-ketamine and S-norketamine 20 % faster than men
        (Sigtermans2009). Default: both sexes together.
    ancestry : str, optional
        'asian' or 'japanese', as published by PerezRuixo2021. A later analysis explains the difference
        by body weight rather than by race (Ethnicity2022). Reference: 'non_asian', 'white', 'black'.
    kidney : str, optional
        'impaired': the area after the nasal spray is about 25 % larger (JJ_renal). Reference: 'normal'.
    liver : str, optional
        'normal', the reference. 'mild', 'moderate' and 'severe' impairment are refused: see the notes.
    height_cm : float, optional
        Height of a person [cm], 120 to 230; of no effect but by ``body_size="fat_free_mass"``.
    body_size : str, optional
        By what volumes (power 1), flows and clearances (power 0.75) grow: 'total_weight' (default),
        'fat_free_mass' (Janmahasatian2005; needs sex and height), or 'none': those of a person of 70 kg.

    Raises
    ------
    ScenarioError, UnknownNameError
        With the value, its unit and range; for an age below 18 years, and for a trait of people in an
        animal.

    Notes
    -----
    There is no field for pregnancy, of which no study gives numbers. Hepatic impairment raises exposure,
    by how much was not open to be read: give ``pharmacokinetics.CLint_S`` and ``CLint_R`` yourself.

    Examples
    --------
    >>> import ketasim as ks
    >>> ks.Subject(species="rat", severity=1.0).weight_kg
    0.3
    >>> run = ks.simulate("ketamine 35 mg im", subject=ks.Subject(sex="female", age_y=72), until="1 d")
    """

    species: str = "human"
    weight_kg: float | None = None
    severity: float | None = None
    baseline_madrs: float | None = None
    genotype: str | None = None
    age_y: float | None = None
    sex: str | None = None
    ancestry: str | None = None
    kidney: str | None = None
    liver: str | None = None
    height_cm: float | None = None
    body_size: str | None = None

    def __post_init__(self) -> None:
        check_name(self.species, SPECIES, "species")
        usual = SPECIES_FACTS[self.species]
        for field in ("weight_kg", "severity"):
            if getattr(self, field) is None:
                object.__setattr__(self, field, usual[field])
        self._within("weight_kg", usual["lightest_kg"], usual["heaviest_kg"], "kg")
        self._within("severity", 0.0, 1.0, "(0 healthy, 1 severe)")
        if self.baseline_madrs is not None:
            self._within("baseline_madrs", *RATED, "MADRS points")
        if self.genotype is not None:
            check_name(self.genotype, GENOTYPES, "genotype")
        if isinstance(self.liver, str) and self.liver in LIVER_NOT_READ:
            raise ScenarioError(
                f"liver = {self.liver}: {LIVER_NOT_READ[self.liver]}; by how much was not open to be read, "
                "so give pharmacokinetics.CLint_S and pharmacokinetics.CLint_R of your own as parameters"
            )
        for trait, words in TRAITS.items():
            if getattr(self, trait) is not None:
                check_name(getattr(self, trait), words, trait)
        if self.age_y is not None:
            if number_or_nan(self.age_y) < ADULT_Y:
                raise ScenarioError(
                    f"age_y = {shortened(self.age_y)} years is below {ADULT_Y:g}: no number was found for "
                    "how the effect differs in adolescents and children; give an adult's age, or leave "
                    "age_y out to simulate an adult of this weight"
                )
            self._within("age_y", ADULT_Y, OLDEST_Y, "years")
        if self.height_cm is not None:
            self._within("height_cm", SHORTEST_CM, TALLEST_CM, "cm")
        if parameter_set(self.species) != "human":
            for field in OF_PEOPLE:
                if getattr(self, field) is not None:
                    raise ScenarioError(
                        f"{field} = {getattr(self, field)} is of people, but the subject is a "
                        f"{self.species}: leave {field} out"
                    )
        self._check_body_size()

    def factors(self) -> dict[str, float]:
        """Return the factors by which genotype, traits, age and body size multiply parameters.

        Returns
        -------
        dict of str to float
            By 'module.name', dimensionless; parameters that the subject leaves alone are not in it.

        Examples
        --------
        >>> import ketasim as ks
        >>> ks.Subject(genotype="val66met", kidney="impaired").factors()
        {'bdnf_trkb.phi': 0.4, 'pharmacokinetics.CLint_S': 0.6, 'pharmacokinetics.CLint_R': 0.6}
        """
        found: dict[str, float] = {}
        if self.genotype is not None:
            genotype = GENOTYPE_FACTS[self.genotype]
            found[genotype["parameter"]] = genotype["factor"]
        for row in TRAIT_ROWS:
            if getattr(self, row["trait"]) == row["name"]:
                found[row["parameter"]] = found.get(row["parameter"], 1.0) * row["factor"]
        for name, slope in AGE_FACTS.items():
            years = min(self.age_y or 0.0, slope["up_to_y"]) - slope["above_y"]
            if years > 0.0 and parameter_set(self.species) == slope["parameter_set"]:
                usual = float(parameters(self.species)[name]["value"])
                by_age = (usual + slope["per_year"] * years) / usual
                found[name] = found.get(name, 1.0) * by_age
        for name, factor in factors_of_size(self).items():
            found[name] = found.get(name, 1.0) * factor
        return {name: factor for name, factor in found.items() if factor != 1.0}

    def _check_body_size(self) -> None:
        if self.body_size is None:
            return
        check_name(self.body_size, BODY_SIZES, "body_size")
        if self.body_size == "fat_free_mass":
            for field, example in (("sex", "'female'"), ("height_cm", "165")):
                if getattr(self, field) is None:
                    raise ScenarioError(
                        f"body_size = fat_free_mass needs {field}, which is not given: add it, such as "
                        f"{field}={example}"
                    )

    def _within(self, field: str, low: float, high: float, unit: str) -> None:
        given = getattr(self, field)
        number = number_or_nan(given)
        if not low <= number <= high:
            what = "is outside" if math.isfinite(number) else "must be a number from"
            raise ScenarioError(
                f"{field} = {shortened(given)} {what} {low:g} to {high:g} {unit} for a {self.species}"
            )
        object.__setattr__(self, field, number)


def factors_of_size(subject: Subject) -> dict[str, float]:
    """Return those factors of a subject that come from its body size; none with 'total_weight'."""
    if subject.body_size in (None, "total_weight"):
        return {}
    weight, height = (np.array([x or math.nan]) for x in (subject.weight_kg, subject.height_cm))
    ratio = size_over_weight(subject.body_size, weight, height, np.array([subject.sex or ""]))[0]
    return {name: float(ratio**exponent) for name, exponent in WEIGHT_EXPONENTS.items()}


def check_weight_varies(subject: Subject) -> None:
    """Refuse to vary the weight where it acts by another measure of body size, whose factors are fixed.

    Raises
    ------
    ScenarioError
    """
    if subject.body_size not in (None, "total_weight"):
        raise ScenarioError(
            f"weight_kg cannot vary with body_size = {subject.body_size}: a factor depends on it; leave "
            "body_size out, or vary another quantity"
        )


def beyond_the_source(age_y: float | None) -> str:
    """Return what is held constant at an age above those of the source, as text; '' if nothing is."""
    for name, slope in AGE_FACTS.items():
        if age_y is not None and age_y > slope["up_to_y"]:
            return (
                f"is above the ages in which its effect was estimated ({ADULT_Y:g} to "
                f"{slope['up_to_y']:g} years): {name} is that of {slope['up_to_y']:g} years"
            )
    return ""
