"""Fit of the enzymes to the interactions of oral, intravenous and nasal S-ketamine.

    python calibration/interactions.py    # fits, compares, writes interactions.csv

Data are the rows of the evidence with a ratio of areas over the arm without co-medication, of role
'calibrate'. Residuals are differences of logarithms, with an error of `STUDY_SD`: ratios are within
people, but each is of one study of ten to twenty. Priors are log-normal, with the plausible range of the
parameter table as their 95 % interval. Derivatives are those of the equations.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

import ketasim as ks
from ketasim.files import whole_file

HERE = Path(__file__).parent
Array = NDArray[np.float64]

STUDY_SD = 0.15  # of the logarithm of a ratio

#: What is fitted; the turnover of the enzymes and the induction of hepatic CYP3A4 are measured.
CHOSEN = ("i_gut", "i_2B6", "q_cla", "q_gfj", "q_tic", "s_SJW", "f_CYP", "s_2B6", "f_NK")


def main() -> None:
    names = ["enzymes." + name for name in CHOSEN]
    table = ks.parameters()
    rows = [table[name] for name in names]
    low = np.array([float(row["low"]) for row in rows])
    high = np.array([float(row["high"]) for row in rows])
    prior_mean = 0.5 * (np.log(low) + np.log(high))
    prior_sd = (np.log(high) - np.log(low)) / (2.0 * 1.959964)
    observed = {
        o.obs_id: o
        for o in ks.evidence.load().observations
        if o.statistic in ks.evidence.vocabulary.OVER_CONTROL
    }
    fitted = [i for i, o in observed.items() if o.role == "calibrate"]
    model = ks.fitting.LeastSquares(names, rows=list(observed))
    known: dict[bytes, tuple[Array, Array]] = {}

    def predicted(log_theta: Array) -> tuple[tuple[str, ...], Array, Array]:
        """Rows, logarithms of predicted over observed, derivatives by log theta."""
        at = model.at(np.exp(log_theta))
        value = np.array([observed[row].value for row in at.rows])
        # On either side of the value the residual is proportional to the distance from it.
        slope = at.jacobian * ((at.predicted - value) / at.residuals)[:, None]
        return (
            at.rows,
            np.log(at.predicted / value),
            slope * np.exp(log_theta) / at.predicted[:, None],
        )

    def whitened(log_theta: Array) -> tuple[Array, Array]:
        key = log_theta.tobytes()
        if key not in known:
            ids, residual, slope = predicted(log_theta)
            chosen = np.array([row in fitted for row in ids])
            root = np.sqrt([observed[row].weight for row in ids])[chosen] / STUDY_SD
            known[key] = (
                np.concatenate([root * residual[chosen], (log_theta - prior_mean) / prior_sd]),
                np.concatenate([root[:, None] * slope[chosen], np.diag(1.0 / prior_sd)]),
            )
        return known[key]

    margin = 1e-6  # the solver starts strictly inside its bounds
    found = least_squares(
        lambda x: whitened(x)[0],
        np.clip(prior_mean, np.log(low) + margin, np.log(high) - margin),
        lambda x: whitened(x)[1],
        bounds=(np.log(low), np.log(high)),
        x_scale=prior_sd,
    )
    if not found.success:
        raise RuntimeError(f"the fit did not converge: {found.message}")
    theta = np.exp(found.x)
    errors = theta * np.sqrt(np.diag(np.linalg.inv(found.jac.T @ found.jac)))
    with (
        whole_file(HERE / "interactions.csv") as draft,
        draft.open("x", encoding="utf-8", newline="") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["parameter", "unit", "low", "high", "estimate", "standard_error"])
        for row, name, x, se in zip(rows, names, theta, errors, strict=True):
            writer.writerow([name, row["unit"], row["low"], row["high"], f"{x:.3g}", f"{se:.2g}"])
    print((HERE / "interactions.csv").read_text(encoding="utf-8"))
    ids, residual, _ = predicted(found.x)
    print(f"half the sum of squares {found.cost:.2f}, {found.nfev} steps")
    for row, r in zip(ids, residual, strict=True):
        o = observed[row]
        print(f"{o.role:10}{row:60}{o.value:7.2f}{o.value * np.exp(r):7.2f}{np.exp(r):7.2f}")


if __name__ == "__main__":
    main()
