"""Refuses results larger than the available memory, before the first step."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from pathlib import Path

from ketasim.errors import ScenarioError

#: Memory limits of a container: version 2 and version 1 of control groups.
_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def check_memory(needed: float, what: str, remedy: str) -> None:
    """Refuse a result that is larger than the memory of the machine.

    Parameters
    ----------
    needed : float
        Size of the result and its copies [bytes].
    what, remedy : str
        The parts of the result, and a smaller request that would fit.

    Raises
    ------
    ScenarioError
    """
    if needed > memory():
        raise ScenarioError(
            f"{what} need {needed / 2**30:,.1f} GiB, but there are {memory() / 2**30:,.1f} GiB of "
            f"memory: {remedy}"
        )


def check_number(n: int, each: int, what: str) -> None:
    """Refuse to draw more of something than fits into memory.

    Parameters
    ----------
    n : int
        How many are asked for.
    each : int
        Numbers of 8 bytes for each of them, with copies.
    what : str
        'people', for the message.

    Raises
    ------
    ScenarioError
        With the largest number that fits.
    """
    size = 8.0 * each
    if n * size > memory():
        check_memory(
            n * size,
            f"draws of {n:,} {what}",
            f"draw at most {int(memory() / size):,} at once, and the others by their index",
        )


@cache
def memory() -> float:
    """Return the memory of this machine or container [bytes]; infinite where the system does not tell it."""
    sizes = [float("inf")]
    with suppress(ValueError, OSError, AttributeError):  # some systems lack these names
        sizes.append(float(os.sysconf("SC_PAGE_SIZE")) * os.sysconf("SC_PHYS_PAGES"))
    for limit in _LIMITS:
        try:
            sizes.append(float(limit.read_text(encoding="utf-8")))
        except (OSError, ValueError):  # no container, or "max"
            continue
    return min(size for size in sizes if size > 0.0)
