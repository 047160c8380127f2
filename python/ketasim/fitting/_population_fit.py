"""The result of a population fit: estimates, random effects, predictions, and what to make of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ketasim._arrays import FloatArray
from ketasim._wording.frozen import comparable
from ketasim._wording.names import check_name
from ketasim.files._save import Savable
from ketasim.files._sheet import Column, Sheet, model_facts
from ketasim.fitting._population_parameters import inverse
from ketasim.observation._intervals import Z95

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: How far from the maximum, and how much between the halves of the averaging phase, estimates may be
#: [standard errors].
FARTHEST, MOST_DRIFT = 0.3, 0.3
#: Effective draws of importance sampling of every subject.
LEAST_EFFECTIVE = 50.0
#: Standardised mean or spread of normalised prediction errors that does not happen by chance: among 100
#: of them, one in 160 good fits.
IMPLAUSIBLE = 4.0
#: Relative standard error and shrinkage that are worth a word, and an omega that is practically 0.
LARGE_ERROR, LARGE_SHRINKAGE, NO_SPREAD = 0.5, 0.3, 5e-3
#: A correlation that is practically +-1.
NO_MORE = 0.99


@comparable
@dataclass(frozen=True, eq=False)
class Predicted:
    """Measured values of one readout and their predictions.

    Parameters
    ----------
    unit : str
    subject : tuple of str
        Of each value.
    time_h, value : ndarray, shape (n_values,)
        Time [h] and measured value, or the limit of a censored one.
    censored : ndarray of bool, shape (n_values,)
    pred, ipred : ndarray, shape (n_values,)
        Prediction without random effects, and with those of the subject.
    iwres : ndarray, shape (n_values,)
        Individual weighted residual, (value - ipred)/sd; NaN for censored values.
    npde : ndarray, shape (n_values,)
        Normalised prediction distribution error: standard normal if the model is right (Brendel et al.
        2006), by simulation; censored values are drawn below or above their limit.
    grid_h : ndarray, shape (n_times,)
    curves, icurves : ndarray, shape (n_subjects, n_times)
        Both predictions over time, for figures.

    Examples
    --------
    >>> from ketasim.fitting import Predicted
    >>> Predicted("ng/mL", (), *(np.zeros(0),) * 10).unit
    'ng/mL'
    """

    unit: str
    subject: tuple[str, ...]
    time_h: FloatArray
    value: FloatArray
    censored: NDArray[np.bool_]
    pred: FloatArray
    ipred: FloatArray
    iwres: FloatArray
    npde: FloatArray
    grid_h: FloatArray
    curves: FloatArray
    icurves: FloatArray


@comparable
@dataclass(frozen=True, eq=False)
class PopulationFit(Savable):
    """Estimates of a population; made by `PopulationModel.fit`.

    Parameters
    ----------
    names, units, scales : tuple of str
        Of all estimated parameters: typical values and covariate effects (``beta.``), standard
        deviations of random effects on the scale of their parameter (``omega.``), correlations
        (``corr.``), residual errors (``error.``).
    x : ndarray, shape (dim,)
        Estimates on these scales.
    covariance : ndarray, shape (dim, dim)
        Inverse observed information on these scales; NaN where it has none.
    random, random_scales : tuple of str
        Parameters with random effects.
    omega : ndarray, shape (q, q)
        Covariance of the random effects.
    subjects : tuple of str
    individual : ndarray, shape (n_subjects, q)
        Conditional mode of each subject's parameters (EBE), in their units.
    eta, eta_mean, eta_sd : ndarray, shape (n_subjects, q)
        Conditional mode, mean and standard deviation of the random effects.
    minus_two_ll, minus_two_ll_error : float
        -2 log-likelihood by importance sampling, and its Monte-Carlo standard error.
    effective : ndarray, shape (n_subjects,)
        Effective number of its draws.
    distance : ndarray, shape (dim,)
        How far the maximum of the likelihood is from the estimate, by one Newton step [standard
        errors]; NaN where it says nothing.
    trace : ndarray, shape (n_iterations, dim)
        On the scales: SAEM, then Newton steps.
    burn_in, n_saem : int
        Iterations of burn-in and of SAEM in all.
    accepted : tuple of float
        Accepted shares of independent proposals and random walks.
    readouts : mapping of str to Predicted
    runs : int
        Number of simulated subjects.
    reml : bool

    Examples
    --------
    >>> import ketasim as ks
    >>> subjects = {str(k): ks.Scenario("ketamine 35 mg iv over 40 min") for k in range(6)}
    >>> rows = [ks.fitting.Measurement(s, "ketamine_venous", t, 1.0) for s in subjects for t in (1, 24)]
    >>> v3 = "pharmacokinetics.V3"
    >>> design = ks.fitting.PopulationModel(ks.Observations(subjects, rows), [v3], rtol=1e-4)
    >>> data = design.simulate({f"omega.{v3}": 0.4}, seed=1)
    >>> model = ks.fitting.PopulationModel(data, [v3], rtol=1e-4)
    >>> fit = model.fit(burn_in=30, averaging=30, draws=300, chains=4)
    >>> fit.eta.shape, fit.shrinkage[v3] < 0.5
    ((6, 1), True)
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    scales: tuple[str, ...]
    x: FloatArray
    covariance: FloatArray
    random: tuple[str, ...]
    random_scales: tuple[str, ...]
    omega: FloatArray
    subjects: tuple[str, ...]
    individual: FloatArray
    eta: FloatArray
    eta_mean: FloatArray
    eta_sd: FloatArray
    minus_two_ll: float
    minus_two_ll_error: float
    effective: FloatArray
    distance: FloatArray
    trace: FloatArray
    burn_in: int
    n_saem: int
    accepted: tuple[float, float]
    readouts: Mapping[str, Predicted]
    runs: int
    reml: bool

    # --- estimates ---

    @property
    def estimates(self) -> dict[str, float]:
        """The estimates, in the units of the parameters."""
        return dict(zip(self.names, self._natural(self.x).tolist(), strict=True))

    @property
    def standard_errors(self) -> dict[str, float]:
        """Standard errors in the units of the parameters; NaN where the data do not determine one."""
        slope = (self._natural(self.x + 1e-6) - self._natural(self.x - 1e-6)) / 2e-6
        return dict(zip(self.names, (np.abs(slope) * self._se).tolist(), strict=True))

    def __getitem__(self, name: str) -> float:
        """Return the estimate of a parameter, in its unit.

        Raises
        ------
        UnknownNameError
        """
        check_name(name, self.names, "estimated parameter")
        return self.estimates[name]

    def interval(self, name: str) -> tuple[float, float]:
        """Return the 95 % interval of a parameter: normal on its scale.

        Parameters
        ----------
        name : str

        Returns
        -------
        tuple of float
            In the unit of the parameter; NaN where the data do not determine it.

        Raises
        ------
        UnknownNameError
        """
        check_name(name, self.names, "estimated parameter")
        k = self.names.index(name)
        ends = np.tile(self.x, (2, 1))
        ends[:, k] += np.array([-Z95, Z95]) * self._se[k]
        low, high = self._natural(ends)[:, k].tolist()
        return low, high

    @property
    def aic(self) -> float:
        """Akaike's information criterion, -2LL + 2 dim."""
        return self.minus_two_ll + 2.0 * len(self.names)

    @property
    def shrinkage(self) -> dict[str, float]:
        """1 - sd(eta)/omega by parameter: near 1 the data say little about single subjects."""
        sd = np.sqrt(np.mean(self.eta**2, axis=0))
        share = 1.0 - sd / np.sqrt(np.diag(self.omega))
        return dict(zip(self.random, share.tolist(), strict=True))

    @property
    def _se(self) -> FloatArray:
        with np.errstate(invalid="ignore"):
            return np.asarray(np.sqrt(np.diag(self.covariance)))

    def _natural(self, x: FloatArray) -> FloatArray:
        found = [
            np.tanh(x[..., k]) if scale == "atanh" else inverse(scale, x[..., k])
            for k, scale in enumerate(self.scales)
        ]
        return np.stack(found, axis=-1)

    # --- judgement ---

    @property
    def converged(self) -> bool:
        """Whether the estimation has arrived; see `diagnosis`."""
        return not self._not_converged()

    @property
    def diagnosis(self) -> str:
        """What the diagnostics of the estimation say, in words."""
        why = self._not_converged()
        farthest = (
            float(np.nanmax(np.abs(self.distance))) if np.isfinite(self.distance).any() else np.nan
        )
        numbers = (
            f"the maximum of the likelihood is at most {farthest:.2f} standard errors away, -2LL has a "
            f"Monte-Carlo error of {self.minus_two_ll_error:.2f}"
        )
        if not why:
            return f"converged: {numbers}"
        return f"not converged: {'; '.join(why)}"

    def _not_converged(self) -> list[str]:
        why = []
        if not np.isfinite(self._se).all():
            bad = [n for n, s in zip(self.names, self._se, strict=True) if not np.isfinite(s)]
            why.append(
                f"the information matrix is not positive definite: the data do not determine {', '.join(bad[:4])} "
                "(all together); remove a random effect, a correlation or a parameter"
            )
        far = np.abs(np.nan_to_num(self.distance)) > FARTHEST
        if far.any():
            named = [n for n, yes in zip(self.names, far, strict=True) if yes]
            why.append(
                f"the maximum is more than {FARTHEST:g} standard errors away in {', '.join(named[:4])}; raise "
                "burn_in and averaging"
            )
        drift = self._drift()
        if np.nanmax(drift, initial=0.0) > MOST_DRIFT:
            name = self.names[int(np.nanargmax(drift))]
            why.append(
                f"{name} still moves by {np.nanmax(drift):.1f} standard errors in the averaging phase; raise burn_in"
            )
        few = self.effective < LEAST_EFFECTIVE
        if few.any():
            named = [s for s, yes in zip(self.subjects, few, strict=True) if yes]
            why.append(
                f"importance sampling has few effective draws in {len(named)} of {len(self.subjects)} subjects "
                f"({', '.join(named[:4])}); raise draws"
            )
        return why

    def _drift(self) -> FloatArray:
        """Return the change between the last iteration and half of the averaging phase."""
        late = self.trace[self.burn_in : self.n_saem]
        if len(late) < 4:
            return np.zeros(len(self.names))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.abs(late[-1] - late[len(late) // 2]) / self._se)

    @property
    def problems(self) -> tuple[str, ...]:
        """What speaks against the model or its parameters, in words; empty for a good fit."""
        found = []
        for name, one in self.readouts.items():
            found += _misfit(name, one)
        sd = np.sqrt(np.diag(self.omega))
        shrinkage = self.shrinkage
        for name, spread in zip(self.random, sd, strict=True):
            if spread < NO_SPREAD:
                found.append(
                    f"omega.{name} is at 0: the data do not show that subjects differ in it"
                )
            elif shrinkage[name] > LARGE_SHRINKAGE:
                found.append(
                    f"shrinkage of {name} is {100 * shrinkage[name]:.0f} %: values of single subjects are near the "
                    "typical one for want of data"
                )
        for name, value in self.estimates.items():
            if name.startswith("corr.") and abs(value) > NO_MORE:
                found.append(
                    f"{name} is at {value:+.2f}: the data do not tell the two random effects apart"
                )
        with np.errstate(divide="ignore", invalid="ignore"):
            errors = self.standard_errors
        for name, scale in zip(self.names, self.scales, strict=True):
            size = abs(self.estimates[name])
            if scale in ("log", "logit") and errors[name] > LARGE_ERROR * size:
                found.append(
                    f"{name} has a relative standard error of {100 * errors[name] / size:.0f} %: poorly determined"
                )
        return tuple(found)

    # --- tables ---

    def sheet(self, names: Iterable[str] | None = None) -> Sheet:
        """Return one row for each estimated parameter, as `save` writes it.

        Parameters
        ----------
        names : iterable of str, optional
            Columns to keep; default: all.

        Returns
        -------
        Sheet
        """
        ends = [self.interval(name) for name in self.names]
        columns = [
            Column("parameter", list(self.names)),
            Column("unit", list(self.units)),
            Column("estimate", list(self.estimates.values())),
            Column("se", list(self.standard_errors.values())),
            Column("low", [low for low, _ in ends]),
            Column("high", [high for _, high in ends]),
        ]
        return Sheet(_chosen(columns, names), "row", self._facts())

    def subject_sheet(self) -> Sheet:
        """Return one row for each subject: modes (EBE), random effects and their conditional sd.

        Returns
        -------
        Sheet
        """
        columns = [Column("subject", list(self.subjects))]
        for k, name in enumerate(self.random):
            unit = self.units[self.names.index(name)] if name in self.names else ""
            columns.append(Column(name, self.individual[:, k].tolist(), unit))
            columns.append(Column(f"eta.{name}", self.eta[:, k].tolist()))
            columns.append(Column(f"eta_sd.{name}", self.eta_sd[:, k].tolist()))
        return Sheet(tuple(columns), "row", self._facts())

    def residual_sheet(self) -> Sheet:
        """Return one row for each measured value: PRED, IPRED, IWRES and NPDE.

        Returns
        -------
        Sheet
        """
        together: dict[str, list[Any]] = {}
        for name, one in self.readouts.items():
            n = len(one.subject)
            rows: dict[str, Sequence[Any]] = {
                "subject": one.subject,
                "readout": [name] * n,
                "unit": [one.unit] * n,
                "time_h": one.time_h.tolist(),
                "value": one.value.tolist(),
                "censored": one.censored.astype(int).tolist(),
                "pred": one.pred.tolist(),
                "ipred": one.ipred.tolist(),
                "iwres": one.iwres.tolist(),
                "npde": one.npde.tolist(),
            }
            for column, values in rows.items():
                together.setdefault(column, []).extend(values)
        columns = tuple(Column(name, values) for name, values in together.items())
        return Sheet(columns, "row", self._facts())

    def _facts(self) -> dict[str, str | int | float]:
        return {
            **model_facts(),
            "subjects": len(self.subjects),
            "minus_two_ll": self.minus_two_ll,
            "minus_two_ll_error": self.minus_two_ll_error,
            "aic": self.aic,
            "diagnosis": self.diagnosis,
        }

    # --- figures ---

    def plot(self) -> Figure:
        """Draw the course of the estimation (extra ``ketasim[plot]``).

        Returns
        -------
        matplotlib.figure.Figure
            Every parameter over the iterations; the line divides burn-in and averaging.
        """
        from ketasim.fitting._population_figures import course_figure

        return course_figure(
            self.names, self.units, self._natural(self.trace), self.burn_in, self.diagnosis
        )

    def plot_individuals(
        self, readout: str | None = None, subjects: Sequence[str] | None = None
    ) -> Figure:
        """Draw measured values of subjects with both predictions (extra ``ketasim[plot]``).

        Parameters
        ----------
        readout : str, optional
            Default: the first one.
        subjects : sequence of str, optional
            Default: the first twelve.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        UnknownNameError
        """
        from ketasim.fitting._population_figures import individual_figure

        chosen = next(iter(self.readouts)) if readout is None else readout
        check_name(chosen, self.readouts, "measured readout")
        shown = self.subjects[:12] if subjects is None else tuple(subjects)
        for name in shown:
            check_name(name, self.subjects, "subject")
        return individual_figure(chosen, self.readouts[chosen], self.subjects, shown)

    def plot_random_effects(self) -> Figure:
        """Draw the conditional modes of the random effects beside their distribution.

        Returns
        -------
        matplotlib.figure.Figure
            One panel for each random effect, with its shrinkage.
        """
        from ketasim.fitting._population_figures import random_effect_figure

        sd = np.sqrt(np.diag(self.omega))
        return random_effect_figure(
            self.random, self.random_scales, self.eta, sd, list(self.shrinkage.values())
        )

    def __repr__(self) -> str:
        width = max(map(len, self.names))
        errors = self.standard_errors
        lines = []
        for name, unit, value in zip(self.names, self.units, self.estimates.values(), strict=True):
            low, high = self.interval(name)
            lines.append(
                f"{name:{width}}  {value:10.4g}  ({low:.4g} to {high:.4g}) {unit}".rstrip()
                + f"  se {errors[name]:.3g}"
            )
        shrinkage = ", ".join(f"{n} {100 * s:.0f} %" for n, s in self.shrinkage.items())
        kind = "restricted maximum likelihood" if self.reml else "maximum likelihood"
        problems = [f"note: {one}" for one in self.problems]
        return "\n".join([
            f"<PopulationFit: {len(self.subjects)} subjects, {kind} by SAEM; {self.diagnosis}",
            *lines,
            f"-2LL {self.minus_two_ll:.2f} (Monte-Carlo error {self.minus_two_ll_error:.2f}), AIC {self.aic:.2f}",
            f"shrinkage: {shrinkage}",
            *problems,
            "estimate, 95 % interval, standard error>",
        ])  # fmt: skip


def _chosen(columns: list[Column], names: Iterable[str] | None) -> tuple[Column, ...]:
    if names is None:
        return tuple(columns)
    by_name = {c.name: c for c in columns}
    for name in names:
        check_name(name, by_name, "column")
    return tuple(by_name[name] for name in names)


def _misfit(name: str, one: Predicted) -> list[str]:
    """Return what the normalised prediction errors of a readout say against the model."""
    n = one.npde.size
    mean, sd = float(one.npde.mean()), float(one.npde.std())
    if abs(mean) * np.sqrt(n) > IMPLAUSIBLE:
        side = "above" if mean > 0.0 else "below"
        found = f"{name} lie {side} their predictions (mean of NPDE {mean:.2f}, 0 if the model is right)"
        return [f"the fit is poor: values of {found}"]
    if abs(sd - 1.0) * np.sqrt(2.0 * n) > IMPLAUSIBLE:
        side = "more" if sd > 1.0 else "less"
        found = (
            f"{name} scatter {side} than predicted (sd of NPDE {sd:.2f}, 1 if the model is right)"
        )
        return [f"the fit is poor: values of {found}"]
    worst = (0.0, 0.0, 0.0)
    for time in np.unique(one.time_h):
        at = one.npde[one.time_h == time]
        z = float(at.mean() * np.sqrt(at.size))
        if at.size >= 5 and abs(z) > abs(worst[0]):
            worst = (z, float(time), float(at.mean()))
    if abs(worst[0]) > IMPLAUSIBLE:
        side = "above" if worst[0] > 0.0 else "below"
        mean_there = f"(mean of NPDE {worst[2]:.2f}, 0 if the model is right)"
        found = f"{name} at {worst[1]:g} h lie {side} their predictions {mean_there}"
        return [f"the fit is poor: values of {found}"]
    return []
