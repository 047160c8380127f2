"""Fits the baselines and the spread of residuals to the shipped calibrate rows; writes the tables.

Run with ``python -m ketasim.qualification._refit`` after a change of the evidence or of the model (needs
SciPy). With ``--cross-validate`` the baselines are also scored on trials that they have not seen.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from pathlib import Path

from ketasim.evidence._records import load
from ketasim.files._whole_file import whole_file
from ketasim.observation._prediction import Prediction
from ketasim.observation._predictor import predictor
from ketasim.observation._trials import Trial, trials_of
from ketasim.qualification._baselines import (
    NAMES,
    Baseline,
    Design,
    Name,
    design_of,
    fit,
    log_likelihoods,
)
from ketasim.qualification._cross_validation import CrossValidation, Scorer, cross_validate
from ketasim.qualification._residuals import Residual, estimate, kind_of
from ketasim.qualification._validate import Simulated, simulate_evidence

DATA = Path(__file__).parent / "data"
#: Nodes of the quadrature for scores.
SCORE_NODES = (11, 5)


def main(arguments: Sequence[str]) -> None:
    """Write ``residuals.csv`` and ``baselines.csv``."""
    evidence = load()
    simulated = simulate_evidence(evidence, progress=False)
    sigmas = residual_sigmas(simulated)
    _write("residuals.csv", ("kind", "sigma"), [(k, f"{s:.6g}") for k, s in sigmas.items()])
    trials = list(
        trials_of(evidence, [o for o in evidence.observations if o.role == "calibrate"]).values()
    )
    design = design_of(evidence, simulated.planned, simulated.courses)
    fitted = {name: fit(name, trials, design) for name in NAMES}
    rows = [
        (name, parameter, f"{value:.6g}")
        for name, baseline in fitted.items()
        for parameter, value in baseline.values.items()
    ]
    _write("baselines.csv", ("baseline", "parameter", "value"), rows)
    if "--cross-validate" in arguments:
        for name in NAMES:
            print(
                f"{name}: {cross_validated(name, trials, design, fitted[name]).per_row:.3f} per row"
            )


def residual_sigmas(simulated: Simulated) -> dict[str, float]:
    """Return sigma by kind of measurement, from the calibrate rows of the shipped evidence."""
    evidence = load()
    rows = []
    for o in evidence.observations:
        if o.role == "calibrate" and kind_of(o) is not None and o.arm_id in simulated.courses:
            control = simulated.courses[o.relative_to] if o.relative_to else None
            arm = evidence.arms[o.arm_id]
            found: Prediction = predictor().predict(o, arm, simulated.courses[o.arm_id], control)
            if found.value is not None:
                rows.append(Residual(o, arm, found.value))
    return estimate(rows)


def cross_validated(
    name: Name, trials: Sequence[Trial], design: Design, start: Baseline, folds: int = 10
) -> CrossValidation:
    """Return out-of-sample log scores of a baseline."""

    def refit(train: Sequence[Trial]) -> Scorer:
        baseline = fit(name, train, design, start)
        return lambda trial: float(log_likelihoods(baseline, [trial], design, SCORE_NODES)[0])

    return cross_validate(trials, refit, folds)


def _write(name: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    with whole_file(DATA / name) as draft, draft.open("x", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([columns, *rows])


if __name__ == "__main__":
    main(sys.argv[1:])
