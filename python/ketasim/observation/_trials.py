"""Trials as in a model-based meta-analysis: what rows of one trial share, and their likelihood.

Trial j shifts the control logit and scales the drug effect of all its arms; row k of an arm deviates by
itself (include/ketasim/observation/trials.hpp):
    context_j = context_relief + u_c + e_k        u_c ~ N(0, tau_c^2)    e_k ~ N(0, tau_row^2)
    drug_j    = drug_relief exp(u_d)              u_d ~ N(0, tau_d^2)
Pooled sources have pooled_share tau_c and tau_d. Given (u_c, u_d), with mu the predicted number:
    mean, contrast   y ~ N(mu, se^2 + v),  v = tau_row^2 sum over arms of (dmu/dcontext)^2
    count            k ~ beta-binomial(n) of mean mu with variance v beyond the binomial
    share relapsed   k ~ binomial(n, expit(logit(mu) + e)),  e ~ N(0, tau_rel^2)
    median time      ln y ~ N(ln mu, 1/(n ln(2)^2) + tau_time^2)
    ratio of arms    ln y ~ N(ln mu, se^2 + v/mu^2)
    SD of patients   ln SD ~ N(ln model SD, 1/(2 (n - 1)) + tau_sd^2)
The likelihood of a trial is the mean of the product over its rows over (u_c, u_d), by Gauss-Hermite
quadrature (11 x 5 nodes). A row of weight w enters with the power w.

Other clinical readouts than depression ratings follow the trial on their own scale: shares by u_c
on the logit, changes by exp(u_d).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

from ketasim._arrays import FloatArray
from ketasim._wording.frozen import comparable
from ketasim._wording.sealed import sealed
from ketasim.evidence._records import Arm, Evidence, Observation
from ketasim.evidence.vocabulary import CLINICAL, READOUT_UNIT
from ketasim.files._read_csv import read_csv
from ketasim.observation._clinical import MOOD, trial_parameters
from ketasim.observation._distributions import (
    LEAST_SHARE,
    CountMixture,
    Distribution,
    LogNormalMixture,
    NormalMixture,
    log_mean_exp,
)
from ketasim.observation._intervals import LOG_RATIO_SE, N_UNKNOWN, interval_of
from ketasim.observation._numbers import Number, exp, value_of, where, with_time
from ketasim.observation._prediction import RATED, Predictor, UnpredictableError
from ketasim.observation._simulated_arm import Course, RunLike

#: Nodes for u_c and u_d, and for the logit of a share relapsed.
NODES, NODES_RELAPSE = (11, 5), 7
#: Step of the logit for dmu/dcontext: the error of the central difference is its square over 6.
LOGIT_STEP = 0.01


@sealed
@dataclass(frozen=True, slots=True)
class BetweenTrials:
    """How trials of one treatment differ.

    Parameters
    ----------
    tau_c, tau_d : float
        SDs between trials of the control logit and of the logarithm of the drug effect.
    tau_row : float
        SD of a row's own logit.
    tau_rel, tau_time, tau_sd : float
        SDs of the logit of a share relapsed, of the logarithm of a median time, and of the logarithm
        of an SD between patients.
    pooled_share : float
        Share of tau_c and tau_d in a source that pools trials.

    Examples
    --------
    >>> from ketasim.observation import BetweenTrials
    >>> BetweenTrials.published().tau_c > 0.0
    True
    """

    tau_c: float
    tau_d: float
    tau_row: float
    tau_rel: float
    tau_time: float
    tau_sd: float
    pooled_share: float

    @classmethod
    def published(cls) -> BetweenTrials:
        """Return the values of `trial_parameters`.

        Returns
        -------
        BetweenTrials
        """
        table = trial_parameters()
        return cls(*(float(table[f"observation.{f.name}"]["value"]) for f in fields(cls)))


@sealed
@dataclass(frozen=True, slots=True)
class TrialSource:
    """The trial behind a source.

    Parameters
    ----------
    source_key, trial : str
    pooled : bool
        Whether the source pools several trials.

    Examples
    --------
    >>> from ketasim.observation import trial_source
    >>> trial_source("wilkinson2019").pooled
    True
    """

    source_key: str
    trial: str
    pooled: bool


@cache
def _listed_sources() -> Mapping[str, TrialSource]:
    with as_file(files("ketasim.evidence").joinpath("data", "trials.csv")) as path:
        rows = read_csv(Path(path), ("source_key", "trial", "pooled"))
    return {
        r.cells["source_key"]: TrialSource(
            r.cells["source_key"], r.cells["trial"], r.cells["pooled"] == "1"
        )
        for r in rows
    }


def trial_source(source_key: str) -> TrialSource:
    """Return the trial behind a source; one that is not listed in ``trials.csv`` is its own trial.

    Parameters
    ----------
    source_key : str

    Returns
    -------
    TrialSource

    Examples
    --------
    >>> from ketasim.observation import trial_source
    >>> trial_source("turkoz2021").trial == trial_source("jones2022").trial
    True
    """
    return _listed_sources().get(source_key) or TrialSource(source_key, source_key, False)


# --- rows of a trial ------------------------------------------------------------------------------

Kind: TypeAlias = Literal["normal", "count", "relapse", "time", "ratio"]


@sealed
@dataclass(frozen=True, slots=True)
class TrialRow:
    """One observation of a trial and its kind of likelihood.

    Parameters
    ----------
    observation : Observation
    kind : {'normal', 'count', 'relapse', 'time', 'ratio'}
    n : float
        Number of patients.
    se : float
        Standard error [unit], of the logarithm for 'time' and 'ratio'; 0 for counts.

    Examples
    --------
    >>> import ketasim as ks
    >>> from ketasim.observation import trials_of
    >>> trial = trials_of(ks.evidence.load())["popova2019"]
    >>> trial.rows[0].kind in ("normal", "count")
    True
    """

    observation: Observation
    kind: Kind
    n: float
    se: float


@sealed
@dataclass(frozen=True, slots=True)
class Trial:
    """The clinical rows of one trial.

    Parameters
    ----------
    name : str
    pooled : bool
    rows : tuple of TrialRow

    Examples
    --------
    >>> import ketasim as ks
    >>> from ketasim.observation import trials_of
    >>> trial = trials_of(ks.evidence.load())["popova2019"]
    >>> trial.name, trial.pooled
    ('popova2019', False)
    """

    name: str
    pooled: bool
    rows: tuple[TrialRow, ...]


def trials_of(evidence: Evidence, rows: Iterable[Observation] | None = None) -> dict[str, Trial]:
    """Group clinical observations by trial; directions and rows of weight 0 are left out.

    Parameters
    ----------
    evidence : Evidence
    rows : iterable of Observation, optional
        Default: all observations.

    Returns
    -------
    dict of str to Trial
        By the name of the trial, in the order of the table.

    Examples
    --------
    >>> import ketasim as ks
    >>> from ketasim.observation import trials_of
    >>> trials_of(ks.evidence.load())["popova2019"].pooled
    False
    """
    found: dict[str, Trial] = {}
    for o in evidence.observations if rows is None else rows:
        if o.area != CLINICAL or o.statistic == "sign" or o.weight == 0.0:
            continue
        source = trial_source(o.source_key)
        trial = found.get(source.trial, Trial(source.trial, source.pooled, ()))
        row = trial_row(o, evidence.arms[o.arm_id])
        found[source.trial] = replace(trial, rows=(*trial.rows, row))
    return found


def trial_row(o: Observation, arm: Arm) -> TrialRow:
    """Return the kind of likelihood of a clinical observation, see the head of this module."""
    n = o.n or arm.n or N_UNKNOWN
    if o.statistic == "median_time":
        se = o.spread / o.value if o.spread else 1.0 / (math.log(2.0) * math.sqrt(n))
        return TrialRow(o, "time", n, se)
    if o.statistic == "ratio" and o.time_end_h is None:
        return TrialRow(o, "ratio", n, LOG_RATIO_SE if o.spread is None else _log_se(o, arm))
    share = READOUT_UNIT[o.readout] == "1" and o.statistic != "ratio"
    if share and not o.relative_to and o.spread is None:
        return TrialRow(o, "relapse" if o.readout == "relapse" else "count", n, 0.0)
    return TrialRow(o, "normal", n, interval_of(o, arm).standard_error)


def _log_se(o: Observation, arm: Arm) -> float:
    return interval_of(o, arm).standard_error / o.value


# --- moved arms -----------------------------------------------------------------------------------


@comparable
@dataclass(frozen=True)
class MovedRun:
    """A run as it would be in other trials: readouts of shape (n_trials, n_times).

    Parameters
    ----------
    run : RunLike
    u_c, u_d : Number, shape (n_trials, ...)
        Shift of the control logit, and logarithm of the factor of the drug effect. Further axes are
        those that the readouts have before that of time.
    """

    run: RunLike
    u_c: Number
    u_d: Number

    @property
    def t(self) -> FloatArray:
        return self.run.t

    def __getitem__(self, name: str) -> Number:
        x = self.run[name]
        baseline, relief, context = MOOD
        shift, factor = with_time(self.u_c), with_time(exp(self.u_d))
        if name == baseline:
            return x
        if name == context:
            return x + shift
        if name == relief or READOUT_UNIT.get(name) != "1":
            return x * factor
        share = value_of(x)
        inside = where(
            share < LEAST_SHARE, LEAST_SHARE, where(share > 1 - LEAST_SHARE, 1 - LEAST_SHARE, x)
        )
        odds = inside / (1.0 - inside) * exp(shift)
        return odds / (1.0 + odds)


@comparable
@dataclass(frozen=True, slots=True)
class Forecast:
    """Predictive distributions of the rows of a trial, and the likelihood of all of them.

    Parameters
    ----------
    trial : Trial
    weights : ndarray, shape (n_nodes,)
        Of the nodes (u_c, u_d).
    rows : mapping of str to Distribution or str
        By ``obs_id``; a text where the model has no counterpart.
    logs : mapping of str to ndarray, shape (n_nodes,)
        Log-likelihood of each predicted row at the nodes, times its weight.

    Examples
    --------
    >>> from ketasim.observation import Forecast, Trial
    >>> empty = Forecast(Trial("mine", False, ()), np.ones(1), {}, {})
    >>> empty.log_likelihood
    0.0
    """

    trial: Trial
    weights: FloatArray
    rows: Mapping[str, Distribution | str]
    logs: Mapping[str, FloatArray]

    @property
    def log_likelihood(self) -> float:
        """Log-likelihood of all predicted rows together."""
        return self.joint(self.logs)

    def joint(self, rows: Iterable[str]) -> float:
        """Return the log-likelihood of some rows together.

        Parameters
        ----------
        rows : iterable of str
            ``obs_id`` of predicted rows.

        Returns
        -------
        float
        """
        total = sum((self.logs[row] for row in rows), np.zeros_like(self.weights))
        return log_mean_exp(total, self.weights)


def forecast(
    trial: Trial,
    courses: Mapping[str, Course],
    rules: Predictor,
    between: BetweenTrials,
    nodes: tuple[int, int] = NODES,
) -> Forecast:
    """Predict the rows of a trial.

    Parameters
    ----------
    trial : Trial
    courses : mapping of str to Course
        Simulated arms by name. The readouts `MOOD` are enough for depression ratings.
    rules : Predictor
    between : BetweenTrials
    nodes : tuple of int
        Nodes of the quadrature over u_c and over u_d.

    Returns
    -------
    Forecast

    Examples
    --------
    >>> import ketasim as ks
    >>> from ketasim.observation import BetweenTrials, forecast, plans, predictor, trials_of
    >>> evidence = ks.evidence.load()
    >>> trial = trials_of(evidence)["murrough2013_ajp"]
    >>> courses = {}
    >>> for arm_id in ("murr13_ket", "murr13_mid"):
    ...     plan = plans(evidence)[arm_id]
    ...     run = ks.simulate(plan.scenario, t_eval=np.arange(0.0, 170.0, 1.0))
    ...     courses[arm_id] = plan.course(run)
    >>> found = forecast(trial, courses, predictor(), BetweenTrials.published())
    >>> found.log_likelihood < 0.0
    True
    """
    u_c, u_d, weights = _nodes(between, nodes, pooled=trial.pooled)
    logs: dict[str, FloatArray] = {}
    rows: dict[str, Distribution | str] = {}
    for row in trial.rows:
        o = row.observation
        arms = [o.arm_id, o.relative_to] if o.relative_to else [o.arm_id]
        missing = [arm for arm in arms if arm not in courses]
        if missing:
            rows[o.obs_id] = f"arm {missing[0]} has no run"
            continue
        try:
            found = _distribution(
                row, [courses[a] for a in arms], rules, between, u_c, u_d, weights
            )
            sd_term = _log_sd_term(row, courses[o.arm_id], rules, between, u_c, u_d)
        except UnpredictableError as reason:
            rows[o.obs_id] = str(reason)
            continue
        rows[o.obs_id] = found
        logs[o.obs_id] = o.weight * (found.by_trial(o.value, weights.size) + sd_term)
    return Forecast(trial, weights, rows, logs)


def _hermite(n: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights for averages over a standard normal variable."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(n)
    return nodes, weights / weights.sum()


def _nodes(
    between: BetweenTrials, nodes: tuple[int, int], *, pooled: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    share = between.pooled_share if pooled else 1.0
    (x_c, w_c), (x_d, w_d) = _hermite(nodes[0]), _hermite(nodes[1])
    u_c, u_d = np.meshgrid(share * between.tau_c * x_c, share * between.tau_d * x_d, indexing="ij")
    return u_c.ravel(), u_d.ravel(), np.outer(w_c, w_d).ravel()


def _distribution(
    row: TrialRow,
    arms: list[Course],
    rules: Predictor,
    between: BetweenTrials,
    u_c: FloatArray,
    u_d: FloatArray,
    weights: FloatArray,
) -> Distribution:
    o = row.observation
    if row.kind in ("relapse", "time"):
        mu, _ = _moved(row, arms, rules, u_c, u_d, 0.0)
        if row.kind == "time":
            sd = np.full_like(mu, math.hypot(row.se, between.tau_time))
            return LogNormalMixture(weights, np.log(mu), sd)
        p = np.clip(mu, LEAST_SHARE, 1.0 - LEAST_SHARE)
        x, w = _hermite(NODES_RELAPSE)
        logit = np.log(p / (1.0 - p))[:, None] + between.tau_rel * x
        shares = (1.0 / (1.0 + np.exp(-logit))).ravel()
        return CountMixture(np.outer(weights, w).ravel(), shares, 0.0 * shares, _whole(row.n))
    mu, extra = _moved(row, arms, rules, u_c, u_d, between.tau_row)
    if row.kind == "count":
        return CountMixture(weights, mu, extra, _whole(row.n))
    if row.kind == "ratio":
        if (mu <= 0.0).any():
            raise UnpredictableError(f"a ratio that is not positive: {o.readout}")
        return LogNormalMixture(weights, np.log(mu), np.sqrt(row.se**2 + extra / mu**2))
    return NormalMixture(weights, mu, np.sqrt(row.se**2 + extra))


def _whole(n: float) -> int:
    return max(1, round(n))


def _moved(
    row: TrialRow,
    arms: list[Course],
    rules: Predictor,
    u_c: FloatArray,
    u_d: FloatArray,
    tau_row: float,
) -> tuple[FloatArray, FloatArray]:
    """Return the predicted number at the nodes, and its variance by the row's own deviation."""
    number, extra = moments(row.observation, arms, rules, u_c, u_d, tau_row)
    mu = np.broadcast_to(value_of(number), u_c.shape)
    if not np.isfinite(mu).all():
        raise UnpredictableError("the model gives no finite value")
    return mu, np.broadcast_to(value_of(extra), u_c.shape)


def moments(
    o: Observation,
    arms: Sequence[Course],
    rules: Predictor,
    u_c: Number,
    u_d: Number,
    tau_row: Number,
) -> tuple[Number, Number]:
    """Return the predicted number in trials (u_c, u_d), and its variance by the row's own deviation.

    Parameters
    ----------
    o : Observation
    arms : sequence of Course
        The arm, and its control arm for a difference or ratio of two.
    rules : Predictor
    u_c, u_d : Number, shape (n_trials, ...)
        See `MovedRun`.
    tau_row : Number
        SD of the row's own logit; 0 for none.
    """

    def number(shifts: Sequence[float]) -> Number:
        moved = [
            replace(arm, run=MovedRun(arm.run, u_c + shift, u_d))
            for arm, shift in zip(arms, shifts, strict=True)
        ]
        return rules.number(o, moved[0], moved[1] if len(moved) > 1 else None)

    at = [0.0] * len(arms)
    variance: Number = 0.0
    if not isinstance(tau_row, float) or tau_row > 0.0:
        for k in range(len(arms)):
            up, down = list(at), list(at)
            up[k], down[k] = LOGIT_STEP, -LOGIT_STEP
            slope = (number(up) - number(down)) / (2.0 * LOGIT_STEP)
            variance = variance + slope * slope
        variance = variance * (tau_row * tau_row)
    return number(at), variance


def _log_sd_term(
    row: TrialRow,
    arm: Course,
    rules: Predictor,
    between: BetweenTrials,
    u_c: FloatArray,
    u_d: FloatArray,
) -> FloatArray:
    """Return the log density of a reported SD between patients at the nodes; 0 without one."""
    o = row.observation
    if (
        o.spread_kind != "sd"
        or not o.spread
        or o.relative_to
        or o.readout not in RATED
        or row.n < 2
    ):
        return np.zeros_like(u_c)
    sd = rules.sd_between_patients(o, replace(arm, run=MovedRun(arm.run, u_c, u_d)))
    if sd is None:
        return np.zeros_like(u_c)
    variance = 1.0 / (2.0 * (row.n - 1.0)) + between.tau_sd**2
    z = np.log(o.spread / value_of(sd))
    density: FloatArray = -0.5 * z * z / variance - 0.5 * math.log(2.0 * math.pi * variance)
    return density
