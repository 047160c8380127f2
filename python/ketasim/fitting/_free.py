"""Free parameters of a fit: their names, priors, limits and coordinates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketasim._arrays import FloatArray
from ketasim._wording.frozen import comparable
from ketasim._wording.lists import listed_names
from ketasim._wording.names import check_name, shortened
from ketasim._wording.plain_numbers import plain_numbers
from ketasim.catalogue._model_tables import parameters
from ketasim.catalogue._ranges import possible_range
from ketasim.catalogue._variability import LOGIT_SCALE
from ketasim.errors import ScenarioError
from ketasim.fitting._error_model import ErrorModel
from ketasim.fitting._prior import Prior, Scale
from ketasim.fitting._subject_theta import BEGINNINGS, Field, SubjectTheta
from ketasim.fitting._theta import Theta
from ketasim.observation._clinical import trial_parameters
from ketasim.scenario._scenario import Scenario

#: How names of error parameters and of differences between studies begin.
ERROR, TRIAL = "error.", "observation."
#: Fields of `BetweenTrials` that a fit may move.
TRIAL_FIELDS = ("tau_c", "tau_d", "tau_row", "tau_rel", "tau_time", "tau_sd")
#: Range of 95 % of the prior of the proportional part of an error, and of the additive part as a share
#: of the median value.
PROPORTIONAL_RANGE, ADDITIVE_SHARES = (0.02, 1.0), (1e-3, 1.0)


@comparable
@dataclass(frozen=True, slots=True)
class Parameter:
    """A free parameter.

    Parameters
    ----------
    name, unit : str
    prior : Prior
    start : float
        The model's own value [unit].
    least, most : float
        Limits of what is possible [unit].

    Examples
    --------
    >>> from ketasim.fitting import Parameter, Prior
    >>> Parameter("mtor.tau_M", "h", Prior(0.03, 0.3), 0.12, 0.003, 3.0).most
    3.0
    """

    name: str
    unit: str
    prior: Prior
    start: float
    least: float
    most: float


class FreeParameters:
    """The free parameters of a fit, in order.

    Of the model, of subjects and doses, between studies, of residual errors.

    Parameters
    ----------
    theta : sequence of str
    sets : iterable of str
        Parameter sets of the fitted scenarios.
    subjects : mapping of str to Scenario
        The measured subjects.
    errors : mapping of str to ErrorModel
    medians : mapping of str to float
        Median measured value by readout.
    priors : mapping of str to Prior or (low, high), or None

    Raises
    ------
    UnknownNameError, ScenarioError
    """

    def __init__(
        self,
        theta: Sequence[str],
        sets: set[str],
        subjects: Mapping[str, Scenario],
        errors: Mapping[str, ErrorModel],
        medians: Mapping[str, float],
        priors: Mapping[str, Prior | tuple[float, float]] | None,
    ) -> None:
        theta = checked_names(theta)
        of_subject = [name for name in theta if name.startswith(BEGINNINGS)]
        of_model = [name for name in theta if not name.startswith((TRIAL, *BEGINNINGS))]
        if not (of_model or of_subject):
            raise ScenarioError(
                "theta names no parameter of the model: add at least one, such as 'pharmacokinetics.V1'"
            )
        self.theta = Theta(of_model, sets)
        self.of_subject = SubjectTheta(of_subject, subjects)
        rows = [self._of_model(name) for name in of_model]
        rows += [_of_subject(field, priors or {}) for field in self.of_subject.fields]
        rows += [_of_trials(name) for name in theta if name.startswith(TRIAL)]
        rows += [
            _of_error(readout, part, medians[readout])
            for readout, model in errors.items()
            for part in model.estimated
        ]
        names = [row.name for row in rows]
        for name in priors or {}:
            check_name(name, names, "free parameter")
        self.rows = tuple(_with_prior(row, (priors or {}).get(row.name)) for row in rows)
        self.names = tuple(names)
        #: Positions of what the runs depend on: parameters of the model, then of subjects and doses.
        self.of_runs = np.arange(len(of_model) + len(of_subject))

    def _of_model(self, name: str) -> Parameter:
        row = self.theta.row(name)
        least, most = possible_range(row)
        prior = Prior(float(row["low"]), float(row["high"]), scale_of(row))
        return Parameter(name, str(row["unit"]), prior, float(row["value"]), least, most)

    @property
    def start(self) -> FloatArray:
        """Coordinates of the model's own values, shape (dim,)."""
        return np.array([float(row.prior.coordinate(row.start)) for row in self.rows])

    def values(self, z: FloatArray) -> FloatArray:
        """Return parameters at coordinates, shape (..., dim)."""
        return np.stack([row.prior.value(z[..., k]) for k, row in enumerate(self.rows)], axis=-1)

    def slopes(self, z: FloatArray) -> FloatArray:
        """Return the derivatives of the parameters by their coordinates, shape (..., dim)."""
        return np.stack([row.prior.slope(z[..., k]) for k, row in enumerate(self.rows)], axis=-1)

    def coordinates(self, x: FloatArray) -> FloatArray:
        """Return coordinates of parameters, shape (..., dim)."""
        return np.stack(
            [row.prior.coordinate(x[..., k]) for k, row in enumerate(self.rows)], axis=-1
        )

    def possible(self, x: FloatArray) -> NDArray[np.bool_]:
        """Return whether parameters are within their limits, shape (...)."""
        least = np.array([row.least for row in self.rows])
        most = np.array([row.most for row in self.rows])
        return np.asarray(((least <= x) & (x <= most)).all(axis=-1))

    def log_prior(self, z: FloatArray) -> FloatArray:
        """Return the log density of the prior by the coordinates, shape (...)."""
        parts = [row.prior.log_density(z[..., k]) for k, row in enumerate(self.rows)]
        return np.asarray(np.sum(parts, axis=0))

    def log_prior_slope(self, z: FloatArray) -> FloatArray:
        flat = np.array([row.prior.flat for row in self.rows])
        return np.where(flat, 0.0, -z)

    def vector(self, x: Mapping[str, float] | ArrayLike) -> FloatArray:
        """Return parameters in order, from a mapping (others at the model's values) or an array.

        Raises
        ------
        UnknownNameError, ScenarioError
        """
        if isinstance(x, Mapping):
            for name in x:
                check_name(name, self.names, "free parameter")
            x = [x.get(row.name, row.start) for row in self.rows]
        return self.checked("theta", x)

    def checked(self, what: str, z: ArrayLike) -> FloatArray:
        """Return an array whose last axis has one number for each free parameter.

        Raises
        ------
        ScenarioError
        """
        array = plain_numbers(what, z, "give one number for each free parameter")
        if array.ndim == 0 or array.shape[-1] != len(self.names):
            raise ScenarioError(
                f"{what} has shape {array.shape}: give {len(self.names)} numbers, for "
                f"{', '.join(self.names)}"
            )
        return array


def checked_names(theta: object) -> tuple[str, ...]:
    """Return the names of theta, read once.

    Raises
    ------
    ScenarioError
    """
    names = listed_names("theta", theta, "mtor.tau_M")
    for name in names:
        if name.startswith(ERROR):
            raise ScenarioError(
                f"{name}: parameters of errors are named by error=..., not by theta"
            )
    return names


def scale_of(row: Mapping[str, Any]) -> Scale:
    """Logit for fractions that may be all or nothing, log for other positive numbers."""
    low, high = float(row["low"]), float(row["high"])
    fraction = row["unit"] == "1" and float(row["limit_high"]) == 1.0
    if row["name"] in LOGIT_SCALE or (fraction and low > 0.0 and high < 1.0):
        return "logit"
    return "log" if low > 0.0 else "linear"


def _of_subject(field: Field, priors: Mapping[str, Prior | tuple[float, float]]) -> Parameter:
    if field.name not in priors:
        raise ScenarioError(
            f"{field.name} has no usual prior: give the range that holds 95 % of it [{field.unit}], "
            f"prior={{'{field.name}': (low, high)}}"
        )
    # The prior of the caller replaces this one, of which the scale remains if a range is given.
    any_prior = Prior(0.1, 0.9, field.scale)
    return Parameter(field.name, field.unit, any_prior, field.own, field.least, field.most)


def _of_trials(name: str) -> Parameter:
    known = [f"{TRIAL}{field}" for field in TRIAL_FIELDS]
    check_name(name, (*known, *parameters().names), "parameter")
    row = trial_parameters()[name]
    prior = Prior(float(row["low"]), float(row["high"]))
    return Parameter(name, str(row["unit"]), prior, float(row["value"]), 0.0, np.inf)


def _of_error(readout: str, part: str, median: float) -> Parameter:
    from ketasim.catalogue._model_tables import readouts

    name = f"{ERROR}{readout}.{part}"
    if part == "proportional":
        prior = Prior(*PROPORTIONAL_RANGE)
        return Parameter(name, "1", prior, prior.centre, 0.0, np.inf)
    scale = max(median, 1e-12)
    prior = Prior(ADDITIVE_SHARES[0] * scale, ADDITIVE_SHARES[1] * scale)
    return Parameter(name, str(readouts()[readout]["unit"]), prior, prior.centre, 0.0, np.inf)


def _with_prior(row: Parameter, given: Prior | tuple[float, float] | None) -> Parameter:
    if given is None:
        return row
    if not isinstance(given, Prior):
        try:
            low, high = given
            given = Prior(float(low), float(high), row.prior.scale)
        except (TypeError, ValueError) as error:
            if isinstance(error, ScenarioError):
                raise type(error)(f"prior of {row.name}: {error}") from None
            raise ScenarioError(
                f"prior of {row.name} = {shortened(given)}: give a Prior, or (low, high)"
            ) from None
    start = row.start
    if not np.isfinite(given.coordinate(start)) or (
        given.flat and not given.low <= start <= given.high
    ):
        start = given.centre
    return Parameter(row.name, row.unit, given, start, row.least, row.most)
