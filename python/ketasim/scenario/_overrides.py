"""Scenarios from the arguments of a call, and checks of overridden parameters."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

from ketasim._wording.names import check_name, shortened
from ketasim.catalogue._model_tables import parameters
from ketasim.catalogue._ranges import is_plausible, limits_before, possible_range
from ketasim.dosing._dose import Dose
from ketasim.dosing._regimen import Regimen
from ketasim.errors import ParameterError, ScenarioError
from ketasim.scenario._scenario import Scenario, given_value
from ketasim.scenario._subject import beyond_the_source


class ParameterRangeWarning(UserWarning):
    """A parameter is outside its plausible range, or an age outside that of its source, but possible.

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
    """Check the overrides of a scenario, and their products with the factors of the subject.

    A warning concerns what was given; a fit, which may leave the plausible range, is not warned.

    Raises
    ------
    UnknownNameError
        With the nearest names.
    ParameterError
        If a value is not finite or impossible; the message has value, unit, range and default.
    """
    table = parameters(scenario.subject.species)
    beyond = beyond_the_source(scenario.subject.age_y)
    if warn and beyond:
        age = f"age_y = {scenario.subject.age_y:g} years"
        warnings.warn(f"{age} {beyond}", ParameterRangeWarning, stacklevel=4)
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
    check_products(scenario)


def check_products(scenario: Scenario) -> None:
    """Refuse a parameter that the factors of the subject make impossible.

    Raises
    ------
    ParameterError
    """
    table = parameters(scenario.subject.species)
    for name, factor in scenario.subject.factors().items():
        given, row = given_value(scenario, name), table[name]
        low, high = limits_before(row, factor)
        if not low <= given <= high:
            unit = row["unit"]
            raise ParameterError(
                f"parameter {name} = {given:g} {unit}, times {factor:.4g} by what the subject is, gives "
                f"{given * factor:g} {unit}, which is not possible: give {low:.4g} to {high:.4g} {unit}, "
                "or another subject"
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
    return whole
