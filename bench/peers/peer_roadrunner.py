"""libRoadRunner: CVODE over right-hand sides compiled from the SBML file.

Only the simulation is timed; loading the file takes seconds and going back to the start is free.
"""

from __future__ import annotations

import numpy as np
from s1 import S1, TIMES, TYPICAL, Answer, Solver, call


def contestants(s1: S1) -> dict[str, Solver]:
    import roadrunner

    model = roadrunner.RoadRunner(str(s1.sbml))
    model.timeCourseSelections = ["time", *s1.sbml_names]
    model.integrator.setValue("stiff", True)
    model.integrator.setValue("maximum_num_steps", 1_000_000)
    times = np.concatenate([[0.0], TIMES])

    def solve(rtol: float) -> Answer:
        model.resetToOrigin()
        model.integrator.setValue("relative_tolerance", rtol)
        for name, size in zip(s1.sbml_names, TYPICAL, strict=True):
            model.integrator.setIndividualTolerance(name, rtol * float(size))
        rows, seconds = call(model.simulate, times=times)
        return Answer(np.array(rows)[1:, 1:], seconds)

    return {"libRoadRunner": solve}
