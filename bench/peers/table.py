"""Tables of the page."""

from __future__ import annotations

from measure import Spread


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def cell(spread: Spread | None) -> str:
    return "not reached" if spread is None else str(spread)


def micro(t: Spread) -> str:
    return str(Spread(1e6 * t.middle, 1e6 * t.low, 1e6 * t.high))


def error(target: float) -> str:
    return f"{target:.0e}".replace("e-0", "e-")
