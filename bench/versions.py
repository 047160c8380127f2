"""Write bench/versions.md: two builds of ketasim in turns, case by case.

    git worktree add --detach OLD 612cfc0        # 0.1.0
    (cd OLD && cmake --preset bench && cmake --build build/bench --target ketasim_bench)
    cmake --preset bench && cmake --build build/bench --target ketasim_bench
    python bench/versions.py OLD/build/bench/bench/ketasim_bench

Rounds visit both programs case by case. A ratio is that of the processor times of one round, so that a
slower minute of the machine changes both of its numbers; the page has the median and the range.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from gradients import PROGRAM, processor

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "bench" / "versions.md"


@dataclass(frozen=True)
class Course:
    """A case of ketasim_bench, and how much faster than 0.1.0 it should be."""

    words: str
    case: str
    before: str  # the case of 0.1.0, where it has another name
    aim: float


def _course(words: str, case: str, aim: float, before: str = "") -> Course:
    return Course(words, case, before or case, aim)


def _members(case: str, lanes: int) -> str:
    return f"ensemble/{case}/threads=1/lanes={lanes}/process_time/real_time"


INFUSION = "solve/rodas5p/one_infusion_14d/rtol=1e-6"
COURSES = (
    _course("one infusion, 14 days", INFUSION, 1.5),
    _course("six infusions, 28 days", "solve/rodas5p/six_infusions_28d/rtol=1e-6", 1.5),
    _course("eight nasal sprays, 28 days", "solve/rodas5p/nasal_56_x8_28d/rtol=1e-6", 1.5),
    _course("daily tablets, 28 days", "solve/rodas5p/escitalopram_daily_28d/rtol=1e-6", 2.0),
    _course(
        "levels alone, one infusion",
        "solve/rodas5p/levels_of_one_infusion_14d/rtol=1e-6",
        4.0,
        INFUSION,
    ),
    _course("a population, one infusion, 8 lanes", _members("one_infusion_14d", 8), 1.6),
    _course("a population, one infusion, 4 lanes", _members("one_infusion_14d", 4), 1.6),
    _course("a population, daily tablets, 8 lanes", _members("escitalopram_daily_28d", 8), 2.0),
    _course("a population, daily tablets, 4 lanes", _members("escitalopram_daily_28d", 4), 2.0),
)
#: One lane beside several: what lanes gain, in the present build.
LANES = tuple(
    (words, lanes, _members(case, lanes), _members(case, 1))
    for words, case in (
        ("one infusion", "one_infusion_14d"),
        ("daily tablets", "escitalopram_daily_28d"),
    )
    for lanes in (4, 8)
)
LANES_AIM = 2.5


@dataclass(frozen=True)
class Measured:
    """Processor time [µs] and the error that was reached."""

    time: float
    error: float


def measure(program: Path, case: str) -> Measured:
    """One case, measured once."""
    done = subprocess.run(
        [program, f"--benchmark_filter=^{case}$", "--benchmark_format=json"],
        check=True,
        capture_output=True,
        encoding="utf-8",
    )
    (found,) = json.loads(done.stdout)["benchmarks"]
    scale = {"us": 1.0, "ms": 1e3}[found["time_unit"]]
    return Measured(found["cpu_time"] * scale, found["error"])


def ratio(values: list[float], aim: float) -> str:
    """Median and range, and whether it reaches what it should."""
    middle = median(values)
    met = f"≥ {aim:g}: {'met' if middle >= aim else '**not met**'}"
    return f"{middle:.3g} ({min(values):.3g}–{max(values):.3g}) | {met}"


def page(old: list[dict[str, Measured]], new: list[dict[str, Measured]]) -> str:
    """The page, in Markdown."""
    lines = [
        "# Beside 0.1.0",
        "",
        "<!-- Written by `python bench/versions.py`; do not edit. -->",
        "",
        "Processor time of 0.1.0 over that of this version, on one thread, called from C++: above 1, this",
        "version is faster. Each has its own equations, 103 states then and more now, and its own values of",
        f"parameters. Median of {len(new)} rounds, with the range. Processor: {processor()}.",
        "",
        "| course | times as fast | aim | error of 0.1.0 | error now |",
        "|---|---|---|---|---|",
    ]
    for c in COURSES:
        ratios = [o[c.before].time / n[c.case].time for o, n in zip(old, new, strict=True)]
        errors = f"{old[0][c.before].error:.1e} | {new[0][c.case].error:.1e}"
        lines.append(f"| {c.words} | {ratio(ratios, c.aim)} | {errors} |")
    lines += [
        "",
        "Errors are those of the numbers compared, beside a referee in higher precision: RMS over the states of",
        "a run; of a population the largest error of a kept readout, as a share of its largest value; of",
        "levels alone likewise.",
        "",
        "What no dose reaches is not computed, and new modules cost those nothing who do not use them; but one",
        "run alone gains little. It waits for chains of operations that need one another's results: the",
        "triangular solves, and the powers and exponentials between glutamate and growth, which every dose",
        "reaches. The judgement of every readout at every row is new since.",
        "Several members abreast use the waiting.",
        "",
        "## What lanes gain",
        "",
        "Several members of a population abreast, beside one after the other; the same numbers to the last bit.",
        "",
        "| population | members abreast | times as fast | aim |",
        "|---|---|---|---|",
    ]
    for words, lanes, several, single in LANES:
        ratios = [n[single].time / n[several].time for n in new]
        lines.append(f"| {words} | {lanes} | {ratio(ratios, LANES_AIM)} |")
    lines += [
        "",
        "The stages of the members abreast do not fit into the first cache, so that their weighted sums wait for",
        "the second one. The state before treatment, the regimen and the rows that are asked for are made",
        "member by member.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("before", type=Path, help="ketasim_bench of 0.1.0")
    parser.add_argument("--program", type=Path, default=PROGRAM, help="ketasim_bench")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    of_old = {c.before for c in COURSES}
    of_new = {c.case for c in COURSES} | {single for *_, single in LANES}
    old: list[dict[str, Measured]] = []
    new: list[dict[str, Measured]] = []
    for _ in range(asked.rounds):
        old.append({})
        new.append({})
        for case in sorted(of_old | of_new):
            if case in of_old:
                old[-1][case] = measure(asked.before, case)
            if case in of_new:
                new[-1][case] = measure(asked.program, case)
    PAGE.write_text(page(old, new), encoding="utf-8")
    print(PAGE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
