"""What must hold of every scenario that `scenarios.draw` makes; see docs/how-to/fuzz.md.

An oracle takes a case and returns a short word for statistics, or raises `Fault` with what is
wrong. Oracles of `LIGHT` are tried on every scenario, those of `HEAVY` on a share of them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scenarios import SPECIES, Case, Reach

import ketasim as ks
from ketasim import _core

Floats = NDArray[np.float64]

#: What the errors of single steps add up to, in units of the tolerance: as Trajectory::judge_readouts.
TOLERANCES = 100.0

#: Largest error of a run in units of the tolerance asked for, root mean square over the states.
#: The largest one of some thousand scenarios is below 10. States that follow the inputs within
#: milliseconds are interpolated over that in the first step after an event (bench/accuracy.md).
MOST_ERROR, MOST_ERROR_OF_RATES = 100.0, 3000.0

#: Honest ends of a run. Within plausible parameters only success is one.
ENDS = (
    "success", "max_steps_reached", "too_many_rejections", "step_too_small", "non_finite_rhs",
    "non_finite_state", "singular_matrix", "negative_state", "readout_out_of_range",
)  # fmt: skip

_STATES = ks.states()
_LOW = np.array([row["low"] for row in _STATES])
_HIGH = np.array([row["high"] for row in _STATES])
_TYPICAL = np.array([row["typical"] for row in _STATES])
_RATES = np.isin(_STATES.names, ("disinhibition.e", "disinhibition.i", "glutamate.G"))
_READOUTS = ks.readouts()
_SCALE_LOW = np.array([row["scale_low"] for row in _READOUTS])
_SCALE_HIGH = np.array([row["scale_high"] for row in _READOUTS])


#: Faults that are known and not mended: for which reach of parameters, the words, and why.
KNOWN: Sequence[tuple[Sequence[Reach], str, str]] = (
    (
        ("default", "plausible"),
        r"step_too_small: .*worst state disinhibition\.H",
        "disinhibition.H changes within less than the smallest step at this time",
    ),
    (
        ("plausible",),
        r"(too_many_rejections|max_steps_reached): .*worst state (disinhibition\.|glutamate\.G)",
        "excitation and inhibition oscillate 16 to 24 times a second",
    ),
    (
        ("plausible",),
        r"non_finite_(rhs|state): .*Excitation grows without bound",
        "recurrent excitation outweighs inhibition where the autoreceptors are blocked",
    ),
    (
        ("plausible", "possible"),
        r"success, but \S+ runs from .* with bounds",
        "parameters at the ends of their ranges drive a state out of its bounds",
    ),
)


def known(case: Case, fault: str) -> str:
    """Return why a fault is known; '' for a new one."""
    for reach, words, why in KNOWN:
        if case.reach in reach and re.search(words, fault):
            return why
    return ""


class Fault(AssertionError):  # noqa: N818 - an outcome, not an error of a program
    """Something that must hold does not."""


class Untested(Exception):  # noqa: N818
    """A case to which an oracle does not apply."""


def run_of(case: Case, **changes: Any) -> ks.Run:
    """Simulate a case; the partial run, if it stops early.

    Raises
    ------
    Untested
        If there is no state before treatment; whether that is right is the matter of `honest`.
    """
    options = replace(case.options, **changes) if changes else case.options
    try:
        return ks.simulate(case.scenario, t_eval=case.t_eval, options=options, on_failure="return")
    except ks.ParameterError as error:
        if "no steady state" not in str(error) or case.reach == "default":
            raise
        raise Untested from error


def tolerances(case: Case) -> tuple[float, float]:
    """Return the relative tolerance and the absolute one, as a share of typical sizes."""
    rtol = case.options.rtol
    atol = case.options.atol
    assert atol is None or isinstance(atol, float)
    return rtol, rtol if atol is None else atol


def honest(case: Case) -> str:
    """Check that a run ends well or says why; what it shows is finite and within limits."""
    try:
        run = run_of(case)
    except Untested:
        return "no steady state"
    if run.status not in ENDS:
        raise Fault(f"unknown status {run.status}: {run.message}")
    if not np.array_equal(run.t, case.t_eval):
        raise Fault("the times are not those asked for")
    shown = np.isfinite(run.y)
    reached = shown.all(axis=1)
    if (shown.any(axis=1) != reached).any() or (np.diff(reached.astype(int)) > 0).any():
        raise Fault("a row is finite in part, or finite after one that was not reached")
    if run.status in ("success", "readout_out_of_range"):
        if not reached.all():
            raise Fault(f"{run.status}, but a state is not finite")
    elif reached.all():
        raise Fault(f"{run.status}, but all rows were reached")
    shown_readouts = np.array([run[name] for name in _READOUTS.names])
    told = ~np.isnan(shown_readouts[:, ~reached]).all(axis=1)
    if told.any():
        name = _READOUTS.names[int(np.flatnonzero(told)[0])]
        raise Fault(f"{name} has a value at a time that was not reached")
    if run.status != "success":
        if case.reach != "possible":
            raise Fault(f"parameters are plausible, but {run.message}")
        return run.status
    rtol, atol = tolerances(case)
    _check_readouts(run, shown_readouts, max(rtol, atol))
    _check_states(case, run, rtol, atol)
    return "success"


def _check_readouts(run: ks.Run, values: Floats, tolerance: float) -> None:
    low, high = values.min(axis=1), values.max(axis=1)
    if not (np.isfinite(low) & np.isfinite(high)).all():
        raise Fault("success, but a readout is not finite")

    def out(usual: Floats | float) -> NDArray[np.bool_]:
        # Of a scale without an end: the largest value, at least what is usual.
        ends = np.isfinite(_SCALE_HIGH - _SCALE_LOW)
        widest = np.maximum(abs(values).max(axis=1), usual)
        margin = TOLERANCES * tolerance * np.where(ends, _SCALE_HIGH - _SCALE_LOW, widest)
        return (low < _SCALE_LOW - margin) | (high > _SCALE_HIGH + margin)

    if out(1.0).any():
        # Tolerances are shares of typical amounts, which are high levels in a small animal.
        wrong = out(np.maximum(_readouts_of_typical_states(run), 1.0))
        if wrong.any():
            k = int(np.flatnonzero(wrong)[0])
            name, unit = _READOUTS.names[k], _READOUTS[k]["unit"]
            raise Fault(f"success, but {name} runs from {low[k]} to {high[k]} {unit}")


def _readouts_of_typical_states(run: ks.Run) -> Floats:
    """Return what the subject of a run shows when every state has its typical size."""
    trajectory = run._trajectory
    parts = list(trajectory.__getstate__())
    parts[0], parts[1], parts[2] = [0.0], _TYPICAL.tolist(), [0]
    typical = type(trajectory).__new__(type(trajectory))
    typical.__setstate__(tuple(parts))
    shown = np.array([abs(typical.readout(name)[0]) for name in _READOUTS.names])
    return np.where(np.isfinite(shown), shown, 0.0)


def _check_states(case: Case, run: ks.Run, rtol: float, atol: float) -> None:
    margin = TOLERANCES * (atol * _TYPICAL + rtol * abs(run.y).max(axis=0))
    low, high = (run.y.min(axis=0), run.y.max(axis=0))
    out = (low < _LOW - margin) | ((high > _HIGH + margin) & (case.reach != "possible"))
    if out.any():
        k = int(np.flatnonzero(out)[0])
        raise Fault(
            f"success, but {_STATES.names[k]} runs from {low[k]:.6g} to {high[k]:.6g}, with bounds "
            f"{_LOW[k]:g} and {_HIGH[k]:g}"
        )


def accurate(case: Case) -> str:
    """Compare a run with one at rtol 1e-11, in units of the tolerance asked for."""
    rtol, atol = tolerances(case)
    if rtol < 1e-9 or case.reach == "possible":
        raise Untested
    run = run_of(case)
    exact = run_of(case, rtol=1e-11, atol=None, max_step=None, first_step=None)
    if not (run.success and exact.success):
        raise Untested  # the matter of `honest`
    scale = atol * _TYPICAL + rtol * np.maximum(abs(run.y), abs(exact.y))
    apart = (run.y - exact.y) / scale
    error = float(np.sqrt(np.mean(apart[:, ~_RATES] ** 2, axis=1)).max())
    if not error <= MOST_ERROR:
        raise Fault(f"the error is {error:.3g} times the tolerance asked for")
    of_rates = float(abs(apart[:, _RATES]).max())
    if not of_rates <= MOST_ERROR_OF_RATES:
        raise Fault(f"the error of rates is {of_rates:.3g} times the tolerance asked for")
    return f"error up to {10.0 ** math.ceil(math.log10(max(error, 1e-2))):g} tolerances"


def same_bits(case: Case) -> str:
    """Compare members of an ensemble, over lanes and threads, with single runs."""
    r = Random(f"bits/{case.seed}/{case.index}")
    n = r.choice((1, 3, 5, 9))
    row = SPECIES[case.scenario.subject.species]
    weights = [r.uniform(row["lightest_kg"], row["heaviest_kg"]) for _ in range(n)]
    severities = [r.random() for _ in range(n)]
    keep = r.sample(ks.readouts().names, 5)
    subject = case.scenario.subject
    given = dict(case.scenario.parameters)
    # A population with given sensitivities has no spread of it, unless asked for.
    names = [n for n in ks.parameters(subject.species).names if n != "symptoms.sensitivity"]
    moved = r.choice(names)
    table = ks.parameters(subject.species)[moved]
    values = [r.uniform(table["low"], table["high"]) for _ in range(n)]
    people = ks.simulate_population(
        replace(case.scenario, parameters={k: v for k, v in given.items() if k != moved}),
        n,
        readouts=keep,
        t_eval=case.t_eval,
        parameters={moved: values},
        weight_kg=weights,
        severity=severities,
        threads=r.choice((1, 2, 3)),
        **_keywords(case.options),
    )
    for k in range(n):
        own = replace(subject, weight_kg=weights[k], severity=severities[k])
        try:
            scenario = replace(case.scenario, subject=own, parameters={**given, moved: values[k]})
            run = ks.simulate(
                scenario, t_eval=case.t_eval, options=case.options, on_failure="return"
            )
        except ks.KetasimError as error:
            if people.status[k] != "refused" or people.message[k] != str(error):
                raise Fault(f"alone member {k} is refused: {error}; {people.message[k]}") from error
            continue
        if run.status != people.status[k]:
            raise Fault(f"alone member {k} ends as {run.status}, here as {people.status[k]}")
        for name in keep:
            if run[name].tobytes() != np.ascontiguousarray(people[name][k]).tobytes():
                raise Fault(f"{name} of member {k} of {n} has other bits than alone")
    return "same bits"


def _keywords(options: ks.SolverOptions) -> dict[str, Any]:
    return {name: getattr(options, name) for name in options.__dataclass_fields__}


def order_is_free(case: Case) -> str:
    """Compare a run with one whose dose records have another order, and fewer output times."""
    r = Random(f"order/{case.seed}/{case.index}")
    run = run_of(case)
    regimen, interventions = case.scenario.regimen, case.scenario.interventions
    doses, resets = list(regimen.doses), list(regimen.resets)
    r.shuffle(doses)
    r.shuffle(resets)
    shuffled = replace(
        case.scenario,
        regimen=ks.Regimen(tuple(doses), tuple(resets)),
        interventions=tuple(r.sample(interventions, len(interventions))),
    )
    kept = np.array([*(k for k in range(len(case.t_eval) - 1) if k % 2), len(case.t_eval) - 1])
    if case.t_eval[0] < 0.0:
        kept = np.unique([0, *kept])  # the run begins with a time before 0
    other = run_of(replace(case, scenario=shuffled, t_eval=case.t_eval[kept]))
    if other.status != run.status:
        raise Fault(f"in another order it ends as {other.status}, not as {run.status}")
    if other.y.tobytes() != run.y[kept].tobytes():
        apart = abs(other.y - run.y[kept]).max()
        raise Fault(f"in another order, or with fewer times, it differs by {apart:g}")
    return "order is free"


#: A tenth of it is the step of differences; the error of a difference falls with its square.
STEP = 1e-4


def gradient(case: Case) -> str:
    """Compare derivatives with central differences."""
    r = Random(f"gradient/{case.seed}/{case.index}")
    scenario = case.scenario
    doses = (*scenario.regimen.doses, *scenario.interventions)
    if case.reach == "possible" or any(d.steady_state for d in doses):
        raise Untested
    by, value, changed = _argument(r, scenario)
    # At the time of an event a derivative has two values.
    end = case.t_eval[-1] + 0.01  # a dose at the end is reached
    times = np.array([t for t in (*case.t_eval, end) if _far_from_events(t, scenario)])
    if times.size == 0 or times[-1] < end:
        raise Untested
    names = r.sample(ks.readouts().names, 3)
    options = ks.SolverOptions(rtol=1e-10)
    try:
        s = ks.sensitivity(scenario, [by], names, t_eval=times, rtol=1e-10)
    except (ks.SimulationError, ks.ParameterError) as error:
        if isinstance(error, ks.ParameterError) and "no steady state" not in str(error):
            raise
        raise Untested from error  # what a run without a result is like is the matter of `honest`
    worst: dict[str, float] = {}
    for step in (STEP, STEP * 10, STEP / 10):
        h = step * max(abs(value), 1e-3)
        try:
            up, down = (
                ks.simulate(changed(value + way * h), t_eval=times, options=options)
                for way in (1, -1)
            )
        except ks.KetasimError:
            raise Untested from None
        for name in names:
            difference = (up[name] - down[name]) / (2.0 * h)
            # Late in a run only the absolute tolerance limits the error of a small number.
            size = max(abs(up[name]).max(), 1e-2)
            noise = (
                1e-7 * size / h + 1e-3 * abs(difference).max() + 1e-6 * size / max(abs(value), 1e-3)
            )
            apart = float((abs(s[name][:, 0] - difference) / noise).max())
            if not np.isfinite(s[name]).all():
                raise Fault(f"the derivative of {name} by {by} is not finite")
            worst[name] = min(worst.get(name, math.inf), apart)
    for name, apart in worst.items():
        if apart > 1.0:
            raise Fault(f"the derivative of {name} by {by} is no difference quotient ({apart:.3g})")
    return "gradient"


def _argument(
    r: Random, scenario: ks.Scenario
) -> tuple[str, float, Callable[[float], ks.Scenario]]:
    """Choose what to differentiate by: its name, its value, and the scenario with another value."""
    kind = r.choice(("parameter", "parameter", "subject", "dose"))
    doses = scenario.regimen.doses
    if kind == "dose" and doses:
        k = r.randrange(len(doses))
        if doses[k].drug == "placebo" or doses[k].rate is not None:
            raise Untested
        field = r.choice(("amount", "amount", "bioavailability"))

        def with_dose(value: float) -> ks.Scenario:
            changed = (*doses[:k], replace(doses[k], **{field: value}), *doses[k + 1 :])
            return replace(scenario, regimen=ks.Regimen(changed, scenario.regimen.resets))

        return f"dose[{k}].{field}", getattr(doses[k], field), with_dose
    if kind == "subject":
        field = r.choice(("weight_kg", "severity"))

        def with_subject(value: float) -> ks.Scenario:
            return replace(scenario, subject=replace(scenario.subject, **{field: value}))

        return field, float(getattr(scenario.subject, field) or 0.0), with_subject
    table = ks.parameters(scenario.subject.species)
    name = r.choice([*scenario.parameters] or table.names)
    if scenario.variant is not None and name not in scenario.parameters:
        raise Untested  # the variant's own value is no public number

    def with_parameter(value: float) -> ks.Scenario:
        return replace(scenario, parameters={**scenario.parameters, name: value})

    return name, scenario.parameters.get(name, float(table[name]["value"])), with_parameter


def _far_from_events(t: float, scenario: ks.Scenario) -> bool:
    stops = _core.compiled_schedule(_core_scenario(scenario))["stops"]
    return all(abs(stop[0] - t) > 1e-3 for stop in stops)


def _core_scenario(scenario: ks.Scenario, **changes: Any) -> _core.Scenario:
    from ketasim.scenario._for_core import core_arguments

    return _core.Scenario(**{**core_arguments(scenario), **changes})


#: Nothing leaves the body: no clearance, and all that is swallowed or injected is absorbed.
_CLOSED = {
    **dict.fromkeys(("CLint_S", "CLint_R", "CLn_S", "CLn_R", "CLh_S", "CLh_R"), 0.0),
    **dict.fromkeys(("F_gut", "F_im", "F_sc", "F_met", "F_er", "f_sw"), 1.0),
}
_AMOUNTS = [
    k
    for k, row in enumerate(_STATES)
    if row["module"] == "pharmacokinetics" and row["kind"] == "amount"
]
_BALANCED = ("ketamine", "esketamine", "arketamine", "norketamine", "hnk_2r6r", "hnk_2s6s")


def mass(case: Case) -> str:
    """In a body that nothing leaves, all that was given is found again [umol]."""
    from ketasim.scenario._for_core import core_options

    scenario = case.scenario
    doses = [
        d
        for d in (*scenario.regimen.doses, *scenario.interventions)
        if d.drug in _BALANCED and d.unit in ("mg", "mg/kg")
    ]
    if not doses:
        raise Untested
    doses = [replace(d, steady_state=0) for d in doses]
    last_reset = max(scenario.regimen.resets, default=-math.inf)
    drugs, weight = ks.drugs(), scenario.subject.weight_kg or 1.0
    given = 0.0
    end = max(0.0, last_reset)
    for d in doses:
        each = d.amount * (weight if d.unit == "mg/kg" else 1.0) * 1e3 / drugs[d.drug]["molar_mass"]
        each *= d.bioavailability  # of a dose with a rate, too: it then lasts longer
        for start in d.start_times:
            if start <= last_reset < start + max(d.length_h, 2.0) + 1.0:
                raise Untested  # a reset in the middle of it: what remains depends on the route
            if start > last_reset:
                given += each
            end = max(end, start + d.length_h)
    only = ks.Scenario(
        ks.Regimen(tuple(doses), scenario.regimen.resets),
        # The state before treatment is then known in closed form, so that it exists without clearance.
        subject=replace(scenario.subject, severity=0.0),
    )
    closed = {f"pharmacokinetics.{name}": value for name, value in _CLOSED.items()}
    core = _core_scenario(only, parameters={**only.all_parameters(), **closed})
    options = ks.SolverOptions(rtol=1e-8)
    run = _core.simulate(core, np.array([end + 100.0]), core_options(options))
    found = float(run.y[0, _AMOUNTS].sum())
    if not abs(found - given) <= 1e-5 * given:
        raise Fault(f"{given:.9g} umol were given, {found:.9g} umol are found")
    return "mass is kept"


LIGHT: Sequence[Callable[[Case], str]] = (honest,)
HEAVY: Sequence[Callable[[Case], str]] = (accurate, same_bits, order_is_free, gradient, mass)
