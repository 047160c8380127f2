"""A scenario, its doses and the solver options in the form that the compiled core reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ketasim import _core
from ketasim._wording.durations import NO_TIME_H
from ketasim.catalogue._model_tables import states
from ketasim.catalogue._vocabulary import POSITIVITY
from ketasim.dosing._dose import Dose
from ketasim.dosing._regimen import Regimen
from ketasim.scenario._scenario import Scenario
from ketasim.scenario._solver_options import SolverOptions


def core_scenario(scenario: Scenario) -> _core.Scenario:
    """Return the scenario in the form that the compiled core reads."""
    return _core.Scenario(**core_arguments(scenario))


def core_arguments(scenario: Scenario) -> dict[str, Any]:
    """Return the scenario as plain values."""
    subject = scenario.subject
    doses, resets = core_regimen(scenario, scenario.regimen)
    return {
        "records": doses,
        "resets": resets,
        "context": scenario.context,
        "species": subject.species,
        "variant": scenario.variant or "",
        "parameters": scenario.all_parameters(),
        "weight_kg": subject.weight_kg,
        "severity": subject.severity,
        "baseline_madrs": subject.baseline_madrs,
    }


def core_regimen(scenario: Scenario, regimen: Regimen) -> tuple[list[Record], list[float]]:
    """Return dose records and resets of a regimen together with the interventions of the scenario."""
    return records((*regimen.doses, *scenario.interventions)), list(regimen.resets)


def core_options(o: SolverOptions, only_for: Sequence[str] = ()) -> dict[str, Any]:
    """Return the solver options in the form that the compiled core reads.

    Where ``only_for`` names readouts, what none of them depends on is not computed.
    """
    names = states().names
    core: dict[str, Any] = {
        "method": o.method,
        "rtol": o.rtol,
        "max_steps": o.max_steps,
        "max_rejections": o.max_rejections,
        "at_event": o.at_event,
        "only_for": list(only_for),
    }
    for name in ("max_step", "first_step", "max_wall_seconds"):
        if getattr(o, name):
            core[name] = getattr(o, name)
    if o.atol is None:
        core["atol_factor"] = o.rtol
    elif isinstance(o.atol, (int, float)):
        core["atol_factor"] = float(o.atol)
    else:
        atol = o.rtol * np.array([row["typical"] for row in states()])
        for name, tolerance in o.atol.items():
            states()[name]
            atol[names.index(name)] = tolerance
        core["atol"] = atol.tolist()
    policy = o.positivity
    if isinstance(policy, str):
        if policy != POSITIVITY[0]:
            core["positivity"] = [
                policy if row["low"] >= 0.0 else POSITIVITY[0] for row in states()
            ]
    elif policy:
        policies = [POSITIVITY[0]] * len(names)
        for name, what in policy.items():
            policies[names.index(name)] = what
        core["positivity"] = policies
    return core


#: A dose in the terms of the compiled core.
Record = tuple[str, float, str, str, float, float, float, int, float, float, int]


def records(doses: Iterable[Dose]) -> list[Record]:
    """Return doses in the form that the compiled core reads.

    A dose given by ``rate`` keeps the rate: bioavailability scales its duration. A constant infusion up
    to its steady state is the amount of one hour.
    """
    return [
        (
            d.drug,
            d.rate if d.constant_infusion and d.rate else d.amount,
            d.unit,
            d.route,
            d.start_h if abs(d.start_h) > NO_TIME_H else 0.0,
            1.0 if d.constant_infusion else d.length_h,
            d.interval_h,
            d.additional,
            d.lag_h if d.lag_h > NO_TIME_H else 0.0,
            1.0 if d.constant_infusion else d.bioavailability,
            d.steady_state,
        )
        for d in doses
    ]
