"""The simulations that predict observations: one scenario for each arm, sampled at the needed times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from ketasim._arrays import FloatArray
from ketasim._wording.sealed import sealed
from ketasim.errors import KetasimError
from ketasim.evidence._records import Arm, Evidence, Observation
from ketasim.observation._sampling import merged_times, sampling_times
from ketasim.observation._scenario_of_arm import (
    Session,
    dose_times,
    holds_end,
    scenario_of,
    sessions,
)
from ketasim.observation._simulated_arm import Course, RunLike
from ketasim.scenario._scenario import Scenario


@sealed
@dataclass(frozen=True, slots=True)
class Plan:
    """The simulation of an arm, or the reason why it cannot be simulated.

    Parameters
    ----------
    arm : Arm
    scenario : Scenario or None
        None if the model cannot run the arm; see ``refusal``.
    sessions : tuple of Session
    doses_h : tuple of float
        Starts of doses and ends of infusions [h].
    holds_end_h : frozenset of float
        Ends of clamped levels and of tool compounds [h].
    refusal : str
        Why the model cannot run the arm, else ''.

    Examples
    --------
    >>> import ketasim as ks
    >>> from ketasim.observation import plans
    >>> plan = plans(ks.evidence.load())["murr13_ket"]
    >>> print(plan.scenario.regimen)
    ketamine 0.5 mg/kg iv over 40 min
    """

    arm: Arm
    scenario: Scenario | None
    sessions: tuple[Session, ...] = ()
    doses_h: tuple[float, ...] = ()
    holds_end_h: frozenset[float] = frozenset()
    refusal: str = ""

    def course(self, run: RunLike) -> Course:
        """Return the arm as it was simulated.

        Parameters
        ----------
        run : RunLike
            A run of ``scenario``.

        Returns
        -------
        Course
        """
        baseline = self.scenario.subject.baseline_madrs if self.scenario else None
        return Course(run, self.sessions, baseline, self.arm.stress, self.holds_end_h)


def arms_of(o: Observation) -> tuple[str, ...]:
    """Return the arm of an observation, and its control arm, if any."""
    return (o.arm_id, o.relative_to) if o.relative_to else (o.arm_id,)


def plans(evidence: Evidence) -> dict[str, Plan]:
    """Plan the simulation of every arm with an observation.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    dict of str to Plan
        By the name of the arm.

    Examples
    --------
    >>> import ketasim as ks
    >>> from ketasim.observation import plans
    >>> plans(ks.evidence.load())["murr13_ket"].refusal
    ''
    """
    observed: dict[str, list[Observation]] = {}
    for o in evidence.observations:
        for arm_id in arms_of(o):
            observed.setdefault(arm_id, []).append(o)
    return {arm_id: _plan(evidence, evidence.arms[arm_id], os) for arm_id, os in observed.items()}


def _plan(evidence: Evidence, arm: Arm, observations: Iterable[Observation]) -> Plan:
    records = evidence.regimens[arm.regimen_id]
    try:
        scenario = scenario_of(arm, records, observations)
    except KetasimError as error:
        return Plan(arm, None, refusal=f"the model cannot run arm {arm.arm_id}: {error}")
    return Plan(arm, scenario, sessions(records), dose_times(records), holds_end(records))


def samplings(
    observations: Iterable[Observation], planned: Mapping[str, Plan]
) -> dict[Scenario, FloatArray]:
    """Return each distinct scenario with the union of the times that its observations need."""
    wanted: dict[Scenario, list[FloatArray]] = {}
    for o in observations:
        for plan in (planned[arm_id] for arm_id in arms_of(o)):
            if plan.scenario is not None:
                start = min([0.0, *plan.doses_h])
                times = sampling_times(o, plan.sessions, plan.doses_h)
                wanted.setdefault(plan.scenario, [np.array([start])]).append(times)
    return {scenario: merged_times(parts) for scenario, parts in wanted.items()}


def begun_by(scenario: Scenario, end_h: float) -> Scenario:
    """Return the scenario without doses that begin after the last needed time, which a run would refuse."""
    begun = tuple(d for d in scenario.regimen.doses if d.start_h <= end_h)
    return replace(scenario, regimen=replace(scenario.regimen, doses=begun))
