"""Tries random scenarios until the time is over, or one of them again.

    python fuzz/attack.py --minutes 10 --seed 3     # 10 minutes
    python fuzz/attack.py --seed 3 --count 5000     # the first 5000 of seed 3
    python fuzz/attack.py --seed 3 --light --count 1000000
                                                    # a million, with the cheap oracles alone
    python fuzz/attack.py --seed 3 --again 1234     # scenario 1234 of seed 3, all oracles

Exits with 1 if something was found, and writes it to build/fuzz/scenarios.txt with the command that
repeats it.
"""

from __future__ import annotations

import argparse
import collections
import ctypes
import faulthandler
import math
import multiprocessing
import multiprocessing.sharedctypes
import os
import re
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

from oracles import HEAVY, LIGHT, Fault, Untested, known
from scenarios import Case, draw

import ketasim as ks

#: A case that takes longer hangs [s of processor time]; a process that does not stop then is ended.
HANG_S, DEAF_S = 20.0, 120

#: Of so many scenarios the heavy oracles try one each.
HEAVY_SHARE = 25

#: The memory of a process that has tried so many scenarios may grow by so much until its end [MB]:
#: 60 bytes for each of a million.
WARM, MOST_GROWTH_MB = 2_000, 60.0

#: Findings of one kind that are printed, and columns of their lines.
SHOWN, WIDTH = 3, 400

#: Where findings are written.
FOLDER = Path("build/fuzz")

Oracle = Callable[[Case], str]


class Hang(BaseException):
    """A case took too long; not an Exception, so that nothing catches it on the way."""


def stop(_: int, __: FrameType | None) -> None:
    raise Hang


def oracles_of(index: int, *, light: bool = False) -> Iterator[Oracle]:
    """Return what is tried on a scenario: the light oracles, and in turn a heavy one."""
    yield from LIGHT
    if light:
        return
    for k, oracle in enumerate(HEAVY):
        if index % HEAVY_SHARE == k:
            yield oracle


def attempt(seed: int, index: int, oracle: Oracle) -> tuple[str, str]:
    """Return what came of it in a word, and what was found: '' for nothing."""
    name = oracle.__name__
    signal.setitimer(signal.ITIMER_PROF, HANG_S)
    faulthandler.dump_traceback_later(DEAF_S, exit=True)
    case = draw(seed, index)
    try:
        return f"{name}: {oracle(case)}", ""
    except Untested:
        return f"{name}: does not apply", ""
    except Fault as fault:
        if why := known(case, str(fault)):
            return f"{name}: known, {why}", ""
        return f"{name}: FAULT", str(fault)
    except Hang:
        return f"{name}: HANG", f"takes more than {HANG_S:g} s"
    except ks.KetasimError as error:
        return f"{name}: REFUSED", f"refused: {error}"
    except Exception as error:  # noqa: BLE001 - what it may be is the question
        where = traceback.extract_tb(error.__traceback__)[-1]
        return (
            f"{name}: ERROR",
            f"{type(error).__name__}: {error} ({where.filename}:{where.lineno})",
        )
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        faulthandler.cancel_dump_traceback_later()


def memory_mb() -> float:
    """Return what this process holds; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _work(
    seed: int,
    indices: range,
    end: float,
    light: bool,
    now: multiprocessing.sharedctypes.Synchronized[int],
    results: multiprocessing.SimpleQueue[tuple[dict[str, int], list[tuple[int, str, str]], int]],
) -> None:
    warnings.simplefilter("ignore", ks.ParameterRangeWarning)
    signal.signal(signal.SIGPROF, stop)
    words: collections.Counter[str] = collections.Counter()
    found: list[tuple[int, str, str]] = []
    done, memory = 0, math.inf
    try:
        for index in indices:
            if time.monotonic() > end:
                break
            now.value = index
            if done == WARM:
                memory = memory_mb()
            for oracle in oracles_of(index, light=light):
                word, what = attempt(seed, index, oracle)
                words[word] += 1
                if what:
                    found.append((index, oracle.__name__, what))
            done += 1
    except KeyboardInterrupt:  # what was tried until then is reported
        pass
    if (grown := memory_mb() - memory) > MOST_GROWTH_MB:
        found.append((indices[0], "memory", f"grew by {grown:.0f} MB in {done - WARM} scenarios"))
    now.value = -1
    results.put((dict(words), found, done))


def attack(
    seed: int, first: int, count: int, minutes: float, jobs: int, *, light: bool = False
) -> int:
    """Try scenarios with several processes; return the number of findings."""
    end = time.monotonic() + 60.0 * minutes
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    results = context.SimpleQueue()
    workers = []
    for k in range(jobs):
        now = context.Value(ctypes.c_long, -1)
        indices = range(first + k, first + count, jobs)
        process = context.Process(target=_work, args=(seed, indices, end, light, now, results))
        process.start()
        workers.append((process, now))
    # Ctrl-C ends the workers, which then report.
    own = signal.signal(signal.SIGINT, signal.SIG_IGN)
    words: collections.Counter[str] = collections.Counter()
    found: list[tuple[int, str, str]] = []
    done = 0
    while any(process.is_alive() for process, _ in workers) or not results.empty():
        if results.empty():
            time.sleep(0.1)
            continue
        more, faults, n = results.get()
        words.update(more)
        found += faults
        done += n
    signal.signal(signal.SIGINT, own)
    for process, now in workers:
        if now.value >= 0:
            found.append((now.value, "process", f"ended with exit code {process.exitcode}"))
    hours = sum(os.times()[2:4]) / 3600.0
    rate = f", {done / hours:.3g} in an hour of one processor" if hours > 0.0 else ""
    print(f"{done} scenarios of seed {seed} from {first}{rate}")
    for word, number in sorted(words.items()):
        print(f"  {number:8d}  {word}")
    report(seed, sorted(found))
    return len(found)


def report(seed: int, found: list[tuple[int, str, str]]) -> None:
    """Print findings of each kind, and append all of them to a file."""
    kinds: dict[str, list[str]] = {}
    for index, oracle, what in found:
        case = str(draw(seed, index))
        text = f"{oracle}: {what}\n    {case}\n    repeat: {command(seed, index)}\n"
        kinds.setdefault(re.sub(r"[-+.\d]+(e[-+]?\d+)?", "#", f"{oracle}: {what}"), []).append(text)
    for texts in sorted(kinds.values(), key=len, reverse=True):
        print(f"\n{len(texts)} of this kind:")
        for text in texts[:SHOWN]:
            print("\n".join(line[:WIDTH] for line in text.splitlines()))
    if kinds:
        FOLDER.mkdir(parents=True, exist_ok=True)
        with (FOLDER / "scenarios.txt").open("a", encoding="utf-8") as file:
            file.writelines(text for texts in kinds.values() for text in texts)


def command(seed: int, index: int) -> str:
    """Return the command that tries a scenario again."""
    return f"python fuzz/attack.py --seed {seed} --again {index}"


def again(seed: int, index: int) -> int:
    """Try all oracles on one scenario, and return the number of findings."""
    signal.signal(signal.SIGPROF, stop)
    print(draw(seed, index))
    found = 0
    for oracle in (*LIGHT, *HEAVY):
        word, what = attempt(seed, index, oracle)
        print(f"  {word}  {what}")
        found += bool(what)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="index of the first scenario")
    parser.add_argument("--count", type=int, default=sys.maxsize // 2, help="scenarios at most")
    parser.add_argument("--minutes", type=float, default=1e6)
    parser.add_argument("--jobs", type=int, default=_core_threads())
    parser.add_argument("--light", action="store_true", help="the cheap oracles alone")
    parser.add_argument("--again", type=int, metavar="INDEX", help="one scenario, every oracle")
    given = parser.parse_args()
    if given.again is not None:
        return 1 if again(given.seed, given.again) else 0
    found = attack(
        given.seed, given.first, given.count, given.minutes, given.jobs, light=given.light
    )
    return 1 if found else 0


def _core_threads() -> int:
    from ketasim import _core

    return _core.available_threads()


if __name__ == "__main__":
    sys.exit(main())
