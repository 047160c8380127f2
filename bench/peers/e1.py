"""Case E1 for rivals in Python: the subjects of bench/subjects.hpp, one infusion, 14 days, 100 times."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from time import process_time
from typing import Any

import numpy as np
from equations import Equations, of_schedules
from s1 import INFUSION, TYPICAL, FloatArray

import ketasim as ks
from ketasim import _core
from ketasim.scenario._for_core import core_scenario

#: How the subjects differ: what, square of the step of its Weyl sequence, lowest, highest.
VARIED = (
    ("pharmacokinetics.V1", 2.0, 8.0, 20.0),  # [L]
    ("pharmacokinetics.CLint_S", 3.0, 280.0, 460.0),  # [L/h]
    ("pharmacokinetics.CLint_R", 5.0, 170.0, 290.0),  # [L/h]
    ("weight_kg", 7.0, 50.0, 100.0),
    ("severity", 11.0, 0.5, 1.0),
)
#: Dense over the first day, where things happen within minutes, then even to the end [h].
TIMES = np.concatenate([1440.0 ** (np.arange(40) / 39.0) / 60.0, 24.0 + 5.2 * np.arange(1.0, 61.0)])
#: A referee run costs ten ordinary ones: these stand for all in the errors.
JUDGED = 16


@dataclass(frozen=True)
class Subjects:
    """Subjects 0 to n-1, and the judge of what is computed of them."""

    n: int

    @cached_property
    def values(self) -> dict[str, FloatArray]:
        index = np.arange(1.0, self.n + 1.0)
        return {
            name: low + (high - low) * np.modf(index * np.sqrt(square))[0]
            for name, square, low, high in VARIED
        }

    def scenario(self, member: int) -> ks.Scenario:
        of = {name: float(values[member]) for name, values in self.values.items()}
        who = ks.Subject(weight_kg=of.pop("weight_kg"), severity=of.pop("severity"))
        return ks.Scenario(INFUSION, subject=who, parameters=of)

    @cached_property
    def schedules(self) -> list[dict[str, Any]]:
        """What the core makes of every scenario: parameters, state before treatment, stops."""
        return [_core.compiled_schedule(core_scenario(self.scenario(m))) for m in range(self.n)]

    @property
    def end_of_infusion(self) -> float:
        return float(self.schedules[0]["stops"][1][0])

    def equations(self) -> Equations:
        """Of all subjects, during the infusion and after it."""
        return of_schedules(self.schedules, self.values["weight_kg"])

    @cached_property
    def _referee(self) -> FloatArray:
        return self._alone(1e-11)

    def _alone(self, rtol: float) -> FloatArray:
        """States of the judged, one by one: the bits of a population."""
        return np.stack(
            [
                ks.simulate(self.scenario(m), t_eval=TIMES, rtol=rtol).y
                for m in range(min(JUDGED, self.n))
            ]
        )

    def errors(self, y: FloatArray) -> tuple[float, float]:
        """RMS and largest error of the judged: |y - referee| / (|referee| + typical size)."""
        wrong = np.abs(y[:JUDGED] - self._referee) / (np.abs(self._referee) + TYPICAL)
        return float(np.sqrt(np.mean(wrong**2))), float(np.max(wrong))

    def errors_of_ours(self, rtol: float) -> tuple[float, float]:
        return self.errors(self._alone(rtol))

    def by_ketasim(self, rtol: float) -> tuple[float, int]:
        """Processor time of the whole call a subject [s], on one thread; how many failed."""
        of = dict(self.values)
        who = {name: of.pop(name) for name in ("weight_kg", "severity")}
        began = process_time()
        crowd = ks.simulate_population(
            INFUSION,
            self.n,
            parameters=of,
            t_eval=TIMES,
            threads=1,
            progress=False,
            rtol=rtol,
            **who,
        )
        return (process_time() - began) / self.n, int(np.sum(~crowd.ok))
