"""Comparison of the model with all published numbers of a set of evidence tables."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ketasim import _core
from ketasim._arrays import FloatArray
from ketasim._runtime.optional import require
from ketasim._runtime.progress import progress_bar
from ketasim._wording.durations import exact_text
from ketasim._wording.frozen import comparable
from ketasim._wording.names import check_name
from ketasim._wording.numbers import MOST_THREADS, check_whole
from ketasim.catalogue._hypotheses import hypothesis_parameters
from ketasim.catalogue._table import Table
from ketasim.errors import KetasimError
from ketasim.evidence._records import Evidence, Observation, load
from ketasim.evidence.vocabulary import AREAS
from ketasim.files._whole_file import check_writable, whole_file
from ketasim.observation._plan import Plan, arms_of, begun_by, plans, samplings
from ketasim.observation._prediction import Prediction
from ketasim.observation._predictor import predictor
from ketasim.observation._simulated_arm import Course
from ketasim.qualification._forecasts import TrialScore, forecasts, trial_name
from ketasim.qualification._scoring import Record, score, with_scores
from ketasim.scenario._scenario import Scenario
from ketasim.scenario._solver_options import SolverOptions
from ketasim.simulation._run import Run
from ketasim.simulation._simulate import simulate

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@comparable
@dataclass(frozen=True)
class Validation:
    """Scores of the model on a set of observations.

    Attributes
    ----------
    folder : str
        Where the evidence came from.
    records : tuple of Record
        One for each observation, in the order of the table.
    n_runs : int
        Number of simulations.
    seconds : float
        Elapsed time [s].
    trials : tuple of TrialScore
        Joint log scores of the clinical rows of each trial, by role.

    Examples
    --------
    >>> import ketasim as ks
    >>> from ketasim.observation import Prediction
    >>> from ketasim.qualification import score
    >>> evidence = ks.evidence.load()
    >>> first = evidence.observations[0]
    >>> record = score(first, evidence.arms[first.arm_id], Prediction(first.value))
    >>> ks.Validation("my tables", (record,), n_runs=1, seconds=0.1).inside()
    (1, 1)
    """

    folder: str
    records: tuple[Record, ...]
    n_runs: int
    seconds: float
    trials: tuple[TrialScore, ...] = ()

    @cached_property
    def unpredicted(self) -> tuple[Record, ...]:
        """Observations without a counterpart in the model; ``reason`` has the cause."""
        return tuple(r for r in self.records if r.predicted is None)

    def inside(self, role: str | None = None, area: str | None = None) -> tuple[int, int]:
        """Count observations inside their interval, and observations scored.

        Parameters
        ----------
        role : {'calibrate', 'check'}, optional
            Default: both.
        area : str, optional
            Such as 'Plasma' or 'Clinical'; default: all.

        Returns
        -------
        tuple of int
            Inside, and scored.
        """
        scored = [
            r for r in self.records
            if r.scored and role in (None, r.role) and area in (None, r.area)
        ]  # fmt: skip
        return sum(bool(r.within) for r in scored), len(scored)

    def study(self, source_key: str, readout: str | None = None) -> Table:
        """Return what one source observed beside what the model predicts, a small table to read.

        Parameters
        ----------
        source_key : str
            A source of the records, such as 'han2016'.
        readout : str, optional
            One of its readouts; default: all.

        Returns
        -------
        Table
            ``name`` is ``obs_id``; ``time_h`` [h]; ``observed`` and ``predicted`` in ``unit``, fractions in %.
            ``predicted`` is None where the model has no counterpart.

        Raises
        ------
        UnknownNameError
            For another source, or a readout that it does not have.

        Examples
        --------
        >>> import ketasim as ks
        >>> from ketasim.observation import Prediction
        >>> from ketasim.qualification import score
        >>> evidence = ks.evidence.load()
        >>> first = evidence.observations[0]
        >>> record = score(first, evidence.arms[first.arm_id], Prediction(first.value))
        >>> told = ks.Validation("my tables", (record,), n_runs=1, seconds=0.1).study(first.source_key)
        >>> told[0]["arm_id"] == first.arm_id
        True
        """
        check_name(source_key, {r.source_key for r in self.records}, "source")
        records = [r for r in self.records if r.source_key == source_key]
        if readout is not None:
            check_name(readout, {r.readout for r in records}, "readout")
            records = [r for r in records if r.readout == readout]
        rows = [_beside(record) for record in records]
        return Table(
            rows, "observation", ("arm_id", "readout", "time", "observed", "predicted", "unit")
        )

    def table(self, by: Literal["area", "study"] = "area") -> str:
        """Return the counts as text for a terminal.

        Parameters
        ----------
        by : str
            Group by 'area' (default) or 'study'.

        Returns
        -------
        str

        Raises
        ------
        ValueError
            For another ``by``.
        """
        from ketasim.qualification._text_tables import table

        return table(self.records, by)

    def score_table(self) -> str:
        """Return log scores, CRPS and coverage beside the two baselines as text for a terminal.

        The log score is per row, of all rows of a trial together; higher is better. Coverage is the share of
        rows inside the 50, 80 and 95 % prediction intervals. The last lines name the groups in which
        a baseline predicts better than the model.

        Returns
        -------
        str
        """
        from ketasim.qualification._text_tables import score_table

        return score_table(self.records, self.trials)

    def unpredicted_table(self) -> str:
        """Return the observations without a prediction as text for a terminal, grouped by reason.

        Returns
        -------
        str
        """
        from ketasim.qualification._text_tables import unpredicted_table

        return unpredicted_table(self.records)

    def to_json(self, path: str | Path) -> Path:
        """Write one JSON object for each observation: the fields of `Record`.

        ``predicted`` is null where the model has no counterpart; ``reason`` has the cause.

        Parameters
        ----------
        path : str or Path

        Returns
        -------
        Path
            The file.

        Raises
        ------
        OutputError
            If the file cannot be written. An existing file then stays as it was.
        """
        text = json.dumps([asdict(r) for r in self.records], indent=1, allow_nan=False) + "\n"
        with whole_file(check_writable(path)) as draft:
            draft.write_text(text, encoding="utf-8")
        return Path(path)

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row for each observation (extra ``ketasim[frames]``).

        Returns
        -------
        pandas.DataFrame
            Columns are the fields of `Record`.

        Raises
        ------
        MissingLibraryError
            Without pandas.
        """
        pandas: Any = require("pandas", "frames")
        return pandas.DataFrame([asdict(r) for r in self.records])

    def plot(self) -> Figure:
        """Draw predicted against observed values, one panel for each kind (extra ``ketasim[plot]``).

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        MissingLibraryError
            Without matplotlib.
        """
        from ketasim.qualification._figure import predicted_against_observed

        return predicted_against_observed(self.records, self.folder)

    def plot_calibration(self) -> Figure:
        """Draw PIT histograms and the coverage of prediction intervals (extra ``ketasim[plot]``).

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        MissingLibraryError
            Without matplotlib.
        """
        from ketasim.qualification._calibration_figure import calibration

        return calibration(self.records, self.folder)

    def __repr__(self) -> str:
        return f"{self.score_table()}\n\n{self.table()}\n{len(self.records)} observations, {self.folder}; {self.seconds:.0f} s"


def _beside(record: Record) -> dict[str, Any]:
    """A row of `Validation.study`."""
    fraction = record.statistic == "fraction"

    def shown(value: float | None) -> float | None:
        return None if value is None else float(f"{100.0 * value if fraction else value:.3g}")

    return {
        "name": record.obs_id,
        "arm_id": record.arm_id,
        "readout": record.readout,
        "time": exact_text(record.time_h),
        "time_h": record.time_h,
        "observed": shown(record.value),
        "predicted": shown(record.predicted),
        "unit": "%" if fraction else record.unit,
    }


def validate(
    folder: str | Path | None = None,
    *,
    areas: Iterable[str] | None = None,
    hypothesis: str | None = None,
    rtol: float = 1e-6,
    threads: int | None = None,
    progress: bool | Callable[[int], None] | None = None,
) -> Validation:
    r"""Predict and score every observation of a set of evidence tables.

    Parameters
    ----------
    folder : str or Path, optional
        Contains regimens.csv, arms.csv and observations.csv; default: the evidence shipped with
        ketasim.
    areas : iterable of str, optional
        Areas whose observations are predicted, of ``ketasim.evidence.vocabulary.AREAS``; default: all.
    hypothesis : str, optional
        A name of `ketasim.hypotheses`: the model with its switches; default: as it is shipped. The
        numbers of the model and the spreads of the observations stay the same.
    rtol : float
        Relative tolerance of the simulations, default 1e-6.
    threads : int, optional
        Default: all that the process may use. Results do not depend on it.
    progress : bool or callable, optional
        Default: a bar on a terminal, nothing elsewhere. A callable is called with the number of runs
        done.

    Returns
    -------
    Validation

    Raises
    ------
    EvidenceError
        If a table is malformed; nothing is simulated then.
    UnknownNameError
        For an unknown area or hypothesis.

    Notes
    -----
    Clinical rows have predictive distributions by `ketasim.observation.forecast`, all other rows by the
    residuals of their kind of measurement. Both are scored beside two baselines fitted to the shipped
    calibrate rows: *control only*, the course of control arms by trial context, and a *statistical
    MBMA* (model-based meta-analysis), which adds a drug effect by class of route and time.

    Arms with equal scenarios share one run. `ketasim.observation.scenario_of` makes a scenario of an
    arm, and `ketasim.qualification.score` scores a prediction.

    Examples
    --------
    >>> import ketasim as ks
    >>> from importlib.resources import files
    >>> for name in ("regimens", "arms"):
    ...     text = (files("ketasim.evidence") / "data" / f"{name}.csv").read_text(encoding="utf-8")
    ...     _ = (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    >>> text = (files("ketasim.evidence") / "data" / "observations.csv").read_text(encoding="utf-8")
    >>> few = "\n".join(text.splitlines()[:4])
    >>> _ = (tmp_path / "observations.csv").write_text(few, encoding="utf-8")
    >>> len(ks.validate(tmp_path).records)
    3
    """
    began = time.perf_counter()
    SolverOptions(rtol=rtol)  # refuses an impossible rtol before the tables are read
    if threads is not None:
        check_whole("threads", threads, 1, MOST_THREADS)
    switches = {} if hypothesis is None else hypothesis_parameters(hypothesis)
    whole = load(folder)
    evidence = whole if areas is None else _of_areas(whole, areas)
    simulated = simulate_evidence(
        evidence, rtol=rtol, threads=threads, progress=progress, parameters=switches
    )
    verdicts = [_record(o, evidence, simulated) for o in evidence.observations]
    predicted = {r.obs_id: r.predicted for r in verdicts if r.predicted is not None}
    found = forecasts(
        evidence,
        whole if folder is None else load(),
        simulated.planned,
        simulated.courses,
        predicted,
        predictor(),
    )
    records = tuple(
        with_scores(r, found.model.get(r.obs_id), found.of_baselines(r.obs_id), trial_name(o))
        for r, o in zip(verdicts, evidence.observations, strict=True)
    )
    seconds = time.perf_counter() - began
    return Validation(evidence.folder, records, simulated.n_runs, seconds, found.trials)


@dataclass(frozen=True)
class Simulated:
    """The simulated arms of a set of evidence tables.

    Attributes
    ----------
    planned : mapping of str to Plan
        By the name of the arm.
    courses : mapping of str to Course
        The arms that were simulated.
    failures : mapping of str to str
        Why the other arms were not.
    n_runs : int
        Number of simulations.
    """

    planned: Mapping[str, Plan]
    courses: Mapping[str, Course]
    failures: Mapping[str, str]
    n_runs: int


def simulate_evidence(
    evidence: Evidence,
    *,
    rtol: float = 1e-6,
    threads: int | None = None,
    progress: bool | Callable[[int], None] | None = None,
    parameters: Mapping[str, float] | None = None,
) -> Simulated:
    """Simulate every arm with an observation; arguments as in `validate`.

    Parameters
    ----------
    evidence : Evidence
    rtol : float
    threads : int, optional
    progress : bool or callable, optional
    parameters : mapping of str to float, optional
        Overrides in every arm, by 'module.name'.

    Returns
    -------
    Simulated

    Examples
    --------
    >>> import dataclasses
    >>> import ketasim as ks
    >>> from ketasim.qualification import simulate_evidence
    >>> evidence = ks.evidence.load()
    >>> few = dataclasses.replace(evidence, observations=evidence.observations[:3])
    >>> simulate_evidence(few, progress=False).failures
    {}
    """
    planned = plans(evidence)
    if parameters:
        planned = {arm_id: _changed(plan, parameters) for arm_id, plan in planned.items()}
    runs = _simulate_all(samplings(evidence.observations, planned), rtol, threads, progress)
    courses: dict[str, Course] = {}
    failures: dict[str, str] = {}
    for arm_id, plan in planned.items():
        run = plan.refusal if plan.scenario is None else runs[plan.scenario]
        if isinstance(run, str):
            failures[arm_id] = run
        else:
            courses[arm_id] = plan.course(run)
    return Simulated(planned, courses, failures, len(runs))


def _changed(plan: Plan, parameters: Mapping[str, float]) -> Plan:
    if plan.scenario is None:
        return plan
    return replace(plan, scenario=replace(plan.scenario, parameters=parameters))


def _of_areas(evidence: Evidence, areas: Iterable[str]) -> Evidence:
    wanted = (areas,) if isinstance(areas, str) else tuple(areas)
    for area in wanted:
        check_name(area, AREAS, "area")
    kept = tuple(o for o in evidence.observations if o.area in wanted)
    return replace(evidence, observations=kept)


def _simulate_all(
    samplings: Mapping[Scenario, FloatArray],
    rtol: float,
    threads: int | None,
    progress: bool | Callable[[int], None] | None,
) -> dict[Scenario, Run | str]:
    """Simulate every scenario; the value is the run, or the message of its failure."""
    runs: dict[Scenario, Run | str] = {}
    # The longest runs first, so that all threads finish at about the same time.
    work = sorted(samplings.items(), key=lambda item: -float(item[1][-1]))
    with (
        progress_bar(len(work), "runs", progress) as tick,
        ThreadPoolExecutor(threads or _core.available_threads()) as pool,
    ):
        done = pool.map(lambda item: _simulate(item[0], item[1], rtol), work)
        for (scenario, _), run in zip(work, done, strict=True):
            runs[scenario] = run
            if tick is not None:
                tick(len(runs))
    return runs


def _simulate(scenario: Scenario, times: FloatArray, rtol: float) -> Run | str:
    until_end = begun_by(scenario, float(times[-1]))
    try:
        run = simulate(until_end, t_eval=times, rtol=rtol, on_failure="return")
    except KetasimError as error:
        return f"the model refuses the scenario: {error}"
    return run if run.success else f"the simulation failed: {run.message}"


def _record(o: Observation, evidence: Evidence, simulated: Simulated) -> Record:
    arm = evidence.arms[o.arm_id]
    for arm_id in arms_of(o):
        if arm_id in simulated.failures:
            return score(o, arm, Prediction(None, simulated.failures[arm_id]))
    drug = simulated.courses[o.arm_id]
    control = simulated.courses[o.relative_to] if o.relative_to else None
    return score(o, arm, predictor().predict(o, arm, drug, control))
