"""The patients of one arm in some trials, and their ratings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketasim import _core
from ketasim._arrays import FloatArray
from ketasim.catalogue._model_tables import parameters
from ketasim.catalogue._ranges import limits_before
from ketasim.catalogue._variability import LOGIT_SCALE, SENSITIVITY, SPREAD_OF_SENSITIVITY
from ketasim.errors import ScenarioError
from ketasim.observation._trials import BetweenTrials
from ketasim.population._cohort import Cohort
from ketasim.population._draws import drawn, standard_normal
from ketasim.population._rates import SEEN_FROM, SPREAD, of_members
from ketasim.scenario._scenario import Scenario, given_value
from ketasim.scenario._solver_options import SolverOptions
from ketasim.trials._design import TrialArm, TrialDesign

#: Streams of random numbers, besides those of a population: of a patient, and of a trial.
_ENTRY, _SHIFT, _RATING, _STAY, _TRIAL, _VISIT = 11, 12, 13, 14, 15, 16
#: Candidates of whom the first with a sufficient rating enters.
_CANDIDATES = 16
#: Highest MADRS before treatment, and least share of candidates who may enter.
_MOST_MADRS, _LEAST_ENTERING = 59.0, 0.25
_HOURS_PER_WEEK = 168.0


@dataclass(frozen=True, slots=True)
class Ratings:
    """Ratings of the patients of an arm.

    Parameters
    ----------
    baseline : ndarray, shape (n_trials, n)
        MADRS before treatment [points].
    madrs : ndarray, shape (n_trials, n, n_visits)
        Rated MADRS [points]; NaN after a patient has left, or whose run failed.
    failed : int
        Patients whose run failed.
    """

    baseline: FloatArray
    madrs: FloatArray
    failed: int


@dataclass(frozen=True, slots=True)
class TrialDraws:
    """Shifts of each trial: of the control logit, and of the logarithm of the drug effect."""

    u_c: FloatArray
    u_d: FloatArray
    tau_row: FloatArray


def trial_draws(
    trials: range, seed: int, between: BetweenTrials, own: Mapping[str, FloatArray]
) -> TrialDraws:
    """Draw how each trial differs from the typical one; `own` has parameters of each trial."""
    z = standard_normal(trials, 2, seed, (_TRIAL, 0))

    def tau(name: str) -> FloatArray:
        return own.get(f"observation.{name}", np.full(len(trials), getattr(between, name)))

    return TrialDraws(tau("tau_c") * z[:, 0], tau("tau_d") * z[:, 1], tau("tau_row"))


def rate(
    design: TrialDesign,
    place: int,
    trials: range,
    seed: int,
    draws: TrialDraws,
    own: Mapping[str, FloatArray],
    options: SolverOptions,
    threads: int | None,
) -> Ratings:
    """Simulate and rate the patients of arm number `place` in some trials."""
    arm = design.arms[place]
    # Arms have streams of their own; a patient is a function of seed, arm, trial and place.
    own_seed = (seed + place * 0x9E3779B97F4A7C15) % 2**64
    members = range(trials.start * arm.n, trials.stop * arm.n)
    individual = _individual(arm.scenario, members, own_seed, _repeated(own, arm.n))
    baseline = _baselines(design, arm.scenario, members, own_seed)
    times = np.array(design.visits_h, dtype=np.float64)
    simulated = Cohort(
        arm.scenario, 0, len(members), own_seed, SEEN_FROM, times, options, individual,
        {"baseline_madrs": baseline},
    ).simulate(threads)  # fmt: skip
    shape = (len(trials), arm.n, times.size)
    starts, drug, context = (simulated.values[:, k].reshape(shape) for k in range(len(SEEN_FROM)))
    # A trial scales the drug and shifts the context; so does a visit, alike for all arms: patients are
    # randomised, so that arms of equal treatment differ by chance alone.
    row = standard_normal(trials, times.size, seed, (_VISIT, 0)) * draws.tau_row[:, np.newaxis]
    drug = drug * np.exp(draws.u_d)[:, np.newaxis, np.newaxis]
    context = context + (draws.u_c[:, np.newaxis] + row)[:, np.newaxis, :]
    spread = {
        name: _by_patient(of_members(arm.scenario, individual, name), shape) for name in SPREAD
    }
    madrs = _core.rated_madrs(
        starts,
        drug,
        context,
        spread["sensitivity"],
        spread["omega_s"],
        spread["sd_e"],
        spread["sigma_y"],
        0.0,  # the sensitivity of a drawn patient is known
        np.broadcast_to(
            standard_normal(members, 1, own_seed, (_SHIFT, 0)).reshape(*shape[:2], 1), shape
        ),
        standard_normal(members, times.size, own_seed, (_RATING, 0)).reshape(shape),
    )
    stayed = _stays(design, members, own_seed)
    failed = np.isnan(simulated.values[:, 0, 0])
    missing = (~stayed | failed[:, np.newaxis]).reshape(shape)
    return Ratings(baseline.reshape(shape[:2]), np.where(missing, np.nan, madrs), int(failed.sum()))


def _repeated(own: Mapping[str, FloatArray], n: int) -> dict[str, FloatArray]:
    """Parameters of trials as parameters of their patients."""
    return {k: np.repeat(v, n) for k, v in own.items() if not k.startswith("observation.")}


def _by_patient(value: FloatArray | np.float64, shape: tuple[int, ...]) -> FloatArray:
    column = np.asarray(value, dtype=np.float64)
    if column.ndim:
        column = column.reshape(*shape[:2], 1)
    return np.broadcast_to(column, shape)


def _individual(
    scenario: Scenario, members: range, seed: int, of_trial: Mapping[str, FloatArray]
) -> dict[str, FloatArray]:
    """Draw the parameters of patients around those of their trial."""
    values = drawn(scenario, members, seed)
    table, factors = parameters(scenario.subject.species), scenario.subject.factors()
    spread = given_value(scenario, SPREAD_OF_SENSITIVITY)
    if SPREAD_OF_SENSITIVITY in of_trial and spread > 0.0:
        # The same number of standard deviations, with the spread of the trial.
        wider = of_trial[SPREAD_OF_SENSITIVITY]
        mean = given_value(scenario, SENSITIVITY)
        z = (np.log(values[SENSITIVITY] / mean) + spread**2 / 2.0) / spread
        values[SENSITIVITY] = mean * np.exp(wider * z - wider**2 / 2.0)
    for name, trial in of_trial.items():
        if name == SPREAD_OF_SENSITIVITY:
            continue
        if name not in values:
            values[name] = trial
        elif name in LOGIT_SCALE:
            usual = np.float64(given_value(scenario, name))
            moved = 1.0 / (1.0 + np.exp(-(_logit(values[name]) + _logit(trial) - _logit(usual))))
            values[name] = np.clip(moved, *limits_before(table[name], factors.get(name, 1.0)))
        else:
            moved = values[name] * trial / given_value(scenario, name)
            values[name] = np.clip(moved, *limits_before(table[name], factors.get(name, 1.0)))
    return values


def _logit(share: FloatArray | np.float64) -> FloatArray:
    return np.asarray(np.log(share / (1.0 - share)))


def _middle(scenario: Scenario) -> float:
    """Return the mean MADRS of candidates."""
    own = scenario.subject.baseline_madrs
    if own is not None:
        return float(own)
    from ketasim.simulation._simulate import simulate

    return float(simulate(scenario, t_eval=[0.0]).before("madrs_baseline"))


def check_entry(design: TrialDesign, arm: TrialArm) -> None:
    """Refuse a trial that hardly any patient may enter.

    Raises
    ------
    ScenarioError
    """
    middle, sd = _middle(arm.scenario), design.baseline_sd
    assert sd is not None
    low, high = design.entry_madrs, _MOST_MADRS
    if sd > 0.0:
        ends = np.asarray(_core.normal_cdf((np.array([low, high]) - middle) / sd))
        share = float(ends[1] - ends[0])
    else:
        share = float(low <= middle <= high)
    if share < _LEAST_ENTERING:
        raise ScenarioError(
            f"entry_madrs = {low:g}: of patients of arm {arm.name!r}, whose MADRS is {middle:.3g} with SD {sd:.3g}, "
            f"{100.0 * share:.0f} % may enter; lower it, or give Subject(baseline_madrs=...)"
        )


def _baselines(design: TrialDesign, scenario: Scenario, members: range, seed: int) -> FloatArray:
    """MADRS of patients before treatment: normal, among those who may enter."""
    middle = _middle(scenario)
    assert design.baseline_sd is not None
    candidates = middle + design.baseline_sd * standard_normal(
        members, _CANDIDATES, seed, (_ENTRY, 0)
    )
    low, high = design.entry_madrs, _MOST_MADRS
    enters = (candidates >= low) & (candidates <= high)
    first = enters.argmax(1)
    chosen = candidates[np.arange(len(members)), first]
    within: FloatArray = np.clip(chosen, max(low, 0.5), high)
    return within


def _stays(design: TrialDesign, members: range, seed: int) -> NDArray[np.bool_]:
    """Whether each patient is still there at each visit."""
    visits = np.array(design.visits_h)
    if design.dropout_per_week == 0.0:
        return np.ones((len(members), visits.size), dtype=bool)
    hazard = -np.log1p(-design.dropout_per_week) / _HOURS_PER_WEEK
    share = np.asarray(_core.normal_cdf(standard_normal(members, 1, seed, (_STAY, 0))))
    leaves_h = -np.log(np.maximum(share, np.finfo(np.float64).tiny)) / hazard
    return np.asarray(visits[np.newaxis, :] < leaves_h)
