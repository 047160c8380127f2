"""Stochastic approximation expectation maximisation (SAEM) of a population.

Every iteration moves the parameters phi of all subjects in all chains by Metropolis-Hastings steps whose
target is their conditional distribution, and then updates the parameters of the population:

    fixed effects of random parameters   generalised least squares of E[phi_i]
    Omega                                E[sum_i (phi_i - centre_i)(phi_i - centre_i)'] / N
    additive, proportional, lognormal    E[sum of squared residuals] / n, with censored values drawn
    other error models, other parameters a step I^-1 E[score], with the expected information I

E is a stochastic approximation: the last iteration alone during burn-in, then an average with weights
1/k (Delyon, Lavielle and Moulines 1999; Kuhn and Lavielle 2005). Censored values are drawn from their
truncated distribution (Samson, Lavielle and Mentre 2006). With reml=True the fixed effects are drawn
too, which removes most of the bias of Omega in few subjects (Meza, Jaffrezic and Foulley 2007).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ketasim._arrays import FloatArray
from ketasim._runtime.optional import require
from ketasim.fitting._conditional import (
    STEP,
    Modes,
    Point,
    Proposals,
    information_of_values,
    log_normal,
    modes,
)
from ketasim.fitting._population_likelihood import Evaluation, Series, SubjectLikelihood

#: Variances fall at most by this factor in one iteration of the first half of burn-in, so that the search
#: does not settle near its start.
SLOWEST_FALL = 0.9
#: Smallest variance of a random effect on its scale.
LEAST_VARIANCE = 1e-6
#: Acceptance of random walks that their scale is adapted to, and how fast.
WANTED, SPEED = 0.35, 0.3
#: Longest step of a parameter without closed form [on its scale].
LONGEST = 0.3
#: Random walks of each iteration.
WALKS = 2
#: Iterations of burn-in after which the proposals are centred anew, as shares of it.
RECENTRED = (0.05, 0.15, 0.35, 0.65, 1.0)


class Settings(NamedTuple):
    burn_in: int
    averaging: int
    chains: int
    reml: bool


class Path(NamedTuple):
    """The course of the estimation.

    Parameters
    ----------
    point : Point
    trace : tuple of Point
        After every iteration.
    modes : Modes
    accepted : tuple of float
        Shares of accepted proposals in the averaging phase: independent ones, and random walks.
    """

    point: Point
    trace: tuple[Point, ...]
    modes: Modes
    accepted: tuple[float, float]


@dataclass(frozen=True, eq=False)
class _Chains:
    """Parameters of all subjects in all chains, and what follows from them."""

    phi: FloatArray
    evaluation: Evaluation
    centre: FloatArray


@dataclass(frozen=True, eq=False)
class _Statistics:
    """Averages of the complete data: E[phi], E[phi phi'] or E[deviations], and sums of squares."""

    mean: FloatArray
    square: FloatArray
    residual: FloatArray
    score: FloatArray
    information: FloatArray

    def towards(self, new: _Statistics, gamma: float) -> _Statistics:
        def mixed(name: str) -> FloatArray:
            old = getattr(self, name)
            return np.asarray(old + gamma * (getattr(new, name) - old))

        return _Statistics(
            *(mixed(n) for n in ("mean", "square", "residual", "score", "information"))
        )


def saem(
    likelihood: SubjectLikelihood,
    start: Point,
    settings: Settings,
    rng: np.random.Generator,
    tick: Callable[[int], None] | None,
) -> Path:
    """Estimate the parameters of a population from a start."""
    return _Saem(likelihood, settings, rng).run(start, tick)


class _Saem:
    def __init__(
        self, likelihood: SubjectLikelihood, settings: Settings, rng: np.random.Generator
    ) -> None:
        self.likelihood, self.settings, self.rng = likelihood, settings, rng
        self.individuals = likelihood.individuals
        self.special: Any = require("scipy.special", "fit")
        self.closed = tuple(closed_form(s) for s in likelihood.series)

    def run(self, start: Point, tick: Callable[[int], None] | None) -> Path:
        burn, total = self.settings.burn_in, self.settings.burn_in + self.settings.averaging
        point = start
        again = {round(share * burn) for share in RECENTRED}
        found = modes(self.likelihood, point, self.individuals.centre(point.coefficients))
        proposals = Proposals(found.phi, found.covariance)
        chains = self._begin(point, proposals)
        scale = np.full(len(self.individuals.subjects), 1.5 / np.sqrt(proposals.q))
        statistics: _Statistics | None = None
        accepted = np.zeros((total, 1 + WALKS))
        trace = []
        for k in range(total):
            if k in again:
                found = modes(self.likelihood, point, found.phi)
                proposals = Proposals(found.phi, found.covariance)
            chains, shares, scale = self._move(chains, point, proposals, scale, k < burn)
            accepted[k] = shares
            gamma = 1.0 if k < burn else 1.0 / (k - burn + 1)
            new = self._statistics(chains, point)
            statistics = new if statistics is None else statistics.towards(new, gamma)
            annealed = k < burn // 2
            step = _step(new.score, statistics.information, gamma)
            chains, point = self._update(chains, point, statistics, step, annealed=annealed)
            trace.append(point)
            if tick is not None:
                tick(k + 1)
        found = modes(self.likelihood, point, found.phi)
        late = accepted[burn:] if total > burn else accepted
        return Path(
            point, tuple(trace), found, (float(late[:, 0].mean()), float(late[:, 1:].mean()))
        )

    def _begin(self, point: Point, proposals: Proposals) -> _Chains:
        phi = np.tile(proposals.centre, (self.settings.chains, 1, 1))
        evaluation = self._evaluate(phi, point)
        centre = np.broadcast_to(self.individuals.centre(point.coefficients), phi.shape)
        return _Chains(phi, evaluation, centre)

    def _evaluate(self, phi: FloatArray, point: Point) -> Evaluation:
        return self.likelihood.evaluate(phi, self.individuals.held(point.held), point.errors)

    # --- moves ---

    def _move(
        self,
        chains: _Chains,
        point: Point,
        proposals: Proposals,
        scale: FloatArray,
        adapting: bool,
    ) -> tuple[_Chains, list[float], FloatArray]:
        """Move all chains: one independent proposal, then random walks."""
        proposed = proposals.draw(self.settings.chains, self.rng)
        back = proposals.log_density(chains.phi) - proposals.log_density(proposed)
        chains, took = self._accept(chains, point, proposed, back)
        shares = [float(took.mean())]
        for _ in range(WALKS):
            proposed = proposals.walk(chains.phi, scale, self.rng)
            chains, took = self._accept(chains, point, proposed, 0.0)
            shares.append(float(took.mean()))
            if adapting:
                scale = scale * np.exp(SPEED * (took.mean(axis=0) - WANTED))
        return chains, shares, scale

    def _accept(
        self, chains: _Chains, point: Point, proposed: FloatArray, back: FloatArray | float
    ) -> tuple[_Chains, NDArray[np.bool_]]:
        evaluation = self._evaluate(proposed, point)
        with np.errstate(invalid="ignore"):
            ratio = (
                evaluation.log_likelihood
                - chains.evaluation.log_likelihood
                + log_normal(proposed - chains.centre, point.omega)
                - log_normal(chains.phi - chains.centre, point.omega)
                + back
            )
        took = np.log(self.rng.random(ratio.shape)) < ratio
        f = tuple(
            np.where(took[:, s.subject], new, old)
            for s, new, old in zip(
                self.likelihood.series, evaluation.f, chains.evaluation.f, strict=True
            )
        )
        log_likelihood = np.where(took, evaluation.log_likelihood, chains.evaluation.log_likelihood)
        phi = np.where(took[..., None], proposed, chains.phi)
        return replace(chains, phi=phi, evaluation=Evaluation(f, log_likelihood)), took

    # --- statistics ---

    def _statistics(self, chains: _Chains, point: Point) -> _Statistics:
        phi = chains.phi
        n = phi.shape[0]
        off = phi
        if self.settings.reml:
            off = phi - self.individuals.offset[:, self.individuals.random]
            off = phi - self._drawn_centre(off, point)
        square = np.einsum("cni,cnj->ij", off, off) / n
        residual = np.array([
            self._sum_of_squares(s, f, parts) if closed else 0.0
            for s, f, parts, closed in zip(
                self.likelihood.series, chains.evaluation.f, point.errors, self.closed, strict=True
            )
        ])  # fmt: skip
        score, information = self._scores(chains, point)
        return _Statistics(phi.mean(axis=0), square, residual, score, information)

    def _drawn_centre(self, off: FloatArray, point: Point) -> FloatArray:
        """Return centres at fixed effects that are drawn, given the parameters of each chain."""
        design = self.individuals.design
        precision = np.linalg.inv(point.omega)
        information = np.einsum("nqp,qr,nrs->ps", design, precision, design)
        right = np.einsum("nqp,qr,cnr->cp", design, precision, off)
        covariance = np.linalg.inv(information)
        root = np.linalg.cholesky(covariance)
        z = self.rng.standard_normal(right.shape)
        drawn = right @ covariance.T + z @ root.T
        return self.individuals.centre(drawn)

    def _sum_of_squares(self, s: Series, f: FloatArray, parts: tuple[float, float]) -> float:
        """Return E[sum of squared residuals in units of the estimated part]."""
        sd = s.spread(f, parts)
        mean = s.on_scale(f)
        y = np.broadcast_to(s.measured, f.shape)
        if s.limited.any():
            y = np.where(s.limited, self._censored(s, mean, sd), y)
        one = parts[0] if s.model.kind == "additive" else parts[1]
        # sd = part x (1, f or 1): the smallest standard deviation has no part.
        own = sd > 1.5 * s.residuals.least if s.model.kind == "proportional" else np.isfinite(sd)
        squares = np.where(own, ((y - mean) / sd * one) ** 2, one**2)
        return float(squares.sum(axis=1).mean())

    def _censored(self, s: Series, mean: FloatArray, sd: FloatArray) -> FloatArray:
        """Return values drawn from the normal distribution within the limits of censored ones."""
        r = s.residuals
        limit = (s.measured - mean) / sd
        log = s.model.kind == "lognormal"
        with np.errstate(divide="ignore"):
            low = (np.log(r.lows) if log else r.lows) - mean
        below = np.where(r.interval, low / sd, np.where(r.right, limit, -np.inf))
        above = np.where(r.right, np.inf, limit)
        # Intervals far above the mean are mirrored: their probabilities are not lost in 1 - 0.
        mirrored = below > 0.0
        a = np.where(mirrored, -above, below)
        b = np.where(mirrored, -below, above)
        upper, lower = self.special.log_ndtr(b), self.special.log_ndtr(a)
        u = self.rng.random(mean.shape)
        with np.errstate(divide="ignore", invalid="ignore"):
            chosen = upper + np.log1p((1.0 - u) * np.expm1(np.minimum(lower - upper, 0.0)))
        z = self.special.ndtri_exp(np.minimum(chosen, -1e-300))
        z = np.where(np.isfinite(z), z, b)
        return np.asarray(mean + sd * np.where(mirrored, -z, z))

    # --- parameters without closed form ---

    def _scores(self, chains: _Chains, point: Point) -> tuple[FloatArray, FloatArray]:
        """Return score and expected information of the parameters without closed form."""
        n = chains.phi.shape[0]
        held = self.individuals.held(point.held)
        size = point.held.size
        parts = [k for k, closed in enumerate(self.closed) if not closed]
        found = [(np.zeros(0), np.zeros((0, 0)))]
        if size:
            up: list[Evaluation] = []
            down: list[Evaluation] = []
            h = _steps(self.individuals.design_fixed)
            for p in range(size):
                shift = self.individuals.design_fixed[:, :, p] * h[p]
                for sign, to in ((1.0, up), (-1.0, down)):
                    to.append(
                        self.likelihood.evaluate(chains.phi, held + sign * shift, point.errors)
                    )
            score = np.array([
                _difference(a.log_likelihood, b.log_likelihood).sum() / (2.0 * h[p] * n)
                for p, (a, b) in enumerate(zip(up, down, strict=True))
            ])  # fmt: skip
            information = np.zeros((size, size))
            for k, (s, errors) in enumerate(zip(self.likelihood.series, point.errors, strict=True)):
                a = np.stack([one.f[k] for one in up])
                b = np.stack([one.f[k] for one in down])
                # Values of all chains in one row.
                by_value = sum(
                    _at_chain(s, chains.evaluation.f[k][c], a[:, c], b[:, c], errors)
                    for c in range(n)
                )
                information += np.asarray(by_value) / (h[:, None] * h[None, :]) / n
            found.append((score, information))
        found += [
            _of_errors(self.likelihood.series[k], chains.evaluation.f[k], point.errors[k])
            for k in parts
        ]
        score = np.concatenate([one for one, _ in found])
        information = np.zeros((score.size, score.size))
        at = 0
        for one, block in found:
            information[at : at + one.size, at : at + one.size] = block
            at += one.size
        return score, information

    # --- update ---

    def _update(
        self, chains: _Chains, point: Point, s: _Statistics, step: FloatArray, *, annealed: bool
    ) -> tuple[_Chains, Point]:
        individuals = self.individuals
        design, n = individuals.design, len(individuals.subjects)
        offset = individuals.offset[:, individuals.random]
        precision = np.linalg.inv(point.omega)
        information = np.einsum("nqp,qr,nrs->ps", design, precision, design)
        right = np.einsum("nqp,qr,nr->p", design, precision, s.mean - offset)
        coefficients = np.linalg.solve(information, right)
        centre = individuals.centre(coefficients)
        if self.settings.reml:
            omega = s.square / n
        else:
            cross = s.mean.T @ centre
            omega = (s.square - cross - cross.T + centre.T @ centre) / n
        omega = np.where(individuals.blocks, omega, 0.0)
        least = np.full(len(omega), LEAST_VARIANCE)
        if annealed:
            least = np.maximum(least, SLOWEST_FALL * np.diag(point.omega))
        omega = _at_least(omega, least)
        errors = list(point.errors)
        at = point.held.size
        for k, series in enumerate(self.likelihood.series):
            if self.closed[k]:
                sd = float(np.sqrt(s.residual[k] / len(series.rows)))
                first = series.model.kind == "additive"
                old = point.errors[k][0 if first else 1]
                sd = max(sd, old * np.sqrt(SLOWEST_FALL)) if annealed else sd
                errors[k] = (sd, 0.0) if first else (0.0, sd)
                if not series.model.estimated:
                    errors[k] = point.errors[k]
                continue
            names = series.model.estimated
            moved = dict(zip(("additive", "proportional"), point.errors[k], strict=True))
            for name in names:
                moved[name] = max(moved[name] * float(np.exp(step[at])), 1e-9)
                at += 1
            errors[k] = (moved["additive"], moved["proportional"])
        held = point.held + step[: point.held.size]
        new = Point(coefficients, held, omega, tuple(errors))
        if self.settings.reml:
            off = chains.phi - offset
            centres = self._drawn_centre(off, new)
        else:
            centres = np.broadcast_to(centre, chains.phi.shape)
        evaluation = chains.evaluation
        if held.size:
            evaluation = self._evaluate(chains.phi, new)
        else:
            likely = self.likelihood.log_likelihood(evaluation.f, new.errors)
            evaluation = Evaluation(evaluation.f, likely)
        return replace(chains, evaluation=evaluation, centre=centres), new


def closed_form(s: Series) -> bool:
    """Return whether the residual error of a readout has a closed form, or nothing is estimated."""
    if not s.model.estimated:
        return True
    return s.model.kind != "combined" and s.model.blq == "M3"


def _at_least(omega: FloatArray, least: FloatArray) -> FloatArray:
    """Return a covariance whose variances are at least some; correlations are kept."""
    variance = np.diag(omega)
    factor = np.sqrt(np.maximum(variance, least) / np.maximum(variance, 1e-300))
    factor = np.where(variance > 0.0, factor, 0.0)
    found = omega * factor[:, None] * factor[None, :]
    found[np.diag_indices(len(found))] = np.maximum(variance, least)
    # Correlations of +-1 have no inverse.
    sd = np.sqrt(np.diag(found))
    correlation = found / np.outer(sd, sd)
    if np.linalg.eigvalsh(correlation)[0] < 1e-4:
        correlation = (1.0 - 1e-3) * correlation + 1e-3 * np.eye(len(sd))
    return np.asarray(correlation * np.outer(sd, sd))


def _steps(design: FloatArray) -> FloatArray:
    """Return steps of coefficients that move no parameter by more than `STEP`."""
    return np.asarray(STEP / np.maximum(np.abs(design).max(axis=(0, 1)), 1e-12))


def _difference(a: FloatArray, b: FloatArray) -> FloatArray:
    with np.errstate(invalid="ignore"):
        found = a - b
    return np.where(np.isfinite(found), found, 0.0)


def _at_chain(
    s: Series, f: FloatArray, up: FloatArray, down: FloatArray, parts: tuple[float, float]
) -> FloatArray:
    by_value = information_of_values(s, f, up, down, parts, 1.0)
    return np.asarray(np.where(np.isfinite(by_value), by_value, 0.0).sum(axis=-1))


def _of_errors(
    s: Series, f: FloatArray, parts: tuple[float, float]
) -> tuple[FloatArray, FloatArray]:
    """Return score and squared scores of the logarithms of the parts of an error."""
    h = 1e-4
    scores = []
    for name in s.model.estimated:
        k = 0 if name == "additive" else 1
        ends = []
        for sign in (1.0, -1.0):
            moved = list(parts)
            moved[k] = parts[k] * np.exp(sign * h)
            ends.append(s.log_densities(f, (moved[0], moved[1])))
        scores.append(_difference(ends[0], ends[1]) / (2.0 * h))
    by_value = np.stack(scores)
    n = f.shape[0]
    return by_value.sum(axis=(1, 2)) / n, np.einsum("icv,jcv->ij", by_value, by_value) / n


def _step(score: FloatArray, information: FloatArray, gamma: float) -> FloatArray:
    """Return a step towards a score of 0, of limited length."""
    if not score.size:
        return score
    ridge = 1e-8 * np.trace(information) / score.size + 1e-12
    step = gamma * np.linalg.solve(information + ridge * np.eye(score.size), score)
    return np.clip(step, -LONGEST, LONGEST)
