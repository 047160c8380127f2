"""What a trial does: arms, visits, who enters, who leaves, and how arms are compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ketasim._wording.frozen import comparable
from ketasim._wording.lists import listed
from ketasim._wording.names import check_name, shortened
from ketasim._wording.numbers import check_whole
from ketasim._wording.plain_numbers import number_or_nan
from ketasim._wording.sealed import sealed
from ketasim.dosing._regimen import Regimen
from ketasim.errors import ScenarioError
from ketasim.observation._clinical import FollowUp
from ketasim.scenario._overrides import as_scenario
from ketasim.scenario._scenario import Scenario

#: Patients of one arm, and visits, at most.
MOST_PATIENTS, MOST_VISITS = 10_000, 100
#: Latest visit [h]: ten years.
LATEST_VISIT_H = 87_600.0


@sealed
@dataclass(frozen=True, slots=True)
class TrialArm:
    """One arm of a trial.

    Parameters
    ----------
    name : str
    scenario : Scenario, Regimen or str
        Treatment, subject and context. The context decides about expectation and unblinding; a control
        arm gives a placebo, such as 'placebo iv over 40 min', so that it has the same sessions.
    n : int
        Patients who are treated.

    Raises
    ------
    ScenarioError

    Examples
    --------
    >>> import ketasim as ks
    >>> ks.TrialArm("ketamine", "ketamine 0.5 mg/kg iv over 40 min", 30).n
    30
    """

    name: str
    scenario: Scenario
    n: int

    def __init__(self, name: str, scenario: Scenario | Regimen | str, n: int) -> None:
        if not isinstance(name, str) or not name.strip():
            raise ScenarioError(f"name = {shortened(name)}: give the arm a name")
        check_whole("n", n, 2, MOST_PATIENTS)
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "scenario", as_scenario(scenario))
        object.__setattr__(self, "n", int(n))


def _positive(name: str, value: float, low: float, high: float, unit: str) -> float:
    number = number_or_nan(value)
    if not low <= number <= high:
        raise ScenarioError(
            f"{name} = {shortened(value)}: give a number from {low:g} to {high:g} {unit}".rstrip()
        )
    return number


@comparable
@dataclass(frozen=True, slots=True)
class TrialDesign:
    """A parallel-group trial whose outcome is the change of the MADRS.

    Parameters
    ----------
    arms : sequence of TrialArm
        Two or more, of people.
    control : str, optional
        Name of the arm with which the others are compared; default: the last.
    visits_h : sequence of float
        Times of the ratings [h after the start], up to ten years; default 24 h and 7 d.
    primary_h : float, optional
        The visit at which arms are compared; default: the last.
    alpha : float
        Two-sided level of significance, default 0.05.
    dropout_per_week : float
        Share of patients who leave in a week, from 0 to 0.9, default 0. Who leaves is drawn by chance, whatever
        the treatment or the rating. Who has left is not rated and not part of the comparison.
    baseline_sd : float, optional
        SD of the MADRS before treatment [points]; default: that of `trial_parameters`.
    entry_madrs : float
        Least MADRS at which a patient enters [points], default 20.

    Raises
    ------
    ScenarioError, UnknownNameError

    Examples
    --------
    >>> import ketasim as ks
    >>> design = ks.TrialDesign([
    ...     ks.TrialArm("ketamine", ks.Scenario("ketamine 0.5 mg/kg iv over 40 min", context="saline"), 20),
    ...     ks.TrialArm("saline", ks.Scenario("placebo iv over 40 min", context="saline"), 20),
    ... ])
    >>> design.control, design.primary_h
    ('saline', 168.0)
    """

    arms: Sequence[TrialArm]
    control: str | None = None
    visits_h: Sequence[float] = (24.0, 168.0)
    primary_h: float | None = None
    alpha: float = 0.05
    dropout_per_week: float = 0.0
    baseline_sd: float | None = None
    entry_madrs: float = 20.0

    def __post_init__(self) -> None:
        put = object.__setattr__
        arms = listed("arms", self.arms, "a list of two or more ketasim.TrialArm")
        if len(arms) < 2 or not all(isinstance(a, TrialArm) for a in arms):
            raise ScenarioError("arms: give two or more ketasim.TrialArm")
        names = tuple(a.name for a in arms)
        if len(set(names)) != len(names):
            raise ScenarioError(f"arms = {', '.join(names)}: give each arm a name of its own")
        for a in arms:
            if a.scenario.subject.species != "human":
                raise ScenarioError(
                    f"arm {a.name!r} is of a {a.scenario.subject.species}: the MADRS is a rating of people"
                )
        put(self, "arms", arms)
        if self.control is None:
            put(self, "control", names[-1])
        check_name(self.control, names, "arm")
        given = listed("visits_h", self.visits_h, "a list of hours, such as [24, 168]")
        visits = tuple(sorted(_positive("visits_h", v, 0.0, LATEST_VISIT_H, "h") for v in given))
        if not 1 <= len(set(visits)) == len(visits) <= MOST_VISITS or visits[0] <= 0.0:
            raise ScenarioError(
                f"visits_h = {shortened(self.visits_h)}: give 1 to {MOST_VISITS} different times after 0 h"
            )
        put(self, "visits_h", visits)
        primary = visits[-1] if self.primary_h is None else number_or_nan(self.primary_h)
        if primary not in visits:
            raise ScenarioError(
                f"primary_h = {shortened(self.primary_h)} is no visit: add it to visits_h [h]"
            )
        put(self, "primary_h", primary)
        put(self, "alpha", _positive("alpha", self.alpha, 1e-6, 0.5, ""))
        put(
            self,
            "dropout_per_week",
            _positive("dropout_per_week", self.dropout_per_week, 0.0, 0.9, ""),
        )
        sd = FollowUp.published().baseline_sd if self.baseline_sd is None else self.baseline_sd
        put(self, "baseline_sd", _positive("baseline_sd", sd, 0.0, 20.0, "points"))
        put(self, "entry_madrs", _positive("entry_madrs", self.entry_madrs, 0.0, 50.0, "points"))

    @property
    def treated(self) -> tuple[TrialArm, ...]:
        """The arms that are compared with the control."""
        return tuple(a for a in self.arms if a.name != self.control)

    @property
    def place_of_primary(self) -> int:
        """Place of the primary visit among the visits."""
        assert self.primary_h is not None
        return tuple(self.visits_h).index(self.primary_h)
