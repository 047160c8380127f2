"""The recorded equations as a graph, each distinct operation once.

The core writes the equations down as a list of assignments, one operation a line. This is what
reads them, for all that writes them out again: as SBML, and as the straight-line code of the core.
"""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Node(NamedTuple):
    """An operation on earlier nodes, a symbol such as ``y3``, or a number with its unit."""

    op: str
    args: tuple[int, ...] = ()
    text: str = ""
    unit: str = "1"


class Recorded(ABC):
    """Nodes in an order in which they can be computed; a node is named by its position.

    Subclasses say how operations are simplified.
    """

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._position: dict[Node, int] = {}

    def add(self, node: Node) -> int:
        if node not in self._position:
            self._position[node] = len(self.nodes)
            self.nodes.append(node)
        return self._position[node]

    def number(self, value: float, unit: str = "1") -> int:
        return self.add(Node("number", text=repr(float(value)), unit=unit))

    def symbol(self, name: str) -> int:
        return self.add(Node("symbol", text=name))

    def call(self, op: str, *args: int) -> int:
        return self.add(Node(op, args))

    def pure(self, i: int) -> float | None:
        """The number a node stands for, if it is one without a unit."""
        node = self.nodes[i]
        return float(node.text) if node.op == "number" and node.unit == "1" else None

    @abstractmethod
    def neg(self, a: int) -> int: ...

    @abstractmethod
    def combine(self, op: str, a: int, b: int) -> int:
        """'plus', 'minus', 'times' or 'over'."""

    # --- reading --------------------------------------------------------------------------------

    def read(self, lines: str) -> dict[str, int]:
        """Read recorded assignments; return the node of every name."""
        names: dict[str, int] = {}
        for statement in ast.parse("\n".join(line.strip() for line in lines.splitlines())).body:
            match statement:
                case ast.Assign([ast.Name(target)], value):
                    names[target] = self._expression(value, names)
                case _:
                    raise ValueError(f"cannot read {ast.unparse(statement)}")
        return names

    def named(self, name: str, names: Mapping[str, int]) -> int:
        """The node of a name in the record: an assigned one, a symbol or a number."""
        if name in names:
            return names[name]
        return self._expression(ast.parse(name, mode="eval").body, names)

    def _expression(self, e: ast.expr, names: Mapping[str, int]) -> int:
        def of(part: ast.expr) -> int:
            return self._expression(part, names)

        match e:
            case ast.Constant(int() | float() as value):
                return self.number(value)
            case ast.Name(name):
                return names[name] if name in names else self.symbol(name)
            case ast.UnaryOp(ast.USub(), x):
                return self.neg(of(x))
            case ast.Call(ast.Name("quantity"), [ast.Constant(value), ast.Constant(unit)]):
                return self.number(float(str(value)), str(unit))
            # How the record spells the overflow-safe functions.
            case ast.BinOp(ast.Call(ast.Name("max"), [x, _]), ast.Add(), _):
                return self.call("softplus", of(x))
            case ast.BinOp(ast.Call(ast.Name("abs"), [x]), ast.Pow(), n):
                return self.call("even_power", of(x), of(n))
            case ast.BinOp(x, ast.Pow(), n):
                return self.call("pow", of(x), of(n))
            case ast.BinOp(x, op, y):
                return self.combine(_NAMES[type(op)], of(x), of(y))
            case ast.Call(ast.Name(name), arguments):
                return self.call(name, *map(of, arguments))
        raise ValueError(f"cannot read {ast.unparse(e)}")

    # --- asking ---------------------------------------------------------------------------------

    def needed(self, results: Iterable[int]) -> list[int]:
        """All nodes the results are made from, in an order in which they can be computed."""
        wanted: set[int] = set()
        stack = list(results)
        while stack:
            i = stack.pop()
            if i not in wanted:
                wanted.add(i)
                stack += self.nodes[i].args
        return sorted(wanted)  # a node comes after its arguments by construction


_NAMES: dict[type[ast.operator], str] = {
    ast.Add: "plus",
    ast.Sub: "minus",
    ast.Mult: "times",
    ast.Div: "over",
}
