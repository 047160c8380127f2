"""Draws from the posterior of a population, with the parameters of all subjects.

Every cycle draws, in several chains at once:
    phi_i          Metropolis-Hastings steps, all subjects of all chains in one ensemble call
    fixed effects  from their normal distribution given phi and Omega
    Omega          from its inverse Wishart distribution given phi (half-t standard deviations and, in a
                   group of two or more, uniform correlations: Huang and Wand 2013, with 2 degrees of freedom)
    errors, parameters without random effects       Metropolis random walks
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ketasim._arrays import FloatArray
from ketasim.fitting._conditional import Modes, Point, Proposals
from ketasim.fitting._population_information import Coordinates
from ketasim.fitting._population_likelihood import Series, SubjectLikelihood
from ketasim.fitting._prior import Prior

#: Degrees of freedom of the half-t prior of a standard deviation.
DEGREES = 2.0
#: Random walks of phi, of residual errors (which cost no run) and of other parameters in a cycle.
WALKS, ERROR_WALKS = 2, 5
#: Acceptance that scales are adapted to before draws are kept, and how fast.
WANTED, SPEED = 0.35, 0.2


class Priors(NamedTuple):
    """Priors of a population.

    Parameters
    ----------
    mean, sd : ndarray, shape (n_coefficients,)
        Normal distributions of the fixed effects on their scales, in the order of the coordinates.
    omega : ndarray, shape (q,)
        Scales of the half-t distributions of the standard deviations of random effects.
    errors : tuple of tuple of (str, Prior)
        Of the estimated parts of the error of each readout.
    """

    mean: FloatArray
    sd: FloatArray
    omega: FloatArray
    errors: tuple[tuple[tuple[str, Prior], ...], ...]


class _State:
    """All chains: arrays whose first axis is the chain."""

    def __init__(self, likelihood: SubjectLikelihood, point: Point, modes: Modes, n: int) -> None:
        self.phi = np.tile(modes.phi, (n, 1, 1))
        self.coefficients = np.tile(point.coefficients, (n, 1))
        self.held = np.tile(point.held, (n, 1))
        self.omega = np.tile(point.omega, (n, 1, 1))
        #: (n, n_readouts, 2): additive and proportional parts.
        self.errors = np.tile(np.array(point.errors), (n, 1, 1))
        self.help = np.ones((n, len(point.omega)))
        self.f = likelihood.predicted(self.phi, self.held_of(likelihood))
        self.log_likelihood = by_subject(likelihood, self.f, self.errors)

    def held_of(self, likelihood: SubjectLikelihood) -> FloatArray:
        return likelihood.individuals.held(self.held).reshape(
            len(self.held), len(likelihood.individuals.subjects), -1
        )


def by_subject(
    likelihood: SubjectLikelihood, f: tuple[FloatArray, ...], errors: FloatArray
) -> FloatArray:
    """Return the log-likelihood of each subject in each chain, whose errors differ."""
    total = np.zeros((f[0].shape[0], len(likelihood.individuals.subjects)))
    for k, (s, one) in enumerate(zip(likelihood.series, f, strict=True)):
        logs = _densities(s, one, errors[:, k])
        total[:, s.present] += np.add.reduceat(logs, s.starts, axis=1)
    return np.where(np.isfinite(total), total, -np.inf)


def _densities(s: Series, f: FloatArray, parts: FloatArray) -> FloatArray:
    with np.errstate(all="ignore"):
        found = s.residuals.log_densities(f, parts[:, :1], parts[:, 1:])
    return np.asarray(found)


def _log_normal(deviations: FloatArray, omega: FloatArray) -> FloatArray:
    """Return log densities (n, n_subjects) of deviations (n, n_subjects, q), a covariance each chain."""
    root = np.linalg.cholesky(omega)
    white = np.linalg.solve(root[:, None], deviations[..., None])[..., 0]
    log_det = np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)
    q = deviations.shape[-1]
    constant = log_det[:, None] + 0.5 * q * math.log(2.0 * math.pi)
    return np.asarray(-0.5 * np.sum(white * white, axis=-1) - constant)


class Hierarchy:
    """Chains of draws of a population.

    Parameters
    ----------
    likelihood : SubjectLikelihood
    coordinates : Coordinates
    priors : Priors
    point, modes : Point, Modes
        Where all chains start, and around which parameters of subjects are proposed.
    chains : int
    rng : numpy.random.Generator
    """

    def __init__(
        self,
        likelihood: SubjectLikelihood,
        coordinates: Coordinates,
        priors: Priors,
        point: Point,
        modes: Modes,
        chains: int,
        rng: np.random.Generator,
    ) -> None:
        self._likelihood, self._coordinates, self._priors = likelihood, coordinates, priors
        self._individuals = likelihood.individuals
        self._rng, self._point = rng, point
        self._proposals = Proposals(modes.phi, modes.covariance)
        self._state = _State(likelihood, point, modes, chains)
        subjects = len(self._individuals.subjects)
        self._scale = np.full(subjects, 1.5 / math.sqrt(self._proposals.q))
        self._error_scale = np.full((len(likelihood.series), 2), 0.1)
        self._held_scale = np.full(point.held.size, 0.1)
        self._groups = _groups(self._individuals.blocks)

    def run(
        self, tune: int, draws: int, tick: Callable[[int], None] | None
    ) -> tuple[FloatArray, FloatArray]:
        """Return draws by coordinates (chains, draws, dim), and log densities (chains, draws)."""
        n = len(self._state.phi)
        found = np.empty((n, draws, len(self._coordinates.rows)))
        logs = np.empty((n, draws))
        for k in range(tune + draws):
            self._cycle(adapting=k < tune)
            if k >= tune:
                found[:, k - tune], logs[:, k - tune] = self._vectors()
            if tick is not None:
                tick(k + 1)
        return found, logs

    def _cycle(self, *, adapting: bool) -> None:
        s = self._state
        proposed = self._proposals.draw(len(s.phi), self._rng)
        back = self._proposals.log_density(s.phi) - self._proposals.log_density(proposed)
        self._move_phi(proposed, back)
        for _ in range(WALKS):
            took = self._move_phi(self._proposals.walk(s.phi, self._scale, self._rng), 0.0)
            if adapting:
                self._scale = self._scale * np.exp(SPEED * (took.mean(axis=0) - WANTED))
        self._draw_coefficients()
        self._draw_omega()
        for k, (series, priors) in enumerate(
            zip(self._likelihood.series, self._priors.errors, strict=True)
        ):
            for name, prior in priors:
                for _ in range(ERROR_WALKS):
                    self._move_error(k, series, name, prior, adapting=adapting)
        for p in range(self._held_scale.size):
            self._move_held(p, adapting=adapting)

    def _move_phi(self, proposed: FloatArray, back: FloatArray | float) -> NDArray[np.bool_]:
        s = self._state
        f = self._likelihood.predicted(proposed, s.held_of(self._likelihood))
        log_likelihood = by_subject(self._likelihood, f, s.errors)
        centre = self._individuals.centre(s.coefficients)
        with np.errstate(invalid="ignore"):
            ratio = (
                log_likelihood
                - s.log_likelihood
                + _log_normal(proposed - centre, s.omega)
                - _log_normal(s.phi - centre, s.omega)
                + back
            )
        took = np.asarray(np.log(self._rng.random(ratio.shape)) < ratio)
        s.phi = np.where(took[..., None], proposed, s.phi)
        s.log_likelihood = np.where(took, log_likelihood, s.log_likelihood)
        s.f = tuple(
            np.where(took[:, one.subject], new, old)
            for one, new, old in zip(self._likelihood.series, f, s.f, strict=True)
        )
        return took

    def _draw_coefficients(self) -> None:
        s = self._state
        design = self._individuals.design
        size = design.shape[2]
        if not size:
            return
        precision = np.linalg.inv(s.omega)
        weight = 1.0 / self._priors.sd[:size] ** 2
        matrix = np.einsum("nqp,cqr,nrs->cps", design, precision, design) + np.diag(weight)
        off = s.phi - self._individuals.offset[:, self._individuals.random]
        right = np.einsum("nqp,cqr,cnr->cp", design, precision, off)
        right = right + weight * self._priors.mean[:size]
        covariance = np.linalg.inv(matrix)
        root = np.linalg.cholesky(covariance)
        z = self._rng.standard_normal(right.shape)
        s.coefficients = np.einsum("cij,cj->ci", covariance, right) + np.einsum(
            "cij,cj->ci", root, z
        )

    def _draw_omega(self) -> None:
        s = self._state
        off = s.phi - self._individuals.centre(s.coefficients)
        n = off.shape[1]
        omega = np.zeros_like(s.omega)
        for group in self._groups:
            p = group.size
            part = off[:, :, group]
            squares = np.einsum("cni,cnj->cij", part, part)
            squares[:, range(p), range(p)] += 2.0 * DEGREES / s.help[:, group]
            drawn = self._inverse_wishart(DEGREES + p - 1.0 + n, squares)
            omega[np.ix_(np.arange(len(omega)), group, group)] = drawn
            precision = np.diagonal(np.linalg.inv(drawn), axis1=1, axis2=2)
            rate = DEGREES * precision + 1.0 / self._priors.omega[group] ** 2
            shape = 0.5 * (DEGREES + p)
            s.help[:, group] = rate / self._rng.standard_gamma(shape, rate.shape)
        s.omega = omega

    def _inverse_wishart(self, degrees: float, scale: FloatArray) -> FloatArray:
        """Draw one matrix for each scale matrix, by Bartlett's decomposition."""
        n, p = scale.shape[:2]
        lower = np.zeros((n, p, p))
        rows, columns = np.tril_indices(p, -1)
        lower[:, rows, columns] = self._rng.standard_normal((n, rows.size))
        for i in range(p):
            lower[:, i, i] = np.sqrt(self._rng.chisquare(degrees - i, n))
        half = np.linalg.cholesky(np.linalg.inv(scale)) @ lower
        return np.asarray(np.linalg.inv(half @ np.swapaxes(half, 1, 2)))

    def _move_error(
        self, k: int, series: Series, name: str, prior: Prior, *, adapting: bool
    ) -> None:
        s = self._state
        column = 0 if name == "additive" else 1
        old = s.errors[:, k]
        step = self._error_scale[k, column] * self._rng.standard_normal(len(old))
        new = old.copy()
        new[:, column] *= np.exp(step)
        before, after = (_densities(series, s.f[k], parts) for parts in (old, new))
        ratio = (after - before).sum(axis=1) + (
            prior.log_density(prior.coordinate(new[:, column]))
            - prior.log_density(prior.coordinate(old[:, column]))
        )
        took = np.log(self._rng.random(len(old))) < ratio
        s.errors[took, k] = new[took]
        changed = np.where(took[:, None], after - before, 0.0)
        s.log_likelihood = s.log_likelihood.copy()
        s.log_likelihood[:, series.present] += np.add.reduceat(changed, series.starts, axis=1)
        if adapting:
            self._error_scale[k, column] *= math.exp(SPEED * (float(took.mean()) - WANTED))

    def _move_held(self, p: int, *, adapting: bool) -> None:
        s = self._state
        old = s.held
        s.held = old.copy()
        s.held[:, p] += self._held_scale[p] * self._rng.standard_normal(len(old))
        f = self._likelihood.predicted(s.phi, s.held_of(self._likelihood))
        log_likelihood = by_subject(self._likelihood, f, s.errors)
        at = self._individuals.design.shape[2] + p
        mean, sd = self._priors.mean[at], self._priors.sd[at]
        prior = 0.5 * ((old[:, p] - mean) ** 2 - (s.held[:, p] - mean) ** 2) / sd**2
        ratio = (log_likelihood - s.log_likelihood).sum(axis=1) + prior
        took = np.log(self._rng.random(len(old))) < ratio
        s.held = np.where(took[:, None], s.held, old)
        s.log_likelihood = np.where(took[:, None], log_likelihood, s.log_likelihood)
        s.f = tuple(
            np.where(took[:, None], new, before) for new, before in zip(f, s.f, strict=True)
        )
        if adapting:
            self._held_scale[p] *= math.exp(SPEED * (float(took.mean()) - WANTED))

    def _vectors(self) -> tuple[FloatArray, FloatArray]:
        s = self._state
        rows = [
            self._coordinates.vector(
                Point(
                    s.coefficients[c],
                    s.held[c],
                    s.omega[c],
                    tuple((float(a), float(b)) for a, b in s.errors[c]),
                )
            )
            for c in range(len(s.phi))
        ]
        off = s.phi - self._individuals.centre(s.coefficients)
        logs = (s.log_likelihood + _log_normal(off, s.omega)).sum(axis=1)
        return np.array(rows), logs


def _groups(blocks: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    """Return the groups of correlated random effects."""
    found: list[NDArray[np.intp]] = []
    for k in range(len(blocks)):
        group = np.flatnonzero(blocks[k])
        if group[0] == k:
            found.append(group)
    return found
