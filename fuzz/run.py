"""Runs every fuzzer for a share of the time, and says what was found; docs/how-to/fuzz.md explains.

    python fuzz/run.py MINUTES [--seed N] [--jobs N]

Needs the package, and the targets in C++ built with the preset `fuzz`. `./run fuzz MINUTES` prepares
both. Exits with 1 if something was found.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOUND = ROOT / "build" / "fuzz"
TARGETS = ROOT / "build" / "fuzz" / "fuzz" / "cpp"

#: How many times as long as another one the scenarios are tried.
SCENARIO_SHARE = 4

#: Longest input [bytes], and what counts as a hang [s] or a leak [MB].
LONGEST, HANG_S, MOST_MB = 2000, 20, 4096

#: Examples of a Hypothesis test in one go; new ones follow until the time is over.
EXAMPLES = 500


@dataclass(frozen=True)
class Outcome:
    """What one fuzzer did.

    Parameters
    ----------
    name : str
    tried : str
        How much, in words.
    found : tuple of str
        Findings, each with the command that repeats it.
    """

    name: str
    tried: str
    found: tuple[str, ...]


def run_target(path: Path, seconds: float, seed: int) -> Outcome:
    """Run a libFuzzer target; it continues with the corpus that earlier runs left in build/fuzz."""
    corpus = FOUND / "corpus" / path.name
    corpus.mkdir(parents=True, exist_ok=True)
    shipped = ROOT / "fuzz" / "cpp" / "corpus" / path.name
    command = [
        str(path),
        str(corpus),
        str(shipped),
        f"-max_total_time={max(1, round(seconds))}",
        f"-seed={seed % 2**31 + 1}",
        f"-max_len={LONGEST}",
        f"-timeout={HANG_S}",
        f"-rss_limit_mb={MOST_MB}",
        f"-artifact_prefix={FOUND}/{path.name}-",
        "-print_final_stats=1",
    ]
    log = FOUND / f"{path.name}.log"
    with log.open("w", encoding="utf-8") as file:
        done = subprocess.run(command, stdout=file, stderr=file, check=False, cwd=ROOT)
    text = log.read_text(encoding="utf-8", errors="replace")
    units = re.findall(r"stat::number_of_executed_units: (\d+)", text)
    tried = f"{units[-1] if units else 'no'} inputs"
    if done.returncode == 0:
        return Outcome(path.name, tried, ())
    inputs = re.findall(r"Test unit written to (\S+)", text) or ["no input was written"]
    what = re.findall(r"SUMMARY: (.*)|(.*runtime error: .*)", text)
    words = next((a or b for a, b in what if a or b), f"exit code {done.returncode}")
    repeat = f"{path.relative_to(ROOT)} {inputs[-1]}"
    return Outcome(path.name, tried, (f"{words}\n    see {log}\n    repeat: {repeat}",))


def run_hypothesis(path: Path, seconds: float, seed: int) -> Outcome:
    """Run the tests of a file with new examples until the time is over."""
    end, tried = time.monotonic() + seconds, 0
    log = FOUND / f"{path.stem}.log"
    while True:
        command = [sys.executable, "-X", "faulthandler", "-m", "pytest", "-q", str(path)]
        command += ["-p", "no:cacheprovider", f"--hypothesis-seed={seed + tried}"]
        with log.open("w", encoding="utf-8") as file:
            try:
                done = subprocess.run(
                    command,
                    stdout=file,
                    stderr=file,
                    check=False,
                    cwd=ROOT,
                    env={**os.environ, "KETASIM_FUZZ_EXAMPLES": str(EXAMPLES)},
                    timeout=seconds + 1200.0,
                ).returncode
            except subprocess.TimeoutExpired:
                done = -1
        tried += 1
        if done != 0:
            text = log.read_text(encoding="utf-8", errors="replace")
            kept = FOUND / f"{path.stem}-{seed + tried - 1}.txt"
            kept.write_text(text, encoding="utf-8")
            words = re.findall(r"^FAILED (.*)$", text, re.MULTILINE) or [f"exit code {done}"]
            repeat = f"KETASIM_FUZZ_EXAMPLES={EXAMPLES} python -m pytest {path.relative_to(ROOT)} "
            repeat += f"--hypothesis-seed={seed + tried - 1}"
            found = f"{'; '.join(words)}\n    see {kept}\n    repeat: {repeat}"
            return Outcome(path.stem, f"{tried} x {EXAMPLES} examples of each test", (found,))
        if time.monotonic() > end:
            return Outcome(path.stem, f"{tried} x {EXAMPLES} examples of each test", ())


def run_scenarios(seconds: float, seed: int, jobs: int) -> Outcome:
    """Try random scenarios."""
    log = FOUND / "scenarios.log"
    command = [sys.executable, str(ROOT / "fuzz" / "attack.py"), f"--seed={seed}"]
    command += [f"--minutes={seconds / 60.0}", f"--jobs={jobs}"]
    with log.open("w", encoding="utf-8") as file:
        done = subprocess.run(command, stdout=file, stderr=file, check=False, cwd=ROOT)
    text = log.read_text(encoding="utf-8", errors="replace")
    tried = next(iter(re.findall(r"^(\d+ scenarios) of seed", text, re.MULTILINE)), "no scenarios")
    if done.returncode == 0:
        return Outcome("scenarios", tried, ())
    return Outcome("scenarios", tried, (f"{text}\n    all of them: {FOUND / 'scenarios.txt'}",))


def outcomes(minutes: float, seed: int, jobs: int) -> Iterator[Outcome]:
    """Run everything, several at a time, and yield the outcomes as they come."""
    targets = sorted(p for p in TARGETS.glob("fuzz_*") if os.access(p, os.X_OK) and p.is_file())
    if not targets:
        raise SystemExit(f"no targets in {TARGETS}: build them with cmake --workflow --preset fuzz")
    tests = sorted((ROOT / "fuzz").glob("test_*.py"))
    tests = [p for p in tests if "hypothesis" in p.read_text(encoding="utf-8")]
    shares = len(targets) + len(tests) + SCENARIO_SHARE
    seconds = 60.0 * minutes * jobs / shares
    with ThreadPoolExecutor(jobs) as pool:
        tasks = [pool.submit(run_target, path, seconds, seed) for path in targets]
        tasks += [pool.submit(run_hypothesis, path, seconds, seed) for path in tests]
        for task in tasks:
            yield task.result()
    yield run_scenarios(SCENARIO_SHARE * seconds / jobs, seed, jobs)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("minutes", type=float)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="default: the time")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    given = parser.parse_args()
    FOUND.mkdir(parents=True, exist_ok=True)
    print(f"fuzzing for {given.minutes:g} min with seed {given.seed}", flush=True)
    found = 0
    for outcome in outcomes(given.minutes, given.seed, given.jobs):
        print(
            f"{outcome.name}: {outcome.tried}, {len(outcome.found) or 'nothing'} found", flush=True
        )
        for finding in outcome.found:
            print(f"  {finding}", flush=True)
        found += len(outcome.found)
    print("something was found" if found else "nothing was found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
