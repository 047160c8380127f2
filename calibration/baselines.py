"""Predict left-out trials by the two statistical baselines, as `calibrate.py --cross-validate` does by the model.

    python calibration/baselines.py    # 25 minutes of processor time

The rows, the folds and the likelihood are those of `clinical.toml`, so that the numbers compare.
"""

from __future__ import annotations

from calibrate import declared, fold_of, problem, rows_of

import ketasim as ks
from ketasim.qualification import simulate_evidence
from ketasim.qualification._baselines import NAMES, design_of, fit, log_likelihoods

FOLDS = 10
#: Nodes over u_c and u_d: those of the reported likelihood of the model.
NODES = (11, 5)


def main() -> None:
    evidence = ks.evidence.load()
    simulated = simulate_evidence(evidence, progress=False)
    design = design_of(evidence, simulated.planned, simulated.courses)
    trials = problem(declared("clinical")).trials
    for name in NAMES:
        whole = fit(name, trials, design)
        within = float(log_likelihoods(whole, trials, design, NODES).sum())
        left_out = 0.0
        for k in range(FOLDS):
            held = [t for t in trials if fold_of(t.name, FOLDS) == k]
            rest = [t for t in trials if fold_of(t.name, FOLDS) != k]
            if held:
                seen = fit(name, rest, design, whole)
                left_out += float(log_likelihoods(seen, held, design, NODES).sum())
        rows = rows_of(trials)
        print(
            f"{name}: log likelihood {within:.2f}; cross-validated {left_out:.2f}, "
            f"{left_out / rows:.3f} per weighted row",
            flush=True,
        )


if __name__ == "__main__":
    main()
