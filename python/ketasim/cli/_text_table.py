"""Results as plain text tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ketasim._arrays import FloatArray

#: Times at which a stage of the cascade changes [h].
LANDMARKS_H = (
    *(0.0, 10 / 60, 40 / 60, 1.0, 2.0, 4.0, 8.0),
    *(24.0 * d for d in (1, 2, 3, 7, 14, 28, 56, 84, 168, 365)),
)

#: Most rows of a table on the terminal.
MOST_ROWS = 25


def shown_rows(t: FloatArray, landmarks: bool) -> list[int]:
    """Return the rows to show: the times of `LANDMARKS_H` and the last, or all up to a limit."""
    if landmarks:
        wanted = {*LANDMARKS_H, float(t[-1])}
        return [i for i, time in enumerate(t.tolist()) if time in wanted]
    if t.size <= MOST_ROWS:
        return list(range(t.size))
    return [int(i) for i in np.unique(np.linspace(0, t.size - 1, MOST_ROWS).round())]


def grid(headings: Sequence[Sequence[str]], lines: Iterable[Sequence[str]]) -> str:
    """Return right-aligned columns below one or more heading lines."""
    cells = [*headings, *lines]
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    return "\n".join(
        "  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )


def number(value: float, digits: int = 4) -> str:
    """Return a number with so many digits; a rounding error around zero is written as 0."""
    return "0" if abs(value) < 1e-12 else f"{value:.{digits}g}"


def details(row: Mapping[str, Any]) -> str:
    """Return all fields of a table row, one in each line."""
    width = max(map(len, row))
    return "\n".join(
        f"{key.ljust(width)}  {f'{value:.9g}' if isinstance(value, float) else value}"
        for key, value in row.items()
        if value not in ("", None)
    )
