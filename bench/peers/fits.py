"""G3: what one iteration of a fit to many subjects costs, each with measurements of its own.

Residuals and their exact derivatives by 20 parameters of every subject, as
`ks.residuals_and_jacobian` gives them to a least-squares routine, spread over threads; beside runs
of the same subjects without derivatives.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import sqrt
from time import perf_counter, process_time
from typing import Any

import numpy as np
from measure import Spread
from table import micro, table

import ketasim as ks
from ketasim import _core

SUBJECTS = 100
PARAMETERS = 20
READOUTS = ("madrs_change", "nmda_occupancy")
#: As G1 has them: dense over the first day, then even over two weeks [h].
TIMES = np.concatenate(
    [[0.0], np.geomspace(1.0 / 60.0, 24.0, 40), 24.0 + 312.0 * np.arange(1, 61) / 60.0]
)
AIM = 13.0


@dataclass(frozen=True)
class Subject:
    scenario: ks.Scenario
    theta: dict[str, float]
    data: list[tuple[str, float, float, float]]

    def run(self) -> None:
        run = ks.simulate(self.scenario, t_eval=TIMES)
        for readout in READOUTS:
            run[readout]

    def differentiate(self) -> None:
        residuals, _ = ks.residuals_and_jacobian(self.scenario, self.data, self.theta)
        if not np.isfinite(residuals).all():
            raise RuntimeError(f"a run failed: {self.scenario}")


def subject(i: int) -> Subject:
    """Spread as in bench/subjects.hpp; what is measured does not matter to the time."""

    def spread(irrational: float, low: float, high: float) -> float:
        return low + (high - low) * ((i + 1) * sqrt(irrational) % 1.0)

    own = {
        "pharmacokinetics.V1": spread(2.0, 8.0, 20.0),
        "pharmacokinetics.CLint_S": spread(3.0, 280.0, 460.0),
        "pharmacokinetics.CLint_R": spread(5.0, 170.0, 290.0),
    }
    scenario = ks.Scenario(
        "ketamine 0.5 mg/kg iv over 40 min",
        subject=ks.Subject(weight_kg=spread(7.0, 50.0, 100.0), severity=spread(11.0, 0.5, 1.0)),
        parameters=own,
    )
    all_of_them = ks.parameters()
    names = [all_of_them.names[k * len(all_of_them) // PARAMETERS] for k in range(PARAMETERS)]
    theta = {name: own.get(name, float(all_of_them[name]["value"])) for name in names}
    data = [(readout, float(t), 0.0, 1.0) for readout in READOUTS for t in TIMES]
    return Subject(scenario, theta, data)


def took(call: Callable[[Subject], None], subjects: list[Subject], threads: int) -> float:
    """Seconds a subject: processor time of one thread, on the clock of two."""
    now = process_time if threads == 1 else perf_counter
    with ThreadPoolExecutor(threads) as pool:
        began = now()
        for _ in pool.map(call, subjects):
            pass
        return (now() - began) / len(subjects)


def measured(rounds: int) -> list[dict[str, Any]]:
    subjects = [subject(i) for i in range(SUBJECTS)]
    for who in subjects[:3]:
        who.run()
        who.differentiate()
    return [
        {
            "round": number,
            "threads": threads,
            "forward": took(Subject.run, subjects, threads),
            "gradient": took(Subject.differentiate, subjects, threads),
        }
        for number in range(rounds)
        for threads in range(1, min(2, _core.available_threads()) + 1)
    ]


def section(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return "Not run."
    alone = {r["round"]: r["forward"] for r in rows if r["threads"] == 1}
    told: list[tuple[str, ...]] = []
    for threads in sorted({r["threads"] for r in rows}):
        of = [r for r in rows if r["threads"] == threads]
        ratio = Spread.of(r["gradient"] / alone[r["round"]] for r in of)
        verdict = ("met" if ratio.middle <= AIM else "**not met**") if threads == 1 else ""
        told.append(
            ("G3", str(threads), micro(Spread.of(r["forward"] for r in of)),
             micro(Spread.of(r["gradient"] for r in of)), str(ratio),
             f"≤ {AIM:g}" if threads == 1 else "", verdict)
        )  # fmt: skip
    head = (
        "case", "threads", "run [µs a subject]", "residuals and derivatives [µs a subject]",
        "runs on one thread", "aim", "",
    )  # fmt: skip
    return (
        f"What one iteration of a fit takes: {SUBJECTS} subjects with their own volume, clearances, weight "
        f"and severity, one infusion, 14 days, rtol 1e-6; {len(READOUTS)} readouts at {TIMES.size} times by "
        f"{PARAMETERS} parameters of each subject. From Python, `ks.residuals_and_jacobian` of every subject, "
        "spread over threads as `ks.fitting.LeastSquares` does; a run is `ks.simulate` and the same "
        "readouts. Processor time of one thread, on the clock of two.\n\n" + table(head, told)
    )
