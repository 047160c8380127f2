"""Code verification: whether the program solves its equations, on the machine where it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.resources import as_file, files
from typing import Any

import numpy as np

from ketasim import _core
from ketasim._arrays import FloatArray
from ketasim.catalogue._model_tables import parameters, readouts, states
from ketasim.catalogue._vocabulary import DRUG_FACTS
from ketasim.dosing import Dose, Regimen
from ketasim.errors import KetasimError
from ketasim.population import simulate_population
from ketasim.qualification._credibility import _closed_form
from ketasim.qualification._credibility._content import Check, Grid, all_of, at_most, number
from ketasim.qualification._credibility._evaluated import RightHandSide
from ketasim.qualification._verify import VERIFY_RTOL, reference_scenarios, verify
from ketasim.scenario import Scenario, Subject
from ketasim.scenario._for_core import core_scenario
from ketasim.simulation import Run, sensitivity, simulate

INFUSION = "ketamine 35 mg iv over 40 min"

#: Agreement of reference values, which have six digits.
REFERENCE_AGREEMENT = 1e-5
#: Between n and 2 n steps a quarter of an order is left for terms of higher order.
COARSE_STEPS, ORDER_MARGIN = 32, 0.25
#: Tolerance asked of the public problems, and errors allowed in units of it: a global error is some
#: tolerances where errors fade, and adds up over the turns of an orbit.
PROBLEM_RTOL, FADING, ORBITING = 1e-8, 10.0, 1000.0
#: Between methods and with closed forms at VERIFY_RTOL: a thousand tolerances, far below the six digits
#: of anything that is printed.
AGREEMENT = 1e-6

METHODS: tuple[str, ...] = _core.words()["method"]
RODAS = tuple(name for name in METHODS if name.startswith("rodas"))
#: Order of each method at the steps, and between them.
ORDERS = {"rodas5p": (5, 4), "rodas4": (4, 3), "dopri5": (5, 4)}


def reference_values() -> Iterator[Check]:
    """Values of an independent implementation, one item for each scenario."""
    shipped = files("ketasim.qualification").joinpath("reference")
    with (
        as_file(shipped.joinpath("scenarios.csv")) as scenarios,
        as_file(shipped.joinpath("reference_values.csv")) as values,
    ):
        found = verify(scenarios, values, REFERENCE_AGREEMENT)
    for name in dict.fromkeys(row.scenario for row in found.rows):
        rows = [row for row in found.rows if row.scenario == name]
        wrong = [
            f"{row.readout} at {row.time_h:g} h is {row.computed:.7g}, not {row.reference:.7g} {row.unit}"
            for row in rows if row in found.failures
        ]  # fmt: skip
        worst = max(rows, key=lambda row: row.relative_error)
        yield at_most(
            f"Reference values: {name}",
            worst.relative_error,
            REFERENCE_AGREEMENT,
            what="relative difference",
            scope=f"largest of {len(rows)}",
            detail="; ".join(wrong),
        )


def convergence() -> Iterator[Check]:
    """Observed orders of the methods, at the steps and between them."""
    for method, orders in ORDERS.items():
        coarse = _core.errors_of_equal_steps(method, COARSE_STEPS)
        fine = _core.errors_of_equal_steps(method, 2 * COARSE_STEPS)
        for where, order, a, b in zip(
            ("at the end", "between steps"), orders, coarse, fine, strict=True
        ):
            # The local error of a continuous extension of order p has order p + 1.
            asked = (order if where == "at the end" else order + 1) - ORDER_MARGIN
            reached = float(np.log2(a / b))
            yield Check(
                f"Order of {method} {where}",
                f"error falls with order {asked:g} or more when the step is halved",
                number(reached),
                "pass" if reached >= asked else "fail",
                "" if reached >= asked else f"errors {a:.2e} and {b:.2e}",
            )


def orders_grid() -> Grid:
    """Errors of the methods with equal steps."""
    rows = []
    for method in METHODS:
        for n in (16, 32, 64, 128):
            at_end, inside = _core.errors_of_equal_steps(method, n)
            rows.append((method, str(n), number(at_end), number(inside)))
    return Grid(
        "Largest errors on a problem that is driven in time, with equal steps",
        ("method", "steps", "at the end", "between steps, of one step"),
        tuple(rows),
    )


@cache
def solved_problems() -> tuple[tuple[dict[str, Any], str, float, dict[str, Any]], ...]:
    """Every public problem by every method that can solve it: problem, method, error, result."""
    found = []
    for problem in _core.test_problems():
        for method in RODAS if problem["stiff"] else METHODS:
            result = _core.solve_test_problem(problem["name"], method, PROBLEM_RTOL)
            exact = np.array(result["reference"])
            error = np.abs(np.array(result["computed"]) - exact) / (np.abs(exact) + result["size"])
            worst = float(error.max()) if result["status"] == "success" else float("nan")
            found.append((problem, method, worst, result))
    return tuple(found)


def public_problems() -> Iterator[Check]:
    """End values of public problems, one item for each."""
    results = solved_problems()
    for name in dict.fromkeys(problem["name"] for problem, *_ in results):
        own = [row for row in results if row[0]["name"] == name]
        limit = ORBITING if name.startswith("D") else FADING
        worst = max(own, key=lambda row: row[2] if row[2] == row[2] else float("inf"))
        yield at_most(
            f"Public problem {name}: {own[0][0]['description']}",
            worst[2] / PROBLEM_RTOL,
            limit,
            "tolerances",
            what="error at the end",
            scope=f"largest of {len(own)} methods",
            detail=f"{worst[1]} ended with {worst[3]['status']}",
        )


def problems_grid() -> Grid:
    """Errors and steps of the public problems."""
    return Grid(
        f"Public problems at a tolerance of {PROBLEM_RTOL:g}",
        ("problem", "source", "stiff", "method", "error in tolerances", "steps"),
        tuple(
            (
                f"{p['name']}, {p['description']}",
                p["source"],
                "yes" if p["stiff"] else "no",
                method,
                number(error / PROBLEM_RTOL),
                str(result["steps"]),
            )
            for p, method, error, result in solved_problems()
        ),
    )


def compiled_equations() -> Iterator[Check]:
    """The compiled kernels against the recorded equations, evaluated in Python."""
    evaluate = RightHandSide()
    worst, where = 0.0, ""
    n = 0
    for name, scenario in reference_scenarios().items():
        run = simulate(scenario, t_eval=[0.5, 24.0, 400.0], rtol=1e-6, on_failure="return")
        given = _core.compiled_schedule(core_scenario(run.scenario))["parameters"]
        trajectory = run._trajectory
        for y, segment in zip(run.y, trajectory.segment.tolist(), strict=True):
            compiled = trajectory.rhs(y, segment)
            written = np.array(evaluate(y.tolist(), given, trajectory.inputs(segment)))
            size = np.abs(written) + 1e-9 * np.abs(written).max()
            error = float((np.abs(compiled - written) / size).max())
            n += len(written)
            if not error <= worst:
                worst, where = error, name
    # Some hundred roundings of 1e-16 in each equation.
    yield at_most(
        "Compiled equations against the same equations evaluated in Python",
        worst, 1e-10, what="relative difference", scope=f"{n} derivatives", detail=where,
    )  # fmt: skip


def closed_forms() -> Iterator[Check]:
    """Plasma levels against the matrix exponential of the equations."""
    p = {
        row["name"].partition(".")[2]: float(row["value"])
        for row in parameters()
        if row["module"] == "pharmacokinetics"
    }
    times = np.array([0.1, 0.25, 2.0 / 3.0, 1.0, 2.0, 4.0, 8.0, 24.0, 72.0])
    cases: tuple[tuple[str, float, _closed_form.Way, float], ...] = (
        ("ketamine 35 mg iv bolus", 35.0, "vein", 0.0),
        (INFUSION, 35.0, "vein", 2.0 / 3.0),
        ("ketamine 35 mg im", 35.0, "muscle", 0.0),
        ("ketamine 70 mg oral", 70.0, "gut", 0.0),
    )
    for text, mg, way, duration in cases:
        run = simulate(text, t_eval=times, rtol=VERIFY_RTOL)
        exact = _closed_form.levels(p, mg, way, duration, times)
        errors = {name: float(np.abs(run[name] / v - 1.0).max()) for name, v in exact.items()}
        name = max(errors, key=lambda k: errors[k])
        yield at_most(
            f"Closed form: {text}",
            errors[name],
            AGREEMENT,
            what="relative difference",
            scope=f"{times.size * len(exact)} plasma levels",
            detail=name,
        )


def panels(jumps: Sequence[float], last: float) -> tuple[FloatArray, FloatArray]:
    """Return nodes and weights of Gauss quadrature over panels that grow from each jump."""
    ends: list[float] = []
    for start, until in zip(jumps, [*jumps[1:], last], strict=True):
        t, h = start, 1.0 / 64.0
        while t < until:
            ends.append(t)
            t, h = t + h, 1.5 * h
            t = until if until - t < 0.5 * h else t
    ends.append(last)
    x, w = np.polynomial.legendre.leggauss(8)
    a, b = np.array(ends[:-1]), np.array(ends[1:])
    half = 0.5 * (b - a)
    return (
        (0.5 * (a + b)[:, None] + half[:, None] * x).ravel(),
        (half[:, None] * w).ravel(),
    )


def mass_balance() -> Iterator[Check]:
    """What was given is in the body or eliminated; exposure is dose over clearance."""
    p = {row["name"]: float(row["value"]) for row in parameters()}
    pk = {name.partition(".")[2]: v for name, v in p.items() if name.startswith("pharmaco")}
    mg, last = 30.0, 60.0
    t, weights = panels((0.0, pk["D_po"], 2.0, 4.0, 5.0), last)
    text = f"ketamine {mg:g} mg oral + {mg:g} mg im from 2 h + {mg:g} mg iv over 1 h from 4 h"
    regimen = Regimen((
        Dose("ketamine", mg, "mg", "oral"),
        Dose("ketamine", mg, "mg", "im", start_h=2.0),
        Dose("ketamine", mg, "mg", "iv", start_h=4.0, duration_h=1.0),
    ))  # fmt: skip
    run = simulate(regimen, t_eval=[*t, last], rtol=VERIFY_RTOL)
    totals = {
        "ketamine": np.zeros(2),
        "norketamine": np.zeros(2),
        "hydroxynorketamine": np.zeros(2),
    }
    for side in ("S", "R"):

        def amount(name: str, side: str = side) -> FloatArray:
            return run[f"pharmacokinetics.{name}_{side}"]

        hepatic = pk[f"CLint_{side}"] * amount("Ah") / pk["Vh"]
        wall = (1.0 - pk["F_gut"]) * pk["ka_po"] * amount("Apo")
        demethylated = pk["fm_NK"] * hepatic + pk["fm_gut"] * wall
        cleared = pk[f"CLn_{side}"] * amount("Ank") / pk["Vn"]
        out = pk[f"CLh_{side}"] * amount("Ahk") / pk["Vhnk"]
        body = {
            "ketamine": ("A1", "A2", "A3", "Ah", "Apo", "Aim"),
            "norketamine": ("At", "Ank", "Anp"),
            "hydroxynorketamine": ("Ahk", "Ahp"),
        }
        for name, (gained, lost) in {
            "ketamine": (np.zeros_like(wall), hepatic + wall),
            "norketamine": (demethylated, cleared),
            "hydroxynorketamine": (pk["fh_HNK"] * cleared, out),
        }.items():
            present = sum(float(amount(part)[-1]) for part in body[name])
            totals[name] += (float(weights @ gained[:-1]), present + float(weights @ lost[:-1]))
    totals["ketamine"][0] = mg * 1000.0 / _closed_form.KETAMINE * (2.0 + pk["F_im"])
    for name, (came, went) in totals.items():
        yield at_most(
            f"Mass balance of {name}: {text}",
            abs(went / came - 1.0), AGREEMENT,
            what="relative difference of what came in and what is present or eliminated",
        )  # fmt: skip
    t, weights = panels((0.0,), 3000.0)
    run = simulate("escitalopram 10 mg oral", t_eval=t, rtol=VERIFY_RTOL)
    exposure = float(weights @ run["serotonin.A_esc"]) / p["serotonin.V_esc"]
    molar_mass = DRUG_FACTS["escitalopram"]["molar_mass"]
    yield at_most(
        "Exposure is dose over clearance: escitalopram 10 mg oral",
        abs(exposure * p["serotonin.CL_esc"] * molar_mass / 10.0e3 - 1.0),
        2e-5,  # wide late panels
        what="relative difference",
    )


def _largest_difference(a: Run, b: Run) -> tuple[float, str]:
    """Return the largest difference of two runs relative to the size of each readout, and where."""
    worst, where = 0.0, ""
    for row in readouts():
        name = row["name"]
        if not np.isfinite(a[name]).all():
            continue
        size = max(float(np.abs(a[name]).max()), 0.01)
        error = float(np.abs(a[name] - b[name]).max()) / size
        if not error <= worst:
            worst, where = error, name
    return worst, where


def methods_agree() -> Iterator[Check]:
    """Independent methods on the whole model."""
    first, second = RODAS
    for name, scenario in reference_scenarios().items():
        times = np.geomspace(0.01, 700.0, 25)
        runs = [
            simulate(scenario, t_eval=times, rtol=VERIFY_RTOL, method=method) for method in RODAS
        ]
        worst, where = _largest_difference(*runs)
        yield at_most(
            f"{first} and {second}: {name}",
            worst, AGREEMENT, what="relative difference", scope="all readouts, 25 times", detail=where,
        )  # fmt: skip
    times = np.linspace(1e-3, 0.05, 10)  # explicit steps resolve microhours: a short run
    explicit = simulate(INFUSION, t_eval=times, rtol=VERIFY_RTOL, method="dopri5")
    worst, where = _largest_difference(explicit, simulate(INFUSION, t_eval=times, rtol=VERIFY_RTOL))
    yield at_most(
        "rodas5p and the explicit dopri5: first 3 minutes of an infusion",
        worst, AGREEMENT, what="relative difference", scope="all readouts, 10 times", detail=where,
    )  # fmt: skip


def same_bits() -> Iterator[Check]:
    """Results do not depend on repetition, threads, neighbours in a population or output times."""
    times = [0.5, 2.0, 24.0, 168.0]
    once, again = (simulate(INFUSION, t_eval=times) for _ in range(2))
    many = simulate(INFUSION, t_eval=np.union1d(times, np.linspace(0.0, 168.0, 200)))
    picked = np.isin(many.t, times)
    # All members are drawn: 37 fill lanes of 4 and of 8, and leave a rest.
    keep = ["ketamine_venous", "madrs_change"]
    one, two = (
        simulate_population(INFUSION, 37, seed=5, readouts=keep, t_eval=times, threads=n, progress=False)
        for n in (1, 2)
    )  # fmt: skip
    alone = [
        simulate_population(
            INFUSION, 1, readouts=keep, t_eval=times, threads=1, progress=False,
            parameters={k: v[i : i + 1] for k, v in one.parameters.items()},
        )
        for i in (0, 17, 36)
    ]  # fmt: skip
    facts = {
        "a run and the same run again": np.array_equal(once.y, again.y),
        "output times do not move the steps": np.array_equal(many.y[picked], once.y),
        "a population on 1 and on 2 threads": all(
            np.array_equal(one[name], two[name]) for name in keep
        ),
        "members of a population and the same people alone": all(
            np.array_equal(single[name][0], one[name][i])
            for single, i in zip(alone, (0, 17, 36), strict=True)
            for name in keep
        ),
    }
    for name, same in facts.items():
        yield Check(
            f"Same bits: {name}",
            "every bit equal",
            "equal" if same else "different",
            "pass" if same else "fail",
            "" if same else "results depend on how they are computed",
        )


def events() -> Iterator[Check]:
    """What doses must mean, whatever the model."""
    times = [1.0, 30.0, 100.0]
    repeated = Regimen.parse("ketamine 35 mg im every 24 h x 3")
    written = Regimen(tuple(Dose("ketamine", 35.0, "mg", "im", start_h=24.0 * k) for k in range(3)))
    whole = Regimen((Dose("ketamine", 40.0, "mg", "iv", duration_h=1.0),))
    parts = Regimen(
        tuple(Dose("ketamine", 4.0, "mg", "iv", start_h=0.1 * k, duration_h=0.1) for k in range(10))
    )
    for name, a, b in (
        ("a repeated dose and its doses one by one", repeated, written),
        ("one infusion and ten in a row", whole, parts),
    ):
        runs = [simulate(r, t_eval=times, rtol=VERIFY_RTOL) for r in (a, b)]
        worst, where = _largest_difference(*runs)
        yield at_most(f"Doses: {name}", worst, AGREEMENT, what="relative difference", detail=where)
    half, full = (
        simulate(Dose("ketamine", mg, "mg", "iv"), t_eval=times, rtol=VERIFY_RTOL)
        for mg in (10.0, 20.0)
    )
    ratio = full["ketamine_venous"] / half["ketamine_venous"]
    yield at_most(
        "Doses: twice the dose gives twice the plasma level",
        float(np.abs(ratio / 2.0 - 1.0).max()), AGREEMENT, what="relative difference",
    )  # fmt: skip


def rest() -> Iterator[Check]:
    """Without a dose nothing changes for four weeks."""
    for severity in (0.0, 1.0):
        scenario = Scenario(Regimen(()), subject=Subject(severity=severity))
        run = simulate(scenario, t_eval=[0.0, 672.0], rtol=VERIFY_RTOL)
        typical = np.array([float(row["typical"]) for row in states()])
        drift = np.abs(run.y[1] - run.y[0]) / (np.abs(run.y[0]) + typical)
        yield at_most(
            f"Rest: no dose for 28 days, severity {severity:g}",
            float(drift.max()), AGREEMENT, what="relative change of any state",
            detail=states().names[int(drift.argmax())],
        )  # fmt: skip


def gradients() -> Iterator[Check]:
    """Exact derivatives against differences of runs."""
    names = ["pharmacokinetics.CLint_S", "mtor.tau_M", "symptoms.sensitivity", "nmda_block.K0"]
    table = parameters()
    found = sensitivity(INFUSION, names, ["madrs_change"], t_eval=[2.0, 24.0, 168.0], rtol=1e-10)
    for k, name in enumerate(names):
        value = float(table[name]["value"])
        step = 1e-4 * value
        up, down = (
            simulate(
                Scenario(INFUSION, parameters={name: value + sign * step}),
                t_eval=[2.0, 24.0, 168.0], rtol=1e-11,
            )["madrs_change"]
            for sign in (1.0, -1.0)
        )  # fmt: skip
        difference = (up - down) / (2.0 * step)
        exact = found["madrs_change"][:, k]
        # A central difference with a step of 1e-4 is exact to about 1e-8 and the errors of the runs.
        yield at_most(
            f"Derivative of the MADRS change by {name}",
            float((np.abs(exact - difference) / np.abs(difference).max()).max()), 1e-4,
            what="difference from that of two runs, relative",
        )  # fmt: skip


def bounds() -> Iterator[Check]:
    """Readouts stay within their scales and amounts above zero, in every reference scenario."""
    wrong = []
    n = 0
    for name, scenario in reference_scenarios().items():
        run = simulate(scenario, t_eval=np.geomspace(1e-3, 1000.0, 60), on_failure="return")
        if not run.success:
            wrong.append(f"{name}: {run.message}")
        human = scenario.subject.species == "human"
        for row in readouts():
            values = run[row["name"]]
            if np.isnan(values).all() and not human:
                continue
            n += 1
            low, high = row["scale_low"], row["scale_high"]
            margin = 1e-6 * max(1.0, abs(low) if np.isfinite(low) else 1.0)
            if not (
                np.isfinite(values).all()
                and (values >= low - margin).all()
                and (values <= high + margin).all()
            ):
                wrong.append(f"{name}: {row['name']}")
    yield all_of(
        "Bounds: every readout is finite and within its scale",
        wrong,
        n,
        "all, at 60 times to 1000 h",
    )


def refusals() -> Iterator[Check]:
    """Impossible input is refused before the first step."""
    cases: dict[str, Callable[[], object]] = {
        "a negative dose": lambda: Dose("ketamine", -1.0, "mg", "iv"),
        "an unknown drug": lambda: Dose("ketamin", 1.0, "mg", "iv"),
        "a dose that is not a number": lambda: Dose("ketamine", float("nan"), "mg", "iv"),
        "a dose far above those of studies": lambda: Scenario(Dose("ketamine", 1e6, "mg", "iv")),
        "words that are no regimen": lambda: Regimen.parse("ketamine a little"),
        "a parameter out of its possible range": lambda: simulate(
            Scenario(INFUSION, parameters={"mtor.tau_M": -1.0}), t_eval=[1.0]
        ),
    }
    wrong = []
    for name, attempt in cases.items():
        try:
            attempt()
        except KetasimError:
            continue
        wrong.append(name)
    yield all_of("Impossible input is refused in words", wrong, len(cases), "all refused")
