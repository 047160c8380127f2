"""G2 and G4: the gradient of one sum by 100 and by all parameters, by AMICI's adjoint and ketasim's.

python bench/peers/adjoints.py       compiles, measures, writes bench/adjoints.md
"""

from __future__ import annotations

import os

# Threads of BLAS would wait for each other on matrices of this size, and their waiting counts.
os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")

import argparse
from importlib.metadata import version
from pathlib import Path

import g1
import rival_gradients
from g1 import Gradients
from measure import Results, Timed
from rival_gradients import ADJOINT, BACKWARD, TARGETS
from s1 import S1
from table import cell, error, micro, table

import ketasim as ks

PAGE = Path(__file__).resolve().parents[1] / "adjoints.md"
RTOLS = (1e-5, 1e-6, 1e-7, 1e-8, 3e-9, 1e-9)
AIM = 30.0


def measured(case: str, rounds: int) -> list[Timed]:
    ways = rival_gradients.solvers_of(S1(), Gradients(case))
    found = []
    for number in range(-1, rounds):  # the first is to warm up
        for (who, absolute), solve in ways.items():
            if who not in (BACKWARD, ADJOINT):
                continue
            for rtol in RTOLS if number >= 0 else RTOLS[:1]:
                _, errors, seconds = solve(rtol)
                found.append(
                    Timed(case, who, number, rtol, True, seconds, *errors, {}, absolute=absolute)
                )
                if errors[0] < min(TARGETS):
                    break
    return [t for t in found if t.round >= 0]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="rounds that visit everybody (5)")
    asked = parser.parse_args()
    rows: list[tuple[str, ...]] = []
    # AMICI's code is compiled for the parameters of the case alone.
    for case, n in (("G2", g1.CASES["G2"]), ("G4", len(ks.parameters("human").names))):
        g1.CASES[case] = n
        said = Results(measured(case, asked.rounds), BACKWARD)
        for who in (BACKWARD, ADJOINT):
            times = [said.time(case, who, target) for target in TARGETS]
            ratios = [said.ratio(case, who, target) for target in TARGETS]
            rival = who == ADJOINT
            met = all(r is not None and r.middle >= AIM for r in ratios)
            rows.append(
                (f"{case}, {n} parameters", who,
                 *("not reached" if t is None else micro(t) for t in times),
                 *(cell(r) if rival else "" for r in ratios),
                 ("met" if met else "**not met**") if rival else "")
            )  # fmt: skip
            print(rows[-1], flush=True)
    head = ("case", "who", *(f"µs at {error(e)}" for e in TARGETS),
            *(f"times as long at {error(e)}" for e in TARGETS), f"aim ≥ {AIM:g}")  # fmt: skip
    PAGE.write_text(
        "# One gradient of a sum of squares, backward\n\n"
        "Written by `python bench/peers/adjoints.py`.\n\n"
        "Run and gradient of one sum of squares of two readouts at 101 times over 14 days after one infusion, at "
        "equal error of the gradient: RMS of |gradient - referee| / |referee|, interpolated between tolerances. "
        "Processor time of one thread; ketasim's is the whole call from Python, that of AMICI "
        f"{version('amici')} the one that it reports itself for both ways. Middle, least and most of {asked.rounds} "
        "rounds. Of two absolute tolerances on the way back AMICI is charged the better; it is given the derivatives "
        "of the state before treatment, which ketasim computes.\n\n" + table(head, rows) + "\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
