"""Chains of one posterior: ketasim, numpyro with diffrax, and PyMC with its own solver.

    python bench/peers/chains.py      compiles, draws, writes bench/chains.md

The posterior is that of petab_optimum: three subjects, 18 levels of ketamine, four free parameters.
Everybody draws in the coordinates of ketasim, in which the prior is standard normal, from the maximum.
What is compared is the smallest bulk effective sample size (ArviZ) of a processor second; what a
program compiles is apart. The rivals solve the states that a level depends on and that move, as
ketasim leaves out what no level depends on; everybody gets the loosest relative tolerance at which the
log posterior is exact enough.
"""

from __future__ import annotations

import os

# Threads that wait for each other count as processor time.
os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import argparse
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
from levels_only import READOUT, Data, Levels, levels
from measure import rounded
from peer_numpyro import METHODS, Diffrax
from peer_pymc import OurNuts, PymcSolver
from petab_optimum import THETA, TIMES, FloatArray, posterior
from table import table

import ketasim as ks

PAGE = Path(__file__).resolve().parents[1] / "chains.md"
CHAINS, TUNE, DRAWS = 4, 150, 200
#: Kept draws of each walker of the ensemble.
WALKERS_DRAWS = 250
AIM = 10.0
#: Root mean square error of the log posterior that leaves the draws as they are.
ENOUGH = 1e-3
POINTS = 8
#: PyMC's solver takes seconds for a gradient.
SLOW_POINTS = 3
TOLERANCES = tuple(10.0**-k for k in range(3, 10))


def effective(draws: FloatArray) -> float:
    """Smallest bulk effective sample size; draws have the shape (chain, draw, 4)."""
    import arviz

    found = arviz.ess(arviz.convert_to_dataset({"z": draws}), method="bulk")
    return float(np.min(np.asarray(found["z"])))


def spread(values: Sequence[float]) -> str:
    """Middle, least and most."""
    middle, low, high = map(rounded, (float(np.median(values)), min(values), max(values)))
    return f"{middle} ({low}–{high})"


def processor_time(call: Callable[[], Any]) -> tuple[Any, float]:
    began = process_time()
    found = call()
    return found, process_time() - began


def error(values: Any, reference: FloatArray) -> float:
    return float(np.sqrt(np.mean((np.asarray(values) - reference) ** 2)))


@dataclass(frozen=True)
class Choice:
    """A solver with its loosest tolerance that is exact enough.

    Parameters
    ----------
    name : str
    rtol, error : float
    gradient : float
        Processor time of value and gradient [s].
    compiled : float
        Processor time of compiling both [s].
    """

    name: str
    rtol: float | None
    error: float
    gradient: float
    compiled: float = 0.0


@dataclass(frozen=True)
class Chain:
    """What one run of a sampler gave: its processor time [s] and smallest effective sample size."""

    seconds: float
    effective: float

    @property
    def rate(self) -> float:
        return self.effective / self.seconds


def ours(rtol: float) -> ks.Posterior:
    first = posterior()
    return ks.Posterior(first.data, THETA, error=first.errors, threads=1, rtol=rtol)


def by_ketasim(points: FloatArray, reference: FloatArray) -> Choice:
    for rtol in TOLERANCES:
        wrong = error(ours(rtol).log_prob(points), reference)
        if wrong <= ENOUGH:
            break
    fitted = ours(rtol)
    _, seconds = processor_time(lambda: [fitted.value_and_grad(z) for z in points])
    return Choice("ketasim", rtol, wrong, seconds / len(points))


def by_diffrax(
    part: Levels, data: Data, points: FloatArray, reference: FloatArray
) -> dict[Choice, Diffrax]:
    """Every method at its loosest tolerance that is exact enough."""
    found = {}
    for solver, mode in METHODS:
        tried = Diffrax(part, data, solver, mode)
        _, compiled = processor_time(lambda tried=tried: tried.both(points[0], TOLERANCES[0]))
        for rtol in TOLERANCES:
            both, seconds = processor_time(
                lambda tried=tried, rtol=rtol: [tried.both(z, rtol) for z in points]
            )
            wrong = error([value for value, _ in both], reference)
            if wrong <= ENOUGH:
                name = f"diffrax {solver}, {mode}"
                choice = Choice(name, rtol, wrong, seconds / len(points), compiled)
                print(choice, flush=True)
                found[choice] = tried
                break
    return found


def by_pymc(solver: PymcSolver, points: FloatArray, reference: FloatArray) -> Choice:
    _, compiled = processor_time(lambda: solver.both(points[0]))
    both, seconds = processor_time(lambda: [solver.both(z) for z in points])
    wrong = error([value for value, _ in both], reference)
    return Choice("PyMC, DifferentialEquation", None, wrong, seconds / len(points), compiled)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="rounds that visit everybody (3)")
    asked = parser.parse_args()
    warnings.filterwarnings("ignore", category=FutureWarning)

    first = posterior()
    scenarios = list(first.data.subjects.values())
    part, data = levels(scenarios, THETA, [READOUT], TIMES), Data.of(first)
    near = first.maximum()
    rng = np.random.default_rng(0)
    points = near.z + rng.standard_normal((POINTS, 4)) @ np.linalg.cholesky(near.covariance).T
    reference = ours(1e-11).log_prob(points)

    mine = by_ketasim(points, reference)
    methods = by_diffrax(part, data, points, reference)
    solver, building = processor_time(lambda: PymcSolver(part, data, scenarios))
    slow = by_pymc(solver, points[:SLOW_POINTS], reference[:SLOW_POINTS])
    slow = Choice(slow.name, None, slow.error, slow.gradient, building + slow.compiled)
    choices = [mine, *methods, slow]
    print(*choices, sep="\n", flush=True)

    best = min(methods, key=lambda one: one.gradient)
    assert best.rtol is not None
    assert mine.rtol is not None
    fitted = ours(mine.rtol)
    by_numpyro = methods[best].chains(near.z, best.rtol, CHAINS, TUNE, DRAWS)
    by_numpyro(0)  # compiles
    nuts = OurNuts(fitted, near.z)
    nuts.draw(0, CHAINS, 20, 20)  # compiles

    def emcee(seed: int) -> FloatArray:
        return fitted.coordinates(fitted.sample(WALKERS_DRAWS, near=near, seed=seed).values)

    samplers: dict[str, Callable[[int], FloatArray]] = {
        "emcee": emcee,
        "nuts": lambda seed: nuts.draw(seed, CHAINS, TUNE, DRAWS),
        "numpyro": by_numpyro,
    }
    chains: dict[str, list[Chain]] = {name: [] for name in (*samplers, "pymc")}
    moments: dict[str, list[FloatArray]] = {name: [] for name in samplers}
    gradients = []
    for number in range(1, asked.rounds + 1):
        for name, draw in samplers.items():
            z, seconds = processor_time(lambda draw=draw, seed=number: draw(seed))
            chains[name].append(Chain(seconds, effective(z)))
            moments[name].append(np.array([z.mean((0, 1)), z.std((0, 1))]))
            print(number, name, chains[name][-1], flush=True)
        # The chains of PyMC with its solver are these, but for the price of a gradient.
        gradients.append(nuts.gradients)
        last = chains["nuts"][-1]
        more = nuts.gradients * (slow.gradient - mine.gradient)
        chains["pymc"].append(Chain(last.seconds + more, last.effective))
    PAGE.write_text(page(part, choices, best, chains, moments, gradients), encoding="utf-8")
    print(PAGE.read_text(encoding="utf-8"))


def page(
    part: Levels,
    choices: list[Choice],
    best: Choice,
    chains: dict[str, list[Chain]],
    moments: dict[str, list[FloatArray]],
    gradients: list[int],
) -> str:
    """Return the page with all numbers."""
    top = chains["emcee"]
    names = {
        "emcee": "ketasim, `sample()`: emcee over lanes",
        "nuts": "ketasim, NUTS of PyMC",
        "numpyro": f"numpyro, NUTS, {best.name}",
        "pymc": "PyMC, NUTS, its own solver, computed",
    }
    rows, ratios = [], {}
    alike = [a.rate / b.rate for a, b in zip(chains["nuts"], chains["numpyro"], strict=True)]
    for name, found in chains.items():
        ratios[name] = [a.rate / b.rate for a, b in zip(top, found, strict=True)]
        same_sampler = [a.rate / b.rate for a, b in zip(chains["nuts"], found, strict=True)]
        rows.append(
            (names[name], spread([c.seconds for c in found]), spread([c.effective for c in found]),
             spread([c.rate for c in found]),
             "" if name == "emcee" else spread(ratios[name]),
             spread(same_sampler) if name in ("numpyro", "pymc") else "")
        )  # fmt: skip
    verdicts = [
        f"{who}: {spread(ratios[name])} times (aim ≥ {AIM:g}: "
        f"{'met' if np.median(ratios[name]) >= AIM else '**not met**'})"
        for name, who in (("numpyro", "numpyro with diffrax"), ("pymc", "PyMC with its own solver"))
    ]
    apart = max(
        float(np.max(np.abs(np.mean(moments[name], 0) - np.mean(moments["emcee"], 0))))
        for name in ("nuts", "numpyro")
    )
    solvers = [
        (c.name, "" if c.rtol is None else f"{c.rtol:g}", f"{c.error:.1g}",
         rounded(1e3 * c.gradient), f"{c.compiled:.3g}" if c.compiled else "")
        for c in choices
    ]  # fmt: skip
    return (
        "# Chains of one posterior\n\n"
        "Written by `python bench/peers/chains.py`.\n\n"
        "18 levels of ketamine in 3 subjects, 4 free parameters, as in [one fit](petab_optimum.md). Everybody draws "
        "from the same posterior in the same coordinates, in which the prior is standard normal, and starts at "
        f"the maximum, whose search is not counted. The rivals solve {len(part.states)} states, those that the levels depend "
        f"on and that move, and get them as source with all constants computed; {READOUT} follows from them. ketasim "
        "solves its own model, without the states that no level depends on. Everybody has the loosest relative "
        f"tolerance at which the log posterior has an error (RMS over {POINTS} draws, against ketasim at 1e-11) of at "
        f"most {ENOUGH:g}. Processor time of one process with one thread; middle, least and most of {len(top)} "
        "rounds that visit everybody in turn. Other work ran on the machine: see the ranges, and judge by "
        "the ratios. Compiling is apart.\n\n"
        f"NUTS has {CHAINS} chains of {DRAWS} draws after {TUNE} for tuning, at the settings of its library; the ensemble "
        f"of `sample()` {WALKERS_DRAWS} draws of each walker. Tuning counts. The effective sample size is the "
        "smallest of the four parameters (bulk, ArviZ).\n\n"
        "Effective samples of a processor second, ketasim over the rival: "
        + "; ".join(verdicts)
        + ". "
        f"With NUTS on both sides it is {spread(alike)} for numpyro with diffrax "
        f"({'met' if np.median(alike) >= AIM else '**not met**'}; last column), which is the guide where the posterior is "
        "far from normal: the walkers of `sample()` propose from the normal approximation, and here most of that is "
        "accepted.\n\n"
        + table(
            (
                "who",
                "processor time [s]",
                "effective samples",
                "of a processor second",
                "`sample()` over it",
                "ketasim with NUTS over it",
            ),
            rows,
        )
        + "\n\nPyMC's `DifferentialEquation` is charged by its gradients: its draws would be those of the row above "
        f"it, which asked for {int(np.median(gradients))} gradients, each at the price of the next table. "
        f"That is {np.median([c.seconds for c in chains['pymc']]) / 3600.0:.0f} hours for each round. "
        "sunode, another solver for PyMC, is not on PyPI and was not tried.\n\n"
        f"The samplers agree: means and standard deviations of the four coordinates differ by at most {apart:.2g} "
        "of the standard deviation of the prior.\n\n"
        "## One value with its gradient\n\n"
        + table(
            (
                "solver",
                "rtol",
                "error of the log posterior",
                "value and gradient [ms]",
                "compiling [s]",
            ),
            solvers,
        )
        + "\n\nBack: through the steps, with checkpoints; forward: derivatives along. The fastest of diffrax drew "
        "the chains. PyMC's solver has the tolerances of SciPy's odeint (1.5e-8), which cannot be chosen, "
        "and computes sensitivities by all initial values too. `sample()` asks for values only, many at once in "
        "lanes.\n\n"
        + ", ".join(
            f"{name} {version(name)}"
            for name in ("ketasim", "emcee", "pymc", "numpyro", "jax", "diffrax", "arviz")
        )
        + ".\n"
    )


if __name__ == "__main__":
    main()
