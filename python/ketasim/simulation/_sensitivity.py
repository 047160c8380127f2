"""Exact derivatives: how readouts answer to parameters, doses and the state before treatment."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from numpy.typing import ArrayLike

from ketasim import _core
from ketasim._arrays import FloatArray
from ketasim._runtime.optional import require
from ketasim._wording.names import check_name, shortened
from ketasim.catalogue._model_tables import parameters, states
from ketasim.catalogue._model_tables import readouts as readout_table
from ketasim.dosing._dose import Dose
from ketasim.dosing._regimen import Regimen
from ketasim.errors import ScenarioError
from ketasim.scenario._for_core import core_options, core_scenario
from ketasim.scenario._output_times import output_times
from ketasim.scenario._overrides import as_scenario
from ketasim.scenario._scenario import Scenario
from ketasim.scenario._solver_options import SolverKeywords, SolverOptions, solver_options
from ketasim.simulation._run import Run
from ketasim.simulation._simulation_error import SimulationError

if TYPE_CHECKING:
    import xarray as xr

SUBJECT_FIELDS = {"weight_kg": "kg", "severity": "1", "baseline_madrs": "points"}
DOSE_FIELDS = {
    "amount": "",
    "start_h": "h",
    "duration_h": "h",
    "interval_h": "h",
    "lag_h": "h",
    "bioavailability": "1",
}
_DOSE = re.compile(r"(dose|intervention)(?:\[(\d+)\])?\.(\w+)")


class Sensitivity:
    """A run and the derivatives of its readouts.

    ``s["spine_density"]`` has shape (n_times, n_wrt): the derivative at each time by each of
    ``s.wrt``, in the unit `unit`; NaN where the run did not get. Immutable.
    """

    def __init__(
        self, run: Run, wrt: Sequence[str], names: Sequence[str], gradient: FloatArray
    ) -> None:
        self.run = run
        self.wrt = tuple(wrt)
        self.names = tuple(names)
        gradient.flags.writeable = False
        self._gradient = gradient

    @property
    def t(self) -> FloatArray:
        """Times [h], shape (n_times,)."""
        return self.run.t

    def __getitem__(self, name: str) -> FloatArray:
        """Derivatives of a readout, shape (n_times, n_wrt).

        Raises
        ------
        UnknownNameError
            If the readout was not asked for.
        """
        check_name(name, self.names, "readout of this sensitivity")
        return self._gradient[:, self.names.index(name), :]

    def elasticity(self, name: str) -> FloatArray:
        """Relative change of a readout per relative change of what varies, shape (n_times, n_wrt).

        ``derivative x value of what varies / readout``; NaN where the readout is 0.
        """
        values = np.array([_value_of(self.run.scenario, by) for by in self.wrt])
        readout = self.run[name][:, np.newaxis]
        with np.errstate(divide="ignore", invalid="ignore"):
            relative: FloatArray = np.where(readout == 0.0, np.nan, self[name] * values / readout)
        return relative

    def unit(self, name: str, by: str) -> str:
        """Unit of a derivative, such as 'points/h'."""
        check_name(name, self.names, "readout of this sensitivity")
        check_name(by, self.wrt, "varied name")
        return f"{self.run.unit(name)}/({_unit_of(self.run.scenario, by)})"

    def to_xarray(self) -> xr.Dataset:
        """One variable per readout over (time, wrt) (extra ``ketasim[xarray]``)."""
        xarray: Any = require("xarray", "xarray")
        data = {name: (("time", "wrt"), self[name], {"units": "see wrt"}) for name in self.names}
        for name in self.names:
            data[name][2]["units"] = "; ".join(self.unit(name, by) for by in self.wrt)
        coords = {"time": ("time", self.t, {"units": "h"}), "wrt": ("wrt", list(self.wrt))}
        dataset: xr.Dataset = xarray.Dataset(data, coords=coords, attrs=self.run.metadata)
        return dataset

    def __repr__(self) -> str:
        return (
            f"<Sensitivity: {', '.join(self.names)} by {len(self.wrt)} of {self.run.scenario}; "
            f"{self.t.size} times>"
        )


def sensitivity(
    scenario: Scenario | Regimen | Dose | str,
    wrt: Sequence[str],
    readouts: Sequence[str],
    *,
    until: float | str | None = None,
    t_eval: ArrayLike | None = None,
    gradient_in_error_test: bool = False,
    **solver: Unpack[SolverKeywords],
) -> Sensitivity:
    """Simulate and differentiate.

    The tangent of every step that the solver took, through every event and through the steady state
    before treatment: the derivative of the computed solution, with the steps held fixed. One run
    serves all directions.

    Parameters
    ----------
    scenario : Scenario, Regimen, Dose or str
        As in `simulate`.
    wrt : sequence of str
        What varies: parameters (``"mtor.tau_M"``), ``"weight_kg"``, ``"severity"``,
        ``"baseline_madrs"``, the fields ``amount``, ``start_h``, ``duration_h``, ``interval_h``,
        ``lag_h`` and ``bioavailability`` of a dose (``"dose[0].amount"``) or of an intervention
        (``"intervention[0].start_h"``) with all their repeats, and states before treatment
        (``"initial.mtor.M"``). ``"dose.amount"`` is the first dose.
    readouts : sequence of str
        What is differentiated.
    until, t_eval, **solver
        As in `simulate`; methods ``rodas5p`` and ``rodas4``.
    gradient_in_error_test : bool
        Whether derivatives take part in the choice of steps: times the size of what varies they
        then meet the tolerances of states, for about 60 % more steps. That size is its value (1 if
        it is 0), 1 h for times, and the typical size of a state before treatment.

    Returns
    -------
    Sensitivity

    Raises
    ------
    ScenarioError, UnknownNameError, ParameterError
        Before the first step; also for what cannot be differentiated, such as the length of a bolus.
    SimulationError
        When integration stops early.

    Notes
    -----
    The number of nasal devices is held fixed. At a time at which a dose acts the derivative is that
    of the reported value, before or after the jump. Unless ``gradient_in_error_test``, the run is that
    of `simulate`, bit for bit, and the error of derivatives may exceed the tolerance some ten times.
    """
    whole = as_scenario(scenario)
    asked: object = gradient_in_error_test
    if not isinstance(asked, bool):
        raise ScenarioError(f"gradient_in_error_test = {shortened(asked)}: give True or False")
    names = _checked_list("readouts", readouts)
    for name in names:
        readout_table()[name]
    told = [_core_name(whole, by) for by in _checked_list("wrt", wrt)]
    times = output_times(whole, until, t_eval)
    options = solver_options(None, solver)
    return solve(
        whole, wrt, told, names, times, options, gradient_in_error_test=gradient_in_error_test
    )


def solve(
    scenario: Scenario,
    wrt: Sequence[str],
    told: Sequence[str],
    names: Sequence[str],
    times: FloatArray,
    options: SolverOptions,
    *,
    gradient_in_error_test: bool = False,
) -> Sensitivity:
    """Run and differentiate what has been checked; ``told`` is what the core calls ``wrt``.

    Raises
    ------
    SimulationError
        When integration stops early.
    """
    trajectory, gradient = _core.sensitivity(
        core_scenario(scenario),
        t_eval=times,
        readouts=list(names),
        wrt=list(told),
        options=core_options(options),
        gradient_in_error_test=gradient_in_error_test,
    )
    run = Run(scenario, options, trajectory)
    if not run.success:
        raise SimulationError(run.message, run)
    return Sensitivity(run, wrt, names, gradient)


def _checked_list(what: str, names: Sequence[str]) -> tuple[str, ...]:
    if isinstance(names, str) or not names:
        raise ScenarioError(f"{what} = {names!r}: give a list of names")
    return tuple(names)


def _dose(scenario: Scenario, by: str) -> tuple[int, Dose, str] | None:
    """Position among all records, the dose and its field, for 'dose[0].amount'."""
    match = _DOSE.fullmatch(by)
    if match is None:
        return None
    kind, index, field = match[1], int(match[2] or 0), match[3]
    doses = scenario.regimen.doses if kind == "dose" else scenario.interventions
    if index >= len(doses):
        raise ScenarioError(f"{by}: there are {len(doses)} {kind}s, counted from 0")
    check_name(field, DOSE_FIELDS, "field of a dose")
    if doses[index].rate is not None and field in ("amount", "bioavailability", "duration_h"):
        raise ScenarioError(
            f"{by} cannot be differentiated: the dose is given by its rate, which sets its length; "
            "give duration_h instead"
        )
    before = 0 if kind == "dose" else len(scenario.regimen.doses)
    return before + index, doses[index], field


def _core_name(scenario: Scenario, by: str) -> str:
    """What the compiled core calls it.

    Raises
    ------
    UnknownNameError, ScenarioError
    """
    if (dose := _dose(scenario, by)) is not None:
        return f"dose[{dose[0]}].{dose[2]}"
    if by in SUBJECT_FIELDS:
        return by
    if by.startswith("initial."):
        return f"initial.{states()[by.removeprefix('initial.')]['name']}"
    known = parameters(scenario.subject.species).names
    check_name(by, (*known, *SUBJECT_FIELDS), "parameter")
    return by


def _unit_of(scenario: Scenario, by: str) -> str:
    if (dose := _dose(scenario, by)) is not None:
        return DOSE_FIELDS[dose[2]] or dose[1].unit
    if by in SUBJECT_FIELDS:
        return SUBJECT_FIELDS[by]
    if by.startswith("initial."):
        return str(states()[by.removeprefix("initial.")]["unit"])
    return str(parameters(scenario.subject.species)[by]["unit"])


def _value_of(scenario: Scenario, by: str) -> float:
    if (dose := _dose(scenario, by)) is not None:
        return float(getattr(dose[1], dose[2]))
    if by in SUBJECT_FIELDS:
        value = getattr(scenario.subject, by)
        return float("nan") if value is None else float(value)
    if by.startswith("initial."):
        return float("nan")
    given = scenario.all_parameters()
    known = parameters(scenario.subject.species)
    return float(given[by] if by in given else known[by]["value"])
