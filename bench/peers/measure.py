"""What was measured, and what it says at equal error."""

from __future__ import annotations

import json
import math
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

TARGETS = (1e-4, 1e-5, 1e-6)
RTOLS = tuple(10.0**-k for k in range(2, 10))
#: A run that takes longer is timed, but nobody waits for tighter ones [s].
PATIENCE = 3.0
#: The same for a run in Python that is more exact than anything asked of it [s].
EAGER = 0.5
#: One measurement in Python is the median of the runs that fit into this time, at least one [s].
LONG_ENOUGH = 0.02


@dataclass(frozen=True)
class Timed:
    """One run of one contestant in one round."""

    case: str
    who: str
    round: int
    rtol: float
    success: bool
    seconds: float
    rms: float
    largest: float
    counts: dict[str, int]
    suite: str = "runs"
    #: Absolute over relative tolerance, where several are tried and the best counts.
    absolute: float = 0.0


@dataclass(frozen=True)
class Spread:
    """Median over rounds, with the range."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        found = list(values)
        return cls(median(found), min(found), max(found))

    def __str__(self) -> str:
        return f"{rounded(self.middle)} ({rounded(self.low)}–{rounded(self.high)})"


def rounded(x: float) -> str:
    """Three digits, never an exponent."""
    return f"{x:.3g}" if abs(x) < 1000.0 else f"{float(f'{x:.3g}'):.0f}"


COUNTS = ("steps", "rejected", "rhs", "jacobians", "factorisations")
#: What is also counted of populations.
MEMBERS = ("members", "failed", "lane_steps", "useful")


def in_cpp(program: Path, rounds: int) -> tuple[list[Timed], list[dict[str, Any]]]:
    """Run the rivals in C++; also what the program says about cases and parts of a step."""
    timed, facts = [], []
    with subprocess.Popen(
        [program, "--rounds", str(rounds)], stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        for line in process.stdout or ():
            row = json.loads(line)
            if "run" not in row:
                facts.append(row)
                continue
            timed.append(
                Timed(
                    row["run"], row["who"], row["round"], row["rtol"],
                    row["success"] and row["rms"] >= 0.0,
                    row["seconds"], row["rms"], row["max"],
                    {k: row[k] for k in (*COUNTS, *MEMBERS) if k in row},
                    row.get("suite", "steady state" if row["run"] == "S5" else "runs"),
                )
            )  # fmt: skip
    if process.returncode:
        raise RuntimeError(f"{program} ended with {process.returncode}")
    return timed, facts


def in_python(s1: Any, peers: Iterable[Any], rounds: int) -> tuple[list[Timed], dict[str, str]]:
    """Run the rivals in Python on case S1; also who failed, and how."""
    from s1 import by_ketasim

    solvers, failures = by_ketasim(s1), {}
    for peer in peers:
        try:
            solvers |= peer.contestants(s1)
        except Exception as error:  # noqa: BLE001  # a rival that does not work is reported, not fatal
            failures[peer.__name__] = f"{type(error).__name__}: {error}"
    timed, done = [], dict.fromkeys(solvers, 0.0)
    for number in range(-1, rounds):  # the first is to warm up
        for rtol in RTOLS:
            for called, solve in solvers.items():
                who, absolute = called if isinstance(called, tuple) else (called, 0.0)
                if rtol < done[called]:
                    continue
                try:
                    answer = solve(rtol)
                    seconds = [answer.seconds]
                    while sum(seconds) < LONG_ENOUGH:
                        seconds.append(solve(rtol).seconds)
                except Exception as error:  # noqa: BLE001
                    failures[f"{who} at rtol {rtol:g}"] = f"{type(error).__name__}: {error}"
                    timed.append(Timed("S1", who, number, rtol, False, 0.0, -1.0, -1.0, {}))
                    continue
                rms, largest = s1.errors(answer.y)
                if answer.seconds > (PATIENCE if rms > min(TARGETS) else EAGER):
                    done[called] = rtol
                timed.append(
                    Timed("S1", who, number, rtol, math.isfinite(rms), median(seconds), rms, largest, {},
                          absolute=absolute)
                )  # fmt: skip
    return [t for t in timed if t.round >= 0], failures


def seconds_at(target: float, runs: Iterable[Timed]) -> float | None:
    """Time to reach an RMS error, by log-log interpolation along the best runs of one round.

    Best: no other run is both faster and more exact. A contestant whose fastest run is more exact
    than asked is charged that run; one that never gets there is charged nothing.
    """
    best: list[tuple[float, float]] = []
    for run in sorted((r for r in runs if r.success), key=lambda r: r.seconds):
        if not best or run.rms < best[-1][0]:
            best.append((run.rms, run.seconds))
    if not best or best[-1][0] > target:
        return None
    if best[0][0] <= target:
        return best[0][1]
    for (e0, s0), (e1, s1) in pairwise(best):
        if e1 <= target:
            share = math.log(e0 / target) / math.log(e0 / e1)
            return math.exp(math.log(s0) + share * math.log(s1 / s0))
    return None


class Results:
    """Timed runs of one level, C++ or Python."""

    def __init__(self, timed: Iterable[Timed], ours: str) -> None:
        self.ours = ours
        self._runs: dict[tuple[str, str], list[Timed]] = defaultdict(list)
        for t in timed:
            self._runs[t.case, t.who].append(t)

    @property
    def cases(self) -> list[str]:
        return list(dict.fromkeys(case for case, _ in self._runs))

    def contestants(self, case: str) -> list[str]:
        return [who for c, who in self._runs if c == case]

    def _per_round(self, case: str, who: str) -> Iterator[tuple[int, list[Timed]]]:
        rounds = defaultdict(list)
        for t in self._runs[case, who]:
            rounds[t.round].append(t)
        yield from rounds.items()

    def time(self, case: str, who: str, target: float) -> Spread | None:
        found = [seconds_at(target, runs) for _, runs in self._per_round(case, who)]
        reached = [s for s in found if s is not None]
        return Spread.of(reached) if reached else None

    def ratio(self, case: str, who: str, target: float) -> Spread | None:
        """Time of `who` over ours of the same round."""
        ours = {k: seconds_at(target, runs) for k, runs in self._per_round(case, self.ours)}
        theirs = {k: seconds_at(target, runs) for k, runs in self._per_round(case, who)}
        ratios = [s / o for k, s in theirs.items() if s is not None and (o := ours[k]) is not None]
        return Spread.of(ratios) if ratios else None

    def curve(self, case: str, who: str) -> list[tuple[float, float]]:
        """(RMS error, median seconds) by tolerance; failures left out.

        Where several absolute tolerances were tried, the runs that no other beats in both.
        """
        by_rtol = defaultdict(list)
        for t in self._runs[case, who]:
            if t.success:
                by_rtol[t.rtol, t.absolute].append(t)
        points = [
            (runs[0].rms, median(r.seconds for r in runs)) for _, runs in sorted(by_rtol.items())
        ]
        if len({absolute for _, absolute in by_rtol}) == 1:
            return points
        return [p for p in points if not any(q[0] < p[0] and q[1] < p[1] for q in points)]

    def at_rtol(self, case: str, who: str, rtol: float) -> list[Timed]:
        return [t for t in self._runs[case, who] if math.isclose(t.rtol, rtol)]

    def failed_at(self, case: str, who: str) -> list[float]:
        """Tolerances at which a run did not get to the end, loosest first."""
        return sorted({t.rtol for t in self._runs[case, who] if not t.success}, reverse=True)

    def losses(self) -> list[tuple[str, str, float, Spread]]:
        """Where another was faster than our default in the median: case, who, error, ratio."""
        found = []
        for case, who in self._runs:
            for target in TARGETS:
                ratio = self.ratio(case, who, target)
                if who != self.ours and ratio is not None and ratio.middle < 1.0:
                    found.append((case, who, target, ratio))
        return found
