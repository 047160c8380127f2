"""The counts of a virtual population: small, and independent of the order in which they are added."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketasim import _core
from ketasim._arrays import FloatArray
from ketasim._wording.frozen import FrozenMapping, comparable
from ketasim._wording.names import check_name, shortened
from ketasim._wording.plain_numbers import plain_numbers
from ketasim.errors import ScenarioError
from ketasim.population._cohort import Cohort, Members
from ketasim.population._rates import SEEN_FROM, chance_of_response, check_kept
from ketasim.population.quantile_sketch import LARGEST, QuantileSketch, bins

#: Most failed subjects that are kept with their message, those with the lowest index.
FAILURES_KEPT = 10

#: Counts of a bin have 32 bits.
MOST_COUNTED = 2**32 - 1

#: Numbers that are counted at once; they fit into the cache of the processor.
NUMBERS_AT_ONCE = 2**15

#: Sums are whole multiples of this number and therefore exact.
GRAIN = 2.0**-40


@dataclass(frozen=True, slots=True)
class Reductions:
    """What is counted exactly, besides quantiles.

    Parameters
    ----------
    improvements : tuple of float
        Shares by which a rated MADRS falls, from baseline.
    thresholds : tuple of (str, float)
        Readouts, and the value they do not exceed.
    """

    improvements: tuple[float, ...] = ()
    thresholds: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """A subject that was refused or whose integration stopped early."""

    member: int
    status: str
    message: str


@comparable
@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """Counts over subjects; ``a + b`` counts those of both, exactly.

    Parameters
    ----------
    status : mapping of str to int
        Subjects by how they ended.
    sketches : tuple of QuantileSketch
        One per readout and time, times within readouts; all are empty before the first subject.
    sums : tuple of int
        In multiples of `GRAIN`, one per sketch.
    missing : ndarray, shape (n_sketches,)
        Successful subjects in which the readout is not a number.
    improved : tuple of int
        Members expected to improve that much, in multiples of `GRAIN`, times within improvements.
    not_above : ndarray, shape (n_thresholds, n_times)
    failures : tuple of Failure
        The first ones.
    """

    sketches: tuple[QuantileSketch, ...]
    sums: tuple[int, ...]
    missing: NDArray[np.int64]
    improved: tuple[int, ...]
    not_above: NDArray[np.int64]
    status: Mapping[str, int] = field(default_factory=lambda: FrozenMapping({}))
    failures: tuple[Failure, ...] = ()

    def __post_init__(self) -> None:
        for counts in (self.missing, self.not_above):
            counts.flags.writeable = False

    @classmethod
    def nobody(cls, cells: int, n_times: int, what: Reductions) -> Tally:
        return cls(
            (QuantileSketch(),) * cells,
            (0,) * cells,
            np.zeros(cells, np.int64),
            (0,) * (len(what.improvements) * n_times),
            np.zeros((len(what.thresholds), n_times), np.int64),
        )

    def __len__(self) -> int:
        return sum(self.status.values())

    def __add__(self, other: Tally) -> Tally:
        names = sorted({*self.status, *other.status})
        failures = sorted((*self.failures, *other.failures), key=lambda failure: failure.member)
        return Tally(
            tuple(a + b for a, b in zip(self.sketches, other.sketches, strict=True)),
            tuple(a + b for a, b in zip(self.sums, other.sums, strict=True)),
            self.missing + other.missing,
            tuple(a + b for a, b in zip(self.improved, other.improved, strict=True)),
            self.not_above + other.not_above,
            FrozenMapping({k: self.status.get(k, 0) + other.status.get(k, 0) for k in names}),
            tuple(failures[:FAILURES_KEPT]),
        )


def reductions(
    kept: Sequence[str],
    improvements: Sequence[float] | None,
    thresholds: Mapping[str, float | Sequence[float]] | None,
) -> Reductions:
    """Read what is to be counted.

    Raises
    ------
    ScenarioError, UnknownNameError
        If a readout is not kept, or a number is none.
    """
    half = _core.RESPONSE_IMPROVEMENT
    if improvements is None:
        shares = [half] if "response" in kept or set(SEEN_FROM) <= set(kept) else []
    else:
        shares = _numbers("improvements", improvements)
        for share in shares:
            if not 0.0 <= share <= 1.0:
                raise ScenarioError(
                    f"improvements: {share!r} is not a share of the baseline, from 0 to 1"
                )
            check_kept(kept, "response", alone=share == half)
    given: object = {} if thresholds is None else thresholds
    if not isinstance(given, Mapping):
        raise ScenarioError(
            f"thresholds = {shortened(given)}: give a mapping, such as {{'madrs': 10.0}}"
        )
    for name in given:
        check_name(name, kept, "readout of this population")
    pairs = [(k, v) for k, values in given.items() for v in _numbers(f"thresholds of {k}", values)]
    return Reductions(tuple(shares), tuple(pairs))


def _numbers(name: str, given: ArrayLike) -> list[float]:
    numbers = np.atleast_1d(plain_numbers(name, given, "give one number or a list of them"))
    if numbers.ndim != 1 or not np.isfinite(numbers).all():
        raise ScenarioError(f"{name} = {shortened(given)}: give one number or a list of them")
    return list(dict.fromkeys(numbers.tolist()))


def tally_of(cohort: Cohort, members: Members, what: Reductions) -> Tally:
    """Count the members of a cohort."""
    ok: NDArray[np.bool_] = np.array([status == "success" for status in members.status])
    failed = [
        Failure(cohort.first + i, members.status[i], members.message[i])
        for i in np.flatnonzero(~ok).tolist()
    ]
    good = members.values if ok.all() else members.values[ok]
    cells = len(cohort.names) * cohort.times.size
    nobody = Tally.nobody(cells, cohort.times.size, what)
    sketches, sums, missing = nobody.sketches, nobody.sums, nobody.missing
    if len(good):
        columns = good.reshape(len(good), cells)
        sketches, sums, absent = zip(*_counted(columns), strict=True)
        missing = np.array(absent, np.int64)
    of = {name: good[:, k] for k, name in enumerate(cohort.names)}
    own = {name: column[ok] for name, column in members.parameters.items()}
    improved: list[int] = []
    for share in what.improvements:
        chances = chance_of_response(cohort.scenario, own, of, share)
        improved += np.rint(chances / GRAIN).astype(np.int64).sum(axis=0).tolist()
    not_above = nobody.not_above.copy()
    for k, (name, threshold) in enumerate(what.thresholds):
        not_above[k] = np.sum(of[name] <= threshold, axis=0)
    return Tally(
        sketches,
        sums,
        missing,
        tuple(improved),
        not_above,
        FrozenMapping(dict(sorted(Counter(members.status).items()))),
        tuple(failed[:FAILURES_KEPT]),
    )


def _counted(columns: FloatArray) -> Iterator[tuple[QuantileSketch, int, int]]:
    """Return for each readout and time, one column each: a sketch, the sum, and the number of missing values."""
    at_once = max(1, NUMBERS_AT_ONCE // len(columns))
    scale = round(1.0 / GRAIN)
    for first in range(0, columns.shape[1], at_once):
        rows = np.ascontiguousarray(columns[:, first : first + at_once].T)
        present = np.abs(rows) < LARGEST  # False for NaN
        known = low = high = rows
        if not present.all():
            known, low, high = (np.where(present, rows, other) for other in (0.0, np.inf, -np.inf))
        # Whole and fractional parts are added separately, far below the largest integer.
        whole = np.floor(known)
        for numbers, here, least, most, wholes, grains in zip(
            bins(known),
            present,
            low.min(axis=1).tolist(),
            high.max(axis=1).tolist(),
            whole.astype(np.int64).sum(axis=1).tolist(),
            np.rint((known - whole) / GRAIN).astype(np.int64).sum(axis=1).tolist(),
            strict=True,
        ):
            n = int(np.count_nonzero(here))
            some = numbers if n == len(here) else numbers[here]
            sketch = QuantileSketch.of(some, least, most) if n else QuantileSketch()
            yield sketch, wholes * scale + grains, len(here) - n
