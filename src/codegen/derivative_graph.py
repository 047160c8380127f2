"""Expressions with one node for every distinct operation, and their exact derivatives.

The recorded equations are a list of assignments; reading them into a `Graph` merges whatever is
computed twice. Derivatives are formed by the chain rule over the graph, sparse and symbolic, so
that f, its Jacobian and its derivatives by parameters share their subexpressions.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

# The reader alone: the package needs the compiled core, which is built after the kernels.
sys.path.append(str(Path(__file__).parents[2] / "python" / "ketasim" / "equations"))
from _recorded import Node, Recorded


class Graph(Recorded):
    """The equations with few operations, in one form for sums and products that are alike."""

    def combine(self, op: str, a: int, b: int) -> int:
        forms = {"plus": self.plus, "minus": self.minus, "times": self.times, "over": self.over}
        return forms[op](a, b)

    def plus(self, a: int, b: int) -> int:
        x, y = self.pure(a), self.pure(b)
        if x is not None and y is not None:
            return self.number(x + y)
        if x == 0.0:
            return b
        if y == 0.0:
            return a
        if self.nodes[b].op == "neg":
            return self.minus(a, self.nodes[b].args[0])
        if self.nodes[a].op == "neg":
            return self.minus(b, self.nodes[a].args[0])
        return self.add(Node("plus", (min(a, b), max(a, b))))  # a + b and b + a are one

    def minus(self, a: int, b: int) -> int:
        x, y = self.pure(a), self.pure(b)
        if x is not None and y is not None:
            return self.number(x - y)
        if y == 0.0:
            return a
        if x == 0.0:
            return self.neg(b)
        if a == b:
            return self.number(0.0)
        if self.nodes[b].op == "neg":
            return self.plus(a, self.nodes[b].args[0])
        return self.add(Node("minus", (a, b)))

    def neg(self, a: int) -> int:
        x = self.pure(a)
        if x is not None:
            return self.number(-x)
        node = self.nodes[a]
        if node.op == "neg":
            return node.args[0]
        if node.op == "minus":
            return self.minus(node.args[1], node.args[0])
        return self.add(Node("neg", (a,)))

    def times(self, a: int, b: int) -> int:
        x, y = self.pure(a), self.pure(b)
        if x is not None and y is not None:
            return self.number(x * y)
        if 0.0 in (x, y):
            return self.number(0.0)
        if x == 1.0:
            return b
        if y == 1.0:
            return a
        if x == -1.0:
            return self.neg(b)
        if y == -1.0:
            return self.neg(a)
        if self.nodes[a].op == "neg":
            return self.neg(self.times(self.nodes[a].args[0], b))
        if self.nodes[b].op == "neg":
            return self.neg(self.times(a, self.nodes[b].args[0]))
        return self.add(Node("times", (min(a, b), max(a, b))))

    def over(self, a: int, b: int) -> int:
        """A quotient: the product with a reciprocal, which is shared by all that divide by b."""
        y = self.pure(b)
        if y is not None and self.pure(a) is not None:
            return self.number(self.pure(a) / y)  # type: ignore[operator]
        if y == 1.0:
            return a
        return self.times(a, self.add(Node("reciprocal", (b,))))

    # --- differentiating ------------------------------------------------------------------------

    def gradients(self, results: Iterable[int], symbols: frozenset[int]) -> list[dict[int, int]]:
        """Derivatives of each result by those symbols it depends on: node of the symbol to node.

        Forward, sparse: the derivatives of a node are made from those of its arguments, with one
        local derivative for each argument.
        """
        found: dict[int, dict[int, int]] = {}
        for i in self.needed(results):
            node = self.nodes[i]
            if i in symbols:
                found[i] = {i: self.number(1.0)}
                continue
            total: dict[int, int] = {}
            for place, argument in enumerate(node.args):
                below = found[argument]
                if not below:
                    continue
                local = self._local(i, place)
                for symbol, slope in below.items():
                    term = self.times(local, slope)
                    total[symbol] = self.plus(total[symbol], term) if symbol in total else term
            found[i] = total
        return [found[i] for i in results]

    def tangents(self, results: Iterable[int], directions: Mapping[int, int]) -> list[int]:
        """Derivative of each result in one direction, given as node of a symbol to node of its slope."""
        slope = dict(directions)
        zero = self.number(0.0)
        for i in self.needed(results):
            if i in slope:
                continue
            total = zero
            for place, argument in enumerate(self.nodes[i].args):
                if slope[argument] != zero and not self._given(i, place):
                    term = self.times(self._local(i, place), slope[argument])
                    total = self.plus(total, term)
            slope[i] = total
        return [slope[i] for i in results]

    def weighted_gradient(
        self, results: Sequence[int], weights: Sequence[int], leaves: Collection[int]
    ) -> dict[int, int]:
        """Derivatives of the sum of weights times results by the leaves that it depends on.

        Backward: a node hands its weight to its arguments, times the local derivative. Nodes below a
        leaf are not visited.
        """
        weight: dict[int, int] = {}

        def add(node: int, term: int) -> None:
            weight[node] = self.plus(weight[node], term) if node in weight else term

        depends: list[bool] = []
        for i, node in enumerate(self.nodes):
            depends.append(i in leaves or any(depends[a] for a in node.args))
        for result, w in zip(results, weights, strict=True):
            add(result, w)
        for i in reversed(self.needed(results)):
            if i in leaves or i not in weight or not depends[i]:
                continue
            for place, argument in enumerate(self.nodes[i].args):
                if depends[argument] and not self._given(i, place):
                    add(argument, self.times(self._local(i, place), weight[i]))
        return {i: weight[i] for i in sorted(leaves) if i in weight}

    def _given(self, i: int, place: int) -> bool:
        """Is this argument a function of the others, so that their derivatives contain its own?"""
        return self.nodes[i].op in ("even_slope", "even_log") and place == 0

    def _local(self, i: int, place: int) -> int:
        """Derivative of a node by one of its arguments, written with the node itself where it can be."""
        op, args = self.nodes[i][:2]
        match op, place:
            case "plus", _:
                return self.number(1.0)
            case "minus", _:
                return self.number(1.0 if place == 0 else -1.0)
            case "neg", _:
                return self.number(-1.0)
            case "times", _:
                return args[1 - place]
            case "reciprocal", _:
                return self.neg(self.times(i, i))
            case "sqrt", _:
                return self.over(self.number(0.5), i)
            case "exp", _:
                return i
            case "log", _:
                return self.over(self.number(1.0), args[0])
            case "softplus", _:
                return self.call("expit", args[0])
            case "pow", 0:
                return self.times(args[1], self.over(i, args[0]))
            case "pow", 1:
                return self.times(i, self.call("log", args[0]))
            case "even_power", 0:
                return self.call("even_slope", i, args[0], args[1])
            case "even_power", 1:
                return self.call("even_log", i, *args)
            case "expit", _:
                return self.times(i, self.minus(self.number(1.0), i))
            case "even_slope", 1:  # of n q/x with q = |x|^n
                return self.call("even_curve", *args)
            case "even_slope", 2:
                by_factor = self.call("even_slope", args[0], args[1], self.number(1.0))
                by_power = self.call("even_slope", self.call("even_log", *args), *args[1:])
                return self.plus(by_factor, by_power)
            case "even_log", 1:  # of q ln|x|
                by_log = self.call("even_slope", args[0], args[1], self.number(1.0))
                return self.plus(self.call("even_slope", i, *args[1:]), by_log)
        raise ValueError(f"no derivative of {op}")

    # --- asking ---------------------------------------------------------------------------------

    def made_from(self, letters: str) -> list[bool]:
        """For every node: do all symbols below it begin with one of the letters?"""
        answer: list[bool] = []
        for node in self.nodes:
            answer.append(
                node.text[0] in letters
                if node.op == "symbol"
                else all(answer[argument] for argument in node.args)
            )
        return answer


@cache
def function_of(op: str) -> str:
    """The C++ template for an operation on one or more arguments."""
    return {
        "plus": "({} + {})",
        "minus": "({} - {})",
        "neg": "(-{})",
        "times": "({} * {})",
        "reciprocal": "(1.0 / {})",
    }.get(op, op + "({})")
