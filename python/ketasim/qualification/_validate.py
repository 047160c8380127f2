"""The model against every published number we know, or against a folder of one's own."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ketasim import _core
from ketasim._arrays import FloatArray
from ketasim._runtime.optional import require
from ketasim._runtime.progress import progress_bar
from ketasim._wording.numbers import MOST_THREADS, check_whole
from ketasim.errors import KetasimError
from ketasim.evidence._records import Evidence, Observation, load
from ketasim.files._whole_file import check_writable, whole_file
from ketasim.observation._plan import Plan, arms_of, begun_by, plans, samplings
from ketasim.observation._prediction import Prediction
from ketasim.observation._remission_rules import predictor
from ketasim.observation._simulated_arm import Course
from ketasim.qualification._scoring import Record, score
from ketasim.scenario._scenario import Scenario
from ketasim.scenario._solver_options import SolverOptions
from ketasim.simulation._run import Run
from ketasim.simulation._simulate import simulate

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Validation:
    """How the model fares on a set of observations.

    Attributes
    ----------
    folder : str
        Where the evidence came from.
    records : tuple of Record
        One per observation, in the order of the table.
    n_runs : int
        Simulations it took.
    seconds : float
        Time it took.
    """

    folder: str
    records: tuple[Record, ...]
    n_runs: int
    seconds: float

    @cached_property
    def unpredicted(self) -> tuple[Record, ...]:
        """Observations without a counterpart in the model; ``reason`` says why."""
        return tuple(r for r in self.records if r.predicted is None)

    def inside(self, role: str | None = None, area: str | None = None) -> tuple[int, int]:
        """Count observations inside their interval and observations scored.

        Parameters
        ----------
        role : {'calibrate', 'check'}, optional
        area : str, optional
            Such as 'Plasma' or 'Clinical'.
        """
        scored = [
            r for r in self.records
            if r.scored and role in (None, r.role) and area in (None, r.area)
        ]  # fmt: skip
        return sum(bool(r.within) for r in scored), len(scored)

    def table(self, by: str = "area") -> str:
        """Count observations inside, by 'area' or by 'study', as text for a terminal."""
        from ketasim.qualification._text_tables import table

        return table(self.records, by)

    def unpredicted_table(self) -> str:
        """List what the model cannot predict, and why, as text for a terminal."""
        from ketasim.qualification._text_tables import unpredicted_table

        return unpredicted_table(self.records)

    def to_json(self, path: str | Path) -> Path:
        """Write one object per observation: obs_id, predicted, value, spread, z, fold_error, within ...

        ``predicted`` is null where the model has no counterpart; ``reason`` says why.

        Raises
        ------
        OutputError
            If the file cannot be written; one of that name is then as it was before.
        """
        text = json.dumps([asdict(r) for r in self.records], indent=1, allow_nan=False) + "\n"
        with whole_file(check_writable(path)) as draft:
            draft.write_text(text, encoding="utf-8")
        return Path(path)

    def to_dataframe(self) -> pd.DataFrame:
        """Give one row per observation (extra ``ketasim[frames]``)."""
        pandas: Any = require("pandas", "frames")
        return pandas.DataFrame([asdict(r) for r in self.records])

    def plot(self) -> Figure:
        """Draw predicted against observed, a panel for each kind (extra ``ketasim[plot]``)."""
        from ketasim.qualification._figure import predicted_against_observed

        return predicted_against_observed(self.records, self.folder)

    def __repr__(self) -> str:
        return (
            f"{self.table()}\n{len(self.records)} observations, {self.folder}; {self.seconds:.0f} s"
        )


def validate(
    folder: str | Path | None = None,
    *,
    rtol: float = 1e-6,
    threads: int | None = None,
    progress: bool | Callable[[int], None] | None = None,
) -> Validation:
    """Predict and score every observation of a set of evidence tables.

    Parameters
    ----------
    folder : path, optional
        Holds regimens.csv, arms.csv and observations.csv; default: the evidence shipped here.
    rtol : float
        Relative tolerance of the simulations.
    threads : int, optional
        Default: all that the process may use. Results do not depend on it.
    progress : bool or callable, optional
        Default: a bar on a terminal, silence elsewhere. A callable gets the number of runs done.

    Returns
    -------
    Validation

    Raises
    ------
    EvidenceError
        If a table is malformed; nothing is simulated then.

    Notes
    -----
    Arms that the model cannot tell apart share one run, sampled at all times they need. How an arm
    becomes a scenario is said in `ketasim.evidence.mapping`, how a verdict is reached in
    `ketasim.evidence.scoring`.
    """
    began = time.perf_counter()
    SolverOptions(rtol=rtol)  # refuses it before the tables are read
    if threads is not None:
        check_whole("threads", threads, 1, MOST_THREADS)
    evidence = load(folder)
    planned = plans(evidence)
    runs = _simulate_all(samplings(evidence.observations, planned), rtol, threads, progress)
    records = tuple(_record(o, evidence, planned, runs) for o in evidence.observations)
    return Validation(evidence.folder, records, len(runs), time.perf_counter() - began)


def _simulate_all(
    samplings: Mapping[Scenario, FloatArray],
    rtol: float,
    threads: int | None,
    progress: bool | Callable[[int], None] | None,
) -> dict[Scenario, Run | str]:
    """Run every scenario; give the message where that could not be done."""
    runs: dict[Scenario, Run | str] = {}
    # Longest first, so that no thread is left alone with a year of doses at the end.
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


def _record(
    o: Observation,
    evidence: Evidence,
    planned: Mapping[str, Plan],
    runs: Mapping[Scenario, Run | str],
) -> Record:
    arm = evidence.arms[o.arm_id]
    courses: list[Course] = []
    for plan in (planned[arm_id] for arm_id in arms_of(o)):
        if plan.scenario is None:
            return score(o, arm, Prediction(None, plan.refusal))
        run = runs[plan.scenario]
        if isinstance(run, str):
            return score(o, arm, Prediction(None, run))
        courses.append(plan.course(run))
    drug, control = (courses[0], courses[1] if o.relative_to else None)
    return score(o, arm, predictor().predict(o, arm, drug, control))
