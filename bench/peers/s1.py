"""Case S1 for rivals in Python: one infusion, 7 days, 28 samples, a patient.

Everybody gets the same equations, state before treatment, sample times and absolute tolerances;
where the infusion ends, everybody stops and starts again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

import ketasim as ks
from ketasim import _core
from ketasim.scenario._for_core import core_scenario

FloatArray = NDArray[np.float64]
INFUSION = "ketamine 0.5 mg/kg iv over 40 min"
#: 2, 6, 12 and 24 h of every day [h].
TIMES = np.array([24.0 * day + hour for day in range(7) for hour in (2.0, 6.0, 12.0, 24.0)])
NAMES = [row["name"] for row in ks.states()]
TYPICAL = np.array([row["typical"] for row in ks.states()])


@dataclass
class Answer:
    """States at `TIMES`, shape (n_times, n_states), and the processor time they took [s]."""

    y: FloatArray
    seconds: float


#: What a rival is: a relative tolerance in, an answer out. Absolute tolerance = rtol x typical size.
Solver = Callable[[float], Answer]
#: Rivals by name, or by name and absolute over relative tolerance: they are charged the best.
Solvers = dict[str | tuple[str, float], Solver]


class S1:
    """The problem, and the judge of its answers."""

    def __init__(self) -> None:
        self.run = ks.simulate(INFUSION, t_eval=TIMES)
        self.start: FloatArray = self.run.start
        begin, stop = self.run.events
        #: Start [h], end [h] and number of the inputs in force.
        self.pieces = [(begin, stop, 1), (stop, TIMES[-1], 2)]
        self._referee = ks.simulate(INFUSION, t_eval=TIMES, rtol=1e-11).y
        #: What was compiled beforehand, by whom, and how long it took on the clock [s].
        self.compiled: dict[str, float] = {}

    def errors(self, y: FloatArray) -> tuple[float, float]:
        """RMS and largest |y - referee| / (|referee| + typical size) over states and times."""
        wrong = np.abs(y - self._referee) / (np.abs(self._referee) + TYPICAL)
        return float(np.sqrt(np.mean(wrong**2))), float(np.max(wrong))

    def source(self, inputs: int) -> str:
        """Text of rhs(t, y) in Python, written by the core."""
        text: str = self.run._trajectory.rhs_source(inputs)
        return text

    def rhs(self, inputs: int) -> Callable[[float, FloatArray], FloatArray]:
        """Return rhs(t, y) of the compiled core."""
        function = self.run._trajectory.rhs
        return lambda t, y: function(y, inputs)

    def jacobian(self, inputs: int) -> Callable[[float, FloatArray], FloatArray]:
        """Return the exact, dense Jacobian of the compiled core."""
        rows, columns = _core.jacobian_structure()
        row = np.repeat(np.arange(TYPICAL.size), np.diff(rows))

        def dense(t: float, y: FloatArray) -> FloatArray:
            J = np.zeros((TYPICAL.size, TYPICAL.size))
            J[row, columns] = self.run._trajectory.jacobian(y, inputs)
            return J

        return dense

    def piecewise(self, solve: Callable[[int, FloatArray, FloatArray], FloatArray]) -> Answer:
        """Answer of solve(inputs, times, y at times[0]) -> states at times, piece by piece."""
        y, rows = self.start, np.empty((TIMES.size, TYPICAL.size))
        began = process_time()
        for start, end, inputs in self.pieces:
            inside = (start < TIMES) & (end >= TIMES)
            times = np.unique([start, *TIMES[inside], end])
            states = solve(inputs, times, y)
            rows[inside] = states[np.isin(times, TIMES[inside])]
            y = states[-1]
        return Answer(rows, process_time() - began)

    @property
    def schedule(self) -> dict[str, Any]:
        """What the core makes of the scenario: parameters, state before treatment, stops."""
        return _core.compiled_schedule(core_scenario(self.run.scenario))

    @cached_property
    def sbml(self) -> Path:
        """The scenario as an SBML file, which lives as long as this object."""
        self._folder = TemporaryDirectory()
        return Path(ks.export_sbml(INFUSION, Path(self._folder.name) / "s1.xml"))

    @property
    def sbml_names(self) -> list[str]:
        return [name.replace(".", "__") for name in NAMES]


def by_ketasim(s1: S1) -> Solvers:
    """The whole call: regimen as text, state before treatment and states as an array included."""

    def solve(rtol: float) -> Answer:
        began = process_time()
        y = ks.simulate(INFUSION, t_eval=TIMES, rtol=rtol).y
        return Answer(y, process_time() - began)

    return {"ketasim": solve}


def call(function: Any, *arguments: Any, **keywords: Any) -> tuple[Any, float]:
    """What a call returns, and its processor time [s]."""
    began = process_time()
    result = function(*arguments, **keywords)
    return result, process_time() - began
