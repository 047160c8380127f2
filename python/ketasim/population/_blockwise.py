"""Simulation block by block: large populations in little memory, on this or on other computers."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import closing
from itertools import islice
from pathlib import Path

from ketasim._runtime.memory import check_memory
from ketasim._runtime.progress import progress_bar
from ketasim._version import __version__
from ketasim._wording.names import shortened
from ketasim.errors import KetasimError, ScenarioError
from ketasim.population._checkpoint import Checkpoint
from ketasim.population._cohort import Cohort
from ketasim.population._interrupted import PopulationInterrupted
from ketasim.population._summary import PopulationSummary
from ketasim.population._tally import Reductions, Tally, tally_of
from ketasim.population.quantile_sketch import MOST_BINS

#: Most subjects, and most numbers (subjects x readouts x times), in a block.
#: Blocks do not depend on executor or threads, so that any other call can continue them.
BLOCK_SUBJECTS = 1000
BLOCK_NUMBERS = 1_000_000

#: Most numbers in blocks that wait for an executor or to be added up, and most such blocks. More
#: would not speed up a cluster, and on Ctrl-C each one is cancelled by a message.
NUMBERS_IN_FLIGHT = 32_000_000
BLOCKS_IN_FLIGHT = 256

#: Shortest time between two reports of progress [s].
REPORT_EVERY = 0.1


def stream(
    cohort: Cohort,
    reductions: Reductions,
    shares: tuple[float, ...],
    *,
    executor: Executor | None,
    threads: int | None,
    progress: bool | Callable[[int], None] | None,
    checkpoint: str | Path | None,
) -> PopulationSummary:
    """Simulate a cohort and keep only the counts.

    Raises
    ------
    PopulationInterrupted
        On Ctrl-C. The checkpoint always holds all finished blocks, however the call ends.
    """
    given: object = executor
    if not isinstance(given, Executor | None):
        raise ScenarioError(
            f"executor = {shortened(given)}: give a concurrent.futures executor; a dask Client makes "
            "one with get_executor()"
        )
    cells = len(cohort.names) * cohort.times.size
    size = max(1, min(BLOCK_SUBJECTS, BLOCK_NUMBERS // cells))
    check_memory(
        4.0 * cells * min(MOST_BINS, cohort.n) + 8.0 * NUMBERS_IN_FLIGHT,
        f"counts of {len(cohort.names)} readouts x {cohort.times.size} times",
        "ask for fewer readouts or times",
    )
    n_blocks = -(-cohort.n // size)
    question = {
        **cohort.question(),
        "improvements": ", ".join(map(repr, reductions.improvements)) or "none",
        "thresholds": ", ".join(f"{k}: {v!r}" for k, v in reductions.thresholds) or "none",
        "subjects per block": str(size),
    }
    file = None if checkpoint is None else Checkpoint(checkpoint, question)
    # Tally and marks are replaced as one object, so that an interrupt cannot separate them.
    nobody = Tally.nobody(cells, cohort.times.size, reductions)
    state = (file and file.load(nobody)) or (nobody, 0)
    done = state[1]
    remaining = (k for k in range(n_blocks) if not done >> k & 1)

    def block(k: int) -> Cohort:
        return cohort.part(k * size, min(size, cohort.n - k * size))

    def summary() -> PopulationSummary:
        c = cohort
        return PopulationSummary(
            *(c.scenario, c.times, c.names, c.n, c.seed, shares, reductions),
            tally=state[0],
            individual_fields=c.individual_fields,
        )

    with progress_bar(cohort.n, "subjects", progress, start=len(state[0])) as tick:
        if executor is None:
            report = None if tick is None else lambda more: tick(len(state[0]) + more)
            results = _here(remaining, block, reductions, threads, report)
        else:
            in_flight = max(4, min(BLOCKS_IN_FLIGHT, NUMBERS_IN_FLIGHT // (size * cells)))
            results = _elsewhere(executor, remaining, block, reductions, threads or 1, in_flight)
        if tick is not None and done:
            tick(len(state[0]))
        reported = 0.0
        try:
            with closing(results):
                for k, tally in results:
                    state = (state[0] + tally, state[1] | 1 << k)
                    if file is not None:
                        file.offer(*state)
                    now = time.monotonic()
                    if tick is not None and (
                        now > reported + REPORT_EVERY or len(state[0]) == cohort.n
                    ):
                        tick(len(state[0]))
                        reported = now
        except KeyboardInterrupt:
            raise PopulationInterrupted(summary()) from None
        finally:
            if file is not None and state[1] != done:
                file.save(*state)
    return summary()


Results = Generator[tuple[int, Tally], None, None]


def _here(
    remaining: Iterator[int],
    block: Callable[[int], Cohort],
    reductions: Reductions,
    threads: int | None,
    report: Callable[[int], None] | None,
) -> Results:
    for k in remaining:
        cohort = block(k)
        yield k, tally_of(cohort, cohort.simulate(threads, report), reductions)


def _elsewhere(
    executor: Executor,
    remaining: Iterator[int],
    block: Callable[[int], Cohort],
    reductions: Reductions,
    threads: int,
    in_flight: int,
) -> Results:
    pending: dict[Future[tuple[str, Tally]], int] = {}
    try:
        while True:
            for k in islice(remaining, in_flight - len(pending)):
                pending[executor.submit(simulate_block, block(k), reductions, threads)] = k
            if not pending:
                return
            for future in wait(pending, return_when=FIRST_COMPLETED).done:
                version, tally = future.result()
                _check_version(version)
                yield pending.pop(future), tally
    finally:
        for future in pending:
            future.cancel()


def simulate_block(cohort: Cohort, reductions: Reductions, threads: int) -> tuple[str, Tally]:
    """Simulate and count one block; a pure function of its arguments that any worker may repeat.

    Returns
    -------
    (str, Tally)
        The version of the package of the worker, and the counts.
    """
    return __version__, tally_of(cohort, cohort.simulate(threads), reductions)


def _check_version(version_of_worker: str) -> None:
    if version_of_worker != __version__:
        raise KetasimError(
            f"a worker runs ketasim {version_of_worker}, this process {__version__}: install the same "
            "version on both"
        )
