"""A fill-reducing order for the LU of s I - J, and the operations it leaves.

Markowitz counts on the diagonal (Markowitz 1957), no pivoting: the order and the fill depend on
the structure alone, so the factorisation becomes a fixed list of operations.
"""

from __future__ import annotations

from typing import NamedTuple


class Elimination(NamedTuple):
    """`order[k]` is eliminated k-th; `lower[k]` and `upper[k]` are what remains below and beside."""

    order: list[int]
    lower: dict[int, list[int]]
    upper: dict[int, list[int]]


def eliminate(rows: list[set[int]]) -> Elimination:
    """Order the elimination of a matrix given by the columns of the non-zeros of each row."""
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
    return Elimination(order, lower, upper)
