"""The likelihood of the arms of a study, for several parameter sets at once or with slopes.

The model of `ketasim.observation._trials`, whose head has the equations: trials shift the control
logit and scale the drug effect of all their arms. In addition differences that share a control arm
are correlated: with standard errors s_i and shares f_i of their variance that the control arm causes,
    cov(i, j) = sqrt(f_i f_j) s_i s_j,   f_i = (1/n_control)/(1/n_control + 1/n_i), 1/2 if unknown
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ketasim._arrays import FloatArray
from ketasim.evidence.vocabulary import CLINICAL
from ketasim.observation import _densities as densities
from ketasim.observation._numbers import (
    Number,
    Sloped,
    directions,
    log,
    log_mean_exp,
    root,
    slopes_of,
    total,
    value_of,
)
from ketasim.observation._prediction import RATED, Predictor
from ketasim.observation._simulated_arm import Course
from ketasim.observation._trials import (
    NODES,
    NODES_RELAPSE,
    BetweenTrials,
    MovedRun,
    Trial,
    TrialRow,
    moments,
)

#: Share of the variance of a difference that its control arm causes, where sizes are unknown.
SHARE_OF_CONTROL = 0.5


@dataclass(frozen=True, slots=True)
class Correlated:
    """Differences to one control arm at one time, with the inverse of the root of their correlations.

    Parameters
    ----------
    rows : tuple of TrialRow
    whitening : ndarray, shape (n_rows, n_rows)
        W with W R W' = 1 for the correlation matrix R.
    log_determinant : float
        ln det R.
    """

    rows: tuple[TrialRow, ...]
    whitening: FloatArray
    log_determinant: float


def correlated(
    rows: Sequence[TrialRow], n_of_arm: Mapping[str, float | None]
) -> tuple[Correlated, ...]:
    """Group rows that share a control arm; all others are alone."""
    groups: dict[object, list[TrialRow]] = {}
    for k, row in enumerate(rows):
        o = row.observation
        shared = row.kind == "normal" and bool(o.relative_to)
        key = (o.relative_to, o.readout, o.statistic, o.time_h, o.unit) if shared else k
        groups.setdefault(key, []).append(row)
    found = []
    for together in groups.values():
        of_control = [_share_of_control(row, n_of_arm) for row in together]
        r = np.sqrt(np.outer(of_control, of_control))
        np.fill_diagonal(r, 1.0)
        root = np.linalg.cholesky(r)
        found.append(
            Correlated(
                tuple(together), np.linalg.inv(root), 2.0 * float(np.log(np.diag(root)).sum())
            )
        )
    return tuple(found)


def _share_of_control(row: TrialRow, n_of_arm: Mapping[str, float | None]) -> float:
    o = row.observation
    n, n_control = n_of_arm.get(o.arm_id), n_of_arm.get(o.relative_to)
    if not (n and n_control):
        return SHARE_OF_CONTROL
    return (1.0 / n_control) / (1.0 / n_control + 1.0 / n)


def study_log_likelihood(
    trial: Trial,
    groups: Sequence[Correlated],
    courses: Mapping[str, Course],
    rules: Predictor,
    between: BetweenTrials | None,
    *,
    lane_axes: int = 0,
    nodes: tuple[int, int] = NODES,
) -> Number:
    """Return the log likelihood of all rows of a study.

    Parameters
    ----------
    trial : Trial
    groups : sequence of Correlated
        Its rows, see `correlated`.
    courses : mapping of str to Course
        Simulated arms by name; readouts may have leading axes (``lane_axes`` of them) or slopes.
    rules : Predictor
    between : BetweenTrials or None
        Its fields may be numbers with slopes. None: the study is like all others.
    lane_axes : int
        Axes of the readouts before that of time.
    nodes : tuple of int
        Nodes of the quadrature over u_c and over u_d.

    Returns
    -------
    Number
        Of the shape of the lanes.

    Raises
    ------
    UnpredictableError
        If the model has no counterpart of a row.
    """
    if between is None:
        x_c, x_d, weights = np.zeros(1), np.zeros(1), np.ones(1)
        tau_c: Number = 0.0
        tau_d: Number = 0.0
        tau_row: Number = 0.0
    else:
        x_c, x_d, weights = _standard_nodes(nodes)
        share = between.pooled_share if trial.pooled else 1.0
        tau_c, tau_d, tau_row = between.tau_c * share, between.tau_d * share, between.tau_row
    axes = (-1, *(1,) * lane_axes)
    u_c, u_d = tau_c * x_c.reshape(axes), tau_d * x_d.reshape(axes)
    logs = total([
        _group_log_density(group, courses, rules, between, u_c, u_d, tau_row) for group in groups
    ])  # fmt: skip
    return log_mean_exp(_on_nodes(logs, weights.size), weights)


def whitened(group: Correlated, courses: Mapping[str, Course], rules: Predictor) -> Number:
    """Return independent standardised residuals (prediction - value)/se of a group, shape (n_rows,).

    Raises
    ------
    UnpredictableError
    """
    z = [
        (_moments(row, courses, rules, 0.0, 0.0, 0.0)[0] - row.observation.value) / row.se
        for row in group.rows
    ]
    white = [
        total([weight * z[j] for j, weight in enumerate(line[: i + 1])])
        for i, line in enumerate(group.whitening)
    ]
    n_theta = directions(white)
    values = np.array([float(value_of(one)) for one in white])
    if n_theta is None:
        return values
    return Sloped(values, np.stack([slopes_of(one, (), n_theta) for one in white]))


def _on_nodes(logs: Number, n: int) -> Number:
    """Give a number the axis of the nodes, along which it may be constant."""
    values = value_of(logs)
    if values.ndim and values.shape[0] == n:
        return logs
    return logs + np.zeros((n, *(1,) * max(0, values.ndim - 1)))


def _standard_nodes(nodes: tuple[int, int]) -> tuple[FloatArray, FloatArray, FloatArray]:
    (x_c, w_c), (x_d, w_d) = (_hermite(n) for n in nodes)
    grid_c, grid_d = np.meshgrid(x_c, x_d, indexing="ij")
    return grid_c.ravel(), grid_d.ravel(), np.outer(w_c, w_d).ravel()


def _hermite(n: int) -> tuple[FloatArray, FloatArray]:
    nodes, weights = np.polynomial.hermite_e.hermegauss(n)
    return nodes, weights / weights.sum()


def _group_log_density(
    group: Correlated,
    courses: Mapping[str, Course],
    rules: Predictor,
    between: BetweenTrials | None,
    u_c: Number,
    u_d: Number,
    tau_row: Number,
) -> Number:
    if len(group.rows) == 1:
        return _row_log_density(group.rows[0], courses, rules, between, u_c, u_d, tau_row)
    z, log_sds = [], []
    for row in group.rows:
        mu, extra = _moments(row, courses, rules, u_c, u_d, tau_row)
        variance = extra + row.se**2
        log_sds.append(log(variance) * 0.5)
        z.append((row.observation.value - mu) / root(variance))
    white = [
        total([weight * z[j] for j, weight in enumerate(line[: i + 1])])
        for i, line in enumerate(group.whitening)
    ]
    squares = total([one * one for one in white])
    constant = 0.5 * group.log_determinant + len(z) * densities.HALF_LOG_2_PI
    return squares * -0.5 - total(log_sds) - constant


def _moments(
    row: TrialRow,
    courses: Mapping[str, Course],
    rules: Predictor,
    u_c: Number,
    u_d: Number,
    tau_row: Number,
) -> tuple[Number, Number]:
    """Return mean and variance beyond the sampling error; other areas than ratings do not shift."""
    o = row.observation
    arms = [courses[o.arm_id]] + ([courses[o.relative_to]] if o.relative_to else [])
    if o.area != CLINICAL:
        drug, control = arms[0], arms[1] if len(arms) > 1 else None
        return rules.number(o, drug, control), 0.0
    return moments(o, arms, rules, u_c, u_d, tau_row)


def _row_log_density(
    row: TrialRow,
    courses: Mapping[str, Course],
    rules: Predictor,
    between: BetweenTrials | None,
    u_c: Number,
    u_d: Number,
    tau_row: Number,
) -> Number:
    o = row.observation
    n = max(1, round(row.n))
    if row.kind in ("relapse", "time"):
        mu, _ = _moments(row, courses, rules, u_c, u_d, 0.0)
        if row.kind == "time":
            tau = 0.0 if between is None else between.tau_time
            sd = root(tau * tau + row.se**2)
            return o.weight * (densities.normal(math.log(o.value), log(mu), sd) - math.log(o.value))
        return o.weight * _relapse(round(o.value * n), n, mu, between)
    mu, extra = _moments(row, courses, rules, u_c, u_d, tau_row)
    if row.kind == "count":
        k = min(n, max(0, round(o.value * n)))
        return o.weight * densities.count(k, n, mu, extra)
    if row.kind == "ratio":
        sd = root(extra / (mu * mu) + row.se**2)
        return o.weight * (densities.normal(math.log(o.value), log(mu), sd) - math.log(o.value))
    density = densities.normal(o.value, mu, root(extra + row.se**2))
    if o.spread_kind == "sd" and o.spread and not o.relative_to and o.readout in RATED and n >= 2:
        density = density + _sd_of_patients(row, courses, rules, between, u_c, u_d)
    return o.weight * density


def _sd_of_patients(
    row: TrialRow,
    courses: Mapping[str, Course],
    rules: Predictor,
    between: BetweenTrials | None,
    u_c: Number,
    u_d: Number,
) -> Number:
    """Return the log density of the logarithm of a reported SD between patients."""
    o = row.observation
    course = courses[o.arm_id]
    sd = rules.sd_between_patients(o, replace(course, run=MovedRun(course.run, u_c, u_d)))
    if sd is None or o.spread is None:
        return 0.0
    tau = 0.0 if between is None else between.tau_sd
    spread = math.sqrt(1.0 / (2.0 * (row.n - 1.0)) + tau * tau)
    return densities.normal(math.log(o.spread), log(sd), spread)


def _relapse(k: int, n: int, share: Number, between: BetweenTrials | None) -> Number:
    p = densities.inside_share(share)
    if between is None:
        return densities.count(k, n, p, 0.0)
    x, w = _hermite(NODES_RELAPSE)
    values = value_of(p)
    shifts = np.exp(between.tau_rel * x).reshape(-1, *(1,) * values.ndim)
    odds = p / (1.0 - p) * shifts
    return log_mean_exp(densities.count(k, n, odds / (1.0 + odds), 0.0), w)
