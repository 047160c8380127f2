"""Write bench/gradients.md: what exact derivatives cost beside the run they belong to.

    cmake --preset bench && cmake --build build/bench --target ketasim_bench
    python bench/gradients.py                 # some minutes
    python bench/gradients.py --rounds 1      # to try it

Rounds visit every case in turn. A ratio is that of the processor times of one round, so that a slower
minute of the machine changes both of its numbers; the page has the median and the range.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "bench" / "gradients.md"
PROGRAM = ROOT / "build" / "bench" / "bench" / "ketasim_bench"
#: Most runs that a case should take, by the number of parameters.
FORWARD_AIMS = {1: 2.5, 10: 6.0, 20: 8.0, 100: 25.0}
BACKWARD_AIM = 5.0
#: Machine code that one step of derivatives passes through [functions by the part of their name].
PARTS = {
    "forward": ("jacobians_part", "curvatures_part", "add_products", "solve_block", "combine"),
    "backward": ("jacobian_part", "gradient_part", "curvature_part", "AdjointStep::back"),
}
INSTRUCTIONS = {"baseline": "for_baseline", "AVX2": "for_avx2", "AVX-512": "for_avx512"}
CLONES = {"baseline": "default", "AVX2": "avx2", "AVX-512": "avx512f"}


def one_round(program: Path) -> dict[str, float]:
    """Processor time of each case [µs]."""
    done = subprocess.run(
        [program, "--benchmark_filter=^gradient/", "--benchmark_format=json"],
        check=True,
        capture_output=True,
        encoding="utf-8",
    )
    return {b["name"]: float(b["cpu_time"]) for b in json.loads(done.stdout)["benchmarks"]}


def code_sizes(program: Path) -> list[tuple[str, str, float]]:
    """Direction, instruction set and KiB of the kernels, from the table of symbols."""
    listed = subprocess.run(
        ["nm", "--size-sort", "--demangle", program],
        check=True,
        capture_output=True,
        encoding="utf-8",
    ).stdout
    sizes: list[tuple[str, int]] = []
    for line in listed.splitlines():
        size, _, name = line.split(" ", 2)
        sizes.append((name, int(size, 16)))
    rows = []
    for direction, parts in PARTS.items():
        for name, namespace in INSTRUCTIONS.items():
            total = 0
            for part in parts:
                total += max(
                    (
                        size
                        for symbol, size in sizes
                        if part in symbol
                        and (
                            namespace in symbol
                            or f".{CLONES[name]}" in symbol
                            or "Step::" in symbol
                        )
                    ),
                    default=0,
                )
            rows.append((direction, name, total / 1024))
    return rows


def processor() -> str:
    """Name of the processor and its widest instruction set."""
    info = Path("/proc/cpuinfo")
    text = info.read_text(encoding="utf-8") if info.exists() else ""
    name = next(
        (line.partition(":")[2].strip() for line in text.splitlines() if "model name" in line),
        platform.processor(),
    )
    widest = "AVX-512" if " avx512f" in text else "AVX2" if " avx2" in text else "baseline"
    return f"{name} ({widest})"


def page(rounds: list[dict[str, float]], sizes: list[tuple[str, str, float]]) -> str:
    """The page, in Markdown."""
    run = [r["gradient/run"] for r in rounds]
    lines = [
        "# Derivatives beside the run",
        "",
        "<!-- Written by `python bench/gradients.py`; do not edit. -->",
        "",
        "One infusion, 14 days, rtol 1e-6, one thread, called from C++; derivatives of two readouts at 101",
        "times (forward), or of a sum of squares over them (backward), through the state before treatment.",
        f"Median of {len(rounds)} rounds, with the range, in multiples of the run ({median(run):.0f} µs).",
        f"Processor: {processor()}.",
        "",
        "| parameters | forward [runs] | aim | backward [runs] | aim |",
        "|---|---|---|---|---|",
    ]
    counts = sorted(int(name.rpartition("/")[2]) for name in rounds[0] if "/forward/" in name)
    for n in counts:
        cells = [str(n)]
        for direction, aim in (("forward", FORWARD_AIMS.get(n)), ("backward", BACKWARD_AIM)):
            ratios = [r[f"gradient/{direction}/{n}"] / r["gradient/run"] for r in rounds]
            middle = median(ratios)
            cells.append(f"{middle:.3g} ({min(ratios):.3g}–{max(ratios):.3g})")
            if aim is None:
                cells.append("")
            else:
                cells.append(f"≤ {aim:g}: {'met' if middle <= aim else '**not met**'}")
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        "Both have the bits of the run and the exact derivatives of its steps. Forward gives the derivative of",
        "every readout at every time; its cost grows with the parameters, eight at a time. Backward",
        "differentiates one number by all parameters at once, and costs no more than forward from the",
        "first parameter on. Forward, a single parameter still needs the derivatives of the Jacobian in the",
        "directions of all stages, about two runs, and uses one of eight numbers of its block. Each further block",
        "of eight parameters takes about two runs: sums over the earlier stages, products with Jacobians,",
        "triangular solves.",
        "",
        "## Code that a step passes through",
        "",
        "Machine code of the kernels beside those of the run [KiB]; the second cache of common processors has",
        "512 KiB.",
        "",
        "| direction | instructions | KiB |",
        "|---|---|---|",
        *(f"| {direction} | {name} | {size:.0f} |" for direction, name, size in sizes),
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--program", type=Path, default=PROGRAM, help="ketasim_bench")
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    rounds = [one_round(asked.program) for _ in range(asked.rounds)]
    PAGE.write_text(page(rounds, code_sizes(asked.program)), encoding="utf-8")
    print(PAGE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
