"""The equations as Python source, for programs that compile Python.

Taken from the same record as the compiled kernels. Whatever does not depend on the states is computed
beforehand; where it is the same for all subjects and inputs it stands in the source as a number,
otherwise as an element of `c`.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketasim import _core

FloatArray = NDArray[np.float64]

#: What the record calls its functions, for arrays.
FUNCTIONS = {
    "exp": np.exp,
    "log": np.log,
    "log1p": np.log1p,
    "sqrt": np.sqrt,
    "max": np.maximum,
    "abs": np.abs,
    "quantity": lambda value, unit: value,
    "where_positive": lambda condition, x: np.where(condition > 0.0, x, 0.0),
}


@dataclass(frozen=True)
class Equations:
    """Body of rhs(t, y, c) line by line, its results, and c of every subject and input."""

    lines: tuple[str, ...]
    results: tuple[str, ...]
    #: Shape (n_subjects, n_inputs, n_constants).
    constants: FloatArray

    def source(self) -> str:
        """Text of rhs(t, y, c) -> list."""
        states = ", ".join(f"y{k}" for k in range(len(self.results)))
        body = "\n    ".join((f"{states}, = y", *self.lines))
        return f"def rhs(t, y, c):\n    {body}\n    return [{', '.join(self.results)}]\n"


def recorded(values: Mapping[str, Any], results: Sequence[str] | None = None) -> Equations:
    """Equations of many subjects.

    Parameters
    ----------
    values : mapping of str to number or array, shape (n_subjects, n_inputs) or a 1 in place of either
        What the record calls p0, p1, ... (parameters), u0, u1, ... (inputs) and weight; what is not
        given keeps its name.
    results : sequence of str, optional
        Names in the record that are asked for; default: the rates of all states.
    """
    record = _core.recorded_model()
    asked = record["results"] if results is None else results
    names = dict(values)
    shape = np.broadcast_shapes(*(np.shape(value) for value in names.values()))
    statements = ast.parse("\n".join(line.strip() for line in record["lines"].splitlines())).body
    needed = _needed(statements, set(asked))
    varying: list[FloatArray] = []

    def spelled(value: Any) -> ast.expr:
        everywhere = np.broadcast_to(value, shape)
        if np.ptp(everywhere) == 0.0:
            return ast.Constant(float(everywhere.flat[0]))
        varying.append(everywhere)
        return ast.parse(f"c[{len(varying) - 1}]", mode="eval").body

    class Constants(ast.NodeTransformer):
        """Puts what is known in place of names."""

        def __init__(self) -> None:
            self.known: dict[str, ast.expr] = {}

        def visit_Name(self, node: ast.Name) -> ast.expr:
            if node.id not in names:
                return node
            if node.id not in self.known:
                self.known[node.id] = spelled(names[node.id])
            return self.known[node.id]

    constants, lines = Constants(), []
    for statement in statements:
        (target,) = statement.targets
        if target.id not in needed:
            continue
        if all(name in names or name in FUNCTIONS for name in _names(statement.value)):
            code = compile(ast.Expression(statement.value), "<record>", "eval")
            names[target.id] = eval(code, dict(FUNCTIONS), names)
        else:
            formula = ast.unparse(constants.visit(statement.value))
            lines.append(f"{target.id} = {formula}")
    results = tuple(ast.unparse(constants.visit(ast.Name(name))) for name in asked)
    return Equations(tuple(lines), results, np.stack(varying, axis=-1))


def of_schedules(schedules: Sequence[Mapping[str, Any]], weights_kg: ArrayLike) -> Equations:
    """Equations of subjects with equal stops; the inputs are those in force from each stop on."""
    parameters = np.array([schedule["parameters"] for schedule in schedules])
    inputs = np.array(
        [[list(held.values()) for _, _, _, held in schedule["stops"]] for schedule in schedules]
    )
    values: dict[str, Any] = {f"p{k}": column[:, None] for k, column in enumerate(parameters.T)}
    values |= {f"u{k}": inputs[:, :, k] for k in range(inputs.shape[2])}
    return recorded(values | {"weight": np.reshape(weights_kg, (-1, 1))})


def starts(schedules: Sequence[Mapping[str, Any]]) -> FloatArray:
    """States after what happens at the first stop, shape (n_subjects, n_states)."""
    y = np.array([schedule["start"] for schedule in schedules])
    for row, schedule in zip(y, schedules, strict=True):
        for state, scale, add in schedule["stops"][0][2]:
            row[state] = scale * row[state] + add
    return y


def _names(e: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(e) if isinstance(node, ast.Name)}


def _needed(statements: list[Any], results: set[str]) -> set[str]:
    """Names that the results are made from."""
    needed = set(results)
    for statement in reversed(statements):
        if statement.targets[0].id in needed:
            needed |= _names(statement.value)
    return needed
