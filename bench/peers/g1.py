"""Cases G1 and G2: derivatives by 20 and by 100 parameters, one infusion, 14 days, 101 times.

Two questions: the derivatives of two readouts at all times, and the gradient of a sum of squares, that
of both readouts against what a smaller dose does.
"""

from __future__ import annotations

from functools import cached_property
from time import process_time

import e1
import numpy as np
from s1 import INFUSION, FloatArray

import ketasim as ks

TIMES = np.concatenate([[0.0], e1.TIMES])
READOUTS = ("madrs_change", "nmda_occupancy")
CASES = {"G1": 20, "G2": 100}
#: What the sum of squares is of.
DATA = INFUSION.replace("0.5 mg/kg", "0.4 mg/kg")
SD = np.array([1.0, 0.05])
#: A parameter that moves a result by less than this share of its size is left out of its errors.
MATTERS = 1e-6


def some_parameters(n: int) -> list[str]:
    """Evenly from the list of all, so that every module has its share (bench/peers/gradients.cpp)."""
    names = ks.parameters("human").names
    return [names[k * len(names) // n] for k in range(n)]


class Gradients:
    """What is asked in a case, and the judge of the answers."""

    def __init__(self, case: str) -> None:
        self.case = case
        self.wrt = some_parameters(CASES[case])
        table = ks.parameters("human")
        self.values = np.array([float(table[name]["value"]) for name in self.wrt])
        data = ks.simulate(DATA, t_eval=TIMES)
        self.data = np.stack([data[name] for name in READOUTS], axis=-1)

    @cached_property
    def _referee(self) -> tuple[FloatArray, FloatArray]:
        derivatives, predicted, _ = self.by_ketasim(1e-11, in_test=True)
        return derivatives, self.of_sum(derivatives, predicted)

    def by_ketasim(self, rtol: float, *, in_test: bool) -> tuple[FloatArray, FloatArray, float]:
        """Derivatives, readouts and the processor time of the whole call [s].

        Shapes (n_times, n_wrt, n_readouts) and (n_times, n_readouts).
        """
        began = process_time()
        s = ks.sensitivity(
            INFUSION, self.wrt, READOUTS, t_eval=TIMES, rtol=rtol, gradient_in_error_test=in_test
        )
        derivatives = np.stack([s[name] for name in READOUTS], axis=-1)
        predicted = np.stack([s.run[name] for name in READOUTS], axis=-1)
        return derivatives, predicted, process_time() - began

    def by_adjoint(self, rtol: float) -> tuple[FloatArray, float]:
        """Gradient of half the sum of squares, and the processor time of the whole call [s]."""
        began = process_time()
        a = ks.adjoint(INFUSION, self.wrt, READOUTS, t_eval=TIMES, rtol=rtol)
        predicted = np.stack([a.run[name] for name in READOUTS], axis=-1)
        gradient = a.gradient((predicted - self.data) / SD**2)
        return gradient, process_time() - began

    def of_sum(self, derivatives: FloatArray, predicted: FloatArray) -> FloatArray:
        """Gradient of half the sum of squares, shape (n_wrt,)."""
        weighted = (predicted - self.data) / SD**2
        gradient: FloatArray = np.einsum("tpr,tr->p", derivatives, weighted)
        return gradient

    def errors(self, derivatives: FloatArray) -> tuple[float, float]:
        """RMS and largest error over times, parameters and readouts.

        |derivative - referee| / (|referee| + the largest of its readout and parameter).
        """
        right, _ = self._referee
        largest = np.max(np.abs(right), axis=0)
        moved = largest * np.abs(self.values)[:, np.newaxis]
        matters = moved > MATTERS * np.max(np.abs(self.data), axis=0)
        wrong = np.abs(derivatives - right)[:, matters]
        return _both(wrong / (np.abs(right)[:, matters] + largest[matters]))

    def errors_of_sum(self, gradient: FloatArray) -> tuple[float, float]:
        """RMS and largest |gradient - referee| / |referee| over parameters."""
        _, right = self._referee
        moved = np.abs(right * self.values)
        matters = moved > MATTERS * np.max(moved)
        return _both(np.abs(gradient - right)[matters] / np.abs(right)[matters])


def _both(wrong: FloatArray) -> tuple[float, float]:
    return float(np.sqrt(np.mean(wrong**2))), float(np.max(wrong))
