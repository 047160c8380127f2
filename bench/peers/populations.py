"""What the page says about many subjects at once, and about gradients."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from measure import TARGETS, Results, Spread, Timed
from table import cell, error, micro, table

ROOT = Path(__file__).resolve().parents[2]
CASES = {
    "E1": "one infusion, 14 days",
    "E1b": "escitalopram 10 mg daily, 28 days",
    "E4": "28 days; subjects take turns among no drug, one infusion, six infusions, eight esketamine sprays and "
    "daily escitalopram; one in twenty has clearances below 0",
}
RTOL = 1e-6
#: How much a derivative may cost: number of parameters, forward runs.
GRADIENT_AIMS = {20: 13.0, 100: 55.0}


def ours(lanes: int, threads: int) -> str:
    how = "one by one" if lanes == 1 else f"{lanes} lanes"
    return f"ketasim, {how}, {threads} thread{'' if threads == 1 else 's'}"


def _per_round(
    results: Results, case: str, who: str, beside: str, of: Callable[[Timed, Timed], float]
) -> Spread | None:
    """A number of two runs of the same round at equal tolerance."""
    theirs = {t.round: t for t in results.at_rtol(case, beside, RTOL)}
    found = [of(t, theirs[t.round]) for t in results.at_rtol(case, who, RTOL) if t.round in theirs]
    return Spread.of(found) if found else None


def faster(results: Results, case: str, who: str, beside: str) -> Spread | None:
    """How many times faster than `beside`: the same steps, so at any tolerance the same error."""
    return _per_round(results, case, who, beside, lambda a, b: b.seconds / a.seconds)


def _operations(t: Timed, facts: list[dict[str, Any]]) -> float:
    """Useful floating-point operations of a subject."""
    count = next(f["operations"] for f in facts if "operations" in f)
    steps = t.counts["jacobians"] * count["begin"] + t.counts["factorisations"] * count["attempt"]
    return float(steps / t.counts["members"])


def _speed(
    results: Results, case: str, who: str, facts: list[dict[str, Any]], threads: int
) -> Spread:
    """Useful operations a nanosecond and core."""
    return Spread.of(
        _operations(t, facts) / (1e9 * t.seconds * threads)
        for t in results.at_rtol(case, who, RTOL)
    )


def _occupancy(results: Results, case: str, who: str) -> float:
    t = results.at_rtol(case, who, RTOL)[0]
    return t.counts["useful"] / t.counts["lane_steps"] if t.counts["lane_steps"] else math.nan


def _peak(facts: list[dict[str, Any]], kind: str) -> float:
    """Operations a nanosecond that one core can do, the better of the widths."""
    return max((f[kind] for f in facts if "peak" in f), default=math.nan)


def section(results: Results, facts: list[dict[str, Any]]) -> str:
    if not results.cases:
        return "Not run: the program with the rivals in C++ was not found."
    fused = _peak(facts, "fused")
    blocks = [
        (
            "256 subjects with their own volume, clearances, weight and severity (bench/subjects.hpp), 5 "
            "readouts at 100 times. Lanes: members that a core computes at once, with the same bits as one by "
            "one. µs a subject (processor time of one thread, on the clock of two), at equal error of the states; ours includes the state before "
            "treatment and the readouts, which CVODE (over the first 32 subjects) is spared. Columns after "
            "the errors: at rtol 1e-6."
        )
    ]
    for case in results.cases:
        rows: list[tuple[str, ...]] = []
        for who in results.contestants(case):
            first = results.at_rtol(case, who, RTOL)[0]
            gain = faster(results, case, who, results.ours)
            row = [who]
            for target in TARGETS:
                t = results.time(case, who, target)
                row.append("not reached" if t is None else micro(t))
            if who.startswith("ketasim"):
                threads = 2 if who.endswith("threads") else 1
                speed = _speed(results, case, who, facts, threads)
                filled = _occupancy(results, case, who)
                row += [
                    cell(gain), "" if math.isnan(filled) else f"{filled:.3f}",
                    f"{speed.middle:.2f}", f"{100 * speed.middle / fused:.0f} %",
                ]  # fmt: skip
            else:
                ratio = results.ratio(case, who, 1e-5)
                row += ["" if ratio is None else f"1/{ratio.middle:.1f} at RMS 1e-5", "", "", ""]
            row.append(f"{first.counts['failed']} of {first.counts['members']}")
            rows.append(tuple(row))
        head = (
            "", *(f"RMS {error(e)}" for e in TARGETS), "times as fast as one by one", "occupancy",
            "operations/ns/core", "of FMA peak", "failed",
        )  # fmt: skip
        blocks.append(f"**{case}**: {CASES.get(case, '')}\n\n{table(head, rows)}")
    blocks += [_aims(results, facts), _why(results, facts), _floor(results, facts)]
    return "\n\n".join(blocks)


def _aims(results: Results, facts: list[dict[str, Any]]) -> str:
    rows: list[tuple[str, ...]] = []
    fused = _peak(facts, "fused")
    for case in results.cases:
        lanes = [k for k in (4, 8) if ours(k, 1) in results.contestants(case)]
        if not lanes:
            continue
        gains = {k: faster(results, case, ours(k, 1), results.ours) for k in lanes}
        shares = {k: _speed(results, case, ours(k, 1), facts, 1).middle / fused for k in lanes}
        filled = {k: _occupancy(results, case, ours(k, 1)) for k in lanes}
        best = max(g.middle for g in gains.values() if g)

        def told(values: dict[int, str]) -> str:
            return ", ".join(f"{k} lanes {v}" for k, v in values.items())

        def row(what: str, aim: str, found: str, met: bool, case: str = case) -> None:
            rows.append((case, what, aim, found, "met" if met else "**not met**"))

        if case == "E4":
            row("occupancy, mixed regimens", "≥ 0.92",
                told({k: f"{o:.3f}" for k, o in filled.items()}), max(filled.values()) >= 0.92)  # fmt: skip
            continue
        row(
            "lanes over one by one",
            "≥ 3.5",
            told({k: str(g) for k, g in gains.items()}),
            best >= 3.5,
        )
        row("share of the FMA peak", "≥ 30 %",
            told({k: f"{100 * s:.0f} %" for k, s in shares.items()}), max(shares.values()) >= 0.3)  # fmt: skip
        row("occupancy", "≥ 0.92", told({k: f"{o:.3f}" for k, o in filled.items()}),
            max(filled.values()) >= 0.92)  # fmt: skip
        scaling = {k: faster(results, case, ours(k, 2), ours(k, 1)) for k in (1, *lanes)}
        if all(scaling.values()):
            said = ", ".join(
                f"{'one by one' if k == 1 else f'{k} lanes'} {s}" for k, s in scaling.items()
            )
            row(
                "two threads over one",
                "≥ 1.9",
                said,
                max(s.middle for s in scaling.values() if s) >= 1.9,
            )
    return (
        table(("case", "what", "aim", "found at rtol 1e-6", ""), rows)
        + "\n\nTwo threads are timed on the clock, so what other programs take of two processors is "
        "missing from their gain: the largest value of the range is the nearest to theirs alone."
        if rows
        else ""
    )


def _floor(results: Results, facts: list[dict[str, Any]]) -> str:
    """Where the time of a step goes, and how much of the aims could be had."""
    alone = next((f["parts_us"] for f in facts if "parts_us" in f), None)
    lanes = next((f["lane_parts_us"] for f in facts if "lane_parts_us" in f), None)
    if alone is None or lanes is None or not {"E1", "E1b"} <= set(results.cases):
        return ""
    count = next(f["operations"] for f in facts if "operations" in f)
    fused = _peak(facts, "fused")
    sums = count["attempt"] - 7 * count["rhs"] - 8 * count["solve"] - count["factorise"]

    def row(
        what: str, times: int, operations: int, us: float, us_alone: float | None
    ) -> tuple[str, ...]:
        speed = operations / (1000.0 * us)
        return (
            what, str(times), str(operations), "" if us_alone is None else f"{us_alone:.2f}", f"{us:.3f}",
            "" if us_alone is None else f"{us_alone / us:.1f}", f"{100 * speed / fused:.0f} %",
        )  # fmt: skip

    parts = (
        ("right-hand side", "rhs", 8),
        ("Jacobian", "jacobian", 1),
        ("LU", "factorise", 1),
        ("solve", "solve", 8),
    )
    rows = [row(label, n, count[key], lanes[key], alone[key]) for label, key, n in parts]
    rows.append(row("stage sums, error", 1, sums, lanes["sums"], None))
    least = lanes["sums"] + sum(n * lanes[key] for _, key, n in parts)
    step_alone, _ = _by_steps(results, results.ours)
    step, _ = _by_steps(results, ours(4, 1))
    total = count["begin"] + count["attempt"]
    rows.append(row("**all of them**", 1, total, least, step_alone))
    rows.append(row("**step as measured**", 1, total, step, step_alone))
    head = (
        "part", "times a step", "operations", "µs alone", "µs a member of four", "times as fast",
        "of FMA peak",
    )  # fmt: skip
    return (
        "What bounds the lanes: the parts of a step of four members, all numbers in the first cache. Alone: parts compiled for "
        "the baseline, the step as users get it.\n\n"
        + table(head, rows)
        + f"\n\nSo with a cache that holds everything and no bookkeeping lanes would be {step_alone / least:.1f} times as fast as one by "
        f"one, and reach {100 * total / (1000.0 * least) / fused:.0f} % of the peak: what lies between that and the aims these parts would have to give, not the lanes. "
        "A solve reads two numbers for every product; a power is one chain of operations that wait for each other; a division counts as "
        "one operation and takes the time of several; and the one by one that lanes are compared with has the same wide registers at its "
        "service, for powers and stage sums. What lanes lose to the second cache, from which most numbers of a step come, and to "
        f"bookkeeping is {step - least:.2f} of {step:.2f} µs."
    )


def working_set(lanes: int) -> int:
    """Bytes that a step of so many members touches: what they are, their stages, J, LU and vectors."""
    text = (ROOT / "include/ketasim/generated/cascade_kernels.hpp").read_text(encoding="utf-8")

    def size(name: str) -> int:
        declared = re.search(rf"constexpr int n_{name} = (\d+);", text)
        if declared is None:
            raise ValueError(f"no n_{name}")
        return int(declared[1])

    stages, vectors = 8, 8  # y, y1, u, f, f0, tolerances, one of the continuous extension, readout
    numbers = size("constants") + size("entries") + size("stored")
    return 8 * lanes * (numbers + (stages + vectors) * size("states"))


def _first_level_cache() -> int | None:
    """Bytes of data that the first level of one core holds."""
    path = Path("/sys/devices/system/cpu/cpu0/cache/index0/size")
    return (
        int(path.read_text(encoding="ascii").strip().rstrip("K")) * 1024 if path.exists() else None
    )


def _by_steps(results: Results, who: str) -> tuple[float, float]:
    """Microseconds an attempted step, and those beside the steps, from two courses at equal tolerance."""
    (n0, s0), (n1, s1) = (
        (
            runs[0].counts["factorisations"] / runs[0].counts["members"],
            1e6 * median(t.seconds for t in runs),
        )
        for runs in (results.at_rtol(case, who, RTOL) for case in ("E1", "E1b"))
    )
    a_step = (s1 - s0) / (n1 - n0)
    return a_step, s0 - n0 * a_step


def _why(results: Results, facts: list[dict[str, Any]]) -> str:
    count = next(f["operations"] for f in facts if "operations" in f)
    peaks = {f["peak"]: f for f in facts if "peak" in f}
    said = [
        (
            f"Operations are counted by making a step with numbers that count: {count['begin']} where a step begins "
            f"(right-hand side {count['rhs']}, Jacobian {count['jacobian']}), {count['attempt']} an attempt (LU "
            f"{count['factorise']}, 8 times a solve of {count['solve']}, 7 right-hand sides, stage sums, error); a "
            f"power is {count['power']} of them, a division 1 although it takes the time of several. States "
            "before treatment, continuous extension and readouts are left out."
        )
    ]
    if 4 in peaks:
        four = peaks[4]
        text = (
            f"The peak of one core, measured beside: {four['fused']:.0f} operations/ns with 4 numbers in a "
            f"register and products fused with sums, {four['apart']:.0f} with products and sums apart"
        )
        if 8 in peaks:
            eight = peaks[8]
            text += (
                f"; with 8 numbers {eight['fused']:.0f} and {eight['apart']:.0f}, "
                f"{eight['fused'] / four['fused']:.2f} and {eight['apart'] / four['apart']:.2f} times as many"
            )
        text += (
            ". The core is compiled without fused operations, since those round differently and results have "
            "the same bits on every processor"
        )
        case = results.cases[0]
        if ours(4, 1) in results.contestants(case):
            speed = _speed(results, case, ours(4, 1), facts, 1).middle
            text += (
                f": of what is possible with products and sums apart, {case} in 4 lanes reaches "
                f"{100 * speed / max(p['apart'] for p in peaks.values()):.0f} %"
            )
        said.append(text + ".")
    cache = _first_level_cache()
    case = results.cases[0]
    if ours(8, 1) in results.contestants(case):
        both = faster(results, case, ours(8, 1), ours(4, 1))
        text = f"In {case} 8 lanes are {both} times as fast as 4"
        if 8 in peaks and peaks[8]["apart"] < 1.2 * peaks[4]["apart"]:
            text += ": registers of 8 numbers are worked off 4 at a time here, which bounds it at 1"
        if cache:
            text += (
                f". The step of one subject touches {working_set(1) / 1024:.0f} kB, of 4 lanes "
                f"{working_set(4) / 1024:.0f} kB, of 8 lanes {working_set(8) / 1024:.0f} kB; the first cache holds "
                f"{cache / 1024:.0f} kB"
            )
            if working_set(4) > cache:
                text += ", so that both widths stream from the second"
        said.append(text + ".")
    if {"E1", "E1b"} <= set(results.cases) and ours(4, 1) in results.contestants("E1"):
        alone, alone_fixed = _by_steps(results, results.ours)
        together, together_fixed = _by_steps(results, ours(4, 1))
        said.append(
            f"From E1 and E1b, which differ in steps: an attempted step costs {alone:.2f} µs one by one and "
            f"{together:.2f} µs in 4 lanes, {alone / together:.1f} times less; what a subject costs beside its "
            f"steps (state before treatment, continuous extension, readouts) is {alone_fixed:.0f} and "
            f"{together_fixed:.0f} µs. One by one, too, uses wide registers, within a step: for powers and stage sums."
        )
    return "\n\n".join(said)


def gradients(facts: list[dict[str, Any]]) -> str:
    rows: list[tuple[str, ...]] = []
    for n, aim in GRADIENT_AIMS.items():
        found = [f for f in facts if f.get("gradient") == n]
        if not found:
            continue
        ratio = Spread.of(f["seconds"] / f["forward"] for f in found)
        rows.append(
            (f"G{len(rows) + 1}", str(n), micro(Spread.of(f["forward"] for f in found)),
             micro(Spread.of(f["seconds"] for f in found)), str(ratio), f"≤ {aim:g}",
             "met" if ratio.middle <= aim else "**not met**")
        )  # fmt: skip
    if not rows:
        return "Not run: the program with the rivals in C++ was not found."
    head = ("case", "parameters", "run [µs]", "run and gradient [µs]", "runs", "aim", "")
    return (
        "One infusion, 14 days, rtol 1e-6; 2 readouts at 101 times by parameters taken evenly from all, "
        "exact, through the state before treatment. One thread.\n\n" + table(head, rows)
    )
