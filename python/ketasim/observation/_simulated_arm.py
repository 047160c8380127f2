"""A simulated arm of a study: its run, its sessions and its baseline."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ketasim._arrays import FloatArray
from ketasim._wording.sealed import sealed
from ketasim.observation._clinical import Mood
from ketasim.observation._numbers import Number, Sloped, last_axis, value_of
from ketasim.observation._sampling import JUST_BEFORE_H
from ketasim.observation._scenario_of_arm import Session


class RunLike(Protocol):
    """The part of a run that is read: times of shape (n_times,), readouts of shape (..., n_times)."""

    @property
    def t(self) -> FloatArray: ...

    def __getitem__(self, name: str) -> Number: ...


@dataclass(frozen=True)
class SlopedRun:
    """A run whose readouts have slopes.

    Parameters
    ----------
    run : RunLike
    slopes : mapping of str to ndarray, shape (n_times, n_theta)
        Derivatives of the readouts.
    """

    run: RunLike
    slopes: Mapping[str, FloatArray]

    @property
    def t(self) -> FloatArray:
        return self.run.t

    def __getitem__(self, name: str) -> Number:
        return Sloped(value_of(self.run[name]), self.slopes[name])


@sealed
@dataclass(frozen=True)
class Course:
    """A simulated arm.

    Parameters
    ----------
    run : Run
        Or any object with times ``t`` [h] and readouts by name.
    sessions : sequence of Session
    baseline_madrs : float or None
        MADRS before treatment [points], if known.
    stress : float
        Chronic stress or severity of illness, from 0 to 1.
    holds_end_h : frozenset of float
        Ends of clamped levels and of tool compounds [h].

    Examples
    --------
    >>> import ketasim as ks
    >>> from ketasim.observation import Course
    >>> run = ks.simulate("ketamine 0.5 mg/kg iv over 40 min", t_eval=[0, 24])
    >>> bool(Course(run, ()).at("madrs_change", 24.0) < 0.0)
    True
    """

    run: RunLike
    sessions: Sequence[Session]
    baseline_madrs: float | None = None
    stress: float = 1.0
    holds_end_h: frozenset[float] = frozenset()

    @cached_property
    def t(self) -> FloatArray:
        """Sampled times [h], shape (n_times,)."""
        return self.run.t

    def sample(self, time_h: float) -> int:
        """Return the position of a sampled time; the value there is the one before a dose at that time.

        At the end of a clamp or a tool compound it is the time just before, because inputs are
        right-continuous and a rating at the end of a clamp was made during it.

        Parameters
        ----------
        time_h : float
            Time [h].

        Returns
        -------
        int

        Raises
        ------
        LookupError
            If the time was not sampled.
        """
        if time_h in self.holds_end_h:
            time_h -= JUST_BEFORE_H
        i = int(np.searchsorted(self.t, time_h))
        if i == self.t.size or not math.isclose(self.t[i], time_h, abs_tol=1e-9):
            raise LookupError(f"{time_h} h was not sampled")
        return i

    def samples(self, begin_h: float, end_h: float) -> NDArray[np.intp]:
        """Return the positions of the sampled times in a window, ends included.

        Parameters
        ----------
        begin_h, end_h : float
            Times [h].

        Returns
        -------
        ndarray of int
        """
        return np.flatnonzero((self.t >= begin_h - 1e-9) & (self.t <= end_h + 1e-9))

    def at(self, readout: str, time_h: float) -> Number:
        """Return the value at a sampled time, as `sample` finds it.

        Parameters
        ----------
        readout : str
        time_h : float
            Time [h].

        Returns
        -------
        Number
            In the unit of the readout.

        Raises
        ------
        LookupError
            If the time was not sampled.
        """
        return last_axis(self.run[readout], self.sample(time_h))

    def mood(self, times: FloatArray) -> Mood:
        """Return baseline and relief at sampled times.

        Parameters
        ----------
        times : ndarray, shape (n,)
            Sampled times [h].

        Returns
        -------
        Mood
        """
        return Mood.of(self.run, np.searchsorted(self.t, times - 1e-9))
