"""What a person is, as values of parameters."""

from __future__ import annotations

from ketasim._wording.names import check_name
from ketasim._wording.plain_numbers import number_or_nan
from ketasim.catalogue._model_tables import parameters
from ketasim.catalogue._vocabulary import AGE_FACTS, TRAIT_ROWS, TRAITS
from ketasim.errors import ScenarioError

#: Younger people were not measured; see `person`.
ADULT_Y = 18.0


def person(
    *,
    sex: str | None = None,
    ancestry: str | None = None,
    kidney: str | None = None,
    age_y: float | None = None,
    pregnant: bool = False,
) -> dict[str, float]:
    """Return the values of parameters that belong to what a person is.

    Factors of several traits multiply. Body weight is a field of `Subject`: volumes grow with it, flows
    and clearances with its power 0.75.

    Parameters
    ----------
    sex : str, optional
        'female' or 'male': women clear S-ketamine and S-norketamine 20 % faster than men
        (Sigtermans2009). Default: both sexes together.
    ancestry : str, optional
        'asian' or 'japanese', as published by PerezRuixo2021. A later analysis explains the difference
        by body weight rather than by race (Ethnicity2022). Its clearance lies below the plausible range,
        so a run warns.
    kidney : str, optional
        'impaired': the area after the nasal spray is about 25 % larger (JJ_renal).
    age_y : float, optional
        Age [years], 18 to 120; above 60 hepatic plasma flow falls. Give it here and not to `Subject`
        too: a scenario in which both set a parameter to different values is refused.
    pregnant : bool
        True is refused.

    Returns
    -------
    dict of str to float
        Values by 'module.name', in the unit of each parameter, for ``Scenario(parameters=...)``.

    Raises
    ------
    ScenarioError
        In pregnancy and below 18 years: the model has no data. Hepatic impairment raised the area in a
        study whose numbers were not found, so there is no word for it: give
        ``pharmacokinetics.CLint_S`` and ``CLint_R`` themselves.
    UnknownNameError
        For an unknown word.

    Examples
    --------
    >>> import ketasim as ks
    >>> ks.person(kidney="impaired")
    {'pharmacokinetics.CLint_S': 204.0, 'pharmacokinetics.CLint_R': 129.0}
    >>> woman = ks.Scenario("ketamine 0.5 mg/kg iv over 40 min", parameters=ks.person(sex="female"))
    """
    if pregnant:
        raise ScenarioError(
            "pregnant = True: no study of ketamine in pregnancy gives numbers for this model, and "
            "esketamine is not recommended in pregnancy; there is nothing to simulate"
        )
    table = parameters("human")
    values: dict[str, float] = {}

    def usual(name: str) -> float:
        return values.get(name, float(table[name]["value"]))

    if age_y is not None:
        age = number_or_nan(age_y)
        if age < ADULT_Y:
            raise ScenarioError(
                f"age_y = {age:g} years is below {ADULT_Y:g}: maturation of enzymes and the effect in "
                "children are not part of the model; give an adult's age"
            )
        if not age <= 120.0:
            raise ScenarioError(f"age_y = {age_y} must be a number from {ADULT_Y:g} to 120 years")
        for name, slope in AGE_FACTS.items():
            if age > slope["above_y"]:
                values[name] = usual(name) + slope["per_year"] * (age - slope["above_y"])
    for trait, word in (("sex", sex), ("ancestry", ancestry), ("kidney", kidney)):
        if word is None:
            continue
        check_name(word, TRAITS[trait], trait)
        for row in TRAIT_ROWS:
            if row["trait"] == trait and row["name"] == word:
                values[row["parameter"]] = usual(row["parameter"]) * row["factor"]
    return values
