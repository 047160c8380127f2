"""Progress on a terminal, silence elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(
    total: int, what: str, progress: bool | Callable[[int], None] | None = None
) -> Iterator[Callable[[int], None] | None]:
    """Yield a function that takes the number done, or None where nothing is to be shown.

    tqdm draws the bar where it is installed; otherwise a plain counter is rewritten on stderr.
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
        yield lambda done: print(f"\r{done}/{total} {what}", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        return
    with tqdm(total=total, unit=what, leave=False) as bar:

        def tick(done: int) -> None:
            bar.update(done - bar.n)

        yield tick
