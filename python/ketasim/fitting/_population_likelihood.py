"""The likelihood of subjects whose parameters differ: all subjects of many chains in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ketasim._arrays import FloatArray
from ketasim.catalogue._variability import SENSITIVITY, SPREAD_OF_SENSITIVITY
from ketasim.fitting._error_model import ErrorModel, Residuals
from ketasim.fitting._observations import Observations
from ketasim.fitting._population_parameters import Individuals
from ketasim.fitting._records import Measurement
from ketasim.fitting._runs import Runs, Wanted
from ketasim.fitting._theta import Theta
from ketasim.observation._numbers import value_of
from ketasim.scenario._solver_options import SolverOptions

#: Runs in one call of the core: bounds memory, not results.
MOST_RUNS = 20_000

#: Additive and proportional part of the residual error of each readout.
Errors = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """All values of one readout: of the first subject, the second, and so on.

    Parameters
    ----------
    readout : str
    model : ErrorModel
    rows : tuple of Measurement
    subject : ndarray of int, shape (n_values,)
        Number of the subject of each value.
    at : tuple of ndarray of int
        Positions of the times of each subject in its run.
    present, starts : ndarray of int
        Subjects that have values, and where theirs begin.
    residuals : Residuals
    """

    readout: str
    model: ErrorModel
    rows: tuple[Measurement, ...]
    subject: NDArray[np.intp]
    at: tuple[NDArray[np.intp], ...]
    present: NDArray[np.intp]
    starts: NDArray[np.intp]
    residuals: Residuals

    @property
    def times(self) -> FloatArray:
        return np.array([m.time_h for m in self.rows])

    @property
    def limited(self) -> NDArray[np.bool_]:
        """Which values are censored."""
        r = self.residuals
        return np.asarray(r.left | r.right | r.interval)

    def log_densities(self, f: FloatArray, parts: tuple[float, float]) -> FloatArray:
        """Return the log-likelihood of each value at predictions of shape (..., n_values)."""
        with np.errstate(all="ignore"):
            found = self.residuals.log_densities(f, np.asarray(parts[0]), np.asarray(parts[1]))
        return value_of(found)

    def spread(self, f: FloatArray, parts: tuple[float, float]) -> FloatArray:
        """Return standard deviations at predictions; of the logarithm for 'lognormal'."""
        found = self.residuals.spread(f, np.asarray(parts[0]), np.asarray(parts[1]))
        return np.broadcast_to(value_of(found), f.shape)

    def on_scale(self, f: FloatArray) -> FloatArray:
        """Return predictions where their error is normal: the logarithm for 'lognormal'."""
        if self.model.kind != "lognormal":
            return f
        return np.asarray(np.log(np.maximum(f, self.residuals.least)))

    @property
    def measured(self) -> FloatArray:
        """Values, and limits of censored ones, where the error is normal."""
        values = self.residuals.values
        return np.log(values) if self.model.kind == "lognormal" else values


class Evaluation(NamedTuple):
    """Predictions by readout, each (n, n_values), and the log-likelihood, (n, n_subjects)."""

    f: tuple[FloatArray, ...]
    log_likelihood: FloatArray


class SubjectLikelihood:
    """Log-likelihood of each subject at its own parameters.

    Parameters
    ----------
    data : Observations
    individuals : Individuals
    errors : mapping of str to ErrorModel
    theta : Theta
    options : SolverOptions
    threads : int
    """

    def __init__(
        self,
        data: Observations,
        individuals: Individuals,
        errors: Mapping[str, ErrorModel],
        theta: Theta,
        options: SolverOptions,
        threads: int,
    ) -> None:
        self.individuals = individuals
        self.data = data
        self._theta, self._options, self._threads = theta, options, threads
        by: dict[str, dict[str, list[Measurement]]] = {}
        for m in data.measurements:
            by.setdefault(m.readout, {}).setdefault(m.subject, []).append(m)
        times = {
            s: np.unique([m.time_h for m in data.measurements if m.subject == s])
            for s in individuals.subjects
        }
        readouts_of = {
            s: tuple(r for r, subjects in by.items() if s in subjects) for s in individuals.subjects
        }
        self.runs = self._runs_of(times, readouts_of)
        #: Number of runs since it was made.
        self.count = 0
        self.series = tuple(
            _series(readout, subjects, individuals.subjects, times, errors[readout])
            for readout, subjects in by.items()
        )

    def _runs_of(
        self, times: Mapping[str, FloatArray], readouts: Mapping[str, tuple[str, ...]]
    ) -> Runs:
        wanted = []
        for s in self.individuals.subjects:
            scenario = self.data.subjects[s]
            if SENSITIVITY in self.individuals.random_names:
                # A person has a sensitivity, no spread of it.
                own = {SPREAD_OF_SENSITIVITY: 0.0, **scenario.parameters}
                scenario = replace(scenario, parameters=own)
            wanted.append(Wanted(scenario, times[s], readouts[s]))
        return Runs(wanted, self._theta, self._options, self._threads)

    def evaluate(self, phi: FloatArray, held: FloatArray, errors: Errors) -> Evaluation:
        """Return predictions and log-likelihoods.

        Parameters
        ----------
        phi : ndarray, shape (n, n_subjects, q)
            Random parameters on their scales.
        held : ndarray, shape (n_subjects, n_fixed) or (n, n_subjects, n_fixed)
            The other parameters on their scales.
        errors : tuple of (float, float)

        Returns
        -------
        Evaluation
            The log-likelihood is -inf where a parameter is impossible or a run fails.
        """
        f = self.predicted(phi, held)
        return Evaluation(f, self.log_likelihood(f, errors))

    def predicted(self, phi: FloatArray, held: FloatArray) -> tuple[FloatArray, ...]:
        """Return predictions of each readout, (n, n_values); NaN where a run fails."""
        n, subjects = phi.shape[:2]
        most = max(1, MOST_RUNS // subjects)
        parts = []
        for first in range(0, n, most):
            part = slice(first, first + most)
            own = held[part] if held.ndim == 3 else held
            values = self.individuals.values(phi[part], own)
            size = phi[part].shape[0]
            runs = self.runs.lanes(values, size)
            parts.append(
                [
                    np.concatenate(
                        [value_of(runs[i][s.readout])[:, s.at[j]] for j, i in enumerate(s.present)],
                        axis=1,
                    )
                    for s in self.series
                ]
            )
        self.count += n * subjects
        return tuple(np.concatenate(one) for one in zip(*parts, strict=True))

    def log_likelihood(self, f: Sequence[FloatArray], errors: Errors) -> FloatArray:
        """Return the log-likelihood at predictions, shape (n, n_subjects)."""
        total = np.zeros((f[0].shape[0], len(self.individuals.subjects)))
        for s, one, parts in zip(self.series, f, errors, strict=True):
            total[:, s.present] += np.add.reduceat(s.log_densities(one, parts), s.starts, axis=1)
        return np.where(np.isfinite(total), total, -np.inf)

    def curves(self, phi: FloatArray, held: FloatArray, times: FloatArray) -> dict[str, FloatArray]:
        """Return readouts over time at parameters of shape (n, n_subjects, q).

        Returns
        -------
        dict of str to ndarray, shape (n, n_subjects, n_times)
        """
        subjects = self.individuals.subjects
        names = tuple(s.readout for s in self.series)
        runs = self._runs_of(dict.fromkeys(subjects, times), dict.fromkeys(subjects, names))
        found = runs.lanes(self.individuals.values(phi, held), phi.shape[0])
        self.count += phi.shape[0] * len(subjects)
        return {name: np.stack([value_of(run[name]) for run in found], axis=1) for name in names}


def _series(
    readout: str,
    by_subject: Mapping[str, Sequence[Measurement]],
    subjects: tuple[str, ...],
    times: Mapping[str, FloatArray],
    model: ErrorModel,
) -> Series:
    present = [i for i, s in enumerate(subjects) if s in by_subject]
    groups = [sorted(by_subject[subjects[i]], key=lambda m: m.time_h) for i in present]
    rows = tuple(m for group in groups for m in group)
    sizes = [len(group) for group in groups]
    largest = max(abs(m.value) for m in rows)
    at = tuple(
        np.searchsorted(times[subjects[i]], [m.time_h for m in group])
        for i, group in zip(present, groups, strict=True)
    )
    return Series(
        readout,
        model,
        rows,
        np.repeat(present, sizes).astype(np.intp),
        at,
        np.array(present, dtype=np.intp),
        np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.intp),
        Residuals.of(model, rows, largest),
    )
