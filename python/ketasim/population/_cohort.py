"""The subjects of a virtual population and how they are simulated; a cohort can be divided into parts."""

from __future__ import annotations

import hashlib
import json
import math
import warnings
from collections.abc import Callable, Container, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketasim import _core
from ketasim._arrays import FloatArray
from ketasim._version import __version__
from ketasim._wording.frozen import FrozenMapping
from ketasim._wording.lists import is_list, listed_names
from ketasim._wording.names import check_name, shortened
from ketasim._wording.plain_numbers import plain_numbers
from ketasim.catalogue._model_tables import parameters, readouts
from ketasim.catalogue._ranges import limits_before, possible_range
from ketasim.catalogue._variability import SENSITIVITY, SPREAD_OF_SENSITIVITY
from ketasim.dosing._dose import Dose
from ketasim.dosing._regimen import Regimen
from ketasim.errors import KetasimError, ScenarioError
from ketasim.population._draws import drawn
from ketasim.scenario._for_core import core_arguments, core_options, core_regimen, core_scenario
from ketasim.scenario._output_times import check_reach
from ketasim.scenario._overrides import ParameterRangeWarning, check_parameters
from ketasim.scenario._scenario import Scenario, acting_value
from ketasim.scenario._solver_options import SolverOptions


@dataclass(frozen=True, slots=True)
class Members:
    """Results of simulated subjects."""

    values: FloatArray  # (members, readouts, times), NaN for those who failed
    status: tuple[str, ...]
    message: tuple[str, ...]
    parameters: Mapping[str, FloatArray]


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """Subjects ``first`` to ``first + n`` of a virtual population, before they are simulated.

    Small when pickled: parameters are drawn by the process that simulates.
    """

    scenario: Scenario
    first: int
    n: int
    seed: int
    names: tuple[str, ...]
    times: FloatArray
    options: SolverOptions
    #: Individual parameters; None if they are drawn.
    individual: Mapping[str, FloatArray] | None
    #: Individual weights, severities and baselines, by the field of `Subject`.
    subject_columns: Mapping[str, FloatArray]
    #: Regimens instead of that of the scenario, and the index of each subject's regimen.
    regimens: tuple[Regimen, ...] = ()
    regimen: NDArray[np.intp] | None = None
    #: Individual factors of parameters, beside those of the subject of the scenario.
    factors: Mapping[str, FloatArray] = field(default_factory=lambda: FrozenMapping({}))
    #: Fields of `Subject` of which each subject has an own value.
    individual_fields: tuple[str, ...] = ()
    #: Readouts that states are computed for; none of them for all states.
    needed: tuple[str, ...] = ()

    def part(self, first: int, n: int) -> Cohort:
        """Return some of the subjects, counted from the first of this cohort."""

        def cut(columns: Mapping[str, FloatArray]) -> Mapping[str, FloatArray]:
            return FrozenMapping({k: v[first : first + n].copy() for k, v in columns.items()})

        individual = None if self.individual is None else cut(self.individual)
        part = replace(
            self,
            first=self.first + first,
            n=n,
            individual=individual,
            subject_columns=cut(self.subject_columns),
            factors=cut(self.factors),
        )
        if self.regimen is None:
            return part
        used, regimen = np.unique(self.regimen[first : first + n], return_inverse=True)
        return replace(part, regimens=tuple(self.regimens[k] for k in used), regimen=regimen)

    def simulate(
        self, threads: int | None = None, tick: Callable[[int], None] | None = None
    ) -> Members:
        """Simulate all subjects on one or more threads; results do not depend on their number."""
        if self.individual is None:
            index = range(self.first, self.first + self.n)
            individual = drawn(self.scenario, index, self.seed)
            given: Mapping[str, FloatArray] = {}
        else:
            individual = dict(self.individual)
            given = individual
        columns = self.subject_columns
        refused = self._too_late() | _refused(self.scenario, given, columns)
        refused = self._too_much(refused) | refused
        acting, impossible = self._acting(individual)
        refused = impossible | refused
        varied = np.column_stack(list(acting.values())) if acting else np.empty((self.n, 0))
        weights = np.array(
            columns.get("weight_kg", np.full(self.n, self.scenario.subject.weight_kg))
        )
        weights[list(refused)] = math.nan  # the core skips members without a weight
        severities, baselines = (
            columns[k].tolist() if k in columns else None for k in ("severity", "baseline_madrs")
        )
        values, status, message, _ = _core.simulate_ensemble(
            core_scenario(self.scenario),
            members=self.n,
            varied=list(acting),
            varied_values=np.ascontiguousarray(varied),
            weights=weights.tolist(),
            severities=severities,
            baselines=baselines,
            regimens=[core_regimen(self.scenario, regimen) for regimen in self.regimens],
            regimen=[] if self.regimen is None else self.regimen.tolist(),
            t_eval=self.times,
            readouts=list(self.names),
            options=core_options(self.options, self.needed),
            threads=threads or 0,
            progress=tick,
        )
        messages = tuple(refused.get(i, text) for i, text in enumerate(message))
        return Members(values, tuple(status), messages, individual)

    def _acting(
        self, values: Mapping[str, FloatArray]
    ) -> tuple[dict[str, FloatArray], dict[int, str]]:
        """Return individual parameters as the model gets them, and members that cannot have theirs."""
        of_subject, table = (
            self.scenario.subject.factors(),
            parameters(self.scenario.subject.species),
        )
        acting: dict[str, FloatArray] = {
            name: column * of_subject.get(name, 1.0) for name, column in values.items()
        }
        refused: dict[int, str] = {}
        for name, factor in self.factors.items():
            before = acting.get(name, np.full(self.n, acting_value(self.scenario, name)))
            row = table[name]
            product = before * factor
            ends = row["limit_low"], row["limit_high"]
            acting[name] = np.clip(product, *ends)
            if self.individual is None:  # draws end at the limits
                continue
            for i in np.flatnonzero(product != acting[name]).tolist():
                refused[i] = (
                    f"parameter {name} = {before[i]:g} {row['unit']} times {factor[i]:g}, the factor of "
                    f"this person, is {product[i]:g} {row['unit']}: it must lie within {ends[0]:g} to "
                    f"{ends[1]:g} {row['unit']}; change the parameter"
                )
        return acting, refused

    def _too_late(self) -> dict[int, str]:
        """Return members with a dose after the end, with the message of a single run."""
        late: dict[int, str] = {}
        for k, regimen in enumerate(self.regimens):
            try:
                check_reach(regimen.doses, float(self.times[-1]))
            except ScenarioError as error:
                late[k] = str(error)
        which = self.regimen.tolist() if late and self.regimen is not None else []
        return {i: late[k] for i, k in enumerate(which) if k in late}

    def _too_much(self, refused: Container[int]) -> dict[int, str]:
        """Return members whose doses are too large for their weight, with the message of a single run.

        A dose is too large for all lighter members, and has too many nasal devices for all heavier ones.
        """
        weights = self.subject_columns.get("weight_kg")
        if weights is None:
            return {}
        regimen_of = [0] * self.n if self.regimen is None else self.regimen.tolist()
        members: dict[int, list[int]] = {}
        for i, k in enumerate(regimen_of):
            if i not in refused:
                members.setdefault(k, []).append(i)
        found: dict[int, str] = {}
        for k, those in members.items():
            whole = self.scenario
            if self.regimen is not None:
                whole = replace(whole, regimen=self.regimens[k])
            own = weights[those]
            if any(_refusal(whole, weight) for weight in (own.min(), own.max())):
                messages = ((i, _refusal(whole, weights[i])) for i in those)
                found |= {i: message for i, message in messages if message}
        return found

    def question(self) -> dict[str, str]:
        """Return everything that determines the results, part by part; equal questions have equal results."""
        exact = core_arguments(self.scenario)
        return {
            "version": __version__,
            "scenario": f"{self.scenario} [{_digest(json.dumps(exact).encode())}]",
            "n": str(self.n),
            "seed": str(self.seed),
            "readouts": ", ".join(self.names),
            "times": f"{self.times.size} [{_digest(self.times.tobytes())}]",
            "solver": json.dumps(core_options(self.options, self.needed), sort_keys=True),
            "parameters": "drawn" if self.individual is None else _columns(self.individual),
            "subjects": _columns(self.subject_columns),
            "people": _columns(self.factors),
            "regimens": self._regimens(),
        }

    def _regimens(self) -> str:
        if self.regimen is None:
            return "shared"
        exact = json.dumps([core_regimen(self.scenario, r) for r in self.regimens])
        return f"{len(self.regimens)} [{_digest(exact.encode() + self.regimen.tobytes())}]"


def _refusal(scenario: Scenario, weight_kg: float) -> str:
    """Return why a scenario is impossible for a subject of this weight; '' if it is possible."""
    try:
        replace(scenario, subject=replace(scenario.subject, weight_kg=float(weight_kg)))
    except KetasimError as error:
        return str(error)
    return ""


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _columns(columns: Mapping[str, FloatArray]) -> str:
    return ", ".join(f"{k} [{_digest(v.tobytes())}]" for k, v in sorted(columns.items())) or "none"


def kept_readouts(given: object) -> tuple[str, ...]:
    names = listed_names("readouts", given, "madrs_change")
    for name in names:
        check_name(name, readouts().names, "readout")
    return names


def given_parameters(scenario: Scenario, given: object, n: int) -> dict[str, FloatArray] | None:
    """Return individual parameters as columns; None if they are to be drawn."""
    if given is None:
        return None
    table = parameters(scenario.subject.species)
    if not isinstance(given, Mapping):
        raise ScenarioError(
            f"parameters = {shortened(given)}: give a mapping of names to one value for each subject"
        )
    for name in given:
        check_name(name, table.names, "parameter")
    columns = {k: one_per_subject(k, v, n, str(table[k]["unit"])) for k, v in given.items()}
    if SENSITIVITY in columns:
        # As for drawn members: a known individual sensitivity has no spread.
        columns.setdefault(SPREAD_OF_SENSITIVITY, np.zeros(n))
    return columns


def one_per_subject(name: str, values: ArrayLike, n: int, unit: str) -> FloatArray:
    """Return individual values as a column; ``unit`` is that of the quantity.

    Raises
    ------
    ScenarioError
        For values that are no plain numbers, or not one for each subject.
    """
    column = plain_numbers(name, values, "give one number for each subject", unit)
    if column.shape != (n,):
        raise ScenarioError(
            f"{name} has shape {column.shape}, expected one value for each subject ({n},); set a "
            "shared value in the scenario"
        )
    return column


def given_regimens(
    scenario: Scenario, given: object, n: int
) -> tuple[tuple[Regimen, ...], NDArray[np.intp]] | None:
    """Return the distinct regimens among individual ones, and the index of each subject's regimen.

    Raises
    ------
    ScenarioError
        Also for a regimen that the scenario cannot have. A dose after the end is checked later, because
        it concerns only its subject.
    """
    if given is None:
        return None
    if isinstance(given, (str, Dose, Regimen)):
        raise ScenarioError(
            f"regimens = {shortened(given)}: give a list with a Regimen, a Dose or text for each "
            "subject; set a shared regimen in the scenario"
        )
    if not is_list(given) or isinstance(given, AbstractSet):
        source = "regimens.values()" if isinstance(given, Mapping) else "regimens"
        raise ScenarioError(
            f"regimens = {shortened(given)}: give a list with a Regimen, a Dose or text for each "
            f"subject, in their order, such as list({source})"
        )
    given = tuple(given)
    if len(given) != n:
        raise ScenarioError(
            f"regimens has {len(given)} entries, expected one for each subject ({n}); set a shared "
            "regimen in the scenario"
        )
    different: dict[Regimen, int] = {}
    index = np.empty(n, dtype=np.intp)
    for i, own in enumerate(given):
        regimen = own if isinstance(own, Regimen) and own in different else None
        if regimen is None:
            try:
                regimen = replace(scenario, regimen=own).regimen
            except KetasimError as error:
                raise type(error)(f"regimens[{i}]: {error}") from None
        index[i] = different.setdefault(regimen, len(different))
    return tuple(different), index


def _refused(
    scenario: Scenario, values: Mapping[str, FloatArray], subject_columns: Mapping[str, FloatArray]
) -> dict[int, str]:
    """Return impossible members, with the message of a single run."""
    refused: dict[int, str] = {}
    table = parameters(scenario.subject.species)
    factors = scenario.subject.factors()
    for name, column in values.items():
        ends = possible_range(table[name]), limits_before(table[name], factors.get(name, 1.0))
        low, high = max(ends[0][0], ends[1][0]), min(ends[0][1], ends[1][1])
        for i in np.flatnonzero(~((low <= column) & (column <= high))).tolist():
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", ParameterRangeWarning)
                    check_parameters(replace(scenario, parameters={name: float(column[i])}))
            except KetasimError as error:
                refused.setdefault(i, str(error))
    for name, column in subject_columns.items():
        for i, number in enumerate(column.tolist()):
            try:
                replace(scenario.subject, **{name: number})
            except KetasimError as error:
                refused.setdefault(i, str(error))
    return refused
