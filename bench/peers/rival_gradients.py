"""G1 and G2 beside AMICI: derivatives at equal error of the derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from g1 import CASES, Gradients
from measure import PATIENCE, Results, Timed
from s1 import S1
from table import cell, error, micro, table

TARGETS = (1e-4, 1e-5)
RTOLS = tuple(10.0**-k for k in range(3, 10))
OURS, IN_TEST = "ketasim", "ketasim, derivatives in the error test"
BACKWARD = "ketasim, adjoint"
FORWARD = {"AMICI, forward, simultaneous": "simultaneous", "AMICI, forward, staggered": "staggered"}
ADJOINT = "AMICI, adjoint"
AIM = 10.0
#: Absolute over relative tolerance that AMICI tries: of states and derivatives; of the adjoint state,
#: whose size is that of a sum of squares per state.
FORWARD_ABSOLUTE, ADJOINT_ABSOLUTE = (0.01, 1.0), (1e4, 1e6)

#: Errors of the derivatives (None: there are none) and of the gradient of the sum of squares; time [s].
Answer = tuple[tuple[float, float] | None, tuple[float, float], float]


def of_sum(case: str) -> str:
    return f"{case}, sum of squares"


def measured(s1: S1, rounds: int) -> dict[str, Any]:
    """Every number of these cases, for --json."""
    try:
        ways = {case: solvers_of(s1, Gradients(case)) for case in CASES}
    except Exception as why:  # noqa: BLE001  # a rival that does not work is reported, not fatal
        return {"failure": f"{type(why).__name__}: {why}"}
    timed: list[Timed] = []
    failures: dict[str, str] = {}
    done: dict[tuple[str, str, float], float] = {}
    for number in range(-1, rounds):  # the first is to warm up
        for rtol in RTOLS if number >= 0 else RTOLS[:1]:
            for case, solvers in ways.items():
                for (who, absolute), solve in solvers.items():
                    key = (case, who, absolute)
                    if rtol < done.get(key, 0.0):
                        continue
                    try:
                        derivatives, gradient, seconds = solve(rtol)
                    except Exception as why:  # noqa: BLE001
                        failures[f"{who} in {case} at rtol {rtol:g}"] = str(why)
                        continue
                    # Nobody needs runs more exact than asked, nor waits for them.
                    worst = max(e[0] for e in (derivatives, gradient) if e is not None)
                    if worst < min(TARGETS) or seconds > PATIENCE:
                        done[key] = rtol
                    for called, errors in ((case, derivatives), (of_sum(case), gradient)):
                        if errors is not None:
                            timed.append(
                                Timed(
                                    called,
                                    who,
                                    number,
                                    rtol,
                                    True,
                                    seconds,
                                    *errors,
                                    {},
                                    absolute=absolute,
                                )
                            )
    return {
        "timed": [vars(t) for t in timed if t.round >= 0],
        "failures": failures,
        "compiled": s1.compiled["AMICI"],
    }


def solvers_of(s1: S1, case: Gradients) -> dict[tuple[str, float], Callable[[float], Answer]]:
    from amici_gradients import Differentiated

    amici = Differentiated(s1, case)

    def ours(*, in_test: bool) -> Callable[[float], Answer]:
        def solve(rtol: float) -> Answer:
            derivatives, predicted, seconds = case.by_ketasim(rtol, in_test=in_test)
            gradient = case.of_sum(derivatives, predicted)
            return case.errors(derivatives), case.errors_of_sum(gradient), seconds

        return solve

    def backward(rtol: float) -> Answer:
        gradient, seconds = case.by_adjoint(rtol)
        return None, case.errors_of_sum(gradient), seconds

    def forward(method: str, absolute: float) -> Callable[[float], Answer]:
        def solve(rtol: float) -> Answer:
            derivatives, predicted, seconds = amici.forward(rtol, absolute, method)
            gradient = case.of_sum(derivatives, predicted)
            return case.errors(derivatives), case.errors_of_sum(gradient), seconds

        return solve

    def adjoint(absolute: float) -> Callable[[float], Answer]:
        def solve(rtol: float) -> Answer:
            gradient, seconds = amici.adjoint(rtol, absolute)
            return None, case.errors_of_sum(gradient), seconds

        return solve

    return (
        {
            (OURS, 0.0): ours(in_test=False),
            (IN_TEST, 0.0): ours(in_test=True),
            (BACKWARD, 0.0): backward,
        }
        | {
            (who, absolute): forward(method, absolute)
            for who, method in FORWARD.items()
            for absolute in FORWARD_ABSOLUTE
        }
        | {(ADJOINT, absolute): adjoint(absolute) for absolute in ADJOINT_ABSOLUTE}
    )


def results(found: dict[str, Any]) -> Results:
    """What was measured; nothing where AMICI is not installed or failed."""
    return Results((Timed(**row) for row in found.get("timed", ())), OURS)


def section(found: dict[str, Any]) -> str:
    said = results(found)
    if not said.cases:
        return f"Beside AMICI: not run ({found.get('failure', 'AMICI is not installed')})."
    rows: list[tuple[str, ...]] = []
    for case in (of(name) for of in (str, of_sum) for name in CASES):
        for who in said.contestants(case):
            times = [said.time(case, who, target) for target in TARGETS]
            ratios = [said.ratio(case, who, target) for target in TARGETS]
            own = who in (OURS, IN_TEST, BACKWARD)
            met = all(r is None or r.middle >= AIM for r in ratios)
            rows.append(
                (
                    case,
                    who,
                    *("not reached" if t is None else micro(t) for t in times),
                    *("" if who == OURS else cell(r) for r in ratios),
                    "" if own else f"≥ {AIM:g}",
                    "" if own else ("met" if met else "**not met**"),
                )
            )
    head = (
        "case", "who", *(f"µs at {error(e)}" for e in TARGETS),
        *(f"times as long at {error(e)}" for e in TARGETS), "aim", "",
    )  # fmt: skip
    return (
        "### Beside AMICI\n\n"
        "Called from Python, at equal error of the derivatives: RMS of |derivative - referee| / "
        "(|referee| + the largest of its readout and parameter), in the sum of squares of |gradient - referee| / "
        "|referee|; parameters that move a result by less than a millionth of its size for 100 % are "
        "left out. Referee: ketasim at rtol 1e-11, which the tests hold against differences. ketasim's time "
        "is the whole call and includes the derivatives of the state before treatment. AMICI is given "
        "those, so that both answer the same question; its time is the one it reports itself, and of several "
        "absolute tolerances (adjoint: also far looser ones on the way back, after a run ten times tighter) it is "
        "charged the best. The sum of squares is that of both readouts against "
        "the response to 0.4 mg/kg; from forward derivatives it follows by a product that is not "
        f"timed. AMICI's code took {found['compiled']:.0f} s to generate and compile.\n\n"
        + table(head, rows)
        + "\n\nAn adjoint costs the same for any number of parameters, forward derivatives grow with it. The latter "
        "give the derivatives of every datum, which least squares (Gauss and Newton, `residuals_and_jacobian`) needs and "
        "an adjoint of one sum does not have. What ketasim's two cost beside a run: bench/gradients.md."
    )
