"""A progress bar on a terminal; nothing elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(
    total: int,
    what: str,
    progress: bool | Callable[[int], None] | None = None,
    *,
    start: int = 0,
) -> Iterator[Callable[[int], None] | None]:
    """Show progress while the block runs.

    tqdm draws the bar where it is installed; otherwise a plain counter is rewritten on stderr. Both
    show the remaining time, estimated from the pace since ``start``.

    Parameters
    ----------
    total : int
        Number of steps.
    what : str
        Name of a step, such as "subjects".
    progress : bool or callable, optional
        True shows the bar, False hides it, None (default) shows it on a terminal only. A callable is
        called with the number of steps done.
    start : int
        Steps that were done before, default 0.

    Yields
    ------
    callable or None
        A function that takes the number of steps done; None if nothing is shown.

    Examples
    --------
    >>> from ketasim.population import progress_bar
    >>> with progress_bar(2, "subjects", print) as report:
    ...     for done in (1, 2):
    ...         report(done)
    1
    2
    """
    if callable(progress):
        yield progress
        return
    if not (sys.stderr.isatty() if progress is None else progress):
        yield None
        return
    try:
        from tqdm.auto import tqdm
    except ImportError:
        began = time.monotonic()

        def count(done: int) -> None:
            rest = _left(total, done, start, time.monotonic() - began)
            print(f"\r{done}/{total} {what}{rest:16}", end="", file=sys.stderr, flush=True)

        try:
            yield count
        finally:
            print(file=sys.stderr)
        return
    with tqdm(total=total, unit=what, leave=False, initial=start) as bar:

        def tick(done: int) -> None:
            bar.update(done - bar.n)

        yield tick


def _left(total: int, done: int, start: int, elapsed_s: float) -> str:
    """Return the remaining time, such as ', 12 min left'; empty before the first step."""
    if not start < done < total:
        return ""
    seconds = elapsed_s * (total - done) / (done - start)
    for unit, size in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2.0 * size:
            return f", {seconds / size:.0f} {unit} left"
    return f", {seconds:.0f} s left"
