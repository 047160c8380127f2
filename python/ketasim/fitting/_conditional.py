"""The distribution of each subject's parameters given its data: modes, proposals, importance sampling.

With the log-likelihood l_i of subject i, the conditional density of its parameters phi is
    p(phi | y_i)  ~  exp(l_i(phi)) N(phi; centre_i, Omega)
and its likelihood is the integral over phi, sampled from a t distribution q_i around the mode:
    L_i  =  mean over phi ~ q_i of  exp(l_i(phi)) N(phi; centre_i, Omega) / q_i(phi)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ketasim import _core
from ketasim._arrays import FloatArray
from ketasim.fitting._population_likelihood import Errors, Evaluation, Series, SubjectLikelihood

#: Step of central differences on the scale of a parameter: its error is far below that of a search.
STEP = 0.02
#: Shortened steps of the search, tried together.
SHARES = (1.0, 0.5, 0.2, 0.05)
#: Largest number of steps, and a step that is short enough [conditional standard deviations].
MOST_STEPS, SHORT = 25, 0.02
#: Degrees of freedom of proposals: tails wider than those of the target.
FREEDOM = 5.0


class Point(NamedTuple):
    """Parameters of the population.

    Parameters
    ----------
    coefficients, held : ndarray
        Fixed effects of the parameters with random effects, and of the others.
    omega : ndarray, shape (q, q)
    errors : tuple of (float, float)
    """

    coefficients: FloatArray
    held: FloatArray
    omega: FloatArray
    errors: Errors


class Modes(NamedTuple):
    """Modes of all subjects.

    Parameters
    ----------
    phi : ndarray, shape (n_subjects, q)
    information, covariance : ndarray, shape (n_subjects, q, q)
        Expected information of the data, and inverse of its sum with that of the population.
    evaluation : Evaluation
    """

    phi: FloatArray
    information: FloatArray
    covariance: FloatArray
    evaluation: Evaluation


def log_normal(deviations: FloatArray, covariance: FloatArray) -> FloatArray:
    """Return log densities of N(0, covariance) at deviations of shape (..., q)."""
    root = np.linalg.cholesky(covariance)
    white = np.linalg.solve(root, deviations.reshape(-1, deviations.shape[-1]).T)
    square = np.sum(white * white, axis=0).reshape(deviations.shape[:-1])
    q = deviations.shape[-1]
    constant = np.log(np.diag(root)).sum() + 0.5 * q * np.log(2.0 * np.pi)
    return np.asarray(-0.5 * square - constant)


class Proposals:
    """A t distribution around the mode of each subject.

    Parameters
    ----------
    centre : ndarray, shape (n_subjects, q)
    covariance : ndarray, shape (n_subjects, q, q)
    """

    def __init__(self, centre: FloatArray, covariance: FloatArray) -> None:
        self.centre = centre
        self.root = np.linalg.cholesky(covariance)
        self._inverse = np.linalg.inv(self.root)
        self.q = centre.shape[1]
        self._constant = (
            _core.log_gamma(0.5 * (FREEDOM + self.q))
            - _core.log_gamma(0.5 * FREEDOM)
            - 0.5 * self.q * np.log(FREEDOM * np.pi)
            - np.log(np.diagonal(self.root, axis1=1, axis2=2)).sum(axis=1)
        )

    def draw(self, n: int, rng: np.random.Generator) -> FloatArray:
        """Return n draws for each subject, shape (n, n_subjects, q)."""
        shape = (n, *self.centre.shape)
        scale = np.sqrt(FREEDOM / rng.chisquare(FREEDOM, shape[:2]))
        z = rng.standard_normal(shape) * scale[..., None]
        return np.asarray(self.centre + np.einsum("nij,cnj->cni", self.root, z))

    def log_density(self, phi: FloatArray) -> FloatArray:
        """Return log densities, shape (n, n_subjects)."""
        white = np.einsum("nij,cnj->cni", self._inverse, phi - self.centre)
        square = np.sum(white * white, axis=-1)
        return np.asarray(self._constant - 0.5 * (FREEDOM + self.q) * np.log1p(square / FREEDOM))

    def walk(self, phi: FloatArray, scale: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Return steps from phi with the covariance of each subject times scale^2."""
        z = rng.standard_normal(phi.shape) * scale[:, None]
        return np.asarray(phi + np.einsum("nij,cnj->cni", self.root, z))


def modes(likelihood: SubjectLikelihood, point: Point, start: FloatArray) -> Modes:
    """Search the mode of each subject from a start, shape (n_subjects, q).

    Gauss-Newton steps with shortened alternatives; derivatives are central differences in lanes.
    """
    individuals = likelihood.individuals
    centre = individuals.centre(point.coefficients)
    held = individuals.held(point.held)
    prior = np.linalg.inv(point.omega)
    phi = start.copy()
    n, q = phi.shape
    steps = STEP * np.concatenate([np.zeros((1, q)), np.eye(q), -np.eye(q)])
    parts_of_step = np.array(SHARES)[:, None, None]
    information = np.zeros((n, q, q))
    covariance = np.tile(point.omega, (n, 1, 1))
    for _ in range(MOST_STEPS):
        around = likelihood.evaluate(phi + steps[:, None, :], held, point.errors)
        gradient, information = _derivatives(likelihood, around, point, q)
        gradient -= (phi - centre) @ prior
        covariance = np.linalg.inv(information + prior)
        step = np.einsum("nij,nj->ni", covariance, gradient)
        step = np.where(np.isfinite(step), step, 0.0)
        length = np.sqrt(np.einsum("ni,nij,nj->n", step, information + prior, step))
        if float(length.max()) < SHORT:
            break
        tried = phi + parts_of_step * step
        found = likelihood.evaluate(tried, held, point.errors).log_likelihood
        found = found + log_normal(tried - centre, point.omega)
        now = around.log_likelihood[0] + log_normal(phi - centre, point.omega)
        best = found.argmax(axis=0)
        better = found[best, np.arange(n)] > now
        phi = np.where(better[:, None], tried[best, np.arange(n)], phi)
        if not better.any():
            break
    last = likelihood.evaluate(phi[np.newaxis], held, point.errors)
    return Modes(phi, information, covariance, last)


def _derivatives(
    likelihood: SubjectLikelihood, around: Evaluation, point: Point, q: int
) -> tuple[FloatArray, FloatArray]:
    """Return gradients and expected information of the log-likelihood of each subject."""
    n = around.log_likelihood.shape[1]
    with np.errstate(invalid="ignore"):
        up, down = around.log_likelihood[1 : q + 1], around.log_likelihood[q + 1 :]
        gradient = (up - down).T / (2.0 * STEP)
    information = np.zeros((n, q, q))
    for s, f, parts in zip(likelihood.series, around.f, point.errors, strict=True):
        by_value = information_of_values(s, f[0], f[1 : q + 1], f[q + 1 :], parts, STEP)
        np.add.at(information, s.subject, np.moveaxis(by_value, -1, 0))
    usable = np.isfinite(gradient)
    both = usable[:, :, None] & usable[:, None, :] & np.isfinite(information)
    return np.where(usable, gradient, 0.0), np.where(both, information, 0.0)


def information_of_values(
    s: Series, f: FloatArray, up: FloatArray, down: FloatArray, parts: tuple[float, float], h: float
) -> FloatArray:
    """Return the expected information of each value, (q, q, n_values), from central differences.

    For a normal value with mean m and standard deviation sd it is m' m'/sd^2 + 2 (ln sd)' (ln sd)'; for a
    censored one the square of the score.
    """
    sd = s.spread(f, parts)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (s.on_scale(up) - s.on_scale(down)) / (2.0 * h) / sd
        spread = np.log(s.spread(up, parts) / s.spread(down, parts)) / (2.0 * h)
        score = (s.log_densities(up, parts) - s.log_densities(down, parts)) / (2.0 * h)
    limited = s.limited
    mean = np.where(limited, score, mean)
    spread = np.where(limited, 0.0, spread)
    return np.asarray(mean[:, None] * mean[None, :] + 2.0 * spread[:, None] * spread[None, :])


class Sampled(NamedTuple):
    """Draws of each subject with their weights.

    Parameters
    ----------
    phi : ndarray, shape (n, n_subjects, q)
    f : tuple of ndarray
        Predictions at the draws.
    log_proposal : ndarray, shape (n, n_subjects)
    """

    phi: FloatArray
    f: tuple[FloatArray, ...]
    log_proposal: FloatArray


def importance_sample(
    likelihood: SubjectLikelihood, point: Point, found: Modes, n: int, rng: np.random.Generator
) -> Sampled:
    """Draw from proposals around the modes, improved once by the moments of a first sample."""
    individuals = likelihood.individuals
    centre = individuals.centre(point.coefficients)
    held = individuals.held(point.held)
    proposals = Proposals(found.phi, found.covariance)
    first = proposals.draw(max(n // 4, 100), rng)
    weights = (
        likelihood.evaluate(first, held, point.errors).log_likelihood
        + log_normal(first - centre, point.omega)
        - proposals.log_density(first)
    )
    share = shares(weights)
    middle = np.einsum("cn,cni->ni", share, first)
    off = first - middle
    covariance = np.einsum("cn,cni,cnj->nij", share, off, off)
    # Few effective draws would give a proposal that is too narrow.
    good = (1.0 / np.sum(share**2, axis=0) > 20.0 * individuals.random.size)[:, None]
    proposals = Proposals(
        np.where(good, middle, found.phi),
        np.where(good[:, :, None], covariance, found.covariance),
    )
    phi = proposals.draw(n, rng)
    return Sampled(phi, likelihood.predicted(phi, held), proposals.log_density(phi))


def shares(log_weights: FloatArray) -> FloatArray:
    """Return weights that sum to 1 over the draws."""
    top = log_weights.max(axis=0)
    top = np.where(np.isfinite(top), top, 0.0)
    weights = np.exp(log_weights - top)
    return np.asarray(weights / np.maximum(weights.sum(axis=0), 1e-300))


def log_weights(likelihood: SubjectLikelihood, point: Point, drawn: Sampled) -> FloatArray:
    """Return the log weights of the draws at a point, shape (n, n_subjects)."""
    centre = likelihood.individuals.centre(point.coefficients)
    return np.asarray(
        likelihood.log_likelihood(drawn.f, point.errors)
        + log_normal(drawn.phi - centre, point.omega)
        - drawn.log_proposal
    )


def log_mean(log_w: FloatArray) -> FloatArray:
    """Return the logarithm of the mean weight of each subject."""
    top = log_w.max(axis=0)
    return np.asarray(top + np.log(np.mean(np.exp(log_w - top), axis=0)))
