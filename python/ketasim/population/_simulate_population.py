"""Simulation of virtual populations: many subjects with individual parameters."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Unpack, overload

import numpy as np
from numpy.typing import ArrayLike

from ketasim._runtime.memory import check_memory
from ketasim._runtime.progress import progress_bar
from ketasim._wording.frozen import FrozenMapping
from ketasim._wording.numbers import MOST_THREADS, check_truth, check_whole
from ketasim.dosing._dose import Dose
from ketasim.dosing._regimen import Regimen
from ketasim.errors import ScenarioError
from ketasim.population._cohort import (
    Cohort,
    given_parameters,
    given_regimens,
    kept_readouts,
    one_per_subject,
)
from ketasim.population._draws import LARGEST_SEED
from ketasim.population._ensemble import Ensemble
from ketasim.population._given_people import UNITS, factors_of_size, given_people
from ketasim.population._summary import PopulationSummary, quantile_shares
from ketasim.population._tally import MOST_COUNTED, reductions
from ketasim.scenario._output_times import output_times
from ketasim.scenario._overrides import as_scenario
from ketasim.scenario._scenario import Scenario
from ketasim.scenario._solver_options import (
    SolverKeywords,
    check_keywords,
    one_row_per_time,
    solver_options,
)

if TYPE_CHECKING:
    from concurrent.futures import Executor

#: Readouts kept by default.
DEFAULT_READOUTS = ("ketamine_venous", "nmda_occupancy", "spine_density", "cadss", "madrs_change")

#: Numbers for each subject besides its readouts: draws, their copies, and status.
NUMBERS_PER_SUBJECT = 100


class _Shared(SolverKeywords, total=False):
    seed: int
    readouts: Sequence[str]
    only_readouts: bool
    until: float | str | None
    t_eval: ArrayLike | None
    parameters: Mapping[str, ArrayLike] | None
    weight_kg: ArrayLike | None
    severity: ArrayLike | None
    baseline_madrs: ArrayLike | None
    people: Mapping[str, Sequence[object] | ArrayLike] | None
    regimens: Sequence[Regimen | Dose | str] | None
    threads: int | None
    progress: bool | Callable[[int], None] | None


class _Streamed(_Shared, total=False):
    improvements: Sequence[float] | None
    thresholds: Mapping[str, float | Sequence[float]] | None
    executor: Executor | None
    checkpoint: str | Path | None


@overload
def simulate_population(
    scenario: Scenario | Regimen | str,
    n: int,
    *,
    quantiles: None = ...,
    **keywords: Unpack[_Shared],
) -> Ensemble: ...


@overload
def simulate_population(
    scenario: Scenario | Regimen | str,
    n: int,
    *,
    quantiles: ArrayLike,
    **keywords: Unpack[_Streamed],
) -> PopulationSummary: ...


def simulate_population(
    scenario: Scenario | Regimen | str,
    n: int,
    *,
    seed: int = 0,
    readouts: Sequence[str] = DEFAULT_READOUTS,
    only_readouts: bool = False,
    until: float | str | None = None,
    t_eval: ArrayLike | None = None,
    parameters: Mapping[str, ArrayLike] | None = None,
    weight_kg: ArrayLike | None = None,
    severity: ArrayLike | None = None,
    baseline_madrs: ArrayLike | None = None,
    people: Mapping[str, Sequence[object] | ArrayLike] | None = None,
    regimens: Sequence[Regimen | Dose | str] | None = None,
    threads: int | None = None,
    progress: bool | Callable[[int], None] | None = None,
    quantiles: ArrayLike | None = None,
    improvements: Sequence[float] | None = None,
    thresholds: Mapping[str, float | Sequence[float]] | None = None,
    executor: Executor | None = None,
    checkpoint: str | Path | None = None,
    **solver: Unpack[SolverKeywords],
) -> Ensemble | PopulationSummary:
    """Simulate a virtual population.

    Without ``quantiles`` every member is kept, in an `Ensemble`. With ``quantiles`` members are counted
    and not kept, block by block, so that memory does not depend on their number.

    Parameters
    ----------
    scenario : Scenario, Regimen or str
        Shared by all subjects.
    n : int
        Number of subjects.
    seed : int
        A subject is a pure function of (seed, index): the same for any n and number of threads.
        Default 0.
    readouts : sequence of str
        Readouts to keep; memory of an `Ensemble` is n x readouts x times x 8 bytes.
    only_readouts : bool
        Leave out the states that no kept readout depends on: levels of a drug, for example, need
        neither receptors nor symptoms. Faster, and within the tolerances the same values: steps
        are chosen by the states that are computed. Default False: all states.
    until : float or str, optional
        As in `simulate`.
    t_eval : array_like, shape (n_times,), optional
        As in `simulate`.
    parameters : mapping of str to array_like, shape (n,), optional
        Individual values by parameter name, instead of those drawn by `draw_parameters`. With an empty
        mapping nothing is drawn: all are the typical subject. If ``symptoms.sensitivity`` is given,
        ``symptoms.omega_s`` is 0, unless it is given too.
    weight_kg, severity, baseline_madrs : array_like, shape (n,), optional
        Individual values [kg, 1, MADRS points].
    people : mapping of str to sequence, length n, optional
        Who the subjects are, by fields of `Subject`: sex, ancestry, kidney, liver, genotype, body_size
        (words or None), age_y [years], height_cm, weight_kg, severity, baseline_madrs; `draw_people` draws them. A data frame has them as
        columns. None and NaN: not known, as in the subject of the scenario. What a person is
        multiplies the individual parameters, given or drawn (`Subject.factors`).
    regimens : sequence of Regimen, Dose or str, length n, optional
        Individual regimens, instead of that of the scenario: arms of a trial, skipped doses, dosing
        records of patients (`Regimen.all_from_table`). A subject with a dose after the end fails; the
        others are simulated.
    threads : int, optional
        Default: all that the process may use, or one for each block in an executor. Results do not
        depend on it.
    progress : bool or callable, optional
        Default: a bar on a terminal, nothing elsewhere. A callable is called with the number done.
    quantiles : array_like, optional
        Shares from 0 to 1: return a `PopulationSummary` instead of an `Ensemble`. The following
        parameters need it.
    improvements : sequence of float, optional
        Shares by which a rated MADRS falls, for `PopulationSummary.response_rate`; default 0.5
        where readout ``response`` is kept. Others need ``madrs_baseline``, ``drug_relief`` and
        ``context_relief``.
    thresholds : mapping of str to float or sequence of float, optional
        By readout, for `PopulationSummary.share_at_most`.
    executor : concurrent.futures.Executor, optional
        Simulates the blocks: a pool of processes, or a cluster (``Client.get_executor()`` of
        dask.distributed). Results are identical to those without, in any order of completion.
    checkpoint : str or Path, optional
        A file that receives the counts, at intervals and when the call ends for any reason. A call
        that finds it continues from there, with the same result as one uninterrupted call.
    **solver
        Fields of `SolverOptions`.

    Returns
    -------
    Ensemble or PopulationSummary
        A member that fails has its own status and NaN, or is counted as failed; the others are
        simulated.

    Raises
    ------
    ScenarioError, ParameterError, UnknownNameError
        Before the first step.
    PopulationInterrupted
        On Ctrl-C with ``quantiles``: a `KeyboardInterrupt` whose ``summary`` has the counts.

    Examples
    --------
    >>> import ketasim as ks
    >>> people = ks.simulate_population(
    ...     "ketamine 0.5 mg/kg iv over 40 min", 5, seed=1, readouts=["cadss"], t_eval=[0, 1, 24]
    ... )
    >>> people["cadss"].shape
    (5, 3)
    """
    check_keywords(simulate_population, solver)
    whole = as_scenario(scenario)
    chosen = one_row_per_time(solver_options(None, solver))
    most = math.inf if quantiles is None else MOST_COUNTED
    try:
        check_whole("n", n, 1, most)
    except ScenarioError as error:
        raise ScenarioError(f"{error}: a population has at least one subject") from None
    check_whole("seed", seed, 0, LARGEST_SEED)
    if threads is not None:
        check_whole("threads", threads, 1, MOST_THREADS)
    kept = kept_readouts(readouts)
    check_truth("only_readouts", only_readouts)
    individual_regimens = given_regimens(whole, regimens, n)
    if individual_regimens is not None:
        # Results must not show a regimen that no subject has.
        count = len(individual_regimens[0])
        whole = replace(whole, regimen=Regimen(name=f"{count} regimen{'s' if count > 1 else ''}"))
    distinct = individual_regimens[0] if individual_regimens else ()
    times = output_times(whole, until, t_eval, distinct)
    streamed = {
        "improvements": improvements,
        "thresholds": thresholds,
        "executor": executor,
        "checkpoint": checkpoint,
    }
    if quantiles is None:
        for name, given in streamed.items():
            if given is not None:
                raise ScenarioError(
                    f"{name} is for populations that are counted, not kept: add quantiles=[...]"
                )
        check_memory(
            8.0 * n * (len(kept) * times.size + NUMBERS_PER_SUBJECT),
            f"{n} subjects x {len(kept)} readouts x {times.size} times",
            "ask for fewer subjects, readouts or times, or for quantiles=[...] alone",
        )
    individual = given_parameters(whole, parameters, n)
    given_columns = {"weight_kg": weight_kg, "severity": severity, "baseline_madrs": baseline_madrs}
    who = given_people(whole, people, n)
    for name, values in who.numbers.items():
        if given_columns[name] is not None:
            raise ScenarioError(
                f"{name} is given twice: leave it out of people, or give it there alone"
            )
        given_columns[name] = values
    subject_columns = {
        name: one_per_subject(name, values, n, UNITS[name])
        for name, values in given_columns.items()
        if values is not None
    }
    columns = FrozenMapping({**who.columns, **subject_columns})
    factors = dict(who.factors)
    for name, factor in factors_of_size(whole, columns, n).items():
        factors[name] = factors.get(name, 1.0) * factor
    cohort = Cohort(
        *(whole, 0, int(n), int(seed), kept, times, chosen, individual, subject_columns),
        regimens=distinct,
        regimen=None if individual_regimens is None else individual_regimens[1],
        factors=FrozenMapping(factors),
        individual_fields=tuple(columns),
        needed=kept if only_readouts else (),
    )
    if quantiles is not None:
        from ketasim.population._blockwise import stream

        return stream(
            cohort,
            reductions(kept, improvements, thresholds),
            tuple(np.atleast_1d(quantile_shares(quantiles)).tolist()),
            executor=executor,
            threads=threads,
            progress=progress,
            checkpoint=checkpoint,
        )
    with progress_bar(n, "subjects", progress) as tick:
        members = cohort.simulate(threads, tick)
    return Ensemble(
        whole,
        times,
        kept,
        members.values,
        members.status,
        members.message,
        members.parameters,
        seed,
        None if individual_regimens is None else tuple(distinct[k] for k in individual_regimens[1]),
        columns,
    )
