"""An arm of a study as it was simulated: its run, its sessions, and the derivatives of both."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ketasim._arrays import FloatArray
from ketasim.observation._clinical import (
    Mood,
)
from ketasim.observation._sampling import JUST_BEFORE_H
from ketasim.observation._scenario_of_arm import Session


class RunLike(Protocol):
    """What is read from a run: times and readouts, both of shape (n_times,)."""

    @property
    def t(self) -> FloatArray: ...

    def __getitem__(self, name: str) -> FloatArray: ...


@dataclass(frozen=True)
class Course:
    """One arm simulated: its run, its doses, its patients."""

    run: RunLike
    sessions: Sequence[Session]
    baseline_madrs: float | None = None
    stress: float = 1.0
    holds_end_h: frozenset[float] = frozenset()

    @cached_property
    def t(self) -> FloatArray:
        return self.run.t

    def sample(self, time_h: float) -> int:
        """Position of a sampled time; the value there is the one before a dose at that time.

        At the end of a clamp or of a tool compound it is the time while it was still there: inputs
        are right-continuous, a rating at the end of a clamp was made under it.
        """
        if time_h in self.holds_end_h:
            time_h -= JUST_BEFORE_H
        i = int(np.searchsorted(self.t, time_h))
        if i == self.t.size or not math.isclose(self.t[i], time_h, abs_tol=1e-9):
            raise LookupError(f"{time_h} h was not sampled")
        return i

    def samples(self, begin_h: float, end_h: float) -> NDArray[np.intp]:
        """Positions of the sampled times in a window, ends included."""
        return np.flatnonzero((self.t >= begin_h - 1e-9) & (self.t <= end_h + 1e-9))

    def at(self, readout: str, time_h: float) -> float:
        """Value at a sampled time, as `sample` finds it."""
        return float(self.run[readout][self.sample(time_h)])

    def between(self, readout: str, begin_h: float, end_h: float) -> tuple[FloatArray, FloatArray]:
        """Return the sampled times in a window, ends included, and the values there."""
        inside = self.samples(begin_h, end_h)
        return self.t[inside], self.run[readout][inside]

    def before(self, readout: str) -> float:
        """Value before anything was given."""
        return float(self.run[readout][0])

    def mood(self, times: FloatArray) -> Mood:
        """Baseline and relief at sampled times."""
        return Mood.of(self.run, np.searchsorted(self.t, times - 1e-9))
