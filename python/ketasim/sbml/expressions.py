"""The recorded equations as expressions, each distinct operation once.

The core writes the equations down as a list of assignments, one operation a line. Read into a
`Graph`, whatever is computed twice becomes one node, and nodes are written out again as formulas.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol


class UnitIds(Protocol):
    """Ids of units by their text."""

    def __getitem__(self, text: str, /) -> str: ...


class Node(NamedTuple):
    """An operation on earlier nodes, a symbol such as ``y3``, or a number with its unit."""

    op: str
    args: tuple[int, ...] = ()
    text: str = ""
    unit: str = "1"


class Graph:
    """Nodes in an order in which they can be computed; a node is named by its position."""

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

    def pure(self, i: int) -> float | None:
        """The number a node stands for, if it is one without a unit."""
        node = self.nodes[i]
        return float(node.text) if node.op == "number" and node.unit == "1" else None

    def combine(self, op: str, a: int, b: int) -> int:
        """Sum, difference, product or quotient; what adds nothing is left out."""
        x, y = self.pure(a), self.pure(b)
        if x is not None and y is not None and not (op == "over" and y == 0.0):
            both = {"plus": x + y, "minus": x - y, "times": x * y}
            return self.number(both[op] if op in both else x / y)
        match op:
            case "plus" if x == 0.0:
                return b
            case "plus" | "minus" if y == 0.0:
                return a
            case "minus" if x == 0.0:
                return self.add(Node("neg", (b,)))
            case "times" if 0.0 in (x, y):
                return self.number(0.0)
            case "times" if x == 1.0:
                return b
            case "times" | "over" if y == 1.0:
                return a
        return self.add(Node(op, (a, b)))

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
                number = self.pure(of(x))
                return self.add(Node("neg", (of(x),))) if number is None else self.number(-number)
            case ast.Call(ast.Name("quantity"), [ast.Constant(value), ast.Constant(unit)]):
                return self.number(float(str(value)), str(unit))
            # How the record spells the overflow-safe functions.
            case ast.BinOp(ast.Call(ast.Name("max"), [x, _]), ast.Add(), _):
                return self.add(Node("softplus", (of(x),)))
            case ast.BinOp(ast.Call(ast.Name("abs"), [x]), ast.Pow(), n):
                return self.add(Node("even_power", (of(x), of(n))))
            case ast.BinOp(x, ast.Pow(), n):
                return self.add(Node("power", (of(x), of(n))))
            case ast.BinOp(x, op, y):
                return self.combine(_NAMES[type(op)], of(x), of(y))
            case ast.Call(ast.Name(name), arguments):
                return self.add(Node(name, tuple(of(x) for x in arguments)))
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

    def symbols(self, i: int) -> set[str]:
        """Names of the symbols an expression depends on."""
        return {n.text for n in (self.nodes[j] for j in self.needed([i])) if n.op == "symbol"}

    def shared(self, results: Iterable[int], least: int) -> list[int]:
        """Nodes of at least so many operations that are used more than once."""
        wanted = list(results)
        needed = self.needed(wanted)
        uses = dict.fromkeys(needed, 0)
        for i in wanted:
            uses[i] += 1
        for i in needed:
            for argument in self.nodes[i].args:
                uses[argument] += 1
        size: dict[int, int] = {}
        found = []
        for i in needed:
            node = self.nodes[i]
            size[i] = bool(node.args) + sum(size[argument] for argument in node.args)
            if uses[i] > 1 and size[i] >= least:
                found.append(i)
                size[i] = 0  # written as a name from here on
        return found

    # --- writing --------------------------------------------------------------------------------

    def formula(self, i: int, names: Mapping[int, str], unit_ids: UnitIds) -> str:
        """Write the expression of a node in SBML's infix; other nodes with a name by their name."""

        def part(j: int, strength: int) -> str:
            return names[j] if j in names else written(j, strength)

        def written(j: int, strength: int) -> str:
            node = self.nodes[j]
            match node.op:
                case "symbol":
                    return node.text
                case "number":
                    text = node.text if node.unit == "1" else f"{node.text} {unit_ids[node.unit]}"
                    own = 0 if text.startswith("-") else 4
                case "neg":
                    text, own = f"-{part(node.args[0], 3)}", 1
                case "plus" | "minus" | "times" | "over" | "power":
                    sign, own, left, right = _OPERATORS[node.op]
                    text = f"{part(node.args[0], left)}{sign}{part(node.args[1], right)}"
                case "where_positive":
                    condition, x = (part(argument, 0) for argument in node.args)
                    return f"piecewise({x}, {condition} > 0, 0)"
                case _:
                    name = _FUNCTIONS.get(node.op, node.op)
                    return f"{name}({', '.join(part(argument, 0) for argument in node.args)})"
            return text if own >= strength else f"({text})"

        return written(i, 0)


_NAMES: dict[type[ast.operator], str] = {
    ast.Add: "plus",
    ast.Sub: "minus",
    ast.Mult: "times",
    ast.Div: "over",
}

#: Sign, strength, and the strength asked of what stands left and right of it.
_OPERATORS = {
    "plus": (" + ", 1, 1, 1),
    "minus": (" - ", 1, 1, 2),
    "times": (" * ", 2, 2, 2),
    "over": (" / ", 2, 2, 3),
    "power": ("^", 3, 4, 4),
}

_FUNCTIONS = {"log": "ln"}
