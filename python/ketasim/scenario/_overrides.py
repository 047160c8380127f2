"""Scenarios from the arguments of a call, and checks of overridden parameters."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

from ketasim._wording.names import check_name, shortened
from ketasim.catalogue._model_tables import parameters
from ketasim.catalogue._ranges import is_plausible, possible_range
from ketasim.catalogue._vocabulary import AGE_FACTS
from ketasim.dosing._dose import Dose
from ketasim.dosing._regimen import Regimen
from ketasim.errors import ParameterError, ScenarioError
from ketasim.scenario._scenario import Scenario


class ParameterRangeWarning(UserWarning):
    """A parameter is outside its plausible range, but possible.

    Examples
    --------
    >>> import ketasim as ks
    >>> import warnings
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     _ = ks.steady_state(parameters={"mtor.tau_M": 0.4})
    >>> caught[0].category is ks.ParameterRangeWarning
    True
    """


def check_parameters(scenario: Scenario, *, warn: bool = True) -> None:
    """Check the overrides of a scenario; a fit, which may leave the plausible range, is not warned.

    Raises
    ------
    UnknownNameError
        With the nearest names.
    ParameterError
        If a value is not finite or impossible; the message has value, unit, range and default.
    """
    table = parameters(scenario.subject.species)
    for name, value in dict(scenario.parameters).items():
        check_name(name, table.names, "parameter")
        row = table[name]
        low, high, unit = float(row["low"]), float(row["high"]), row["unit"]
        if is_plausible(row, value):
            continue
        least, most = possible_range(row)
        plausible = f"plausible {low:g} to {high:g} {unit}, default {row['value']:g} {unit}"
        if not least <= value <= most:  # NaN is refused too
            raise ParameterError(
                f"parameter {name} = {value:g} {unit} is not possible: it must lie within "
                f"{least:g} to {most:g} {unit} ({plausible})"
            )
        if not warn:
            continue
        warnings.warn(
            f"parameter {name} = {value:g} {unit} lies outside its plausible range ({plausible})",
            ParameterRangeWarning,
            stacklevel=4,
        )


def as_scenario(scenario: Scenario | Regimen | Dose | str, **parts: Any) -> Scenario:
    """Return a scenario from any argument that `simulate` accepts, with parts replaced, and checked."""
    given = {name: value for name, value in parts.items() if value is not None}
    if isinstance(scenario, Scenario):
        whole = replace(scenario, **given) if given else scenario
    elif isinstance(scenario, (str, Dose, Regimen)):
        whole = Scenario(scenario, **given)
    else:
        raise ScenarioError(
            f"cannot simulate {shortened(scenario)}: give a Scenario, a Regimen, a Dose or "
            "text such as 'ketamine 0.5 mg/kg iv over 40 min'"
        )
    check_parameters(whole)
    _check_age(whole)
    return whole


def _check_age(scenario: Scenario) -> None:
    """Refuse a parameter that is given beside an age that sets it to another value.

    Raises
    ------
    ScenarioError
    """
    age = scenario.subject.age_y
    by_age = replace(scenario, parameters={}).all_parameters() if age is not None else {}
    for name in AGE_FACTS.keys() & scenario.parameters.keys() & by_age.keys():
        if scenario.parameters[name] != by_age[name]:
            raise ScenarioError(
                f"age_y = {age:g} years sets {name} = {by_age[name]:g}, and the parameters set it to "
                f"{scenario.parameters[name]:g}: leave age_y out of the subject and give the age to "
                "ks.person(age_y=...), or leave the parameter out"
            )
