"""Parameters of a population: typical values, random effects, covariate effects, and their scales.

On its scale g (logarithm, logit or the value itself) the parameter k of subject i is
    g(psi_ik) = mu_k + sum_c beta_kc x_ic + eta_ik,    eta_i ~ N(0, Omega)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ketasim._arrays import FloatArray
from ketasim._wording.frozen import comparable
from ketasim._wording.names import check_name, shortened
from ketasim._wording.plain_numbers import number_or_nan
from ketasim.catalogue._ranges import possible_range
from ketasim.catalogue._vocabulary import SPECIES_FACTS
from ketasim.errors import EvidenceError, ScenarioError, UnknownNameError
from ketasim.fitting._free import scale_of
from ketasim.fitting._observations import Observations
from ketasim.fitting._prior import Prior, Scale
from ketasim.fitting._read_table import SUBJECT_FIELDS
from ketasim.fitting._runs import OF_SUBJECT
from ketasim.fitting._theta import Theta

Kind = Literal["power", "linear", "category"]
KINDS = ("power", "linear", "category")
#: Standard deviation of a random effect at the start, on the scale of the parameter.
FIRST_OMEGA = 0.5


@comparable
@dataclass(frozen=True, slots=True)
class CovariateEffect:
    """How a covariate moves a parameter, on the scale of the parameter.

    Parameters
    ----------
    kind : {'power', 'linear', 'category'}
        'power': beta ln(x/reference), on the logarithm (x/reference)^beta, such as an allometric
        exponent. 'linear': beta (x - reference). 'category': one beta for each value of the covariate
        other than the reference.
    reference : float, optional
        Where the effect is 0. Default: the median over subjects; for 'category' the most frequent value.
    value : float, optional
        Fixed value of beta; default: estimated.

    Raises
    ------
    UnknownNameError, ScenarioError

    Notes
    -----
    The model itself scales volumes with weight and flows and clearances with weight^0.75, by the
    subject's ``weight_kg``. A power of weight multiplies this: an estimate of 0 confirms it.

    Examples
    --------
    >>> import ketasim as ks
    >>> ks.fitting.CovariateEffect("power", reference=70.0).kind
    'power'
    """

    kind: Kind
    reference: float | None = None
    value: float | None = None

    def __post_init__(self) -> None:
        check_name(self.kind, KINDS, "kind of covariate effect")
        for field in ("reference", "value"):
            given = getattr(self, field)
            if given is not None and not math.isfinite(number_or_nan(given)):
                raise ScenarioError(f"{field} = {shortened(given)}: give a number, or None")
        if self.kind == "power" and self.reference is not None and not self.reference > 0.0:
            raise ScenarioError(
                f"reference = {self.reference:g}: the reference of a power is above 0"
            )


class Column(NamedTuple):
    """One estimated covariate effect: name, unit and the numbers x of all subjects."""

    name: str
    unit: str
    x: FloatArray


class Typical(NamedTuple):
    """One parameter of theta.

    Parameters
    ----------
    name, unit : str
    scale : {'log', 'logit', 'linear'}
    start : float
        On the scale.
    estimated : bool
        Whether the typical value is; else it stays at the start.
    prior : Prior
    columns : tuple of Column
        Estimated covariate effects.
    offset : ndarray, shape (n_subjects,)
        Effects with a fixed value.
    """

    name: str
    unit: str
    scale: Scale
    start: float
    estimated: bool
    prior: Prior
    columns: tuple[Column, ...]
    offset: FloatArray


def g(scale: str, value: FloatArray) -> FloatArray:
    """Return values on a scale."""
    if scale == "linear":
        return np.asarray(value)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(value) if scale == "log" else np.log(value / (1.0 - value)))


def inverse(scale: str, x: FloatArray) -> FloatArray:
    """Return the values of numbers on a scale."""
    if scale == "linear":
        return np.asarray(x)
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(x) if scale == "log" else 1.0 / (1.0 + np.exp(-x)))


class Individuals:
    """The parameters of all subjects, by design: which fixed effects enter which parameter.

    Parameters
    ----------
    data : Observations
    subjects : tuple of str
        Those with measured values.
    theta : sequence of str
    random : sequence of str or None
    correlated : bool or sequence of sequences of str
    covariates : mapping
    start, fixed : mapping of str to float
    theta_of_model : Theta

    Raises
    ------
    ScenarioError, UnknownNameError, EvidenceError
    """

    def __init__(
        self,
        data: Observations,
        subjects: tuple[str, ...],
        theta: Sequence[str],
        random: Sequence[str] | None,
        correlated: bool | Sequence[Sequence[str]],
        covariates: Mapping[str, Mapping[str, str | CovariateEffect]] | None,
        start: Mapping[str, float] | None,
        fixed: Mapping[str, float] | None,
        theta_of_model: Theta,
    ) -> None:
        self.subjects = subjects
        effects = _effects(covariates, theta)
        given = {**_numbers("start", start, theta), **_numbers("fixed", fixed, theta)}
        both = [name for name in start or {} if name in (fixed or {})]
        if both:
            raise ScenarioError(f"{both[0]} is in start and in fixed: remove one")
        self.typical = tuple(
            _typical(name, data, subjects, effects.get(name, {}), given, theta_of_model)._replace(
                estimated=name not in (fixed or {})
            )
            for name in theta
        )
        self.names = tuple(theta)
        chosen = self.names if random is None else _names("random", random)
        for name in chosen:
            check_name(name, self.names, "parameter of theta with a random effect")
        #: Positions of the parameters with random effects, and of the others.
        self.random = np.array([k for k, n in enumerate(self.names) if n in chosen], dtype=np.intp)
        self.fixed = np.array(
            [k for k, n in enumerate(self.names) if n not in chosen], dtype=np.intp
        )
        if not self.random.size:
            raise ScenarioError("random is empty: a population differs in at least one parameter")
        self.blocks = self._blocks(correlated)
        n, q = len(subjects), self.random.size
        if n <= q:
            raise ScenarioError(
                f"{n} subject{'s' if n > 1 else ''} with measured values, and {q} random effects: the data of "
                "a population need more subjects than random effects; remove some from random"
            )
        #: Design matrices (n_subjects, n_parameters, n_coefficients) of both kinds, and offsets.
        self.design = self._design(self.random)
        self.design_fixed = self._design(self.fixed)
        self.offset = np.stack(
            [t.offset + (0.0 if t.estimated else t.start) for t in self.typical], axis=1
        )
        self._check_rank()

    # --- names ---

    def _coefficients(self, of: NDArray[np.intp]) -> list[tuple[int, Column | None]]:
        found: list[tuple[int, Column | None]] = []
        for k in of:
            found += [(int(k), None)] if self.typical[k].estimated else []
            found += [(int(k), c) for c in self.typical[k].columns]
        return found

    @property
    def coefficients(self) -> list[tuple[str, str, str, float]]:
        """Name, unit, scale and start of all fixed effects: of random parameters, then of the others."""
        found: list[tuple[str, str, str, float]] = []
        for k, column in (*self._coefficients(self.random), *self._coefficients(self.fixed)):
            t = self.typical[k]
            if column is None:
                found.append((t.name, t.unit, t.scale, t.start))
            else:
                found.append((column.name, column.unit, "linear", 0.0))
        return found

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Pairs of random effects that are correlated."""
        return [
            (a, b)
            for a in range(self.random.size)
            for b in range(a + 1, self.random.size)
            if self.blocks[a, b]
        ]

    @property
    def random_names(self) -> tuple[str, ...]:
        return tuple(self.names[k] for k in self.random)

    # --- values ---

    def centre(self, coefficients: FloatArray) -> FloatArray:
        """Return the mean of the random parameters on their scales, shape (..., n_subjects, q)."""
        found = np.einsum("nqp,...p->...nq", self.design, coefficients)
        return np.asarray(self.offset[:, self.random] + found)

    def held(self, coefficients: FloatArray) -> FloatArray:
        """Return the parameters without random effects on their scales, shape (n_subjects, ...)."""
        found = np.einsum("nqp,...p->...nq", self.design_fixed, coefficients)
        return np.asarray(self.offset[:, self.fixed] + found)

    def values(self, phi: FloatArray, held: FloatArray) -> dict[str, FloatArray]:
        """Return parameters by name, each of shape (n, n_subjects).

        Parameters
        ----------
        phi : ndarray, shape (n, n_subjects, q)
        held : ndarray, shape (n_subjects, n_fixed) or (n, n_subjects, n_fixed)
        """
        found = {}
        for j, k in enumerate(self.random):
            found[self.names[k]] = inverse(self.typical[k].scale, phi[..., j])
        for j, k in enumerate(self.fixed):
            one = inverse(self.typical[k].scale, held[..., j])
            found[self.names[k]] = np.broadcast_to(one, phi.shape[:2])
        return {name: found[name] for name in self.names}

    # --- design ---

    def _design(self, of: NDArray[np.intp]) -> FloatArray:
        columns = self._coefficients(of)
        design = np.zeros((len(self.subjects), of.size, len(columns)))
        for p, (k, column) in enumerate(columns):
            design[:, int(np.flatnonzero(of == k)[0]), p] = 1.0 if column is None else column.x
        return design

    def _blocks(self, given: object) -> NDArray[np.bool_]:
        q = self.random.size
        if isinstance(given, (bool, np.bool_)):
            return np.ones((q, q), dtype=bool) if given else np.eye(q, dtype=bool)
        if isinstance(given, (str, bytes)) or not isinstance(given, Sequence):
            raise ScenarioError(
                f"correlated = {shortened(given)}: give True, False, or groups of names, such as "
                "[['pharmacokinetics.V1', 'pharmacokinetics.CLint_S']]"
            )
        blocks = np.eye(q, dtype=bool)
        seen: set[str] = set()
        names = self.random_names
        for group in given:
            for name in _names("a group of correlated", group):
                check_name(name, names, "parameter with a random effect")
                if name in seen:
                    raise ScenarioError(
                        f"correlated has {name} twice: a parameter is in one group; join the groups"
                    )
                seen.add(name)
            at = [names.index(name) for name in group]
            blocks[np.ix_(at, at)] = True
        return blocks

    def _check_rank(self) -> None:
        for t in self.typical:
            ones = [np.ones(len(self.subjects))] if t.estimated else []
            x = np.array([*ones, *(c.x for c in t.columns)]).reshape(-1, len(self.subjects)).T
            if np.linalg.matrix_rank(x) < x.shape[1]:
                said = ", ".join(c.name.rpartition(".")[2] for c in t.columns)
                raise ScenarioError(
                    f"the covariate effects of {t.name} ({said}) cannot be told apart in these subjects: "
                    "a covariate is the same in all of them, or follows from the others; remove one"
                )


def _names(what: str, given: object) -> tuple[str, ...]:
    if isinstance(given, (str, bytes)) or not isinstance(given, Sequence):
        raise ScenarioError(f"{what} = {shortened(given)}: give a list of names")
    for name in given:
        if not isinstance(name, str):
            raise UnknownNameError(f"{what} has {shortened(name)}: a name is text")
        if given.count(name) > 1:
            raise ScenarioError(f"{what} has {name} twice")
    return tuple(given)


def _numbers(what: str, given: object, theta: Sequence[str]) -> dict[str, float]:
    """Return values by parameter.

    Raises
    ------
    ScenarioError, UnknownNameError
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise ScenarioError(
            f"{what} = {shortened(given)}: give a mapping, such as {{'pharmacokinetics.V1': 12.0}}"
        )
    for name in given:
        check_name(name, theta, "parameter of theta")
    return dict(given)


def check_theta(given: object) -> tuple[str, ...]:
    """Return the names of theta.

    Raises
    ------
    ScenarioError, UnknownNameError
    """
    names = _names("theta", given)
    if not names:
        raise ScenarioError("theta is empty: name at least one parameter")
    for name in names:
        if name.startswith(("error.", "omega.", "corr.", "beta.")):
            raise ScenarioError(
                f"theta has {name}: residual errors are named by error=..., random effects by random=... and "
                "covariate effects by covariates=..."
            )
        if name.startswith(("subject.", "dose.")):
            check_name(name, OF_SUBJECT, "parameter of a subject or its doses")
        if name.startswith("observation."):
            raise ScenarioError(
                f"theta has {name}: it says how studies differ; a population fit is of subjects"
            )
    return names


# --- one parameter --------------------------------------------------------------------------------


def _typical(
    name: str,
    data: Observations,
    subjects: tuple[str, ...],
    effects: Mapping[str, CovariateEffect],
    start: Mapping[str, float],
    theta: Theta,
) -> Typical:
    if name in OF_SUBJECT:
        unit, prior, usual = _of_subject(name, data, subjects)
    else:
        row = theta.row(name)
        unit = str(row["unit"])
        prior = Prior(float(row["low"]), float(row["high"]), scale_of(row))
        usual = float(row["value"])
    given = number_or_nan(start[name]) if name in start else usual
    least, most = _limits(name, data, subjects, theta)
    at = float(g(prior.scale, np.asarray(given)))
    if not (least <= given <= most and math.isfinite(at)):
        raise ScenarioError(
            f"value of {name} = {shortened(start.get(name, given))} {unit} is not possible: give a number from "
            f"{least:g} to {most:g} {unit}"
        )
    columns: list[Column] = []
    offset = np.zeros(len(subjects))
    for covariate, effect in effects.items():
        found, fixed = _columns(name, covariate, effect, data, subjects)
        columns += found
        offset += fixed
    return Typical(name, unit, prior.scale, at, True, prior, tuple(columns), offset)


def _of_subject(
    name: str, data: Observations, subjects: tuple[str, ...]
) -> tuple[str, Prior, float]:
    everyone = [data.subjects[s].subject for s in subjects]
    if name == "subject.weight_kg":
        weights = [float(s.weight_kg or 0.0) for s in everyone]
        middle = float(np.median(weights))
        return "kg", Prior(0.5 * middle, 2.0 * middle), middle
    if name == "subject.severity":
        middle = float(np.median([float(s.severity or 0.0) for s in everyone]))
        return "1", Prior(0.1, 0.9, "logit"), min(max(middle, 0.1), 0.9)
    if name == "dose.factor":
        return "1", Prior(0.5, 2.0), 1.0
    return "h", Prior(0.02, 2.0), 0.2


def _limits(
    name: str, data: Observations, subjects: tuple[str, ...], theta: Theta
) -> tuple[float, float]:
    if name == "subject.weight_kg":
        facts = [SPECIES_FACTS[data.subjects[s].subject.species] for s in subjects]
        return (
            max(float(f["lightest_kg"]) for f in facts),
            min(float(f["heaviest_kg"]) for f in facts),
        )
    if name in OF_SUBJECT:
        return {"subject.severity": (0.0, 1.0), "dose.factor": (0.01, 100.0)}.get(
            name, (0.001, 100.0)
        )
    return possible_range(theta.row(name))


# --- covariates -----------------------------------------------------------------------------------


def _effects(given: object, theta: Sequence[str]) -> dict[str, dict[str, CovariateEffect]]:
    if given is None:
        return {}
    remedy = "give {'pharmacokinetics.CLint_S': {'WT': 'power'}}"
    if not isinstance(given, Mapping):
        raise ScenarioError(f"covariates = {shortened(given)}: {remedy}")
    found: dict[str, dict[str, CovariateEffect]] = {}
    for name, effects in given.items():
        check_name(name, theta, "parameter of theta with a covariate effect")
        if not isinstance(effects, Mapping):
            raise ScenarioError(f"covariates of {name} = {shortened(effects)}: {remedy}")
        for covariate, effect in effects.items():
            made = CovariateEffect(effect) if isinstance(effect, str) else effect  # type: ignore[arg-type]
            if not isinstance(made, CovariateEffect):
                raise ScenarioError(
                    f"effect of {covariate} on {name} = {shortened(effect)}: give one of {', '.join(KINDS)}, or "
                    "a CovariateEffect"
                )
            found.setdefault(name, {})[covariate] = made
    return found


def _columns(
    parameter: str,
    covariate: str,
    effect: CovariateEffect,
    data: Observations,
    subjects: tuple[str, ...],
) -> tuple[list[Column], FloatArray]:
    """Return estimated effects, and the sum of those with a fixed value."""
    x = np.array([_covariate(s, covariate, data) for s in subjects])
    name = f"beta.{parameter}.{covariate}"
    nothing = np.zeros(len(subjects))
    if effect.kind == "category":
        values, counts = np.unique(x, return_counts=True)
        reference = effect.reference
        if reference is None:
            reference = float(values[counts.argmax()])
        elif reference not in values:
            raise ScenarioError(
                f"reference = {reference:g} of {covariate}: no subject has it; there are "
                f"{', '.join(f'{v:g}' for v in values[:10])}"
            )
        others = [float(v) for v in values if v != reference]
        if effect.value is not None:
            if len(others) > 1:
                raise ScenarioError(
                    f"{covariate} has {len(values)} values: one fixed effect is for two of them; make a "
                    "covariate of each"
                )
            return [], effect.value * np.where(x != reference, 1.0, 0.0)
        if len(others) > len(subjects) // 2:
            raise ScenarioError(
                f"{covariate} has {len(values)} values in {len(subjects)} subjects: it is no category; use "
                "'power' or 'linear'"
            )
        return [Column(f"{name}.{v:g}", "1", np.where(x == v, 1.0, 0.0)) for v in others], nothing
    reference = float(np.median(x)) if effect.reference is None else float(effect.reference)
    if effect.kind == "power":
        bad = np.flatnonzero(~(x > 0.0))
        if bad.size:
            raise EvidenceError(
                f"{covariate} of subject {subjects[bad[0]]!r} = {x[bad[0]]:g}: a power needs numbers above 0; use "
                "'linear'"
            )
        column = np.log(x / reference)
    else:
        column = x - reference
    if effect.value is not None:
        return [], effect.value * column
    unit = "1" if effect.kind == "power" else f"1/[{covariate}]"
    return [Column(name, unit, column)], nothing


def _covariate(subject: str, covariate: str, data: Observations) -> float:
    given = data.covariates.get(subject, {})
    if covariate in given:
        value = float(given[covariate])
    elif covariate in SUBJECT_FIELDS:
        own = getattr(data.subjects[subject].subject, covariate)
        value = math.nan if own is None else float(own)
    else:
        known = sorted({name for one in data.covariates.values() for name in one})
        if covariate not in known:
            check_name(covariate, (*known, *SUBJECT_FIELDS), "covariate")
        value = math.nan
    if not math.isfinite(value):
        raise EvidenceError(
            f"subject {subject!r} has no value of the covariate {covariate}: give it in the table, leave the "
            "subject out, or remove the effect"
        )
    return value
