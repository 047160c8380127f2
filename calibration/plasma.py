"""Fit of the first pass: bioavailability and metabolites after nasal, sublingual and oral doses.

    python calibration/plasma.py                    # fits, compares, writes plasma.csv
    python calibration/plasma.py --cross-validate   # also leaves out each study, for other structures

Data are the plasma rows of role 'calibrate' and `plasma_targets.csv`: areas, clearances,
bioavailabilities and ratios of areas that studies report. Residuals are differences of logarithms.
Rows of a study and an analyte (and route) share an error of `STUDY_SD`, as studies differ by more
than their own errors: 114 L/h, 95 L/h and 79 L/h are published for one clearance. Priors are
log-normal, with the plausible range of the parameter table as their 95 % interval. Derivatives are
those of the equations.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import perez_ruixo_2021 as perez_ruixo
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, least_squares

import ketasim as ks
from ketasim.files import whole_file

HERE = Path(__file__).parent
Array = NDArray[np.float64]

STUDY_SD = 0.15  # of the logarithm, between studies
DIGITISED_SD, READ_SD = 0.12, 0.10  # of the logarithm of a row of the evidence

#: What is fitted, and what other structures fit and hold.
CHOSEN = ("f_sw", "F_gut", "FR_sl", "human:fh_HNK")
STRUCTURES: dict[str, tuple[tuple[str, ...], dict[str, float]]] = {
    "chosen": (CHOSEN, {}),
    # The smallest value that a scenario accepts.
    "hardly any norketamine from the gut wall": (CHOSEN, {"fm_gut": 0.071}),
    "nothing of a spray is lost": (("F_gut", "FR_sl", "human:fh_HNK"), {"f_sw": 1.0}),
    "fm_gut fitted": ((*CHOSEN, "fm_gut"), {}),
    "F_er fitted": ((*CHOSEN, "F_er"), {}),
    "clearance fitted": ((*CHOSEN, "human:CLint_S", "human:CLint_R"), {}),
    "clearance and deep volume fitted": ((*CHOSEN, "human:CLint_S", "human:V3"), {}),
}


class Datum(NamedTuple):
    """A datum with the prediction of the model and its derivatives by theta."""

    study: str
    group: str
    what: str
    value: float
    log_sd: float
    predicted: float
    slopes: Array


def full_name(name: str) -> str:
    return ":".join((*name.split(":")[:-1], "pharmacokinetics." + name.split(":")[-1]))


class FirstPass:
    """Residuals of all data at theta, by the public functions of ketasim."""

    def __init__(
        self,
        theta: Sequence[str],
        held: Mapping[str, float] | None = None,
        left_out: Iterable[str] = (),
    ) -> None:
        self.names = tuple(theta)
        self.held = dict(held or {})
        self.left_out = frozenset(left_out)
        table = ks.parameters()
        rows = [table["pharmacokinetics." + name.split(":")[-1]] for name in theta]
        self.current = np.array([float(row["value"]) for row in rows])
        self.low = np.array([float(row["low"]) for row in rows])
        self.high = np.array([float(row["high"]) for row in rows])
        self.units = [str(row["unit"]) for row in rows]
        self.prior_mean = 0.5 * (np.log(self.low) + np.log(self.high))
        self.prior_sd = (np.log(self.high) - np.log(self.low)) / (2.0 * 1.959964)
        self._last: tuple[bytes, list[Datum]] | None = None

    # --- predictions ---

    @cached_property
    def evidence(self) -> ks.fitting.LeastSquares:
        """Rows of role 'calibrate'; held parameters are part of theta there, at fixed values."""
        tables = ks.evidence.load()
        rows = [
            o.obs_id
            for o in tables.observations
            if o.area == "Plasma"
            and o.role == "calibrate"
            and o.weight > 0.0
            and o.statistic not in ("tmax", *ks.evidence.vocabulary.OVER_CONTROL)
            and not o.readout.startswith("escitalopram")
            and o.source_key not in self.left_out
        ]
        return ks.fitting.LeastSquares([full_name(n) for n in (*self.names, *self.held)], rows=rows)

    def data(self, theta: Array) -> list[Datum]:
        key = theta.tobytes()
        if self._last is None or self._last[0] != key:
            self._last = key, [*self._rows(theta), *self._targets(theta)]
        return self._last[1]

    def _rows(self, theta: Array) -> list[Datum]:
        at = self.evidence.at([*theta, *self.held.values()])
        observed = {o.obs_id: o for o in ks.evidence.load().observations}
        found = []
        for row, predicted, residual, slopes in zip(
            at.rows, at.predicted, at.residuals, at.jacobian, strict=True
        ):
            o = observed[row]
            # On either side of the value the residual is proportional to the distance from it.
            by_prediction = residual / (predicted - o.value)
            sd = DIGITISED_SD if o.how_read == "digitised" else READ_SD
            found.append(
                Datum(
                    o.source_key,
                    o.readout,
                    f"{o.arm_id} {o.readout} {o.statistic} {o.time_h:g} h",
                    o.value,
                    sd / np.sqrt(o.weight),
                    float(predicted),
                    slopes[: len(self.names)] / by_prediction,
                )
            )
        return found

    def _targets(self, theta: Array) -> list[Datum]:
        with (HERE / "plasma_targets.csv").open(encoding="utf-8") as file:
            rows = [r for r in csv.DictReader(file) if r["source_key"] not in self.left_out]
        found = []
        for row in rows:
            predicted, slopes = self._quantity(row, theta)
            found.append(
                Datum(
                    row["source_key"],
                    row["group"],
                    f"{row['regimen']}: {row['quantity']} of {row['readout']}",
                    typical_subject(row) if row["value"] == "model" else float(row["value"]),
                    float(row["log_sd"]),
                    predicted,
                    slopes,
                )
            )
        return found

    def _quantity(self, row: Mapping[str, str], theta: Array) -> tuple[float, Array]:
        until = float(row["until_h"])
        t, y, dy = self._course(row["regimen"], row["readout"], until, theta)
        if row["quantity"] == "max":
            return float(y.max()), dy[y.argmax()]
        area, slope = np.trapezoid(y, t), np.trapezoid(dy, t, axis=0)
        if row["quantity"] == "auc":
            return float(area), slope
        if row["quantity"] == "clearance":  # mg / (ng h/mL) = 1000 L/h
            clearance = 1000.0 * dose_mg(row["regimen"]) / area
            return float(clearance), -clearance * slope / area
        regimen = row["reference_regimen"] or row["regimen"]
        t, y, dy = self._course(regimen, row["reference_readout"] or row["readout"], until, theta)
        other, other_slope = np.trapezoid(y, t), np.trapezoid(dy, t, axis=0)
        ratio = area / other * dose_mg(regimen) / dose_mg(row["regimen"])
        return float(ratio), ratio * (slope / area - other_slope / other)

    def _course(
        self, regimen: str, readout: str, until_h: float, theta: Array
    ) -> tuple[Array, Array, Array]:
        # Ten points in an hour around the peak of a slow release are enough for its area.
        t = np.unique(np.concatenate([np.arange(0, 2, 0.02), np.arange(2, until_h + 0.05, 0.1)]))
        short = [name.split(":")[-1] for name in self.names]
        values = dict(zip(short, theta.tolist(), strict=True)) | self.held
        scenario = ks.Scenario(
            regimen, parameters={"pharmacokinetics." + n: v for n, v in values.items()}
        )
        s = ks.sensitivity(
            scenario, ["pharmacokinetics." + name for name in short], [readout], t_eval=t
        )
        return t, s.run[readout], s[readout]

    # --- fit ---

    def residuals(self, log_theta: Array) -> Array:
        return self._whitened(np.exp(log_theta))[0]

    def jacobian(self, log_theta: Array) -> Array:
        return self._whitened(np.exp(log_theta))[1]

    def _whitened(self, theta: Array) -> tuple[Array, Array]:
        residuals, jacobian = whitened(self.data(theta), theta)
        prior = (np.log(theta) - self.prior_mean) / self.prior_sd
        return (
            np.concatenate([residuals, prior]),
            np.concatenate([jacobian, np.diag(1.0 / self.prior_sd)]),
        )

    def fit(self, start: Array | None = None) -> OptimizeResult:
        begin = np.clip(self.current if start is None else start, self.low, self.high)
        margin = 1e-6  # the solver starts strictly inside its bounds
        found = least_squares(
            self.residuals,
            np.clip(np.log(begin), np.log(self.low) + margin, np.log(self.high) - margin),
            self.jacobian,
            bounds=(np.log(self.low), np.log(self.high)),
            x_scale=self.prior_sd,
            xtol=1e-6,
            ftol=1e-8,
        )
        if not found.success:
            raise RuntimeError(f"the fit did not converge: {found.message}")
        return found


def whitened(data: Sequence[Datum], theta: Array) -> tuple[Array, Array]:
    """Residuals with unit covariance, and their derivatives by the logarithm of theta."""
    z = np.array([np.log(d.predicted / d.value) for d in data])
    j = np.array([d.slopes * theta / d.predicted for d in data])
    groups: dict[tuple[str, str], list[int]] = {}
    for i, d in enumerate(data):
        groups.setdefault((d.study, d.group), []).append(i)
    for rows in groups.values():
        covariance = np.diag([data[i].log_sd ** 2 for i in rows]) + STUDY_SD**2
        root = np.linalg.cholesky(covariance)
        z[rows] = np.linalg.solve(root, z[rows])
        j[rows] = np.linalg.solve(root, j[rows])
    return z, j


def dose_mg(regimen: str) -> float:
    (dose,) = ks.Regimen.parse(regimen).doses
    return float(dose.amount)


def typical_subject(row: Mapping[str, str]) -> float:
    (dose,) = ks.Regimen.parse(row["regimen"]).doses
    course = perez_ruixo.simulate(dose.route, dose.amount, infusion_h=dose.duration_h)
    return course.exposure()[("max", "auc").index(row["quantity"])]


def comparison(variant: str | None) -> list[str]:
    """Exposures of ketasim over those of the typical subject of Perez-Ruixo and others."""
    lines = []
    for route, mg, text in (
        ("iv", 28, "esketamine 28 mg iv over 40 min"),
        ("oral", 84, "esketamine 84 mg oral"),
        ("intranasal", 28, "esketamine 28 mg intranasal"),
        ("intranasal", 56, "esketamine 56 mg intranasal"),
        ("intranasal", 84, "esketamine 84 mg intranasal"),
    ):
        run = ks.simulate(
            ks.Scenario(text, variant=variant), t_eval=np.linspace(0.0, 24.0, 2401).tolist()
        )
        infusion_h = 2.0 / 3.0 if route == "iv" else 0.0
        theirs = perez_ruixo.simulate(route, mg, infusion_h=infusion_h)
        ours = perez_ruixo.Course(run.t, run["esketamine_venous"], run["norketamine_venous"])
        ratios = [a / b for a, b in zip(ours.exposure(), theirs.exposure(), strict=True)]
        lines.append(f"{text:34}" + "".join(f"{ratio:8.2f}" for ratio in ratios))
    return lines


def studies() -> list[str]:
    model = FirstPass(CHOSEN)
    return sorted({d.study for d in model.data(model.current)})


def cross_validate() -> None:
    print("\nleave one study out: half the sum of squares of the data of the study left out")
    for label, (names, held) in STRUCTURES.items():
        whole = FirstPass(names, held)
        theta = np.exp(whole.fit().x)
        costs = {}
        for study in studies():
            found = np.exp(FirstPass(names, held, [study]).fit(theta).x)
            data = [d for d in whole.data(found) if d.study == study]
            costs[study] = 0.5 * float((whitened(data, found)[0] ** 2).sum())
        per_study = ", ".join(f"{study} {cost:.1f}" for study, cost in costs.items())
        print(f"{label:42} {sum(costs.values()):6.1f}   {per_study}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Fit the first pass of ketamine.")
    parser.add_argument(
        "--cross-validate", action="store_true", help="leave out each study in turn"
    )
    arguments = parser.parse_args()

    model = FirstPass(CHOSEN)
    found = model.fit()
    theta = np.exp(found.x)
    covariance = np.linalg.inv(found.jac.T @ found.jac)
    errors = theta * np.sqrt(np.diag(covariance))
    # Written as "pharmacokinetics.F_gut = 0.64 (human)".
    old = dict(text.split(" (")[0].split(" = ") for text in ks.variants()["v0_1"]["overrides"])
    rows = [
        ("pharmacokinetics." + name.split(":")[-1], unit, low, high, x, se)
        for name, unit, low, high, x, se in zip(
            model.names, model.units, model.low, model.high, theta, errors, strict=True
        )
    ]
    with (
        whole_file(HERE / "plasma.csv") as draft,
        draft.open("x", encoding="utf-8", newline="") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["parameter", "unit", "low", "high", "v0_1", "estimate", "standard_error"])
        for name, unit, low, high, x, se in rows:
            writer.writerow([name, unit, low, high, old[name], f"{x:.3g}", f"{se:.2g}"])
    print((HERE / "plasma.csv").read_text(encoding="utf-8"))
    data = model.data(theta)
    print(f"{len(data)} data; half the sum of squares {found.cost:.2f}, {found.nfev} steps")
    for d in data:
        print(
            f"{d.study:16}{d.what:72}{d.value:9.3g}{d.predicted:9.3g}{d.predicted / d.value:7.2f}"
        )
    for variant in ("v0_1", None):
        print(
            f"\nratio to Perez-Ruixo, {variant or 'current values'}: ketamine max, AUC; NK max, AUC"
        )
        print("\n".join(comparison(variant)))
    if arguments.cross_validate:
        cross_validate()


if __name__ == "__main__":
    main()
