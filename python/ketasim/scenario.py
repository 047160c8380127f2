"""A scenario: who, given what, in which setting, under which assumptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ketasim.dose import Dose
from ketasim.errors import ScenarioError
from ketasim.frozen import FrozenMapping
from ketasim.names import CONTEXTS, GENOTYPES, VARIANTS, check_name
from ketasim.regimen import Regimen
from ketasim.subject import Subject

#: Largest single doses that are accepted: (mg in a human, mg/kg in a human, mg/kg in an animal).
#: Several times what has been given in any study; a slip of units lands beyond.
ABSURD: dict[str, tuple[float, float, float]] = {
    "ketamine": (1000.0, 15.0, 300.0),
    "esketamine": (1000.0, 15.0, 300.0),
    "arketamine": (1000.0, 15.0, 300.0),
    "norketamine": (1000.0, 15.0, 300.0),
    "hnk_2r6r": (2000.0, 30.0, 600.0),
    "hnk_2s6s": (2000.0, 30.0, 600.0),
    "memantine": (200.0, 3.0, 200.0),
    "mk801": (20.0, 0.3, 20.0),
    "escitalopram": (200.0, 3.0, 100.0),
    "fluoxetine": (400.0, 6.0, 200.0),
    "rapamycin": (100.0, 1.5, 50.0),
}

#: Hepatic plasma flow falls by this much per year of age above 60 in humans [L/h].
QH_PER_YEAR = 2.19


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is simulated.

    Parameters
    ----------
    regimen : Regimen, Dose or str
        Doses; text is read by `Regimen.parse`.
    subject : Subject
        Default: a 70 kg adult with treatment-resistant depression (severity 1).
    context : str
        What the trial itself does: 'none' (drug effect alone), 'open_label', 'saline',
        'midazolam', 'nasal_placebo', 'oral_ad' or 'masked'.
    interventions : tuple of Dose
        Tool compounds, co-medication, therapy sessions; see `ketasim.block`.
    parameters : mapping of str to float
        Overrides 'module.name'; names and values are checked before the run.
    variant : str, optional
        'variant_A' or 'variant_C' of the circuit.
    name : str, optional
        A label.

    Raises
    ------
    ScenarioError, UnknownNameError
        With the name, value, unit and a remedy.
    """

    regimen: Regimen
    subject: Subject = field(default_factory=Subject)
    context: str = "none"
    interventions: tuple[Dose, ...] = ()
    parameters: Mapping[str, float] = field(default_factory=lambda: FrozenMapping({}))
    variant: str | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        regimen: object = self.regimen
        if isinstance(regimen, str):
            object.__setattr__(self, "regimen", Regimen.parse(regimen))
        elif isinstance(regimen, Dose):
            object.__setattr__(self, "regimen", Regimen((regimen,)))
        elif not isinstance(regimen, Regimen):
            raise ScenarioError(
                f"regimen is a {type(regimen).__name__}: give a Regimen, a Dose or text"
            )
        given: Any = self.interventions
        together = (given,) if isinstance(given, Dose) else tuple(given)
        object.__setattr__(self, "interventions", together)
        check_name(self.context, CONTEXTS, "context")
        if self.variant is not None:
            check_name(self.variant, VARIANTS, "variant")
        values = {}
        for key, value in dict(self.parameters).items():
            try:
                values[key] = float(value)
            except (TypeError, ValueError):
                raise ScenarioError(f"parameter {key} = {value!r} is not a number") from None
        object.__setattr__(self, "parameters", FrozenMapping(values))
        for dose in (*self.regimen.doses, *self.interventions):
            if not isinstance(dose, Dose):
                raise ScenarioError(f"{dose!r} is not a Dose; tool compounds are ks.block(...)")
            self._check_size(dose)

    def _check_size(self, dose: Dose) -> None:
        limits = ABSURD.get(dose.drug)
        if limits is None or dose.unit not in ("mg", "mg/kg"):
            return
        weight = self.subject.weight_kg or 1.0
        human = self.subject.species == "human"
        mg_per_kg = dose.amount if dose.unit == "mg/kg" else dose.amount / weight
        most, unit, given = (
            (limits[0], "mg", dose.amount)
            if human and dose.unit == "mg"
            else (limits[1 if human else 2], "mg/kg", mg_per_kg)
        )
        if given > most:
            raise ScenarioError(
                f"{dose}: {given:g} {unit} is absurd for a {self.subject.species} of {weight:g} kg; "
                f"at most {most:g} {unit} is accepted. Is the unit right?"
            )

    def all_parameters(self) -> dict[str, float]:
        """Overrides as the core takes them: genotype and age included, `parameters` last."""
        from ketasim.tables import parameters

        values: dict[str, float] = {}
        who = self.subject
        if who.genotype is not None:
            values["bdnf_trkb.phi"] = GENOTYPES[who.genotype]
        if who.age_y is not None and who.age_y > 60.0 and who.species == "human":
            flow = float(parameters("human")["pharmacokinetics.Qh"]["value"])
            values["pharmacokinetics.Qh"] = flow - QH_PER_YEAR * (who.age_y - 60.0)
        return {**values, **self.parameters}

    def __str__(self) -> str:
        who = f"{self.subject.species} {self.subject.weight_kg:g} kg, severity {self.subject.severity:g}"
        parts = [self.name] if self.name else []
        parts += [str(self.regimen), who]
        parts += [f"with {dose}" for dose in self.interventions]
        if self.context != "none":
            parts.append(f"context {self.context}")
        if self.variant:
            parts.append(self.variant)
        parts += [f"{k} = {v:g}" for k, v in self.parameters.items()]
        return "; ".join(parts)
