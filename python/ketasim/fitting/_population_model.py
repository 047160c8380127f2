"""A population model: subjects differ by random effects and covariates; its fit by SAEM."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Unpack

import numpy as np

from ketasim import _core
from ketasim._arrays import FloatArray
from ketasim._runtime.optional import require
from ketasim._runtime.progress import progress_bar
from ketasim._wording.names import check_name, shortened
from ketasim._wording.numbers import MOST_THREADS, check_whole
from ketasim._wording.plain_numbers import number_or_nan
from ketasim._wording.sealed import sealed
from ketasim.catalogue._model_tables import readouts as readout_table
from ketasim.errors import EvidenceError, ScenarioError
from ketasim.fitting._conditional import Modes, Point, importance_sample, modes
from ketasim.fitting._density import medians
from ketasim.fitting._error_model import ErrorModel, error_models
from ketasim.fitting._free import ADDITIVE_SHARES, PROPORTIONAL_RANGE
from ketasim.fitting._hierarchical import Hierarchy, Priors
from ketasim.fitting._observations import Observations
from ketasim.fitting._population_errors import prediction_errors
from ketasim.fitting._population_fit import NO_MORE, NO_SPREAD, PopulationFit, Predicted
from ketasim.fitting._population_information import Coordinates, Information, information
from ketasim.fitting._population_likelihood import SubjectLikelihood
from ketasim.fitting._population_parameters import (
    FIRST_OMEGA,
    CovariateEffect,
    Individuals,
    check_theta,
    g,
    inverse,
)
from ketasim.fitting._prediction import VisualCheck, checked
from ketasim.fitting._prior import Prior
from ketasim.fitting._runs import OF_SUBJECT
from ketasim.fitting._saem import Path, Settings, saem
from ketasim.fitting._sampling import ConvergenceWarning, Draws, diagnostics
from ketasim.fitting._theta import Theta, set_of
from ketasim.scenario._solver_options import (
    SolverKeywords,
    check_keywords,
    one_row_per_time,
    solver_options,
)

#: Subjects times chains: fewer would leave averages of one iteration noisy.
LANES = 96
#: Simulated data sets for normalised prediction errors, and times of curves in figures.
SIMULATED, GRID = 500, 101
#: Most Newton steps after SAEM, and a distance to the maximum that needs none [standard errors].
REFINED, NEAR = 8, 0.15
#: Least draws of importance sampling of each subject for such a step.
LEAST_DRAWS = 300


@sealed
class PopulationModel:
    """A model of a population: typical values, random effects, covariate effects, residual errors.

    Parameters
    ----------
    data : Observations
        Of subjects, `Observations.from_table`.
    theta : sequence of str
        Parameters of the model, ``"pharmacokinetics.V1"``, and what may be unknown in a subject:
        ``"subject.weight_kg"`` [kg], ``"subject.severity"`` [1], ``"dose.factor"`` (all amounts) [1] and
        ``"dose.lag_h"`` (added to all starts) [h].
    random : sequence of str, optional
        Those of theta that differ between subjects; default: all. They are log-normal, fractions
        logit-normal, and normal where the plausible range includes 0.
    correlated : bool or sequence of sequences of str
        Which random effects are correlated: all (True), none (default), or those within each group.
    covariates : mapping of str to mapping, optional
        Covariate effects by parameter and covariate: ``{"pharmacokinetics.V1": {"WT": "power"}}``, with a
        kind or a `CovariateEffect`. Covariates are columns of the table, or weight_kg, age_y, severity
        and baseline_madrs of the subject.
    error : mapping of str to str or ErrorModel, optional
        Residual error by readout, as in `Posterior`.
    start : mapping of str to float, optional
        Typical values where the search begins; default: the model's own.
    fixed : mapping of str to float, optional
        Typical values that are not estimated, such as ``{"dose.factor": 1.0}``.
    threads : int, optional
        Default: all that the process may use. Results do not depend on it.
    **solver
        Fields of `SolverOptions`.

    Raises
    ------
    UnknownNameError
        For a parameter, covariate, readout or error model that does not exist.
    ScenarioError, EvidenceError
        For an impossible request: fewer subjects than random effects, a subject without a measured value
        or without a covariate.

    Notes
    -----
    On its scale g (logarithm, logit or the value itself) the parameter of subject i is::

        g(psi_i) = g(theta) + beta x_i + eta_i,   eta_i ~ N(0, Omega)

    ``omega.`` of a result are standard deviations of eta; on the logarithm near the coefficient of variation.

    Examples
    --------
    >>> import ketasim as ks
    >>> table = {
    ...     "ID": [1, 1, 1, 2, 2, 2, 3, 3, 3], "TIME": [0, 1, 4] * 3, "AMT": [35, 0, 0] * 3,
    ...     "DUR [min]": [40, 0, 0] * 3, "DV": [None, 95, 27, None, 70, 25, None, 120, 40],
    ... }
    >>> data = ks.Observations.from_table(
    ...     table, drug="ketamine", route="iv", readout="ketamine_venous"
    ... )
    >>> model = ks.fitting.PopulationModel(data, ["pharmacokinetics.V3"])
    >>> model.names
    ('pharmacokinetics.V3', 'omega.pharmacokinetics.V3', 'error.ketamine_venous.proportional')
    """

    def __init__(
        self,
        data: Observations,
        theta: Sequence[str],
        *,
        random: Sequence[str] | None = None,
        correlated: bool | Sequence[Sequence[str]] = False,
        covariates: Mapping[str, Mapping[str, str | CovariateEffect]] | None = None,
        error: Mapping[str, str | ErrorModel] | None = None,
        start: Mapping[str, float] | None = None,
        fixed: Mapping[str, float] | None = None,
        threads: int | None = None,
        **solver: Unpack[SolverKeywords],
    ) -> None:
        check_keywords(PopulationModel.__init__, solver)
        subjects = _subjects(data)
        if threads is not None:
            check_whole("threads", threads, 1, MOST_THREADS)
        names = check_theta(theta)
        self._data = data
        self._errors = error_models(error, data.measurements)
        sets = {set_of(data.subjects[s].subject.species) for s in subjects}
        of_model = Theta([name for name in names if name not in OF_SUBJECT], sets)
        self._individuals = Individuals(
            data, subjects, names, random, correlated, covariates, start, fixed, of_model
        )
        self._likelihood = SubjectLikelihood(
            data,
            self._individuals,
            self._errors,
            of_model,
            one_row_per_time(solver_options(None, solver)),
            threads or _core.available_threads(),
        )
        self._coordinates = Coordinates(self._likelihood)
        self._start = self._first_point()
        self._check_start()

    # --- what it is ---

    @property
    def data(self) -> Observations:
        """The observations."""
        return self._data

    @property
    def subjects(self) -> tuple[str, ...]:
        """The subjects, in the order of the table."""
        return self._individuals.subjects

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the estimated parameters."""
        return tuple(row.name for row in self._coordinates.rows)

    @property
    def random(self) -> tuple[str, ...]:
        """Parameters that differ between subjects."""
        return self._individuals.random_names

    @property
    def errors(self) -> dict[str, ErrorModel]:
        """The residual error of every readout."""
        return dict(self._errors)

    def __repr__(self) -> str:
        return (
            f"<PopulationModel: {len(self.subjects)} subjects, {len(self._data.measurements)} values; random: "
            f"{', '.join(self.random)}; {len(self.names)} estimated parameters>"
        )

    # --- fit ---

    def fit(
        self,
        *,
        seed: int = 0,
        burn_in: int = 100,
        averaging: int = 100,
        chains: int | None = None,
        draws: int = 1000,
        reml: bool = True,
        progress: bool | Callable[[int], None] | None = None,
    ) -> PopulationFit:
        """Estimate the population by SAEM (extra ``ketasim[fit]``).

        Parameters
        ----------
        seed : int
        burn_in, averaging : int
            Iterations without, and with, averages over iterations.
        chains : int, optional
            Default: so many that subjects times chains are about 100, two or more.
        draws : int
            Draws of importance sampling of each subject, for -2LL and standard errors.
        reml : bool
            Restricted maximum likelihood (default), which corrects ``omega`` for the fixed effects that are
            estimated from the same subjects; or maximum likelihood, for a comparison of models by -2LL.
        progress : bool or callable, optional
            As in `simulate_population`, over iterations.

        Returns
        -------
        PopulationFit
            With a `ConvergenceWarning` if it has not converged. The same for any number of threads.

        Raises
        ------
        ScenarioError
            For a number that is not possible.
        MissingLibraryError
            Without SciPy.

        Notes
        -----
        Fixed effects and Omega have closed forms, and so have additive, proportional and log-normal errors;
        censored values are drawn (Samson et al. 2006). Combined errors, likelihood M4, and parameters without
        random effects make a step along the expected score, scaled by the expected information.
        A few Newton steps on the importance-sampled likelihood follow where SAEM has not yet arrived.
        Standard errors are from the observed information of the importance-sampled likelihood (Louis 1982);
        intervals are normal on the scale of each parameter.

        Kuhn, E. and Lavielle, M. (2005), Comput. Stat. Data Anal. 49:1020.

        Examples
        --------
        >>> import ketasim as ks
        >>> subjects = {str(k): ks.Scenario("ketamine 35 mg iv over 40 min") for k in range(8)}
        >>> rows = [
        ...     ks.fitting.Measurement(s, "ketamine_venous", t, 1.0) for s in subjects for t in (1, 6, 24)
        ... ]
        >>> v3 = "pharmacokinetics.V3"
        >>> design = ks.fitting.PopulationModel(ks.Observations(subjects, rows), [v3], rtol=1e-4)
        >>> data = design.simulate({v3: 250.0, f"omega.{v3}": 0.3}, seed=1)
        >>> model = ks.fitting.PopulationModel(data, [v3], rtol=1e-4)
        >>> fit = model.fit(burn_in=30, averaging=30, draws=300, chains=4)
        >>> low, high = fit.interval(v3)
        >>> low < 250.0 < high
        True
        """
        for name, number, least in (
            ("seed", seed, 0), ("burn_in", burn_in, 4), ("averaging", averaging, 4), ("draws", draws, 50),
        ):  # fmt: skip
            check_whole(name, number, least)
        n_chains = max(2, -(-LANES // len(self.subjects)))
        if chains is not None:
            check_whole("chains", chains, 1)
            n_chains = chains
        require("scipy.special", "fit")
        rng = np.random.default_rng(seed)
        before = self._likelihood.count
        settings = Settings(burn_in, averaging, n_chains, bool(reml))
        with progress_bar(burn_in + averaging, "iterations", progress) as tick:
            path = saem(self._likelihood, self._start, settings, rng, tick)
        path = self._refined(path, settings, draws, rng)
        judged = self._judged(path, settings, draws, rng)
        found = self._result(path, judged, settings, rng, before)
        if not found.converged:
            warnings.warn(f"the fit has {found.diagnosis}", ConvergenceWarning, stacklevel=2)
        return found

    def sample(
        self,
        draws: int = 400,
        *,
        near: PopulationFit | None = None,
        tune: int | None = None,
        seed: int = 0,
        chains: int = 8,
        prior: Mapping[str, Prior | tuple[float, float]] | None = None,
        progress: bool | Callable[[int], None] | None = None,
    ) -> Draws:
        """Draw from the posterior of the population (full Bayes; extra ``ketasim[fit]``).

        Parameters
        ----------
        draws : int
            Kept draws of each chain.
        near : PopulationFit, optional
            Chains start there; default: `fit` with the same seed.
        tune : int, optional
            Draws of each chain that are left out before; default: half of ``draws``.
        seed : int
        chains : int
            All are simulated in one ensemble call.
        prior : mapping of str to Prior or (low, high), optional
            Of typical values and residual errors, by name; (low, high) hold 95 %. Default: the plausible
            range of `ketasim.parameters`.
        progress : bool or callable, optional
            As in `fit`.

        Returns
        -------
        Draws
            Of all ``names``. ``log_prob`` is the log density of data and random effects together. With a
            `ConvergenceWarning` if R-hat or the effective sample size say that the chains are too short.

        Raises
        ------
        ScenarioError, UnknownNameError
            For a number or prior that is not possible.

        Notes
        -----
        Priors: typical values are normal on their scale. A covariate effect is normal around 0, and moves a
        parameter by one (on its scale) in one standard deviation, where the covariate is farthest from its
        reference. A standard deviation of random effects is half-t with 2 degrees of freedom and scale 1, or
        a quarter of the prior's range for parameters on a linear scale; correlations in a pair are uniform
        (Huang, A. and Wand, M. P. 2013, Bayesian Anal. 8:439).

        Examples
        --------
        >>> import ketasim as ks
        >>> subjects = {str(k): ks.Scenario("ketamine 35 mg iv over 40 min") for k in range(8)}
        >>> rows = [
        ...     ks.fitting.Measurement(s, "ketamine_venous", t, 1.0) for s in subjects for t in (1, 6, 24)
        ... ]
        >>> v3 = "pharmacokinetics.V3"
        >>> design = ks.fitting.PopulationModel(ks.Observations(subjects, rows), [v3], rtol=1e-4)
        >>> data = design.simulate({v3: 250.0, f"omega.{v3}": 0.3}, seed=1)
        >>> model = ks.fitting.PopulationModel(data, [v3], rtol=1e-4)
        >>> fit = model.fit(burn_in=30, averaging=30, draws=300, chains=4)
        >>> import warnings
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore", ks.fitting.ConvergenceWarning)
        ...     draws = model.sample(20, near=fit, chains=4)
        >>> draws.values.shape
        (4, 20, 3)
        """
        for name, number, least in (("draws", draws, 4), ("seed", seed, 0), ("chains", chains, 2)):
            check_whole(name, number, least)
        first = draws // 2 if tune is None else tune
        check_whole("tune", first, 0)
        priors = self._priors(prior)
        near = self.fit(seed=seed) if near is None else near
        point = self._point_of(near)
        start = self._individuals.centre(point.coefficients) + near.eta
        found = modes(self._likelihood, point, start)
        rng = np.random.default_rng(seed)
        hierarchy = Hierarchy(
            self._likelihood, self._coordinates, priors, point, found, chains, rng
        )
        with progress_bar(first + draws, "draws", progress) as tick:
            x, logs = hierarchy.run(first, draws, tick)
        values = self._coordinates.values(x)
        r_hat, effective = diagnostics(self.names, values)
        units = tuple(row.unit for row in self._coordinates.rows)
        made = Draws(self.names, units, values, logs, r_hat, effective, "gibbs")
        if not made.converged and np.isfinite(r_hat).all():
            warnings.warn(f"the chains have {made.diagnosis}", ConvergenceWarning, stacklevel=2)
        return made

    def simulate(
        self,
        truth: Mapping[str, float] | PopulationFit,
        *,
        seed: int = 0,
        lloq: float | Mapping[str, float] | None = None,
    ) -> Observations:
        """Simulate a data set of the same subjects, doses and times, with new random effects.

        Fitting such data shows whether a design determines the parameters (simulation and re-estimation).

        Parameters
        ----------
        truth : mapping of str to float, or PopulationFit
            Values by ``names``, in their units; a mapping may leave out those at the start of the search.
        seed : int
        lloq : float or mapping of str to float, optional
            Lower limit of quantification, also by readout [unit of the readout]: values below it are
            left-censored. Default: all values are measured.

        Returns
        -------
        Observations

        Raises
        ------
        UnknownNameError, ScenarioError
            For a parameter that is not estimated, or values that are not possible.

        Examples
        --------
        >>> import ketasim as ks
        >>> subjects = {str(k): ks.Scenario("ketamine 35 mg iv over 40 min") for k in range(4)}
        >>> rows = [ks.fitting.Measurement(s, "ketamine_venous", t, 1.0) for s in subjects for t in (1, 4)]
        >>> design = ks.fitting.PopulationModel(
        ...     ks.Observations(subjects, rows), ["pharmacokinetics.V3"]
        ... )
        >>> design.simulate({"omega.pharmacokinetics.V3": 0.3}, seed=1)
        <Observations: 8 values of 4 subjects (ketamine_venous)>
        """
        check_whole("seed", seed, 0)
        point = self._point_of(truth) if isinstance(truth, PopulationFit) else self._given(truth)
        values = self._simulated(point, 1, np.random.default_rng(seed))
        rows = []
        for s, found in zip(self._likelihood.series, values, strict=True):
            limit = _limit(lloq, s.readout)
            if not np.isfinite(found).all():
                raise ScenarioError(
                    f"a simulated {s.readout} is not a number: a drawn parameter is outside its possible range; "
                    "choose another seed or a smaller omega"
                )
            rows += [
                replace(
                    m,
                    value=max(value, limit),
                    censored="left" if value < limit else "",
                    low=0.0,
                    where="",
                )
                for m, value in zip(s.rows, found[0].tolist(), strict=True)
            ]
        return replace(self._data, measurements=tuple(rows))

    def visual_check(
        self, fit: PopulationFit, n: int = 200, *, seed: int = 0, corrected: bool = False
    ) -> VisualCheck:
        """Compare percentiles of the measured values with those of simulated populations.

        Parameters
        ----------
        fit : PopulationFit
            Of this model.
        n : int
            Number of simulated data sets.
        seed : int
        corrected : bool
            Correct values for the prediction, where doses or weights differ.

        Returns
        -------
        VisualCheck
            Values below the limit of quantification count as the lowest.

        Raises
        ------
        ScenarioError
            If the fit is of another model.
        """
        check_whole("n", n, 10)
        check_whole("seed", seed, 0)
        point = self._point_of(fit)
        simulated = self._simulated(point, n, np.random.default_rng(seed))
        typical = self._typical(point)
        found = {}
        for s, values, f in zip(self._likelihood.series, simulated, typical, strict=True):
            r = s.residuals
            observed = np.where(r.left, -np.inf, r.values)
            left = np.where(r.left, r.values, np.nan)
            parts = [(s.times, observed, f, values, left)]
            found[s.readout] = checked(s.readout, parts, corrected=corrected)
        return VisualCheck(found, corrected)

    # --- parts of a fit ---

    def _first_point(self) -> Point:
        individuals = self._individuals
        start = np.array([row[3] for row in individuals.coefficients])
        first = individuals.design.shape[2]
        middles = medians(self._data)
        errors = []
        for s in self._likelihood.series:
            parts = [s.model.additive or 0.0, s.model.proportional or 0.0]
            for name in s.model.estimated:
                if name == "additive":
                    share = math.sqrt(ADDITIVE_SHARES[0] * ADDITIVE_SHARES[1])
                    # An additive error alone carries all of the residual spread.
                    share = 0.2 if s.model.kind == "additive" else share
                    parts[0] = share * max(middles[s.readout], 1e-12)
                else:
                    parts[1] = Prior(*PROPORTIONAL_RANGE).centre
            errors.append((parts[0], parts[1]))
        omega = FIRST_OMEGA**2 * np.eye(individuals.random.size)
        for j, k in enumerate(individuals.random):
            t = individuals.typical[k]
            if t.scale == "linear":
                omega[j, j] = (t.prior.normal()[1]) ** 2
        return Point(start[:first], start[first:], omega, tuple(errors))

    def _priors(self, given: Mapping[str, Prior | tuple[float, float]] | None) -> Priors:
        """Return the priors of all parameters; see `sample`."""
        individuals = self._individuals
        rows = self._coordinates.rows
        known = [r.name for r in rows if not r.name.startswith(("beta.", "omega.", "corr."))]
        for name in given or {}:
            check_name(name, known, "typical value or residual error")
        typical = {t.name: t.prior for t in individuals.typical}

        def prior_of(name: str, own: Prior) -> Prior:
            found = (given or {}).get(name, own)
            if not isinstance(found, Prior):
                try:
                    low, high = found
                except (TypeError, ValueError):
                    raise ScenarioError(
                        f"prior of {name} = {shortened(found)}: give a Prior, or (low, high)"
                    ) from None
                found = Prior(number_or_nan(low), number_or_nan(high), own.scale)
            if found.scale != own.scale or found.flat:
                raise ScenarioError(
                    f"prior of {name}: give one that is normal on the {own.scale} scale"
                )
            return found

        designs = (individuals.design, individuals.design_fixed)
        sizes = np.concatenate([np.abs(d).max(axis=(0, 1), initial=0.0) for d in designs])
        mean, sd = np.zeros(sizes.size), 1.0 / np.maximum(sizes, 1e-12)
        for k in range(sizes.size):
            if rows[k].name in typical:
                mean[k], sd[k] = prior_of(rows[k].name, typical[rows[k].name]).normal()
        omega = np.ones(individuals.random.size)
        for j, k in enumerate(individuals.random):
            t = individuals.typical[k]
            if t.scale == "linear":
                omega[j] = t.prior.normal()[1]
        middles = medians(self._data)
        errors = []
        for s in self._likelihood.series:
            parts = []
            for part in s.model.estimated:
                share = max(middles[s.readout], 1e-12)
                low, high = PROPORTIONAL_RANGE
                if part == "additive":
                    low, high = ADDITIVE_SHARES[0] * share, ADDITIVE_SHARES[1] * share
                parts.append((part, prior_of(f"error.{s.readout}.{part}", Prior(low, high))))
            errors.append(tuple(parts))
        return Priors(mean, sd, omega, tuple(errors))

    def _check_start(self) -> None:
        """Refuse data that the model cannot predict at the start."""
        centre = self._individuals.centre(self._start.coefficients)[np.newaxis]
        held = self._individuals.held(self._start.held)
        found = self._likelihood.evaluate(centre, held, self._start.errors).log_likelihood[0]
        bad = [s for s, value in zip(self.subjects, found, strict=True) if value == -np.inf]
        if bad:
            raise ScenarioError(
                f"subject {', '.join(map(repr, bad[:3]))}: no prediction at the typical values: a covariate effect "
                "or a value of start or fixed makes a parameter impossible, or the run fails"
            )

    def _given(self, truth: object) -> Point:
        if not isinstance(truth, Mapping):
            raise ScenarioError(
                f"truth = {shortened(truth)}: give a mapping by names, or a PopulationFit"
            )
        x = self._coordinates.vector(self._start)
        for name, value in truth.items():
            check_name(name, self.names, "estimated parameter")
            k = self.names.index(name)
            row = self._coordinates.rows[k]
            at = number_or_nan(value)
            with np.errstate(invalid="ignore", divide="ignore"):
                x[k] = np.arctanh(at) if row.scale == "atanh" else g(row.scale, np.asarray(at))
            if not np.isfinite(x[k]):
                raise ScenarioError(
                    f"{name} = {shortened(value)} is not possible: give a number within its limits"
                )
        point = self._coordinates.point(x, self._start)
        if not np.linalg.eigvalsh(point.omega)[0] > 0.0:
            raise ScenarioError(
                "the correlations contradict each other: Omega is not positive definite"
            )
        return point

    def _point_of(self, fit: PopulationFit) -> Point:
        if not isinstance(fit, PopulationFit):
            raise ScenarioError(f"fit = {shortened(fit)}: give the result of PopulationModel.fit")
        if fit.names != self.names or fit.subjects != self.subjects:
            raise ScenarioError("fit is of another model: its parameters or subjects differ")
        return self._coordinates.point(fit.x, self._start)

    def _result(
        self,
        path: Path,
        judged: Information,
        settings: Settings,
        rng: np.random.Generator,
        before: int,
    ) -> PopulationFit:
        individuals, coordinates = self._individuals, self._coordinates
        point = path.point
        centre = individuals.centre(point.coefficients)
        scales = coordinates.scales_of_random
        individual = np.stack(
            [inverse(scale, path.modes.phi[:, k]) for k, scale in enumerate(scales)], axis=1
        )
        x = coordinates.vector(point)
        covariance, distance = _inverse(judged, coordinates, x)
        readouts = self._readouts(point, path.modes, rng)
        return PopulationFit(
            names=self.names,
            units=tuple(row.unit for row in coordinates.rows),
            scales=tuple(row.scale for row in coordinates.rows),
            x=x,
            covariance=covariance,
            random=individuals.random_names,
            random_scales=scales,
            omega=point.omega,
            subjects=self.subjects,
            individual=individual,
            eta=path.modes.phi - centre,
            eta_mean=judged.mean - centre,
            eta_sd=judged.sd,
            minus_two_ll=-2.0 * judged.log_likelihood,
            minus_two_ll_error=2.0 * judged.error,
            effective=judged.effective,
            distance=distance,
            trace=np.array([coordinates.vector(one) for one in path.trace]),
            burn_in=settings.burn_in,
            n_saem=settings.burn_in + settings.averaging,
            accepted=path.accepted,
            readouts=readouts,
            runs=self._likelihood.count - before,
            reml=settings.reml,
        )

    def _judged(
        self, path: Path, settings: Settings, draws: int, rng: np.random.Generator
    ) -> Information:
        drawn = importance_sample(self._likelihood, path.point, path.modes, draws, rng)
        of_data = path.modes.information if settings.reml else None
        return information(self._likelihood, self._coordinates, path.point, drawn, of_data)

    def _refined(
        self, path: Path, settings: Settings, draws: int, rng: np.random.Generator
    ) -> Path:
        """Return a path that ends after a few Newton steps on the importance-sampled likelihood.

        SAEM, as all EM algorithms, is slow along parameters of which the data say little.
        """
        coordinates = self._coordinates
        draws = max(draws // 4, LEAST_DRAWS)
        judged = self._judged(path, settings, draws, rng)
        share = 1.0
        for _ in range(REFINED):
            x = coordinates.vector(path.point)
            covariance, distance = _inverse(judged, coordinates, x)
            if not np.isfinite(distance).any() or np.nanmax(np.abs(distance)) < NEAR:
                break
            farthest = float(np.nanmax(np.abs(distance)))
            step = np.nan_to_num(distance) * np.sqrt(np.diag(covariance)) / max(farthest, 1.0)
            point = coordinates.point(x + share * step, path.point)
            found = modes(self._likelihood, point, path.modes.phi)
            tried = path._replace(point=point, modes=found, trace=(*path.trace, point))
            after = self._judged(tried, settings, draws, rng)
            if after.log_likelihood < judged.log_likelihood - 2.0 * math.hypot(
                after.error, judged.error
            ):
                share *= 0.3
                continue
            path, judged, share = tried, after, 1.0
        return path

    def _typical(self, point: Point) -> tuple[FloatArray, ...]:
        """Return the predictions without random effects, (n_values,) by readout."""
        centre = self._individuals.centre(point.coefficients)[np.newaxis]
        found = self._likelihood.predicted(centre, self._individuals.held(point.held))
        return tuple(f[0] for f in found)

    def _simulated(self, point: Point, n: int, rng: np.random.Generator) -> tuple[FloatArray, ...]:
        """Return values of n populations with residual error, (n, n_values) by readout."""
        individuals = self._individuals
        centre = individuals.centre(point.coefficients)
        root = np.linalg.cholesky(point.omega)
        phi = centre + rng.standard_normal((n, *centre.shape)) @ root.T
        found = []
        predicted = self._likelihood.predicted(phi, individuals.held(point.held))
        for s, f, (a, b) in zip(self._likelihood.series, predicted, point.errors, strict=True):
            normal = rng.standard_normal(f.shape)
            found.append(s.residuals.simulated(f, np.asarray(a), np.asarray(b), normal))
        return tuple(found)

    def _readouts(
        self, point: Point, found: Modes, rng: np.random.Generator
    ) -> dict[str, Predicted]:
        likelihood, individuals = self._likelihood, self._individuals
        typical = self._typical(point)
        simulated = self._simulated(point, SIMULATED, rng)
        last = max(m.time_h for m in self._data.measurements)
        first = min(0.0, min(m.time_h for m in self._data.measurements))
        grid = np.linspace(first, last, GRID)
        centre = individuals.centre(point.coefficients)
        both = np.stack([centre, found.phi])
        curves = likelihood.curves(both, individuals.held(point.held), grid)
        readouts = {}
        for k, s in enumerate(likelihood.series):
            ipred = found.evaluation.f[k][0]
            sd = s.spread(ipred, point.errors[k])
            iwres = np.where(s.limited, np.nan, (s.measured - s.on_scale(ipred)) / sd)
            readouts[s.readout] = Predicted(
                str(readout_table()[s.readout]["unit"]),
                tuple(self.subjects[i] for i in s.subject),
                s.times,
                s.residuals.values,
                s.limited,
                typical[k],
                ipred,
                iwres,
                prediction_errors(s, simulated[k], rng),
                grid,
                curves[s.readout][0],
                curves[s.readout][1],
            )
        return readouts


def _limit(lloq: object, readout: str) -> float:
    given = lloq.get(readout) if isinstance(lloq, Mapping) else lloq
    if given is None:
        return -math.inf
    limit = number_or_nan(given)
    if not 0.0 < limit < math.inf:
        raise ScenarioError(
            f"lloq = {shortened(given)}: give a number above 0 in the unit of {readout}"
        )
    return limit


def _inverse(
    judged: Information, coordinates: Coordinates, x: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the covariance of the estimates, and the distance to the maximum [standard errors]."""
    dim = len(coordinates.rows)
    nothing = np.full((dim, dim), np.nan), np.full(dim, np.nan)
    matrix = judged.matrix
    if not np.isfinite(matrix).all():
        return nothing
    scale = np.sqrt(np.abs(np.diag(matrix)))
    if not (np.diag(matrix) > 0.0).all():
        return nothing
    if np.linalg.eigvalsh(matrix / np.outer(scale, scale))[0] < 1e-8:
        return nothing
    covariance = np.asarray(np.linalg.inv(matrix))
    distance = covariance @ judged.gradient / np.sqrt(np.diag(covariance))
    # An omega of 0 and a correlation of +-1 are infinitely far on their scales.
    value = coordinates.values(x)
    names = [row.name.partition(".")[0] for row in coordinates.rows]
    at_end = [
        (kind == "omega" and v < NO_SPREAD) or (kind == "corr" and abs(v) > NO_MORE)
        for kind, v in zip(names, value, strict=True)
    ]
    distance = np.where(at_end, np.nan, distance)
    return covariance, distance


def _subjects(data: object) -> tuple[str, ...]:
    """Return the subjects, all of which have measured values."""
    if not isinstance(data, Observations):
        raise ScenarioError(
            f"data = {shortened(data)}: give Observations, such as ks.Observations.from_table(...)"
        )
    if data.arm_rows or data.evidence_rows:
        raise ScenarioError(
            "data has rows of arms of studies: a population fit is of subjects; use Posterior for arms"
        )
    measured = {m.subject for m in data.measurements}
    without = [name for name in data.subjects if name not in measured]
    if not measured:
        raise ScenarioError("data is empty: give at least one measured value")
    if without:
        raise EvidenceError(
            f"subject {', '.join(map(repr, without[:3]))} has no measured value: it says nothing about the "
            "population; remove its rows from the table"
        )
    return tuple(data.subjects)
