"""Likelihood, information and standard errors of a population from an importance sample.

The draws are kept while the parameters x of the population move, so that
    log L(x)  =  sum_i log mean of  exp(l_i(phi; x)) N(phi; centre_i(x), Omega(x)) / q_i(phi)
is smooth in x. Minus its matrix of second derivatives is the observed information, the same as by the
formula of Louis (1982) over these draws. Predictions move with parameters without random effects by
their first derivatives.

The restricted likelihood integrates over the fixed effects b of random parameters. With the information
J_i that the data of subject i have about phi, and the design C_i (Laplace's approximation):
    log L_R(x)  =  log L(x) - 1/2 log det sum_i C_i' (Omega(x) + J_i^-1)^-1 C_i
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ketasim._arrays import FloatArray
from ketasim.fitting._conditional import Point, Sampled, log_mean, log_normal, shares
from ketasim.fitting._population_likelihood import SubjectLikelihood
from ketasim.fitting._population_parameters import inverse

#: First steps of differences, and later ones [standard errors of the parameter alone].
FIRST_STEP, STEP_IN_SE = 1e-3, 0.1


class Coordinate(NamedTuple):
    """One parameter of the population: name, unit, scale, and step of differences."""

    name: str
    unit: str
    scale: str
    step: float


class Coordinates:
    """All estimated parameters of a population in one vector, on scales without limits."""

    def __init__(self, likelihood: SubjectLikelihood) -> None:
        self._individuals = individuals = likelihood.individuals
        self._series = likelihood.series
        rows = [Coordinate(n, u, s, FIRST_STEP) for n, u, s, _ in individuals.coefficients]
        self.n_random = individuals.design.shape[2]
        self.n_held = individuals.design_fixed.shape[2]
        for design, first in ((individuals.design, 0), (individuals.design_fixed, self.n_random)):
            for p in range(design.shape[2]):
                size = max(float(np.abs(design[:, :, p]).max()), 1e-12)
                rows[first + p] = rows[first + p]._replace(step=FIRST_STEP / size)
        names = individuals.random_names
        rows += [
            Coordinate(f"omega.{name}", self._unit_of(name), "log", FIRST_STEP) for name in names
        ]
        rows += [
            Coordinate(f"corr.{names[a]}.{names[b]}", "1", "atanh", FIRST_STEP)
            for a, b in individuals.pairs
        ]
        for s in self._series:
            for part in s.model.estimated:
                unit = "1" if part == "proportional" else _unit(s.readout)
                rows.append(Coordinate(f"error.{s.readout}.{part}", unit, "log", FIRST_STEP))
        self.rows = tuple(rows)

    @property
    def scales_of_random(self) -> tuple[str, ...]:
        return tuple(self._individuals.typical[k].scale for k in self._individuals.random)

    def _unit_of(self, name: str) -> str:
        t = self._individuals.typical[self._individuals.names.index(name)]
        return t.unit if t.scale == "linear" else "1"

    def vector(self, point: Point) -> FloatArray:
        """Return the coordinates of a point."""
        sd = np.sqrt(np.diag(point.omega))
        correlation = point.omega / np.outer(sd, sd)
        parts = [
            np.log(value)
            for s, own in zip(self._series, point.errors, strict=True)
            for name, value in zip(("additive", "proportional"), own, strict=True)
            if name in s.model.estimated
        ]
        return np.array([
            *point.coefficients,
            *point.held,
            *np.log(sd),
            *(np.arctanh(np.clip(correlation[a, b], -0.9999, 0.9999)) for a, b in self._individuals.pairs),
            *parts,
        ])  # fmt: skip

    def point(self, x: FloatArray, like: Point) -> Point:
        """Return the point at coordinates; errors that are not estimated are those of another point."""
        q = self._individuals.random.size
        first = self.n_random + self.n_held
        sd = np.exp(x[first : first + q])
        correlation = np.eye(q)
        at = first + q
        for a, b in self._individuals.pairs:
            correlation[a, b] = correlation[b, a] = np.tanh(x[at])
            at += 1
        errors = []
        for s, own in zip(self._series, like.errors, strict=True):
            parts = dict(zip(("additive", "proportional"), own, strict=True))
            for name in s.model.estimated:
                parts[name] = float(np.exp(x[at]))
                at += 1
            errors.append((parts["additive"], parts["proportional"]))
        return Point(
            x[: self.n_random],
            x[self.n_random : first],
            correlation * np.outer(sd, sd),
            tuple(errors),
        )

    def values(self, x: FloatArray) -> FloatArray:
        """Return parameters in their units at coordinates of shape (..., dim)."""
        found = [
            np.tanh(x[..., k]) if row.scale == "atanh" else inverse(row.scale, x[..., k])
            for k, row in enumerate(self.rows)
        ]
        return np.stack(found, axis=-1)

    def of_errors(self, k: int) -> bool:
        """Return whether a coordinate moves predictions or residual errors, not the distribution of phi."""
        first = self.n_random + self.n_held
        q = self._individuals.random.size
        return bool(self.n_random <= k < first or k >= first + q + len(self._individuals.pairs))


class Information(NamedTuple):
    """What the importance sample says.

    Parameters
    ----------
    log_likelihood : float
    error : float
        Its Monte-Carlo standard error.
    effective : ndarray, shape (n_subjects,)
        Effective number of draws.
    mean, sd : ndarray, shape (n_subjects, q)
        Conditional moments of phi.
    gradient : ndarray, shape (dim,)
    matrix : ndarray, shape (dim, dim)
        Observed information.
    """

    log_likelihood: float
    error: float
    effective: FloatArray
    mean: FloatArray
    sd: FloatArray
    gradient: FloatArray
    matrix: FloatArray


class _Surface:
    """The log-likelihood over fixed draws, as a function of the coordinates."""

    def __init__(
        self,
        likelihood: SubjectLikelihood,
        coordinates: Coordinates,
        point: Point,
        drawn: Sampled,
        of_data: FloatArray | None,
    ) -> None:
        self._likelihood, self._coordinates = likelihood, coordinates
        self._point, self._drawn = point, drawn
        self._of_data = of_data
        self.x = coordinates.vector(point)
        self._slopes = self._held_slopes()
        self._kept: dict[tuple[bool, tuple[tuple[int, float], ...]], FloatArray] = {}

    def _held_slopes(self) -> list[tuple[FloatArray, ...]]:
        """Return derivatives of the predictions by each fixed effect without random effects."""
        individuals = self._likelihood.individuals
        held = individuals.held(self._point.held)
        found = []
        for p in range(self._point.held.size):
            step = self._coordinates.rows[self._coordinates.n_random + p].step * 20.0
            shift = individuals.design_fixed[:, :, p] * step
            up = self._likelihood.predicted(self._drawn.phi, held + shift)
            down = self._likelihood.predicted(self._drawn.phi, held - shift)
            found.append(tuple((a - b) / (2.0 * step) for a, b in zip(up, down, strict=True)))
        return found

    def weights(self, moves: tuple[tuple[int, float], ...] = ()) -> FloatArray:
        """Return log weights, (n, n_subjects), at coordinates moved by (index, distance)."""
        return self._part(moves, errors=False) + self._part(moves, errors=True)

    def _part(self, moves: tuple[tuple[int, float], ...], *, errors: bool) -> FloatArray:
        own = tuple(m for m in moves if self._coordinates.of_errors(m[0]) == errors)
        key = (errors, own)
        if key in self._kept:
            return self._kept[key]
        x = self.x.copy()
        for k, by in own:
            x[k] += by
        point = self._coordinates.point(x, self._point)
        if errors:
            first = self._coordinates.n_random
            f = list(self._drawn.f)
            for k, by in own:
                if k < first + self._coordinates.n_held:
                    f = [one + by * d for one, d in zip(f, self._slopes[k - first], strict=True)]
            found = self._likelihood.log_likelihood(f, point.errors) - self._drawn.log_proposal
        else:
            centre = self._likelihood.individuals.centre(point.coefficients)
            try:
                found = log_normal(self._drawn.phi - centre, point.omega)
            except np.linalg.LinAlgError:
                found = np.full(self._drawn.phi.shape[:2], -np.inf)
        if len(own) < 2:
            self._kept[key] = found
        return found

    def value(self, *moves: tuple[int, float]) -> float:
        with np.errstate(invalid="ignore"):
            return float(log_mean(self.weights(tuple(sorted(moves)))).sum()) - self._penalty(moves)

    def _penalty(self, moves: tuple[tuple[int, float], ...]) -> float:
        """Return half the log determinant of the information about the fixed effects."""
        j = self._of_data
        if j is None:
            return 0.0
        x = self.x.copy()
        for k, by in moves:
            x[k] += by
        precision = np.linalg.inv(self._coordinates.point(x, self._point).omega)
        of_value = j - j @ np.linalg.solve(j + precision, j)
        design = self._likelihood.individuals.design
        found = np.einsum("nqp,nqr,nrs->ps", design, of_value, design)
        return 0.5 * float(np.linalg.slogdet(found)[1])


def information(
    likelihood: SubjectLikelihood,
    coordinates: Coordinates,
    point: Point,
    drawn: Sampled,
    of_data: FloatArray | None = None,
) -> Information:
    """Return log-likelihood, its gradient and the observed information from draws.

    With the information of the data about each subject, (n_subjects, q, q), gradient and information are
    those of the restricted likelihood.
    """
    surface = _Surface(likelihood, coordinates, point, drawn, of_data)
    weights = surface.weights()
    share = shares(weights)
    n = share.shape[0]
    mean = np.einsum("cn,cni->ni", share, drawn.phi)
    square = np.einsum("cn,cni->ni", share, (drawn.phi - mean) ** 2)
    variance = (np.sum(share**2, axis=0) - 1.0 / n) * n / (n - 1.0)
    gradient, matrix = _derivatives(surface, [row.step for row in coordinates.rows])
    return Information(
        float(log_mean(weights).sum()),
        float(np.sqrt(np.maximum(variance, 0.0).sum())),
        1.0 / np.sum(share**2, axis=0),
        mean,
        np.sqrt(square),
        gradient,
        matrix,
    )


def _derivatives(surface: _Surface, steps: list[float]) -> tuple[FloatArray, FloatArray]:
    dim = surface.x.size
    here = surface.value()

    def curvature(k: int, h: float) -> tuple[float, float]:
        up, down = surface.value((k, h)), surface.value((k, -h))
        return (up - down) / (2.0 * h), (up - 2.0 * here + down) / (h * h)

    h = np.array(steps)
    for k in range(dim):
        _, second = curvature(k, h[k])
        if second < 0.0:
            h[k] = min(max(STEP_IN_SE / np.sqrt(-second), 0.1 * h[k]), 100.0 * h[k])
    gradient, matrix = np.zeros(dim), np.zeros((dim, dim))
    for k in range(dim):
        gradient[k], second = curvature(k, h[k])
        matrix[k, k] = -second
        for j in range(k):
            mixed = (
                surface.value((j, h[j]), (k, h[k]))
                - surface.value((j, h[j]), (k, -h[k]))
                - surface.value((j, -h[j]), (k, h[k]))
                + surface.value((j, -h[j]), (k, -h[k]))
            )
            matrix[k, j] = matrix[j, k] = -mixed / (4.0 * h[j] * h[k])
    return gradient, matrix


def _unit(readout: str) -> str:
    from ketasim.catalogue._model_tables import readouts

    return str(readouts()[readout]["unit"])
