"""Draws from a posterior, and whether the chains have converged."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ketasim._arrays import FloatArray
from ketasim._runtime.optional import require
from ketasim._wording.frozen import comparable
from ketasim._wording.lists import listed_names
from ketasim._wording.names import check_name
from ketasim._wording.numbers import check_whole
from ketasim.files._save import Savable
from ketasim.files._sheet import Column, Sheet, model_facts
from ketasim.fitting._density import Density
from ketasim.fitting._optimum import Optimum

if TYPE_CHECKING:
    import arviz
    from matplotlib.figure import Figure

#: Largest R-hat, and smallest effective sample size, of chains that have converged. Walkers of one
#: ensemble are many short chains, so R-hat is further from 1 than for few long ones.
R_HAT, EFFECTIVE = 1.05, 400.0
#: Degrees of freedom of independent proposals: tails wider than those of a posterior.
FREEDOM = 5.0
SAMPLERS = ("emcee", "nutpie", "pymc")


class ConvergenceWarning(UserWarning):
    """Chains have not converged: their draws are not yet those of the posterior.

    Examples
    --------
    >>> import ketasim as ks
    >>> issubclass(ks.fitting.ConvergenceWarning, UserWarning)
    True
    """


@comparable
@dataclass(frozen=True, eq=False)
class Draws(Savable):
    """Draws from the posterior distribution of parameters.

    Parameters
    ----------
    names, units : tuple of str
        Free parameters and their units.
    values : ndarray, shape (n_chains, n_draws, dim)
        In the units of the parameters. A chain is one walker of an ensemble sampler.
    log_prob : ndarray, shape (n_chains, n_draws)
        Log posterior density by the coordinates.
    r_hat, effective : ndarray, shape (dim,)
        Rank-normalised R-hat and bulk effective sample size (Vehtari et al. 2021); NaN without ArviZ.
    sampler : str

    Examples
    --------
    >>> import ketasim as ks
    >>> draws = ks.fitting.calibrated().draws(100, seed=1)
    >>> draws.values.shape[1]
    100
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    values: FloatArray
    log_prob: FloatArray
    r_hat: FloatArray
    effective: FloatArray
    sampler: str

    @property
    def converged(self) -> bool:
        """Whether R-hat is below 1.05 and the effective sample size above 400 for all parameters."""
        return bool((self.r_hat < R_HAT).all() and (self.effective > EFFECTIVE).all())

    @property
    def diagnosis(self) -> str:
        """What the diagnostics say, in words."""
        if not np.isfinite(self.r_hat).all():
            return "independent draws" if self.sampler == "laplace" else "diagnostics need ArviZ"
        worst, fewest = int(self.r_hat.argmax()), int(self.effective.argmin())
        numbers = (
            f"R-hat at most {self.r_hat[worst]:.3f} ({self.names[worst]}), effective sample size at least "
            f"{self.effective[fewest]:.0f} ({self.names[fewest]})"
        )
        if self.converged:
            return f"converged: {numbers}"
        return f"not converged: {numbers}; draw more, or start nearer to the maximum"

    def __getitem__(self, name: str) -> FloatArray:
        """Return the draws of a parameter, shape (n_chains, n_draws).

        Raises
        ------
        UnknownNameError
        """
        check_name(name, self.names, "free parameter")
        return np.asarray(self.values[:, :, self.names.index(name)])

    def flat(self, n: int | None = None, seed: int = 0) -> dict[str, FloatArray]:
        """Return draws of all chains together.

        Parameters
        ----------
        n : int, optional
            Draw that many of them at random; default: all.
        seed : int

        Returns
        -------
        dict of str to ndarray, each of shape (n,)
            In the units of the parameters.
        """
        together = self.values.reshape(-1, len(self.names))
        if n is not None:
            check_whole("n", n, 1)
            rng = np.random.default_rng(seed)
            together = together[rng.choice(len(together), n, replace=n > len(together))]
        return {name: together[:, k] for k, name in enumerate(self.names)}

    def interval(self, name: str, share: float = 0.95) -> tuple[float, float]:
        """Return the central interval of a parameter.

        Parameters
        ----------
        name : str
        share : float
            Probability inside, default 0.95.

        Returns
        -------
        tuple of float
            In the unit of the parameter.
        """
        low, high = np.quantile(self[name], [(1.0 - share) / 2.0, (1.0 + share) / 2.0])
        return float(low), float(high)

    def to_arviz(self) -> arviz.InferenceData:
        """Return the draws for ArviZ, with its tables and figures (extra ``ketasim[fit]``).

        Returns
        -------
        arviz.InferenceData
            A DataTree since ArviZ 1.0.

        Raises
        ------
        MissingLibraryError
            Without ArviZ.
        """
        found: arviz.InferenceData = _to_arviz(
            {name: self[name] for name in self.names}, {"lp": np.asarray(self.log_prob)}
        )
        return found

    def sheet(self, names: Iterable[str] | None = None) -> Sheet:
        """Return one row for each draw, as `save` writes it.

        Parameters
        ----------
        names : iterable of str, optional
            Parameters to keep; default: all.

        Returns
        -------
        Sheet

        Raises
        ------
        UnknownNameError
        """
        chosen = self.names if names is None else listed_names("names", names, self.names[0])
        chains, n, _ = self.values.shape
        columns = [
            Column("chain", np.repeat(np.arange(chains), n).tolist()),
            Column("draw", np.tile(np.arange(n), chains).tolist()),
        ]
        for name in chosen:
            unit = self.units[self.names.index(name)] if name in self.names else ""
            columns.append(Column(name, self[name].ravel().tolist(), unit))
        return Sheet(tuple(columns), "row", {**model_facts(), "diagnosis": self.diagnosis})

    def plot(self) -> Figure:
        """Draw traces and distributions of all parameters (extra ``ketasim[plot]``).

        Returns
        -------
        matplotlib.figure.Figure
        """
        from ketasim.fitting._figures import trace_figure

        return trace_figure(self.names, self.units, self.values, self.diagnosis)

    def __repr__(self) -> str:
        width = max(map(len, self.names))
        lines = []
        for k, name in enumerate(self.names):
            low, middle, high = np.quantile(self[name], [0.025, 0.5, 0.975])
            lines.append(
                f"{name:{width}}  {middle:10.4g}  ({low:.4g} to {high:.4g}) {self.units[k]}"
            )
        chains, n, _ = self.values.shape
        return "\n".join([
            f"<Draws: {chains} chains of {n} by {self.sampler}; {self.diagnosis}",
            *lines,
            "median and central 95 %>",
        ])  # fmt: skip


def sample(
    density: Density,
    draws: int,
    tune: int,
    seed: int,
    sampler: str,
    near: Optimum,
    walkers: int | None,
) -> Draws:
    """Draw from a posterior; parameters as in `Posterior.sample`."""
    check_name(sampler, SAMPLERS, "sampler")
    for name, number, least in (("draws", draws, 4), ("tune", tune, 0), ("seed", seed, 0)):
        check_whole(name, number, least)
    if walkers is not None:
        check_whole("walkers", walkers, 2 * density.dim)
    if sampler == "emcee":
        z, log_prob = _emcee(density, draws, tune, seed, near, walkers)
    else:
        z, log_prob = _nuts(density, draws, tune, seed, near, sampler)
    values = density.values(z)
    r_hat, effective = diagnostics(density.names, values)
    found = Draws(
        density.names, density.parameter_units, values, log_prob, r_hat, effective, sampler
    )
    if not found.converged and np.isfinite(r_hat).all():
        warnings.warn(f"the chains have {found.diagnosis}", ConvergenceWarning, stacklevel=3)
    return found


def _emcee(
    density: Density, draws: int, tune: int, seed: int, near: Optimum, walkers: int | None
) -> tuple[FloatArray, FloatArray]:
    """Draw with an ensemble of walkers that move by differences between each other."""
    emcee: Any = require("emcee", "fit")
    n = walkers or max(32, 4 * density.dim + density.dim % 2)
    rng = np.random.default_rng(seed)
    moves = [
        (emcee.moves.MHMove(_Independent(near)), 0.5),
        (emcee.moves.DEMove(), 0.4),
        (emcee.moves.DESnookerMove(), 0.1),
    ]
    ensemble = emcee.EnsembleSampler(n, density.dim, density.log_prob, moves=moves, vectorize=True)
    state = np.random.RandomState(rng.integers(2**31)).get_state()
    begin = _around(density, near, n, rng)
    begin = emcee.State(begin, random_state=state)
    if tune:
        begin = ensemble.run_mcmc(begin, tune, store=False)
    ensemble.run_mcmc(begin, draws)
    return (
        np.swapaxes(ensemble.get_chain(), 0, 1),
        np.asarray(ensemble.get_log_prob()).T,
    )


class _Independent:
    """Proposals from a t distribution around the maximum, for the Metropolis-Hastings move of emcee.

    Where the posterior is nearly normal most of them are accepted, and draws are nearly independent.
    """

    def __init__(self, near: Optimum) -> None:
        self._centre = near.z
        self._root = np.linalg.cholesky(near.covariance)

    def __call__(self, z: FloatArray, rng: Any) -> tuple[FloatArray, FloatArray]:
        n, dim = z.shape
        scale = np.sqrt(FREEDOM / rng.chisquare(FREEDOM, n))
        proposed = self._centre + scale[:, None] * rng.standard_normal((n, dim)) @ self._root.T
        return proposed, self._log_density(z) - self._log_density(proposed)

    def _log_density(self, z: FloatArray) -> FloatArray:
        white = np.linalg.solve(self._root, (z - self._centre).T)
        distance = np.sum(white * white, axis=0)
        return np.asarray(-0.5 * (FREEDOM + len(self._centre)) * np.log1p(distance / FREEDOM))


def _around(density: Density, near: Optimum, n: int, rng: np.random.Generator) -> FloatArray:
    """Return n possible parameter sets around a maximum."""
    root = np.linalg.cholesky(near.covariance)
    found = np.empty((0, density.dim))
    scale = 1.0
    while len(found) < n:
        z = near.z + scale * rng.standard_normal((2 * n, density.dim)) @ root.T
        found = np.concatenate([found, z[np.isfinite(density.log_prob(z))]])
        scale *= 0.7
    return found[:n]


def _nuts(
    density: Density, draws: int, tune: int, seed: int, near: Optimum, sampler: str
) -> tuple[FloatArray, FloatArray]:
    """Draw with NUTS of PyMC or nutpie, through one operation that gives value and gradient."""
    pymc: Any = require("pymc", "fit")
    from ketasim.fitting._bridges import pytensor_op

    with pymc.Model() as model:
        z = pymc.Flat("z", shape=density.dim, initval=near.z)
        pymc.Potential("posterior", pytensor_op(density)(z))
    shared = {"draws": draws, "tune": tune, "chains": 4}
    if sampler == "nutpie":
        nutpie: Any = require("nutpie", "fit")
        compiled = nutpie.compile_pymc_model(model, backend="numba")
        trace = nutpie.sample(compiled, seed=seed, progress_bar=False, **shared)
    else:
        trace = pymc.sample(
            **shared, cores=1, random_seed=seed, progressbar=False, model=model,
            compute_convergence_checks=False,
        )  # fmt: skip
    found = np.asarray(trace.posterior["z"])
    return found, density.log_prob(found)


def diagnostics(names: tuple[str, ...], values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return R-hat and effective sample size of each parameter; NaN without ArviZ."""
    unknown = np.full(len(names), np.nan)
    try:
        arviz = _arviz()
    except ImportError:
        return unknown, unknown
    data = _to_arviz({f"p{k}": values[:, :, k] for k in range(len(names))}, {})
    r_hat, effective = arviz.rhat(data), arviz.ess(data)
    if hasattr(r_hat, "posterior"):  # a DataTree since ArviZ 1.0
        r_hat, effective = r_hat["posterior"], effective["posterior"]

    def numbers(found: Any) -> FloatArray:
        return np.array([float(np.asarray(found[f"p{k}"])) for k in range(len(names))])

    return numbers(r_hat), numbers(effective)


def _arviz() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of ArviZ 0.23, at every import
        return require("arviz", "fit")


def _to_arviz(posterior: Mapping[str, FloatArray], stats: Mapping[str, FloatArray]) -> Any:
    arviz = _arviz()
    groups = {"posterior": dict(posterior)}
    if stats:
        groups["sample_stats"] = dict(stats)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "More chains")  # walkers are many short chains
        if int(arviz.__version__.partition(".")[0]) >= 1:
            return arviz.from_dict(groups)
        return arviz.from_dict(**groups)
