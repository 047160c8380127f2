"""Simulation of a scenario."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, Unpack

from numpy.typing import ArrayLike

from ketasim import _core
from ketasim._wording.names import check_name
from ketasim.dosing._dose import Dose
from ketasim.dosing._regimen import Regimen
from ketasim.scenario._for_core import core_options, core_scenario
from ketasim.scenario._output_times import output_times
from ketasim.scenario._overrides import as_scenario
from ketasim.scenario._scenario import Scenario
from ketasim.scenario._solver_options import (
    SolverKeywords,
    SolverOptions,
    check_keywords,
    solver_options,
)
from ketasim.scenario._subject import Subject
from ketasim.simulation._run import Run
from ketasim.simulation._simulation_error import SimulationError


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
        Text is read as a regimen: ``"ketamine 0.5 mg/kg iv over 40 min"``.
    until : float or str, optional
        End of the run: hours, or text such as ``"14 d"``. Default: 7 d after the last dose, at
        least 14 d. Output times are then chosen so that every dose and the whole run are visible.
    t_eval : array_like, shape (n_times,), optional
        Output times [h], strictly increasing; returned unchanged. Excludes ``until``.
    subject : Subject, optional
        Replaces the subject of the scenario.
    context : str, optional
        Replaces the context of the scenario.
    interventions : iterable of Dose, optional
        Replaces the interventions of the scenario.
    parameters : mapping of str to float, optional
        Replaces the overridden parameters of the scenario.
    variant : str, optional
        Replaces the circuit variant of the scenario.
    on_failure : {'raise', 'return'}
        Action when integration stops early: raise `SimulationError`, which carries the partial
        run (default), or return the partial run, with NaN after the stop.
    options : SolverOptions, optional
        Its fields may also be given as keywords.
    **solver
        Fields of `SolverOptions`: ``rtol=1e-8, method="rodas4"``.

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
    The value reported at the time of an event is the one before its jump (``at_event="before"``);
    inputs such as infusion rates and tool compounds count as switched on. The same rule holds for
    boluses, infusion starts and ends, and resets. Several threads may simulate at once; the
    interpreter lock is released while solving, and Ctrl-C stops a run.

    Examples
    --------
    >>> import ketasim as ks
    >>> run = ks.simulate("ketamine 0.5 mg/kg iv over 40 min", t_eval=[0, 2 / 3, 24])
    >>> print(f"{run['ketamine_venous'][1]:.0f} {run.unit('ketamine_venous')}")
    163 ng/mL
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
    trajectory = _core.simulate(core_scenario(whole), times, core_options(chosen))
    run = Run(whole, chosen, trajectory)
    if on_failure == "raise" and not run.success:
        raise SimulationError(run.message, run)
    return run
