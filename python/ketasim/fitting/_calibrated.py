"""The joint posterior of the calibrated parameters that ketasim carries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np

from ketasim._arrays import FloatArray
from ketasim._wording.frozen import comparable
from ketasim._wording.lists import listed_names
from ketasim._wording.names import check_name
from ketasim._wording.numbers import check_whole
from ketasim.catalogue._model_tables import parameters
from ketasim.catalogue._ranges import possible_range
from ketasim.files._read_csv import read_csv
from ketasim.fitting._prior import Prior
from ketasim.fitting._sampling import Draws
from ketasim.observation._clinical import trial_parameters


@comparable
@dataclass(frozen=True, eq=False)
class Calibrated:
    """The joint posterior of the calibrated parameters: a normal distribution of their coordinates.

    Parameters
    ----------
    names, units : tuple of str
    values : ndarray, shape (dim,)
        The model's own values, in the units of the parameters.
    priors : tuple of Prior
    covariance : ndarray, shape (dim, dim)
        Of the coordinates, see `Prior`.
    calibrations : tuple of str
        The calibration of each: 'clinical', 'side_effects' or 'plasma'.

    Examples
    --------
    >>> import ketasim as ks
    >>> posterior = ks.fitting.calibrated()
    >>> "symptoms.K_R" in posterior.names
    True
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    values: FloatArray
    priors: tuple[Prior, ...]
    covariance: FloatArray
    calibrations: tuple[str, ...]

    def draws(self, n: int, seed: int = 0, names: Sequence[str] | None = None) -> Draws:
        """Draw parameters.

        Parameters
        ----------
        n : int
            Number of draws.
        seed : int
        names : sequence of str, optional
            Parameters to draw; the others are left out, as if they were unknown. Default: all.

        Returns
        -------
        Draws
            One chain of independent draws.

        Raises
        ------
        UnknownNameError
        """
        check_whole("n", n, 1)
        check_whole("seed", seed, 0)
        names = None if names is None else listed_names("names", names, self.names[0])
        for name in names or ():
            check_name(name, self.names, "calibrated parameter")
        at = [k for k, name in enumerate(self.names) if names is None or name in names]
        centre = np.array([float(self.priors[k].coordinate(self.values[k])) for k in at])
        root = np.linalg.cholesky(self.covariance[np.ix_(at, at)])
        rng = np.random.default_rng(seed)
        z = centre + rng.standard_normal((n, len(at))) @ root.T
        values = np.stack(
            [self._possible(k, self.priors[k].value(z[:, i])) for i, k in enumerate(at)], axis=-1
        )
        unknown = np.full(len(at), np.nan)
        log_prob = -0.5 * np.sum(np.linalg.solve(root, (z - centre).T) ** 2, axis=0)
        return Draws(
            tuple(self.names[k] for k in at),
            tuple(self.units[k] for k in at),
            values[np.newaxis],
            log_prob[np.newaxis],
            unknown,
            unknown,
            "laplace",
        )

    def _possible(self, k: int, x: FloatArray) -> FloatArray:
        """Return values within the limits: a normal approximation has tails beyond them."""
        if self.names[k].startswith("observation."):
            return x
        return np.clip(x, *possible_range(parameters()[self.names[k]]))

    def __repr__(self) -> str:
        parts = ", ".join(dict.fromkeys(self.calibrations))
        return f"<Calibrated: {len(self.names)} parameters ({parts})>"


def calibrated() -> Calibrated:
    """Return the joint posterior of the calibrated parameters of the model.

    Returns
    -------
    Calibrated

    Notes
    -----
    A normal approximation at the recorded values, from `calibration/joint_posterior.py`: clinical
    rows, side effects and the first pass of ketamine through the liver. Parameters that were measured, or
    chosen by hand, are not in it.

    Examples
    --------
    >>> import ketasim as ks
    >>> bands = ks.predict(
    ...     ks.fitting.calibrated().draws(20), "ketamine 0.5 mg/kg iv over 40 min",
    ...     ["madrs_change"], t_eval=[0, 24], n=20,
    ... )
    >>> bands.parameters["madrs_change"].shape
    (20, 2)
    """
    return _read()


@cache
def _read() -> Calibrated:
    with as_file(files("ketasim.fitting").joinpath("data", "calibrated.csv")) as path:
        rows = read_csv(Path(path), ("name", "value", "low", "high", "scale", "calibration"))
    n = len(rows)
    tables: Mapping[str, str] = {
        **{str(r["name"]): str(r["unit"]) for r in parameters()},
        **{str(r["name"]): str(r["unit"]) for r in trial_parameters()},
    }
    names = tuple(r.cells["name"] for r in rows)
    return Calibrated(
        names,
        tuple(tables[name] for name in names),
        np.array([float(r.cells["value"]) for r in rows]),
        tuple(
            Prior(float(r.cells["low"]), float(r.cells["high"]), r.cells["scale"])  # type: ignore[arg-type]
            for r in rows
        ),
        np.array([[float(r.cells[f"covariance_{k}"]) for k in range(n)] for r in rows]),
        tuple(r.cells["calibration"] for r in rows),
    )
