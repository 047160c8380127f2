"""Prediction intervals outside the clinical trials: the spread of residuals by kind of measurement.

A number y is distributed around the predicted number mu, with sigma of its kind:
    log kinds      ln y ~ N(ln mu, (se/y)^2 + sigma^2)        plasma levels and areas, times, folds
    linear kinds   y ~ N(mu, se^2 + sigma^2)                  shares, CADSS points, mmHg
    counts         k ~ binomial(n, expit(logit(mu) + e)),  e ~ N(0, sigma^2)
se is the standard error that the row gives, 0 without one. sigma is estimated from the calibrate
rows (weights as powers) and shipped in ``residuals.csv``. It has a log-normal prior (`TYPICAL_SIGMA`, log-SD
`PRIOR_LOG_SD`), because the model was fitted to the same rows and some kinds have few of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

from ketasim._wording.frozen import comparable
from ketasim.evidence._records import Arm, Observation
from ketasim.evidence.vocabulary import CLINICAL, COGNITION, OVER_CONTROL, SIDE_EFFECTS
from ketasim.files._read_csv import read_csv
from ketasim.observation._distributions import (
    LEAST_SHARE,
    CountMixture,
    Distribution,
    LogNormalMixture,
    NormalMixture,
)
from ketasim.observation._intervals import N_UNKNOWN, own_interval

Shape: TypeAlias = Literal["log", "linear", "count"]

#: Kinds of measurement and the shape of their residuals.
KINDS: Mapping[str, Shape] = {
    "plasma level": "log",
    "ratio of plasma levels": "log",
    "cognition": "linear",
    "time": "log",
    "fold": "log",
    "share": "linear",
    "dissociation": "linear",
    "blood pressure": "linear",
    "share of patients": "count",
}
#: Median of the prior of sigma by kind, in its unit or on its scale; and log-SD of the prior.
TYPICAL_SIGMA = {
    "plasma level": 0.3, "time": 0.3, "fold": 0.3, "share": 0.1, "dissociation": 5.0,
    "blood pressure": 5.0, "share of patients": 1.0, "ratio of plasma levels": 0.2,
    "cognition": 0.3,
}  # fmt: skip
PRIOR_LOG_SD = 0.5
#: Range in which sigma is looked for, and the number of steps of the search.
SIGMA_RANGE = {"log": (0.01, 3.0), "linear": (0.001, 60.0), "count": (0.05, 4.0)}
SEARCH_STEPS = 80
NODES = 21


def kind_of(o: Observation) -> str | None:
    """Return the kind of measurement; None for clinical rows and directions."""
    if o.area == CLINICAL or o.statistic == "sign":
        return None
    if o.unit == "h":
        return "time"
    if o.area == SIDE_EFFECTS:
        if o.statistic == "fraction":
            return "share of patients"
        return "blood pressure" if o.unit == "mmHg" else "dissociation"
    if o.statistic in OVER_CONTROL:
        return "ratio of plasma levels"
    if o.area == COGNITION:
        return "cognition"
    if o.unit in ("ng/mL", "ng*h/mL"):
        return "plasma level"
    return "fold" if o.unit in ("fold", "% of baseline") else "share"


@comparable
@dataclass(frozen=True, slots=True)
class Residual:
    """A predicted and an observed number of one kind.

    Parameters
    ----------
    observation : Observation
    arm : Arm
    predicted : float
        In the unit of the observation.
    """

    observation: Observation
    arm: Arm
    predicted: float


def distribution(r: Residual, sigma: float) -> Distribution | None:
    """Return the predictive distribution; None where a logarithm has no argument.

    Parameters
    ----------
    r : Residual
    sigma : float
        Of its kind.
    """
    o = r.observation
    kind = kind_of(o)
    if kind is None:
        raise ValueError(f"{o.obs_id} has no kind of measurement")
    shape = KINDS[kind]
    one = np.ones(1)
    own = own_interval(o, r.arm)
    se = own.standard_error if own else 0.0
    if shape == "log":
        if r.predicted <= 0.0 or o.value <= 0.0:
            return None
        return LogNormalMixture(
            one, np.array([math.log(r.predicted)]), np.array([math.hypot(se / o.value, sigma)])
        )
    if shape == "linear":
        return NormalMixture(one, np.array([r.predicted]), np.array([math.hypot(se, sigma)]))
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    p = min(max(r.predicted, LEAST_SHARE), 1.0 - LEAST_SHARE)
    shares = 1.0 / (1.0 + np.exp(-math.log(p / (1.0 - p)) - sigma * nodes))
    n = max(1, round(o.n or r.arm.n or N_UNKNOWN))
    return CountMixture(weights / weights.sum(), shares, 0.0 * shares, n)


def estimate(rows: Iterable[Residual]) -> dict[str, float]:
    """Return the sigma of each kind that has rows: the maximum of log-likelihood plus log-prior."""
    by_kind: dict[str, list[Residual]] = {}
    for r in rows:
        kind = kind_of(r.observation)
        if kind is not None and r.observation.weight > 0.0 and distribution(r, 1.0) is not None:
            by_kind.setdefault(kind, []).append(r)
    return {kind: _best(kind, of_kind) for kind, of_kind in by_kind.items()}


def _best(kind: str, rows: Sequence[Residual]) -> float:
    typical = math.log(TYPICAL_SIGMA[kind])

    def cost(log_sigma: float) -> float:
        total = 0.5 * ((log_sigma - typical) / PRIOR_LOG_SD) ** 2
        for r in rows:
            found = distribution(r, math.exp(log_sigma))
            if found is not None:
                total -= r.observation.weight * found.log_density(r.observation.value)
        return total

    low, high = map(math.log, SIGMA_RANGE[KINDS[kind]])
    return math.exp(_minimum(cost, low, high))


def _minimum(f: Callable[[float], float], low: float, high: float) -> float:
    """Return the minimum of a function: the best of a grid, then golden sections around it."""
    grid = np.linspace(low, high, SEARCH_STEPS // 2)
    values = [f(float(x)) for x in grid]
    k = int(np.argmin(values))
    a, b = float(grid[max(k - 1, 0)]), float(grid[min(k + 1, grid.size - 1)])
    golden = 0.5 * (math.sqrt(5.0) - 1.0)
    for _ in range(SEARCH_STEPS // 2):
        c, d = b - golden * (b - a), a + golden * (b - a)
        a, b = (a, d) if f(c) < f(d) else (c, b)
    return 0.5 * (a + b)


@cache
def shipped_sigmas() -> Mapping[str, float]:
    """Return sigma by kind, estimated from the shipped calibrate rows with the model as it is."""
    with as_file(files("ketasim.qualification").joinpath("data", "residuals.csv")) as path:
        rows = read_csv(Path(path), ("kind", "sigma"))
    return {r.cells["kind"]: float(r.cells["sigma"]) for r in rows}
