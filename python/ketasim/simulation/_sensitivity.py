"""Exact derivatives of readouts by parameters, doses and the state before treatment."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Unpack

import numpy as np
from numpy.typing import ArrayLike

from ketasim import _core
from ketasim._arrays import FloatArray
from ketasim._runtime.optional import require
from ketasim._wording.frozen import same
from ketasim._wording.lists import listed_names
from ketasim._wording.names import check_name, shortened
from ketasim._wording.numbers import check_truth
from ketasim._wording.sealed import sealed, unchangeable
from ketasim.catalogue._model_tables import parameters, states
from ketasim.catalogue._model_tables import readouts as readout_table
from ketasim.dosing._dose import Dose
from ketasim.dosing._regimen import Regimen
from ketasim.errors import ScenarioError, UnknownNameError
from ketasim.scenario._for_core import core_options, core_scenario
from ketasim.scenario._output_times import output_times
from ketasim.scenario._overrides import as_scenario
from ketasim.scenario._scenario import Scenario, given_value
from ketasim.scenario._solver_options import SolverKeywords, SolverOptions, solver_options
from ketasim.scenario._subject import check_weight_varies
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
_DOSE = re.compile(r"(dose|intervention)(?:\[([^\]]*)\])?\.(\w+)")


@sealed
@unchangeable
class Sensitivity:
    """A run and the derivatives of its readouts.

    ``s["spine_density"]`` has shape (n_times, n_wrt): the derivative at each time by each of
    ``s.wrt``, in the unit `unit`; NaN after an early stop. Immutable, made by `sensitivity`.

    Parameters
    ----------
    run : Run
    wrt : sequence of str
        Varied names.
    names : sequence of str
        Differentiated readouts.
    gradient : ndarray, shape (n_times, n_names, n_wrt)

    Examples
    --------
    >>> import ketasim as ks
    >>> s = ks.sensitivity("ketamine 35 mg im", ["mtor.tau_M"], ["p_mtor"], t_eval=[0, 2])
    >>> s["p_mtor"].shape, s.unit("p_mtor", "mtor.tau_M")
    ((2, 1), 'fold/(h)')
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
        """Return the derivatives of a readout, shape (n_times, n_wrt).

        Raises
        ------
        UnknownNameError
            If the readout was not differentiated.
        """
        check_name(name, self.names, "readout of this sensitivity")
        return self._gradient[:, self.names.index(name), :]

    def elasticity(self, name: str) -> FloatArray:
        """Return the relative change of a readout per relative change of each varied quantity.

        It is derivative x varied value / readout; NaN where the readout is 0.

        Parameters
        ----------
        name : str
            A differentiated readout.

        Returns
        -------
        ndarray, shape (n_times, n_wrt)
            Dimensionless.

        Raises
        ------
        UnknownNameError
            If the readout was not differentiated.
        """
        values = np.array([_value_of(self.run.scenario, by) for by in self.wrt])
        readout = self.run[name][:, np.newaxis]
        with np.errstate(divide="ignore", invalid="ignore"):
            relative: FloatArray = np.where(readout == 0.0, np.nan, self[name] * values / readout)
        return relative

    def unit(self, name: str, by: str) -> str:
        """Return the unit of a derivative.

        Parameters
        ----------
        name : str
            A differentiated readout.
        by : str
            A varied name.

        Returns
        -------
        str
            For example 'points/(h)'.

        Raises
        ------
        UnknownNameError
            For a name that is not part of this sensitivity.
        """
        check_name(name, self.names, "readout of this sensitivity")
        check_name(by, self.wrt, "varied name")
        return f"{self.run.unit(name)}/({_unit_of(self.run.scenario, by)})"

    def to_xarray(self) -> xr.Dataset:
        """Return one variable for each readout over (time, wrt) (extra ``ketasim[xarray]``).

        Returns
        -------
        xarray.Dataset
            Units are in the ``attrs`` of each variable, separated by ``;``.

        Raises
        ------
        MissingLibraryError
            Without xarray.
        """
        xarray: Any = require("xarray", "xarray")
        data = {name: (("time", "wrt"), self[name], {"units": "see wrt"}) for name in self.names}
        for name in self.names:
            data[name][2]["units"] = "; ".join(self.unit(name, by) for by in self.wrt)
        coords = {"time": ("time", self.t, {"units": "h"}), "wrt": ("wrt", list(self.wrt))}
        dataset: xr.Dataset = xarray.Dataset(data, coords=coords, attrs=self.run.metadata)
        return dataset

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sensitivity):
            return NotImplemented
        return same(
            (self.run, self.wrt, self.names, self._gradient),
            (other.run, other.wrt, other.names, other._gradient),
        )

    __hash__ = None  # type: ignore[assignment]

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._gradient.flags.writeable = False

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
    """Simulate a scenario and differentiate readouts.

    Parameters
    ----------
    scenario : Scenario, Regimen, Dose or str
        As in `simulate`.
    wrt : sequence of str
        Varied names: parameters (``"mtor.tau_M"``; the derivative is by the value before the factors
        of the subject), ``"weight_kg"``, ``"severity"``,
        ``"baseline_madrs"``, the fields ``amount``, ``start_h``, ``duration_h``, ``interval_h``,
        ``lag_h`` and ``bioavailability`` of a dose (``"dose[0].amount"``) or of an intervention
        (``"intervention[0].start_h"``) with all its repeats, and states before treatment
        (``"initial.mtor.M"``). ``"dose.amount"`` is the first dose.
    readouts : sequence of str
        Readouts to differentiate.
    until : float or str, optional
        As in `simulate`.
    t_eval : array_like, shape (n_times,), optional
        As in `simulate`.
    gradient_in_error_test : bool
        Whether derivatives take part in the choice of steps (default False). Derivatives times the
        size of the varied quantity then meet the tolerances of states, with about 60 % more steps.
        That size is its value (1 if it is 0), 1 h for times, and the typical size of a state before
        treatment.
    **solver
        Fields of `SolverOptions`; methods ``rodas5p`` and ``rodas4``.

    Returns
    -------
    Sensitivity

    Raises
    ------
    ScenarioError, UnknownNameError, ParameterError
        Before the first step; also for a quantity without a derivative, such as the length of a bolus.
    SimulationError
        When integration stops early.

    Notes
    -----
    Computes the tangent of every accepted step, through every event and through the steady state
    before treatment: the exact derivative of the computed solution at fixed steps. One run gives the
    derivatives of all readouts by all varied names. For one number, such as a sum of squares,
    `adjoint` costs far less.

    The number of nasal devices is held fixed. At the time of an event the derivative is that of the
    reported value, before or after the jump. Unless ``gradient_in_error_test``, the run is identical to
    that of `simulate`, and the error of derivatives may exceed the tolerance about ten times.

    Examples
    --------
    >>> import ketasim as ks
    >>> s = ks.sensitivity(
    ...     "ketamine 0.5 mg/kg iv over 40 min", ["dose.amount"], ["madrs_change"], t_eval=[0, 24]
    ... )
    >>> bool(s["madrs_change"][1, 0] < 0)  # a larger dose lowers the score further
    True
    """
    check_truth("gradient_in_error_test", gradient_in_error_test)
    asked = asked_for(scenario, wrt, readouts, until, t_eval, solver)
    return solve(*asked, gradient_in_error_test=gradient_in_error_test)


class Asked(NamedTuple):
    """What is simulated and differentiated, checked."""

    scenario: Scenario
    wrt: tuple[str, ...]
    core_names: list[str]
    readouts: tuple[str, ...]
    times: FloatArray
    options: SolverOptions
    #: Readouts that must be computed; what none of them depends on is left out. Empty: everything.
    only_for: tuple[str, ...] = ()


def asked_for(
    scenario: Scenario | Regimen | Dose | str,
    wrt: Sequence[str],
    readouts: Sequence[str],
    until: float | str | None,
    t_eval: ArrayLike | None,
    solver: SolverKeywords,
) -> Asked:
    """Check the arguments of `sensitivity` and `adjoint`.

    Raises
    ------
    ScenarioError, UnknownNameError
    """
    whole = as_scenario(scenario)
    names = listed_names("readouts", readouts, "madrs_change")
    for name in names:
        readout_table()[name]
    varied = listed_names("wrt", wrt, "mtor.tau_M")
    core_names = [_core_name(whole, by) for by in varied]
    times = output_times(whole, until, t_eval)
    return Asked(whole, varied, core_names, names, times, solver_options(None, solver))


def solve(
    scenario: Scenario,
    wrt: Sequence[str],
    core_names: Sequence[str],
    names: Sequence[str],
    times: FloatArray,
    options: SolverOptions,
    only_for: Sequence[str] = (),
    *,
    gradient_in_error_test: bool = False,
) -> Sensitivity:
    """Run and differentiate checked arguments; ``core_names`` are the names of ``wrt`` in the core.

    Where ``only_for`` names readouts, what none of them depends on is not computed.

    Raises
    ------
    SimulationError
        When integration stops early.
    """
    trajectory, gradient = _core.sensitivity(
        core_scenario(scenario),
        t_eval=times,
        readouts=list(names),
        wrt=list(core_names),
        options=core_options(options, only_for),
        gradient_in_error_test=gradient_in_error_test,
    )
    gradient = gradient * factors_of(scenario, core_names)
    run = Run(scenario, options, trajectory)
    if not run.success:
        raise SimulationError(run.message, run)
    for t, of_readouts in zip(run.t, gradient, strict=True):
        for name, slopes in zip(names, of_readouts, strict=True):
            check_finite(run, wrt, slopes, f"{name} at {t:g} h")
    return Sensitivity(run, wrt, names, gradient)


def check_finite(run: Run, wrt: Sequence[str], slopes: FloatArray, of_what: str) -> None:
    """Refuse derivatives that are not finite.

    Raises
    ------
    SimulationError
    """
    bad = np.flatnonzero(~np.isfinite(slopes))
    if bad.size:
        raise SimulationError(
            f"the derivative of {of_what} by {wrt[bad[0]]} is not finite: small changes grow without "
            "bound in this run, as in a rhythm of excitation and inhibition; move parameters back towards "
            "their defaults, or end the run earlier",
            run,
        )


def _dose(scenario: Scenario, by: str) -> tuple[int, Dose, str] | None:
    """Return position among all records, dose and field of a name such as 'dose[0].amount'."""
    match = _DOSE.fullmatch(by)
    if match is None:
        return None
    kind, field = match[1], match[3]
    which = "0" if match[2] is None else match[2]
    doses = scenario.regimen.doses if kind == "dose" else scenario.interventions
    if re.fullmatch("0|[1-9][0-9]{0,8}", which) is None or int(which) >= len(doses):
        known = {0: f"there is no {kind}", 1: f"there is one, {kind}[0]"}
        many = f"there are {len(doses)}, {kind}[0] to {kind}[{len(doses) - 1}]"
        raise ScenarioError(f"{by}: {known.get(len(doses), many)}")
    index = int(which)
    check_name(field, DOSE_FIELDS, "field of a dose")
    if doses[index].rate is not None and field in ("amount", "bioavailability", "duration_h"):
        raise ScenarioError(
            f"{by} cannot be differentiated: the dose is given by its rate, which sets its length; "
            "give duration_h instead"
        )
    before = 0 if kind == "dose" else len(scenario.regimen.doses)
    return before + index, doses[index], field


def _core_name(scenario: Scenario, by: str) -> str:
    """Return the name of a varied quantity in the compiled core.

    Raises
    ------
    UnknownNameError, ScenarioError
    """
    if (dose := _dose(scenario, by)) is not None:
        return f"dose[{dose[0]}].{dose[2]}"
    if by in SUBJECT_FIELDS:
        if by == "weight_kg":
            check_weight_varies(scenario.subject)
        return by
    if by.startswith("initial."):
        return f"initial.{states()[by.removeprefix('initial.')]['name']}"
    if by.startswith(("dose", "intervention")):
        raise UnknownNameError(
            f"{shortened(by)} is no part of a dose: write for example 'dose[0].amount' or "
            f"'intervention[0].start_h', with one of {', '.join(DOSE_FIELDS)}"
        )
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
    return given_value(scenario, by)


def factors_of(scenario: Scenario, core_names: Sequence[str]) -> FloatArray:
    """Return how much what the model gets changes with each varied quantity, shape (n_wrt,).

    The subject multiplies a parameter by a factor: by the chain rule, so it does a derivative by it.
    """
    factors = scenario.subject.factors()
    return np.array([factors.get(name, 1.0) for name in core_names])
