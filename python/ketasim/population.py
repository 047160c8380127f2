"""Virtual populations: many subjects with their own parameters under one regimen."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from numbers import Integral
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketasim import _core
from ketasim.errors import KetasimError, ScenarioError
from ketasim.frozen import FrozenMapping, value
from ketasim.memory import check_memory
from ketasim.names import check_name, shortened
from ketasim.parameter_ranges import ParameterRangeWarning, check_parameters, possible_range
from ketasim.progress import progress_bar
from ketasim.regimen import Regimen
from ketasim.scenario import Scenario
from ketasim.simulate import (
    SolverKeywords,
    as_scenario,
    check_keywords,
    core_arguments,
    core_options,
    output_times,
    solver_options,
)
from ketasim.tables import parameters, readouts
from ketasim.time import hours

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

FloatArray = NDArray[np.float64]

#: Readouts kept when none are named.
DEFAULT_READOUTS = ("ketamine_venous", "nmda_occupancy", "spine_density", "cadss", "madrs_change")

#: Fractions vary on the logit scale; their `iiv_cv_pct` is 100 x the standard deviation there.
LOGIT_SCALE = frozenset({"pharmacokinetics.FR_n"})

#: Draws of a subject, as drawn, as a table and as the core takes them, and its status.
NUMBERS_PER_SUBJECT = 100

#: The counter-based generator takes keys and counters of 64 bits.
LARGEST_SEED = 2**64 - 1

#: More threads than any one computer runs at once.
MOST_THREADS = 4096

#: Between-patient spread of the drug effect (log-normal with mean 1) is `symptoms.omega_s`.
SENSITIVITY = "symptoms.sensitivity"


def draw_parameters(
    scenario: Scenario, n: int, seed: int, index: Sequence[int] | None = None
) -> dict[str, FloatArray]:
    """Draw individual parameters from their inter-individual variability.

    Every parameter with an ``iiv_cv_pct`` is log-normal around its value (``FR_n``: normal on the
    logit scale); ``symptoms.sensitivity`` is log-normal with mean 1 and log-SD ``omega_s``.

    Parameters
    ----------
    n : int
        Number of subjects.
    seed : int
        Together with a subject's index it fixes all of the subject's draws, whatever n is.
    index : sequence of int, optional
        Which subjects; default 0 .. n-1.

    Returns
    -------
    dict of ndarray, each of shape (n,)
        By parameter name, in the unit of the parameter.
    """
    scenario = as_scenario(scenario)
    check_whole("n", n, 1)
    check_whole("seed", seed, 0, LARGEST_SEED)
    if index is not None and not isinstance(index, Iterable):
        raise ScenarioError(f"index = {shortened(index)}: give a list of whole numbers")
    for i in () if index is None else index:
        check_whole("index", i, 0, LARGEST_SEED)
    table = parameters(scenario.subject.species)
    given = scenario.all_parameters()
    varied = [row for row in table if row["iiv_cv_pct"] > 0.0]
    members = range(n) if index is None else index
    # One counter-based stream per subject: independent of n, of chunks and of threads.
    z = np.array(
        [
            np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, 0, i])).standard_normal(
                len(varied) + 1
            )
            for i in members
        ]
    ).reshape(len(members), len(varied) + 1)
    drawn: dict[str, FloatArray] = {}
    for k, row in enumerate(varied):
        name, spread = row["name"], row["iiv_cv_pct"] / 100.0
        typical = given[name] if name in given else float(row["value"])
        if name in LOGIT_SCALE:
            logit = np.log(typical / (1.0 - typical)) + spread * z[:, k]
            drawn[name] = 1.0 / (1.0 + np.exp(-logit))
        else:
            drawn[name] = typical * np.exp(np.sqrt(np.log1p(spread**2)) * z[:, k])
    omega, mean = (
        given[name] if name in given else float(table[name]["value"])
        for name in ("symptoms.omega_s", SENSITIVITY)
    )
    drawn[SENSITIVITY] = mean * np.exp(omega * z[:, -1] - omega**2 / 2.0)
    return drawn


def check_whole(name: str, number: object, least: int, most: float = math.inf) -> None:
    """Refuse what is not a whole number in a range.

    Raises
    ------
    ScenarioError
    """
    whole = isinstance(number, Integral) and not isinstance(number, bool)
    if not (whole and least <= number <= most):  # type: ignore[operator]
        reach = f"of at least {least}" if most == math.inf else f"from {least} to {most}"
        raise ScenarioError(f"{name} = {shortened(number)} must be a whole number {reach}")


@value
@dataclass(frozen=True, eq=False)
class Ensemble:
    """Readouts of many subjects.

    ``ensemble["madrs_change"]`` has shape (n, n_times), NaN for members that failed; ``status`` and
    ``message`` say for each member how it ended.
    """

    scenario: Scenario
    t: FloatArray
    names: tuple[str, ...]
    values: FloatArray
    status: tuple[str, ...]
    message: tuple[str, ...]
    parameters: Mapping[str, FloatArray]
    seed: int

    def __post_init__(self) -> None:
        for values in (self.t, self.values, *self.parameters.values()):
            values.flags.writeable = False
        object.__setattr__(self, "parameters", FrozenMapping(self.parameters))

    def __len__(self) -> int:
        return len(self.status)

    def __getitem__(self, name: str) -> FloatArray:
        """One readout of all members, shape (n, n_times)."""
        check_name(name, self.names, "readout of this ensemble")
        return self.values[:, self.names.index(name), :]

    def unit(self, name: str) -> str:
        return str(readouts()[name]["unit"])

    @cached_property
    def ok(self) -> NDArray[np.bool_]:
        """Which members succeeded, shape (n,)."""
        return np.array([s == "success" for s in self.status])

    def quantiles(self, name: str, q: ArrayLike = (0.05, 0.25, 0.5, 0.75, 0.95)) -> FloatArray:
        """Quantiles over the members that succeeded, shape (len(q), n_times)."""
        try:
            shares = np.asarray(q, dtype=float)
        except (TypeError, ValueError):
            shares = np.array(math.nan)
        if not np.all((shares >= 0.0) & (shares <= 1.0)):
            raise ScenarioError(f"q = {shortened(q)}: quantiles are shares from 0 to 1")
        check_name(name, self.names, "readout of this ensemble")
        if not self.ok.any():
            return np.full((np.size(q), self.t.size), np.nan)
        result: FloatArray = np.quantile(self[name][self.ok], shares, axis=0)
        return result

    def response_rate(self, time_h: float, improvement: float = 0.5) -> float:
        """Share of members whose MADRS fell by ``improvement`` or more; needs readout ``madrs``.

        Raises
        ------
        ScenarioError
            If ``madrs`` was not kept or ``time_h`` [h] is not in ``t``.
        """
        if "madrs" not in self.names or "madrs_change" not in self.names:
            raise ScenarioError(
                "keep readouts 'madrs' and 'madrs_change' to compute a response rate"
            )
        if not 0.0 <= improvement <= 1.0:
            raise ScenarioError(
                f"improvement = {improvement!r}: a share of the baseline, from 0 to 1"
            )
        at = np.flatnonzero(self.t == hours(time_h, "time_h"))
        if at.size == 0:
            raise ScenarioError(f"time {time_h} h is not in t; put it in t_eval")
        madrs, change = (self[k][self.ok, at[0]] for k in ("madrs", "madrs_change"))
        return float(np.mean(-change >= improvement * (madrs - change)))

    def to_xarray(self) -> xr.Dataset:
        """Dims member and time, units in attrs (extra ``ketasim[xarray]``)."""
        from ketasim.optional import require

        xarray: Any = require("xarray", "xarray")
        data = {n: (("member", "time"), self[n], {"units": self.unit(n)}) for n in self.names}
        coords = {
            "member": np.arange(len(self)),
            "time": ("time", self.t, {"units": "h"}),
            "status": ("member", list(self.status)),
        }
        attrs = {"seed": self.seed, **_facts(self)}
        dataset: xr.Dataset = xarray.Dataset(data, coords=coords, attrs=attrs)
        return dataset

    def to_dataframe(self) -> pd.DataFrame:
        """Long format: member, time_h and one column per readout (extra ``ketasim[frames]``)."""
        from ketasim.optional import require

        pandas: Any = require("pandas", "frames")
        frame = pandas.DataFrame(
            {
                "member": np.repeat(np.arange(len(self)), self.t.size),
                "time_h": np.tile(self.t, len(self)),
                **{name: self[name].ravel() for name in self.names},
            }
        )
        frame.attrs["units"] = {name: self.unit(name) for name in self.names}
        return frame

    def __repr__(self) -> str:
        failed = len(self) - int(self.ok.sum())
        note = f", {failed} failed" if failed else ""
        return (
            f"<Ensemble: {len(self)} subjects{note}; {self.scenario}; {', '.join(self.names)} at "
            f"{self.t.size} times>"
        )


def _facts(ensemble: Ensemble) -> dict[str, str]:
    from ketasim import __version__

    return {
        "model": "ketasim",
        "version": __version__,
        "scenario": str(ensemble.scenario),
        "disclaimer": "Spread of model inputs, not of real patients. Not medical advice.",
    }


def simulate_population(
    scenario: Scenario | Regimen | str,
    n: int,
    *,
    seed: int = 0,
    readouts: Sequence[str] = DEFAULT_READOUTS,
    until: float | str | None = None,
    t_eval: ArrayLike | None = None,
    parameters: Mapping[str, ArrayLike] | None = None,
    weight_kg: ArrayLike | None = None,
    severity: ArrayLike | None = None,
    baseline_severity: ArrayLike | None = None,
    threads: int | None = None,
    progress: bool | Callable[[int], None] | None = None,
    **solver: Unpack[SolverKeywords],
) -> Ensemble:
    """Simulate a virtual population.

    Parameters
    ----------
    scenario : Scenario, Regimen or str
        What every subject shares.
    n : int
        Number of subjects.
    seed : int
        A subject is a pure function of (seed, index): the same at any n and number of threads.
    readouts : sequence of str
        What to keep; memory is n x readouts x times x 8 bytes.
    until, t_eval
        As in `simulate`.
    parameters : mapping of str to array_like, shape (n,), optional
        Individual values by parameter name, in place of those drawn by `draw_parameters`. An empty
        mapping switches drawing off.
    weight_kg, severity, baseline_severity : array_like, shape (n,), optional
        Individual values [kg, 1, MADRS points].
    threads : int, optional
        Default: all that the process may use. Results do not depend on it.
    progress : bool or callable, optional
        Default: a bar on a terminal, silence elsewhere. A callable gets the number done.

    Returns
    -------
    Ensemble
        A member that fails has its own status and NaN; the others go on.

    Raises
    ------
    ScenarioError, ParameterError, UnknownNameError
        Before the first step.
    """
    from ketasim.tables import parameters as parameter_table

    check_keywords(simulate_population, solver)
    whole = as_scenario(scenario)
    chosen = solver_options(None, solver)
    if chosen.at_event == "both":
        raise ScenarioError(
            "at_event = 'both' gives a time two rows where an event falls on it, a population has "
            "one: choose 'before' or 'after'"
        )
    try:
        check_whole("n", n, 1)
    except ScenarioError as error:
        raise ScenarioError(f"{error}: a population has at least one subject") from None
    check_whole("seed", seed, 0, LARGEST_SEED)
    if threads is not None:
        check_whole("threads", threads, 1, MOST_THREADS)
    kept = _names(readouts)
    times = output_times(whole, until, t_eval)
    check_memory(
        8.0 * n * (len(kept) * times.size + NUMBERS_PER_SUBJECT),
        f"{n} subjects x {len(kept)} readouts x {times.size} times",
        "ask for fewer subjects, readouts or times",
    )
    if parameters is None:
        individual = draw_parameters(whole, n, seed)
    else:
        table = parameter_table(whole.subject.species)
        given: object = parameters
        if not isinstance(given, Mapping):
            raise ScenarioError(
                f"parameters = {shortened(given)}: give a mapping of names to one value per subject"
            )
        for name in parameters:
            check_name(name, table.names, "parameter")
        individual = {k: _column(k, v, n) for k, v in parameters.items()}
    who = {
        name: _column(name, values, n)
        for name, values in (
            ("weight_kg", weight_kg),
            ("severity", severity),
            ("baseline_severity", baseline_severity),
        )
        if values is not None
    }
    refused = _refused(whole, {} if parameters is None else individual, who)
    varied = np.column_stack(list(individual.values())) if individual else np.empty((n, 0))
    weights = who.get("weight_kg", np.full(n, whole.subject.weight_kg))
    weights[list(refused)] = math.nan  # the core leaves out who has no weight
    columns = [
        weights.tolist(),
        *(who[k].tolist() if k in who else None for k in ("severity", "baseline_severity")),
    ]
    with progress_bar(n, "subjects", progress) as tick:
        values, status, message, _ = _core.simulate_ensemble(
            **core_arguments(whole),
            members=n,
            varied=list(individual),
            varied_values=np.ascontiguousarray(varied),
            weights=columns[0],
            severities=columns[1],
            baselines=columns[2],
            t_eval=times,
            readouts=list(kept),
            options=core_options(chosen),
            threads=threads or 0,
            progress=tick,
        )
    said = tuple(refused.get(i, text) for i, text in enumerate(message))
    return Ensemble(whole, times, kept, values, tuple(status), said, individual, seed)


def _names(given: object) -> tuple[str, ...]:
    if isinstance(given, str) or not isinstance(given, Sequence) or not given:
        raise ScenarioError(f"readouts = {shortened(given)}: give a list, such as ['madrs_change']")
    for name in given:
        check_name(name, readouts().names, "readout")
    if len(set(given)) < len(given):
        raise ScenarioError(f"readouts = {shortened(given)}: name each readout once")
    return tuple(given)


def _column(name: str, values: ArrayLike, n: int) -> FloatArray:
    try:
        given = np.asarray(values)
        numbers = given.dtype.kind in "iufO"
        column = np.array(given if numbers else [], dtype=np.float64, order="C")
    except (TypeError, ValueError, OverflowError):
        numbers = False
    if not numbers:
        raise ScenarioError(f"{name} = {shortened(values)}: give one number per subject")
    if column.shape != (n,):
        raise ScenarioError(
            f"{name} has shape {column.shape}, expected one value per subject ({n},); what all share "
            "belongs into the scenario"
        )
    return column


def _refused(
    scenario: Scenario, values: Mapping[str, FloatArray], who: Mapping[str, FloatArray]
) -> dict[int, str]:
    """Members that cannot be, with what a single run would have said of them."""
    refused: dict[int, str] = {}
    table = parameters(scenario.subject.species)
    for name, column in values.items():
        low, high = possible_range(float(table[name]["low"]), float(table[name]["high"]))
        for i in np.flatnonzero(~((low <= column) & (column <= high))).tolist():
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", ParameterRangeWarning)
                    check_parameters(replace(scenario, parameters={name: float(column[i])}))
            except KetasimError as error:
                refused.setdefault(i, str(error))
    for name, column in who.items():
        for i, number in enumerate(column.tolist()):
            try:
                replace(scenario.subject, **{name: number})
            except KetasimError as error:
                refused.setdefault(i, str(error))
    return refused
