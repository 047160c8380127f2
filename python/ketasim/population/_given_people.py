"""Who the members of a population are, as columns of numbers and factors of parameters."""

from __future__ import annotations

import math
import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketasim._arrays import FloatArray
from ketasim._wording.frozen import FrozenMapping
from ketasim._wording.lists import is_list
from ketasim._wording.names import check_name, shortened
from ketasim.catalogue._body_size import (
    BODY_SIZES,
    SHORTEST_CM,
    TALLEST_CM,
    WEIGHT_EXPONENTS,
    size_over_weight,
)
from ketasim.catalogue._vocabulary import SPECIES_FACTS, TRAITS
from ketasim.errors import KetasimError, ScenarioError
from ketasim.scenario._overrides import ParameterRangeWarning
from ketasim.scenario._scenario import Scenario
from ketasim.scenario._subject import Subject, beyond_the_source
from ketasim.scenario._subject import factors_of_size as of_subject_size

#: Columns of numbers, with their units.
UNITS = {"weight_kg": "kg", "severity": "1", "baseline_madrs": "points"}

#: Columns of what multiplies parameters: numbers, with their units, and words.
NUMBERS = {"age_y": "years", "height_cm": "cm"}
_MULTIPLY = (*TRAITS, "genotype", *NUMBERS, "body_size")

#: Units of all columns of numbers.
FIELDS = {**UNITS, **NUMBERS}


@dataclass(frozen=True, slots=True, eq=False)
class GivenPeople:
    """Who the members are.

    numbers : values of the fields that are no factors, by field
    factors : of parameters, shape (n,) each
    columns : all that was given, shape (n,) each, read-only: '' and NaN where it is not known
    """

    numbers: Mapping[str, ArrayLike]
    factors: Mapping[str, FloatArray]
    columns: Mapping[str, NDArray[Any]]


def listed_people(people: object) -> dict[str, Any] | None:
    """Return people as columns that can be read more than once; what is no list is left as it is.

    Raises
    ------
    ScenarioError, UnknownNameError
        For what is no mapping, and an unknown column.
    """
    if people is None:
        return None
    names = getattr(people, "columns", None)
    if names is not None and not isinstance(people, Mapping):  # a data frame
        people = {str(name): people[name] for name in names}  # type: ignore[index]
    if not isinstance(people, Mapping):
        raise ScenarioError(
            f"people = {shortened(people)}: give a mapping of fields of Subject to one value for each "
            "subject, such as draw_people returns, or a data frame with such columns"
        )
    for name in people:
        check_name(name, (*UNITS, *_MULTIPLY), "column of people")
    return {
        name: list(column) if is_list(column) and not isinstance(column, Collection) else column
        for name, column in people.items()
    }


def given_people(scenario: Scenario, people: object, n: int) -> GivenPeople:
    """Return who the members are.

    Raises
    ------
    ScenarioError, UnknownNameError
        Naming the column and the person.
    """
    listed = listed_people(people)
    if listed is None:
        return GivenPeople({}, FrozenMapping({}), FrozenMapping({}))
    numbers = {
        name: _with_own(name, listed[name], getattr(scenario.subject, name))
        for name in UNITS
        if name in listed
    }
    fields = {name: _one_each(name, listed[name], n) for name in _MULTIPLY if name in listed}
    for name in fields:
        if getattr(scenario.subject, name) is not None:
            raise ScenarioError(
                f"{name} is set in the subject of the scenario and in people: leave one of them out"
            )
    factors: dict[str, FloatArray] = {}
    for name, column in fields.items():
        if name == "body_size" or (name == "height_cm" and all(map(_is_height, column))):
            continue  # act together: factors_of_size
        of_value = _by_value(scenario, name, column)
        for p in dict.fromkeys(p for found in of_value.values() for p in found):
            own = np.array([of_value[value].get(p, 1.0) for value in column])
            factors[p] = factors.get(p, 1.0) * own
    _warn_of_age(fields.get("age_y", ()))
    columns = {name: _as_column(name, column) for name, column in fields.items()}
    return GivenPeople(numbers, FrozenMapping(factors), FrozenMapping(columns))


def _is_height(value: object) -> bool:
    return value is None or (isinstance(value, float) and SHORTEST_CM <= value <= TALLEST_CM)


def _warn_of_age(ages: Sequence[float | None]) -> None:
    old = [i for i, age in enumerate(ages) if beyond_the_source(age)]
    if old:
        first = (
            f"people['age_y'][{old[0]}] = {ages[old[0]]:g} years {beyond_the_source(ages[old[0]])}"
        )
        more = f" (so are {len(old) - 1} others)" if len(old) > 1 else ""
        warnings.warn(first + more, ParameterRangeWarning, stacklevel=4)


def factors_of_size(
    scenario: Scenario, columns: Mapping[str, NDArray[Any]], n: int
) -> dict[str, FloatArray]:
    """Return the factors of body size of each member, beside that of the subject of the scenario.

    They depend on several fields together: ``columns`` has all that are individual, as recorded.

    Raises
    ------
    ScenarioError, UnknownNameError
        Naming the person, for a measure that is not known, or whose sex or height is not.
    """
    subject = scenario.subject
    kinds = columns.get("body_size")
    if kinds is None and subject.body_size is None:
        return {}
    if kinds is None:
        kinds = np.full(n, subject.body_size)
    weight, height = (
        np.asarray(columns[name], dtype=float)
        if name in columns
        else np.full(n, own if own is not None else math.nan)
        for name, own in (("weight_kg", subject.weight_kg), ("height_cm", subject.height_cm))
    )
    sex = columns.get("sex", np.full(n, subject.sex or ""))
    facts = SPECIES_FACTS[subject.species]
    # A member of an impossible weight is refused on its own.
    weight = np.clip(weight, facts["lightest_kg"], facts["heaviest_kg"])
    ratio = np.ones(n)
    for kind in dict.fromkeys(kinds.tolist()):
        if kind == "":
            continue
        of_kind = kinds == kind
        first = int(np.flatnonzero(of_kind)[0])
        try:
            check_name(kind, BODY_SIZES, "body_size")
        except KetasimError as error:
            raise type(error)(f"people['body_size'][{first}]: {error}") from None
        if kind == "fat_free_mass":
            missing = of_kind & ((sex == "") | np.isnan(height))
            if missing.any():
                i = int(np.flatnonzero(missing)[0])
                raise ScenarioError(
                    f"body_size = fat_free_mass needs sex and height_cm, and those of person {i} are not "
                    "both known: give them, or another body_size"
                )
        ratio[of_kind] = size_over_weight(kind, weight, height, sex)[of_kind]
    shared = of_subject_size(subject)
    return {
        name: ratio**exponent / shared.get(name, 1.0) for name, exponent in WEIGHT_EXPONENTS.items()
    }


def _as_column(name: str, values: list[Any]) -> NDArray[Any]:
    if name in NUMBERS:
        column = np.array([math.nan if value is None else value for value in values], dtype=float)
    else:
        column = np.array(["" if value is None else str(value) for value in values])
    column.flags.writeable = False
    return column


def _one_each(name: str, column: object, n: int) -> list[Any]:
    values = column.tolist() if isinstance(column, np.ndarray) else column
    if not is_list(values) or isinstance(values, (set, frozenset)):
        raise ScenarioError(
            f"people['{name}'] = {shortened(column)}: give one value for each subject, in order"
        )
    values = list(values)
    if len(values) != n:
        raise ScenarioError(
            f"people['{name}'] has {len(values)} entries, expected one value for each subject ({n})"
        )
    return [None if _is_missing(value) else value for value in values]


def _with_own(name: str, column: ArrayLike, own: float | None) -> ArrayLike:
    """Put the value of the scenario where a person's is not known."""
    given: object = column
    if not is_list(given) or isinstance(given, (set, frozenset)):
        return column  # refused where all numbers are
    values = list(given)
    missing = [i for i, value in enumerate(values) if _is_missing(value)]
    if not missing:
        # A generator has nothing left.
        return column if isinstance(given, Collection) else values
    if own is None:
        raise ScenarioError(
            f"people['{name}'][{missing[0]}] is not known, and the subject of the scenario has no {name}: "
            "give it there, or leave the column out"
        )
    for i in missing:
        values[i] = own
    return values


def _is_missing(value: object) -> bool:
    """Return whether a value is None, NaN, or the missing value of a data frame."""
    if isinstance(value, (float, np.floating)):
        return bool(math.isnan(value))
    return value is None or type(value).__name__ in ("NAType", "NaTType")


def _by_value(scenario: Scenario, name: str, column: list[Any]) -> dict[Any, dict[str, float]]:
    """Return the factors of each value of one field, which those of other fields multiply."""
    of_scenario = scenario.subject
    alone: dict[str, Any] = {
        "species": of_scenario.species,
        "weight_kg": of_scenario.weight_kg,
        "severity": of_scenario.severity,
    }
    found: dict[Any, dict[str, float]] = {}
    for i, value in enumerate(column):
        if not isinstance(value, (str, int, float, np.generic, type(None))):
            raise ScenarioError(
                f"people['{name}'][{i}] = {shortened(value)}: give a word or a number"
            )
        if value in found:
            continue
        try:
            field: dict[str, Any] = {name: value}
            found[value] = Subject(**alone, **field).factors()
        except KetasimError as error:
            raise type(error)(f"people['{name}'][{i}]: {error}") from None
    return found
