"""COPASI through basico: LSODA over the SBML file. Its RADAU5 refuses models with events.

One absolute tolerance for all states. The time includes basico's table of results; loading the file
is not timed.
"""

from __future__ import annotations

import numpy as np
from s1 import NAMES, S1, TIMES, TYPICAL, Answer, Solver, call


def contestants(s1: S1) -> dict[str, Solver]:
    import basico

    model = basico.load_model(str(s1.sbml))
    basico.set_current_model(model)
    selection = [f"Values[{name}]" for name in NAMES]
    times = [0.0, *TIMES.tolist()]

    def solve(rtol: float) -> Answer:
        table, seconds = call(
            basico.run_time_course_with_output,
            selection,
            values=times,
            start_time=0.0,
            method="lsoda",
            r_tol=rtol,
            a_tol=rtol * float(np.min(TYPICAL)),
            max_steps=1_000_000,
            use_initial_values=True,
            model=model,
        )
        rows = np.asarray(table, dtype=float)
        if rows.shape[0] < TIMES.size:
            raise RuntimeError(f"{rows.shape[0]} rows of {TIMES.size}")
        return Answer(rows[-TIMES.size :], seconds)

    return {"COPASI LSODA": solve}
