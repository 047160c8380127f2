"""Write bench/versions.md: two versions of ketasim in turns, course by course, at equal error.

    git worktree add --detach OLD 612cfc0        # 0.1.0
    (cd OLD && cmake --preset bench && cmake --build build/bench --target ketasim_core)
    cmake --preset bench && cmake --build build/bench --target ketasim_core
    python bench/versions.py OLD

bench/versions/course.cpp is compiled against both. 0.1.0 runs at its default tolerance. This version runs
at the loosest tolerance at which its error is not above that of 0.1.0, found on a ladder of eight rungs
a decade. Rounds visit both programs course by course. A ratio is that of the processor times of one
round, so that a slower minute of the machine changes both of its numbers; the page has the median and
the range.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from gradients import processor

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "bench" / "versions.md"
COURSE = ROOT / "bench" / "versions" / "course.cpp"

DEFAULT = 1e-6
#: Tolerances, the loosest first.
LADDER = [DEFAULT * 10.0 ** (k / 8.0) for k in range(12, -17, -1)]


@dataclass(frozen=True)
class Course:
    """A course of course.cpp, how many members are abreast (0: one run), and how much faster it should be."""

    words: str
    name: str
    lanes: int
    aim: float


INFUSION, TABLETS = "one_infusion_14d", "escitalopram_daily_28d"
COURSES = (
    Course("one infusion, 14 days", INFUSION, 0, 1.5),
    Course("six infusions, 28 days", "six_infusions_28d", 0, 1.5),
    Course("eight nasal sprays, 28 days", "nasal_56_x8_28d", 0, 1.5),
    Course("daily tablets, 28 days", TABLETS, 0, 2.0),
    Course("levels alone, one infusion", f"levels:{INFUSION}", 0, 4.0),
    Course("a population, one infusion, 8 lanes", INFUSION, 8, 1.6),
    Course("a population, one infusion, 4 lanes", INFUSION, 4, 1.6),
    Course("a population, daily tablets, 8 lanes", TABLETS, 8, 2.0),
    Course("a population, daily tablets, 4 lanes", TABLETS, 4, 2.0),
)
LANES_AIM = 2.5


def compiled(tree: Path, folder: Path) -> Path:
    """The program course.cpp with the library of a tree."""
    program = folder / f"course{len(list(folder.iterdir()))}"
    command = ["c++", "-std=c++20", "-O3", "-DNDEBUG", "-isystem", "/usr/include/eigen3"]
    command += ["-I", str(tree / "include"), "-I", str(tree / "bench"), str(COURSE)]
    command += [str(tree / "build" / "bench" / "libketasim.a"), "-pthread", "-o", str(program)]
    subprocess.run(command, check=True)
    return program


def measure(
    program: Path, course: Course, rtol: float, *, timed: bool = True
) -> tuple[float, float]:
    """Processor time [us] (0 if not timed) and the error that was reached."""
    command = [program, course.name, repr(rtol), str(course.lanes), *([] if timed else ["error"])]
    done = subprocess.run(command, check=True, capture_output=True, encoding="utf-8")
    time, error = done.stdout.split()
    return float(time), float(error)


def loosest(program: Path, course: Course, error: float) -> tuple[float, float]:
    """The loosest tolerance of the ladder with at most this error, and its error."""
    for rtol in LADDER:
        reached = measure(program, course, rtol, timed=False)[1]
        if reached <= error:
            return rtol, reached
    raise SystemExit(f"{course.words}: no tolerance down to {LADDER[-1]:.1g} reaches {error:.2g}")


def ratio(values: list[float], aim: float) -> str:
    """Median and range, and whether it reaches what it should."""
    middle = median(values)
    met = f"≥ {aim:g}: {'met' if middle >= aim else '**not met**'}"
    return f"{middle:.3g} ({min(values):.3g}–{max(values):.3g}) | {met}"


def page(ratios: dict[Course, list[float]], facts: dict[Course, str], lanes: list[str]) -> str:
    """The page, in Markdown."""
    rounds = len(next(iter(ratios.values())))
    lines = [
        "# Beside 0.1.0",
        "",
        "<!-- Written by `python bench/versions.py`; do not edit. -->",
        "",
        "Processor time of 0.1.0 over that of this version at equal error, on one thread, called from C++:",
        "above 1, this version is faster. Each has its own equations, 103 states then and more now, its own",
        "values of parameters and its own referee. 0.1.0 runs at its default tolerance, 1e-6; this version at",
        "the loosest tolerance at which its error is not larger.",
        f"Median of {rounds} rounds, with the range. Processor: {processor()}.",
        "",
        "| course | times as fast | aim | error of 0.1.0 | error now | tolerance now |",
        "|---|---|---|---|---|---|",
    ]
    lines += [f"| {c.words} | {ratio(ratios[c], c.aim)} | {facts[c]} |" for c in COURSES]
    lines += [
        "",
        "Error of a run: RMS over the states of |a - b| / (|b| + typical size) at the worst time, b from a run at",
        "1e-11. Of levels and of populations: the largest error of a kept readout, as a share of its largest",
        "value.",
        "",
        "What no dose reaches is not computed, and new modules cost those nothing who do not use them; but one",
        "run alone gains little. It waits for chains of operations that need one another's results: the",
        "triangular solves, and the powers and exponentials between glutamate and growth, which every dose",
        "reaches. The judgement of every readout at every row is new since. Where this version is slower, its",
        "present equations have a larger error at the same tolerance, and the tighter one costs more steps.",
        "Several members abreast use the waiting.",
        "",
        "## What lanes gain",
        "",
        "Several members of a population abreast, beside one after the other; the same numbers to the last bit.",
        "",
        "| population | members abreast | times as fast | aim |",
        "|---|---|---|---|",
        *lanes,
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
    parser.add_argument("before", type=Path, help="tree of 0.1.0, its library built in build/bench")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        old, new = compiled(asked.before, Path(folder)), compiled(ROOT, Path(folder))
        tolerance, facts = {}, {}
        for c in COURSES:
            before = measure(old, c, DEFAULT, timed=False)[1]
            tolerance[c], now = loosest(new, c, before)
            facts[c] = f"{before:.1e} | {now:.1e} | {tolerance[c]:.1e}"
        ratios: dict[Course, list[float]] = {c: [] for c in COURSES}
        abreast = [c for c in COURSES if c.lanes]
        gains: dict[Course, list[float]] = {c: [] for c in abreast}
        for _ in range(asked.rounds):
            for c in COURSES:
                before = measure(old, c, DEFAULT)[0]
                ratios[c].append(before / measure(new, c, tolerance[c])[0])
            for c in abreast:
                single = measure(new, Course(c.words, c.name, 1, c.aim), DEFAULT)[0]
                gains[c].append(single / measure(new, c, DEFAULT)[0])
    lanes = [
        f"| {c.words.split(', ')[1]} | {c.lanes} | {ratio(gains[c], LANES_AIM)} |" for c in abreast
    ]
    PAGE.write_text(page(ratios, facts, lanes), encoding="utf-8")
    print(PAGE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
