"""Predictions with their uncertainty: any scenario, and the measured data themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike

from ketasim._arrays import FloatArray
from ketasim._wording.frozen import comparable
from ketasim._wording.lists import listed_names
from ketasim._wording.names import check_name, shortened
from ketasim._wording.numbers import check_whole
from ketasim.catalogue._model_tables import parameters as parameter_table
from ketasim.catalogue._model_tables import readouts as readout_table
from ketasim.catalogue._ranges import limits_before, possible_range
from ketasim.catalogue._variability import SENSITIVITY, SPREAD_OF_SENSITIVITY, individual
from ketasim.dosing._dose import Dose
from ketasim.dosing._regimen import Regimen
from ketasim.errors import ScenarioError
from ketasim.files._save import Savable
from ketasim.files._sheet import Column, Sheet, model_facts
from ketasim.fitting._density import Density
from ketasim.fitting._sampling import Draws
from ketasim.fitting._theta import set_of
from ketasim.population._simulate_population import simulate_population
from ketasim.scenario._output_times import output_times
from ketasim.scenario._overrides import as_scenario
from ketasim.scenario._scenario import Scenario, given_value

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Of = Literal["parameters", "patients", "both"]
OF = ("parameters", "patients", "both")
#: How names of drawn parameters begin that are none of a run of the model.
OF_NO_RUN = ("error.", "observation.", "omega.", "beta.", "corr.", "subject.", "dose.")
#: Most bins of time of a visual predictive check.
MOST_BINS = 12
#: Quantiles of the data that a visual predictive check compares, and of their simulated band.
COMPARED, BAND = (0.1, 0.5, 0.9), (0.025, 0.5, 0.975)


@comparable
@dataclass(frozen=True, eq=False)
class PredictiveBands(Savable):
    """Predictions of a scenario, with parameter uncertainty and the spread of patients apart.

    Parameters
    ----------
    scenario : Scenario
    t : ndarray, shape (n_times,)
        Times [h].
    parameters : mapping of str to ndarray, shape (n, n_times)
        The typical patient at each draw of the parameters, by readout.
    patients : mapping of str to ndarray, shape (n, n_times)
        Patients at the median of the draws.
    both : mapping of str to ndarray, shape (n, n_times)
        One patient at each draw.

    Examples
    --------
    >>> import ketasim as ks
    >>> bands = ks.predict(
    ...     ks.fitting.calibrated().draws(20), "ketamine 0.5 mg/kg iv over 40 min",
    ...     ["madrs_change"], t_eval=[0, 24],
    ... )
    >>> low, high = bands.quantiles("madrs_change", (0.05, 0.95))[:, -1]
    >>> bool(low < high)
    True
    """

    scenario: Scenario
    t: FloatArray
    parameters: Mapping[str, FloatArray]
    patients: Mapping[str, FloatArray]
    both: Mapping[str, FloatArray]

    @property
    def readouts(self) -> tuple[str, ...]:
        """Names of the predicted readouts."""
        return tuple(self.parameters)

    def quantiles(
        self, readout: str, shares: Sequence[float] = (0.025, 0.5, 0.975), of: Of = "parameters"
    ) -> FloatArray:
        """Return quantiles over draws.

        Parameters
        ----------
        readout : str
        shares : sequence of float
            From 0 to 1.
        of : {'parameters', 'patients', 'both'}
            What differs between the draws.

        Returns
        -------
        ndarray, shape (n_shares, n_times)
            In the unit of the readout; members that failed are left out.

        Raises
        ------
        UnknownNameError
        """
        check_name(readout, self.readouts, "predicted readout")
        check_name(of, OF, "source of spread")
        return np.asarray(np.nanquantile(getattr(self, of)[readout], shares, axis=0))

    def sheet(self, names: Iterable[str] | None = None) -> Sheet:
        """Return quantiles in columns, as `save` writes them.

        Parameters
        ----------
        names : iterable of str, optional
            Readouts to keep; default: all.

        Returns
        -------
        Sheet
        """
        columns = [Column("time", self.t.tolist(), "h")]
        for readout in self._chosen("names", names):
            unit = str(readout_table()[readout]["unit"])
            for of in OF:
                low, middle, high = self.quantiles(readout, of=of)  # type: ignore[arg-type]
                for word, values in (("low", low), ("median", middle), ("high", high)):
                    columns.append(Column(f"{readout}_{of}_{word}", values.tolist(), unit))
        return Sheet(tuple(columns), "time", {**model_facts(), "scenario": str(self.scenario)})

    def plot(self, readouts: Sequence[str] | None = None) -> Figure:
        """Draw both bands of each readout (extra ``ketasim[plot]``).

        Parameters
        ----------
        readouts : sequence of str, optional
            Default: all.

        Returns
        -------
        matplotlib.figure.Figure
            Dark: 95 % of parameter uncertainty. Light: 95 % of patients, parameters uncertain too.
        """
        from ketasim.fitting._figures import bands_figure

        chosen = self._chosen("readouts", readouts)
        quantiles = {
            name: (self.quantiles(name), self.quantiles(name, of="both")) for name in chosen
        }
        units = {name: str(readout_table()[name]["unit"]) for name in chosen}
        return bands_figure(self.t, quantiles, units, str(self.scenario))

    def _chosen(self, argument: str, names: Iterable[str] | None) -> tuple[str, ...]:
        if names is None:
            return self.readouts
        return listed_names(argument, names, self.readouts[0])

    def __repr__(self) -> str:
        n = len(next(iter(self.parameters.values())))
        return f"<PredictiveBands: {', '.join(self.readouts)}; {self.t.size} times, {n} draws; {self.scenario}>"


def check_draws(given: object) -> Draws:
    """Return draws of a posterior, or refuse what is none.

    Raises
    ------
    ScenarioError
    """
    if not isinstance(given, Draws):
        raise ScenarioError(
            f"draws = {shortened(given)}: give the result of Posterior.sample, or of fitting.calibrated().draws"
        )
    return given


def predict(
    draws: Draws,
    scenario: Scenario | Regimen | Dose | str,
    readouts: Sequence[str] = ("madrs_change",),
    *,
    until: float | str | None = None,
    t_eval: ArrayLike | None = None,
    n: int = 200,
    seed: int = 0,
) -> PredictiveBands:
    """Predict a scenario from draws of parameters.

    Parameters
    ----------
    draws : Draws
        Of a posterior, `Posterior.sample`, or of the model itself, ``ks.fitting.calibrated().draws(200)``.
    scenario : Scenario, Regimen, Dose or str
        As in `simulate`.
    readouts : sequence of str
    until : float or str, optional
        As in `simulate`.
    t_eval : array_like, shape (n_times,), optional
        As in `simulate`.
    n : int
        Number of draws that are used.
    seed : int
        Which draws, and which patients.

    Returns
    -------
    PredictiveBands

    Raises
    ------
    ScenarioError, UnknownNameError
        Also if no drawn parameter acts in the species of the scenario.

    Examples
    --------
    >>> import ketasim as ks
    >>> draws = ks.fitting.calibrated().draws(50)
    >>> ks.predict(draws, "ketamine 0.5 mg/kg iv over 40 min", ["cadss"], t_eval=[0, 1]).readouts
    ('cadss',)
    """
    check_whole("n", n, 1)
    check_whole("seed", seed, 0)
    whole = as_scenario(scenario)
    species = whole.subject.species
    table = parameter_table(species)
    typical = _acting(check_draws(draws).flat(n, seed), set_of(species))
    if not typical:
        raise ScenarioError(f"none of {', '.join(draws.names)} acts in a {species}")
    for name in typical.keys() & whole.parameters.keys():
        raise ScenarioError(f"{name} is drawn, and set in the scenario: remove one")
    times = output_times(whole, until, t_eval)
    kept = listed_names("readouts", readouts, "madrs_change")
    medians = {name: np.full(n, float(np.median(x))) for name, x in typical.items()}
    rng = np.random.default_rng(seed)
    normal = {
        str(row["name"]): rng.standard_normal(n) for row in table if float(row["iiv_cv_pct"]) > 0.0
    }
    normal[SENSITIVITY] = rng.standard_normal(n)

    def run(columns: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        columns = dict(columns)
        if SENSITIVITY in columns:
            columns.setdefault(
                SPREAD_OF_SENSITIVITY, np.full(n, float(table[SPREAD_OF_SENSITIVITY]["value"]))
            )
        people = simulate_population(
            whole, n, readouts=kept, t_eval=times, parameters=columns, progress=False
        )
        return {name: people[name] for name in kept}

    def of_patients(columns: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        return run(_patients(whole, columns, normal, n))

    return PredictiveBands(whole, times, run(typical), of_patients(medians), of_patients(typical))


def _acting(draws: Mapping[str, FloatArray], of: str) -> dict[str, FloatArray]:
    """Return the draws of parameters that act in a set of parameters, by parameter."""
    found = {}
    for name, values in draws.items():
        if name.startswith(OF_NO_RUN):
            continue
        prefix, _, rest = name.rpartition(":")
        if prefix in ("", of):
            found[rest] = values
    return found


def _patients(
    scenario: Scenario,
    typical: Mapping[str, FloatArray],
    normal: Mapping[str, FloatArray],
    n: int,
) -> dict[str, FloatArray]:
    """Return the parameters of n patients around typical ones."""
    table, factors = parameter_table(scenario.subject.species), scenario.subject.factors()
    found = dict(typical)

    def usual(name: str) -> FloatArray:
        return np.asarray(typical.get(name, np.full(n, given_value(scenario, name))))

    for name, z in normal.items():
        if name == SENSITIVITY:
            spread = usual(SPREAD_OF_SENSITIVITY)
            found[name] = np.array([
                float(individual(name, m, s, x))
                for m, s, x in zip(usual(name).tolist(), spread.tolist(), z.tolist(), strict=True)
            ])  # fmt: skip
            continue
        cv = float(table[name]["iiv_cv_pct"]) / 100.0
        values = individual(name, usual(name), cv, z)  # type: ignore[arg-type]
        least, most = possible_range(table[name])
        low, high = limits_before(table[name], factors.get(name, 1.0))
        found[name] = np.clip(values, max(least, low), min(most, high))
    found[SPREAD_OF_SENSITIVITY] = np.zeros(n)
    return found


# --- visual predictive checks -----------------------------------------------------------------------


@comparable
@dataclass(frozen=True, eq=False)
class CheckedReadout:
    """One readout of a visual predictive check.

    Parameters
    ----------
    unit : str
    times : ndarray, shape (n_bins,)
        Median time of each bin [h].
    observed : ndarray, shape (3, n_bins)
        10th, 50th and 90th percentile of the data; NaN where it is below the limit of quantification.
    simulated : ndarray, shape (3, 3, n_bins)
        2.5 %, 50 % and 97.5 % of each percentile over simulated data sets: (percentile, quantile, bin).
    below : ndarray, shape (n_bins,)
        Observed share below the limit of quantification.
    simulated_below : ndarray, shape (3, n_bins)
    data_times, data : ndarray, shape (n,)
        Values that were measured, corrected if the check is.

    Examples
    --------
    >>> from ketasim.fitting import CheckedReadout
    >>> CheckedReadout("ng/mL", *(np.zeros(0),) * 7).unit
    'ng/mL'
    """

    unit: str
    times: FloatArray
    observed: FloatArray
    simulated: FloatArray
    below: FloatArray
    simulated_below: FloatArray
    data_times: FloatArray
    data: FloatArray


@comparable
@dataclass(frozen=True, eq=False)
class VisualCheck:
    """A visual predictive check: percentiles of the data beside those of simulated data sets.

    Parameters
    ----------
    readouts : mapping of str to CheckedReadout
    corrected : bool
        Whether values are corrected for the prediction (Bergstrand et al. 2011).

    Examples
    --------
    >>> from ketasim.fitting import VisualCheck
    >>> VisualCheck({}, False).corrected
    False
    """

    readouts: Mapping[str, CheckedReadout]
    corrected: bool

    @property
    def inside(self) -> float:
        """Share of observed percentiles that lie in the band of the simulated ones; near 0.95."""
        hits: list[bool] = []
        for one in self.readouts.values():
            low, _, high = np.moveaxis(one.simulated, 1, 0)
            seen = np.isfinite(one.observed) & np.isfinite(low)
            within = (low <= one.observed) & (one.observed <= high)
            hits += within[seen].tolist()
        return float(np.mean(hits)) if hits else float("nan")

    def plot(self) -> Figure:
        """Draw percentiles and, where values are censored, the share below the limit.

        Returns
        -------
        matplotlib.figure.Figure
        """
        from ketasim.fitting._figures import check_figure

        return check_figure(self.readouts, self.corrected)

    def __repr__(self) -> str:
        return (
            f"<VisualCheck: {', '.join(self.readouts)}; {100 * self.inside:.0f} % of observed percentiles "
            "inside their band>"
        )


def visual_check(
    density: Density, draws: Draws, n: int, seed: int, *, corrected: bool
) -> VisualCheck:
    """Compare data with simulated data; parameters as in `Posterior.visual_check`."""
    check_whole("n", n, 10)
    check_whole("seed", seed, 0)
    if not density.data.measurements:
        raise ScenarioError("a visual predictive check needs measured values of subjects")
    rng = np.random.default_rng(seed)
    drawn = draws.flat(n, seed)
    x = np.stack([drawn[name] for name in density.names], axis=-1)
    middle = np.median(x, axis=0)
    found: dict[str, list[tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]]] = {}
    for block, f, simulated in density.simulated_blocks(np.vstack([middle, x]), rng):
        observed = np.where(block.residuals.left, -np.inf, block.residuals.values)
        times = np.array([m.time_h for m in block.rows])
        left = np.where(block.residuals.left, block.residuals.values, np.nan)
        found.setdefault(block.readout, []).append((times, observed, f[0], simulated[1:], left))
    return VisualCheck(
        {name: checked(name, parts, corrected=corrected) for name, parts in found.items()},
        corrected,
    )


def checked(
    readout: str,
    parts: list[tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]],
    *,
    corrected: bool,
) -> CheckedReadout:
    times, observed, predicted, left = (
        np.concatenate([part[k] for part in parts]) for k in (0, 1, 2, 4)
    )
    simulated = np.concatenate([part[3] for part in parts], axis=1)
    limit = float(np.nanmax(left)) if np.isfinite(left).any() else -np.inf
    simulated = np.where(simulated < limit, -np.inf, simulated)
    bins = _bins(times)
    if corrected:
        for b in np.unique(bins):
            at = bins == b
            factor = np.median(predicted[at]) / np.maximum(predicted[at], 1e-300)
            observed[at] *= factor
            simulated[:, at] *= factor
    count = int(bins.max()) + 1
    shape = (len(COMPARED), count)
    quantiles = np.full(shape, np.nan)
    bands = np.full((len(COMPARED), len(BAND), count), np.nan)
    below, bands_below = np.zeros(count), np.zeros((len(BAND), count))
    for b in range(count):
        at = bins == b
        quantiles[:, b] = _lower_quantiles(observed[at], COMPARED)
        by_set = np.array([_lower_quantiles(one, COMPARED) for one in simulated[:, at]])
        for q in range(len(COMPARED)):
            seen = by_set[:, q][np.isfinite(by_set[:, q])]
            if seen.size:
                bands[q, :, b] = np.quantile(seen, BAND)
        below[b] = np.mean(np.isneginf(observed[at]))
        bands_below[:, b] = np.quantile(np.isneginf(simulated[:, at]).mean(axis=1), BAND)
    shown = np.isfinite(observed)
    return CheckedReadout(
        str(readout_table()[readout]["unit"]),
        np.array([np.median(times[bins == b]) for b in range(count)]),
        quantiles,
        bands,
        below,
        bands_below,
        times[shown],
        observed[shown],
    )


def _lower_quantiles(x: FloatArray, shares: Sequence[float]) -> FloatArray:
    """Return quantiles that are elements of x, NaN where they are below the limit."""
    found = np.sort(x)[[min(len(x) - 1, int(share * len(x))) for share in shares]]
    return np.where(np.isfinite(found), found, np.nan)


def _bins(times: FloatArray) -> np.ndarray[tuple[int, ...], np.dtype[np.intp]]:
    """Return the bin of each time: one for each distinct time, or equally filled ones."""
    distinct, index = np.unique(times, return_inverse=True)
    if distinct.size <= MOST_BINS:
        return np.asarray(index)
    edges = np.unique(np.quantile(times, np.linspace(0.0, 1.0, MOST_BINS + 1)))
    found = np.clip(np.searchsorted(edges, times, side="right") - 1, 0, edges.size - 2)
    return np.unique(found, return_inverse=True)[1]
