"""Write the joint posterior of the calibrated parameters, which the package carries.

    python calibration/joint_posterior.py        # in minutes, after a new calibration

The normal approximation at the recorded values: the precision is that of the prior plus the
information of the rows, in the coordinates of `ketasim.fitting.Prior` (clinical rows and side effects)
or the logarithm (first pass). The three calibrations share no parameter, so they are independent blocks.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
from calibrate import Problem, RowProblem, declared, free_parameters, problem
from numpy.typing import NDArray
from plasma import CHOSEN, FirstPass, whitened

import ketasim as ks
from ketasim.files import whole_file

Array = NDArray[np.float64]
FOLDER = Path(__file__).parent
TARGET = FOLDER.parent / "python" / "ketasim" / "fitting" / "data" / "calibrated.csv"


def recorded(name: str) -> dict[str, float]:
    """Return the recorded values of a calibration."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return {
            row.get("name") or row["parameter"]: float(row.get("fitted") or row["estimate"])
            for row in csv.DictReader(file)
        }


def block(name: str) -> tuple[list[dict[str, Any]], Array]:
    """Return the parameters of one calibration, and the covariance of their coordinates."""
    spec = declared(name)
    values = recorded(name)
    whole: Problem | RowProblem
    if "between_studies" in spec:
        whole = RowProblem(free_parameters(spec["free"], values), spec)
        jacobian = slopes_of_residuals(whole)
        covariance = np.linalg.inv(jacobian.T @ jacobian)
    else:
        spec["start"] = values
        whole = problem(spec)
        covariance = whole.covariance(whole.start)
    rows = [
        {
            "name": f.name,
            "value": values[f.name],
            "low": f.prior.low,
            "high": f.prior.high,
            "scale": "log" if f.prior.on_log else "linear",
            "calibration": name,
        }
        for f in whole.free
    ]
    return rows, covariance


def slopes_of_residuals(whole: RowProblem, step: float = 1e-4) -> Array:
    """Return the derivatives of the residuals at the recorded values, by central differences."""
    columns = []
    for k in range(whole.start.size):
        move = step * np.eye(whole.start.size)[k]
        up, down = whole.residuals(whole.start + move), whole.residuals(whole.start - move)
        columns.append((up - down) / (2 * step))
    return np.array(columns).T


def first_pass() -> tuple[list[dict[str, Any]], Array]:
    """Return the parameters of the first pass, and the covariance of their coordinates."""
    model = FirstPass(CHOSEN)
    names = ["pharmacokinetics." + name.split(":")[-1] for name in model.names]
    # The table has rounder values than the calibration.
    theta = np.array([float(ks.parameters()[name]["value"]) for name in names])
    _, jacobian = whitened(model.data(theta), theta)
    jacobian = np.concatenate([jacobian, np.diag(1.0 / model.prior_sd)])
    spread = np.log(model.high / model.low) / (2 * 1.96)
    covariance = np.linalg.inv(jacobian.T @ jacobian) / np.outer(spread, spread)
    rows = [
        {
            "name": name, "value": value, "low": low, "high": high, "scale": "log",
            "calibration": "plasma",
        }
        for name, value, low, high in zip(names, theta, model.low, model.high, strict=True)
    ]  # fmt: skip
    return rows, covariance


def main() -> None:
    blocks = [block("clinical"), block("side_effects"), first_pass()]
    n = sum(len(rows) for rows, _ in blocks)
    covariance = np.zeros((n, n))
    at, rows = 0, []
    for own, part in blocks:
        covariance[at : at + len(own), at : at + len(own)] = (part + part.T) / 2
        rows += own
        at += len(own)
    TARGET.parent.mkdir(exist_ok=True)
    with whole_file(TARGET) as draft, draft.open("x", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*rows[0], *(f"covariance_{k}" for k in range(n))])
        for row, line in zip(rows, covariance, strict=True):
            writer.writerow([
                *(f"{v:.6g}" if isinstance(v, float) else v for v in row.values()),
                *(f"{v:.5g}" for v in line),
            ])  # fmt: skip
    print(f"wrote {n} parameters to {TARGET}")


if __name__ == "__main__":
    main()
