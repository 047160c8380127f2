"""Profiles of a posterior, by pyPESTO."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ketasim._arrays import FloatArray
from ketasim._runtime.optional import require
from ketasim._wording.frozen import comparable
from ketasim._wording.lists import listed_names
from ketasim._wording.names import check_name
from ketasim.fitting._bridges import bounds, pypesto_problem
from ketasim.fitting._density import Density
from ketasim.fitting._identifiability import THRESHOLD, told_interval
from ketasim.fitting._optimum import Optimum

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@comparable
@dataclass(frozen=True, eq=False)
class Profiles:
    """Profiles of the posterior: the others are searched anew while one parameter is held.

    Parameters
    ----------
    names, units : tuple of str
        Of the profiled parameters.
    paths, falls : tuple of ndarray
        Values at which each was held, and the fall of the log posterior there.
    low, high : ndarray
        Where it has fallen by the threshold; NaN where it has not.
    verdicts : tuple of str
        'both sides', 'one-sided', 'flat'; and whether an end is a bound.
    threshold : float

    Examples
    --------
    >>> from ketasim.fitting import Profiles
    >>> Profiles((), (), (), (), np.zeros(0), np.zeros(0), (), 1.92).threshold
    1.92
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    paths: tuple[FloatArray, ...]
    falls: tuple[FloatArray, ...]
    low: FloatArray
    high: FloatArray
    verdicts: tuple[str, ...]
    threshold: float

    def plot(self) -> Figure:
        """Draw the profiles (extra ``ketasim[plot]``).

        Returns
        -------
        matplotlib.figure.Figure
        """
        from ketasim.fitting._figures import identifiability_figure

        return identifiability_figure(
            self.names, self.units, self.verdicts, self.paths, self.falls, self.threshold
        )

    def __repr__(self) -> str:
        lines = [
            f"{name}  {verdict}: {told_interval(low, high, unit) or 'no end found'}"
            for name, verdict, low, high, unit in zip(
                self.names, self.verdicts, self.low, self.high, self.units, strict=True
            )
        ]
        return (
            "\n".join([f"<Profiles: threshold {self.threshold:g} in log posterior", *lines]) + ">"
        )


def profiles(density: Density, best: Optimum, names: Sequence[str] | None) -> Profiles:
    """Compute profiles; parameters as in `Posterior.profiles`."""
    chosen = density.names if names is None else listed_names("names", names, density.names[0])
    for name in chosen:
        check_name(name, density.names, "free parameter")
    pypesto: Any = require("pypesto", "fit")
    profile: Any = require("pypesto.profile", "fit")
    optimize: Any = require("pypesto.optimize", "fit")
    problem = pypesto_problem(density)
    result = pypesto.Result(problem)
    result.optimize_result.append(
        pypesto.result.OptimizerResult(id="0", x=best.z, fval=-best.log_posterior)
    )
    at = [density.names.index(name) for name in chosen]
    options = profile.ProfileOptions(ratio_min=float(np.exp(-1.1 * THRESHOLD)))
    profile.parameter_profile(
        problem,
        result,
        optimizer=optimize.ScipyOptimizer(method="L-BFGS-B"),
        profile_index=np.array(at),
        profile_options=options,
        progress_bar=False,
    )
    paths, falls, lows, highs, verdicts = [], [], [], [], []
    for k, name in zip(at, chosen, strict=True):
        found = result.profile_result.list[0][k]
        z = np.asarray(found.x_path)[k]
        fall = np.asarray(found.fval_path) + best.log_posterior
        order = np.argsort(z)
        z, fall = z[order], fall[order]
        centre = best.z[k]
        low, high = (_crossing(z, fall, centre, sign) for sign in (-1.0, 1.0))
        prior = density.priors[name]
        paths.append(prior.value(z))
        falls.append(fall)
        lows.append(np.nan if low is None else float(prior.value(low)))
        highs.append(np.nan if high is None else float(prior.value(high)))
        ends = [float(prior.value(bound[k])) for bound in bounds(density)]
        verdicts.append(_verdict((low, high), ends, prior.flat))
    return Profiles(
        chosen,
        tuple(density.parameter_units[k] for k in at),
        tuple(paths),
        tuple(falls),
        np.array(lows),
        np.array(highs),
        tuple(verdicts),
        THRESHOLD,
    )


def _crossing(z: FloatArray, fall: FloatArray, centre: float, sign: float) -> float | None:
    order = np.argsort(sign * (z - centre))
    z, fall = z[order], fall[order]
    keep = sign * (z - centre) >= -1e-12
    z, fall = z[keep], fall[keep]
    for i in range(1, z.size):
        if fall[i] >= THRESHOLD and np.isfinite(fall[i]):
            part = (THRESHOLD - fall[i - 1]) / (fall[i] - fall[i - 1])
            return float(z[i - 1] + part * (z[i] - z[i - 1]))
    return None


def _verdict(crossings: tuple[float | None, float | None], ends: list[float], flat: bool) -> str:
    """Say on which sides a profile crosses the threshold, and where it ends otherwise."""
    crossed = sum(end is not None for end in crossings)
    words = [{2: "both sides", 1: "one-sided", 0: "flat"}[crossed]]
    what = "end of the flat prior" if flat else "bound of the search"
    words += [
        f"{side} side ends at {value:.3g}, the {what}"
        for end, side, value in zip(crossings, ("lower", "upper"), ends, strict=True)
        if end is None
    ]
    return "; ".join(words)
