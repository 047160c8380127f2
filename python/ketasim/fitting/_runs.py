"""The runs of a fit: all subjects and arms for many parameter sets at once, or with derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, NamedTuple, TypeVar

import numpy as np

from ketasim import _core
from ketasim._arrays import FloatArray
from ketasim.catalogue._model_tables import parameters
from ketasim.catalogue._ranges import limits_before, possible_range
from ketasim.dosing._regimen import Regimen
from ketasim.errors import ScenarioError
from ketasim.fitting._subject_theta import SubjectTheta
from ketasim.fitting._theta import Theta
from ketasim.observation._numbers import Number, Sloped
from ketasim.observation._plan import begun_by
from ketasim.scenario._for_core import Record, core_options, core_regimen, core_scenario
from ketasim.scenario._scenario import Scenario, acting_value
from ketasim.scenario._solver_options import SolverOptions
from ketasim.simulation._adjoint import Adjoint
from ketasim.simulation._sensitivity import Asked, solve

T = TypeVar("T")

#: What a fit may move in a subject and its doses, besides parameters of the model: weight [kg],
#: severity [1], a factor of all amounts [1], and a lag that is added to all starts [h].
OF_SUBJECT = ("subject.weight_kg", "subject.severity", "dose.factor", "dose.lag_h")
#: Positions of lag and bioavailability in a dose record of the core.
LAG, BIOAVAILABILITY = 8, 9


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """A scenario and what is read from its run.

    Parameters
    ----------
    scenario : Scenario
    times : ndarray, shape (n_times,)
        Times [h], increasing.
    readouts : tuple of str
    """

    scenario: Scenario
    times: FloatArray
    readouts: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class LaneRun:
    """Runs of one scenario: readouts of shape (n_sets, n_times), or with slopes."""

    t: FloatArray
    values: Mapping[str, Number]

    def __getitem__(self, name: str) -> Number:
        return self.values[name]


class RecordedRun:
    """A run of one scenario, of which sums of readouts can be differentiated.

    Parameters
    ----------
    adjoint : Adjoint
    by_names : callable
        Derivatives by the names of the fit from those by what the run is differentiated by.
    """

    def __init__(self, adjoint: Adjoint, by_names: Callable[[FloatArray], FloatArray]) -> None:
        self._adjoint = adjoint
        self._by_names = by_names
        self.values = np.column_stack([np.asarray(adjoint.run[name]) for name in adjoint.names])

    def sloped(self, first: int, size: int) -> LaneRun:
        """Return readouts whose slopes are by themselves, counted from ``first`` among ``size``."""
        n_times, n_names = self.values.shape
        eye = np.zeros((n_times, n_names, size))
        own = eye[:, :, first : first + self.values.size]
        own.reshape(self.values.size, -1)[...] = np.eye(self.values.size)
        return LaneRun(
            self._adjoint.t,
            {
                name: Sloped(self.values[:, k], eye[:, k])
                for k, name in enumerate(self._adjoint.names)
            },
        )

    def gradient(self, weights: FloatArray) -> FloatArray:
        """Return the derivatives of the sum of weight x readout by the names of the fit."""
        return self._by_names(self._adjoint.gradient(weights))


class Moved(NamedTuple):
    """A scenario at values of the free parameters."""

    scenario: Scenario
    #: What it is differentiated by: parameters of the model, then fields of subject and doses.
    wrt: tuple[str, ...]
    of_model: int
    #: Derivatives of the fields by the names of the fit, (n_fields, n_names).
    chain: FloatArray


class _Group(NamedTuple):
    """Scenarios that are simulated in one call of the core."""

    indices: tuple[int, ...]
    times: FloatArray
    readouts: tuple[str, ...]


class Runs:
    """All runs of a fit.

    Parameters
    ----------
    wanted : sequence of Wanted
    theta : Theta
    options : SolverOptions
    threads : int
    of_subject : SubjectTheta, optional
        Free fields that have one value for all scenarios.
    """

    def __init__(
        self,
        wanted: Sequence[Wanted],
        theta: Theta,
        options: SolverOptions,
        threads: int,
        of_subject: SubjectTheta | None = None,
    ) -> None:
        self.wanted = tuple(wanted)
        self.theta = theta
        self._of_subject = of_subject or SubjectTheta((), {})
        #: What the runs depend on, in order.
        self.names = (*theta.names, *self._of_subject.names)
        self._options = options
        # The same for all runs, alone and in lanes, so that they take the same steps.
        self._needed = tuple(dict.fromkeys(name for one in self.wanted for name in one.readouts))
        self._threads = threads
        for one in self.wanted:
            given = set(one.scenario.parameters) & set(theta.acting(one.scenario.subject.species))
            if given:
                raise ScenarioError(
                    f"{min(given)} is free, and set in the scenario {one.scenario}: remove one"
                )

    @cached_property
    def _groups(self) -> tuple[_Group, ...]:
        """Scenarios that differ in what a member of a population may differ in."""
        found: dict[object, list[int]] = {}
        for k, one in enumerate(self.wanted):
            s = one.scenario
            octave = math.ceil(math.log2(max(float(one.times[-1]), 1.0)))
            subject = s.subject
            of_subject = (subject.species, subject.baseline_madrs is None)
            key = (*of_subject, s.context, s.variant, s.interventions, octave)
            found.setdefault(key, []).append(k)
        groups = []
        for indices in found.values():
            times = np.unique(np.concatenate([self.wanted[k].times for k in indices]))
            readouts = dict.fromkeys(name for k in indices for name in self.wanted[k].readouts)
            groups.append(_Group(tuple(indices), times, tuple(readouts)))
        return tuple(groups)

    def lanes(self, values: Mapping[str, FloatArray], n: int) -> list[LaneRun]:
        """Simulate all scenarios at n parameter sets.

        Parameters
        ----------
        values : mapping of str to ndarray, shape (n,) or (n, n_scenarios)
            By the name in theta, or of `OF_SUBJECT`.
        n : int

        Returns
        -------
        list of LaneRun
            NaN where a set is impossible, or a run stopped early.
        """
        found: list[LaneRun | None] = [None] * len(self.wanted)
        for group in self._groups:
            readouts = self._simulate(group, values, n)
            for j, k in enumerate(group.indices):
                at = np.searchsorted(group.times, self.wanted[k].times)
                found[k] = LaneRun(
                    self.wanted[k].times,
                    {
                        name: np.ascontiguousarray(
                            readouts[:, j, group.readouts.index(name)][:, at]
                        )
                        for name in self.wanted[k].readouts
                    },
                )
        return [run for run in found if run is not None]

    def _simulate(self, group: _Group, values: Mapping[str, FloatArray], n: int) -> FloatArray:
        """Return readouts of shape (n, n_scenarios, n_readouts, n_times)."""
        scenarios = [self.wanted[k].scenario for k in group.indices]
        first = scenarios[0]
        species = first.subject.species
        table = parameters(species)
        acting = self.theta.acting(species)
        factors = [s.subject.factors() for s in scenarios]
        names = list(dict.fromkeys([*acting, *(p for s in scenarios for p in s.all_parameters())]))
        columns = np.empty((n, len(scenarios), len(names)))
        possible = np.ones((n, len(scenarios)), dtype=bool)
        for c, p in enumerate(names):
            if p not in acting:
                columns[:, :, c] = [acting_value(s, p) for s in scenarios]
                continue
            x = values[acting[p]]
            moved = x[:, None] if x.ndim == 1 else x[:, list(group.indices)]
            ends = np.array([limits_before(table[p], own.get(p, 1.0)) for own in factors])
            least, most = possible_range(table[p])
            possible &= (np.maximum(least, ends[:, 0]) <= moved) & (
                moved <= np.minimum(most, ends[:, 1])
            )
            columns[:, :, c] = moved * [own.get(p, 1.0) for own in factors]
        end = float(group.times[-1])
        regimens = [begun_by(s, end).regimen for s in scenarios]
        distinct = list(dict.fromkeys(regimens))
        weights = np.tile([float(s.subject.weight_kg or 0.0) for s in scenarios], (n, 1))
        severities = np.tile([float(s.subject.severity or 0.0) for s in scenarios], (n, 1))
        at = list(group.indices)
        if "subject.weight_kg" in values:
            weights = np.array(_of_all(values["subject.weight_kg"], at))
        if "subject.severity" in values:
            severities = _of_all(values["subject.severity"], at)
        weights[~possible] = math.nan  # the core skips members without a weight
        baselines = [b for b in (s.subject.baseline_madrs for s in scenarios) if b is not None] * n
        if "subject.baseline_madrs" in values:
            baselines = _of_all(values["subject.baseline_madrs"], at).ravel().tolist()
        subject = replace(first.subject, baseline_madrs=baselines[0] if baselines else None)
        base = replace(first, regimen=Regimen(), parameters={}, subject=subject)
        records = [core_regimen(base, regimen) for regimen in distinct]
        regimen_of = [distinct.index(regimen) for regimen in regimens] * n
        if "dose.factor" in values or "dose.lag_h" in values:
            one = np.ones(n), np.zeros(n)
            shares = _of_all(values.get("dose.factor", one[0]), at).ravel().tolist()
            lags = _of_all(values.get("dose.lag_h", one[1]), at).ravel().tolist()
            own_doses = [len(r.doses) for r in distinct]
            records = [
                _moved(records[k], own_doses[k], share, lag)
                for k, share, lag in zip(regimen_of, shares, lags, strict=True)
            ]
            regimen_of = list(range(len(records)))
        found, *_ = _core.simulate_ensemble(
            core_scenario(base),
            members=n * len(scenarios),
            varied=names,
            varied_values=np.ascontiguousarray(columns.reshape(n * len(scenarios), len(names))),
            weights=weights.ravel().tolist(),
            severities=severities.ravel().tolist(),
            baselines=baselines or None,
            regimens=records,
            regimen=regimen_of,
            t_eval=group.times,
            readouts=list(group.readouts),
            options=core_options(self._options, self._needed),
            threads=self._threads,
            progress=None,
        )
        return found.reshape(n, len(scenarios), len(group.readouts), group.times.size)

    def moved(self, scenario: Scenario, x: FloatArray) -> Moved:
        """Return a scenario at x, in the order of ``names``."""
        n = len(self.theta.names)
        whole, of_model = self.theta.moved(scenario, x[:n]) if n else (scenario, ())
        whole, fields, chain = self._of_subject.moved(whole, x[n:])
        if not (of_model or fields):
            # The core needs at least one direction.
            fields, chain = ["weight_kg"], np.zeros((1, x.size))
        return Moved(whole, (*of_model, *fields), len(of_model), chain)

    def _by_names(self, moved: Moved, slopes: FloatArray) -> FloatArray:
        """Return derivatives by the names, (..., n_names), from those by what was moved."""
        n = moved.of_model
        by_fields = slopes[..., n:] @ moved.chain
        if n == 0:
            return by_fields
        by_model = self.theta.by_names(moved.scenario, moved.wrt[:n], slopes[..., :n])
        return np.concatenate([by_model, by_fields], axis=-1)

    def differentiated(self, x: FloatArray, dim: int) -> list[LaneRun]:
        """Simulate and differentiate all scenarios at one parameter set.

        Parameters
        ----------
        x : ndarray, shape (n_names,)
            What the runs depend on, which comes first among the free parameters.
        dim : int
            Number of free parameters.

        Returns
        -------
        list of LaneRun
            Readouts with slopes by the free parameters.

        Raises
        ------
        SimulationError, ParameterError
        """

        def one(wanted: Wanted) -> LaneRun:
            moved = self.moved(begun_by(wanted.scenario, float(wanted.times[-1])), x)
            s = solve(
                moved.scenario,
                moved.wrt,
                moved.wrt,
                wanted.readouts,
                wanted.times,
                self._options,
                self._needed,
            )
            padded = {}
            for name in wanted.readouts:
                slopes = np.zeros((wanted.times.size, dim))
                slopes[:, : x.size] = self._by_names(moved, s[name])
                padded[name] = Sloped(np.asarray(s.run[name]), slopes)
            return LaneRun(wanted.times, padded)

        return self._each(one)

    def forward_is_cheaper(self) -> bool:
        """Tell whether derivatives of a sum cost less forward than backward.

        Beside the run, forward costs 2 runs and 2.1 more for every eight parameters, less what the
        readouts do not need; backward costs 3.1 runs, whatever they need (bench/gradients.md).
        """
        blocks = math.ceil(len(self.names) / 8)
        return _core.share_computed(self._needed) * (2.0 + 2.1 * blocks) < 3.1

    def recorded(self, x: FloatArray) -> list[RecordedRun]:
        """Simulate all scenarios at one parameter set, so that sums of readouts can be differentiated.

        Parameters
        ----------
        x : ndarray, shape (n_names,)
            What the runs depend on.

        Returns
        -------
        list of RecordedRun

        Raises
        ------
        SimulationError, ParameterError
        """

        def one(wanted: Wanted) -> RecordedRun:
            moved = self.moved(begun_by(wanted.scenario, float(wanted.times[-1])), x)
            asked = Asked(
                moved.scenario,
                moved.wrt,
                list(moved.wrt),
                wanted.readouts,
                wanted.times,
                self._options,
                self._needed,
            )
            return RecordedRun(Adjoint(asked), partial(self._by_names, moved))

        return self._each(one)

    def go_back(self, runs: Sequence[RecordedRun], weights: Sequence[FloatArray]) -> FloatArray:
        """Return the derivatives of the sum of weight x readout of all runs, (n_names,).

        Parameters
        ----------
        runs : sequence of RecordedRun
        weights : sequence of ndarray, shape (n_times, n_readouts) each
        """
        found = np.zeros(len(self.names))
        with ThreadPoolExecutor(self._threads) as pool:
            for one in pool.map(RecordedRun.gradient, runs, weights):
                found += one
        return found

    def _each(self, one: Callable[[Wanted], T]) -> list[T]:
        # The longest runs first, so that all threads finish at about the same time.
        order = sorted(range(len(self.wanted)), key=lambda k: -float(self.wanted[k].times[-1]))
        with ThreadPoolExecutor(self._threads) as pool:
            done = dict(zip(order, pool.map(one, [self.wanted[k] for k in order]), strict=True))
        return [done[k] for k in range(len(self.wanted))]


def _of_all(x: FloatArray, scenarios: list[int]) -> FloatArray:
    """Return values of shape (n, n_scenarios)."""
    if x.ndim == 1:
        return np.broadcast_to(x[:, None], (x.size, len(scenarios)))
    return np.ascontiguousarray(x[:, scenarios])


def _moved(
    regimen: tuple[list[Record], list[float]], own: int, factor: float, lag: float
) -> tuple[list[Record], list[float]]:
    """Return a regimen whose own doses are larger and later; interventions stay as they are."""
    doses: list[Any] = regimen[0]
    moved = [
        (*d[:LAG], d[LAG] + lag, d[BIOAVAILABILITY] * factor, *d[BIOAVAILABILITY + 1 :])
        for d in doses[:own]
    ]
    return [*moved, *doses[own:]], regimen[1]
