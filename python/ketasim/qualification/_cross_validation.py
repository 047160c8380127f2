"""Cross-validation over trials: each trial is predicted by a fit that has not seen it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ketasim._wording.frozen import comparable
from ketasim.errors import ScenarioError
from ketasim.observation._trials import Trial

#: Log-likelihood of a trial, see `ketasim.observation.forecast`.
Scorer = Callable[[Trial], float]


@comparable
@dataclass(frozen=True, slots=True)
class CrossValidation:
    """Out-of-sample log scores of trials.

    Parameters
    ----------
    log_scores : mapping of str to float
        Joint log score of the rows of each trial, by a fit without it.
    n_rows : int
        Number of rows of all trials.

    Examples
    --------
    >>> from ketasim.qualification import CrossValidation
    >>> CrossValidation({"a": -4.0, "b": -8.0}, n_rows=6).per_row
    -2.0
    """

    log_scores: Mapping[str, float]
    n_rows: int

    @property
    def per_row(self) -> float:
        """Joint log score divided by the number of rows; higher is better."""
        return sum(self.log_scores.values()) / self.n_rows


def folds_of(trials: Sequence[Trial], n: int = 10) -> tuple[tuple[Trial, ...], ...]:
    """Divide trials into folds with about equal numbers of rows; the same trials give the same folds.

    Parameters
    ----------
    trials : sequence of Trial
    n : int
        Number of folds, at most that of trials.

    Returns
    -------
    tuple of tuple of Trial

    Raises
    ------
    ScenarioError
        If there are not at least 2 folds, or more folds than trials.

    Examples
    --------
    >>> import ketasim as ks
    >>> from ketasim.observation import trials_of
    >>> from ketasim.qualification import folds_of
    >>> len(folds_of(list(trials_of(ks.evidence.load()).values()), 5))
    5
    """
    if not 2 <= n <= len(trials):
        raise ScenarioError(f"n = {n} folds of {len(trials)} trials: give 2 to {len(trials)}")
    folds: list[list[Trial]] = [[] for _ in range(n)]
    for trial in sorted(trials, key=lambda t: (-len(t.rows), t.name)):
        min(folds, key=lambda f: sum(len(t.rows) for t in f)).append(trial)
    return tuple(map(tuple, folds))


def cross_validate(
    trials: Sequence[Trial], refit: Callable[[Sequence[Trial]], Scorer], n: int = 10
) -> CrossValidation:
    """Predict each trial by a fit to the trials of the other folds.

    Parameters
    ----------
    trials : sequence of Trial
    refit : callable
        Fits to some trials; returns a function that gives the log-likelihood of any trial.
    n : int
        Number of folds.

    Returns
    -------
    CrossValidation

    Examples
    --------
    >>> import ketasim as ks
    >>> from ketasim.observation import trials_of
    >>> from ketasim.qualification import cross_validate
    >>> trials = list(trials_of(ks.evidence.load()).values())
    >>> found = cross_validate(trials, lambda train: lambda trial: -1.0 * len(trial.rows))
    >>> found.per_row
    -1.0
    """
    scores: dict[str, float] = {}
    folds = folds_of(trials, n)
    for fold in folds:
        score = refit([t for other in folds if other is not fold for t in other])
        scores |= {trial.name: score(trial) for trial in fold}
    return CrossValidation(scores, sum(len(t.rows) for t in trials))
