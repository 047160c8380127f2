"""Two statistical baselines: what a prediction is worth that knows the evidence but no pharmacology.

Both give each arm a course of relief and are then read, observed and scored exactly as the model is
(`ketasim.observation.forecast`).

control only
    context_relief(t) = c[context, bin]        drug_relief = 0
    The course of each trial context, whatever the treatment.
statistical MBMA
    context_relief(t) = c[context, bin]
    drug_relief(t)    = a[class] g[bin, single or repeated]        g = 1 a day after a single dose
    A model-based meta-analysis without a dose: class of route (injected, nasal, oral) or SSRI.

Bins of time since the last active dose (drug) or the first session (context): up to 12 h, 3 days, 10
days, 6 weeks, and later. ``a`` and ``g`` are positive: their logarithms are fitted. Every number has a normal
prior (`PRIOR_SD`), which only decides about cells that no row informs.

Side effects have the same two: the value at control visits only; and a mean by class of dose and
time bin. See `SIDE_EFFECTS_CLASSES`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ketasim._arrays import FloatArray
from ketasim._runtime.optional import require
from ketasim._wording.frozen import comparable
from ketasim.catalogue._vocabulary import CONTEXTS, DRUG_FACTS, ROUTE_FACTS
from ketasim.evidence._records import Evidence
from ketasim.evidence.vocabulary import CLINICAL
from ketasim.files._read_csv import read_csv
from ketasim.observation._clinical import Spread
from ketasim.observation._numbers import value_of
from ketasim.observation._plan import Plan, arms_of
from ketasim.observation._prediction import Predictor, UnpredictableError
from ketasim.observation._predictor import predictor
from ketasim.observation._sampling import merged_times, sampling_times
from ketasim.observation._simulated_arm import Course
from ketasim.observation._trials import BetweenTrials, Trial, forecast

Name: TypeAlias = Literal["control only", "statistical MBMA"]
NAMES: tuple[Name, ...] = ("control only", "statistical MBMA")

#: Ends of the time bins [h].
BIN_ENDS_H = (12.0, 72.0, 240.0, 1008.0)
BINS = ("12h", "3d", "10d", "6wk", "later")
CLASSES = ("injected", "nasal", "oral", "ssri")

#: Prior SD of a relief [logit] and of a logarithm.
PRIOR_SD = 1.0
#: Quadrature nodes of the fit; scores use the full rule.
FIT_NODES = (5, 3)

#: Fitted numbers of the spread and between trials: logarithms.
SPREADS = ("omega_s", "sd_e")
TAUS = ("tau_c", "tau_d", "tau_row")


def time_bin(hours: float) -> str:
    """Return the bin of a time [h]."""
    return BINS[int(np.searchsorted(BIN_ENDS_H, hours - 1e-9))]


def route_class(plan: Plan) -> str:
    """Return the class of the active drug of an arm, '' for a control arm."""
    assert plan.scenario is not None
    given = [d for d in plan.scenario.regimen.doses if d.amount > 0.0]
    families = {DRUG_FACTS[d.drug]["family"]: d.route for d in given}
    if "ketamine" in families:
        route = families["ketamine"]
        if ROUTE_FACTS[route]["device_mg"] > 0.0:
            return "nasal"
        return "oral" if route.startswith("oral") else "injected"
    return "ssri" if "antidepressant" in families else ""


@dataclass(frozen=True)
class _Course:
    """Relief of an arm by a baseline, at any of some times."""

    t: FloatArray
    readouts: Mapping[str, FloatArray]

    def __getitem__(self, name: str) -> FloatArray:
        if name not in self.readouts:
            raise UnpredictableError(f"a baseline has no {name}: it rates depression only")
        return self.readouts[name]


@comparable
@dataclass(frozen=True, slots=True)
class Cells:
    """Names of fitted numbers, one for each time; '' for none."""

    names: tuple[str, ...]
    at: NDArray[np.intp]

    @classmethod
    def of(cls, names: Sequence[str]) -> Cells:
        different, at = np.unique(names, return_inverse=True)
        return cls(tuple(map(str, different)), at)

    def read(self, values: Mapping[str, float]) -> FloatArray:
        """Return the number at each time; 0 without one."""
        return np.array([values.get(name, 0.0) for name in self.names])[self.at]

    def known(self, values: Mapping[str, float]) -> NDArray[np.bool_]:
        """Return whether there is a number at each time."""
        return np.array([name in values for name in self.names])[self.at]


@comparable
@dataclass(frozen=True)
class Design:
    """The cells of a baseline that each arm uses, at the times at which it is read.

    Parameters
    ----------
    plans : mapping of str to Plan
    times : mapping of str to ndarray
        Times at which an arm is read [h].
    baseline : mapping of str to float
        MADRS before treatment of each arm [points].
    """

    plans: Mapping[str, Plan]
    times: Mapping[str, FloatArray]
    baseline: Mapping[str, float]
    _cells: dict[str, tuple[Cells, ...]] = field(default_factory=dict)

    def cells(self, arm_id: str) -> tuple[Cells, ...]:
        """Cells of the context, of the class of the drug and of its time course, at each time."""
        if arm_id not in self._cells:
            self._cells[arm_id] = tuple(map(Cells.of, self._names(arm_id)))
        return self._cells[arm_id]

    def _names(self, arm_id: str) -> tuple[list[str], list[str], list[str]]:
        plan = self.plans[arm_id]
        assert plan.scenario is not None
        kind = route_class(plan)
        active = [s.start_h for s in plan.sessions if s.drug != "placebo" and s.amount > 0.0]
        first = min([s.start_h for s in plan.sessions], default=0.0)
        context, classes, course = [], [], []
        for t in self.times[arm_id]:
            begun = [h for h in active if h < t]
            treated = bool(kind) and t > 0.0 and (kind == "ssri" or bool(begun))
            since = t - begun[-1] if begun and kind != "ssri" else t
            number = "repeated" if kind == "ssri" or len(begun) > 1 else "single"
            later = max(t - first, 0.0)
            context.append(f"context.{plan.scenario.context}.{time_bin(later)}" if t > 0.0 else "")
            classes.append(f"class.{kind}" if treated else "")
            course.append(f"time.{number}.{time_bin(since)}" if treated else "")
        return context, classes, course

    def course(self, arm_id: str, values: Mapping[str, float]) -> Course:
        """Return the arm as a baseline sees it."""
        context, classes, course = self.cells(arm_id)
        # Without classes (control only) nothing is a drug.
        drug = np.where(
            classes.known(values), np.exp(classes.read(values) + course.read(values)), 0.0
        )
        t = self.times[arm_id]
        readouts = {
            "madrs_baseline": np.full_like(t, self.baseline[arm_id]),
            "drug_relief": drug,
            "context_relief": context.read(values),
        }
        return self.plans[arm_id].course(_Course(t, readouts))


def design_of(
    evidence: Evidence, planned: Mapping[str, Plan], courses: Mapping[str, Course]
) -> Design:
    """Return the design of the arms with clinical rows: their times and their simulated baselines."""
    times: dict[str, list[FloatArray]] = {}
    for o in evidence.observations:
        if o.area == CLINICAL and o.statistic != "sign":
            for arm_id in arms_of(o):
                plan = planned[arm_id]
                if plan.scenario is not None and arm_id in courses:
                    wanted = sampling_times(o, plan.sessions, plan.doses_h)
                    times.setdefault(arm_id, [np.array([0.0])]).append(wanted)
    return Design(
        planned,
        {arm_id: merged_times(parts) for arm_id, parts in times.items()},
        {arm_id: float(value_of(courses[arm_id].run["madrs_baseline"])[0]) for arm_id in times},
    )


def parameter_names(name: Name) -> tuple[str, ...]:
    """Return the names of the numbers of a baseline."""
    cells = [f"context.{c}.{b}" for c in CONTEXTS if c != "none" for b in BINS]
    taus = [t for t in TAUS if name == "statistical MBMA" or t != "tau_d"]
    if name == "control only":
        return (*cells, *(f"log.{x}" for x in ("sd_e", *taus)))
    times = [f"time.{n}.{b}" for n in ("single", "repeated") for b in BINS]
    times.remove("time.single.3d")  # 1 by definition
    return (
        *cells, *(f"class.{c}" for c in CLASSES), *times, *(f"log.{x}" for x in (*SPREADS, *taus)),
    )  # fmt: skip


#: Start of the numbers, and centre of their priors.
START = {
    "context": 0.5,
    "class": math.log(0.4),
    "log.omega_s": 0.0,
    "log.sd_e": math.log(0.6),
    "log.tau_c": math.log(0.3),
    "log.tau_d": math.log(0.4),
    "log.tau_row": math.log(0.15),
}


def start_of(parameter: str) -> float:
    return START.get(parameter, START.get(parameter.partition(".")[0], 0.0))


@comparable
@dataclass(frozen=True)
class Baseline:
    """A fitted baseline.

    Parameters
    ----------
    name : str
    values : mapping of str to float
        Reliefs [logit] and logarithms, by name.
    """

    name: Name
    values: Mapping[str, float]

    @property
    def rules(self) -> Predictor:
        """The rules of prediction with the baseline's own spread."""
        own = predictor()
        spread = Spread(
            1.0,
            math.exp(self.values.get("log.omega_s", 0.0)),
            math.exp(self.values["log.sd_e"]),
            own.spread.sigma_y,
        )
        return replace(own, spread=spread)

    @property
    def between(self) -> BetweenTrials:
        """Differences between trials."""
        taus = {t: math.exp(self.values[f"log.{t}"]) for t in TAUS if f"log.{t}" in self.values}
        return replace(BetweenTrials.published(), **{"tau_d": 0.0, **taus})


def log_likelihoods(
    baseline: Baseline, trials: Iterable[Trial], design: Design, nodes: tuple[int, int] = FIT_NODES
) -> FloatArray:
    """Return the log-likelihood of each trial."""
    rules, between = baseline.rules, baseline.between
    return np.array([
        forecast(trial, _courses(trial, design, baseline), rules, between, nodes).log_likelihood
        for trial in trials
    ])  # fmt: skip


def _courses(trial: Trial, design: Design, baseline: Baseline) -> dict[str, Course]:
    arms = {a for row in trial.rows for a in (row.observation.arm_id, row.observation.relative_to)}
    return {a: design.course(a, baseline.values) for a in arms if a in design.times}


def courses_of(baseline: Baseline, design: Design) -> dict[str, Course]:
    """Return all arms as a baseline sees them."""
    return {a: design.course(a, baseline.values) for a in design.times}


def fit(
    name: Name, trials: Sequence[Trial], design: Design, start: Baseline | None = None
) -> Baseline:
    """Fit a baseline: the maximum of log-likelihood plus log-prior (needs SciPy).

    Parameters
    ----------
    name : {'control only', 'statistical MBMA'}
    trials : sequence of Trial
        With the rows to which it is fitted.
    design : Design
    start : Baseline, optional
        Where the search starts.

    Returns
    -------
    Baseline

    Raises
    ------
    MissingLibraryError
        Without SciPy.
    """
    optimize: Any = require("scipy.optimize", "fit")
    names = parameter_names(name)
    prior = np.array([start_of(n) for n in names])
    used = _used(names, trials, design)

    def baseline(x: FloatArray) -> Baseline:
        return Baseline(name, dict(zip(names, x.tolist(), strict=True)))

    def cost_and_slope(x: FloatArray) -> tuple[float, FloatArray]:
        by_trial = log_likelihoods(baseline(x), trials, design)
        slope = (x - prior) / PRIOR_SD**2
        for k in range(x.size):  # a number moves few trials: only they are evaluated again
            moved = x.copy()
            moved[k] += STEP
            again = log_likelihoods(baseline(moved), [trials[i] for i in used[k]], design)
            slope[k] -= float(np.sum(again - by_trial[used[k]])) / STEP
        cost = 0.5 * float(np.sum(((x - prior) / PRIOR_SD) ** 2)) - float(by_trial.sum())
        return cost, slope

    x = prior if start is None else np.array([start.values[n] for n in names])
    found = optimize.minimize(
        cost_and_slope,
        x,
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": MOST_ITERATIONS, "ftol": 1e-5},
    )
    return baseline(np.asarray(found.x))


#: Step of the forward differences, and most iterations of a fit.
STEP, MOST_ITERATIONS = 1e-5, 60


def _used(names: Sequence[str], trials: Sequence[Trial], design: Design) -> list[list[int]]:
    """Return, for each number, the trials that depend on it."""
    of_trial: list[set[str]] = []
    for trial in trials:
        cells: set[str] = set()
        for row in trial.rows:
            for arm in (row.observation.arm_id, row.observation.relative_to):
                if arm in design.times:
                    cells.update(*(c.names for c in design.cells(arm)))
        of_trial.append(cells)
    return [
        [i for i, cells in enumerate(of_trial) if name.startswith("log.") or name in cells]
        for name in names
    ]


@cache
def shipped_baselines() -> dict[Name, Baseline]:
    """Return the baselines fitted to the shipped calibrate rows, from ``baselines.csv``."""
    with as_file(files("ketasim.qualification").joinpath("data", "baselines.csv")) as path:
        rows = read_csv(Path(path), ("baseline", "parameter", "value"))
    return {
        name: Baseline(
            name,
            {
                r.cells["parameter"]: float(r.cells["value"])
                for r in rows
                if r.cells["baseline"] == name
            },
        )
        for name in NAMES
    }
