"""Programmes visit by visit: rate, choose a dose, go on.

At each visit the doses given so far are solved up to the visit, and the patient is rated. The solver
stops at every dose, so the states at a visit are the same bit for bit as in a run that goes on: a
programme whose rules never act equals the fixed regimen exactly.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketasim._arrays import FloatArray
from ketasim._runtime.optional import require
from ketasim._wording.durations import hours
from ketasim._wording.frozen import comparable
from ketasim._wording.names import shortened
from ketasim._wording.numbers import check_truth, check_whole
from ketasim._wording.plain_numbers import plain_numbers
from ketasim.catalogue._vocabulary import parameter_set
from ketasim.clinic._programme import Programme
from ketasim.clinic._rules import Progress, chosen
from ketasim.clinic._table import WEEK_H
from ketasim.clinic._table import programme as named
from ketasim.dosing._regimen import Regimen
from ketasim.errors import ScenarioError
from ketasim.population._draws import LARGEST_SEED
from ketasim.population._ensemble import Ensemble
from ketasim.population._given_people import listed_people
from ketasim.population._rates import SEEN_FROM, observed
from ketasim.population._simulate_population import DEFAULT_READOUTS, simulate_population
from ketasim.scenario._overrides import as_scenario
from ketasim.scenario._scenario import Scenario
from ketasim.scenario._solver_options import SolverKeywords, check_keywords
from ketasim.simulation._run import Run
from ketasim.simulation._simulate import simulate

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

#: Level of a visit without a dose in arrays of whole numbers.
NO_DOSE = -1
#: Shortest default run [h].
LEAST_H = 2.0 * WEEK_H


@comparable
@dataclass(frozen=True, eq=False)
class ProgrammeRun:
    """One patient in a programme; made by `simulate_programme`.

    Attributes
    ----------
    programme : Programme
    run : Run
        The run of all doses that were given.
    ratings : ndarray, shape (n_visits,)
        Rated MADRS at each visit, before its dose [points].
    levels : tuple of (int or None)
        Dose given at each visit; None for no dose.

    Examples
    --------
    >>> import ketasim as ks
    >>> patient = ks.simulate_programme("kads_subcutaneous", seed=3)
    >>> len(patient.levels), patient.run.success
    (8, True)
    """

    programme: Programme
    run: Run
    ratings: FloatArray
    levels: tuple[int | None, ...]

    def __getitem__(self, name: str) -> FloatArray:
        """Return a readout or state of the run."""
        return self.run[name]

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row for each visit (extra ``ketasim[frames]``).

        Returns
        -------
        pandas.DataFrame
            Columns visit, time_h, rating [points], improvement (share of the first rating), dose.

        Raises
        ------
        MissingLibraryError
            Without pandas.
        """
        pandas: Any = require("pandas", "frames")
        first = self.ratings[0]
        doses = ["none" if k is None else str(self.programme.levels[k]) for k in self.levels]
        return pandas.DataFrame({
            "visit": np.arange(len(doses)), "time_h": self.programme.visits_h,
            "rating": self.ratings, "improvement": 1.0 - self.ratings / first, "dose": doses,
        })  # fmt: skip

    def plot(self) -> Figure:
        """Draw the course of the MADRS with ratings and doses (extra ``ketasim[plot]``).

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        MissingLibraryError
            Without matplotlib.
        """
        from ketasim.clinic._figures import of_patient

        return of_patient(self)

    def __repr__(self) -> str:
        given = sum(level is not None for level in self.levels)
        return (
            f"<ProgrammeRun: {self.programme}; {given} doses at {len(self.levels)} visits; last rating "
            f"{self.ratings[-1]:.0f} points>"
        )


@comparable
@dataclass(frozen=True, eq=False)
class ProgrammePopulation:
    """Many patients in a programme; made by `simulate_programme_population`.

    Attributes
    ----------
    programme : Programme
    people : Ensemble
        The patients, each with the doses that were given.
    ratings : ndarray, shape (n, n_visits)
        Rated MADRS at each visit, before its dose [points]; NaN for patients that failed.
    levels : ndarray of int, shape (n, n_visits)
        Dose given at each visit; -1 for no dose, and for patients that failed (``people.ok``).

    Examples
    --------
    >>> import ketasim as ks
    >>> clinic = ks.simulate_programme_population("nhs_three_infusions", 4, seed=1)
    >>> clinic.levels.shape, clinic.people["madrs_change"].shape[0]
    ((4, 3), 4)
    """

    programme: Programme
    people: Ensemble
    ratings: FloatArray
    levels: NDArray[np.intp]

    def __post_init__(self) -> None:
        for values in (self.ratings, self.levels):
            values.flags.writeable = False

    def __len__(self) -> int:
        return len(self.people)

    @property
    def doses(self) -> NDArray[np.intp]:
        """Number of doses given to each patient, shape (n,); 0 for those who failed."""
        number: NDArray[np.intp] = (self.levels != NO_DOSE).sum(axis=1)
        return number

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row for each visit (extra ``ketasim[frames]``).

        Returns
        -------
        pandas.DataFrame
            Columns visit, time_h, rating (mean [points]), responders (share with at least half of the first
            rating gone), no_dose (share), and one for each dose: share of the patients who get it.

        Raises
        ------
        MissingLibraryError
            Without pandas.
        """
        pandas: Any = require("pandas", "frames")
        ok = self.people.ok
        ratings, levels = self.ratings[ok], self.levels[ok]
        columns: dict[str, Any] = {
            "visit": np.arange(levels.shape[1]), "time_h": self.programme.visits_h,
            "rating": ratings.mean(axis=0),
            "responders": (ratings <= 0.5 * ratings[:, :1]).mean(axis=0),
            "no_dose": (levels == NO_DOSE).mean(axis=0),
        }  # fmt: skip
        for k, level in enumerate(self.programme.levels):
            columns[str(level)] = (levels == k).mean(axis=0)
        return pandas.DataFrame(columns)

    def plot(self) -> Figure:
        """Draw ratings and doses of all visits (extra ``ketasim[plot]``).

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        MissingLibraryError
            Without matplotlib.
        """
        from ketasim.clinic._figures import of_population

        return of_population(self)

    def __repr__(self) -> str:
        ok = self.people.ok
        given = f"{self.doses[ok].mean():.1f} doses each" if ok.any() else "no doses"
        failed = f" ({int((~ok).sum())} failed)" if not ok.all() else ""
        return (
            f"<ProgrammePopulation: {self.programme}; {len(self)} patients{failed}, {given} at "
            f"{self.levels.shape[1]} visits>"
        )


def simulate_programme(
    programme: Programme | str,
    scenario: Scenario | Regimen | str = "no drug",
    *,
    seed: int = 0,
    rating_error: bool = True,
    until: float | str | None = None,
    t_eval: ArrayLike | None = None,
    **solver: Unpack[SolverKeywords],
) -> ProgrammeRun:
    """Simulate one patient in a programme: the next dose depends on the ratings so far.

    The patient has the sensitivity of the scenario. Ratings are the MADRS of the model with the error of
    a rater (SD ``symptoms.sigma_y``), drawn by ``seed`` and the time of the visit. The first rating is the
    MADRS before treatment, without error: the baseline that improvement is counted from, as in rates of
    response.

    Parameters
    ----------
    programme : Programme or str
        Text is a name of `ketasim.programmes`.
    scenario : Scenario, Regimen or str
        Patient and setting; its own doses, such as a daily antidepressant, are given too. Clinics
        are ``context="open_label"``; the default is the drug alone.
    seed : int
    rating_error : bool
        False: ratings without error.
    until, t_eval
        As in `ketasim.simulate`; default: 7 d after the last visit, at least 14 d.
    **solver
        Fields of `SolverOptions`.

    Returns
    -------
    ProgrammeRun

    Raises
    ------
    ScenarioError, UnknownNameError
        For an impossible request, or a rule that chooses a dose that the programme does not have.
    SimulationError
        If a run stops early.

    Notes
    -----
    Each visit solves the doses given so far again: 16 visits cost as much as about 8 whole runs. The
    solver stops at each dose, so nothing changes by this: with rules that never act the run equals the
    fixed regimen bit for bit.

    Examples
    --------
    >>> import ketasim as ks
    >>> setting = ks.Scenario("no drug", ks.Subject(baseline_madrs=34), context="open_label")
    >>> patient = ks.simulate_programme("esketamine_label", setting, seed=1)
    >>> patient.levels[0], len(patient.levels)
    (0, 20)
    """
    check_keywords(simulate_programme, solver)
    check_whole("seed", seed, 0, LARGEST_SEED)
    check_truth("rating_error", rating_error)
    plan, base = _given(programme, scenario)
    end = _end(plan, until, t_eval)
    own = {"symptoms.omega_s": np.zeros(1), "symptoms.sd_e": np.zeros(1)}
    ratings: list[float] = []
    levels: list[int | None] = []
    for k, time in enumerate(plan.visits_h):
        so_far = simulate(_begun(_with_doses(base, plan, levels), time), t_eval=[time], **solver)
        kept = {name: so_far[name] for name in SEEN_FROM}
        rated = _rated(base, own, kept, int(seed), time, first=k == 0, error=rating_error)
        ratings.append(float(rated[0]))
        progress = Progress(k, time, tuple(ratings), tuple(levels))
        levels.append(chosen(plan.rules, progress, len(plan.levels)))
    whole = _with_doses(base, plan, levels)
    run = simulate(whole, until=end, t_eval=t_eval, **solver)
    return ProgrammeRun(plan, run, np.array(ratings), tuple(levels))


def simulate_programme_population(
    programme: Programme | str,
    n: int,
    scenario: Scenario | Regimen | str = "no drug",
    *,
    seed: int = 0,
    readouts: Sequence[str] = DEFAULT_READOUTS,
    rating_error: bool = True,
    until: float | str | None = None,
    t_eval: ArrayLike | None = None,
    parameters: Mapping[str, ArrayLike] | None = None,
    weight_kg: ArrayLike | None = None,
    severity: ArrayLike | None = None,
    baseline_madrs: ArrayLike | None = None,
    people: Mapping[str, Sequence[object] | ArrayLike] | None = None,
    threads: int | None = None,
    **solver: Unpack[SolverKeywords],
) -> ProgrammePopulation:
    """Simulate many patients in a programme, each with the doses that follow from its own ratings.

    Parameters
    ----------
    programme : Programme or str
        Text is a name of `ketasim.programmes`.
    n : int
        Number of patients.
    scenario : Scenario, Regimen or str
        As in `simulate_programme`.
    seed : int
        Patients and ratings are a pure function of (seed, index, time of the visit): the same for any n
        and number of threads.
    readouts
        As in `ketasim.simulate_population`.
    rating_error : bool
        False: ratings without error of the rater. Patients still differ.
    until, t_eval
        As in `simulate_programme`.
    parameters, weight_kg, severity, baseline_madrs, people, threads
        As in `ketasim.simulate_population`; ``people`` is who the patients are, such as `draw_people`
        returns.
    **solver
        Fields of `SolverOptions`.

    Returns
    -------
    ProgrammePopulation

    Raises
    ------
    ScenarioError, ParameterError, UnknownNameError
        As `simulate_programme`; an error in a rule names the person too.

    Examples
    --------
    >>> import ketasim as ks
    >>> clinic = ks.simulate_programme_population(
    ...     "iv_induction_and_maintenance", 20, ks.Scenario("no drug", context="open_label"), seed=1
    ... )
    >>> sorted(set(clinic.doses.tolist()))
    [6, 10]
    >>> elders = {"age_y": [70.0, 78.0], "sex": ["female", "male"]}
    >>> ks.simulate_programme_population("nhs_three_infusions", 2, people=elders).people.people["age_y"]
    array([70., 78.])
    """
    check_keywords(simulate_programme_population, solver)
    check_whole("seed", seed, 0, LARGEST_SEED)
    check_whole("n", n, 1)
    check_truth("rating_error", rating_error)
    plan, base = _given(programme, scenario)
    end = _end(plan, until, t_eval)
    shared: dict[str, Any] = {
        "seed": seed, "parameters": parameters, "weight_kg": weight_kg, "severity": severity,
        "baseline_madrs": baseline_madrs, "people": listed_people(people), "threads": threads,
        "progress": False, **solver,
    }  # fmt: skip
    # People share few histories of doses; equal regimens are made once.
    known: dict[tuple[int | None, ...], Regimen] = {}

    def regimens(before_h: float = math.inf) -> list[Regimen]:
        known.clear()
        for h in histories:
            if tuple(h) not in known:
                known[tuple(h)] = _begun(_with_doses(base, plan, h), before_h).regimen
        return [known[tuple(h)] for h in histories]

    histories: list[list[int | None]] = [[] for _ in range(n)]
    ratings = np.empty((n, len(plan.visits_h)))
    for k, time in enumerate(plan.visits_h):
        so_far = simulate_population(
            _begun(base, time),
            n,
            readouts=SEEN_FROM,
            t_eval=[time],
            regimens=regimens(time),
            **shared,
        )
        kept = {name: so_far[name][:, 0] for name in SEEN_FROM}
        ratings[:, k] = _rated(
            base, so_far.parameters, kept, int(seed), time, first=k == 0, error=rating_error
        )
        for i, ok in enumerate(so_far.ok.tolist()):
            levels = histories[i]
            progress = Progress(k, time, tuple(ratings[i, : k + 1].tolist()), tuple(levels))
            levels.append(chosen(plan.rules, progress, len(plan.levels), i) if ok else None)
    everybody = simulate_population(
        base, n, readouts=readouts, until=end, t_eval=t_eval, regimens=regimens(), **shared
    )
    whole = np.array([[NO_DOSE if k is None else k for k in levels] for levels in histories])
    return ProgrammePopulation(plan, everybody, ratings, whole)


def _rated(
    base: Scenario,
    own: Mapping[str, FloatArray],
    kept: Mapping[str, FloatArray],
    seed: int,
    time_h: float,
    *,
    first: bool,
    error: bool,
) -> FloatArray:
    """Return the ratings of a visit.

    The first one is the baseline that improvement is counted from, here as in `Observed.responder` and in
    response rates. The control shift is how a person changes under treatment, drug or not, and
    ``sigma_y`` is the error of a change from that baseline: before treatment there is neither.
    """
    none = np.zeros(len(kept["madrs_baseline"]))
    own = dict(own)
    if first:
        own["symptoms.sd_e"] = none
    if first or not error:
        own["symptoms.sigma_y"] = none
    return observed(base, own, kept, seed, time_h).madrs


def _given(programme: object, scenario: object) -> tuple[Programme, Scenario]:
    plan = named(programme) if isinstance(programme, str) else programme
    if not isinstance(plan, Programme):
        raise ScenarioError(
            f"programme = {shortened(programme)}: give a Programme or a name of ks.programmes()"
        )
    base = as_scenario(scenario)  # type: ignore[arg-type]
    if parameter_set(base.subject.species) != "human":
        raise ScenarioError(
            f"the subject is a {base.subject.species}: a programme follows ratings of people; simulate "
            "the regimen of an animal with ks.simulate"
        )
    late = [d for d in base.regimen.doses if d.drug != "placebo" and _same_drug(d.drug, plan)]
    if late:
        raise ScenarioError(
            f"the scenario gives {late[0]} itself, a drug of the programme: leave it out of the scenario"
        )
    return plan, replace(base, interventions=(*base.interventions, *plan.therapy))


def _same_drug(drug: str, plan: Programme) -> bool:
    return drug in {level.drug for level in plan.levels}


def _with_doses(base: Scenario, plan: Programme, levels: Sequence[int | None]) -> Scenario:
    given = plan.regimen(levels)
    return replace(base, regimen=base.regimen + given if base.regimen.doses else given)


def _begun(scenario: Scenario, time_h: float) -> Scenario:
    """Leave out what begins after a visit: it changes nothing before, and a run would refuse it."""
    interventions = tuple(d for d in scenario.interventions if d.start_h + d.lag_h <= time_h)
    doses = tuple(d for d in scenario.regimen.doses if d.start_h + d.lag_h <= time_h)
    regimen = replace(scenario.regimen, doses=doses)
    return replace(scenario, regimen=regimen, interventions=interventions)


def _end(plan: Programme, until: float | str | None, t_eval: ArrayLike | None) -> float | None:
    """Return ``until``, or the default; None with ``t_eval``. The run must reach the last visit."""
    last = plan.visits_h[-1]
    if t_eval is not None and until is None:
        end = float(np.max(plain_numbers("t_eval", t_eval, "give times [h]", "h"), initial=-np.inf))
    elif until is None:
        end = max(last + WEEK_H, LEAST_H)
    else:
        end = hours(until, "until")
    if end < last:
        raise ScenarioError(
            f"the run ends at {end:g} h, before the last visit at {last:g} h; raise until (or t_eval)"
        )
    return end if t_eval is None or until is not None else None
