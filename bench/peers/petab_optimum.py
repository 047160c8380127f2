"""The same fit by pyPESTO with AMICI, from the PEtab files that ketasim writes, and with ketasim.

    python bench/peers/petab_optimum.py      compiles, fits, writes bench/petab_optimum.md

Both get the same optimiser of pyPESTO, the same starts and the same bounds, in PEtab's scales, and
exact gradients. Processor time of the whole search is compared; AMICI's compilation is apart. Of
several tolerances AMICI is charged the one with the shortest search among those that arrive.
"""

from __future__ import annotations

import os

# Threads of BLAS would wait for each other on matrices of this size, and their waiting counts.
os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")

import argparse
import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
from amici_model import programs_beside_python
from table import table

import ketasim as ks
from ketasim.fitting import ErrorModel, Measurement

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "peers" / "petab"
PAGE = ROOT / "bench" / "petab_optimum.md"
THETA = ("pharmacokinetics.CLint_S", "pharmacokinetics.V1", "pharmacokinetics.V3")
TRUTH = {THETA[0]: 300.0, THETA[1]: 15.0, THETA[2]: 180.0}
TIMES = (0.5, 1.0, 2.0, 4.0, 8.0, 24.0)
SD, SEED = 0.15, 7
#: What counts as the same optimum: difference of the objective, and of parameters as a share.
SAME_OBJECTIVE, SAME_PARAMETERS = 1e-3, 0.01
AIM = 30.0
#: Relative and absolute tolerances that AMICI tries; amounts are in umol, concentrations in uM.
TOLERANCES = ((1e-6, 1e-8), (1e-6, 1e-10), (1e-8, 1e-12))

FloatArray = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Search:
    """What a search found.

    Parameters
    ----------
    x : ndarray
        Best point, in PEtab's scales.
    objective : float
    seconds : float
        Processor time of all starts.
    calls : int
        Values and gradients.
    """

    x: FloatArray
    objective: float
    seconds: float
    calls: int


def posterior() -> ks.Posterior:
    """Three subjects with an infusion or an injection each, six levels of ketamine a subject."""
    doses = (
        "ketamine 35 mg iv over 40 min",
        "ketamine 0.5 mg/kg iv over 40 min",
        "ketamine 35 mg im",
    )
    subjects = {
        str(k): ks.Scenario(dose, ks.Subject(weight_kg=weight))
        for k, (dose, weight) in enumerate(zip(doses, (62.0, 85.0, 70.0), strict=True), start=1)
    }
    rng = np.random.default_rng(SEED)
    rows = []
    for name, scenario in subjects.items():
        run = ks.simulate(
            ks.Scenario(scenario.regimen, scenario.subject, parameters=TRUTH), t_eval=TIMES
        )
        rows += [
            Measurement(name, "ketamine_venous", t, v * float(np.exp(SD * rng.standard_normal())))
            for t, v in zip(TIMES, run["ketamine_venous"].tolist(), strict=True)
        ]
    error = {"ketamine_venous": ErrorModel("combined", additive=0.5)}
    return ks.Posterior(ks.Observations(subjects, rows), THETA, error=error, threads=1)


def petab_scale(fitted: ks.Posterior) -> tuple[FloatArray, FloatArray]:
    """Centre and standard deviation of the priors: PEtab's x is centre + sd z."""
    pairs = np.array([fitted.priors[name].normal() for name in fitted.names])
    return pairs[:, 0], pairs[:, 1]


def searched(problem: Any, starts: FloatArray) -> Search:
    """Search from all starts with L-BFGS-B, and count."""
    import pypesto.optimize

    problem.objective.initialize()
    optimizer = pypesto.optimize.ScipyOptimizer("L-BFGS-B", options={"maxiter": 200})
    began = process_time()
    results = [optimizer.minimize(problem=problem, x0=x, id=str(k)) for k, x in enumerate(starts)]
    seconds = process_time() - began
    best = min(results, key=lambda r: float(r.fval))
    return Search(
        np.asarray(best.x), float(best.fval), seconds, sum(int(r.n_grad) for r in results)
    )


def by_ketasim(fitted: ks.Posterior, lower: FloatArray, upper: FloatArray) -> Any:
    """The posterior as a problem of pyPESTO in PEtab's scales."""
    import pypesto

    centre, sd = petab_scale(fitted)
    constant = float(np.log(sd).sum())

    def both(x: FloatArray) -> tuple[float, FloatArray]:
        value, gradient = fitted.value_and_grad((x - centre) / sd)
        return constant - value, -gradient / sd

    return pypesto.Problem(pypesto.Objective(fun=both, grad=True), lower, upper)


def by_amici(folder: Path) -> tuple[Callable[[float, float], Any], Any, float]:
    """The PEtab problem: a maker of problems by tolerances, the PEtab problem, compilation [s]."""
    import petab.v1 as petab
    from pypesto.petab import PetabImporter

    logging.getLogger("amici").setLevel(logging.ERROR)
    files = petab.Problem.from_yaml(str(folder / "problem.yaml"))
    said = f"{version('amici')} {(folder / 'model.xml').read_text(encoding='utf-8')}"
    compiled = BUILD / hashlib.sha256(said.encode()).hexdigest()[:12]
    took = compiled.with_suffix(".json")
    importer = PetabImporter(
        files, output_folder=str(compiled), model_name="ketasim_petab", validate_petab=True
    )
    creator = importer.create_objective_creator("amici")
    began = os.times()
    with programs_beside_python():
        model = creator.create_model(verbose=False, compute_conservation_laws=False)
    if not took.exists():
        ended = os.times()
        took.write_text(json.dumps(sum(ended[:4]) - sum(began[:4])), encoding="utf-8")
    compilation = float(json.loads(took.read_text(encoding="utf-8")))

    def problem(rtol: float, atol: float) -> Any:
        solver = creator.create_solver(model)
        solver.set_relative_tolerance(rtol)
        solver.set_absolute_tolerance(atol)
        solver.set_max_steps(100_000)
        objective = creator.create_objective(model=model, solver=solver)
        return importer.create_problem(objective)

    return problem, files, compilation


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="rounds that visit everybody (3)")
    parser.add_argument("--starts", type=int, default=3, help="starts of each search (3)")
    asked = parser.parse_args()

    fitted = posterior()
    path = fitted.to_petab(BUILD / "files")
    problem_of, files, compilation = by_amici(path.parent)
    lower, upper = np.array(files.lb_scaled), np.array(files.ub_scaled)
    centre, sd = petab_scale(fitted)
    rng = np.random.default_rng(SEED)
    z = np.vstack([fitted.start, rng.normal(0.0, 0.7, (asked.starts - 1, fitted.dim))])
    starts = np.clip(centre + sd * z, lower, upper)

    ours = by_ketasim(fitted, lower, upper)
    rivals = {pair: problem_of(*pair) for pair in TOLERANCES}
    rounds: list[tuple[Search, dict[tuple[float, float], Search]]] = []
    for _ in range(asked.rounds):
        found = searched(ours, starts)
        rounds.append((found, {pair: searched(p, starts) for pair, p in rivals.items()}))
        print(rounds[-1], flush=True)
    PAGE.write_text(page(fitted, rounds, compilation, asked.starts), encoding="utf-8")
    print(PAGE.read_text(encoding="utf-8"))


def agrees(a: Search, b: Search) -> tuple[float, float]:
    """Difference of the objectives, and largest difference of parameters as a share."""
    return abs(a.objective - b.objective), float(np.max(np.abs(np.expm1(a.x - b.x))))


def spread(values: Sequence[float], digits: int = 3) -> str:
    low, middle, high = min(values), float(np.median(values)), max(values)
    return f"{middle:.{digits}g} ({low:.{digits}g}–{high:.{digits}g})"


def each_ms(searches: Sequence[Search]) -> str:
    return spread([1e3 * s.seconds / s.calls for s in searches])


def page(
    fitted: ks.Posterior,
    rounds: Sequence[tuple[Search, dict[tuple[float, float], Search]]],
    compilation: float,
    starts: int,
) -> str:
    """Return the page with all numbers."""
    ours = [mine for mine, _ in rounds]
    rows = [("ketasim", "", spread([s.seconds for s in ours]), str(ours[0].calls), each_ms(ours),
             f"{ours[0].objective:.6f}", "", "", "", "")]  # fmt: skip
    arrived = []
    for pair in TOLERANCES:
        theirs = [others[pair] for _, others in rounds]
        objective, parameters = agrees(ours[0], theirs[0])
        ratios = [t.seconds / o.seconds for t, o in zip(theirs, ours, strict=True)]
        same = objective <= SAME_OBJECTIVE and parameters <= SAME_PARAMETERS
        arrived += [ratios] if same else []
        rows.append(
            ("AMICI", f"{pair[0]:g}, {pair[1]:g}", spread([t.seconds for t in theirs]),
             str(theirs[0].calls), each_ms(theirs), f"{theirs[0].objective:.6f}", f"{objective:.1g}",
             f"{100 * parameters:.2g}", "yes" if same else "**no**", spread(ratios))
        )  # fmt: skip
    head = ("who", "rtol, atol", "search [s]", "gradients", "of each [ms]", "objective", "difference",
            "parameters differ by [%]", "same optimum", "times as long")  # fmt: skip
    best = min(arrived, key=np.median, default=None)
    verdict = (
        "AMICI arrives at no tolerance."
        if best is None
        else f"AMICI, charged its fastest search that arrives, takes {spread(best)} times as long (aim ≥ {AIM:g}: "
        f"{'met' if np.median(best) >= AIM else '**not met**'}). Its search asks for "
        "more gradients, why is not known; the time of each is a column of its own."
    )
    by_name = [
        (name, f"{np.exp(ours[0].x[k]):.5g}",
         *(f"{np.exp(rounds[0][1][pair].x[k]):.5g}" for pair in TOLERANCES))
        for k, name in enumerate(fitted.names)
    ]  # fmt: skip
    return (
        "# One fit, through PEtab\n\n"
        "Written by `python bench/peers/petab_optimum.py`.\n\n"
        f"{len(fitted.data)} levels of ketamine in {len(fitted.units)} subjects, {fitted.dim} free parameters. ketasim "
        "writes the posterior as PEtab files; pyPESTO with AMICI reads them, compiles the model and searches. "
        f"Both searches are L-BFGS-B of pyPESTO {version('pypesto')} (SciPy {version('scipy')}) from the same "
        f"{starts} starts within the same bounds, with exact gradients; AMICI {version('amici')} by forward "
        "sensitivities, its default for PEtab. Processor time of one thread, the whole search from Python; middle, least "
        f"and most of {len(rounds)} rounds that visit everybody in turn. Compiling the model took AMICI "
        f"{compilation:.0f} s of processor time, once, which is not counted; ketasim compiles nothing. "
        "It reads the files as `Posterior.to_petab` writes them. "
        "ketasim leaves out the states that no level depends on; AMICI solves the whole file.\n\n"
        f"{verdict} The same optimum: objectives within {SAME_OBJECTIVE:g}, parameters within "
        f"{100 * SAME_PARAMETERS:g} %.\n\n"
        + table(head, rows)
        + "\n\n## Parameters at the optimum\n\n"
        + table(
            ("parameter", "ketasim", *(f"AMICI, rtol {a:g}, atol {b:g}" for a, b in TOLERANCES)),
            by_name,
        )
        + "\n"
    )


if __name__ == "__main__":
    main()
