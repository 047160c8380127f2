"""The recorded equations as a graph that contains each distinct operation once.

The core records the equations as assignments of one operation each. This module reads the record
for the writers of SBML and of the straight-line code of the core.
"""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Node(NamedTuple):
    """An operation on earlier nodes, a symbol such as ``y3``, or a number with its unit.

    Parameters
    ----------
    op : str
        'number', 'symbol', or the name of an operation or function.
    args : tuple of int
        Positions of the arguments.
    text : str
        Name of a symbol, or digits of a number.
    unit : str
        Unit of a number, default '1'.

    Examples
    --------
    >>> from ketasim.equations import Node
    >>> Node("times", (0, 1)).args
    (0, 1)
    """

    op: str
    args: tuple[int, ...] = ()
    text: str = ""
    unit: str = "1"


class Recorded(ABC):
    """Nodes in an order in which they can be computed; a node is identified by its position.

    Subclasses define how operations are simplified.

    Examples
    --------
    >>> from ketasim.equations import Recorded
    >>> class Plain(Recorded):
    ...     def neg(self, a):
    ...         return self.call("neg", a)
    ...     def combine(self, op, a, b):
    ...         return self.call(op, a, b)
    >>> graph = Plain()
    >>> names = graph.read("rate = y0 * 2.0")
    >>> graph.nodes[names["rate"]].op
    'times'
    """

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._position: dict[Node, int] = {}

    def add(self, node: Node) -> int:
        """Add a node, unless an equal one exists.

        Parameters
        ----------
        node : Node

        Returns
        -------
        int
            Its position.
        """
        if node not in self._position:
            self._position[node] = len(self.nodes)
            self.nodes.append(node)
        return self._position[node]

    def number(self, value: float, unit: str = "1") -> int:
        """Add a number.

        Parameters
        ----------
        value : float
        unit : str
            Default '1'.

        Returns
        -------
        int
            Its position.
        """
        return self.add(Node("number", text=repr(float(value)), unit=unit))

    def symbol(self, name: str) -> int:
        """Add a symbol.

        Parameters
        ----------
        name : str

        Returns
        -------
        int
            Its position.
        """
        return self.add(Node("symbol", text=name))

    def call(self, op: str, *args: int) -> int:
        """Add an operation or function.

        Parameters
        ----------
        op : str
        *args : int
            Positions of the arguments.

        Returns
        -------
        int
            Its position.
        """
        return self.add(Node(op, args))

    def pure(self, i: int) -> float | None:
        """Return the value of a number without a unit.

        Parameters
        ----------
        i : int
            Position of a node.

        Returns
        -------
        float or None
            None for any other node.
        """
        node = self.nodes[i]
        return float(node.text) if node.op == "number" and node.unit == "1" else None

    @abstractmethod
    def neg(self, a: int) -> int:
        """Add the negative of a node.

        Parameters
        ----------
        a : int
            Position of the node.

        Returns
        -------
        int
            Position of the result.
        """

    @abstractmethod
    def combine(self, op: str, a: int, b: int) -> int:
        """Add a sum, difference, product or quotient.

        Parameters
        ----------
        op : str
            'plus', 'minus', 'times' or 'over'.
        a, b : int
            Positions of the arguments.

        Returns
        -------
        int
            Position of the result.
        """

    # --- reading --------------------------------------------------------------------------------

    def read(self, lines: str) -> dict[str, int]:
        """Read recorded assignments.

        Parameters
        ----------
        lines : str
            One assignment in each line.

        Returns
        -------
        dict of str to int
            Position of every assigned name.

        Raises
        ------
        ValueError
            For a line that is not an assignment of known operations.
        """
        names: dict[str, int] = {}
        for statement in ast.parse("\n".join(line.strip() for line in lines.splitlines())).body:
            match statement:
                case ast.Assign([ast.Name(target)], value):
                    names[target] = self._expression(value, names)
                case _:
                    raise ValueError(f"cannot read {ast.unparse(statement)}")
        return names

    def named(self, name: str, names: Mapping[str, int]) -> int:
        """Return the node of a name in the record: an assigned one, a symbol or a number.

        Parameters
        ----------
        name : str
        names : mapping of str to int
            As `read` returned it.

        Returns
        -------
        int
            Its position.
        """
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
            # The overflow-safe functions, as the record writes them.
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
        """Return all nodes from which the results are computed, arguments first.

        Parameters
        ----------
        results : iterable of int
            Positions of the results.

        Returns
        -------
        list of int
            Positions.
        """
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
