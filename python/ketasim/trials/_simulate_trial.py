"""Simulation of many trials of one design."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from numpy.typing import ArrayLike

from ketasim import _core
from ketasim._arrays import FloatArray
from ketasim._wording.frozen import FrozenMapping
from ketasim._wording.names import check_name, shortened
from ketasim._wording.numbers import MOST_THREADS, check_whole
from ketasim._wording.plain_numbers import plain_numbers
from ketasim.catalogue._model_tables import parameters as parameter_table
from ketasim.catalogue._ranges import possible_range
from ketasim.errors import ParameterError, ScenarioError
from ketasim.fitting._calibrated import calibrated
from ketasim.fitting._sampling import Draws
from ketasim.observation._clinical import trial_parameters
from ketasim.observation._trials import BetweenTrials
from ketasim.population._draws import LARGEST_SEED
from ketasim.population._rates import of_members
from ketasim.scenario._solver_options import (
    SolverKeywords,
    SolverOptions,
    check_keywords,
    one_row_per_time,
    solver_options,
)
from ketasim.trials._analysis import ancova
from ketasim.trials._design import TrialDesign
from ketasim.trials._patients import Ratings, check_entry, rate, trial_draws
from ketasim.trials._simulated_trials import SimulatedTrials

if TYPE_CHECKING:
    from concurrent.futures import Executor

#: Trials at most, and patients that are simulated together.
MOST_TRIALS, TOGETHER = 1_000_000, 20_000


def simulate_trial(
    design: TrialDesign,
    n_trials: int = 200,
    *,
    seed: int = 0,
    uncertainty: bool | Draws | Mapping[str, ArrayLike] = False,
    between: BetweenTrials | None = None,
    executor: Executor | None = None,
    threads: int | None = None,
    **solver: Unpack[SolverKeywords],
) -> SimulatedTrials:
    """Simulate many trials of one design: effects, power and assurance.

    Every trial has patients of its own, with their own kinetics, sensitivity, baseline and rating errors, and
    differs from others of its design as trials do (`BetweenTrials`): in the relief under control
    conditions and in the size of the drug effect. Functional unblinding and expectation come from the context
    of each arm.

    Parameters
    ----------
    design : TrialDesign
    n_trials : int
        Default 200. Patients are simulated in groups, so that memory does not grow with it.
    seed : int
        Trials are a pure function of (seed, number): the same for any n_trials, executor and threads.
    uncertainty : bool, Draws or mapping of str to array_like, shape (n_trials,)
        True: each trial has parameters drawn from the calibration of the model (`fitting.calibrated`); the
        share of significant trials is then the assurance. Also draws of a posterior, or values by
        parameter name. Default False: all have the parameters of the scenario, and the share is the power.
    between : ketasim.observation.BetweenTrials, optional
        Default: as estimated from published trials. With all SDs zero every trial is the typical one. A visit
        deviates by ``tau_row``, alike for all arms: arms of equal treatment differ by chance alone.
    executor : concurrent.futures.Executor, optional
        Simulates groups of trials: a pool of processes, or a cluster (``Client.get_executor()`` of
        dask.distributed).
    threads : int, optional
    **solver
        Fields of `SolverOptions`; default rtol 1e-4.

    Returns
    -------
    SimulatedTrials

    Raises
    ------
    ScenarioError, ParameterError, UnknownNameError
        Before the first step.
    MissingLibraryError
        Without SciPy.

    Examples
    --------
    >>> import ketasim as ks
    >>> design = ks.TrialDesign([
    ...     ks.TrialArm("ketamine", ks.Scenario("ketamine 0.5 mg/kg iv over 40 min", context="saline"), 20),
    ...     ks.TrialArm("saline", ks.Scenario("placebo iv over 40 min", context="saline"), 20),
    ... ], visits_h=[24])
    >>> trials = ks.simulate_trial(design, 20, seed=1)
    >>> trials.effect["ketamine"].shape
    (20,)
    >>> 0.0 <= trials.power("ketamine").share <= 1.0
    True
    """
    check_keywords(simulate_trial, solver)
    if not isinstance(design, TrialDesign):
        raise ScenarioError(f"design = {shortened(design)}: give a ketasim.TrialDesign")
    check_whole("n_trials", n_trials, 1, MOST_TRIALS)
    check_whole("seed", seed, 0, LARGEST_SEED)
    if threads is not None:
        check_whole("threads", threads, 1, MOST_THREADS)
    if between is not None and not isinstance(between, BetweenTrials):
        raise ScenarioError(
            f"between = {shortened(between)}: give a ketasim.observation.BetweenTrials, or None"
        )
    if executor is not None and not callable(getattr(executor, "map", None)):
        raise ScenarioError(
            f"executor = {shortened(executor)}: give a concurrent.futures.Executor, or None"
        )
    options = one_row_per_time(solver_options(None, {"rtol": 1e-4, **solver}))
    own = _own_parameters(uncertainty, int(n_trials), int(seed))
    work = _Work(design, int(seed), between or BetweenTrials.published(), own, options, threads)
    for arm in design.arms:
        check_entry(design, arm)
    patients = sum(arm.n for arm in design.arms)
    step = max(1, TOGETHER // patients)
    groups = [range(k, min(k + step, n_trials)) for k in range(0, n_trials, step)]
    parts = list(executor.map(work, groups)) if executor else [work(group) for group in groups]
    return SimulatedTrials(
        design=design,
        seed=int(seed),
        uncertain=tuple(own),
        **{
            name: FrozenMapping({
                arm: np.concatenate([getattr(part, name)[arm] for part in parts])
                for arm in getattr(parts[0], name)
            })
            for name in _FIELDS
        },
        failed=sum(part.failed for part in parts),
    )  # fmt: skip


def _check_possible(name: str, column: FloatArray) -> None:
    """Refuse values that a parameter cannot have."""
    if name.startswith("observation."):
        low, high = 0.0, np.inf
    else:
        low, high = possible_range(parameter_table()[name])
    out = ~((column >= low) & (column <= high))
    if out.any():
        k = int(out.argmax())
        raise ParameterError(
            f"uncertainty: {name} = {column[k]:g} in trial {k}; give values from {low:g} to {high:g}"
        )


#: What a group of trials gives for each arm.
_FIELDS = ("effect", "se", "p", "mean_change", "rated", "responders", "remitters")


@dataclass(frozen=True, slots=True)
class _Group:
    effect: Mapping[str, FloatArray]
    se: Mapping[str, FloatArray]
    p: Mapping[str, FloatArray]
    mean_change: Mapping[str, FloatArray]
    rated: Mapping[str, FloatArray]
    responders: Mapping[str, FloatArray]
    remitters: Mapping[str, FloatArray]
    failed: int


@dataclass(frozen=True, slots=True)
class _Work:
    """Simulates and analyses groups of trials; small when pickled."""

    design: TrialDesign
    seed: int
    between: BetweenTrials
    own: Mapping[str, FloatArray]
    options: SolverOptions
    threads: int | None

    def __call__(self, trials: range) -> _Group:
        own = {k: v[trials.start : trials.stop] for k, v in self.own.items()}
        draws = trial_draws(trials, self.seed, self.between, own)
        arms = {
            arm.name: rate(
                self.design, k, trials, self.seed, draws, own, self.options, self.threads
            )
            for k, arm in enumerate(self.design.arms)
        }
        assert self.design.control is not None
        primary = self.design.place_of_primary
        control = arms[self.design.control]
        compared = {
            arm.name: ancova(*_primary(arms[arm.name], primary), *_primary(control, primary))
            for arm in self.design.treated
        }
        effect, se, p = ({name: found[k] for name, found in compared.items()} for k in range(3))
        changes = {name: r.madrs - r.baseline[:, :, np.newaxis] for name, r in arms.items()}
        left = 1.0 - _core.RESPONSE_IMPROVEMENT
        cuts = {name: left * r.baseline[:, :, np.newaxis] for name, r in arms.items()}
        return _Group(
            effect=effect,
            se=se,
            p=p,
            mean_change={name: _mean(change) for name, change in changes.items()},
            rated={
                name: np.isfinite(r.madrs).sum(1).astype(np.float64) for name, r in arms.items()
            },
            responders={name: _share(r.madrs <= cuts[name], r) for name, r in arms.items()},
            remitters={
                name: _share(r.madrs <= self._remission_cut(name), r) for name, r in arms.items()
            },
            failed=sum(r.failed for r in arms.values()),
        )

    def _remission_cut(self, name: str) -> np.float64:
        """MADRS at or below which a patient of an arm is a remitter."""
        scenario = next(arm.scenario for arm in self.design.arms if arm.name == name)
        return np.float64(of_members(scenario, {}, "remission_cut"))


def _primary(ratings: Ratings, visit: int) -> tuple[FloatArray, FloatArray]:
    return ratings.madrs[:, :, visit] - ratings.baseline, ratings.baseline


def _mean(change: FloatArray) -> FloatArray:
    rated = np.isfinite(change)
    n = rated.sum(1)
    total = np.where(rated, change, 0.0).sum(1)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)


def _share(which: Any, ratings: Ratings) -> FloatArray:
    """Share of all treated patients; who is not rated counts as not improved."""
    return np.asarray((which & np.isfinite(ratings.madrs)).mean(1))


def _own_parameters(
    uncertainty: bool | Draws | Mapping[str, ArrayLike], n: int, seed: int
) -> Mapping[str, FloatArray]:
    """Parameters of each trial, by name."""
    if uncertainty is False:
        return FrozenMapping({})
    draws = calibrated().draws(n, seed) if uncertainty is True else uncertainty
    if isinstance(draws, Draws):
        values: Mapping[str, ArrayLike] = draws.flat(n, seed)
    elif isinstance(draws, Mapping):
        values = draws
    else:
        raise ScenarioError(
            f"uncertainty = {shortened(uncertainty)}: give True, draws of parameters, or a mapping of "
            "parameters to one value for each trial"
        )
    known = (*parameter_table().names, *trial_parameters().names)
    columns: dict[str, FloatArray] = {}
    for name, given in values.items():
        check_name(name, known, "parameter")
        column = plain_numbers(name, given, "give one number for each trial")
        if column.shape != (n,):
            raise ScenarioError(
                f"uncertainty: {name} has shape {column.shape}; give {n} values, one for each trial"
            )
        _check_possible(name, column)
        columns[name] = column
    return FrozenMapping(columns)
