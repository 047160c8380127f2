"""A programme: visits, doses to choose from, and rules that choose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from numbers import Integral
from typing import TYPE_CHECKING

from ketasim._wording.durations import hours
from ketasim._wording.frozen import value
from ketasim._wording.lists import listed
from ketasim._wording.names import shortened
from ketasim.clinic._rules import Rule
from ketasim.dosing._dose import Dose
from ketasim.dosing._regimen import Regimen
from ketasim.errors import ScenarioError


@value
@dataclass(frozen=True, slots=True)
class Programme:
    """Visits at which a clinic rates a patient and then gives one of several doses, or none.

    The rules see ratings, not the state of the model. Without rules the first dose is given at every visit.

    Parameters
    ----------
    levels : sequence of Dose or str
        Doses to choose from, each a single one without a start.
    visits_h : sequence of float or str
        Times of the visits [h], or text such as '7 d'; increasing, from 0 on.
    rules : sequence of callable
        Rules of this room, or pure functions of a `Progress` and a level, which return a position in
        ``levels`` or None. Asked in this order at each visit; each gets what the one before proposes, the first one the last
        dose that was given. None ends the questions: no dose.
    therapy : sequence of Dose
        Sessions of psychotherapy with times of their own.
    name, source : str, optional
        A label, and the keys of publications in `ketasim.catalogue.all_sources`, separated by ``;``.

    Raises
    ------
    ScenarioError
        With the field, its value and a remedy.

    Examples
    --------
    >>> import ketasim as ks
    >>> from ketasim.clinic import RaiseUnlessImproved
    >>> titration = ks.Programme(
    ...     ["ketamine 0.5 mg/kg sc", "ketamine 0.75 mg/kg sc"],
    ...     visits_h=["0 h", "7 d", "14 d"],
    ...     rules=[RaiseUnlessImproved(0.5, highest=1)],
    ... )
    >>> titration.visits_h
    (0.0, 168.0, 336.0)
    """

    levels: tuple[Dose, ...]
    visits_h: tuple[float, ...]
    rules: tuple[Rule, ...] = ()
    therapy: tuple[Dose, ...] = ()
    name: str | None = None
    source: str | None = None

    if TYPE_CHECKING:
        # Wider types than those of the fields: arguments are converted.
        def __init__(
            self,
            levels: Sequence[Dose | str],
            visits_h: Sequence[float | str],
            rules: Iterable[Rule] = (),
            therapy: Iterable[Dose] = (),
            name: str | None = None,
            source: str | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        levels: object = self.levels
        remedy = "a list of doses, such as ['ketamine 35 mg im']"
        doses = listed("levels", levels, remedy)
        if not doses:
            raise ScenarioError(f"levels = {shortened(levels)}: give {remedy}")
        object.__setattr__(self, "levels", tuple(map(_level, doses)))
        visits: object = self.visits_h
        times = tuple(hours(t, "visit") for t in listed("visits_h", visits, "a list of times [h]"))
        if not times:
            raise ScenarioError(f"visits_h = {shortened(visits)}: give a list of times [h]")
        if times[0] < 0.0 or any(b <= a for a, b in pairwise(times)):
            raise ScenarioError(f"visits_h = {shortened(times)} must increase, from 0 h on")
        object.__setattr__(self, "visits_h", times)
        rules = listed("rules", self.rules, "a list of rules of ketasim.clinic, or of functions")
        for rule in rules:
            if not callable(rule):
                raise ScenarioError(
                    f"rule {shortened(rule)} is not callable: give a rule of ketasim.clinic, or a "
                    "function of progress and level"
                )
        object.__setattr__(self, "rules", rules)
        remedy = (
            "a list of sessions, such as [ks.Dose('psychotherapy', 1, 'fraction', 'target', "
            "start_h=24, duration_h=2)]"
        )
        sessions = listed("therapy", self.therapy, remedy)
        for session in sessions:
            if not isinstance(session, Dose):
                raise ScenarioError(f"therapy: {shortened(session)} is no Dose: give {remedy}")
        object.__setattr__(self, "therapy", sessions)
        if self.name is not None and not isinstance(self.name, str):
            raise ScenarioError(f"name = {shortened(self.name)}: give text")

    def regimen(self, levels: Sequence[int | None]) -> Regimen:
        """Return the doses given, if these levels are given at the first visits.

        Parameters
        ----------
        levels : sequence of (int or None)
            For each visit from the first on: the position of the dose, or None.

        Returns
        -------
        Regimen

        Raises
        ------
        ScenarioError
            For a dose that the programme does not have, or more entries than visits.

        Examples
        --------
        >>> import ketasim as ks
        >>> weekly = ks.Programme(["ketamine 35 mg im"], ["0 h", "7 d", "14 d"])
        >>> print(weekly.regimen([0, None, 0]))
        ketamine 35 mg im + ketamine 35 mg im from 336 h
        """
        chosen = listed("levels", levels, "a list of positions of doses, None for no dose")
        if len(chosen) > len(self.visits_h):
            raise ScenarioError(
                f"levels has {len(chosen)} entries, and there are {len(self.visits_h)} visits: give one "
                "for each"
            )
        doses = []
        for k, (t, level) in enumerate(zip(self.visits_h, chosen, strict=False)):
            if level is None:
                continue
            if isinstance(level, bool) or not isinstance(level, Integral):
                raise ScenarioError(
                    f"levels[{k}] = {shortened(level)}: give a whole number, or None"
                )
            if not 0 <= int(level) < len(self.levels):
                raise ScenarioError(
                    f"levels[{k}] = {level}: the programme has doses 0 to {len(self.levels) - 1}; give None "
                    "for a visit without a dose"
                )
            doses.append(replace(self.levels[int(level)], start_h=t))
        return Regimen(tuple(doses), source=self.source)

    def __str__(self) -> str:
        return self.name or f"{len(self.visits_h)} visits, {len(self.levels)} doses"


def _level(given: object) -> Dose:
    if isinstance(given, str):
        doses = Regimen.parse(given).doses
        if len(doses) != 1:
            raise ScenarioError(f"level {given!r} has {len(doses)} records: give one dose")
        given = doses[0]
    if not isinstance(given, Dose):
        raise ScenarioError(f"level {shortened(given)}: give a Dose or text, 'ketamine 35 mg im'")
    if given.additional or given.start_h or given.lag_h:
        raise ScenarioError(f"level {given}: give a single dose; the visits say when")
    return given
