"""From data to a posterior: its maximum, profiles, draws, and what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Unpack

from ketasim._wording.names import shortened
from ketasim._wording.numbers import check_whole
from ketasim._wording.sealed import sealed
from ketasim.errors import ScenarioError
from ketasim.fitting._density import Density
from ketasim.fitting._identifiability import Identifiability, identifiability
from ketasim.fitting._optimum import Optimum, maximum
from ketasim.fitting._prediction import VisualCheck, check_draws, visual_check
from ketasim.fitting._profiles import Profiles, profiles
from ketasim.fitting._sampling import Draws, sample

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pypesto
    from pypesto.optimize import Optimizer

    from ketasim.fitting._error_model import ErrorModel
    from ketasim.fitting._observations import Observations
    from ketasim.fitting._prior import Prior
    from ketasim.scenario._solver_options import SolverKeywords


def _optimum(name: str, given: object) -> Optimum:
    if not isinstance(given, Optimum):
        raise ScenarioError(f"{name} = {shortened(given)}: give the result of Posterior.maximum")
    return given


@sealed
class Posterior(Density):
    """The posterior distribution of parameters, given data.

    Parameters
    ----------
    data : Observations
    theta : sequence of str
        Parameters of the model, ``"pharmacokinetics.V1"``, also with the set as in
        `LeastSquares`, ``"human:pharmacokinetics.V1"``; how studies differ, ``"observation.tau_c"``; and
        what may be unknown in the subjects, one value for all: ``"subject.weight_kg"`` [kg],
        ``"subject.severity"`` [1], ``"subject.baseline_madrs"`` [points], ``"dose.factor"`` (all amounts)
        [1] and ``"dose.lag_h"`` (added to all starts) [h]. Those need a ``prior``.
    error : mapping of str to str or ErrorModel, optional
        Residual error by measured readout of subjects: 'proportional', 'additive', 'combined',
        'lognormal' or 'given' (by the standard deviation of each row). Parts without a fixed value are
        estimated, under names such as ``error.ketamine_venous.proportional``. Default: 'given' if the
        table has it, 'proportional' for levels, 'additive' for other readouts.
    prior : mapping of str to Prior or (low, high), optional
        By free parameter; (low, high) hold 95 %. Default: the plausible range of `ketasim.parameters`,
        which fields of subjects and doses do not have.
    between_studies : bool
        Whether studies differ by more than their standard errors (default), as in the calibration of
        the model: each shifts the control logit and scales the drug effect of its arms.
    threads : int, optional
        Default: all that the process may use. Results do not depend on it.
    **solver
        Fields of `SolverOptions`; methods ``rodas5p`` and ``rodas4``.

    Raises
    ------
    UnknownNameError
        For a parameter, readout or error model that does not exist.
    ScenarioError, EvidenceError
        For an impossible request, or data that the model has no prediction for.

    Warns
    -----
    ScaleWarning
        If measured levels are ten times off on the median, as in another unit.

    Notes
    -----
    The density is by coordinates: numbers of standard deviations of the prior from its centre, on the
    logarithm of positive parameters (see `Prior`). `values` and `coordinates` convert. A density by the
    parameters themselves would have another maximum.

    Range warnings are not given inside a fit. A posterior can be pickled.

    Examples
    --------
    >>> import ketasim as ks
    >>> table = {
    ...     "ID": [1, 1, 1, 1], "TIME": [0, 1, 4, 12], "AMT": [35, 0, 0, 0], "DUR [min]": [40, 0, 0, 0],
    ...     "DV": [None, 95.0, 27.0, 5.2],
    ... }
    >>> data = ks.Observations.from_table(
    ...     table, drug="ketamine", route="iv", readout="ketamine_venous"
    ... )
    >>> posterior = ks.Posterior(data, ["pharmacokinetics.CLint_S"])
    >>> posterior.names
    ('pharmacokinetics.CLint_S', 'error.ketamine_venous.proportional')
    >>> posterior.log_prob([posterior.start, posterior.start + 1.0]).shape
    (2,)
    """

    def __init__(
        self,
        data: Observations,
        theta: Sequence[str],
        *,
        error: Mapping[str, str | ErrorModel] | None = None,
        prior: Mapping[str, Prior | tuple[float, float]] | None = None,
        between_studies: bool = True,
        threads: int | None = None,
        **solver: Unpack[SolverKeywords],
    ) -> None:
        super().__init__(
            data,
            theta,
            error=error,
            prior=prior,
            between_studies=between_studies,
            threads=threads,
            **solver,
        )

    def maximum(
        self,
        starts: int = 5,
        *,
        seed: int = 0,
        start: Mapping[str, float] | None = None,
        optimizer: Optimizer | None = None,
    ) -> Optimum:
        """Find the maximum of the posterior from several starts.

        Parameters
        ----------
        starts : int
            The first is ``start``; the others are the best of 30 draws from the prior each.
        seed : int
        start : mapping of str to float, optional
            In the units of the parameters; default: the model's own values.
        optimizer : pypesto.optimize.Optimizer, optional
            Such as ``pypesto.optimize.FidesOptimizer()``; default: BFGS of SciPy.

        Returns
        -------
        Optimum

        Raises
        ------
        MissingLibraryError
            Without SciPy (extra ``ketasim[fit]``).
        ScenarioError
            If the data are impossible at all starts.
        """
        if optimizer is not None and not callable(getattr(optimizer, "minimize", None)):
            raise ScenarioError(
                f"optimizer = {shortened(optimizer)}: give an optimiser of pypesto.optimize, or None"
            )
        return maximum(self, starts, seed, start, optimizer)

    def identifiability(self, best: Optimum) -> Identifiability:
        """Judge which parameters the data determine.

        Parameters
        ----------
        best : Optimum

        Returns
        -------
        Identifiability
        """
        return identifiability(self, _optimum("best", best))

    def profiles(self, best: Optimum, names: Sequence[str] | None = None) -> Profiles:
        """Compute profiles with pyPESTO: the others are searched anew at every point.

        Parameters
        ----------
        best : Optimum
        names : sequence of str, optional
            Free parameters; default: all.

        Returns
        -------
        Profiles

        Raises
        ------
        MissingLibraryError
            Without pyPESTO (extra ``ketasim[fit]``).
        """
        return profiles(self, _optimum("best", best), names)

    def sample(
        self,
        draws: int = 250,
        *,
        near: Optimum | None = None,
        tune: int | None = None,
        seed: int = 0,
        sampler: Literal["emcee", "nutpie", "pymc"] = "emcee",
        walkers: int | None = None,
    ) -> Draws:
        """Draw from the posterior.

        Parameters
        ----------
        draws : int
            Kept draws of each chain.
        near : Optimum, optional
            Chains start around it; default: `maximum`.
        tune : int, optional
            Draws of each chain that are left out before; default: a fifth of ``draws``.
        seed : int
        sampler : {'emcee', 'nutpie', 'pymc'}
            'emcee': an ensemble of walkers, all at once in lanes, with proposals from the normal
            approximation and by differences between walkers. The others: four chains of NUTS with exact
            gradients.
        walkers : int, optional
            Of emcee, at least twice the number of parameters; default: four times, and 32 or more.

        Returns
        -------
        Draws
            With a `ConvergenceWarning` if R-hat or the effective sample size say that the chains are too
            short.

        Raises
        ------
        MissingLibraryError
            Without the library of the sampler (extra ``ketasim[fit]``).
        """
        check_whole("draws", draws, 4)
        best = self.maximum(seed=seed) if near is None else _optimum("near", near)
        return sample(
            self, draws, draws // 5 if tune is None else tune, seed, sampler, best, walkers
        )

    def visual_check(
        self, draws: Draws, n: int = 200, *, seed: int = 0, corrected: bool = False
    ) -> VisualCheck:
        """Compare percentiles of the measured values of subjects with those of simulated data.

        Parameters
        ----------
        draws : Draws
        n : int
            Number of simulated data sets.
        seed : int
        corrected : bool
            Correct values for the prediction, where doses or weights differ.

        Returns
        -------
        VisualCheck
            Values below the limit of quantification count as the lowest.
        """
        return visual_check(self, check_draws(draws), n, seed, corrected=corrected)

    # --- other libraries ---

    def to_pypesto(self) -> pypesto.Problem:
        """Return a problem of pyPESTO (extra ``ketasim[fit]``).

        Returns
        -------
        pypesto.Problem
            Minus the log posterior by the coordinates, with exact gradients; can be pickled.

        Raises
        ------
        MissingLibraryError
            Without pyPESTO.
        """
        from ketasim.fitting._bridges import pypesto_problem

        problem: pypesto.Problem = pypesto_problem(self)
        return problem

    def to_petab(self, folder: str | Path, *, version: int = 1) -> Path:
        """Write a problem of PEtab for pyPESTO, AMICI, COPASI and others.

        Parameters
        ----------
        folder : str or Path
            Made if it does not exist; existing files are replaced.
        version : {1, 2}
            Of PEtab.

        Returns
        -------
        Path
            The file ``problem.yaml``. Beside it are ``model.xml`` (SBML), the tables ``conditions.tsv``,
            ``observables.tsv``, ``measurements.tsv``, ``parameters.tsv``, in version 2 also
            ``experiments.tsv``, and ``ketasim.json`` with doses
            and subjects in the words of ketasim, for `read_petab`.

        Raises
        ------
        ScenarioError
            If PEtab cannot say it: arms and counts, censored values, likelihood M4, a free parameter that
            changes the state before treatment or the size of a dose, a field of subjects, a genotype, trait
            or age that multiplies a free parameter, subjects with and without a baseline_madrs. The message
            has the name and a remedy.
        OutputError
            If a file cannot be written.
        MissingLibraryError
            Without python-libsbml (extra ``ketasim[fit]``).

        Notes
        -----
        The data are values of subjects, which share one model. The numbers in which they differ are its
        constant parameters, set by the table of conditions: weight, times and sizes of doses, values at
        time 0. A parameter whose prior is on the logit scale is written as its logit.

        The prior of version 1 is a density by the parameter on its scale, that of `Posterior` by the coordinate: its
        log is higher by the sum of ln sd of all priors on their scales, a constant. The maximum is the same,
        and so is the likelihood. Version 2 has no such scales: its prior is the same distribution, but as a
        density by the parameter itself, of which the maximum is another.

        Examples
        --------
        >>> import ketasim as ks
        >>> table = {
        ...     "ID": [1, 1, 2, 2], "TIME": [0, 1, 0, 1], "AMT": [35, 0, 50, 0],
        ...     "DUR [min]": [40, 0, 60, 0], "DV": [None, 95.0, None, 120.0],
        ... }
        >>> data = ks.Observations.from_table(
        ...     table, drug="ketamine", route="iv", readout="ketamine_venous"
        ... )
        >>> posterior = ks.Posterior(data, ["pharmacokinetics.CLint_S"])
        >>> posterior.to_petab(tmp_path / "petab").name
        'problem.yaml'
        """
        from ketasim.fitting._petab_files import write_problem

        return write_problem(self, folder, version)

    def to_pytensor(self) -> Callable[..., Any]:
        """Return the log posterior for PyTensor, which PyMC and nutpie use (extra ``ketasim[fit]``).

        Returns
        -------
        callable
            Takes a vector of coordinates and returns a scalar; value and gradient are computed once,
            together.

        Raises
        ------
        MissingLibraryError
            Without PyTensor.
        """
        from ketasim.fitting._bridges import pytensor_op

        found: Callable[..., Any] = pytensor_op(self)
        return found

    def to_jax(self) -> Callable[..., Any]:
        """Return the log posterior for JAX, which must use 64 bits.

        Returns
        -------
        callable
            Takes coordinates (..., dim) and returns (...), for ``jax.grad``, ``jax.vmap`` and ``jax.jit``.

        Raises
        ------
        MissingLibraryError
            Without JAX.
        """
        from ketasim.fitting._bridges import jax_function

        found: Callable[..., Any] = jax_function(self)
        return found

    def __repr__(self) -> str:
        return f"<Posterior: {', '.join(self.names)}; {self.data!r}>"
