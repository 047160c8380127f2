"""AMICI: CVODES with KLU over C++ that it generates from the SBML file, BDF and Newton's method.

It knows one absolute tolerance for all states, so several are tried at each relative one and it is
charged the best. Its time is the one it reports itself, which leaves out what it does before and after
the solver; the whole call from Python is a row of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from amici_model import model_module
from g1 import CASES, some_parameters
from s1 import S1, TIMES, Answer, Solver, Solvers, call

#: Absolute tolerance over relative tolerance; typical sizes of the states are 1e-4 to 100.
ABSOLUTE = (0.01, 1.0, 10.0)
#: Not reached by any run, and little enough for the memory of an adjoint one.
MOST_STEPS = 100_000


def prepared(s1: S1) -> Any:
    """The compiled module, with derivatives by all parameters of the cases on gradients."""
    module, s1.compiled["AMICI"] = model_module(s1, some_parameters(max(CASES.values())))
    return module


def new_solver(model: Any) -> Any:
    from amici.sim.sundials import LinearSolver, SensitivityOrder

    solver = model.create_solver()
    solver.set_linear_solver(LinearSolver.KLU)
    solver.set_max_steps(MOST_STEPS)
    solver.set_sensitivity_order(SensitivityOrder.none)
    return solver


def contestants(s1: S1) -> Solvers:
    from amici.sim.sundials import run_simulation

    model = prepared(s1).get_model()
    model.set_timepoints(TIMES)
    solver = new_solver(model)
    ids = list(model.get_state_ids())
    order = [ids.index(name) for name in s1.sbml_names]

    def solving(absolute: float, *, whole_call: bool) -> Solver:
        def solve(rtol: float) -> Answer:
            solver.set_relative_tolerance(rtol)
            solver.set_absolute_tolerance(rtol * absolute)
            result, seconds = call(run_simulation, model, solver)
            y = np.asarray(succeeded(result).x)[:, order]
            return Answer(y, seconds if whole_call else 1e-3 * result.cpu_time)

        return solve

    return {
        (who, absolute): solving(absolute, whole_call=whole_call)
        for who, whole_call in (("AMICI", False), ("AMICI, whole call", True))
        for absolute in ABSOLUTE
    }


def succeeded(result: Any) -> Any:
    if result.status != 0:
        raise RuntimeError(f"AMICI ends with status {result.status}")
    return result
