"""Refuses results larger than the available memory, before the first step."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from pathlib import Path

from ketasim.errors import ScenarioError

#: Limits of a container, where there is one: version 2 and version 1 of control groups.
_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def check_memory(needed: float, what: str, remedy: str) -> None:
    """Refuse a result that is larger than the memory there is.

    Parameters
    ----------
    needed : float
        Size of the result and its copies [bytes].
    what, remedy : str
        What it consists of, and what to ask for in its place.

    Raises
    ------
    ScenarioError
    """
    if needed > memory():
        raise ScenarioError(
            f"{what} need {needed / 2**30:,.1f} GiB, but there are {memory() / 2**30:,.1f} GiB of "
            f"memory: {remedy}"
        )


@cache
def memory() -> float:
    """Memory of this machine or container [bytes]; infinite where nothing says how much."""
    sizes = [float("inf")]
    with suppress(ValueError, OSError, AttributeError):  # not every system knows these names
        sizes.append(float(os.sysconf("SC_PAGE_SIZE")) * os.sysconf("SC_PHYS_PAGES"))
    for limit in _LIMITS:
        try:
            sizes.append(float(limit.read_text(encoding="utf-8")))
        except (OSError, ValueError):  # no container, or "max"
            continue
    return min(size for size in sizes if size > 0.0)
