"""Fit parameters of the model to published numbers, from declared starts and priors.

    python calibration/calibrate.py clinical                    # fit, and print the table
    python calibration/calibrate.py clinical --write            # and write values and results
    python calibration/calibrate.py clinical --cross-validate   # predict trials that are left out
    python calibration/calibrate.py candidates/no_consolidated_pool --cross-validate
    python calibration/calibrate.py side_effects --write

`NAME.toml` declares what is fitted, to which rows, and from where. The prior of a parameter is
normal on the logarithm (on the value itself where its plausible range includes 0): the range that the
table of parameters gives is its central 95 %. The likelihood of clinical rows is that of
`ketasim.observation.forecast`: trials that shift the control logit and scale the drug effect. Other rows
are normal around the prediction, with their own standard error and a declared SD between studies.

The gradient is exact in the trajectories (`ketasim.sensitivity`) and a difference in the likelihood of
trials, which is cheap. `NAME.csv` records start, prior, result and standard error of every
parameter; a standard error is that of the posterior, whose curvature is that of the prior plus the sum
over trials of the outer product of their scores.
"""

from __future__ import annotations

import argparse
import csv
import re
import time
import tomllib
import warnings
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares, minimize

import ketasim as ks
from ketasim.evidence import Arm, Observation
from ketasim.files import whole_file
from ketasim.observation import (
    BetweenTrials,
    Course,
    Plan,
    Predictor,
    Trial,
    TrialRow,
    forecast,
    interval_of,
    plans,
    predictor,
    sampling_times,
    trial_parameters,
    trials_of,
)

FOLDER = Path(__file__).parent
HEADERS = FOLDER.parent / "include" / "ketasim"
Array = NDArray[np.float64]

#: Readouts from which clinical rows are predicted.
READ = ("madrs_baseline", "drug_relief", "context_relief")
#: Parameters of the module symptoms that act on the rating alone.
RATING = ("omega_s", "sd_e", "sigma_y")
#: Half of the width of a central 95 % interval, in standard deviations.
Z95 = 1.96
#: Step of the standardised parameters for the likelihood: its error is far below the tolerance.
STEP = 1e-4
#: Nodes over u_c and u_d in the fit; the reported likelihood has the default number.
NODES = (7, 3)


@dataclass(frozen=True)
class Prior:
    """Normal on the logarithm, or on the value where the range includes 0; the range is 95 % of it."""

    low: float
    high: float

    @property
    def on_log(self) -> bool:
        return self.low > 0.0

    def scale(self, value: float) -> float:
        """Return the standardised value."""
        low, high, x = (np.log([self.low, self.high, value]) if self.on_log
                        else np.array([self.low, self.high, value]))  # fmt: skip
        return float((x - (low + high) / 2) * 2 * Z95 / (high - low))

    def value(self, u: float) -> float:
        low, high = np.log([self.low, self.high]) if self.on_log else (self.low, self.high)
        x = (low + high) / 2 + u * (high - low) / (2 * Z95)
        return float(np.exp(x) if self.on_log else x)

    def slope(self, u: float) -> float:
        """Return the derivative of the value by the standardised value."""
        if not self.on_log:
            return (self.high - self.low) / (2 * Z95)
        return self.value(u) * float(np.log(self.high / self.low)) / (2 * Z95)


@dataclass(frozen=True)
class Free:
    """A fitted parameter: where it starts, its prior, and its place in the tables."""

    name: str
    start: float
    prior: Prior

    @property
    def acts_on_rating_only(self) -> bool:
        module, short = self.name.split(".")
        return module == "observation" or (module == "symptoms" and short in RATING)


@dataclass(frozen=True)
class Linear:
    """A run and its derivatives, moved by small steps of the parameters."""

    t: Array
    values: Mapping[str, Array]

    def __getitem__(self, name: str) -> Array:
        return self.values[name]


class Problem:
    """Trials, free parameters, and the log posterior of them."""

    def __init__(
        self, free: Sequence[Free], trials: Iterable[Trial], planned: Mapping[str, Plan],
        fixed: Mapping[str, float] | None = None,
    ) -> None:  # fmt: skip
        self.free = tuple(free)
        self.trials = tuple(trials)
        self.planned = planned
        self.fixed = dict(fixed or {})
        self.moving = tuple(f for f in self.free if not f.acts_on_rating_only)
        self.start = np.array([f.prior.scale(f.start) for f in self.free])
        times: dict[str, list[Array]] = {}
        for trial in self.trials:
            for o in (row.observation for row in trial.rows):
                for arm in filter(None, (o.arm_id, o.relative_to)):
                    plan = planned[arm]
                    if plan.scenario is not None:
                        times.setdefault(arm, [np.array([min([0.0, *plan.doses_h])])]).append(
                            sampling_times(o, plan.sessions, plan.doses_h)
                        )
        self.times = {arm: np.unique(np.concatenate(parts)) for arm, parts in times.items()}

    def values(self, u: Array) -> dict[str, float]:
        return {f.name: f.prior.value(x) for f, x in zip(self.free, u, strict=True)}

    def rules(self, values: Mapping[str, float]) -> tuple[Predictor, BetweenTrials]:
        """Return the rules of prediction at these values."""
        given = {name.split(".")[1]: value for name, value in {**self.fixed, **values}.items()}
        rules, between = predictor(), BetweenTrials.published()
        spread = {n: given[n] for n in RATING if n in given}
        taus = {f.name: given[f.name] for f in fields(between) if f.name in given}
        return replace(rules, spread=replace(rules.spread, **spread)), replace(between, **taus)

    def simulate(
        self, u: Array, *, slopes: bool
    ) -> tuple[dict[str, Linear], dict[str, dict[str, Array]]]:
        """Return the arms at u, and the derivatives of their readouts, (n_times, n_moving) each."""
        values = self.values(u)
        moved = {**self.fixed, **{f.name: values[f.name] for f in self.moving}}
        moved = {n: v for n, v in moved.items() if not n.startswith("observation.")}
        names = [f.name for f in self.moving]

        def one(arm: str) -> tuple[str, Linear, dict[str, Array]]:
            scenario, t = self.planned[arm].scenario, self.times[arm]
            assert scenario is not None
            begun = tuple(d for d in scenario.regimen.doses if d.start_h <= t[-1])
            scenario = replace(
                scenario,
                regimen=replace(scenario.regimen, doses=begun),
                parameters={**scenario.parameters, **moved},
            )
            if not slopes or not names:
                run = ks.simulate(scenario, t_eval=t, rtol=1e-6)
                return arm, Linear(run.t, {n: run[n] for n in READ}), {}
            s = ks.sensitivity(scenario, names, list(READ), t_eval=t, rtol=1e-6)
            return arm, Linear(s.run.t, {n: s.run[n] for n in READ}), {n: s[n] for n in READ}

        longest_first = sorted(self.times, key=lambda arm: -self.times[arm][-1])
        with ThreadPoolExecutor() as pool:
            done = list(pool.map(one, longest_first))
        return {a: run for a, run, _ in done}, {a: s for a, _, s in done}

    def scores(
        self, runs: Mapping[str, Linear], values: Mapping[str, float],
        nodes: tuple[int, int] = NODES, trials: Iterable[Trial] | None = None,
    ) -> dict[str, float]:  # fmt: skip
        """Return the log likelihood of every trial."""
        rules, between = self.rules(values)
        courses = {arm: self.planned[arm].course(run) for arm, run in runs.items()}
        return {
            trial.name: forecast(trial, courses, rules, between, nodes).log_likelihood
            for trial in (self.trials if trials is None else trials)
        }

    def gradients(self, u: Array) -> tuple[dict[str, float], dict[str, Array]]:
        """Return log likelihood and gradient by the standardised parameters, by trial."""
        runs, slopes = self.simulate(u, slopes=True)
        values = self.values(u)
        rules, between = self.rules(values)
        by_value = np.array([f.prior.slope(x) for f, x in zip(self.free, u, strict=True)])
        moving = [k for k, f in enumerate(self.free) if not f.acts_on_rating_only]

        def one(trial: Trial) -> tuple[float, Array]:
            courses = {
                arm: self.planned[arm].course(runs[arm])
                for row in trial.rows
                for arm in arms_of(row) if arm in runs
            }  # fmt: skip
            whole = forecast(trial, courses, rules, between, NODES)
            logs = np.sum([np.zeros_like(whole.weights), *whole.logs.values()], axis=0)
            belief = whole.weights * np.exp(logs - logs.max())
            belief /= belief.sum()
            gradient = np.zeros(len(self.free))
            for row in trial.rows:
                base = whole.logs.get(row.observation.obs_id)
                if base is None:
                    continue
                alone = replace(trial, rows=(row,))
                for step, by_theta in self._moves(row, courses, slopes, by_value[moving]):
                    moved = forecast(alone, {**courses, **step}, rules, between, NODES)
                    change = (moved.logs[row.observation.obs_id] - base) / STEP
                    gradient[moving] += float(belief @ change) * by_theta
            for k, f in enumerate(self.free):
                if f.acts_on_rating_only:
                    h = STEP * by_value[k]
                    near = self.rules({**values, f.name: values[f.name] + h})
                    gradient[k] = (
                        forecast(trial, courses, *near, NODES).log_likelihood - whole.log_likelihood
                    ) / h
            return whole.log_likelihood, gradient * by_value

        with ThreadPoolExecutor() as pool:
            done = list(pool.map(one, self.trials))
        names = [trial.name for trial in self.trials]
        return (
            {name: score for name, (score, _) in zip(names, done, strict=True)},
            {name: gradient for name, (_, gradient) in zip(names, done, strict=True)},
        )

    def _moves(
        self, row: TrialRow, courses: Mapping[str, Course],
        slopes: Mapping[str, Mapping[str, Array]], by_value: Array,
    ) -> Iterator[tuple[dict[str, Course], Array]]:  # fmt: skip
        """Yield small moves of the readouts of a row, and what a parameter adds to each move.

        Each readout is moved at the one time that the row reads. Relapse reads all visits: there the
        whole course moves with one parameter after the other.
        """
        if row.observation.readout == "relapse":
            for k, scale in enumerate(by_value):
                moved = {}
                for arm in arms_of(row):
                    course, by = courses[arm], slopes[arm]
                    readouts = {
                        n: course.run[n] + STEP * scale * by[n][:, k] if by else course.run[n]
                        for n in READ
                    }
                    moved[arm] = replace(course, run=Linear(course.t, readouts))
                yield moved, np.eye(by_value.size)[k] / scale
            return
        for arm in arms_of(row):
            course = courses[arm]
            at = course.sample(row.observation.time_h)
            for name in READ:
                by_theta = slopes[arm][name][at] if slopes[arm] else np.zeros(0)
                if not by_theta.any():
                    continue
                x = np.array(course.run[name])
                x[at] += STEP
                near = Linear(course.t, {**{n: course.run[n] for n in READ}, name: x})
                yield {arm: replace(course, run=near)}, by_theta

    def objective(self, u: Array) -> tuple[float, Array]:
        """Return minus the log posterior and its gradient; a failed run counts as impossible."""
        try:
            base, by_trial = self.gradients(u)
        except ks.KetasimError:
            return 1e6, np.zeros_like(u)
        total = sum(base.values())
        gradient = np.sum(list(by_trial.values()), axis=0)
        return 0.5 * float(u @ u) - total, u - gradient

    def fit(
        self,
        start: Array | None = None,
        iterations: int = 100,
        curvature: Array | None = None,
        gtol: float = 0.05,
    ) -> tuple[Array, Any]:
        """Maximise the posterior by BFGS from the declared start, or from one near the maximum.

        `curvature` is the inverse of the second derivatives there, which saves iterations.
        """
        options: dict[str, Any] = {"maxiter": iterations, "gtol": gtol}
        if curvature is not None:
            options["hess_inv0"] = curvature
        first = self.start if start is None else start
        found = minimize(self.objective, first, jac=True, method="BFGS", options=options)
        return found.x, found

    def covariance(self, u: Array) -> Array:
        """Return the posterior covariance of the standardised parameters."""
        _, by_trial = self.gradients(u)
        curvature = np.eye(u.size) + sum(np.outer(g, g) for g in by_trial.values())
        return np.asarray(np.linalg.inv(curvature))


class RowProblem:
    """Rows that are normal around their prediction: a least-squares problem with a prior."""

    def __init__(self, free: Sequence[Free], spec: Mapping[str, Any]) -> None:
        evidence = ks.evidence.load()
        self.free = tuple(free)
        self.start = np.array([f.prior.scale(f.start) for f in self.free])
        self.planned = plans(evidence)
        self.rows = [
            (o, evidence.arms[o.arm_id], _row_sd(o, evidence.arms[o.arm_id], spec["between_studies"]))
            for o in evidence.observations
            if o.role in spec["rows"]["roles"] and o.readout in spec["rows"]["readouts"]
            and o.statistic != "sign" and o.weight > 0.0 and o.method != "spontaneous"
        ]  # fmt: skip

    def values(self, u: Array) -> dict[str, float]:
        return {f.name: f.prior.value(x) for f, x in zip(self.free, u, strict=True)}

    def predicted(self, u: Array) -> Array:
        """Return the prediction of every row."""
        values = self.values(u)
        rules = with_visits(predictor(), values)
        runs: dict[str, Course] = {}

        def course(arm: str) -> Course:
            if arm not in runs:
                plan = self.planned[arm]
                assert plan.scenario is not None
                times = np.unique(np.concatenate([
                    sampling_times(o, plan.sessions, plan.doses_h)
                    for o, _, _ in self.rows if arm in (o.arm_id, o.relative_to)
                ] + [np.array([min([0.0, *plan.doses_h])])]))  # fmt: skip
                begun = tuple(d for d in plan.scenario.regimen.doses if d.start_h <= times[-1])
                scenario = replace(
                    plan.scenario,
                    regimen=replace(plan.scenario.regimen, doses=begun),
                    parameters={**plan.scenario.parameters, **values},
                )
                runs[arm] = plan.course(ks.simulate(scenario, t_eval=times, rtol=1e-8))
            return runs[arm]

        return np.array([
            float(rules.number(o, course(o.arm_id), course(o.relative_to) if o.relative_to else None))
            for o, _, _ in self.rows
        ])  # fmt: skip

    def residuals(self, u: Array) -> Array:
        z = [
            np.sqrt(o.weight) * (o.value - mu) / sd
            for (o, _, sd), mu in zip(self.rows, self.predicted(u), strict=True)
        ]
        return np.concatenate([z, u])

    def fit(self) -> tuple[Array, Array, Any]:
        """Return the standardised result, its standard errors, and the report of SciPy."""
        found = least_squares(self.residuals, self.start, diff_step=1e-5, method="trf")
        return found.x, np.sqrt(np.diag(np.linalg.inv(found.jac.T @ found.jac))), found


def _row_sd(o: Observation, arm: Arm, between: Mapping[str, float]) -> float:
    """Return the SD of a row around its prediction: its standard error and the SD between studies."""
    kind = o.statistic if o.statistic in between else o.readout
    return float(np.hypot(interval_of(o, arm).standard_error, between[kind]))


def with_visits(rules: Predictor, values: Mapping[str, float]) -> Predictor:
    """Return the rules with other rises of blood pressure at a visit."""
    pressures = {
        readout: replace(pressure, visit=values.get(f"tolerability.v_{short}", pressure.visit))
        for (readout, pressure), short in zip(
            rules.scales.pressures.items(), ("SBP", "DBP"), strict=True
        )
    }
    return replace(rules, scales=replace(rules.scales, pressures=pressures))


def arms_of(row: TrialRow) -> tuple[str, ...]:
    """Return the arm of a row, and its control arm, if any."""
    o = row.observation
    return (o.arm_id, o.relative_to) if o.relative_to else (o.arm_id,)


def declared(name: str) -> dict[str, Any]:
    """Return a declaration; one with a `base` is that with other free, fixed or start values."""
    spec = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    if "base" not in spec:
        return spec
    whole = declared(spec["base"])
    left_out = spec.get("without", [])
    whole["free"] = [n for n in whole["free"] if n not in left_out]
    whole["fixed"] = {**whole.get("fixed", {}), **spec.get("fixed", {})}
    whole["start"] = {**whole.get("start", {}), **spec.get("start", {})}
    return whole


def free_parameters(names: Iterable[str], starts: Mapping[str, float]) -> list[Free]:
    tables = {"observation": trial_parameters()}
    free = []
    for name in names:
        row = tables.get(name.split(".")[0], ks.parameters("human"))[name]
        free.append(
            Free(name, float(starts.get(name, row["value"])), Prior(row["low"], row["high"]))
        )
    return free


def problem(
    spec: Mapping[str, Any], *, only: Sequence[str] | None = None,
    trials: Sequence[str] | None = None,
) -> Problem:  # fmt: skip
    """Return the problem that a file declares, or a part of it.

    `only` are the parameters that are fitted, `trials` the trials to which they are.
    """
    evidence = ks.evidence.load()
    rows = [
        o for o in evidence.observations
        if o.role in spec["rows"]["roles"] and o.readout in spec["rows"]["readouts"]
        and (o.readout == "relapse"
             or (o.statistic in ("point", "fraction") and o.time_end_h is None))
    ]  # fmt: skip
    found = trials_of(evidence, rows)
    chosen = [t for t in found.values() if trials is None or t.name in trials]
    free = free_parameters(only or spec["free"], spec.get("start", {}))
    return Problem(free, chosen, plans(evidence), spec.get("fixed"))


def fold_of(trial: str, folds: int) -> int:
    """Return the fold of a trial: fixed by its name alone."""
    return zlib.crc32(trial.encode()) % folds


def cross_validate(whole: Problem, best: Array, folds: int = 10) -> dict[str, float]:
    """Return the log likelihood of every trial, predicted from the trials of the other folds."""
    out: dict[str, float] = {}
    curvature = whole.covariance(best)
    curvature = (curvature + curvature.T) / 2
    for k in range(folds):
        held = [t for t in whole.trials if fold_of(t.name, folds) == k]
        rest = [t for t in whole.trials if fold_of(t.name, folds) != k]
        if not held:
            continue
        # A gradient of 0.2 in units of the prior is less than 0.02 from the maximum.
        u, _ = Problem(whole.free, rest, whole.planned, whole.fixed).fit(
            best, iterations=15, curvature=curvature, gtol=0.2
        )
        test = Problem(whole.free, held, whole.planned, whole.fixed)
        runs, _ = test.simulate(u, slopes=False)
        out |= test.scores(runs, test.values(u), nodes=(11, 5))
    return out


def rows_of(trials: Iterable[Trial]) -> float:
    return sum(row.observation.weight for t in trials for row in t.rows)


def write_values(results: Sequence[Mapping[str, Any]], fitted_to: str) -> None:
    """Write the fitted values into the parameter rows of the headers."""
    for row in results:
        module, short = row["name"].split(".")
        header = HEADERS / ("observation/trials.hpp" if module == "observation"
                            else f"model/{module}.hpp")  # fmt: skip
        text = header.read_text(encoding="utf-8")
        pattern = (
            rf"(f\(p\.{re.escape(short)}, Parameter\{{[^;]*?all\()[^,]+(, [^,]+, [^,]+, \w, "
            r'"[^"]*", )\w+(?:, "[^"]*")?'
        )
        text, n = re.subn(
            pattern, rf'\g<1>{row["fitted"]}\g<2>derived, "{fitted_to}"', text, count=1
        )
        if n != 1:
            raise SystemExit(f"no row of {row['name']} was found in {header}")
        with whole_file(header) as draft:
            draft.write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Fit parameters to published numbers.")
    parser.add_argument("name", help="the declaration: calibration/NAME.toml")
    parser.add_argument(
        "--write", action="store_true", help="write headers and calibration/NAME.csv"
    )
    parser.add_argument("--cross-validate", action="store_true", help="in 10 folds of trials")
    asked = parser.parse_args()
    warnings.simplefilter("ignore", ks.ParameterRangeWarning)
    if asked.write and "/" in asked.name:
        parser.error("--write: a candidate is judged, not written; adopt it in clinical.toml first")
    spec = declared(asked.name)
    began = time.perf_counter()
    clinical = "between_studies" not in spec
    whole: Problem | RowProblem
    if clinical:
        whole = problem(spec)
        u, found = whole.fit()
        errors = np.sqrt(np.diag(whole.covariance(u)))
        if not (found.success or np.abs(found.jac).max() < 0.5):
            raise SystemExit(f"the fit did not converge: {found.message}")
    else:
        whole = RowProblem(free_parameters(spec["free"], spec.get("start", {})), spec)
        u, errors, found = whole.fit()
        if not found.success:
            raise SystemExit(f"the fit did not converge: {found.message}")
    values = whole.values(u)
    results = [
        {
            "name": f.name, "start": f"{f.start:.4g}", "low": f"{f.prior.low:g}",
            "high": f"{f.prior.high:g}", "fitted": f"{values[f.name]:.4g}",
            "standard_error": f"{errors[k] * f.prior.slope(u[k]):.2g}",
            "prior_z": f"{u[k]:.2f}", "error_over_prior": f"{errors[k]:.2f}",
        }
        for k, f in enumerate(whole.free)
    ]  # fmt: skip
    width = max(len(r["name"]) for r in results)
    for r in results:
        print(f"{r['name']:{width}}  {r['start']:>9} -> {r['fitted']:>9} +- {r['standard_error']:>8}"
              f"   prior {r['low']} to {r['high']}, z {r['prior_z']}")  # fmt: skip
    if isinstance(whole, RowProblem):
        print(f"{len(whole.rows)} rows, chi-square {2 * found.cost:.1f}, {found.nfev} evaluations, "
              f"{time.perf_counter() - began:.0f} s")  # fmt: skip
    else:
        report(whole, u, found, began, cross_validated=asked.cross_validate)
    if asked.write:
        with (
            whole_file(FOLDER / f"{asked.name}.csv") as draft,
            draft.open("x", encoding="utf-8", newline="") as file,
        ):
            writer = csv.DictWriter(file, list(results[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(results)
        write_values(results, spec["fitted_to"])


def report(
    whole: Problem, u: Array, found: Any, began: float, *, cross_validated: bool
) -> None:  # fmt: skip
    """Print the likelihood of the result, and that of trials that were left out."""
    runs, _ = whole.simulate(u, slopes=False)
    scores = whole.scores(runs, whole.values(u), nodes=(11, 5))
    print(
        f"log likelihood {sum(scores.values()):.2f} of {len(whole.trials)} trials, "
        f"{rows_of(whole.trials):.1f} weighted rows; {found.nit} iterations, largest gradient "
        f"{np.abs(found.jac).max():.3f}; {time.perf_counter() - began:.0f} s"
    )
    if cross_validated:
        left_out = cross_validate(whole, u)
        print(
            f"cross-validated: {sum(left_out.values()):.2f}, "
            f"{sum(left_out.values()) / rows_of(whole.trials):.3f} per weighted row"
        )


if __name__ == "__main__":
    main()
