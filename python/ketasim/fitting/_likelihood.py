"""The likelihood of all data, for many parameter sets at once or with slopes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketasim._arrays import FloatArray
from ketasim.catalogue._vocabulary import DRUG_FACTS, ROUTE_FACTS
from ketasim.errors import ScenarioError
from ketasim.evidence._records import Arm, Observation
from ketasim.evidence.vocabulary import READOUT_UNIT
from ketasim.fitting._error_model import ErrorModel, Residuals
from ketasim.fitting._free import ERROR, TRIAL, FreeParameters
from ketasim.fitting._observations import Observations
from ketasim.fitting._records import ArmRow, Measurement
from ketasim.fitting._runs import LaneRun, Runs, Wanted
from ketasim.fitting._theta import RULE_NUMBERS, with_numbers
from ketasim.observation._numbers import (
    Number,
    Sloped,
    last_axis,
    slopes_of,
    value_of,
    with_time,
)
from ketasim.observation._plan import Plan, arms_of, plans
from ketasim.observation._prediction import Predictor, UnpredictableError, readouts_of
from ketasim.observation._sampling import merged_times, sampling_times
from ketasim.observation._scenario_of_arm import Session
from ketasim.observation._simulated_arm import Course
from ketasim.observation._study_likelihood import (
    Correlated,
    correlated,
    study_log_likelihood,
    whitened,
)
from ketasim.observation._trials import BetweenTrials, Trial, TrialRow, trials_of
from ketasim.scenario._scenario import Scenario
from ketasim.scenario._solver_options import SolverOptions

#: Nodes over the deviations of a study: those of the calibration of the model.
NODES = (7, 3)

#: Values by name of the free parameters.
Values = Mapping[str, Number]
#: Runs by their position.
PositionedRuns = Sequence[LaneRun] | Mapping[int, LaneRun]


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """The values of one readout of one subject.

    Parameters
    ----------
    subject, readout : str
    run : int
        Which run predicts them.
    at : ndarray of int, shape (n,)
        Positions of their times in the run.
    rows : tuple of Measurement
    residuals : Residuals
    """

    subject: str
    readout: str
    run: int
    at: NDArray[np.intp]
    rows: tuple[Measurement, ...]
    residuals: Residuals

    def predicted(self, runs: PositionedRuns) -> Number:
        """Return predictions of shape (..., n)."""
        return last_axis(runs[self.run][self.readout], self.at)

    def log_likelihood(self, values: Values, runs: PositionedRuns) -> Number:
        """Return the sum of the log densities of all values."""
        return summed(self.residuals.log_densities(self.predicted(runs), *self.parts(values)))

    def parts(self, values: Values) -> tuple[Number, Number]:
        """Return the additive and the proportional part of the error, with an axis of values."""
        model = self.residuals.model

        def part(name: str, fixed: float | None) -> Number:
            found = values.get(f"{ERROR}{self.readout}.{name}", fixed)
            return with_time(np.asarray(0.0 if found is None else found)
                             if not isinstance(found, Sloped) else found)  # fmt: skip

        return part("additive", model.additive), part("proportional", model.proportional)


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """The arms of one study.

    Parameters
    ----------
    trial : Trial
    groups : tuple of Correlated
    runs : mapping of str to int
        Which run is that of each arm.
    plans : mapping of str to Plan
    points : bool
        Whether all its rows are read at one time.
    """

    trial: Trial
    groups: tuple[Correlated, ...]
    runs: Mapping[str, int]
    plans: Mapping[str, Plan]
    points: bool


class Likelihood:
    """The likelihood of observations.

    Units are independent given the parameters: each subject, and each study.

    Parameters
    ----------
    data : Observations
    free : FreeParameters
    errors : mapping of str to ErrorModel
    between_studies : bool
    options : SolverOptions
    threads : int
    """

    def __init__(
        self,
        data: Observations,
        free: FreeParameters,
        errors: Mapping[str, ErrorModel],
        *,
        between_studies: bool,
        options: SolverOptions,
        threads: int,
    ) -> None:
        self.free = free
        self._between = between_studies
        wanted: dict[object, tuple[Scenario, list[FloatArray], dict[str, None]]] = {}

        def run_of(scenario: Scenario, times: FloatArray, names: Sequence[str]) -> int:
            _, parts, readouts = wanted.setdefault(scenario, (scenario, [], {}))
            parts.append(times)
            readouts.update(dict.fromkeys(names))
            return list(wanted).index(scenario)

        by_subject: dict[str, dict[str, list[Measurement]]] = {}
        for m in data.measurements:
            by_subject.setdefault(m.subject, {}).setdefault(m.readout, []).append(m)
        asked = []
        for subject, by_readout in by_subject.items():
            for readout, rows in by_readout.items():
                times = np.array([m.time_h for m in rows])
                run = run_of(data.subjects[subject], np.unique(times), [readout])
                asked.append((subject, readout, run, times, rows))
        self.studies = tuple(
            self._study(trial, n_of_arm, planned, run_of)
            for trial, n_of_arm, planned in studies_of(data)
        )
        self.runs = Runs(
            [
                Wanted(scenario, merged_times(parts), tuple(readouts))
                for scenario, parts, readouts in wanted.values()
            ],
            free.theta,
            options,
            threads,
            free.of_subject,
        )
        largest: dict[str, float] = {}
        for m in data.measurements:
            largest[m.readout] = max(largest.get(m.readout, 0.0), abs(m.value))
        self.blocks = tuple(
            Block(
                subject,
                readout,
                run,
                np.searchsorted(self.runs.wanted[run].times, times - 1e-9),
                tuple(rows),
                Residuals.of(errors[readout], rows, largest[readout]),
            )
            for subject, readout, run, times, rows in asked
        )
        self.subjects = tuple(by_subject)
        self.units = (*self.subjects, *(study.trial.name for study in self.studies))
        self._rules_move = any(
            f"symptoms.{rule}" in free.theta.acting("human")
            for rules in RULE_NUMBERS.values()
            for rule in rules
        )

    def _study(
        self,
        trial: Trial,
        n_of_arm: Mapping[str, float | None],
        planned: Mapping[str, Plan],
        run_of: Callable[[Scenario, FloatArray, Sequence[str]], int],
    ) -> Study:
        runs: dict[str, int] = {}
        for row in trial.rows:
            o = row.observation
            for arm in arms_of(o):
                plan = planned[arm]
                if plan.scenario is None:
                    raise ScenarioError(f"row {o.obs_id}: {plan.refusal}")
                start = np.array([min([0.0, *plan.doses_h])])
                times = sampling_times(o, plan.sessions, plan.doses_h)
                runs[arm] = run_of(
                    plan.scenario, np.unique(np.concatenate([start, times])), readouts_of(o)
                )
        points = all(
            row.observation.time_end_h is None
            and row.observation.statistic in ("point", "fraction")
            and row.observation.readout != "relapse"
            for row in trial.rows
        )
        return Study(
            trial, correlated(trial.rows, n_of_arm), runs, {a: planned[a] for a in runs}, points
        )

    # --- lanes and slopes ---

    def named(self, x: FloatArray) -> dict[str, FloatArray]:
        """Return parameters by name, each of shape (n,), from an array of shape (n, dim)."""
        return {name: x[:, k] for k, name in enumerate(self.free.names)}

    def by_unit(self, x: FloatArray) -> FloatArray:
        """Return the log-likelihood of every unit at n parameter sets, shape (n, n_units).

        It is -inf where a run failed or the model has no prediction.
        """
        n = x.shape[0]
        values = self.named(x)
        runs = self.runs.lanes({name: values[name] for name in self.runs.names}, n)
        found = np.empty((n, len(self.units)))
        for u, number in enumerate(self._of_units(values, runs, lane_axes=1, n=n)):
            found[:, u] = value_of(number)
        return np.where(np.isfinite(found), found, -np.inf)

    def sloped(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the log-likelihood of every unit at one set, and its slopes (n_units, dim).

        Raises
        ------
        SimulationError, ParameterError, UnpredictableError
        """
        dim = x.size
        eye = np.eye(dim)
        values = {name: Sloped(np.asarray(x[k]), eye[k]) for k, name in enumerate(self.free.names)}
        runs = self.runs.differentiated(x[self.free.of_runs], dim)
        numbers = self._of_units(values, runs, lane_axes=0, n=1)
        found = np.array([float(value_of(number)) for number in numbers])
        slopes = np.array([
            number.slopes if isinstance(number, Sloped) else np.zeros(dim) for number in numbers
        ])  # fmt: skip
        return found, slopes.reshape(len(numbers), dim)

    def with_gradient(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the log-likelihood of every unit at one set, and the gradient of their sum (dim,).

        Raises
        ------
        SimulationError, ParameterError, UnpredictableError
        """
        if not self.runs.forward_is_cheaper():
            return self.backward(x)
        by_unit, slopes = self.sloped(x)
        return by_unit, slopes.sum(axis=0)

    def backward(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the log-likelihood of every unit at one set, and the gradient of their sum (dim,).

        Each unit is differentiated by what it reads from its runs, then the runs go back over their
        steps. This costs about four runs, whatever the number of parameters.

        Raises
        ------
        SimulationError, ParameterError, UnpredictableError
        """
        dim = x.size
        runs = self.runs.recorded(x[self.free.of_runs])
        weights = [np.zeros(run.values.shape) for run in runs]
        gradient = np.zeros(dim)

        def go_back(
            used: Sequence[int], number: Callable[[Values, PositionedRuns], Number]
        ) -> float:
            sizes = [runs[k].values.size for k in used]
            size = dim + sum(sizes)
            eye = np.eye(dim, size)
            values = {
                name: Sloped(np.asarray(x[k]), eye[k]) for k, name in enumerate(self.free.names)
            }
            first = dim + np.concatenate([[0], np.cumsum(sizes)]).astype(int)
            own = {k: runs[k].sloped(first[i], size) for i, k in enumerate(used)}
            with np.errstate(all="ignore"):
                found = number(values, own)
            slopes = slopes_of(found, (), size)
            gradient[:] += slopes[:dim]
            for i, k in enumerate(used):
                weights[k] += slopes[first[i] : first[i + 1]].reshape(weights[k].shape)
            return float(value_of(found))

        by_subject: dict[str, float] = dict.fromkeys(self.subjects, 0.0)
        for block in self.blocks:
            by_subject[block.subject] += go_back([block.run], block.log_likelihood)
        of_studies = []
        for study in self.studies:
            of_one = partial(self._of_study, study, lane_axes=0, n=1)
            of_studies.append(go_back(list(dict.fromkeys(study.runs.values())), of_one))
        gradient[: len(self.runs.names)] += self.runs.go_back(runs, weights)
        return np.array([*by_subject.values(), *of_studies]), gradient

    def predicted(self, x: FloatArray) -> list[tuple[Block, FloatArray, tuple[Number, Number]]]:
        """Return each block, its predictions (n, n_values) at n sets, and the parts of its error."""
        values = self.named(x)
        runs = self.runs.lanes({name: values[name] for name in self.runs.names}, len(x))
        return [(b, value_of(b.predicted(runs)), b.parts(values)) for b in self.blocks]

    def standardised(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return (prediction - value)/sd of every value at one set, and its slopes (n_values, dim).

        Raises
        ------
        SimulationError, ParameterError, UnpredictableError
        """
        dim = x.size
        eye = np.eye(dim)
        values = {name: Sloped(np.asarray(x[k]), eye[k]) for k, name in enumerate(self.free.names)}
        runs = self.runs.differentiated(x[self.free.of_runs], dim)
        parts: list[Number] = [
            block.residuals.standardised(block.predicted(runs), *block.parts(values))
            for block in self.blocks
        ]
        rules, _ = self.rules(values)
        for study in self.studies:
            courses = {arm: study.plans[arm].course(runs[k]) for arm, k in study.runs.items()}
            parts += [whitened(group, courses, rules) for group in study.groups]
        found = np.concatenate([value_of(p).ravel() for p in parts])
        slopes = np.concatenate(
            [slopes_of(p, value_of(p).shape, dim).reshape(-1, dim) for p in parts]
        )
        return found, slopes

    def _of_units(
        self, values: Values, runs: Sequence[LaneRun], *, lane_axes: int, n: int
    ) -> list[Number]:
        found: dict[str, Number] = {}
        with np.errstate(all="ignore"):
            for block in self.blocks:
                one = block.log_likelihood(values, runs)
                found[block.subject] = found[block.subject] + one if block.subject in found else one
            of_studies = [self._of_study(s, values, runs, lane_axes, n) for s in self.studies]
        return [*found.values(), *of_studies]

    def rules(self, values: Values) -> tuple[Predictor, BetweenTrials | None]:
        """Return the rules of prediction, and how studies differ."""
        names = self.free.theta.acting("human")

        def number(name: str, own: Number) -> Number:
            return values[names[f"symptoms.{name}"]] if f"symptoms.{name}" in names else own

        if not self._between:
            return with_numbers(number), None
        published = BetweenTrials.published()
        moved: dict[str, Any] = {
            f.name: values[f"{TRIAL}{f.name}"]
            for f in fields(published)
            if f"{TRIAL}{f.name}" in values
        }
        return with_numbers(number), replace(published, **moved)

    def _of_study(
        self, study: Study, values: Values, runs: PositionedRuns, lane_axes: int, n: int
    ) -> Number:
        if lane_axes and self._rules_move and not study.points:
            return self._lane_by_lane(study, values, runs, n)
        rules, between = self.rules(values)
        courses = {arm: study.plans[arm].course(runs[k]) for arm, k in study.runs.items()}
        try:
            return study_log_likelihood(
                study.trial,
                study.groups,
                courses,
                rules,
                between,
                lane_axes=lane_axes,
                nodes=NODES,
            )
        except UnpredictableError:
            if not lane_axes:
                raise
            return self._lane_by_lane(study, values, runs, n)

    def _lane_by_lane(
        self, study: Study, values: Values, runs: PositionedRuns, n: int
    ) -> FloatArray:
        """Return the log-likelihood of a study set by set; -inf where it has no prediction."""
        found = np.full(n, -np.inf)
        for i in range(n):
            rules, between = self.rules({name: float(value_of(v)[i]) for name, v in values.items()})
            courses: dict[str, Course] = {}
            for arm, k in study.runs.items():
                alone = {name: value_of(v)[i] for name, v in runs[k].values.items()}
                courses[arm] = study.plans[arm].course(LaneRun(runs[k].t, alone))
            try:
                number = study_log_likelihood(
                    study.trial, study.groups, courses, rules, between, nodes=NODES
                )
                found[i] = float(value_of(number))
            except UnpredictableError:
                continue
        return found


def summed(x: Number) -> Number:
    """Return the sum over the last axis."""
    if isinstance(x, Sloped):
        return Sloped(np.asarray(x.value.sum(axis=-1)), x.slopes.sum(axis=-2))
    return np.asarray(np.asarray(x).sum(axis=-1))


# --- studies --------------------------------------------------------------------------------------


def studies_of(
    data: Observations,
) -> list[tuple[Trial, dict[str, float | None], dict[str, Plan]]]:
    """Return the studies of the data: trial, patients by arm, and plans by arm."""
    found: list[tuple[Trial, dict[str, float | None], dict[str, Plan]]] = []
    if data.arm_rows:
        planned = {name: _plan(name, scenario) for name, scenario in data.arms.items()}
        n_of_arm: dict[str, float | None] = {}
        by_study: dict[str, list[TrialRow]] = {}
        for k, row in enumerate(data.arm_rows):
            n_of_arm[row.arm] = row.n or n_of_arm.get(row.arm)
            by_study.setdefault(_study_of(row, data.arm_rows), []).append(_trial_row(k, row))
        for name, rows in by_study.items():
            found.append((Trial(name, False, tuple(rows)), n_of_arm, planned))
    if data.evidence is not None and data.evidence_rows:
        chosen = set(data.evidence_rows)
        rows_of = [o for o in data.evidence.observations if o.obs_id in chosen]
        sizes = {name: arm.n for name, arm in data.evidence.arms.items()}
        planned = plans(data.evidence)
        found += [(trial, sizes, planned) for trial in trials_of(data.evidence, rows_of).values()]
    return found


def _study_of(row: ArmRow, rows: Sequence[ArmRow]) -> str:
    """Return the study of a row: its own, that of another row of its arm, or the arm alone."""
    together = {row.arm, row.relative_to} - {""}
    for other in (row, *rows):
        if other.study and other.arm in together:
            return other.study
    linked = next(
        (r.relative_to for r in rows if r.relative_to and r.arm in together), row.relative_to
    )
    return linked or row.arm


def _trial_row(k: int, row: ArmRow) -> TrialRow:
    counted = row.se is None
    o = Observation(
        obs_id=row.where or f"row {k}",
        arm_id=row.arm,
        relative_to=row.relative_to,
        readout=row.readout,
        statistic="fraction" if counted or row.cut is not None else "point",
        time_h=row.time_h,
        time_end_h=None,
        value=row.value,
        unit=READOUT_UNIT[row.readout],
        spread=row.se,
        spread_kind="se",
        n=row.n,
        how_read="read",
        weight=1.0,
        role="calibrate",
        source_key=row.study,
        note="",
        cut=row.cut,
    )
    return TrialRow(o, "count" if counted else "normal", row.n or 1.0, row.se or 0.0)


def _plan(name: str, scenario: Scenario) -> Plan:
    doses = scenario.regimen.doses
    every = [
        (dose, dose.start_h + dose.lag_h + k * dose.interval_h)
        for dose in (*doses, *scenario.interventions)
        for k in range(dose.additional + 1)
    ]
    sessions = tuple(
        sorted(
            (
                Session(start, dose.drug, dose.amount, start + dose.length_h)
                for dose, start in every
                if DRUG_FACTS[dose.drug]["opens_session"] and not dose.constant_infusion
            ),
            key=lambda s: s.start_h,
        )
    )
    starts = tuple(sorted({t for dose, start in every for t in (start, start + dose.length_h)}))
    holds = frozenset(
        start + dose.length_h for dose, start in every if ROUTE_FACTS[dose.route]["site"] != "body"
    )
    subject = scenario.subject
    arm = Arm(
        arm_id=name,
        source_key="",
        species=subject.species,
        population="",
        n=None,
        weight_kg=subject.weight_kg,
        age_y=subject.age_y,
        female_fraction=None,
        baseline_severity=subject.baseline_madrs,
        regimen_id=name,
        context=scenario.context,
        genotype=subject.genotype or "",
        stress=float(subject.severity or 0.0),
        note="",
    )
    return Plan(arm, scenario, sessions, starts, holds)
