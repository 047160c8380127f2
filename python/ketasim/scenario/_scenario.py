"""A scenario: a subject, doses, a trial context and overridden parameters."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ketasim._wording.frozen import FrozenMapping, value
from ketasim._wording.lists import is_list
from ketasim._wording.names import check_name, shortened
from ketasim._wording.plain_numbers import number_or_none
from ketasim.catalogue._model_tables import overrides_of, parameters
from ketasim.catalogue._vocabulary import (
    CONTEXTS,
    DRUG_FACTS,
    ROUTE_FACTS,
    TRAITS,
    UNIT_FACTS,
    VARIANTS,
    parameter_set,
)
from ketasim.dosing._dose import MOST_DOSES, Dose
from ketasim.dosing._regimen import Regimen
from ketasim.errors import ParameterError, ScenarioError
from ketasim.scenario._subject import Subject

_WEIGHT_REF = "pharmacokinetics.weight_ref"


def _interventions(given: object) -> tuple[Dose, ...]:
    together = (given,) if isinstance(given, Dose) else given
    if is_list(together):
        together = tuple(together)
        if all(isinstance(dose, Dose) for dose in together):
            return together
    raise ScenarioError(
        f"interventions = {shortened(given)}: give a list of Dose, such as [ks.block('ampa', 0.9)]"
    )


def _in_order(context: str) -> str:
    """Return the name of a composed context, whose parts may be said in any order."""
    parts = sorted(part.strip() for part in context.split("+")) if isinstance(context, str) else ()
    return next((name for name in CONTEXTS if sorted(name.split("+")) == parts), context)


def _overrides(given: Mapping[str, float]) -> dict[str, float]:
    try:
        items = dict(given).items()
    except (TypeError, ValueError):
        raise ScenarioError(
            f"parameters = {shortened(given)}: give a mapping, such as {{'nmda_block.K0': 0.4}}"
        ) from None
    values = {}
    for name, number in items:
        value = number_or_none(number)
        if value is None:
            raise ParameterError(
                f"parameter {name} = {shortened(number)} is not a number; 'ketasim parameters' shows "
                "its unit and range"
            )
        values[name] = value
    return values


@value
@dataclass(frozen=True, slots=True)
class Scenario:
    """A subject, doses, a trial context and model assumptions.

    Parameters
    ----------
    regimen : Regimen, Dose or str
        Doses; text is read by `Regimen.parse`.
    subject : Subject
        Default: a 70 kg adult with treatment-resistant depression (severity 1).
    context : str
        Effect of the trial itself on ratings: 'none' (drug effect alone, the default) or another name
        of `ketasim.contexts`, such as 'midazolam'; the parts of a composed one in any order.
    interventions : tuple of Dose
        Tool compounds, co-medication, therapy sessions; see `ketasim.block`.
    parameters : mapping of str to float
        Overrides of parameters 'module.name'; names and values are checked before the run. What the
        subject is multiplies them (`Subject.factors`).
    variant : str, optional
        A variant of the circuit, from `ketasim.variants`.
    name : str, optional
        A label.

    Raises
    ------
    ScenarioError, UnknownNameError
        With the name, value, unit and a remedy.

    Examples
    --------
    >>> import ketasim as ks
    >>> scenario = ks.Scenario("esketamine 56 mg intranasal", ks.Subject(weight_kg=62))
    >>> print(scenario)
    esketamine 56 mg intranasal; human 62 kg, severity 1
    """

    regimen: Regimen
    subject: Subject = field(default_factory=Subject)
    context: str = "none"
    interventions: tuple[Dose, ...] = ()
    parameters: Mapping[str, float] = field(default_factory=lambda: FrozenMapping({}))
    variant: str | None = None
    name: str | None = None

    if TYPE_CHECKING:
        # Wider types than those of the fields: arguments are converted.
        def __init__(
            self,
            regimen: Regimen | Dose | str,
            subject: Subject = ...,
            context: str = "none",
            interventions: Iterable[Dose] = (),
            parameters: Mapping[str, float] = ...,
            variant: str | None = None,
            name: str | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        regimen: object = self.regimen
        if isinstance(regimen, str):
            object.__setattr__(self, "regimen", Regimen.parse(regimen))
        elif isinstance(regimen, Dose):
            object.__setattr__(self, "regimen", Regimen((regimen,)))
        elif not isinstance(regimen, Regimen):
            raise ScenarioError(f"regimen = {shortened(regimen)}: give a Regimen, a Dose or text")
        subject: object = self.subject
        if not isinstance(subject, Subject):
            raise ScenarioError(
                f"subject = {shortened(subject)}: give a Subject, such as ks.Subject(weight_kg=62)"
            )
        object.__setattr__(self, "interventions", _interventions(self.interventions))
        object.__setattr__(self, "context", _in_order(self.context))
        check_name(self.context, CONTEXTS, "context")
        if self.variant is not None:
            check_name(self.variant, VARIANTS, "variant")
        if not isinstance(self.name, str | None):
            raise ScenarioError(f"name = {shortened(self.name)}: a label is text")
        object.__setattr__(self, "parameters", FrozenMapping(_overrides(self.parameters)))
        if self.subject.body_size and _WEIGHT_REF in self.parameters:
            raise ScenarioError(
                f"{_WEIGHT_REF} is set, and body_size of the subject says how size acts: leave one out"
            )
        doses = (*self.regimen.doses, *self.interventions)
        for dose in doses:
            self._check_size(dose)
            if DRUG_FACTS[dose.drug]["opens_session"] and dose.start_h + dose.lag_h < 0.0:
                raise ScenarioError(
                    f"{dose}: begins before 0 h, but t = 0 is the first psychoactive dose; let it begin "
                    "at 0 h and move what follows, for example with Regimen.shift"
                )
        self._check_number(doses)

    def _check_number(self, doses: Iterable[Dose]) -> None:
        """Refuse more doses, nasal devices and resets than a scenario can have."""
        given = float(len(self.regimen.resets))
        for dose in doses:
            device_mg = ROUTE_FACTS[dose.route]["device_mg"]
            each = dose.amount
            if UNIT_FACTS[dose.unit]["per_kg"]:
                each *= self.subject.weight_kg or 1.0
            devices = max(1, math.ceil(each / device_mg - 1e-9)) if device_mg else 1
            given += (dose.additional + 1) * devices
        if given > MOST_DOSES:
            raise ScenarioError(
                f"{given:.12g} single doses, nasal devices and resets are too many: at most {MOST_DOSES} in "
                "one scenario"
            )

    def _check_size(self, dose: Dose) -> None:
        drug, unit = DRUG_FACTS[dose.drug], UNIT_FACTS[dose.unit]
        if drug["most_mg"] is None or unit["site"] != "body":
            return
        weight = self.subject.weight_kg or 1.0
        human = parameter_set(self.subject.species) == "human"
        mg_per_kg = dose.amount if unit["per_kg"] else dose.amount / weight
        if human and not unit["per_kg"]:
            most, given, unit_name = drug["most_mg"], dose.amount, "mg"
        else:
            most = drug["most_mg_per_kg" if human else "most_mg_per_kg_animal"]
            given, unit_name = mg_per_kg, "mg/kg"
        if given > most:
            raise ScenarioError(
                f"{dose}: {given:g} {unit_name} is far above the doses of studies: for a "
                f"{self.subject.species} of {weight:g} kg at most {most:g} {unit_name} is accepted. "
                "Is the unit right?"
            )

    def all_parameters(self) -> dict[str, float]:
        """Return the parameters that differ from the model's own, as the model gets them.

        These are the overrides, and what genotype, traits and age multiply: the override, or else the
        model's own value, times the factor.

        Returns
        -------
        dict of str to float
            Values by 'module.name', in the unit of each parameter.

        Examples
        --------
        >>> import ketasim as ks
        >>> met = ks.Subject(genotype="val66met")
        >>> ks.Scenario("placebo iv", met).all_parameters()
        {'bdnf_trkb.phi': 0.4}
        >>> ks.Scenario("placebo iv", met, parameters={"bdnf_trkb.phi": 0.5}).all_parameters()
        {'bdnf_trkb.phi': 0.2}
        """
        names = self.subject.factors()
        return {**self.parameters, **{name: acting_value(self, name) for name in names}}

    def __str__(self) -> str:
        return scenario_text(self)


def scenario_text(scenario: Scenario, individual: Iterable[str] = ()) -> str:
    """Return a scenario as text, without the fields of its subject that people have of their own."""
    subject, own = scenario.subject, tuple(individual)
    person = [str(subject.species)]
    if "weight_kg" not in own:
        person[0] += f" {subject.weight_kg:g} kg"
    if "severity" not in own:
        person.append(f"severity {subject.severity:g}")
    person += [
        f"{trait} {getattr(subject, trait)}"
        for trait in (*TRAITS, "genotype")
        if trait not in own and getattr(subject, trait) is not None
    ]
    if "age_y" not in own and subject.age_y is not None:
        person.append(f"age {subject.age_y:g} years")
    if "height_cm" not in own and subject.height_cm is not None:
        person.append(f"height {subject.height_cm:g} cm")
    if "body_size" not in own and subject.body_size is not None:
        person.append(f"body size by {subject.body_size}")
    if own:
        person.append(f"individual {', '.join(own)}")
    parts = [scenario.name] if scenario.name else []
    parts += [str(scenario.regimen), ", ".join(person)]
    parts += [f"with {dose}" for dose in scenario.interventions]
    if scenario.context != "none":
        parts.append(f"context {scenario.context}")
    if scenario.variant:
        parts.append(scenario.variant)
    parts += [f"{k} = {v:g}" for k, v in scenario.parameters.items()]
    return "; ".join(parts)


def given_value(scenario: Scenario, name: str) -> float:
    """Return a parameter before the factors of the subject: given, else of the variant or the model.

    All that Python hands out or takes in is this value; the compiled core gets `acting_value`.
    """
    if name in scenario.parameters:
        return scenario.parameters[name]
    species = scenario.subject.species
    of_variant = overrides_of(scenario.variant, species) if scenario.variant else {}
    return float(of_variant[name] if name in of_variant else parameters(species)[name]["value"])


def acting_value(scenario: Scenario, name: str) -> float:
    """Return a parameter as the model gets it: `given_value` times the factor of the subject."""
    return given_value(scenario, name) * scenario.subject.factors().get(name, 1.0)


def differences(a: Scenario, b: Scenario) -> list[tuple[str, str, str]]:
    """List the parts in which two scenarios differ.

    Parameters
    ----------
    a, b : Scenario

    Returns
    -------
    list of tuple of str
        For each part: its name, its text in the first and its text in the second scenario.

    Examples
    --------
    >>> import ketasim as ks
    >>> from ketasim.scenario import differences
    >>> light = ks.Scenario("ketamine 35 mg im", ks.Subject(weight_kg=50))
    >>> differences(light, ks.Scenario("ketamine 35 mg im"))
    [('weight', 'weight 50.0 kg', 'weight 70.0 kg')]
    """
    parts: list[tuple[str, str, str]] = []

    def compare(part: str, in_a: object, in_b: object) -> None:
        if in_a != in_b:
            parts.append((part, str(in_a), str(in_b)))

    def compare_subject(name: str, unit: str = "") -> None:
        word = name.removesuffix("_kg").removesuffix("_y").removesuffix("_cm")
        word = word.replace("_madrs", " MADRS").replace("_", " ")
        in_a, in_b = (getattr(s.subject, name) for s in (a, b))
        compare(
            word, *(f"{word} {v}{unit}" if v is not None else f"no {word}" for v in (in_a, in_b))
        )

    compare("regimen", a.regimen, b.regimen)
    compare_subject("species")
    compare_subject("weight_kg", " kg")
    compare_subject("severity")
    compare_subject("baseline_madrs", " points")
    for trait in (*TRAITS, "genotype"):
        compare_subject(trait)
    compare_subject("age_y", " years")
    compare_subject("height_cm", " cm")
    compare_subject("body_size")
    in_a, in_b = (" + ".join(map(str, s.interventions)) or "alone" for s in (a, b))
    compare("interventions", in_a, in_b)
    compare("context", f"context {a.context}", f"context {b.context}")
    compare("variant", a.variant or "standard circuit", b.variant or "standard circuit")
    for name in sorted({*a.parameters, *b.parameters}):
        in_a, in_b = (
            f"{name} = {s.parameters[name]:g}" if name in s.parameters else f"standard {name}"
            for s in (a, b)
        )
        compare(name, in_a, in_b)
    return parts
