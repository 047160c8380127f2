"""The verb: a scenario in, a run out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from dataclasses import replace
from inspect import signature
from typing import Any, Literal, NoReturn, TypedDict, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketasim import _core
from ketasim.dose import AT_ONCE_H, Dose
from ketasim.errors import ScenarioError, SimulationError
from ketasim.memory import check_memory
from ketasim.names import check_name, shortened
from ketasim.parameter_ranges import check_parameters
from ketasim.regimen import Record, Regimen, records
from ketasim.run import Run
from ketasim.scenario import Scenario
from ketasim.solver_options import SolverOptions
from ketasim.subject import Subject
from ketasim.tables import states
from ketasim.time import LONGEST_H, NO_TIME_H, hours

POSITIVITY = ("ignore", "warn", "reject_step", "error")

#: A default run follows the last dose for this long, and lasts at least as long in all [h].
FOLLOW_UP_H = 168.0
SHORTEST_H = 336.0

#: Chosen times for subjects with regimens of their own: what 400 doses of one subject would take.
#: Times of every dose of everybody would grow with the subjects, and a result with their square.
MOST_SHARED_TIMES = 3000


class SolverKeywords(TypedDict, total=False):
    """Fields of `SolverOptions`, accepted as keywords by `simulate`."""

    method: str
    rtol: float
    atol: float | Mapping[str, float] | None
    max_step: float | None
    first_step: float | None
    max_steps: int
    max_rejections: int
    max_wall_seconds: float | None
    at_event: str
    positivity: str | Mapping[str, str]


def simulate(
    scenario: Scenario | Regimen | Dose | str,
    *,
    until: float | str | None = None,
    t_eval: ArrayLike | None = None,
    subject: Subject | None = None,
    context: str | None = None,
    interventions: Iterable[Dose] | None = None,
    parameters: Mapping[str, float] | None = None,
    variant: str | None = None,
    on_failure: Literal["raise", "return"] = "raise",
    options: SolverOptions | None = None,
    **solver: Unpack[SolverKeywords],
) -> Run:
    """Simulate a scenario.

    Parameters
    ----------
    scenario : Scenario, Regimen, Dose or str
        A string is read as a regimen: ``"ketamine 0.5 mg/kg iv over 40 min"``.
    until : float or str, optional
        End of the run: hours, or text such as ``"14 d"``. Default: 7 d after the last dose, at
        least 14 d. Output times are then chosen to show every dose and the whole span.
    t_eval : array_like, shape (n_times,), optional
        Output times [h], strictly increasing; returned bit for bit. Excludes ``until``.
    subject, context, interventions, parameters, variant : optional
        Replace the parts of the scenario of the same name.
    on_failure : {'raise', 'return'}
        What to do when integration stops early: raise `SimulationError`, which carries the partial
        run, or return the partial run, NaN where it did not get.
    options : SolverOptions, optional
        Or give its fields as keywords: ``rtol=1e-8, method="rodas4"``.

    Returns
    -------
    Run

    Raises
    ------
    ScenarioError, ParameterError, UnknownNameError
        Before the first step, for an impossible request.
    SimulationError
        When integration stops early and ``on_failure="raise"``.

    Notes
    -----
    A value reported at the time of an event is the one before its jump (``at_event="before"``);
    inputs such as infusion rates and tool compounds count as switched on. The same rule holds for
    boluses, infusion starts and ends, and resets. Runs may be made from several threads at once;
    the interpreter lock is released while solving and Ctrl-C is obeyed.
    """
    check_keywords(simulate, solver)
    check_name(on_failure, ("raise", "return"), "on_failure")
    whole = as_scenario(
        scenario,
        subject=subject,
        context=context,
        interventions=interventions,
        parameters=parameters,
        variant=variant,
    )
    chosen = solver_options(options, solver)
    times = output_times(whole, until, t_eval)
    trajectory = run_core(whole, times, chosen)
    run = Run(whole, chosen, trajectory)
    if on_failure == "raise" and not run.success:
        raise SimulationError(run.message, run)
    return run


def as_scenario(scenario: Scenario | Regimen | Dose | str, **parts: Any) -> Scenario:
    """A scenario from what `simulate` accepts, with the given parts replaced and checked."""
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


def check_keywords(function: Callable[..., Any], given: Mapping[str, Any]) -> None:
    """Refuse keywords that are neither those of a function nor fields of `SolverOptions`."""
    if not given.keys() <= SolverKeywords.__annotations__.keys():
        own = [p.name for p in signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY]
        for name in given:
            check_name(name, (*own, *SolverKeywords.__annotations__), "keyword")


def solver_options(options: SolverOptions | None, keywords: Mapping[str, Any]) -> SolverOptions:
    """Options given whole or as keywords; both at once are combined."""
    given: object = options
    if not isinstance(given, SolverOptions | None):
        raise ScenarioError(
            f"options = {shortened(given)}: give SolverOptions(...), or its fields as keywords"
        )
    if options is None:
        return SolverOptions(**keywords)
    return replace(options, **keywords) if keywords else options


def run_core(scenario: Scenario, times: NDArray[np.float64], o: SolverOptions) -> _core.Trajectory:
    return _core.simulate(**core_arguments(scenario), t_eval=times, options=core_options(o))


def core_arguments(scenario: Scenario) -> dict[str, Any]:
    """The scenario in the terms of the compiled core."""
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
        "baseline_madrs": subject.baseline_severity,
    }


def core_regimen(scenario: Scenario, regimen: Regimen) -> tuple[list[Record], list[float]]:
    """Dose records and resets under a regimen and the interventions of the scenario."""
    return records((*regimen.doses, *scenario.interventions)), list(regimen.resets)


def core_options(o: SolverOptions) -> dict[str, Any]:
    """Solver options in the terms of the compiled core."""
    names = states().names
    core: dict[str, Any] = {
        "method": o.method,
        "rtol": o.rtol,
        "max_steps": o.max_steps,
        "max_rejections": o.max_rejections,
        "at_event": o.at_event,
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
        if policy != "ignore":
            core["positivity"] = [POSITIVITY.index(policy)] * len(names)
    elif policy:
        digits = [0] * len(names)
        for name, what in policy.items():
            states()[name]
            digits[names.index(name)] = POSITIVITY.index(what)
        core["positivity"] = digits
    return core


def output_times(
    scenario: Scenario,
    until: float | str | None,
    t_eval: ArrayLike | None,
    regimens: Iterable[Regimen] = (),
) -> NDArray[np.float64]:
    """Output times [h] from ``until`` or ``t_eval``; refuses doses that begin after the end.

    ``regimens`` are more that the times are to show; their own doses may begin after the end.
    """
    doses = (*scenario.regimen.doses, *scenario.interventions)
    if t_eval is not None:
        if until is not None:
            raise ScenarioError("give until or t_eval, not both")
        times = _checked_times(t_eval)
    else:
        own = dict.fromkeys(dose for regimen in regimens for dose in regimen.doses)
        shown = (*doses, *own)
        end = _default_end(shown) if until is None else hours(until, "until")
        if not end > AT_ONCE_H:
            raise ScenarioError(
                f"until = {until!r}: the end must lie after 0 h, for example '14 d'"
            )
        times = _telling_times(shown, end)
        if own and times.size > MOST_SHARED_TIMES:
            kept = np.linspace(0, times.size - 1, MOST_SHARED_TIMES)
            times = times[kept.round().astype(np.intp)]
    check_reach(doses, float(times[-1]))
    return times


def check_reach(doses: Iterable[Dose], end: float) -> None:
    """Refuse a dose that begins after the end of the run [h]."""
    for dose in doses:
        start = dose.start_h + dose.lag_h
        if start > end:
            raise ScenarioError(
                f"{dose}: starts at {start:g} h, after the end of the run at {end:g} h; "
                "raise until (or t_eval) or remove the dose"
            )


def check_number_of_times(n: int) -> None:
    """Refuse more output times than memory can hold, before there is an array of them."""
    # Time, segment and all states, and the states once more when they become an array.
    numbers = 2 + 2 * len(states())
    check_memory(8.0 * n * numbers, f"{n} output times", "ask for fewer times")


def _checked_times(t_eval: ArrayLike) -> NDArray[np.float64]:
    if isinstance(t_eval, Sized):
        check_number_of_times(len(t_eval))
    try:
        given = np.asarray(t_eval)
        numbers = given.dtype.kind in "iufO"
        # A copy: results keep their times, whatever happens to the array they were given in.
        times = np.array(given if numbers else [], dtype=np.float64, ndmin=1, order="C")
    except (TypeError, ValueError, OverflowError):
        numbers = False
    if not numbers:
        raise ScenarioError(
            f"t_eval = {shortened(t_eval)}: give numbers in hours, for example [0, 2/3, 24] or "
            "numpy.linspace(0, 336, 100)"
        )
    if times.ndim != 1 or times.size == 0:
        raise ScenarioError(
            f"t_eval has shape {times.shape}: give at least one time in a one-dimensional array [h]"
        )
    if not _in_order(times):
        _refuse_times(times)
    return times


def _in_order(times: NDArray[np.float64]) -> bool:
    """Whether times are increasing and within bounds, without NaN, and none is all but 0."""
    if not (times[1:] > times[:-1]).all() or not abs(times[0]) <= LONGEST_H >= abs(times[-1]):
        return False
    k = int(times.searchsorted(-NO_TIME_H))
    return not any(0.0 < abs(time) <= NO_TIME_H for time in times[k : k + 2].tolist())


def _refuse_times(times: NDArray[np.float64]) -> NoReturn:
    bad = np.flatnonzero(~np.isfinite(times))
    if bad.size:
        raise ScenarioError(f"t_eval[{bad[0]}] = {times[bad[0]]}: times must be finite hours")
    near = np.flatnonzero((times != 0.0) & (np.abs(times) <= NO_TIME_H))
    if near.size:
        raise ScenarioError(
            f"t_eval[{near[0]}] = {times[near[0]]} h: too close to 0 to tell; give 0"
        )
    far = np.flatnonzero(np.abs(times) > LONGEST_H)
    if far.size:
        raise ScenarioError(
            f"t_eval[{far[0]}] = {times[far[0]]:g} h: at most {LONGEST_H:,.0f} h (100 years) from t = 0"
        )
    i = int(np.flatnonzero(np.diff(times) <= 0.0)[0]) + 1
    kind = "repeats" if times[i] == times[i - 1] else "comes before"
    raise ScenarioError(
        f"t_eval[{i}] = {times[i]:g} h {kind} t_eval[{i - 1}] = {times[i - 1]:g} h: times must "
        "be strictly increasing; use numpy.unique(t_eval)"
    )


def _starts(doses: Sequence[Dose]) -> list[float]:
    return [d.start_h + d.lag_h + k * d.interval_h for d in doses for k in range(d.additional + 1)]


def _default_end(doses: Sequence[Dose]) -> float:
    return max(SHORTEST_H, max(_starts(doses), default=0.0) + FOLLOW_UP_H)


def _telling_times(doses: Sequence[Dose], end: float) -> NDArray[np.float64]:
    """Times that show the fast rise after every dose and the slow course of the whole."""
    parts = [np.array([0.0]), np.linspace(0.0, end, 337)]
    starts = sorted({s for s in _starts(doses) if 0.0 <= s < end})
    per_dose = max(6, min(160, 2400 // max(1, len(starts))))
    parts += [start + np.geomspace(1 / 60, 24.0, per_dose) for start in starts]
    # Levels peak where an infusion ends.
    parts += [np.array(_starts([d])) + d.length_h for d in doses if d.length_h < 24.0]
    times = np.unique(np.concatenate(parts))
    keep = times[(times >= 0.0) & (times <= end)]
    return np.ascontiguousarray(keep, dtype=np.float64)
