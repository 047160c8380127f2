"""A population fit of 24 subjects by ketasim, and by nlme with deSolve in R.

    python bench/peers/population_peer.py      needs R with nlme and deSolve; writes bench/population_peer.md

Subjects, doses and parameters are those of bench/population_fits.py; errors are normal on the logarithm
and there is no limit of quantification, which nlme does not know. nlme gets the part of the model that
the levels depend on, as C with all constants computed, solved by lsoda of deSolve. Both start at the same
values. ketasim solves its own model.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
from levels_only import Levels, levels
from petab_optimum import spread
from table import table

import ketasim as ks
from ketasim.fitting import PopulationModel

BENCH = Path(__file__).resolve().parents[1]
sys.path.append(str(BENCH))

from population_fits import (
    CLN,
    LEVELS,
    POWER,
    QH,
    SETTINGS,
    START,
    SUBJECTS,
    TIMES,
    TRUTH,
    V3,
    design,
)

BUILD = BENCH.parent / "build" / "peers" / "population"
PAGE = BENCH / "population_peer.md"
THETA = (QH, V3, CLN)
AIM_S = 120.0
#: lsoda of nlme's model [1, umol and uM].
RTOL, ATOL = 1e-9, 1e-10
#: Names of the estimates as the R script prints them.
PRINTED = {
    QH: "Qh",
    V3: "V3",
    CLN: "CLn",
    f"beta.{QH}.WT": "beta_Qh",
    f"beta.{CLN}.WT": "beta_CLn",
    f"omega.{QH}": "omega_Qh",
    f"omega.{V3}": "omega_V3",
    f"omega.{CLN}": "omega_CLn",
    f"corr.{QH}.{CLN}": "corr",
    "error.ketamine_venous.proportional": "error_1",
    "error.norketamine_venous.proportional": "error_2",
}

#: Differences by which nlme is told the derivatives; its own steps are smaller than the errors of lsoda.
STEP = 1e-4
SCRIPT = """
suppressMessages({library(nlme); library(deSolve)})
dyn.load("levels.so")
d <- read.csv("data.csv"); d$READOUT <- factor(d$DVID); d$LWT <- log(d$WT / 70)
constants <- as.matrix(read.csv("constants.csv", header = FALSE))
times <- sort(unique(d$TIME)); stop_h <- STOP_H
first <- times[times < stop_h]; second <- times[times > stop_h]
solve_to <- function(y, at, p)
  lsoda(y, at, "derivs", p, dllname = "levels", initfunc = "initmod", nout = 2,
        rtol = RTOL, atol = ATOL)
logs <- function(id, p) {
  p <- exp(p)
  a <- solve_to(rep(0, N_STATES), c(0, first, stop_h), c(p, constants[2 * id - 1, ]))
  b <- solve_to(a[nrow(a), 1 + 1:N_STATES], c(stop_h, second), c(p, constants[2 * id, ]))
  log(rbind(a[1 + seq_along(first), ], b[1 + seq_along(second), ])[, 1 + N_STATES + 1:2])
}
level <- function(lQh, lV3, lCLn, ID, TIME, DVID) {
  out <- numeric(length(ID))
  slopes <- matrix(0, length(ID), 3, dimnames = list(NULL, c("lQh", "lV3", "lCLn")))
  for (id in unique(ID)) {
    i <- which(ID == id); at <- cbind(match(TIME[i], times), DVID[i])
    p <- c(lQh[i[1]], lV3[i[1]], lCLn[i[1]])
    f <- logs(id, p); out[i] <- f[at]
    for (k in 1:3) {
      q <- p; q[k] <- q[k] + STEP
      slopes[i, k] <- ((logs(id, q) - f) / STEP)[at]
    }
  }
  attr(out, "gradient") <- slopes
  out
}
began <- proc.time()
fit <- nlme(
  log(DV) ~ level(lQh, lV3, lCLn, ID, TIME, DVID), data = d,
  fixed = list(lQh ~ LWT, lV3 ~ 1, lCLn ~ LWT),
  random = list(ID = pdBlocked(list(pdSymm(lQh + lCLn ~ 1), pdDiag(lV3 ~ 1)))),
  weights = varIdent(form = ~ 1 | READOUT),
  start = START, method = "REML")
took <- proc.time() - began
b <- fixef(fit); se <- sqrt(diag(vcov(fit)))
V <- as.matrix(fit$modelStruct$reStruct$ID) * fit$sigma^2
own <- coef(fit$modelStruct$varStruct, unconstrained = FALSE, allCoef = TRUE)
cat("user,", took[["user.self"]] + took[["sys.self"]], "\\n", sep = "")
cat(sprintf("%s,%.8g\\n",
  c("Qh", "beta_Qh", "V3", "CLn", "beta_CLn", "omega_Qh", "omega_CLn", "omega_V3", "corr", "error_1", "error_2"),
  c(exp(b[1]), b[2], exp(b[3]), exp(b[4]), b[5], sqrt(diag(V)), cov2cor(V)[1, 2],
    fit$sigma * own[c("1", "2")])), sep = "")
"""


@dataclass(frozen=True)
class Fit:
    """Estimates by name, standard errors (ketasim's own), and what the fit took [s]."""

    estimates: dict[str, float]
    errors: dict[str, float]
    processor: float
    clock: float


def c_source(part: Levels) -> str:
    """The equations as a model of deSolve."""
    n, k = len(part.free), part.constants.shape[-1]
    names = [line.partition(" = ")[0] for line in part.lines]
    return "\n".join([
        f"static double in[{n + k}];",
        f"void initmod(void (*get)(int *, double *)) {{ int n = {n + k}; get(&n, in); }}",
        "void derivs(int *neq, double *t, double *y, double *rate, double *out, int *ip) {",
        f"  const double *c = in + {n};",
        *(f"  const double {name} = in[{i}];" for i, name in enumerate(part.free)),
        *(f"  const double y{j} = y[{i}];" for i, j in enumerate(part.states)),
        f"  double {', '.join(names)};",
        *(f"  {line};" for line in part.lines),
        *(f"  rate[{i}] = {rate};" for i, rate in enumerate(part.rates)),
        *(f"  out[{i}] = {readout};" for i, readout in enumerate(part.readouts)),
        "}",
        "",
    ])  # fmt: skip


def model(data: ks.Observations, threads: int) -> PopulationModel:
    """The model that makes the data and is fitted to them."""
    return PopulationModel(
        data,
        THETA,
        correlated=[[QH, CLN]],
        covariates={QH: {"WT": POWER}, CLN: {"WT": POWER}},
        error=dict.fromkeys(LEVELS, "lognormal"),
        start=START,
        threads=threads,
        rtol=1e-4,
    )


def by_ketasim(data: ks.Observations, seed: int) -> Fit:
    began, clock = os.times(), perf_counter()
    fit = model(data, 2).fit(seed=seed, **SETTINGS)
    ended = os.times()
    used = ended.user + ended.system - began.user - began.system
    return Fit(
        {name: fit[name] for name in TRUTH},
        {name: fit.standard_errors[name] for name in TRUTH},
        used,
        perf_counter() - clock,
    )


def by_nlme(data: ks.Observations, part: Levels) -> Fit:
    BUILD.mkdir(parents=True, exist_ok=True)
    weights = {name: one["WT"] for name, one in data.covariates.items()}
    with (BUILD / "data.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("ID", "TIME", "DVID", "DV", "WT"))
        writer.writerows(
            (m.subject, m.time_h, 1 + LEVELS.index(m.readout), m.value, weights[m.subject])
            for m in data.measurements
        )
    rows = part.constants.reshape(-1, part.constants.shape[-1])
    np.savetxt(BUILD / "constants.csv", rows, delimiter=",", fmt="%.17g")
    start = ", ".join(
        f"{x:.12g}" for x in (np.log(START[QH]), 0.0, np.log(START[V3]), np.log(START[CLN]), 0.0)
    )
    script = SCRIPT.replace("START,", f"c({start}),").replace("N_STATES", str(len(part.states)))
    script = script.replace("STOP_H", repr(2.0 / 3.0)).replace("STEP", repr(STEP))
    script = script.replace("RTOL", repr(RTOL)).replace("ATOL", repr(ATOL))
    (BUILD / "fit.R").write_text(script)
    (BUILD / "levels.c").write_text(c_source(part))
    subprocess.run(
        ["cc", "-O2", "-shared", "-fPIC", "-o", "levels.so", "levels.c"], cwd=BUILD, check=True
    )
    clock = perf_counter()
    done = subprocess.run(
        ["Rscript", "fit.R"], cwd=BUILD, check=True, capture_output=True, text=True
    )
    clock = perf_counter() - clock
    printed = {k: float(v) for k, v in (line.split(",") for line in done.stdout.split())}
    estimates = {name: printed[short] for name, short in PRINTED.items()}
    return Fit(estimates, {}, printed["user"], clock)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sets", type=int, default=3, help="data sets, each fitted by both (3)")
    asked = parser.parse_args()
    part = levels(list(design().subjects.values()), THETA, LEVELS, TIMES)
    found = []
    for seed in range(1, asked.sets + 1):
        data = model(design(), 1).simulate(TRUTH, seed=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ks.fitting.ConvergenceWarning)
            found.append((by_ketasim(data, seed), by_nlme(data, part)))
        print(*found[-1], sep="\n", flush=True)
    PAGE.write_text(page(found, part), encoding="utf-8")
    print(PAGE.read_text(encoding="utf-8"))


def page(found: Sequence[tuple[Fit, Fit]], part: Levels) -> str:
    """Return the page with all numbers."""
    rows = []
    for name, truth in TRUTH.items():
        apart = [abs(a.estimates[name] - b.estimates[name]) / a.errors[name] for a, b in found]
        means = [float(np.mean([fit[k].estimates[name] for fit in found])) for k in range(2)]
        rows.append((f"`{name}`", f"{truth:g}", *(f"{x:.4g}" for x in means), f"{max(apart):.2g}"))
    ours, theirs = ([fit[k] for fit in found] for k in range(2))
    ratios = [b.processor / a.processor for a, b in found]
    clock = float(np.median([a.clock for a in ours]))
    verdict = "met" if max(a.clock for a in ours) < AIM_S else "**not met**"
    ask = 'for (x in list(getRversion(), packageVersion("nlme"), packageVersion("deSolve"))) cat(format(x), "")'
    versions = subprocess.run(
        ["Rscript", "-e", ask], check=True, capture_output=True, text=True
    ).stdout.split()
    return (
        "# A population fit, beside nlme\n\n"
        "Written by `python bench/peers/population_peer.py`.\n\n"
        f"{SUBJECTS} subjects, {SUBJECTS * len(TIMES) * len(LEVELS)} levels of ketamine and norketamine after an infusion "
        "of 40 min, three parameters with random effects, two of them correlated and with an allometric exponent, "
        f"normal errors of the logarithm: {len(TRUTH)} estimates, by restricted maximum likelihood. {len(found)} simulated data sets, each "
        "fitted by both from the same start; there is no limit of quantification, because nlme does not know censored "
        f"values. ketasim {ks.__version__}: SAEM and then Newton steps on the likelihood, two threads, its own model. nlme "
        f"{versions[1]} (R {versions[0]}): linearisation around the random effects (Lindstrom and Bates), the {len(part.states)} states "
        f"that the levels depend on as C, with all constants computed, solved by lsoda of deSolve {versions[2]} at rtol "
        f"{RTOL:g}. Its own numerical derivatives fail here, so that it is told differences. The methods differ, and so do their estimates; the last column of the second table has by how much. Other work ran "
        "on the machine: judge by the ratio.\n\n"
        f"ketasim takes {clock:.0f} s on the clock of two processors (aim: less than {AIM_S:g} s, {verdict}). nlme takes "
        f"{spread(ratios)} times as much processor time.\n\n"
        + table(
            ("who", "processor time [s]", "on the clock [s]"),
            [
                (who, spread([f.processor for f in fits]), spread([f.clock for f in fits]))
                for who, fits in (("ketasim", ours), ("nlme with deSolve", theirs))
            ],
        )
        + "\n\n"
        + table(
            (
                "parameter",
                "truth",
                "ketasim, mean",
                "nlme, mean",
                "apart at most [standard errors]",
            ),
            rows,
        )
        + "\n\nMonolix, NONMEM, Pumas, nlmixr2 and saemix, which do the same, are in none of the package sources used here (PyPI and "
        "Debian), and were not tried.\n"
    )


if __name__ == "__main__":
    main()
