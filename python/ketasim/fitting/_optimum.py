"""The maximum of a posterior: several starts, and the curvature there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ketasim._arrays import FloatArray
from ketasim._runtime.optional import require
from ketasim._wording.frozen import comparable
from ketasim._wording.numbers import check_whole
from ketasim.errors import ScenarioError
from ketasim.files._save import Savable
from ketasim.files._sheet import Sheet
from ketasim.fitting._density import Density
from ketasim.fitting._parameter_sheet import parameter_sheet
from ketasim.observation._intervals import Z95

#: Prior draws that are looked at for each start.
SCREENED = 30
#: Starts with a maximum this close to the best one agree with it.
AGREEMENT = 0.1
#: Step of the coordinates for the second derivatives.
STEP = 1e-3
#: Gradient by the coordinates at which a start has arrived: 1e-3 SD of the prior from the maximum.
TOLERANCE = 1e-3
#: Objective of a parameter set that is not possible.
IMPOSSIBLE = 1e10


@comparable
@dataclass(frozen=True, eq=False)
class Optimum(Savable):
    """The maximum of a posterior.

    Parameters
    ----------
    names, units : tuple of str
        Free parameters and their units.
    z : ndarray, shape (dim,)
        Coordinates, see `Prior`.
    values : ndarray, shape (dim,)
        In the units of the parameters.
    covariance : ndarray, shape (dim, dim)
        Of the coordinates: inverse of the second derivatives (Laplace).
    low, high : ndarray, shape (dim,)
        95 % intervals of that normal approximation, in the units of the parameters.
    log_posterior, log_likelihood : float
    maxima : ndarray, shape (n_starts,)
        Log posterior at the end of each start, best first.
    converged : bool
        Whether the gradient is 0 there and the second derivatives are negative.
    message : str
        What was found, in words.

    Examples
    --------
    >>> import ketasim as ks
    >>> data = ks.Observations(
    ...     {"1": ks.Scenario("ketamine 35 mg iv over 40 min")},
    ...     (ks.fitting.Measurement("1", "ketamine_venous", 2.0, 58.0, 5.0),),
    ... )
    >>> best = ks.Posterior(data, ["pharmacokinetics.V1"]).maximum(starts=1)
    >>> best.converged
    True
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    z: FloatArray
    values: FloatArray
    covariance: FloatArray
    low: FloatArray
    high: FloatArray
    log_posterior: float
    log_likelihood: float
    maxima: FloatArray
    converged: bool
    message: str

    @property
    def theta(self) -> dict[str, float]:
        """Values by name."""
        return dict(zip(self.names, self.values.tolist(), strict=True))

    def sheet(self, names: Iterable[str] | None = None) -> Sheet:
        """Return one row for each parameter, as `save` writes it.

        Parameters
        ----------
        names : iterable of str, optional
            Columns to keep, in this order; default: all.

        Returns
        -------
        Sheet

        Raises
        ------
        UnknownNameError
            For a column that there is not.
        """
        return parameter_sheet(
            {
                "parameter": self.names,
                "unit": self.units,
                "value": self.values.tolist(),
                "low": self.low.tolist(),
                "high": self.high.tolist(),
                "coordinate": self.z.tolist(),
                "standard_error": np.sqrt(np.diag(self.covariance)).tolist(),
            },
            names,
        )

    def __repr__(self) -> str:
        width = max(map(len, self.names))
        lines = [
            f"{name:{width}}  {value:10.4g}  ({low:.4g} to {high:.4g}) {unit}"
            for name, value, low, high, unit in zip(
                self.names, self.values, self.low, self.high, self.units, strict=True
            )
        ]
        return "\n".join(
            [
                f"<Optimum: {self.message}",
                *lines,
                "value and 95 % interval of the normal approximation>",
            ]
        )


def maximum(
    density: Density,
    starts: int,
    seed: int,
    start: Mapping[str, float] | None,
    optimizer: Any,
) -> Optimum:
    """Find the maximum; parameters as in `Posterior.maximum`."""
    check_whole("starts", starts, 1, 10_000)
    check_whole("seed", seed, 0)
    first = density.start if start is None else density.coordinates(start)
    begin = _starts(density, starts, seed, first)
    search = _scipy if optimizer is None else _with_pypesto(optimizer)
    found: list[tuple[FloatArray, float]] = [search(density, z) for z in begin]
    found.sort(key=lambda one: -one[1])
    z, log_posterior = found[0]
    if not np.isfinite(log_posterior):
        raise ScenarioError(
            "no start has a finite posterior: the data are impossible at all of them; give start=..."
        )
    return optimum_at(density, z, np.array([value for _, value in found]))


def optimum_at(density: Density, z: FloatArray, maxima: FloatArray) -> Optimum:
    """Describe a maximum by its second derivatives."""
    log_posterior, gradient = density.value_and_grad(z)
    covariance, definite = covariance_of(-hessian(density, z))
    sd = np.sqrt(np.diag(covariance))
    # How far the maximum of the quadratic approximation is, in standard errors.
    distance = float(np.sqrt(np.maximum(gradient @ covariance @ gradient, 0.0)))
    agree = int((maxima > maxima[0] - AGREEMENT).sum())
    converged = definite and distance < 0.1
    message = (
        f"log posterior {log_posterior:.6g}; {agree} of {maxima.size} starts end there"
        + ("" if definite else "; not a maximum: the posterior rises in some direction")
        + ("" if distance < 0.1 else f"; not at the maximum: {distance:.2g} standard errors away")
    )
    return Optimum(
        density.names,
        density.parameter_units,
        z,
        density.values(z),
        covariance,
        density.values(z - Z95 * sd),
        density.values(z + Z95 * sd),
        log_posterior,
        float(density.log_likelihood(z).sum()),
        maxima,
        converged,
        message,
    )


def hessian(density: Density, z: FloatArray) -> FloatArray:
    """Return second derivatives of the log posterior: differences of exact gradients."""
    columns = []
    for k in range(z.size):
        step = STEP * np.eye(z.size)[k]
        up, down = density.value_and_grad(z + step)[1], density.value_and_grad(z - step)[1]
        columns.append((up - down) / (2.0 * STEP))
    h = np.array(columns)
    return 0.5 * (h + h.T)


def covariance_of(precision: FloatArray) -> tuple[FloatArray, bool]:
    """Return the inverse, and whether the matrix is positive definite.

    Directions without curvature get that of the prior, 1: a free parameter always has a prior.
    """
    clean = np.where(np.isfinite(precision), precision, 0.0)
    values, vectors = np.linalg.eigh(clean)
    definite = bool((values > 0.0).all()) and bool(np.isfinite(precision).all())
    values = np.where(values > 1e-6, values, 1.0)
    return (vectors / values) @ vectors.T, definite


def _starts(density: Density, n: int, seed: int, first: FloatArray) -> list[FloatArray]:
    """Return the first start, and the best of prior draws; the starts differ."""
    if n == 1:
        return [first]
    rng = np.random.default_rng(seed)
    drawn = rng.standard_normal((SCREENED * (n - 1), density.dim))
    flat = np.array([prior.flat for prior in density.priors.values()])
    drawn[:, flat] = rng.uniform(-Z95, Z95, (drawn.shape[0], int(flat.sum())))
    by_group = density.log_prob(drawn).reshape(n - 1, SCREENED)
    best = by_group.argmax(axis=1) + SCREENED * np.arange(n - 1)
    return [first, *drawn[best]]


def _scipy(density: Density, z: FloatArray) -> tuple[FloatArray, float]:
    """Search with BFGS of SciPy."""
    optimize: Any = require("scipy.optimize", "fit")

    def objective(at: FloatArray) -> tuple[float, FloatArray]:
        value, gradient = density.value_and_grad(at)
        if not np.isfinite(value):
            return IMPOSSIBLE, np.zeros_like(at)
        return -value, -gradient

    found = optimize.minimize(
        objective, z, jac=True, method="BFGS", options={"gtol": TOLERANCE, "maxiter": 200}
    )
    value = -float(found.fun)
    return np.asarray(found.x), value if value > -IMPOSSIBLE else -np.inf


def _with_pypesto(optimizer: Any) -> Any:
    """Return a search with an optimiser of pyPESTO."""
    from ketasim.fitting._bridges import pypesto_problem

    def search(density: Density, z: FloatArray) -> tuple[FloatArray, float]:
        found = optimizer.minimize(problem=pypesto_problem(density), x0=z, id="0")
        return np.asarray(found.x), -float(found.fval)

    return search
