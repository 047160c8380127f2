"""What figures need of a run, so that they need not know the room that makes runs."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ketasim.scenario._scenario import Scenario

FloatArray = NDArray[np.float64]


class DrawableRun(Protocol):
    """A `Run`: times [h] of shape (n_times,), readouts and states by name, and how it ended."""

    @property
    def t(self) -> FloatArray: ...
    @property
    def y(self) -> FloatArray: ...
    @property
    def scenario(self) -> Scenario: ...
    @property
    def status(self) -> str: ...
    @property
    def success(self) -> bool: ...
    def __getitem__(self, name: str) -> FloatArray: ...
    def before(self, name: str) -> float: ...
    def unit(self, name: str) -> str: ...
