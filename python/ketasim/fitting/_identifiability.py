"""Which parameters the data determine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ketasim._arrays import FloatArray
from ketasim._wording.frozen import comparable
from ketasim.files._save import Savable
from ketasim.files._sheet import Sheet
from ketasim.fitting._density import Density
from ketasim.fitting._optimum import Optimum, hessian
from ketasim.fitting._parameter_sheet import parameter_sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Fall of the log-likelihood at the end of a 95 % interval: half the quantile of chi-square(1).
THRESHOLD = 1.92
#: How far a parameter is moved from the maximum [SD of the prior], and in how many steps per side.
FARTHEST, STEPS = 4.0, 16
#: How far the others follow along the ridge: not at all, half way, whole.
FOLLOWED = (0.0, 0.5, 1.0)
#: A log-likelihood that changes less than this over the prior has no information.
NO_INFORMATION = 0.1
#: Information below this share of the largest counts as none, for the rank.
RANK_TOLERANCE = 1e-6
#: A direction with less information than the prior, in which several parameters have at least this part.
PART = 0.3


@comparable
@dataclass(frozen=True, eq=False)
class Identifiability(Savable):
    """Which parameters the data determine.

    Parameters
    ----------
    names, units : tuple of str
    verdicts : tuple of str
        'identified': the log-likelihood falls by the threshold on both sides within 4 SD of the prior;
        'one-sided': on one side; 'prior only': on none, because the data do not say more than the prior
        or other parameters compensate; 'flat': the data do not depend on it.
    notes : tuple of str
        Where a side ends at the limit of what is possible.
    low, high : ndarray, shape (dim,)
        Where the log-likelihood has fallen by the threshold; NaN where it has not.
    remaining : ndarray, shape (dim,)
        Posterior SD over prior SD: 1 means that nothing was learned.
    paths, falls : ndarray, shape (dim, n)
        Values at which each parameter was held, and the fall of the log-likelihood there.
    threshold : float
    rank : int
        Of the information matrix of the data.
    condition : float
        Its condition number.
    collinear : tuple of tuple of str
        Sets of parameters of which the data determine a combination only.

    Notes
    -----
    A parameter is moved from the maximum while the others stay, follow along the ridge of the normal
    approximation, ``z_j = z_j* + C_ji/C_ii (z_i - z_i*)``, or half way, whichever has the higher
    log-likelihood. `Posterior.profiles` searches the others
    anew at every point, which takes longer.

    Examples
    --------
    >>> import ketasim as ks
    >>> data = ks.Observations(
    ...     {"1": ks.Scenario("ketamine 35 mg iv over 40 min")},
    ...     (ks.fitting.Measurement("1", "ketamine_venous", 2.0, 58.0, 1.0),),
    ... )
    >>> posterior = ks.Posterior(data, ["pharmacokinetics.Q3", "mtor.tau_M"])
    >>> posterior.identifiability(posterior.maximum(starts=1)).verdicts
    ('identified', 'flat')
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    verdicts: tuple[str, ...]
    notes: tuple[str, ...]
    low: FloatArray
    high: FloatArray
    remaining: FloatArray
    paths: FloatArray
    falls: FloatArray
    threshold: float
    rank: int
    condition: float
    collinear: tuple[tuple[str, ...], ...]

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
                "verdict": self.verdicts,
                "low": self.low.tolist(),
                "high": self.high.tolist(),
                "remaining": self.remaining.tolist(),
                "note": self.notes,
            },
            names,
        )

    def plot(self) -> Figure:
        """Draw how the log-likelihood falls as each parameter moves (extra ``ketasim[plot]``).

        Returns
        -------
        matplotlib.figure.Figure
        """
        from ketasim.fitting._figures import identifiability_figure

        shares = [f"prior narrowed by {max(0.0, 100.0 * (1.0 - r)):.0f} %" for r in self.remaining]
        labels = [f"{v}; {s}" for v, s in zip(self.verdicts, shares, strict=True)]
        return identifiability_figure(
            self.names, self.units, labels, self.paths, self.falls, self.threshold
        )

    def __repr__(self) -> str:
        width = max(map(len, self.names))
        lines = []
        for k, name in enumerate(self.names):
            said = [
                told_interval(self.low[k], self.high[k], self.units[k]),
                "the data do not depend on it"
                if self.verdicts[k] == "flat"
                else _learned(self.remaining[k]),
                self.notes[k],
            ]
            lines.append(f"{name:{width}}  {self.verdicts[k]}: {'; '.join(filter(None, said))}")
        together = "".join(f"\ntogether only: {', '.join(names)}" for names in self.collinear)
        return "\n".join([
            (f"<Identifiability: rank {self.rank} of {len(self.names)}, condition {self.condition:.2g}, threshold "
            f"{self.threshold:g} in log-likelihood"),
            *lines,
        ]) + f"{together}>"  # fmt: skip


def told_interval(low: float, high: float, unit: str) -> str:
    """Return an interval in words; '' if neither end is finite."""
    of_unit = "" if unit == "1" else f" {unit}"
    if np.isfinite(low) and np.isfinite(high):
        return f"{low:.3g} to {high:.3g}{of_unit}"
    if np.isfinite(low):
        return f"above {low:.3g}{of_unit}"
    return f"below {high:.3g}{of_unit}" if np.isfinite(high) else ""


def _learned(share: float) -> str:
    """Say how much narrower the posterior is; its curvature may be less than that of the prior."""
    if share < 0.995:
        return f"the data narrow the prior by {100.0 * (1.0 - share):.0f} %"
    if share < 1.05:
        return "as wide as the prior: nothing is learned"
    return f"{share:.2g} times as wide as the prior: nothing is learned"


def identifiability(density: Density, best: Optimum) -> Identifiability:
    """Judge every parameter; parameters as in `Posterior.identifiability`."""
    normal = np.array([0.0 if prior.flat else 1.0 for prior in density.priors.values()])
    information = -hessian(density, best.z) - np.diag(normal)
    information = np.where(np.isfinite(information), information, 0.0)
    eigenvalues, vectors = np.linalg.eigh(information)
    largest = max(float(eigenvalues[-1]), 1e-300)
    counted = eigenvalues > RANK_TOLERANCE * largest
    condition = largest / float(eigenvalues[0]) if counted.all() else np.inf
    verdicts, notes, lows, highs, paths, falls = [], [], [], [], [], []
    top = float(density.log_likelihood(best.z).sum())
    for k, name in enumerate(density.names):
        prior = density.priors[name]
        path, fall = _along_ridge(density, best, k, top)
        centre = float(path[fall.argmin()])
        sides = [_side(path, fall, centre, sign) for sign in (-1.0, 1.0)]
        crossed = [z is not None for z, _ in sides]
        usable = fall[np.isfinite(fall)]
        if all(crossed):
            verdict = "identified"
        elif any(crossed):
            verdict = "one-sided"
        else:
            verdict = "flat" if np.abs(usable).max(initial=0.0) < NO_INFORMATION else "prior only"
        ends = [np.nan if z is None else float(prior.value(z)) for z, _ in sides]
        row = next(r for r in density.parameters if r.name == name)
        limits = [
            f"{word} side ends at the limit {limit:.3g} {row.unit}".rstrip(" 1")
            for (z, ended), word, limit in zip(
                sides, ("lower", "upper"), (row.least, row.most), strict=True
            )
            if ended and z is None
        ]
        verdicts.append(verdict)
        notes.append("; ".join(limits))
        lows.append(ends[0])
        highs.append(ends[1])
        paths.append(prior.value(path))
        falls.append(fall)
    collinear = [
        tuple(name for name, part in zip(density.names, vector, strict=True) if abs(part) >= PART)
        for value, vector in zip(eigenvalues, vectors.T, strict=True)
        if value < 1.0
    ]
    flat = {
        name for name, verdict in zip(density.names, verdicts, strict=True) if verdict == "flat"
    }
    together = tuple(names for names in collinear if len(names) > 1 and not set(names) & flat)
    return Identifiability(
        density.names,
        density.parameter_units,
        tuple(verdicts),
        tuple(notes),
        np.array(lows),
        np.array(highs),
        np.sqrt(np.diag(best.covariance)),
        np.array(paths),
        np.array(falls),
        THRESHOLD,
        int(counted.sum()),
        condition,
        together,
    )


def _along_ridge(
    density: Density, best: Optimum, k: int, top: float
) -> tuple[FloatArray, FloatArray]:
    """Return coordinates of a parameter, and the fall of the log-likelihood; infinite where impossible."""
    c = best.covariance
    sd = np.sqrt(c[k, k])
    reach = np.linspace(0.0, 1.0, STEPS + 1)[1:] ** 2
    # Dense near the maximum, where a narrow likelihood has its interval.
    near = np.minimum(np.arange(1.0, 5.0) * sd / 2.0, FARTHEST)
    steps = np.sort(np.concatenate([FARTHEST * reach, near]))
    moves = np.concatenate([-steps[::-1], [0.0], steps])
    ridge = c[:, k] / c[k, k]
    alone = np.eye(best.z.size)[k]
    paths = np.array([
        best.z + moves[:, np.newaxis] * (alone + part * (ridge - alone)) for part in FOLLOWED
    ])  # fmt: skip
    found = density.log_likelihood(paths).sum(axis=-1).max(axis=0)
    return paths[0, :, k], max(top, float(found.max())) - found


def _side(
    path: FloatArray, fall: FloatArray, centre: float, sign: float
) -> tuple[float | None, bool]:
    """Return where the fall reaches the threshold on one side, and whether that side has an end."""
    order = np.argsort(sign * (path - centre))
    z, f = path[order], fall[order]
    keep = sign * (z - centre) >= 0.0
    z, f = z[keep], f[keep]
    ended = bool((~np.isfinite(f)).any())
    for i in range(1, z.size):
        if not np.isfinite(f[i]):
            break
        if f[i] >= THRESHOLD:
            part = (THRESHOLD - f[i - 1]) / (f[i] - f[i - 1])
            return float(z[i - 1] + part * (z[i] - z[i - 1])), ended
    return None, ended
