"""The sections of the report: what stands in them, and how it is computed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from ketasim import _core
from ketasim._arrays import FloatArray
from ketasim.catalogue._model_tables import inputs, parameters, readouts, states, variants
from ketasim.errors import KetasimError
from ketasim.evidence import Evidence
from ketasim.evidence.vocabulary import CLINICAL, PLASMA
from ketasim.observation._plan import plans
from ketasim.qualification._credibility import _code_checks as code
from ketasim.qualification._credibility import _conclusions as conclusions
from ketasim.qualification._credibility import _evidence as evidence_parts
from ketasim.qualification._credibility import _installation as installation
from ketasim.qualification._credibility._content import (
    Check,
    Drawing,
    Grid,
    Section,
    Status,
    at_most,
    number,
    run_checks,
    share,
)
from ketasim.qualification._credibility._other_simulators import other_simulators
from ketasim.qualification._credibility._svg import (
    Axis,
    Series,
    axis_of,
    histogram,
    plot,
    tornado,
)
from ketasim.qualification._error_reached import REFERENCE_RTOL, ErrorReached, error_reached
from ketasim.qualification._validate import Validation
from ketasim.qualification._verify import reference_scenarios
from ketasim.scenario import Scenario
from ketasim.scenario._solver_options import SolverOptions

#: Tolerances of the calculation verification.
RTOLS = (1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9)
QUICK_RTOLS = (1e-4, 1e-6, 1e-8)

GRADES = {
    "A": "replicated in humans",
    "B": "one human study",
    "C": "animals",
    "D": "in vitro",
    "E": "assumed, or fitted here",
}


# --- summary --------------------------------------------------------------------------------------


def summary(sections: Sequence[Section]) -> Section:
    """What each section found, in one table."""
    rows = []
    for s in sections:
        counts = Counter(c.status for c in s.checks)
        result = ", ".join(f"{counts[status]} {status}" for status in STATUSES if counts[status])
        rows.append((s.title, QUESTIONS[s.key], result or "described, not judged"))
    return Section(
        "summary",
        "Summary",
        grids=(
            Grid("What was asked, and what was found", ("part", "question", "result"), tuple(rows)),
        ),
    )


STATUSES: tuple[Status, ...] = ("pass", "fail", "not run", "met", "not met")

#: What each section answers.
QUESTIONS = {
    "context": "What may the model be used for, and at what risk?",
    "model": "How large is it, and how well are its numbers known?",
    "installation": "Are files, numbers and arithmetic those of the release?",
    "code": "Does the program solve its equations correctly?",
    "calculation": "Is the error of a run as small as was asked for?",
    "validation": "Do predictions agree with published observations, better than without pharmacology?",
    "uncertainty": "What do the conclusions rest on?",
    "applicability": "For which species, drugs, routes, doses and people is there evidence?",
    "failures": "What is known to be wrong or missing?",
    "versions": "What exactly was examined?",
}


# --- context of use -------------------------------------------------------------------------------


def context() -> Section:
    """Question of interest, context of use, influence, consequence and risk."""
    uses = (
        ("Teaching: how dose, route and mechanism could act together", "low", "low", "low", "yes"),
        (
            "Research: which assumptions carry a conclusion; which measurement would tell two hypotheses apart",
            "medium", "low", "low", "yes, with the section on uncertainty",
        ),
        (
            "Planning an experiment: sampling times, expected size of an effect of a group",
            "medium", "medium", "medium",
            "only beside a meta-analysis of trials, and where the section on applicability has evidence",
        ),
        (
            "Choosing a dose or a population for a clinical trial", "high", "high", "high",
            "no: validation is not sufficient",
        ),
        (
            "Evidence in a submission to an authority", "high", "high", "high",
            "no: nobody independent of its authors has reviewed it",
        ),
        (
            "Choosing, changing or stopping a treatment or a dose for a person", "high", "very high",
            "very high", "never",
        ),
    )  # fmt: skip
    return Section(
        "context",
        "Question of interest and context of use",
        (
            (
                "Question of interest: how do the levels of ketamine and related drugs in plasma and brain, the block of "
                "NMDA receptors, the activity of the circuit, the growth of synapses and the mean of depression ratings "
                "follow from dose, route and the assumed mechanism, from seconds to weeks?"
            ),
            (
                "Context of use: teaching and research. The model computes typical courses of groups, as trials report "
                "them, under published hypotheses. It is one explanation among several. Some of its steps are disputed; "
                "the section on known failures lists them."
            ),
            (
                "Not in the context of use: any decision on the treatment of a person; prediction for one patient; "
                "safety, largest doses, interactions, anaesthesia, abuse, long-term harm; children, pregnancy, diseases "
                "of liver or kidney; comparison of marketed products; replacement of a trial."
            ),
            (
                "Model influence is the weight of the model beside other evidence in a decision. Decision consequence is "
                "the harm of a wrong decision. Model risk combines both. The headings of this report follow ICH M15 and "
                "ASME V&V 40; the judgement of risk below is that of the authors of the model."
            ),
        ),
        grids=(
            Grid(
                "Uses, and what this report supports",
                ("use", "model influence", "decision consequence", "model risk", "supported"),
                uses,
            ),
            Grid(
                "Credibility factors of ASME V&V 40, and where they are treated",
                ("factor", "what was done", "what was not done"),
                FACTORS,
            ),
        ),
    )


#: Credibility factors, with what exists and what is missing.
FACTORS = (
    (
        "Software quality assurance",
        "versioned sources, tests of every change, hashes; section on the installation",
        "no requirements document with a traceability matrix; no certified process",
    ),
    (
        "Numerical code verification",
        "orders of convergence, closed forms, mass balance, other simulators; section on code verification",
        "closed forms exist for the linear pharmacokinetics alone",
    ),
    (
        "Discretisation and solver error",
        "errors against a run at 1e-11; section on calculation verification",
        "the reference is the same program, checked by a second method and other simulators",
    ),
    (
        "Use error",
        "impossible input is refused in words before a run; a value outside its plausible range warns",
        "users were not observed",
    ),
    (
        "Model form",
        "conclusions under variants of the model and with steps blocked; section on uncertainty",
        (
            "rival mechanisms are other weights of the same equations (`ketasim.compare_hypotheses`); no model that "
            "others wrote was compared"
        ),
    ),
    (
        "Model inputs",
        "unit, range, grade and source of every parameter; ranges and random draws",
        "most ranges are judgements of the authors",
    ),
    (
        "Comparator: samples and conditions",
        "published means and shares of patients, volunteers and animals; sections on validation and applicability",
        "no data of single patients; the studies were not chosen at random",
    ),
    (
        "Comparison of outputs",
        "the same readout at the same time; intervals, log scores, CRPS, PIT, coverage, two baselines",
        "rows to check were not hidden from the authors",
    ),
    (
        "Relevance to the context of use",
        "groups in trials, seconds to weeks; section on applicability",
        "no claim for single patients, other populations or other drugs",
    ),
)


def model() -> Section:
    """The size of the model and where its numbers come from."""
    graded = Counter(str(row["grade"]) for row in parameters())
    n = len(parameters())
    assumed = sum(row["evidence"] == "assumed" for row in parameters())
    return Section(
        "model",
        "The model",
        (
            (f"{len(states())} ordinary differential equations with {n} parameters for people, {len(inputs())} inputs "
            f"that doses set, and {len(readouts())} readouts with units. Every parameter has a unit, a plausible "
            "range, a source and an evidence grade."),
            (f"{share(graded['E'], n)} of the parameters have grade E: no experiment measures them, they were assumed "
            f"or fitted. {share(assumed, n)} were assumed without a calculation. Between the synapse and the mood "
            "hardly any number is measured."),
        ),
        grids=(
            Grid(
                "Parameters for people by evidence grade",
                ("grade", "the value comes from", "parameters"),
                tuple(
                    (grade, text, share(graded[grade], n)) for grade, text in GRADES.items()
                ),
            ),
        ),
    )  # fmt: skip


# --- code verification --------------------------------------------------------------------------------


def installed() -> Section:
    """Files, versions and arithmetic of this installation."""
    return Section(
        "installation",
        "Installation",
        ("Whether files, numbers, equations and arithmetic of this installation are those of the release.",),
        run_checks(
            (
                ("Files as installed", installation.installed_files),
                ("Values of the release", installation.release_values),
                ("Arithmetic and compilation", installation.arithmetic),
            )
        ),
    )  # fmt: skip


def code_verification(quick: bool) -> Section:
    """Whether the program solves its equations."""
    parts = [
        ("Reference values", code.reference_values),
        ("Order of the methods", code.convergence),
        ("Public problems", code.public_problems),
        ("Compiled equations", code.compiled_equations),
        ("Closed forms", code.closed_forms),
        ("Mass balance", code.mass_balance),
        ("Independent methods", code.methods_agree),
        ("Same bits", code.same_bits),
        ("Doses", code.events),
        ("Rest", code.rest),
        ("Derivatives", code.gradients),
        ("Bounds", code.bounds),
        ("Refusals", code.refusals),
    ]
    grids: tuple[Grid, ...] = ()
    drawings: tuple[Drawing, ...] = ()
    if not quick:
        parts.append(("Other simulators", other_simulators))
        grids = (code.orders_grid(), code.problems_grid())
        drawings = (_orders_figure(), _problems_figure())
    return Section(
        "code",
        "Code verification",
        (
            (
                "Whether the program solves its equations correctly on this machine. The reference values come from an "
                "independent implementation of the model as it was in 0.1.0; the closed forms are written again in this "
                "check and use nothing of the compiled core but the values of parameters. Of the public problems, errors of "
                "an orbit grow with every turn: there 1000 tolerances are the limit, elsewhere 10."
            ),
        ),
        run_checks(parts),
        grids,
        drawings,
    )


def _orders_figure() -> Drawing:
    steps = (8, 16, 32, 64, 128, 256)
    series = [
        Series(
            method, steps, [_core.errors_of_equal_steps(method, n)[0] for n in steps], k, line=True
        )
        for k, method in enumerate(code.METHODS)
    ]
    y = [v for s in series for v in s.y]
    ends = "; ".join(f"{s.name} from {number(s.y[0])} to {number(s.y[-1])}" for s in series)
    top = max(y)
    return plot(
        "Error at the end against number of equal steps",
        f"Errors on a problem with a known solution, with {steps[0]} to {steps[-1]} steps: {ends}. "
        "The dashed line falls with order 5.",
        Axis("steps", 6.0, 340.0, True, steps),
        axis_of("largest error", y, log=True),
        series,
        guides=([(n, top * (steps[0] / n) ** 5) for n in steps],),
    )


def _problems_figure() -> Drawing:
    rtols = (1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9)
    worst: dict[str, list[float]] = {"fading errors": [], "orbits": []}
    for rtol in rtols:
        errors: dict[str, list[float]] = {name: [] for name in worst}
        for problem in _core.test_problems():
            found = _core.solve_test_problem(problem["name"], code.METHODS[0], rtol)
            exact = np.array(found["reference"])
            error = np.abs(np.array(found["computed"]) - exact) / (np.abs(exact) + found["size"])
            group = "orbits" if problem["name"].startswith("D") else "fading errors"
            errors[group].append(float(error.max()))
        for name, values in errors.items():
            worst[name].append(max(values))
    series = [Series(name, rtols, v, k, line=True) for k, (name, v) in enumerate(worst.items())]
    words = "; ".join(f"{s.name} from {number(s.y[0])} to {number(s.y[-1])}" for s in series)
    return plot(
        f"Public problems: largest error against tolerance, {code.METHODS[0]}",
        f"Largest error of the public problems at tolerances from 1e-4 to 1e-9: {words}. The dashed line is "
        "equality.",
        Axis("tolerance asked for", 5e-10, 2e-4, True),
        axis_of("largest error at the end", [v for s in series for v in s.y], log=True),
        series,
        guides=([(1e-9, 1e-9), (1e-4, 1e-4)],),
    )


# --- calculation verification -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Measured:
    """Errors reached in many scenarios, by tolerance."""

    by_rtol: Mapping[float, Sequence[tuple[str, ErrorReached]]]
    failed: Sequence[str]


def times_of(end_h: float) -> FloatArray:
    """Return times that fall inside steps of any size."""
    return np.unique(np.concatenate([np.geomspace(0.01, end_h, 40), np.linspace(0.0, end_h, 41)]))


def measured(scenarios: Mapping[str, Scenario], rtols: Sequence[float], threads: int) -> Measured:
    """Measure the error of every scenario at every tolerance."""

    def one(item: tuple[str, Scenario]) -> tuple[str, tuple[ErrorReached, ...] | str]:
        name, scenario = item
        doses = (*scenario.regimen.doses, *scenario.interventions)
        last = max((d.start_h + d.interval_h * d.additional for d in doses), default=0.0)
        try:
            return name, error_reached(scenario, times_of(last + 168.0), rtols)
        except KetasimError as error:
            return name, str(error)

    by_rtol: dict[float, list[tuple[str, ErrorReached]]] = {rtol: [] for rtol in rtols}
    failed = []
    with ThreadPoolExecutor(threads) as pool:
        for name, found in pool.map(one, scenarios.items()):
            if isinstance(found, str):
                failed.append(f"{name}: {found}")
                continue
            for e in found:
                by_rtol[e.rtol].append((name, e))
    return Measured(by_rtol, failed)


def calculation(evidence: Evidence | None, threads: int) -> Section:
    """Error reached against error asked for; without evidence in the reference scenarios alone."""
    scenarios = reference_scenarios()
    rtols = QUICK_RTOLS if evidence is None else RTOLS
    where = "reference scenarios"
    if evidence is not None:
        distinct: dict[Scenario, str] = {}
        for arm_id, plan in plans(evidence).items():
            if plan.scenario is not None:
                distinct.setdefault(plan.scenario, arm_id)
        scenarios |= {arm_id: scenario for scenario, arm_id in distinct.items()}
        where = "scenarios: the reference scenarios and every distinct one of the evidence"
    results: list[Measured] = []

    def judge() -> Iterator[Check]:
        results.append(measured(scenarios, rtols, threads))
        yield from _error_checks(results[0], len(scenarios))

    checks = run_checks((("Errors reached", judge),))
    grids: tuple[Grid, ...] = ()
    drawings: tuple[Drawing, ...] = ()
    if results and all(results[0].by_rtol.values()):
        grids = (_error_grid(results[0]),)
        if evidence is not None:
            grids = (*grids, _worst_grid(results[0]))
            drawings = _error_figures(results[0])
    return Section(
        "calculation",
        "Calculation verification",
        (
            (
                f"Error reached against error asked for, in {len(scenarios)} {where}. The reference is the same run at a "
                f"relative tolerance of {REFERENCE_RTOL:g}; the default is {SolverOptions().rtol:g}. The error of a state is "
                "divided by the tolerance times its value plus its typical size; that of a readout by the tolerance times "
                "its largest value in the run. The error test limits the root mean square of one step, not the global "
                "error of one state: some states may err by more than a tolerance."
            ),
        ),
        checks,
        grids,
        drawings,
    )


def _error_checks(found: Measured, n: int) -> Iterator[Check]:
    yield Check(
        "Every scenario runs at every tolerance",
        "all",
        share(n - len(found.failed), n),
        "pass" if not found.failed else "fail",
        "; ".join(found.failed[:5]),
    )
    default = SolverOptions().rtol
    errors = found.by_rtol[default]
    rms = [e.rms for _, e in errors]
    yield at_most(
        "Median error of all states at the default tolerance",
        float(np.median(rms)), 1.0, "tolerances", what="root mean square",
    )  # fmt: skip
    worst_name, worst = max(errors, key=lambda item: item[1].worst_readout[1])
    readout, value = worst.worst_readout
    # 0.1 % of the largest value is less than anything that is read from a figure or a table.
    yield at_most(
        "Largest error of any readout at the default tolerance",
        value * default, 1e-3, "of its largest value", scope=f"{readout} in {worst_name}",
    )  # fmt: skip
    first, last = min(found.by_rtol), max(found.by_rtol)
    ratio = float(np.median([e.rms * last for _, e in found.by_rtol[last]])) / float(
        np.median([e.rms * first for _, e in found.by_rtol[first]])
    )
    asked = 0.1 * last / first
    yield Check(
        f"The error follows the tolerance from {last:g} to {first:g}",
        f"the median error falls by at least {asked:g}",
        f"by {number(ratio)}",
        "pass" if ratio >= asked else "fail",
    )


def _error_grid(found: Measured) -> Grid:
    rows = []
    for rtol, errors in found.by_rtol.items():
        rms = np.array([e.rms for _, e in errors])
        worst_state = np.array([e.worst_state[1] for _, e in errors])
        worst_readout = np.array([e.worst_readout[1] for _, e in errors])
        rows.append(
            (
                f"{rtol:g}",
                *(
                    f"{number(float(np.median(v)))}; {number(float(np.quantile(v, 0.9)))}; {number(float(v.max()))}"
                    for v in (rms, worst_state, worst_readout)
                ),
                share(int((worst_readout <= 10.0).sum()), len(errors)),
                number(float(np.median([e.n_steps for _, e in errors]))),
            )
        )
    return Grid(
        "Errors in units of the tolerance: median; 90 % quantile; largest of the scenarios",
        ("tolerance", "root mean square of all states", "worst state", "worst readout", "worst readout at most 10", "steps (median)"),
        tuple(rows),
    )  # fmt: skip


def _worst_grid(found: Measured) -> Grid:
    default = SolverOptions().rtol
    errors = found.by_rtol[default]
    by_name: dict[str, list[float]] = {}
    for _, e in errors:
        for name, value in e.readouts.items():
            by_name.setdefault(name, []).append(value)
    rows = sorted(by_name.items(), key=lambda item: -max(item[1]))[:15]
    return Grid(
        f"Readouts with the largest errors at {default:g}, in units of the tolerance",
        ("readout", "median", "90 % quantile", "largest"),
        tuple(
            (name, *(number(float(v)) for v in np.quantile(values, (0.5, 0.9, 1.0))))
            for name, values in rows
        ),
    )


def _error_figures(found: Measured) -> tuple[Drawing, ...]:
    rtols = list(found.by_rtol)
    kinds = {
        "all states, root mean square": [[e.rms for _, e in v] for v in found.by_rtol.values()],
        "worst readout": [[e.worst_readout[1] for _, e in v] for v in found.by_rtol.values()],
    }
    drawings = []
    for title, columns in kinds.items():
        series = []
        for k, (name, q) in enumerate((("median", 0.5), ("90 % quantile", 0.9), ("largest", 1.0))):
            values = [float(np.quantile(c, q)) * r for c, r in zip(columns, rtols, strict=True)]
            series.append(Series(name, rtols, values, k, line=True))
        words = "; ".join(
            f"at {r:g}: " + ", ".join(f"{s.name} {number(s.y[i])}" for s in series)
            for i, r in enumerate(rtols)
        )
        drawings.append(
            plot(
                f"Error reached against error asked for: {title}",
                f"Relative error, {title}, of {len(columns[0])} scenarios. {words}. The dashed line is equality.",
                Axis("tolerance asked for", 5e-10, 2e-4, True),
                axis_of("error reached", [v for s in series for v in s.y], log=True),
                series,
                guides=([(1e-9, 1e-9), (1e-4, 1e-4)],),
            )
        )
    return tuple(drawings)


# --- validation -----------------------------------------------------------------------------------------------


def validation(found: Validation) -> Section:
    """Predictions against published observations, beside two baselines."""
    roles = Counter(r.role for r in found.records)
    studies = len({r.source_key for r in found.records})
    checks = run_checks(
        (
            ("Evidence", lambda: evidence_parts.complete(found)),
            ("Goals", lambda: evidence_parts.goals(found)),
        )
    )
    return Section(
        "validation",
        "Validation",
        (
            (
                f"{len(found.records)} published observations of {studies} studies: {roles['calibrate']} that were seen when "
                f"values were chosen (calibrate) and {roles['check']} that were not used for that (check). The rows to check "
                "are the better guide. They were not hidden from the authors, who knew the literature."
            ),
            (
                "Beside the model stand two baselines without pharmacology, fitted to the rows to calibrate: control only (the "
                "course of each trial context, whatever the treatment) and a statistical model-based meta-analysis (MBMA: "
                "an effect by class of route and time, without a dose). A log score is the logarithm of the predicted "
                "density at the observed value; higher is better."
            ),
            (
                "Goals are marked met or not met. They describe the model, not the installation, and do not change the "
                "verdict at the top. A goal that is not met is a known failure."
            ),
            (
                "An observation's own interval is the 95 % interval of the published number; for a plasma level it is at "
                "least twofold on both sides. It says nothing on the spread that the model predicts: the goals use the "
                "prediction interval."
            ),
        ),
        checks,
        evidence_parts.validation_grids(found),
        _validation_figures(found),
    )


def _validation_figures(found: Validation) -> tuple[Drawing, ...]:
    scored = [r for r in found.records if r.scored]
    drawings = []
    plasma = [
        r for r in scored
        if r.area == PLASMA and r.unit == "ng/mL" and r.value > 0.0 and (r.predicted or 0.0) > 0.0
    ]  # fmt: skip
    points = [r for r in scored if r.area == CLINICAL and r.unit == "points"]
    for title, rows, unit, log in (
        ("Plasma levels", plasma, "ng/mL", True),
        ("Depression ratings", points, "points", False),
    ):
        if not rows:
            continue
        series = [
            Series(
                f"{role}, {'inside' if inside else 'outside'} its own interval",
                [r.value for r in rows if r.role == role and bool(r.within) == inside],
                [r.predicted or 0.0 for r in rows if r.role == role and bool(r.within) == inside],
                k,
            )
            for k, (role, inside) in enumerate(
                (("calibrate", True), ("calibrate", False), ("check", True), ("check", False))
            )
        ]
        everything = [v for s in series for v in (*s.x, *s.y)]
        x, y = (
            axis_of(f"{name} [{unit}]", everything, log=log) for name in ("observed", "predicted")
        )
        line = ((x.low, x.low), (x.high, x.high))
        guides: list[Sequence[tuple[float, float]]] = [line]
        if log:
            guides += [[(x.low, f * x.low), (x.high, f * x.high)] for f in (0.5, 2.0)]
        by_role = []
        for role in ("check", "calibrate"):
            own = [bool(r.within) for r in rows if r.role == role]
            if own:
                by_role.append(f"{role} {share(sum(own), len(own))}")
        fold = "Outer dashed lines: twofold. " if log else ""
        wide = " (at least twofold on both sides)" if log else ""
        drawings.append(
            plot(
                f"{title}: predicted against observed",
                f"{len(rows)} observations from {number(min(everything))} to {number(max(everything))} {unit}, all of this "
                f"area that are in {unit}; inside their own interval{wide}: {', '.join(by_role)}. Dashed line: equality. "
                f"{fold}",
                x, y, series, guides=guides,
            )
        )  # fmt: skip
    groups = ((CLINICAL, CLINICAL), (PLASMA, PLASMA), ("all other areas", ""))
    levels = np.linspace(0.05, 0.95, 19)
    series, words = [], []
    for k, (name, area) in enumerate(groups):
        others = {CLINICAL, PLASMA}
        pits_of = {
            role: np.array([
                r.pit for r in scored
                if r.pit is not None
                and r.role == role
                and (r.area == area if area else r.area not in others)
            ])
            for role in ("check", "calibrate")
        }  # fmt: skip
        pits = pits_of["check"]
        if not pits.size:
            continue
        inside_share = [100.0 * float(np.mean(np.abs(pits - 0.5) <= 0.5 * p)) for p in levels]
        series.append(
            Series(f"{name} ({pits.size})", (100.0 * levels).tolist(), inside_share, k, line=True)
        )
        words.append(
            f"{name}: {inside_share[9]:.0f} % inside the 50 % interval, {inside_share[-1]:.0f} % inside the 95 % interval"
        )
        if pits_of["calibrate"].size:
            seen = 100.0 * np.mean(np.abs(pits_of["calibrate"] - 0.5) <= 0.475)
            words[-1] += f" (of {pits_of['calibrate'].size} rows to calibrate {seen:.0f} %)"
        counts = np.histogram(pits, bins=10, range=(0.0, 1.0))[0]
        drawings.append(
            histogram(
                f"PIT: {name}, rows to check",
                f"Counts of {pits.size} observations that were not used to choose values, in ten bins of the probability integral transform: "
                f"{', '.join(map(str, counts.tolist()))}. Flat where predictions are calibrated; high at both ends "
                "where intervals are too narrow. Band: two standard deviations of chance.",
                pits.tolist(), 10, k,
            )
        )  # fmt: skip
    drawings.insert(
        min(2, len(drawings)),
        plot(
            "Coverage of prediction intervals, rows to check",
            f"Observations that were not used to choose values, inside their prediction interval. {'; '.join(words)}. Dashed line: as promised.",
            Axis("prediction interval [%]", 0.0, 100.0),
            Axis("observations inside [%]", 0.0, 100.0),
            series,
            guides=(((0.0, 0.0), (100.0, 100.0)),),
        ),
    )
    return tuple(drawings)


# --- uncertainty ------------------------------------------------------------------------------------------------


def uncertainty() -> Section:
    """What headline conclusions rest on."""
    checks = run_checks((("Conclusions", conclusions.stability),))
    if any(c.status == "fail" for c in checks):
        return Section("uncertainty", "Uncertainty and sensitivity", (), checks)
    spreads = conclusions.random_draws()
    swings = conclusions.one_at_a_time()
    summary = Grid(
        f"Conclusions: typical value, and {conclusions.DRAWS} random draws of all parameters",
        ("conclusion", "unit", "typical", "5 %", "50 %", "95 %", "same sign"),
        tuple(
            (
                s.conclusion.name, s.conclusion.unit, number(float(s.conclusion.values[0])),
                *map(number, s.quantiles), f"{100 * s.same_sign:.1f} % of {s.n}",
            )
            for s in spreads
        ),
    )  # fmt: skip
    by_grade = Grid(
        "Share of the influence that belongs to parameters of each evidence grade",
        ("conclusion", *(f"grade {g}" for g in GRADES)),
        tuple(
            (s.conclusion.name, *(f"{100 * s.by_grade.get(g, 0.0):.0f} %" for g in GRADES))
            for s in spreads
        ),
    )
    ranked = [
        Grid(
            f"{s.conclusion.name}: most influential parameters",
            ("parameter", "grade", "rank correlation", "at the low end", "at the high end", "meaning"),
            tuple(
                (
                    name, grade, number(r, 2),
                    *(f"{number(v)} {s.conclusion.unit}" for v in ends.get(name, (math.nan, math.nan))[:2]),
                    meaning.get(name, ""),
                )
                for name, grade, r in s.ranks[: conclusions.SHOWN]
            ),
        )
        for s, (_, own) in zip(spreads, swings, strict=True)
        for ends in [{w.parameter: (w.at_low, w.at_high) for w in own}]
        for meaning in [{w.parameter: w.description for w in own}]
        if s.conclusion.key in ("day_1", "day_7", "onset")
    ]  # fmt: skip
    drawings = tuple(
        tornado(
            conclusion.name,
            f"One parameter at a time at the ends of its plausible range. Typical: "
            f"{number(float(conclusion.values[0]))} {conclusion.unit}. "
            + "; ".join(
                f"{s.parameter} (grade {s.grade}): {number(s.at_low)} to {number(s.at_high)}" for s in own[:8]
            )
            + ".",
            conclusion.unit,
            float(conclusion.values[0]),
            [(f"{s.parameter} (grade {s.grade})", s.at_low, s.at_high) for s in own[:8]],
        )
        for conclusion, own in swings
        if conclusion.key in ("day_1", "day_7", "onset", "spray", "ssri", "cadss")
    )  # fmt: skip
    worst = max(spreads, key=lambda s: s.by_grade.get("E", 0.0))
    least = min(spreads, key=lambda s: s.by_grade.get("E", 0.0))
    return Section(
        "uncertainty",
        "Uncertainty and sensitivity",
        (
            (
                "Each conclusion was computed again with every parameter alone at both ends of its plausible range, and in "
                f"{conclusions.DRAWS} random draws of all parameters together (seed {conclusions.SEED}): median at the value "
                "of the model, 2.5 and 97.5 % at the ends of the range, independent of each other. Fitted parameters are "
                "drawn like all others: the spread is that of prior knowledge, wider than what calibration leaves, and it is "
                "not a spread between patients."
            ),
            (
                f"Parameters of grade E (assumed or fitted) carry {100 * least.by_grade['E']:.0f} to "
                f"{100 * worst.by_grade['E']:.0f} % of the influence on these conclusions. A direction that holds in all draws "
                "follows from the structure of the model, which is itself a hypothesis: it is no evidence for that structure."
            ),
        ),
        checks,
        (
            summary,
            by_grade,
            conclusions.other_structures(),
            Grid(
                "The other structures",
                ("name", "description"),
                tuple((row["name"], row["description"]) for row in variants()),
            ),
            conclusions.without_a_step(),
            *ranked,
        ),
        drawings,
    )


# --- applicability and failures ------------------------------------------------------------------------------------


def applicability(evidence: Evidence) -> Section:
    """Where there is evidence, and where the model extrapolates."""
    return Section(
        "applicability",
        "Applicability",
        (
            (
                "Where the model was compared with observations. A scenario outside these species, drugs, routes, amounts, "
                "times and populations is an extrapolation, however smooth its curves are. The program accepts wider ranges "
                "than the evidence covers, because research asks for them."
            ),
        ),
        grids=(
            evidence_parts.by_route(evidence),
            evidence_parts.without_evidence(evidence),
            evidence_parts.populations(evidence),
        ),
    )


def failures(found: Sequence[Validation], sections: Sequence[Section]) -> Section:
    """What the model is known to get wrong; without a validation its documented gaps alone."""
    missed = tuple(c for s in sections for c in s.checks if c.status == "not met")
    computed = [
        grid
        for validation in found
        for grid in (*evidence_parts.misses(validation), evidence_parts.not_predicted(validation))
    ]
    return Section(
        "failures",
        "Known failures",
        (
            (
                "Goals of this report that the model does not meet, computed now; observations that it misses; what it "
                "cannot predict; and disagreements with the literature that its authors know."
            ),
        ),
        missed,
        (evidence_parts.disagreements(), *computed),
    )


def versions() -> Section:
    """Versions and hashes."""
    return Section(
        "versions",
        "Versions and hashes",
        (
            (
                "What identifies this installation. Equal hashes mean equal files. The hash of parameters and equations is "
                "computed from the compiled core."
            ),
        ),
        grids=(installation.libraries(), installation.hashes_grid()),
    )
