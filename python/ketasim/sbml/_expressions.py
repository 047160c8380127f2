"""The recorded equations as SBML formulas, without operations that change nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from ketasim.equations._recorded import Recorded


class UnitIds(Protocol):
    """Ids of units by their text."""

    def __getitem__(self, text: str, /) -> str: ...


class Graph(Recorded):
    """The equations, close to the form in which the model has them."""

    def neg(self, a: int) -> int:
        number = self.pure(a)
        return self.call("neg", a) if number is None else self.number(-number)

    def combine(self, op: str, a: int, b: int) -> int:
        """Return a sum, difference, product or quotient; operations with 0 or 1 are simplified."""
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
                return self.call("neg", b)
            case "times" if 0.0 in (x, y):
                return self.number(0.0)
            case "times" if x == 1.0:
                return b
            case "times" | "over" if y == 1.0:
                return a
        return self.call(op, a, b)

    def symbols(self, i: int) -> set[str]:
        """Return the names of the symbols on which an expression depends."""
        return {n.text for n in (self.nodes[j] for j in self.needed([i])) if n.op == "symbol"}

    def shared(self, results: Iterable[int], least: int) -> list[int]:
        """Return nodes with at least ``least`` operations that are used more than once."""
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
        """Write the expression of a node as an SBML infix formula; other named nodes are written by name."""

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
                case "plus" | "minus" | "times" | "over" | "pow":
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


#: Sign, precedence, and the precedence required of the left and right operand.
_OPERATORS = {
    "plus": (" + ", 1, 1, 1),
    "minus": (" - ", 1, 1, 2),
    "times": (" * ", 2, 2, 2),
    "over": (" / ", 2, 2, 3),
    "pow": ("^", 3, 4, 4),
}

_FUNCTIONS = {"log": "ln"}
