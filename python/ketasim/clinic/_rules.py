"""Rules that choose the next dose from the ratings so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ketasim._wording.frozen import value
from ketasim._wording.names import shortened
from ketasim._wording.numbers import check_whole
from ketasim._wording.plain_numbers import number_or_nan
from ketasim.errors import ScenarioError


@value
@dataclass(frozen=True, slots=True)
class Progress:
    """What a clinic knows at a visit, before it gives a dose.

    Parameters
    ----------
    visit : int
        Number of the visit, from 0.
    time_h : float
        Time of the visit [h].
    ratings : tuple of float
        Rated MADRS at all visits including this one [points]; the first is the MADRS before treatment,
        from which improvement is counted.
    levels : tuple of (int or None)
        Dose given at each earlier visit, as a position in `Programme.levels`; None for no dose.

    Examples
    --------
    >>> from ketasim.clinic import Progress
    >>> Progress(1, 72.0, (30.0, 12.0), (0,)).improvement
    0.6
    """

    visit: int
    time_h: float
    ratings: tuple[float, ...]
    levels: tuple[int | None, ...]

    @property
    def improvement(self) -> float:
        """Share by which the last rating is below the first; 0.5 or more is response."""
        return self.improvement_at(-1)

    def improvement_at(self, visit: int) -> float:
        """Return the share by which the rating of a visit is below the first.

        Parameters
        ----------
        visit : int

        Returns
        -------
        float
        """
        return 1.0 - self.ratings[visit] / self.ratings[0] if self.ratings[0] > 0.0 else 0.0

    @property
    def last_level(self) -> int:
        """Position of the last dose that was given; 0 before the first."""
        return next((level for level in reversed(self.levels) if level is not None), 0)


class Rule(Protocol):
    """Chooses a dose at a visit: any function of the progress and the dose proposed so far.

    It must be a pure function: the same for the same arguments.
    """

    def __call__(self, progress: Progress, level: int) -> int | None:
        """Return the position of the dose in `Programme.levels`, or None for no dose."""
        ...


@value
@dataclass(frozen=True, slots=True)
class Ladder:
    """Give a planned dose at each visit, whatever the rating.

    Parameters
    ----------
    steps : tuple of (int or None)
        Position in `Programme.levels` at each visit; the last one is repeated.

    Examples
    --------
    >>> from ketasim.clinic import Ladder, Progress
    >>> Ladder((0, 1, 2))(Progress(1, 168.0, (30.0, 30.0), (0,)), 0)
    1
    """

    steps: tuple[int | None, ...]

    def __post_init__(self) -> None:
        if not self.steps:
            raise ScenarioError("steps is empty: give the position of a dose for each visit")
        object.__setattr__(self, "steps", tuple(self.steps))

    def __call__(self, progress: Progress, level: int) -> int | None:
        return self.steps[min(progress.visit, len(self.steps) - 1)]


@value
@dataclass(frozen=True, slots=True)
class RaiseUnlessImproved:
    """Go one dose up where the rating has not improved enough; stay at the highest.

    Parameters
    ----------
    improvement : float
        Share of the first rating, such as 0.5.
    highest : int
        Position of the highest dose in `Programme.levels`.
    at : tuple of int, optional
        Visits at which the dose may be raised; default: every visit after the first.

    Examples
    --------
    >>> from ketasim.clinic import Progress, RaiseUnlessImproved
    >>> RaiseUnlessImproved(0.5, highest=3)(Progress(1, 72.0, (30.0, 28.0), (0,)), 0)
    1
    """

    improvement: float
    highest: int
    at: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        _check_share(self.improvement)
        check_whole("highest", self.highest, 0)

    def __call__(self, progress: Progress, level: int) -> int | None:
        allowed = progress.visit > 0 if self.at is None else progress.visit in self.at
        raised = allowed and progress.improvement < self.improvement
        return min(level + 1, self.highest) if raised else level


@value
@dataclass(frozen=True, slots=True)
class StopUnlessImproved:
    """Give no more doses from a visit on, if the rating has not improved enough there.

    Parameters
    ----------
    improvement : float
        Share of the first rating.
    visit : int
        At which it is judged.

    Examples
    --------
    >>> from ketasim.clinic import Progress, StopUnlessImproved
    >>> StopUnlessImproved(0.5, visit=1)(Progress(1, 72.0, (30.0, 28.0), (0,)), 0) is None
    True
    """

    improvement: float
    visit: int

    def __post_init__(self) -> None:
        _check_share(self.improvement)
        check_whole("visit", self.visit, 1)

    def __call__(self, progress: Progress, level: int) -> int | None:
        if progress.visit < self.visit:
            return level
        return level if progress.improvement_at(self.visit) >= self.improvement else None


@value
@dataclass(frozen=True, slots=True)
class SkipWhenImproved:
    """Leave a dose out if the rating has improved enough and the visit before had a dose.

    Weekly visits become a dose every two weeks for those who do well.

    Parameters
    ----------
    improvement : float
        Share of the first rating.
    visit : int
        First visit at which a dose may be left out.

    Examples
    --------
    >>> from ketasim.clinic import Progress, SkipWhenImproved
    >>> SkipWhenImproved(0.5, visit=1)(Progress(1, 168.0, (30.0, 9.0), (0,)), 0) is None
    True
    """

    improvement: float
    visit: int

    def __post_init__(self) -> None:
        _check_share(self.improvement)
        check_whole("visit", self.visit, 1)

    def __call__(self, progress: Progress, level: int) -> int | None:
        due = progress.visit < self.visit or progress.levels[-1] is None
        return level if due or progress.improvement < self.improvement else None


def _check_share(improvement: object) -> None:
    number = number_or_nan(improvement)
    if not number <= 1.0:  # NaN too
        raise ScenarioError(
            f"improvement = {improvement!r} must be a share of the first rating, at most 1; below 0 it "
            "is a worsening"
        )


def chosen(
    rules: Sequence[Rule], progress: Progress, n_levels: int, person: int | None = None
) -> int | None:
    """Return the dose that the rules choose together: each gets what the one before proposes.

    Raises
    ------
    ScenarioError
        With the rule, the visit and the person (their number in a population), from the error of the rule.
    """
    level: int | None = progress.last_level
    for rule in rules:
        assert level is not None
        name = getattr(rule, "__qualname__", None) or repr(rule)
        where = f"rule {name} at visit {progress.visit} ({progress.time_h:g} h)"
        if person is not None:
            where += f" of person {person}"
        try:
            level = rule(progress, level)
        except Exception as error:
            raise ScenarioError(
                f"{where} failed with {type(error).__name__}: {error}; it was asked with ratings "
                f"{shortened(list(progress.ratings))} and levels {shortened(list(progress.levels))}"
            ) from error
        if level is None:
            return None
        if isinstance(level, bool) or not isinstance(level, int) or not 0 <= level < n_levels:
            raise ScenarioError(
                f"{where} chose {shortened(level)}: give a position of the programme's {n_levels} doses, "
                "from 0, or None for no dose"
            )
    return level
