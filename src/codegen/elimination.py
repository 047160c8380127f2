"""A fill-reducing order for the LU of s I - J, and the operations it leaves.

Markowitz counts on the diagonal (Markowitz 1957), no pivoting: the order and the fill depend on
the structure alone, so the factorisation becomes a fixed list of operations. Steps that do not need each other are put
together by blocks of states.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple


class Elimination(NamedTuple):
    """`order[k]` is eliminated k-th; `lower[k]` and `upper[k]` are what remains below and beside."""

    order: list[int]
    lower: dict[int, list[int]]
    upper: dict[int, list[int]]


def eliminate(rows: list[set[int]], block: Sequence[int]) -> Elimination:
    """Order the elimination of a matrix given by the columns of the non-zeros of each row.

    `block` gives a number to each row; rows of one block follow each other as far as possible.
    """
    n = len(rows)
    filled = [set(row) | {i} for i, row in enumerate(rows)]
    columns = [{i for i in range(n) if j in filled[i]} for j in range(n)]
    left = set(range(n))
    order: list[int] = []
    lower: dict[int, list[int]] = {}
    upper: dict[int, list[int]] = {}
    while left:
        pivot = min(
            left, key=lambda p: ((len(filled[p] & left) - 1) * (len(columns[p] & left) - 1), p)
        )
        left.remove(pivot)
        order.append(pivot)
        lower[pivot] = sorted(columns[pivot] & left)
        upper[pivot] = sorted(filled[pivot] & left)
        for i in lower[pivot]:
            for j in upper[pivot]:
                filled[i].add(j)
                columns[j].add(i)
    return Elimination(_by_blocks(order, lower, upper, block), lower, upper)


def places_of_factors(e: Elimination) -> dict[tuple[int, int], int]:
    """Where each entry of the LU is stored: inverse pivots, then U, then L without their diagonals."""
    place: dict[tuple[int, int], int] = {(k, k): k for k in range(len(e.order))}
    for side in (e.upper, e.lower):
        for k in e.order:
            for j in side[k]:
                place[(k, j) if side is e.upper else (j, k)] = len(place)
    return place


def _by_blocks(
    order: list[int], lower: dict[int, list[int]], upper: dict[int, list[int]], block: Sequence[int]
) -> list[int]:
    """The order with steps exchanged that do not need each other."""
    after: dict[int, set[int]] = {k: set(lower[k]) | set(upper[k]) for k in order}
    waits = {k: sum(k in later for later in after.values()) for k in order}
    place = {k: p for p, k in enumerate(order)}
    ready = [k for k in order if waits[k] == 0]
    result: list[int] = []
    present: int | None = None
    while ready:
        if not any(block[k] == present for k in ready):
            sizes = Counter(block[k] for k in ready)
            present = max(sizes, key=lambda b: (sizes[b], -b))
        k = min((k for k in ready if block[k] == present), key=place.__getitem__)
        ready.remove(k)
        result.append(k)
        for later in after[k]:
            waits[later] -= 1
            if waits[later] == 0:
                ready.append(later)
    return result
