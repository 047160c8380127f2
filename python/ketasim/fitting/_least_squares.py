"""Residuals of all arms of the evidence and their exact derivatives, for least squares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar, Unpack

import numpy as np
from numpy.typing import ArrayLike

from ketasim import _core
from ketasim._arrays import FloatArray
from ketasim._wording.frozen import comparable
from ketasim._wording.lists import listed_names
from ketasim._wording.names import check_name
from ketasim._wording.numbers import MOST_THREADS, check_whole
from ketasim._wording.sealed import sealed
from ketasim.errors import KetasimError, ParameterError, ScenarioError
from ketasim.evidence._records import Evidence, Observation, load
from ketasim.evidence.vocabulary import AREAS, ROLES
from ketasim.fitting._subject_theta import BEGINNINGS
from ketasim.fitting._theta import Theta, set_of
from ketasim.observation._intervals import Interval, distance, distance_slope, interval_of
from ketasim.observation._numbers import Sloped
from ketasim.observation._plan import Plan, arms_of, begun_by, plans, samplings
from ketasim.observation._prediction import (
    Prediction,
    Predictor,
    UnpredictableError,
    readouts_of,
    why_not,
)
from ketasim.observation._simulated_arm import Course, SlopedRun
from ketasim.scenario._for_core import core_options, core_scenario
from ketasim.scenario._scenario import Scenario
from ketasim.scenario._solver_options import (
    SolverKeywords,
    SolverOptions,
    check_keywords,
    one_row_per_time,
    solver_options,
)
from ketasim.simulation._run import Run
from ketasim.simulation._sensitivity import Sensitivity, solve
from ketasim.simulation._simulation_error import SimulationError

T = TypeVar("T")


@comparable
@dataclass(frozen=True)
class Residuals:
    """Distances of the model from the fitted rows, with derivatives.

    Attributes
    ----------
    theta : mapping of str to float
        Values of the fitted parameters, in their units.
    rows : tuple of str
        ``obs_id`` of every fitted row, in the order of the table.
    arms : tuple of str
        The arm of each.
    predicted : ndarray, shape (n_rows,)
        In the unit of each row.
    residuals : ndarray, shape (n_rows,)
        ``sqrt(weight) z``: z is the distance from the observed value in standard errors as in
        `ketasim.validate`, 1.96 at the end of the 95 % interval, positive if the prediction is
        higher; ``weight`` is that of the row, from 0 to 1.
    jacobian : ndarray, shape (n_rows, n_theta)
        d residual / d theta, in the order of theta [1/unit of the parameter].
    left_out : mapping of str to str
        Rows of the selection that are not fitted, with the reason.

    Examples
    --------
    >>> import ketasim as ks
    >>> fit = ks.fitting.LeastSquares(["mtor.tau_M"], rows=["murr13_ket__madrs_change__2"])
    >>> fit.at().rows
    ('murr13_ket__madrs_change__2',)
    """

    theta: Mapping[str, float]
    rows: tuple[str, ...]
    arms: tuple[str, ...]
    predicted: FloatArray
    residuals: FloatArray
    jacobian: FloatArray
    left_out: Mapping[str, str]

    @property
    def cost(self) -> float:
        """Half the sum of the squared residuals, as in `scipy.optimize.least_squares`."""
        return 0.5 * float(self.residuals @ self.residuals)

    def __repr__(self) -> str:
        at = ", ".join(f"{name} = {value:g}" for name, value in self.theta.items())
        return (
            f"<Residuals: cost {self.cost:.6g} of {len(self.rows)} rows at {at}; "
            f"{len(self.left_out)} left out>"
        )


class _PlannedRun(NamedTuple):
    """One run: a scenario at theta, its directions, readouts and times."""

    scenario: Scenario
    wrt: tuple[str, ...]
    readouts: tuple[str, ...]
    times: FloatArray


class _Row(NamedTuple):
    """A fitted row: the observation, its 95 % interval, and the arms that predict it."""

    observation: Observation
    interval: Interval
    plans: tuple[Plan, ...]

    def of(self, arms: Mapping[str, T]) -> tuple[T, T | None]:
        """Return the values of the arm and of its control arm, if any."""
        both = [arms[plan.arm.arm_id] for plan in self.plans]
        return both[0], both[1] if len(both) > 1 else None

    def prediction(self, rules: Predictor, courses: Mapping[str, Course]) -> Prediction:
        return rules.predict(self.observation, self.plans[0].arm, *self.of(courses))

    def predicted(self, rules: Predictor, courses: Mapping[str, Course]) -> float:
        found = self.prediction(rules, courses)
        if found.value is None:
            raise self._unpredicted(found.reason)
        return found.value

    def sloped(self, rules: Predictor, courses: Mapping[str, Course]) -> Sloped:
        """Return the prediction with its derivatives."""
        try:
            found = rules.number(self.observation, *self.of(courses))
        except UnpredictableError as reason:
            raise self._unpredicted(str(reason)) from None
        if not isinstance(found, Sloped):
            raise TypeError(f"row {self.observation.obs_id}: a prediction without slopes")
        return found

    def _unpredicted(self, reason: str) -> ScenarioError:
        o = self.observation
        return ScenarioError(f"arm {o.arm_id}: row {o.obs_id} has no prediction here: {reason}")

    def residual(self, predicted: float) -> float:
        o = self.observation
        return sqrt(o.weight) * distance(o.value, self.interval, predicted)

    def slope(self, predicted: float) -> float:
        """Derivative of the residual by the prediction."""
        o = self.observation
        return sqrt(o.weight) * distance_slope(o.value, self.interval, predicted)


@sealed
class LeastSquares:
    """A fit of parameters to rows of the evidence, all arms at once, with exact derivatives.

    Tables are read and arms become scenarios once; `residuals` and `jacobian` are the functions that
    `scipy.optimize.least_squares` needs.

    Parameters
    ----------
    theta : sequence of str
        Parameters to fit. ``"mtor.tau_M"`` changes it in every arm. For a parameter that differs
        between humans and animals name the set: ``"human:pharmacokinetics.V1"`` or ``"rat:..."`` (the
        set of all animals and preparations); without a set all fitted arms must be of one kind. Fields
        of subjects and doses, such as 'subject.severity', are refused: the arms have those of their
        articles, and `Posterior` fits them to data of your own.
    rows : sequence of str, optional
        ``obs_id`` of the rows to fit. A row named here that cannot be fitted is an error.
    areas, arms, roles : sequence of str, optional
        Fit the rows of these areas ('Plasma', 'Clinical' ...), arms (control arms do not count) and
        roles. Default: every area and arm; role 'calibrate', or any role if ``rows`` are named.
    evidence : Evidence, str or Path, optional
        Default: the evidence shipped with ketasim.
    threads : int, optional
        Default: all that the process may use. Results do not depend on it.
    on_failure : {'raise', 'nan'}
        Action when an arm cannot be run, or theta is impossible: raise an error that names the arm
        (default), or return NaN throughout, after which SciPy's 'trf' and 'dogbox' try a shorter step.
    **solver
        Fields of `SolverOptions`; methods ``rodas5p`` and ``rodas4``.

    Attributes
    ----------
    left_out : dict of str to str
        Rows of the selection that are not fitted, with the reason: predictions without a derivative
        (directions, peak times), rows without a counterpart in the model, with weight 0 or without a scale.

    Raises
    ------
    ScenarioError, UnknownNameError, EvidenceError
        For an impossible selection or theta; the message has the reason.
    SimulationError, ParameterError
        When an arm fails at the model's own parameters.

    Notes
    -----
    The baseline of an arm stays fixed, converted to MADRS with the model's own factor. Age and genotype
    of an arm multiply a fitted parameter (`Subject.factors`).

    Examples
    --------
    >>> import ketasim as ks
    >>> fit = ks.fitting.LeastSquares(["mtor.tau_M"], rows=["murr13_ket__madrs_change__2"])
    >>> fit.residuals(fit.start).shape, fit.jacobian(fit.start).shape
    ((1,), (1, 1))
    """

    def __init__(
        self,
        theta: Sequence[str],
        *,
        rows: Sequence[str] | None = None,
        areas: Sequence[str] | None = None,
        arms: Sequence[str] | None = None,
        roles: Sequence[str] | None = None,
        evidence: Evidence | str | Path | None = None,
        threads: int | None = None,
        on_failure: Literal["raise", "nan"] = "raise",
        **solver: Unpack[SolverKeywords],
    ) -> None:
        check_keywords(LeastSquares.__init__, solver)
        check_name(on_failure, ("raise", "nan"), "on_failure")
        if threads is not None:
            check_whole("threads", threads, 1, MOST_THREADS)
        self._threads = threads or _core.available_threads()
        self._options = one_row_per_time(solver_options(None, solver))
        self._on_failure = on_failure
        if self._options.method == "dopri5":
            raise ScenarioError("method dopri5 has no derivatives: use rodas5p or rodas4")
        tables = evidence if isinstance(evidence, Evidence) else load(evidence)
        selected = _selected(tables, rows, areas, arms, roles)
        self.left_out: dict[str, str] = {}
        self._rows = self._with_a_slope(selected, tables, named=rows is not None)
        sets = {set_of(plan.arm.species) for row in self._rows for plan in row.plans}
        names = listed_names("theta", theta, "mtor.tau_M")
        for name in names:
            if name.startswith(BEGINNINGS):
                raise ScenarioError(
                    f"{name} is not fitted here: subjects and doses of the arms are those of their articles; "
                    "fit it to your own data with ks.Posterior"
                )
        self._theta = Theta(names, sets)
        self._last: tuple[bytes, Residuals] | None = None
        self._rows = self._predicted(named=rows is not None)

    @property
    def theta(self) -> tuple[str, ...]:
        """Names of the fitted parameters."""
        return self._theta.names

    @property
    def start(self) -> FloatArray:
        """The model's own values, shape (n_theta,), in the units of the parameters."""
        return self._theta.start.copy()

    @property
    def lower(self) -> FloatArray:
        """Lower ends of the plausible ranges, shape (n_theta,), in the units of the parameters."""
        return self._theta.lower.copy()

    @property
    def upper(self) -> FloatArray:
        """Upper ends of the plausible ranges, shape (n_theta,), in the units of the parameters."""
        return self._theta.upper.copy()

    @property
    def rows(self) -> tuple[str, ...]:
        """``obs_id`` of the fitted rows."""
        return tuple(row.observation.obs_id for row in self._rows)

    def residuals(self, theta: ArrayLike) -> FloatArray:
        """Return the residuals, see `Residuals`; runs without derivatives are much faster.

        Parameters
        ----------
        theta : array_like, shape (n_theta,)
            In the units of the parameters.

        Returns
        -------
        ndarray, shape (n_rows,)
            Dimensionless.

        Raises
        ------
        SimulationError, ParameterError
            When an arm fails and ``on_failure='raise'``.
        """
        try:
            x = self._theta.vector(theta)
            last = self._last
            if last is not None and last[0] == x.tobytes():
                return last[1].residuals.copy()
            rules = self._theta.rules(x)
            courses = self._simulated(x)
            return np.array([row.residual(row.predicted(rules, courses)) for row in self._rows])
        except (SimulationError, ParameterError):
            if self._on_failure == "nan":
                return np.full(len(self._rows), np.nan)
            raise

    def jacobian(self, theta: ArrayLike) -> FloatArray:
        """Return the derivatives of the residuals by theta.

        Parameters
        ----------
        theta : array_like, shape (n_theta,)
            In the units of the parameters.

        Returns
        -------
        ndarray, shape (n_rows, n_theta)
            [1/unit of the parameter].

        Raises
        ------
        SimulationError, ParameterError
            When an arm fails and ``on_failure='raise'``.
        """
        try:
            return self.at(theta).jacobian.copy()
        except (SimulationError, ParameterError):
            if self._on_failure == "nan":
                return np.full((len(self._rows), len(self.theta)), np.nan)
            raise

    def at(self, theta: ArrayLike | Mapping[str, float] | None = None) -> Residuals:
        """Return residuals and derivatives at theta; failures always raise.

        Parameters
        ----------
        theta : array_like or mapping of str to float, optional
            Default: `start`.

        Returns
        -------
        Residuals

        Raises
        ------
        SimulationError, ParameterError, ScenarioError
            When an arm fails, or a row has no prediction there; the message names it.
        """
        x = self._theta.vector(self.start if theta is None else theta)
        last = self._last
        if last is not None and last[0] == x.tobytes():
            return last[1]
        found = self._evaluate(x)
        self._last = (x.tobytes(), found)
        return found

    def __repr__(self) -> str:
        return (
            f"<LeastSquares: {', '.join(self.theta)} to {len(self._rows)} rows; "
            f"{len(self.left_out)} left out>"
        )

    # --- rows ---

    def _with_a_slope(
        self, selected: Iterable[Observation], e: Evidence, *, named: bool
    ) -> tuple[_Row, ...]:
        """Rows whose prediction has a derivative, with a scale for the residual."""
        planned = plans(e)
        kept: list[_Row] = []
        for o in selected:
            plans_of_row = tuple(planned[arm_id] for arm_id in arms_of(o))
            reason = next((plan.refusal for plan in plans_of_row if plan.refusal), "") or why_not(o)
            if not reason and o.weight == 0.0:
                reason = "weight 0: shown, not counted"
            if not reason:
                interval = interval_of(o, e.arms[o.arm_id])
                if interval.low < interval.high:
                    kept.append(_Row(o, interval, plans_of_row))
                    continue
                reason = "its interval has no width: there is no scale for a residual"
            self._leave_out(o, reason, named=named)
        return tuple(kept)

    def _predicted(self, *, named: bool) -> tuple[_Row, ...]:
        """Rows that have a prediction at the model's own parameters."""
        courses = self._simulated(self.start) if self._rows else {}
        rules = self._theta.rules(self.start)
        kept: list[_Row] = []
        for row in self._rows:
            found = row.prediction(rules, courses)
            if found.value is None:
                self._leave_out(row.observation, found.reason, named=named)
            else:
                kept.append(row)
        if not kept:
            left_out = list(self.left_out.items())[:3]
            reasons = "; ".join(f"{row}: {reason}" for row, reason in left_out) or "it is empty"
            raise ScenarioError(f"no row of the selection can be fitted ({reasons})")
        return tuple(kept)

    def _leave_out(self, o: Observation, reason: str, *, named: bool) -> None:
        if named:
            raise ScenarioError(f"row {o.obs_id} cannot be fitted: {reason}")
        self.left_out[o.obs_id] = reason

    # --- runs ---

    def _simulated(self, x: FloatArray) -> dict[str, Course]:
        """Simulate every arm at x; return the arms by name."""

        def run(planned: _PlannedRun) -> Run:
            trajectory = run_core(planned.scenario, planned.times, self._options)
            run = Run(planned.scenario, self._options, trajectory)
            if not run.success:
                raise SimulationError(run.message, run)
            return run

        return {plan.arm.arm_id: plan.course(run) for plan, run in self._each_arm(x, run)}

    def _differentiated(self, x: FloatArray) -> dict[str, Course]:
        """Simulate and differentiate every arm at x; return the arms by name."""

        def run(planned: _PlannedRun) -> Sensitivity:
            scenario, wrt, names, times = planned
            return solve(scenario, wrt, wrt, names, times, self._options)

        return {
            plan.arm.arm_id: plan.course(SlopedRun(s.run, self._theta.slopes(s)))
            for plan, s in self._each_arm(x, run)
        }

    def _each_arm(self, x: FloatArray, run: Callable[[_PlannedRun], T]) -> list[tuple[Plan, T]]:
        """Run all fitted arms in threads; arms with equal scenarios share a run."""
        arms = {plan.arm.arm_id: plan for row in self._rows for plan in row.plans}
        readouts: dict[Scenario, dict[str, None]] = {}
        for row in self._rows:
            for plan in row.plans:
                wanted = readouts.setdefault(_scenario(plan), {})
                wanted.update(dict.fromkeys(readouts_of(row.observation)))
        name = {_scenario(plan): arm_id for arm_id, plan in reversed(arms.items())}

        def named(item: tuple[Scenario, FloatArray]) -> T:
            scenario, times = item
            moved, wrt = self._theta.moved(begun_by(scenario, float(times[-1])), x)
            try:
                return run(_PlannedRun(moved, wrt, tuple(readouts[scenario]), times))
            except SimulationError as error:
                raise SimulationError(f"arm {name[scenario]}: {error}", error.run) from error
            except KetasimError as error:
                raise type(error)(f"arm {name[scenario]}: {error}") from error

        # The longest runs first, so that all threads finish at about the same time.
        times = samplings((row.observation for row in self._rows), arms)
        work = sorted(times.items(), key=lambda item: -float(item[1][-1]))
        with ThreadPoolExecutor(self._threads) as pool:
            done = dict(zip((s for s, _ in work), pool.map(named, work), strict=True))
        return [(plan, done[_scenario(plan)]) for plan in arms.values()]

    # --- residuals ---

    def _evaluate(self, x: FloatArray) -> Residuals:
        courses = self._differentiated(x)
        rules = self._theta.sloped_rules(x)
        numbers = [row.sloped(rules, courses) for row in self._rows]
        predicted = np.array([number.value for number in numbers])
        residuals = np.array(
            [row.residual(value) for row, value in zip(self._rows, predicted, strict=True)]
        )
        jacobian = np.array(
            [
                row.slope(float(number.value)) * number.slopes
                for row, number in zip(self._rows, numbers, strict=True)
            ]
        )
        for array in (predicted, residuals, jacobian):
            array.flags.writeable = False
        return Residuals(
            theta=dict(zip(self.theta, x.tolist(), strict=True)),
            rows=self.rows,
            arms=tuple(row.observation.arm_id for row in self._rows),
            predicted=predicted,
            residuals=residuals,
            jacobian=jacobian,
            left_out=dict(self.left_out),
        )


def _selected(
    e: Evidence,
    rows: Sequence[str] | None,
    areas: Sequence[str] | None,
    arms: Sequence[str] | None,
    roles: Sequence[str] | None,
) -> list[Observation]:
    if roles is None:
        roles = ROLES if rows is not None else ("calibrate",)

    def checked(what: str, one: str, names: object, known: Sequence[str]) -> Sequence[str]:
        if names is None:
            return known
        chosen = listed_names(what, names, known[0])
        for name in chosen:
            check_name(name, known, one)
        return chosen

    of_rows = checked("rows", "observation", rows, [o.obs_id for o in e.observations])
    of_areas = checked("areas", "area", areas, AREAS)
    of_arms = checked("arms", "arm", arms, list(e.arms))
    of_roles = checked("roles", "role", roles, ROLES)
    wanted = set(of_rows)
    return [
        o
        for o in e.observations
        if o.obs_id in wanted
        and (areas is None or o.area in of_areas)
        and (arms is None or o.arm_id in of_arms)
        and o.role in of_roles
    ]


def _scenario(plan: Plan) -> Scenario:
    if plan.scenario is None:
        raise ScenarioError(plan.refusal)
    return plan.scenario


def run_core(scenario: Scenario, times: FloatArray, options: SolverOptions) -> _core.Trajectory:
    """Simulate without checks: the parameters of a fit may leave their plausible range."""
    return _core.simulate(core_scenario(scenario), times, core_options(options))
