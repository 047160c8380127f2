"""E2, E3: populations of which nothing is kept but counts and quantiles.

The question is that of docs/how-to/large_populations.md. Each passage is a process of its own, so that its
memory is its own:

    python bench/peers/streamed.py SUBJECTS THREADS RTOL
"""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
from measure import Spread, rounded
from table import micro, table

import ketasim as ks
from ketasim import _core

SCENARIO = ks.Scenario("ketamine 0.5 mg/kg iv over 40 min")
SEED = 1
TIMES = (0.0, 2.0, 24.0, 72.0, 168.0)
CASES = {100_000: "E2", 1_000_000: "E3"}
#: Rounds of E2: a passage takes as long as hundreds of those of single runs.
MOST_ROUNDS = 3
#: Simulated beforehand, to warm up and to know from where memory grows.
FIRST = 1000
#: Subjects that stand for all in the errors.
JUDGED = 16
TARGET = 1e-4
TIGHT = 1e-11
#: What a million may take on two cores [s].
AIM = 60.0


def summary(n: int, threads: int, rtol: float) -> ks.PopulationSummary:
    return ks.simulate_population(
        SCENARIO,
        n,
        seed=SEED,
        readouts=["madrs", "madrs_change", "spine_density"],
        t_eval=TIMES,
        quantiles=[0.05, 0.5, 0.95],
        improvements=[0.5],
        thresholds={"madrs": [10.0]},
        threads=threads,
        progress=False,
        rtol=rtol,
    )


def errors(rtols: Iterator[float]) -> Iterator[tuple[float, float]]:
    """Relative tolerance and RMS of |y - referee| / (|referee| + typical size) over the states."""
    drawn = ks.draw_parameters(SCENARIO, JUDGED, SEED)
    typical = np.array([row["typical"] for row in ks.states()])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ks.ParameterRangeWarning)
        subjects = [
            replace(SCENARIO, parameters={name: float(of[i]) for name, of in drawn.items()})
            for i in range(JUDGED)
        ]
        referee = [ks.simulate(who, t_eval=TIMES[1:], rtol=TIGHT).y for who in subjects]
        for rtol in rtols:
            wrong = [
                (ks.simulate(who, t_eval=TIMES[1:], rtol=rtol).y - y) / (np.abs(y) + typical)
                for who, y in zip(subjects, referee, strict=True)
            ]
            yield rtol, float(np.sqrt(np.mean(np.square(wrong))))


def loosest() -> tuple[float, float]:
    """Loosest tolerance, of eight a decade, at which it and all tighter ones reach the target."""
    found = (TIGHT, 0.0)
    for rtol, rms in errors(10.0 ** (k / 8.0) for k in range(-48, 0)):
        if rms > TARGET:
            break
        found = rtol, rms
    return found


def passage(n: int, threads: int, rtol: float) -> dict[str, Any]:
    """One population in a fresh process."""
    done = subprocess.run(
        [sys.executable, __file__, str(n), str(threads), repr(rtol)],
        stdout=subprocess.PIPE, encoding="utf-8", check=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measured(n: int, rounds: int) -> list[dict[str, Any]]:
    rtol, rms = loosest()
    return [
        {"members": n, "round": number, "rtol": rtol, "rms": rms, **passage(n, threads, rtol)}
        for number in range(min(rounds, MOST_ROUNDS))
        for threads in range(1, min(2, _core.available_threads()) + 1)
    ]


def section(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return "Not run."
    told: list[tuple[str, ...]] = []
    for n, threads in sorted({(r["members"], r["threads"]) for r in rows}):
        of = [r for r in rows if (r["members"], r["threads"]) == (n, threads)]
        first = of[0]
        told.append(
            (CASES.get(n, ""), f"{n:,}", str(threads), f"{first['rtol']:.2g}", f"{first['rms']:.1e}",
             micro(Spread.of(r["clock"] / n for r in of)),
             micro(Spread.of(r["processor"] / n for r in of)),
             f"{Spread.of(r['peak'] / 1e6 for r in of).middle:.0f}",
             f"{Spread.of((r['peak'] - r['peak_first']) / 1e6 for r in of).middle:.1f}",
             str(first["failed"]), str(Spread.of(r["clock"] for r in of)))
        )  # fmt: skip
    head = (
        "case", "subjects", "threads", "rtol", "RMS error", "clock [µs a subject]",
        "processor [µs a subject]", "peak memory [MB]", f"of it since the first {FIRST} [MB]",
        "failed", "in all [s]",
    )  # fmt: skip
    rounds = len({r["round"] for r in rows if CASES.get(r["members"]) == "E2"})
    text = (
        "As in docs/how-to/large_populations.md: one infusion, 7 days; every parameter that differs between "
        "people drawn anew (20 of them); of 3 readouts at 5 times nothing is kept but quantiles, means "
        "and shares, as `ks.simulate_population(..., quantiles=...)` does. The tolerance is the loosest, "
        f"of eight a decade, at which the states of the first {JUDGED} subjects have an RMS error of at "
        f"most {TARGET:.0e} (as single runs, which have the same bits). Drawing the parameters, states "
        f"before treatment, readouts and counting are included; each passage is a process of its own, "
        f"warmed up with {FIRST} subjects; rounds of E2: {rounds}. Drawing and counting are Python's and use "
        "one thread.\n\n"
    ).replace("e-0", "e-")
    return text + table(head, told) + _aim(rows)


def _aim(rows: list[dict[str, Any]]) -> str:
    found = [r for r in rows if CASES.get(r["members"]) == "E3" and r["threads"] == 2]
    if not found:
        return "\n\nE3, a million subjects, takes minutes and is run when asked for (`--million`): not this time."
    took = Spread.of(r["clock"] for r in found)
    verdict = "met" if took.middle <= AIM else "**not met**"
    return (
        f"\n\nAim of E3 on two cores: ≤ {AIM:g} s. Found: {rounded(took.middle)} s, {verdict}. E3 is "
        "measured once, so it has no range."
    )


def peak() -> int:
    """The most memory this process has had [bytes]."""
    status = Path("/proc/self/status")
    if status.exists():  # what getrusage says of a child starts from its parent's
        line = next(x for x in status.read_text("ascii").splitlines() if x.startswith("VmHWM"))
        return 1024 * int(line.split()[1])
    import resource

    kept = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kept if sys.platform == "darwin" else 1024 * kept


def main() -> None:
    n, threads, rtol = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    summary(FIRST, threads, rtol)
    peak_first = peak()
    began, used = perf_counter(), process_time()
    found = summary(n, threads, rtol)
    clock, processor = perf_counter() - began, process_time() - used
    told = {
        "threads": threads,
        "clock": clock,
        "processor": processor,
        "peak": peak(),
        "peak_first": peak_first,
        "failed": int(found.failed),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
