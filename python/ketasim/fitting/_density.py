"""The posterior density of parameters given data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Unpack

import numpy as np
from numpy.typing import ArrayLike

from ketasim import _core
from ketasim._arrays import FloatArray
from ketasim._wording.names import shortened
from ketasim._wording.numbers import MOST_THREADS, check_whole
from ketasim.errors import KetasimError, ScenarioError
from ketasim.fitting._error_model import ErrorModel, error_models
from ketasim.fitting._free import FreeParameters, Parameter, checked_names
from ketasim.fitting._likelihood import Block, Likelihood, studies_of
from ketasim.fitting._observations import Observations
from ketasim.fitting._plausible import check_levels
from ketasim.fitting._prior import Prior
from ketasim.fitting._subject_theta import BEGINNINGS
from ketasim.fitting._theta import set_of
from ketasim.observation._prediction import UnpredictableError
from ketasim.scenario._scenario import Scenario
from ketasim.scenario._solver_options import (
    SolverKeywords,
    SolverOptions,
    check_keywords,
    one_row_per_time,
    solver_options,
)

#: Runs that are simulated in one call of the core: bounds memory, not results.
MOST_RUNS = 20_000


class Density:
    """The posterior density of parameters; see `Posterior`, which has all of it.

    Parameters
    ----------
    data, theta, error, prior, between_studies, threads, **solver
        As in `Posterior`.
    """

    def __init__(
        self,
        data: Observations,
        theta: Sequence[str],
        *,
        error: Mapping[str, str | ErrorModel] | None = None,
        prior: Mapping[str, Prior | tuple[float, float]] | None = None,
        between_studies: bool = True,
        threads: int | None = None,
        **solver: Unpack[SolverKeywords],
    ) -> None:
        check_keywords(Density.__init__, solver)
        if not isinstance(data, Observations):
            raise ScenarioError(
                f"data = {shortened(data)}: give Observations, such as ks.Observations.from_table(...)"
            )
        if not len(data):
            raise ScenarioError("data is empty: give at least one measured value")
        if threads is not None:
            check_whole("threads", threads, 1, MOST_THREADS)
        options = one_row_per_time(solver_options(None, solver))
        if options.method == "dopri5":
            raise ScenarioError("method dopri5 has no derivatives: use rodas5p or rodas4")
        self._data = data
        self._errors = error_models(error, data.measurements)
        sets = {set_of(s.subject.species) for s in data.subjects.values()}
        sets |= {
            set_of(plan.arm.species)
            for _, _, planned in studies_of(data)
            for plan in planned.values()
        }
        names = checked_names(theta)
        self._free = FreeParameters(
            names, sets, measured_subjects(data, names), self._errors, medians(data), prior
        )
        self._threads = threads or _core.available_threads()
        self._likelihood = Likelihood(
            data,
            self._free,
            self._errors,
            between_studies=between_studies,
            options=options,
            threads=self._threads,
        )
        self._options = options
        self._between = between_studies
        self._check_start()

    # --- what it is ---

    @property
    def data(self) -> Observations:
        """The observations."""
        return self._data

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the free parameters: of theta, then of the residual errors."""
        return self._free.names

    @property
    def parameter_units(self) -> tuple[str, ...]:
        """Units of the free parameters."""
        return tuple(row.unit for row in self._free.rows)

    @property
    def priors(self) -> dict[str, Prior]:
        """The prior of every free parameter."""
        return {row.name: row.prior for row in self._free.rows}

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The free parameters with their priors, start and limits of what is possible."""
        return self._free.rows

    @property
    def errors(self) -> dict[str, ErrorModel]:
        """The residual error of every measured readout of subjects."""
        return dict(self._errors)

    @property
    def dim(self) -> int:
        """Number of free parameters."""
        return len(self._free.names)

    @property
    def units(self) -> tuple[str, ...]:
        """Subjects and studies, which are independent given the parameters."""
        return self._likelihood.units

    @property
    def start(self) -> FloatArray:
        """Coordinates of the model's own values, shape (dim,)."""
        return self._free.start

    @property
    def options(self) -> SolverOptions:
        """The solver options."""
        return self._options

    def acting(self, species: str) -> dict[str, str]:
        """Return where the free parameters act.

        Parameters
        ----------
        species : str

        Returns
        -------
        dict of str to str
            Name in this posterior, by the parameter of the model that it moves in the species.
        """
        return self._free.theta.acting(species)

    def scenario(self, scenario: Scenario, z: ArrayLike) -> Scenario:
        """Return a scenario with the parameters at coordinates.

        Parameters
        ----------
        scenario : Scenario
        z : array_like, shape (dim,)

        Returns
        -------
        Scenario
        """
        x = self.values(z)[self._free.of_runs]
        return self._likelihood.runs.moved(scenario, x).scenario

    def least_sd(self) -> dict[str, float]:
        """Return the smallest standard deviation of the values of each readout of subjects.

        Returns
        -------
        dict of str to float
            In the unit of the readout.
        """
        return {block.readout: block.residuals.least for block in self._likelihood.blocks}

    # --- coordinates ---

    def values(self, z: ArrayLike) -> FloatArray:
        """Return parameters at coordinates.

        Parameters
        ----------
        z : array_like, shape (..., dim)
            Standard deviations of the prior from its centre, on its scale; see `Prior`.

        Returns
        -------
        ndarray, shape (..., dim)
            In the units of the parameters, in the order of ``names``.
        """
        return self._free.values(self._free.checked("z", z))

    def coordinates(self, theta: Mapping[str, float] | ArrayLike) -> FloatArray:
        """Return the coordinates of parameters.

        Parameters
        ----------
        theta : mapping of str to float, or array_like of shape (..., dim)
            In the units of the parameters; a mapping may leave out those at the model's own value.

        Returns
        -------
        ndarray, shape (..., dim)

        Raises
        ------
        UnknownNameError, ScenarioError
        """
        return self._free.coordinates(self._free.vector(theta))

    # --- density ---

    def log_prob(self, z: ArrayLike) -> FloatArray:
        """Return the log posterior density by the coordinates, for many parameter sets at once.

        Parameters
        ----------
        z : array_like, shape (..., dim)

        Returns
        -------
        ndarray, shape (...)
            -inf where a parameter is not possible, or a run fails.
        """
        array = self._free.checked("z", z)
        prior = self._free.log_prior(array)
        found = prior + self.log_likelihood(array).sum(axis=-1)
        return np.where(np.isfinite(found), found, -np.inf)

    def log_likelihood(self, z: ArrayLike) -> FloatArray:
        """Return the log-likelihood of each subject and study.

        Parameters
        ----------
        z : array_like, shape (..., dim)

        Returns
        -------
        ndarray, shape (..., n_units)
            In the order of ``units``; -inf where a parameter is not possible, or a run fails.
        """
        array = self._free.checked("z", z)
        flat = array.reshape(-1, self.dim)
        x = self._free.values(flat)
        usable = self._free.possible(x) & np.isfinite(self._free.log_prior(flat))
        found = np.full((flat.shape[0], len(self.units)), -np.inf)
        at = np.flatnonzero(usable)
        most = max(1, MOST_RUNS // max(1, len(self._likelihood.runs.wanted)))
        for part in np.split(at, range(most, at.size, most)):
            if part.size:
                found[part] = self._likelihood.by_unit(x[part])
        return found.reshape(*array.shape[:-1], len(self.units))

    def value_and_grad(self, z: ArrayLike) -> tuple[float, FloatArray]:
        """Return the log posterior density at one parameter set, and its exact gradient.

        Parameters
        ----------
        z : array_like, shape (dim,)

        Returns
        -------
        value : float
            As `log_prob`; -inf where a parameter is not possible, or a run fails.
        gradient : ndarray, shape (dim,)
            By the coordinates; NaN where the value is -inf.
        """
        failed = -np.inf, np.full(self.dim, np.nan)
        array, x = self._one_set(z)
        if x is None:
            return failed
        try:
            by_unit, gradient = self._likelihood.with_gradient(x)
        except (KetasimError, UnpredictableError):
            return failed
        gradient = gradient * self._free.slopes(array) + self._free.log_prior_slope(array)
        value = float(self._free.log_prior(array) + by_unit.sum())
        if not (np.isfinite(value) and np.isfinite(gradient).all()):
            return failed
        return value, gradient

    def scores(self, z: ArrayLike) -> FloatArray:
        """Return the gradient of the log-likelihood of each subject and study.

        Parameters
        ----------
        z : array_like, shape (dim,)

        Returns
        -------
        ndarray, shape (n_units, dim)
            By the coordinates; NaN where a parameter is not possible, or a run fails.
        """
        found = self._with_slopes(z)
        return np.full((len(self.units), self.dim), np.nan) if found is None else found[2]

    def _one_set(self, z: ArrayLike) -> tuple[FloatArray, FloatArray | None]:
        """Return coordinates and values of one parameter set; no values if it is not possible."""
        array = self._free.checked("z", z)
        if array.ndim != 1:
            raise ScenarioError(f"z has shape {array.shape}: give one parameter set, ({self.dim},)")
        x = self._free.values(array)
        usable = self._free.possible(x) and np.isfinite(self._free.log_prior(array))
        return array, x if usable else None

    def _with_slopes(self, z: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray] | None:
        array, x = self._one_set(z)
        if x is None:
            return None
        try:
            by_unit, slopes = self._likelihood.sloped(x)
        except (KetasimError, UnpredictableError):
            return None
        slopes = slopes * self._free.slopes(array)
        if not (np.isfinite(by_unit).all() and np.isfinite(slopes).all()):
            return None
        return array, by_unit, slopes

    # --- least squares ---

    def residuals(self, z: ArrayLike) -> FloatArray:
        """Return standardised residuals of all values and of the prior, for least squares.

        Parameters
        ----------
        z : array_like, shape (dim,)

        Returns
        -------
        ndarray, shape (n_values + dim,)
            (prediction - value)/sd, then the coordinates; NaN where a run fails. Half the sum of squares
            is minus the log posterior, up to a constant.

        Raises
        ------
        ScenarioError
            If the posterior is no sum of squares: censored values, counts, errors that are estimated or
            change with the prediction, flat priors, or differences between studies.
        """
        return self._least_squares(z)[0]

    def jacobian(self, z: ArrayLike) -> FloatArray:
        """Return the derivatives of `residuals` by the coordinates.

        Parameters
        ----------
        z : array_like, shape (dim,)

        Returns
        -------
        ndarray, shape (n_values + dim, dim)

        Raises
        ------
        ScenarioError
            As `residuals`.
        """
        return self._least_squares(z)[1]

    def _least_squares(self, z: ArrayLike) -> tuple[FloatArray, FloatArray]:
        self._check_squares()
        array = self._free.checked("z", z)
        n = len(self._data) + self.dim
        failed = np.full(n, np.nan), np.full((n, self.dim), np.nan)
        x = self._free.values(array)
        if not self._free.possible(x):
            return failed
        try:
            found, slopes = self._likelihood.standardised(x)
        except (KetasimError, UnpredictableError):
            return failed
        return (
            np.concatenate([found, array]),
            np.concatenate([slopes * self._free.slopes(array), np.eye(self.dim)]),
        )

    def _check_squares(self) -> None:
        why = ""
        kinds = {row.kind for study in self._likelihood.studies for row in study.trial.rows}
        if any(m.censored for m in self._data.measurements):
            why = "some values are censored"
        elif any(e.estimated or e.kind not in ("given", "additive") for e in self._errors.values()):
            why = "an error is estimated, or changes with the prediction"
        elif any(e.blq == "M4" for e in self._errors.values()):
            why = "likelihood M4 is conditional on positive values"
        elif kinds - {"normal"}:
            why = f"some numbers of arms are not normal ({', '.join(sorted(kinds - {'normal'}))})"
        elif self._between and self._likelihood.studies:
            why = "studies differ (between_studies=True)"
        elif any(row.prior.flat for row in self._free.rows):
            why = "a prior is flat"
        if why:
            raise ScenarioError(f"the posterior is no sum of squares: {why}; use value_and_grad")

    # --- data sets ---

    def simulated_blocks(
        self, x: FloatArray, rng: np.random.Generator
    ) -> list[tuple[Block, FloatArray, FloatArray]]:
        """Return the values of subjects as they would be measured, for each block of data.

        Parameters
        ----------
        x : ndarray, shape (n, dim)
            In the units of the parameters.
        rng : numpy.random.Generator

        Returns
        -------
        list of (Block, ndarray, ndarray)
            The block, its predictions and values with residual error, both of shape (n, n_values).
        """
        found = []
        for block, f, parts in self._likelihood.predicted(x):
            normal = rng.standard_normal(f.shape)
            found.append((block, f, block.residuals.simulated(f, *parts, normal)))
        return found

    # --- checks ---

    def _check_start(self) -> None:
        """Refuse data that the model cannot predict at its own parameters."""
        x = self._free.values(self._free.start)
        found = self._likelihood.by_unit(x[np.newaxis])[0]
        bad = [name for name, value in zip(self.units, found, strict=True) if value == -np.inf]
        if not bad:
            predicted = self._likelihood.predicted(x[np.newaxis])
            check_levels((block, f[0]) for block, f, _ in predicted)
            return
        try:
            self._likelihood.sloped(x)
            reason = "the likelihood is 0 at the model's own parameters"
        except (KetasimError, UnpredictableError) as error:
            reason = str(error)
        raise ScenarioError(f"{', '.join(bad[:3])}: no prediction: {reason}")


def measured_subjects(data: Observations, theta: Sequence[str]) -> dict[str, Scenario]:
    """Return the scenarios of measured subjects; refuse free fields of subjects beside rows of arms."""
    free = [name for name in theta if isinstance(name, str) and name.startswith(BEGINNINGS)]
    if free and (data.arm_rows or data.evidence_rows):
        raise ScenarioError(
            f"{free[0]} is of subjects, and data has rows of arms, which are averages of patients: fit the "
            "subjects alone, ks.Observations(data.subjects, data.measurements)"
        )
    return {m.subject: data.subjects[m.subject] for m in data.measurements}


def medians(data: Observations) -> dict[str, float]:
    by_readout: dict[str, list[float]] = {}
    for m in data.measurements:
        by_readout.setdefault(m.readout, []).append(abs(m.value))
    return {name: float(np.median(values)) for name, values in by_readout.items()}
