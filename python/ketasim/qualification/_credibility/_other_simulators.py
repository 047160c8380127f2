"""The same scenario, exported as SBML and solved by other simulators, where they are installed."""

from __future__ import annotations

import locale
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ketasim._arrays import FloatArray
from ketasim.qualification._credibility._content import Check, at_most
from ketasim.qualification._verify import VERIFY_RTOL
from ketasim.sbml import export_sbml
from ketasim.simulation import simulate

#: Five digits, as of the reference values.
AGREEMENT = 1e-5
TIMES = (0.5, 2.0, 24.0, 168.0)
READOUTS = (
    *("ketamine_venous", "nmda_occupancy", "glutamate_dialysate", "p_mtor"),
    *("synaptic_strength", "madrs_change", "cadss"),
)
SCENARIOS = (
    "ketamine 35 mg iv over 40 min",
    "esketamine 56 mg intranasal",
    "escitalopram 10 mg oral every 24 h x 7",
)


def roadrunner(path: Path) -> FloatArray:
    """Return the readouts by libRoadRunner (CVODE), shape (n_times, n_readouts)."""
    module: Any = import_module("roadrunner")
    model = module.RoadRunner(str(path))
    model.integrator.relative_tolerance = VERIFY_RTOL
    model.integrator.absolute_tolerance = [1e-12] * len(model.getRateRuleIds())
    found = model.simulate(times=[0.0, *TIMES], selections=["time", *READOUTS])
    return np.asarray(found)[1:, 1:]


def copasi(path: Path) -> FloatArray:
    """Return the readouts by COPASI (LSODA), shape (n_times, n_readouts)."""
    before = locale.setlocale(locale.LC_ALL)
    basico: Any = import_module("basico")  # sets the locale of the whole process
    locale.setlocale(locale.LC_ALL, before)
    model = basico.load_model(str(path))
    try:
        found = basico.run_time_course_with_output(
            [f"Values[{name}]" for name in READOUTS],
            values=[0.0, *TIMES],
            use_numbers=True,
            r_tol=VERIFY_RTOL,
            a_tol=1e-12,
            max_steps=1_000_000,
            model=model,
        )
    finally:
        basico.remove_datamodel(model)
    return np.asarray(found)[-len(TIMES) :]


SIMULATORS: dict[str, tuple[str, Callable[[Path], FloatArray]]] = {
    "libRoadRunner": ("roadrunner", roadrunner),
    "COPASI": ("basico", copasi),
}


def other_simulators() -> Iterator[Check]:
    """One item for each simulator and scenario."""
    for simulator, (module, run) in SIMULATORS.items():
        missing = [name for name in ("libsbml", module) if find_spec(name) is None]
        for text in SCENARIOS:
            name = f"{simulator}: {text}"
            if missing:
                yield Check(
                    name, f"relative difference at most {AGREEMENT:g}", "no result", "not run",
                    f"{' and '.join(missing)} not installed",
                )  # fmt: skip
                continue
            with TemporaryDirectory() as folder:
                found = run(export_sbml(text, Path(folder) / "scenario.xml"))
            ours = simulate(text, t_eval=TIMES, rtol=VERIFY_RTOL)
            expected = np.stack([ours[name] for name in READOUTS], axis=1)
            size = np.maximum(np.abs(expected).max(axis=0), 1e-3)
            error = np.abs(found - expected) / size
            worst = READOUTS[int(error.max(axis=0).argmax())]
            yield at_most(
                name, float(error.max()), AGREEMENT,
                what="difference relative to the largest value of a readout",
                scope=f"{len(READOUTS)} readouts, {len(TIMES)} times", detail=worst,
            )  # fmt: skip
