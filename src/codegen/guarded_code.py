"""Straight-line code of which parts are left out while blocks of states rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from textwrap import fill


@dataclass(frozen=True)
class Piece:
    """Lines of code that compute nodes from earlier nodes."""

    lines: Sequence[str]
    nodes: Sequence[int]
    arguments: Sequence[int]


#: The static analyzer does not relate one test to another, so that it sees values that were never set.
ANALYZED = """\
#ifdef __clang_analyzer__
  moving = all_blocks;
#endif
"""


def in_blocks(lines: Iterable[tuple[int, str]]) -> str:
    """Lines in their order, those of a block behind a test whether it moves."""
    return "".join(
        f"  if (moving & {1 << block}u) {{\n" + "".join(f"    {t}\n" for _, t in run) + "  }\n"
        for block, run in groupby(lines, key=lambda line: line[0])
    )


def guarded(
    pieces: Sequence[Piece],
    results: Sequence[tuple[str, int, int]],
    type_of: Callable[[int], str] = lambda _: "T",
) -> str:
    """Each piece behind a test whether a block moves that needs it.

    Parameters
    ----------
    pieces : sequence of Piece
        In an order in which they can be computed.
    results : sequence of (line, node, block)
        The line writes the node for the block.
    type_of : callable
        The type of a node, T or C.
    """
    needed = _needed(pieces, results)
    order = _together(pieces, needed)
    home = {node: k for k, piece in enumerate(pieces) for node in piece.nodes}
    shared = _read_elsewhere(pieces, results, needed, order, home)
    text = ANALYZED
    for kind in ("C", "T"):
        names = ", ".join(f"t{i}" for i in shared if type_of(i) == kind)
        if names:
            declared = f"{kind} {names};"
            text += fill(declared, 100, initial_indent="  ", subsequent_indent="      ") + "\n"
    hoisted = set(shared)
    for mask, run in groupby(order, key=lambda k: needed[k]):
        text += f"  if (moving & {_bits(mask)}u) {{\n"
        for k in run:
            for line in pieces[k].lines:
                text += f"    {_declared(line.strip(), hoisted, type_of)}\n"
        text += "  }\n"
    return text + in_blocks(
        (block, line) for line, _, block in sorted(results, key=lambda result: result[2])
    )


def _bits(blocks: Iterable[int]) -> int:
    return sum(1 << b for b in blocks)


def _declared(line: str, hoisted: set[int], type_of: Callable[[int], str]) -> str:
    """The line with a declaration, unless its variable is declared before all tests."""
    name = line.split(" ", 1)[0]
    if not name.startswith("t") or int(name[1:]) in hoisted:
        return line
    return f"const {type_of(int(name[1:]))} {line}"


def _needed(
    pieces: Sequence[Piece], results: Sequence[tuple[str, int, int]]
) -> list[frozenset[int]]:
    """For each piece the blocks whose results need it."""
    by_node: dict[int, set[int]] = {}
    for _, node, block in results:
        by_node.setdefault(node, set()).add(block)
    needed: list[frozenset[int]] = [frozenset()] * len(pieces)
    for k in reversed(range(len(pieces))):
        needed[k] = frozenset().union(*(by_node.get(i, ()) for i in pieces[k].nodes))
        for a in pieces[k].arguments:
            by_node.setdefault(a, set()).update(needed[k])
    return needed


def _together(pieces: Sequence[Piece], needed: Sequence[frozenset[int]]) -> list[int]:
    """An order in which pieces that the same blocks need stand together as far as possible."""
    home = {node: k for k, piece in enumerate(pieces) for node in piece.nodes}
    waits = [len({home[a] for a in piece.arguments if a in home}) for piece in pieces]
    followers: list[list[int]] = [[] for _ in pieces]
    for k, piece in enumerate(pieces):
        for earlier in {home[a] for a in piece.arguments if a in home}:
            followers[earlier].append(k)
    ready: dict[frozenset[int], list[int]] = {}
    for k, count in enumerate(waits):
        if count == 0:
            ready.setdefault(needed[k], []).append(k)
    order: list[int] = []
    while ready:
        # What many blocks need comes first, so that little waits for it.
        mask = max(ready, key=lambda blocks: (len(blocks), len(ready[blocks]), -min(ready[blocks])))
        batch = ready.pop(mask)
        while batch:
            k = min(batch)
            batch.remove(k)
            order.append(k)
            for later in followers[k]:
                waits[later] -= 1
                if waits[later] == 0:
                    if needed[later] == mask:
                        batch.append(later)
                    else:
                        ready.setdefault(needed[later], []).append(later)
    return order


def _read_elsewhere(
    pieces: Sequence[Piece],
    results: Sequence[tuple[str, int, int]],
    needed: Sequence[frozenset[int]],
    order: Sequence[int],
    home: dict[int, int],
) -> list[int]:
    """Nodes that are read in another run of tests than that which computes them."""
    run: dict[int, int] = {}
    for number, (_, group) in enumerate(groupby(order, key=lambda k: needed[k])):
        for k in group:
            run[k] = number
    outside = {i for _, i, _ in results if i in home}
    for k, piece in enumerate(pieces):
        outside |= {a for a in piece.arguments if a in home and run[home[a]] != run[k]}
    return sorted(outside)
