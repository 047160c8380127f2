"""Free fields of the subjects and of their doses, which are no parameters of the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ketasim._arrays import FloatArray
from ketasim._wording.names import check_name
from ketasim.catalogue._vocabulary import SPECIES_FACTS
from ketasim.dosing._dose import Dose
from ketasim.errors import ScenarioError
from ketasim.fitting._prior import Scale
from ketasim.scenario._scenario import Scenario
from ketasim.scenario._subject import RATED, Subject, check_weight_varies

#: How names of such parameters begin.
BEGINNINGS = ("subject.", "dose.")
#: Unit and usual scale by name. The factor multiplies all amounts, the lag is added to all starts.
FIELDS: dict[str, tuple[str, Scale]] = {
    "subject.weight_kg": ("kg", "log"),
    "subject.severity": ("1", "logit"),
    "subject.baseline_madrs": ("points", "linear"),
    "dose.factor": ("1", "log"),
    "dose.lag_h": ("h", "log"),
}
#: Largest bioavailability and lag of a dose [1, h].
MOST_BIOAVAILABLE, LONGEST_LAG_H = 10.0, 100.0


@dataclass(frozen=True, slots=True)
class Field:
    """A free field.

    Parameters
    ----------
    name, unit : str
    scale : {'log', 'logit', 'linear'}
    own : float
        The subjects' own value [unit]; NaN if they have none.
    least, most : float
        Limits of what is possible [unit].
    """

    name: str
    unit: str
    scale: Scale
    own: float
    least: float
    most: float


class SubjectTheta:
    """Free fields of subjects and doses, in order; each has one value for all subjects.

    Parameters
    ----------
    names : sequence of str
    scenarios : mapping of str to Scenario
        The fitted subjects.

    Raises
    ------
    UnknownNameError, ScenarioError
        For a field that does not exist, or for one that has no single value.
    """

    def __init__(self, names: Sequence[str], scenarios: Mapping[str, Scenario]) -> None:
        self.names = tuple(names)
        for name in self.names:
            check_name(name, FIELDS, "parameter of a subject or its doses")
        self.fields = tuple(_field(name, scenarios) for name in self.names)

    def moved(self, scenario: Scenario, x: FloatArray) -> tuple[Scenario, list[str], FloatArray]:
        """Return a scenario at x, what it is differentiated by, and the derivatives of those by x.

        Returns
        -------
        scenario : Scenario
        by : list of str
            Names of `sensitivity`.
        chain : ndarray, shape (n_by, n_names)
        """
        by: list[str] = []
        rows: list[FloatArray] = []
        for k, (name, value) in enumerate(zip(self.names, x.tolist(), strict=True)):
            doses = scenario.regimen.doses
            unit = np.eye(len(self.names))[k]
            field = name.partition(".")[2]
            if name.startswith("subject."):
                scenario = replace(scenario, subject=replace(scenario.subject, **{field: value}))
                by.append(field)
                rows.append(unit)
            elif field == "factor":
                by += [f"dose[{i}].bioavailability" for i in range(len(doses))]
                rows += [dose.bioavailability * unit for dose in doses]
                scenario = _with_doses(
                    scenario, [replace(d, bioavailability=value * d.bioavailability) for d in doses]
                )
            else:
                by += [f"dose[{i}].lag_h" for i in range(len(doses))]
                rows += [unit] * len(doses)
                scenario = _with_doses(scenario, [replace(d, lag_h=d.lag_h + value) for d in doses])
        return scenario, by, np.array(rows).reshape(len(by), len(self.names))


def _with_doses(scenario: Scenario, doses: Sequence[Dose]) -> Scenario:
    return replace(scenario, regimen=replace(scenario.regimen, doses=tuple(doses)))


def _field(name: str, scenarios: Mapping[str, Scenario]) -> Field:
    unit, scale = FIELDS[name]
    field = name.partition(".")[2]
    if name.startswith("dose."):
        return _of_doses(name, unit, scale, scenarios)
    if field == "weight_kg":
        for s in scenarios.values():
            check_weight_varies(s.subject)
    values = {subject: getattr(s.subject, field) for subject, s in scenarios.items()}
    first, own = next(iter(values.items()))
    for subject, value in values.items():
        if value != own:
            raise ScenarioError(
                f"{name} is free, which is one value for all subjects, but subject {first} has "
                f"{_told(own, unit)} and subject {subject} {_told(value, unit)}: fit them apart, or with "
                "ks.fitting.PopulationModel"
            )
    least, most = _limits(field, [s.subject for s in scenarios.values()])
    return Field(name, unit, scale, float("nan") if own is None else float(own), least, most)


def _told(value: float | None, unit: str) -> str:
    return "none" if value is None else f"{value:g} {unit}"


def _limits(field: str, subjects: Sequence[Subject]) -> tuple[float, float]:
    if field == "weight_kg":
        facts = [SPECIES_FACTS[s.species] for s in subjects]
        return (
            max(float(f["lightest_kg"]) for f in facts),
            min(float(f["heaviest_kg"]) for f in facts),
        )
    return (0.0, 1.0) if field == "severity" else RATED


def _of_doses(name: str, unit: str, scale: Scale, scenarios: Mapping[str, Scenario]) -> Field:
    every = [dose for s in scenarios.values() for dose in s.regimen.doses]
    if not every:
        raise ScenarioError(f"{name} is free, but no subject has a dose: leave it out of theta")
    for subject, scenario in scenarios.items():
        for dose in scenario.regimen.doses:
            _check_dose(name, subject, dose)
    if name == "dose.lag_h":
        return Field(name, unit, scale, 0.0, 0.0, LONGEST_LAG_H)
    most = MOST_BIOAVAILABLE / max(dose.bioavailability for dose in every)
    return Field(name, unit, scale, 1.0, 0.0, most)


def _check_dose(name: str, subject: str, dose: Dose) -> None:
    """Refuse what has no derivative, or would mean something else."""
    if name == "dose.factor" and dose.rate is not None:
        raise ScenarioError(
            f"{name} is free, but {dose} of subject {subject} is given by its rate, so that a larger dose "
            "would last longer: give duration_h instead"
        )
    if name == "dose.lag_h" and dose.constant_infusion:
        raise ScenarioError(
            f"{name} is free, but {dose} of subject {subject} is an infusion that has run for ever and has no "
            "lag: leave it out of theta"
        )
